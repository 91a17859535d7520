"""What the forms of a framework say, read strictly: its plan with the packages, and a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.market.models import Package, ServiceItem
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules import workorders as services
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import NAME_CHARS, TEXT_CHARS
from sunlit.foundation.kernel.refusals import Problem, check

MONTHS_MOST = 60
SURVEYED_MOST = 1_000
CONSUMABLE_YEARS_MOST = 30
NOT_OPEN: Final[dict[str, Any]] = {"open_ground": "", "suppliers_known": None, "fee_standard": "", "clearing": ""}
ROW_FIELDS = ("name", "grade", "category", "unit", "ceiling", "requirement", "consumables", "service", "rates")


@dataclass
class Form:
    """Reads fields one after the other and gathers what is wrong, each at its field."""

    told: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, *, most: int = TEXT_CHARS, required: bool = True) -> str:
        value = str(self.told.get(name, "") or "").strip()
        if (required and not value) or len(value) > most:
            self.problems.append(Problem(rules.TEXT_MISSING, {"most": most}, on=name))
        return value

    def choice(self, name: str, among: Mapping[str, Any] | tuple[str, ...], *, required: bool = True) -> str:
        value = str(self.told.get(name, "") or "")
        if value not in among and (required or value):
            self.problems.append(Problem(rules.CHOICE_MISSING, on=name))
        return value

    def choices(self, name: str, among: Mapping[str, Any]) -> list[str]:
        values = [key for key in among if key in self.told.get(name, ())]
        if not values:
            self.problems.append(Problem(rules.CHOICE_MISSING, on=name))
        return values

    def amount(self, name: str) -> Decimal:
        value = str(self.told.get(name, "") or "")
        try:
            found = money.yuan(value)
        except money.NotMoney:
            found = money.ZERO
        if found <= 0:
            self.problems.append(Problem(rules.AMOUNT_WRONG, {"amount": value}, on=name))
        return found

    def count(self, name: str, *, least: int, most: int) -> int:
        value = str(self.told.get(name, "") or "").strip()
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
        if not least <= number <= most:
            self.problems.append(Problem(rules.COUNT_WRONG, {"text": value, "least": least, "most": most}, on=name))
        return max(number, least)

    def truth(self, name: str) -> bool:
        return self.told.get(name) in (True, "1", "on")


@dataclass
class Sheet:
    """A package as it was told, with the rate sheet of a designated service."""

    package: Package
    items: list[ServiceItem]


def plan(told: Mapping[str, Any]) -> tuple[dict[str, Any], list[Sheet]]:
    """The plan's own fields and its packages. Refused: FWK-001 … FWK-006, WKO-001 … WKO-003 at their fields."""
    form = Form(told)
    kind = form.choice("kind", rules.KINDS)
    closed = form.choice("form", open_rules.FORMS, required=False) != "open"
    change = {
        "form": "closed" if closed else "open",
        **(_of_an_open_one(form) if not closed else NOT_OPEN),
        "title": form.text("title", most=NAME_CHARS),
        "kind": kind,
        "ground": form.choice("ground", rules.GROUNDS),
        "method": form.choice("method", rules.METHODS) if closed else "",
        "quality_ground": form.choice("quality_ground", rules.QUALITY_GROUNDS, required=False)
        if closed and told.get("method") == "quality"
        else "",
        "second_stage": form.choices("second_stage", rules.SECOND_STAGE),
        "months": form.count("months", least=1, most=MONTHS_MOST),
        "yearly": form.amount("yearly"),
        "standard": form.text("standard"),
        "qualifications": form.text("qualifications", required=False),
        "price_basis": form.text("price_basis"),
        "surveyed_buyers": form.count("surveyed_buyers", least=0, most=SURVEYED_MOST),
        "surveyed_suppliers": form.count("surveyed_suppliers", least=0, most=SURVEYED_MOST),
    }
    packages = _packages(form, kind)
    check(form.problems)
    return change, packages


def _of_an_open_one(form: Form) -> dict[str, Any]:
    """What an open agreement says besides: why it may be open, the fees, and how suppliers are cleared out and come in."""
    ground = form.choice("open_ground", open_rules.GROUNDS, required=False)
    few = ground == "few_suppliers"
    return {
        "open_ground": ground,
        "suppliers_known": form.count("suppliers_known", least=1, most=SURVEYED_MOST) if few else None,
        "fee_standard": form.text("fee_standard"),
        "clearing": form.text("clearing"),
    }


def _packages(form: Form, kind: str) -> list[Sheet]:
    rows = list(enumerate(form.told.get("packages", ()), 1))
    filled = [(n, row) for n, row in rows if any(str(row.get(name, "") or "").strip() for name in ROW_FIELDS if name != "consumables")]
    if not 0 < len(filled) <= rules.PACKAGES_MOST:
        form.problems.append(Problem(rules.NO_PACKAGES, {"most": rules.PACKAGES_MOST}, on="name_1"))
    found = []
    for position, (n, row) in enumerate(filled, 1):
        read = Form({f"{name}_{n}": value for name, value in row.items()}, form.problems)
        category = _category(read, n, kind)
        service = read.choice(f"service_{n}", services.SERVICES, required=False)
        made = Package(
            position=position,
            name=read.text(f"name_{n}", most=NAME_CHARS),
            grade=read.text(f"grade_{n}", most=NAME_CHARS, required=False),
            unit=services.SHARE_UNIT if service else read.text(f"unit_{n}", most=20),
            ceiling=services.WHOLE if service else read.amount(f"ceiling_{n}"),
            service=service,
            requirement=read.text(f"requirement_{n}"),
            consumables=read.truth(f"consumables_{n}"),
        )
        items = _sheet(read, n, kind) if service else []
        if category is not None:
            made.category = category
            found.append(Sheet(made, items))
    return found


def _sheet(read: Form, n: int, kind: str) -> list[ServiceItem]:
    """The rate sheet of a designated service, an item a line: name | form | ceiling."""
    on = f"rates_{n}"
    if kind != "services":
        read.problems.append(Problem(services.NOT_A_SERVICE, on=on))
    lines = [line.strip() for line in str(read.told.get(on, "") or "").splitlines() if line.strip()]
    found = []
    for position, line in enumerate(lines, 1):
        item = _item(position, line)
        if item is None:
            read.problems.append(Problem(services.SHEET_WRONG, {"line": position, "text": line[:NAME_CHARS]}, on=on))
        else:
            found.append(item)
    if not 0 < len(lines) <= services.ITEMS_MOST or len({item.name for item in found}) < len(found):
        read.problems.append(Problem(services.SHEET_SIZE, {"most": services.ITEMS_MOST}, on=on))
    return found


def _item(position: int, line: str) -> ServiceItem | None:
    parts = [part.strip() for part in line.replace("｜", "|").split("|")]
    if len(parts) != 3 or not 0 < len(parts[0]) <= NAME_CHARS:
        return None
    name, said, ceiling = parts
    key = next((key for key, form in services.FORMS.items() if said in (key, form.zh, str(form.text))), None)
    rate = services.rate_in(ceiling)
    if key is None or rate is None or (services.FORMS[key].percent and rate > services.WHOLE):
        return None
    return ServiceItem(position=position, name=name, form=key, ceiling=rate)


def _category(read: Form, n: int, kind: str) -> Category | None:
    text = str(read.told.get(f"category_{n}", "") or "").strip()
    found = catalog.category(text.partition(" ")[0].upper())
    if found is None or found.kind != kind:
        told = {"row": n, "code": text, "kind": rules.KINDS.get(kind, kind)}
        read.problems.append(Problem(rules.CATEGORY_UNKNOWN, told, on=f"category_{n}"))
        return None
    return found


def response(told: Mapping[str, Any], package: Package, *, proof: File | None) -> dict[str, Any]:
    """What a supplier offers for a package. Refused: FWK-001 … FWK-004, FWK-041, FWK-044, FWK-049 at their fields."""
    form, goods = Form(told), package.framework.kind == "goods"
    capacity = form.choice("capacity", rules.OF_KIND[package.framework.kind])
    quoted = form.amount("quoted")
    if quoted > package.ceiling:
        form.problems.append(Problem(rules.ABOVE_CEILING, {"price": quoted, "ceiling": package.ceiling}, on="quoted"))
    if goods and proof is None:
        form.problems.append(Problem(rules.PROOF_MISSING, on="proof"))
    change = {
        "name": form.text("name", most=NAME_CHARS),
        "brand": form.text("brand", most=NAME_CHARS, required=goods),
        "model": form.text("model", most=NAME_CHARS, required=goods),
        "description": form.text("description"),
        "capacity": capacity,
        "proof": proof,
        "quoted": quoted,
        "consumables": form.text("consumables", required=package.consumables),
        "consumable_years": form.count("consumable_years", least=1, most=CONSUMABLE_YEARS_MOST) if package.consumables else 0,
    }
    check(form.problems)
    return change
