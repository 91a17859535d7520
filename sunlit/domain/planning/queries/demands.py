"""What is asked of demands: themselves, what the library has for them, and what the rulebook says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.queries import Asked, Sense
from sunlit.domain.planning import policies
from sunlit.domain.planning.models import Demand, DemandVersion
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules import documents
from sunlit.domain.planning.rules import funnel as funnels
from sunlit.domain.planning.rules.demands import Content, Item, Kind, Parameter, Shelf
from sunlit.domain.planning.rules.documents import Figures, Place
from sunlit.domain.planning.rules.funnel import Funnel, Step
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Rule_, Ruling, judge, templates
from sunlit.domain.rulebook.rules.templates import Template
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

__all__ = [
    "Assessment",
    "Content",
    "DemandFacts",
    "DemandPage",
    "Item",
    "ItemFunnel",
    "Parameter",
    "assess",
    "content_of",
    "demand",
    "demand_counts",
    "demand_facts",
    "demanded",
    "demands_page",
    "parameter_name",
    "review_points",
    "settled_demands",
    "shelf_of",
    "survey_rulings",
    "template_for",
    "template_of",
    "usual_parameters",
    "versions_of",
]

VERSIONS_MOST: Final = 200
LEAST, SOLE = "demand.competition_least", "demand.sole_supplier"
TEXTS: Final = frozenset({"text", "long"})  # the kinds of answers that are read as text
WORDS_MOST: Final = 6  # told of one place under one check
AREAS: Final[dict[str, frozenset[str]]] = {
    "technical": frozenset({"technical", "evidence"}),
    "evidence": frozenset({"evidence"}),
    "qualification": frozenset({"qualification"}),
    "scoring": frozenset({"score"}),
    "delivery": frozenset({"contract"}),
    "acceptance": frozenset({"contract"}),
    "contract": frozenset({"contract"}),
}
"""The sections of a demand by the areas of the official checks; purpose, items and parameters are technical."""
TEMPLATE_AREAS: Final = {template: AREAS[name] for name, template in rules.TEMPLATE_SECTIONS.items()} | {
    "qualification": AREAS["qualification"]
}
"""The same for the sections of its template; what else a template asks is technical."""
SIGNS: Final[dict[str, str]] = {Sense.AT_LEAST: "≥", Sense.AT_MOST: "≤", Sense.EQUAL: "=", Sense.BETWEEN: "", Sense.HAS: "⊇"}


@dataclass(frozen=True)
class DemandPage:
    """A page of demands; `after` is the key to ask the next page with, or ""."""

    demands: list[Demand]
    after: str


@dataclass(frozen=True)
class DemandFacts:
    """What a plan needs to know of a settled demand."""

    number: str
    total: Decimal
    categories: tuple[str, ...]
    kinds: tuple[str, ...]
    public_interest: bool
    complex: bool
    imported: bool


@dataclass(frozen=True)
class ItemFunnel:
    """One thing of a demand against the library. `places` are the positions of its mandatory parameters, in the order of the steps; -1 the ceiling."""

    position: int
    item: Item
    kind: Kind
    funnel: Funnel | None  # None: nothing of the category can be listed, so there is nothing to hold it against
    places: tuple[int, ...]
    narrow: int | None  # the place of the parameter at which competition ends
    rulings: tuple[Ruling, ...]

    @property
    def title(self) -> str:
        return self.item.name or catalog.named(self.kind.category)

    def label(self, place: int) -> str:
        """The name of the parameter at a place, in the reader's language; "" for the ceiling."""
        return _label(self.item.parameters[place], self.kind) if place >= 0 else ""


@dataclass(frozen=True)
class Assessment:
    """All that is found in a demand as it is written."""

    shelf: Shelf
    least: int
    items: tuple[ItemFunnel, ...]
    documents: tuple[tuple[str, Ruling], ...]  # the field of the text, and what is remarked on it
    survey: tuple[Ruling, ...]

    @property
    def rulings(self) -> list[Ruling]:
        return [*(ruling for item in self.items for ruling in item.rulings), *(ruling for _on, ruling in self.documents), *self.survey]

    @property
    def narrow(self) -> list[tuple[int, int]]:
        """(item, parameter) wherever a parameter ends competition."""
        return [(item.position, item.narrow) for item in self.items if item.narrow is not None and item.narrow >= 0]


# Demands


def demand(number: str, *, seen_by: Actor) -> Demand | None:
    """One demand with its items; None where the actor may not see it. Two queries."""
    found = policies.demands_visible_to(seen_by).select_related("buyer__region", "replaces", "survey").prefetch_related("items__category")
    return found.filter(number=number).first()


def demands_page(*, seen_by: Actor, state: str = "", q: str = "", after: str = "", rows: int = PAGE_ROWS) -> DemandPage:
    """The demands that the actor may see, newest first; `after` is the key of the page before."""
    found = policies.demands_visible_to(seen_by).select_related("buyer")
    if state:
        found = found.filter(state=state)
    if q.strip():
        found = found.filter(title__icontains=q.strip()) | found.filter(number=q.strip().upper())
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return DemandPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def demand_counts(*, seen_by: Actor) -> dict[str, int]:
    """How many of the demands that the actor may see are in each state."""
    return dict(policies.demands_visible_to(seen_by).values_list("state").annotate(n=Count("pk")).order_by("state"))


def settled_demands(buyer_id: int, *, rows: int = PAGE_ROWS) -> list[Demand]:
    """The demands on which a buyer can plan now, newest first, with their items."""
    found = Demand.objects.filter(buyer_id=buyer_id, state="settled").prefetch_related("items__category")
    return list(found.order_by("-settled_at", "-pk")[:rows])


def versions_of(it: Demand) -> list[DemandVersion]:
    """What it said after every edit, newest first."""
    return list(it.versions.order_by("-version")[:VERSIONS_MOST])


def demand_facts(it: Demand) -> DemandFacts:
    """Give it a demand with its items and their categories."""
    items = list(it.items.all())
    return DemandFacts(
        it.number, it.total, tuple(dict.fromkeys(item.category.code for item in items)),
        tuple(dict.fromkeys(item.category.kind for item in items)), it.public_interest, it.complex, it.imported,
    )  # fmt: skip


def content_of(it: Demand) -> Content:
    """What the demand says, as it was written."""
    items = tuple(
        Item(
            row.category.code, row.name, str(row.quantity), row.unit, f"{row.ceiling:f}" if row.ceiling else "",
            tuple(Parameter(**told) for told in row.parameters),
        )
        for row in it.items.select_related("category").order_by("position")
    )  # fmt: skip
    flags = (it.public_interest, it.complex, it.imported)
    return Content(it.title, it.purpose, *flags, dict(it.sections), items, it.template_id or 0, dict(it.answers))


def template_of(content: Content) -> Template | None:
    """What the template asks that the demand is written under, in the very version; None where there is none."""
    return rules.asked_by(templates.get(content.template)) if content.template else None


def template_for(content: Content, *, before: Content | None = None, region_path: str, at: datetime) -> Template | None:
    """The version to write under: the one that it was begun under, as long as its first thing stays what it was; else the one in force here."""
    first = content.items[0].category if content.items else ""
    if before is not None and before.template and before.items[0].category == first:
        return template_of(before)
    kind = shelf_of([first]).get(first)
    told = {"category_path": kind.category.path, "kind": kind.category.kind} if kind else {}
    found = templates.look(templates.DEMAND, region_path=region_path, on=local_day(at), **told)
    return rules.asked_by(found) if found else None


def usual_parameters(content: Content) -> tuple[str, ...]:
    """The parameters that the template suggests for the first thing."""
    found = templates.get(content.template).fields if content.template else ()
    return tuple(next((it.value for it in found if it.kind == "parameters"), ()) or ())


# What the library and the rulebook say


def shelf_of(codes: Iterable[str]) -> dict[str, Kind]:
    """The leaves of the catalogue among these codes, with the lines of their templates."""
    tree = catalog.tree()
    found = {code: tree.get(code) for code in dict.fromkeys(codes)}
    return {code: Kind(it, {line.key: line for line in catalog.template(it)}) for code, it in found.items() if it is not None and it.leaf}


def assess(content: Content, *, region_path: str, at: datetime) -> Assessment:
    """Hold a demand, as far as it can be read, against library and rulebook. One query an item."""
    shelf, day = shelf_of(item.category for item in content.items), local_day(at)
    least = rulebook.rule(LEAST, region_path=region_path, on=day)
    sole = rulebook.rule(SOLE, region_path=region_path, on=day)
    items = tuple(
        _item_funnel(n, item, shelf[item.category], region_path, least, sole)
        for n, item in enumerate(content.items)
        if item.category in shelf
    )
    remarks = tuple(document_rulings(content, shelf, region_path=region_path, at=at))
    return Assessment(shelf, least.n, items, remarks, tuple(survey_rulings(content, shelf, region_path=region_path, at=at)))


def document_rulings(content: Content, shelf: Shelf, *, region_path: str, at: datetime) -> Iterator[tuple[str, Ruling]]:
    """What the nineteen checks of documents remark, with the field that it stands in (RULES 4.5). No query: the rulebook answers from memory."""
    day = local_day(at)
    checks = rulebook.document_checks(region_path=region_path, on=day)
    for place in _places(content, shelf):
        for check in checks:
            if place.areas.intersection(check.areas):
                found = [*(it.words for it in check.found_in(place.text)), *documents.computed(check.id, place, year=day.year)]
                if words := list(dict.fromkeys(found))[:WORDS_MOST]:
                    told = {"check": check.id, "place": place.label, "words": "、".join(words), "advice": check.sentence}
                    yield place.on, judge(check.rule, False, False, rules.REMARKED, told)


def _answered(content: Content) -> Iterator[Place]:
    """Every text among the answers to the template."""
    template = template_of(content)
    for section in template.sections if template else ():
        areas = TEMPLATE_AREAS.get(section.key, AREAS["technical"])
        for it in section.fields:
            value = content.answers.get(it.key)
            if it.kind in TEXTS and isinstance(value, str):
                yield Place(areas, f"{rules.ANSWER}{it.key}", str(it.label), value)
            for n, row in enumerate(value if it.kind == "table" and isinstance(value, list) else ()):
                for column in it.columns:
                    if column.kind in TEXTS and isinstance(text := row.get(column.key), str):
                        yield Place(areas, f"{rules.ANSWER}{it.key}.{n}.{column.key}", f"{it.label} {n + 1} {column.label}", text)


def _places(content: Content, shelf: Shelf) -> Iterator[Place]:
    """Every text of a demand with the area of document checks that it belongs to."""
    yield Place(AREAS["technical"], "title", str(rules.TITLE_NAME), content.title)
    yield Place(AREAS["technical"], "purpose", str(rules.PURPOSE_NAME), content.purpose)
    for name, heading in rules.SECTIONS.items():
        yield Place(AREAS[name], name, str(heading), content.sections.get(name, ""))
    yield from _answered(content)
    for n, item in enumerate(content.items):
        if item.category in shelf:
            kind = shelf[item.category]
            yield Place(AREAS["technical"], f"item-{n}-name", item.name or catalog.named(kind.category), item.name)
            for p, it in enumerate(item.parameters):
                figures = Figures(it.sense, it.value, it.value_to, it.unit, it.reason, it.key in kind.lines)
                text = "。".join(filter(None, (it.name, it.value, it.value_to, it.reason, it.kept)))
                yield Place(AREAS["technical"], f"item-{n}-p-{p}-value", demanded(it, kind), text, figures)


def survey_rulings(content: Content, shelf: Shelf, *, region_path: str, at: datetime) -> list[Ruling]:
    """Why a survey and a key review are compulsory (table `demand.survey`, 财库〔2021〕22号 art. 11); none where they are not."""
    amounts: dict[str, Decimal] = {}
    for item in content.items:
        if item.category in shelf:
            kind = shelf[item.category].category.kind
            amounts[kind] = amounts.get(kind, Decimal("0.00")) + item.amount
    told: dict[str, Ruling] = {}
    for kind, amount in sorted(amounts.items()):
        facts = {
            "object": kind, "amount": amount, "public_interest": content.public_interest, "complex_need": content.complex or content.imported,
        }  # fmt: skip
        for ruling in rulebook.decide("demand.survey", facts, region_path=region_path, on=local_day(at)):
            told.setdefault(ruling.name_zh, ruling)
    return list(told.values())


def review_points(content: Content, *, region_path: str, at: datetime) -> dict[str, str]:
    """What the reviewer stands for: the general review, and the key review where art. 11 asks for it (art. 31, 32)."""
    key = survey_rulings(content, shelf_of(item.category for item in content.items), region_path=region_path, at=at)
    points = {**rules.REVIEW_POINTS, **(rules.KEY_POINTS if key else {})}
    return {name: str(label) for name, label in points.items()}


def _item_funnel(n: int, item: Item, kind: Kind, region_path: str, least: Rule_, sole: Rule_) -> ItemFunnel:
    if not kind.category.in_use:
        return ItemFunnel(n, item, kind, None, (), None, ())
    places, asked = _asked(item, kind)
    ceiling = rules.price_of(item.ceiling) or None
    tally = catalog.tally(kind.category, asked, region_path=region_path, ceiling=ceiling)
    found = funnels.funnel(tally, range(len(asked) + (ceiling is not None)))
    if ceiling is not None:
        places = [*places, -1]
    step = found.narrow(least.n)
    narrow = places[step.place] if step else None
    made = ItemFunnel(n, item, kind, found, tuple(places), narrow, ())
    return ItemFunnel(n, item, kind, found, tuple(places), narrow, tuple(_rulings(made, least, sole)))


def _asked(item: Item, kind: Kind) -> tuple[list[int], list[Asked]]:
    """The mandatory parameters that can be read, with their places."""
    places, asked = [], []
    for place, it in enumerate(item.parameters):
        if it.mandatory and it.sense in rules.senses_of(kind.lines.get(it.key)):
            one, _problems = catalog.asked_of(kind.lines.get(it.key), it.name, it.sense, it.value, it.value_to)
            if one is not None:
                places.append(place)
                asked.append(one)
    return places, asked


def _rulings(it: ItemFunnel, least: Rule_, sole: Rule_) -> Iterator[Ruling]:
    """Warnings to the author before anybody else sees them (RULES D-02, M-14)."""
    found = it.funnel
    assert found is not None
    title, end = it.title, found.possible
    if found.start.fewest < least.n:
        told = {"item": title, "brands": found.start.brands, "suppliers": found.start.suppliers, "least": least.n}
        yield judge(least, False, False, rules.THIN, told)
    if (step := found.narrow(least.n)) is not None:
        yield judge(least, False, False, rules.NARROW, _figures(it, step, least.n))
    elif (step := found.unproven(least.n)) is not None and not step.nobody_tells:
        told = {"parameter": _step_label(it, step), "brands": step.sure.brands, "suppliers": step.sure.suppliers, "untold": step.untold}
        yield judge(least, False, False, rules.UNPROVEN, {**told, "least": least.n})
    if found.steps and end.suppliers == sole.n < found.start.suppliers:
        yield judge(sole, False, False, rules.SOLE, {"item": title, "suppliers": end.suppliers})
    if found.steps and not end.products and found.start.products:
        yield judge(sole, False, False, rules.NOBODY, {"item": title, "products": found.start.products})


def _figures(it: ItemFunnel, step: Step, least: int) -> dict[str, object]:
    assert it.funnel is not None
    place = it.funnel.steps.index(step)
    before = it.funnel.steps[place - 1].possible if place else it.funnel.start
    return {
        "parameter": _step_label(it, step), "brands": step.possible.brands, "suppliers": step.possible.suppliers,
        "brands_before": before.brands, "suppliers_before": before.suppliers, "products": step.possible.products, "least": least,
    }  # fmt: skip


def _step_label(it: ItemFunnel, step: Step) -> str:
    return it.label(it.places[step.place]) or str(rules.CEILING_NAME)


def _label(it: Parameter, kind: Kind) -> str:
    line = kind.lines.get(it.key)
    return catalog.named(line) if line else it.name


def parameter_name(it: Parameter, kind: Kind) -> str:
    """The parameter's name in the reader's language."""
    return _label(it, kind)


def demanded(it: Parameter, kind: Kind) -> str:
    """What is demanded, in the reader's language: “Memory ≥ 16 GB”."""
    line = kind.lines.get(it.key)
    value, value_to = (catalog.told(line, text) if line and text else f"{text} {it.unit}".strip() for text in (it.value, it.value_to))
    told = f"{value} – {value_to}" if it.sense == Sense.BETWEEN else value
    if it.sense == Sense.ONE_OF:
        each = (catalog.told(line, text) if line else f"{text} {it.unit}".strip() for text in catalog.several(it.value))
        told = _("one of: %(values)s") % {"values": "、".join(each)}
    return f"{_label(it, kind)} {SIGNS.get(it.sense, '')} {told}".replace("  ", " ")
