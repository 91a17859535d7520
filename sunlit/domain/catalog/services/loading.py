"""Loading the category tree, the attribute templates and reference prices: set-based, the same again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import resources
from itertools import groupby
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Attribute, Category, Product, ReferencePrice
from sunlit.domain.catalog.queries import categories
from sunlit.domain.catalog.rules.reading import Wrong, price_of
from sunlit.domain.catalog.services.synonyms import load_synonyms
from sunlit.foundation.access import clock, decides_in, operator
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import FORBIDDEN, Problem, Reason, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest

ROWS_MOST: Final = 20_000
REFERENCES_MOST: Final = 100_000
BATCH: Final = 2_000
LEVELS_MOST: Final = 6
KINDS: Final = {"A": "goods", "B": "works", "C": "services"}
PLAIN_ICON: Final = "package"
COLUMNS: Final = ("parent", "path", "level", "kind", "leaf", "name_zh", "name_en", "icon", "unit", "unit_en", "measure")

OPERATOR_ONLY = Reason("CAT-070", _("Only the platform's operator may load categories and reference prices."), FORBIDDEN)
CODE_WRONG = Reason("CAT-071", _("Row {row}: “{code}” is no category code: a letter A, B or C, then eight figures or none."))
PARENT_UNKNOWN = Reason("CAT-072", _("Row {row}: the category above “{code}”, “{parent}”, is neither in the file nor in the tree."))
CODE_TWICE = Reason("CAT-073", _("Row {row}: the category “{code}” stands twice."))
NAME_MISSING = Reason("CAT-074", _("Row {row}: the category “{code}” has no name."))
TOO_MANY = Reason("CAT-075", _("At most {most} rows at once; there are {count}."))
PRODUCT_UNKNOWN = Reason("CAT-076", _("Row {row}: there is no product “{product}”."))
SOURCE_MISSING = Reason("CAT-077", _("Row {row}: a reference price names its source and the time at which it was seen."))
REFERENCE_WRONG = Reason("CAT-078", _("Row {row}: “{price}” is no price."))

sentences.say("categories.load", _("{actor} loaded {count} categories: {new} new, {changed} changed; digest {digest}"))
sentences.say("templates.load", _("{actor} loaded the attribute templates of {count} categories; digest {digest}"))
PRODUCTS_TOLD: Final = 2_000  # in the entry of an import, so that whoever follows looks at them

sentences.say("references.add", _("{actor} added {count} reference prices; digest {digest}"))


@dataclass(frozen=True)
class Loaded:
    """How many rows were new, changed and as before."""

    new: int
    changed: int
    unchanged: int


@transaction.atomic
def load_categories(rows: Sequence[Mapping[str, Any]], *, by: Actor, at: datetime) -> Loaded:
    """Set categories by code (columns code, name, parent_code as in the 2022 catalogue; name_en, icon, unit, unit_en, measure may be given). All rows or none.

    A row whose parent the published catalogue forgot is placed under the nearest one that its code implies.
    What the tree already knows beyond these columns stays: English names, icons, templates. Refused: CAT-070 … CAT-075.
    """
    _may_load(by)
    _not_too_many(rows, ROWS_MOST)
    known = {category.code: category for category in Category.objects.all()}
    rows = _placed(rows, known)
    check(_row_problems(rows, known))
    wanted = {str(row["code"]).strip(): row for row in rows}
    codes = {category.pk: code for code, category in known.items()}
    parents = {code: codes.get(category.parent_id or 0, "") for code, category in known.items()}
    parents |= {code: str(row.get("parent_code") or "").strip() for code, row in wanted.items()}
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for _depth, level in groupby(
        sorted(parents, key=lambda code: (_depth_of(code, parents), code)), key=lambda code: _depth_of(code, parents)
    ):
        fates = _load_level(list(level), wanted, parents, known)
        for code, fate in fates.items():
            counts[fate] += code in wanted
    categories.forget()
    facts = {"actor": by.user_name or by.organisation_number, "count": len(wanted), **counts, "digest": digest(list(wanted.values()))}
    if counts["new"] or counts["changed"]:
        ledger.record(act="categories.load", subject=f"categories/{at:%Y%m%dT%H%M%S}", by=by, at=at, facts=facts)
    return Loaded(**counts)


@transaction.atomic
def load_templates(templates: Mapping[str, Sequence[Mapping[str, Any]]], *, by: Actor, at: datetime) -> int:
    """Set the attribute templates of categories by their codes and put these categories in use; returns how many templates changed. Refused: CAT-070, CAT-041."""
    from sunlit.domain.catalog.rules.discipline import CATEGORY_UNKNOWN

    _may_load(by)
    known = {category.code: category for category in Category.objects.select_for_update().filter(code__in=templates).order_by("pk")}
    check(Problem(CATEGORY_UNKNOWN, {"code": code}) for code in templates if code not in known)
    before: dict[int, list[Attribute]] = {}
    for line in Attribute.objects.filter(category__in=known.values()).order_by("position", "id"):
        before.setdefault(line.category_id, []).append(line)
    changed = 0
    for code, lines in templates.items():
        category = known[code]
        new = [_attribute(category, position, line) for position, line in enumerate(lines)]
        if list(map(_told, before.get(category.pk, []))) != list(map(_told, new)):
            Attribute.objects.filter(category=category).delete()
            Attribute.objects.bulk_create(new)
            changed += 1
    Category.objects.filter(code__in=templates, in_use=False).update(in_use=True)
    categories.forget()
    if changed:
        facts = {"actor": by.user_name or by.organisation_number, "count": changed, "digest": digest(templates)}
        ledger.record(act="templates.load", subject=f"templates/{at:%Y%m%dT%H%M%S}", by=by, at=at, facts=facts)
    return changed


def load_compact(*, by: Actor, at: datetime) -> Loaded:
    """The project's own compact tree with its templates, and its synonyms: what the demonstration and a new installation begin with."""
    told, words = _compact("categories.json"), _compact("attributes.json")
    units = told["units"]
    rows = [
        {
            "code": row["code"],
            "name": row["zh"],
            "name_en": row["en"],
            "parent_code": row["parent"],
            "icon": row["icon"],
            "unit": row["unit"],
            "unit_en": units.get(row["unit"], row["unit"]),
            "measure": row.get("measure"),
        }
        for row in told["categories"]
    ]
    loaded = load_categories(rows, by=by, at=at)
    templates = {
        code: [
            {**line, "unit_en": units.get(line["unit"], line["unit"]), "group_en": words["groups"].get(line["group"], "")} for line in lines
        ]
        for code, lines in words["templates"].items()
    }
    load_templates(templates, by=by, at=at)
    load_synonyms(by=by, at=at)
    return loaded


@transaction.atomic
def add_reference_prices(rows: Sequence[Mapping[str, Any]], *, by: Actor, at: datetime, dry_run: bool = False) -> int:
    """Add what products cost elsewhere (columns product, source, price, captured_at, url): all rows or none, known ones again are nothing new.

    Returns how many are new; `dry_run` tells and keeps nothing. Refused: CAT-070 neither operator nor a regulator who decides, CAT-075 … CAT-078.
    """
    if not decides_in(by, by.region_path):
        _may_load(by)
    _not_too_many(rows, REFERENCES_MOST)
    products = dict(
        Product.objects.filter(number__in={str(row.get("product", "")) for row in rows}).values_list(
            "number", Coalesce("merged_into_id", "pk")
        )
    )
    problems: list[Problem] = []
    made = [found for number, row in enumerate(rows, 2) if (found := _reference(number, row, products, problems))]
    check(problems)
    before = ReferencePrice.objects.count()
    ReferencePrice.objects.bulk_create(made, ignore_conflicts=True, batch_size=BATCH)
    added = ReferencePrice.objects.count() - before
    if dry_run:
        transaction.set_rollback(True)
    elif added:
        told = [[it.product_id, it.source, it.price, it.captured_at] for it in made]
        numbers = sorted({str(row["product"]) for row in rows})
        facts = {
            "actor": by.user_name or by.organisation_number,
            "count": added,
            "digest": digest(told),
            "products": numbers[:PRODUCTS_TOLD],
        }
        ledger.record(act="references.add", subject=f"references/{at:%Y%m%dT%H%M%S}", by=by, at=at, facts=facts)
    return added


def _may_load(by: Actor) -> None:
    if not (operator | clock).allows(by, None):
        raise Refused(Problem(OPERATOR_ONLY))


def _not_too_many(rows: Sequence[Any], most: int) -> None:
    if len(rows) > most:
        raise Refused(Problem(TOO_MANY, {"most": most, "count": len(rows)}, on="file"))


def _placed(rows: Sequence[Mapping[str, Any]], known: Mapping[str, Category]) -> list[Mapping[str, Any]]:
    """The rows, each under a parent that exists: the catalogue of 2022 names a few that it does not contain."""
    codes = {str(row["code"]).strip() for row in rows} | set(known)
    return [{**row, "parent_code": _nearest(str(row["code"]).strip(), str(row.get("parent_code") or "").strip(), codes)} for row in rows]


def _nearest(code: str, parent: str, codes: Container[str]) -> str:
    if not parent or parent in codes:
        return parent
    implied = (code[:7] + "00", code[:5] + "0000", code[:3] + "000000", code[:1])
    return next((above for above in implied if above != code and above in codes), parent)


def _row_problems(rows: Sequence[Mapping[str, Any]], known: Mapping[str, Category]) -> Iterator[Problem]:
    codes = {str(row["code"]).strip() for row in rows}
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        code, parent = str(row["code"]).strip(), str(row.get("parent_code") or "").strip()
        if code[:1] not in KINDS or not (code[1:] == "" or (len(code) == 9 and code[1:].isdigit() and code.isascii())):
            yield Problem(CODE_WRONG, {"row": number, "code": code}, on="code")
        if code in seen:
            yield Problem(CODE_TWICE, {"row": number, "code": code}, on="code")
        if not str(row.get("name") or "").strip():
            yield Problem(NAME_MISSING, {"row": number, "code": code}, on="name")
        above = len(code) > 1 and parent not in codes and parent not in known
        if above or parent == code or (code in KINDS and parent):
            yield Problem(PARENT_UNKNOWN, {"row": number, "code": code, "parent": parent}, on="parent_code")
        seen.add(code)


def _depth_of(code: str, parents: Mapping[str, str]) -> int:
    """How many categories stand above this one. A ring in the file is refused: it cannot be a tree."""
    depth, above = 0, parents.get(code, "")
    while above:
        depth, above = depth + 1, parents.get(above, "")
        if depth >= LEVELS_MOST:
            raise Refused(Problem(PARENT_UNKNOWN, {"row": "—", "code": code, "parent": parents[code]}, on="parent_code"))
    return depth


def _load_level(
    codes: Sequence[str], wanted: Mapping[str, Mapping[str, Any]], parents: Mapping[str, str], known: dict[str, Category]
) -> dict[str, str]:
    """Write the categories of one level, whose parents are written; returns what became of each."""
    above = set(parents.values())
    new: list[Category] = []
    changed: list[Category] = []
    for code in codes:
        category = known.get(code)
        told = _told_of(code, wanted.get(code), known.get(parents[code]), fresh=category is None) | {"leaf": code not in above}
        if category is None:
            new.append(Category(code=code, **told))
        elif any(getattr(category, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(category, name, value)
            changed.append(category)
    known |= {category.code: category for category in Category.objects.bulk_create(new)}
    Category.objects.bulk_update(changed, COLUMNS)
    fates = dict.fromkeys(codes, "unchanged")
    return fates | {category.code: "new" for category in new} | {category.code: "changed" for category in changed}


def _told_of(code: str, row: Mapping[str, Any] | None, parent: Category | None, *, fresh: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "parent_id": parent.pk if parent else None,
        "path": f"{parent.path}/{code}" if parent else code,
        "level": parent.level + 1 if parent else 0,
        "kind": KINDS[code[0]],
    }
    if row is not None:
        told["name_zh"] = str(row["name"]).strip()
        told |= {name: str(row[name]) for name in ("name_en", "icon", "unit", "unit_en") if row.get(name)}
        told |= {"measure": row["measure"]} if row.get("measure") else {}
    if fresh and "icon" not in told:
        told["icon"] = parent.icon if parent else PLAIN_ICON
    return told


def _attribute(category: Category, position: int, line: Mapping[str, Any]) -> Attribute:
    return Attribute(
        category=category,
        key=line["key"],
        name_zh=line["zh"],
        name_en=line.get("en", ""),
        unit=line.get("unit", ""),
        unit_en=line.get("unit_en", ""),
        type=line.get("type", "text"),
        choices=list(line.get("choices", ())),
        choices_en=list(line.get("choices_en", ())),
        required=bool(line.get("required")),
        is_key=bool(line.get("is_key")),
        better=line.get("better", ""),
        group=line.get("group", "主要参数"),
        group_en=line.get("group_en", ""),
        position=position,
    )


def _told(line: Attribute) -> list[Any]:
    fields = (
        "key",
        "name_zh",
        "name_en",
        "unit",
        "unit_en",
        "type",
        "choices",
        "choices_en",
        "required",
        "is_key",
        "better",
        "group",
        "group_en",
        "position",
    )
    return [getattr(line, name) for name in fields]


def _reference(number: int, row: Mapping[str, Any], products: Mapping[str, int], problems: list[Problem]) -> ReferencePrice | None:
    product, source, captured = str(row.get("product", "")), str(row.get("source") or "").strip(), row.get("captured_at")
    if product not in products:
        problems.append(Problem(PRODUCT_UNKNOWN, {"row": number, "product": product}, on="product"))
        return None
    if not source or not isinstance(captured, datetime) or captured.tzinfo is None:
        problems.append(Problem(SOURCE_MISSING, {"row": number}, on="source"))
        return None
    try:
        price: Decimal = price_of(row.get("price"))
    except Wrong:
        problems.append(Problem(REFERENCE_WRONG, {"row": number, "price": row.get("price")}, on="price"))
        return None
    return ReferencePrice(product_id=products[product], source=source, url=str(row.get("url") or ""), price=price, captured_at=captured)


def _compact(name: str) -> dict[str, Any]:
    text = resources.files("sunlit.domain.catalog").joinpath("compact", name).read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text)
    return told
