"""What a demand says, read from what was written; and what must hold before it is handed in. Pure: nothing here reads the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Attribute, Category
from sunlit.domain.catalog.queries import Asked, Sense, asked_of
from sunlit.domain.rulebook.rules.templates import Template, read
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import NAME_CHARS, QUANTITY_MOST, REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

TITLE_MISSING = Reason("DEM-001", _("Give the demand a title."))
TOO_LONG = Reason("DEM-002", _("At most {most} characters; there are {count}."))
NO_ITEM = Reason("DEM-003", _("A demand names at least one thing that is needed, and at most {most}."))
CATEGORY_UNKNOWN = Reason("DEM-004", _("“{code}” is no item of the procurement catalogue: choose one without further divisions."))
QUANTITY_WRONG = Reason("DEM-005", _("“{value}” is not a quantity: a whole number from 1 to {most}."))
UNIT_MISSING = Reason("DEM-006", _("Say in which unit the quantity is counted, in at most {most} characters."))
CEILING_WRONG = Reason("DEM-007", _("“{value}” is not a price: write yuan with at most two places, such as 4999.00."))
SENSE_WRONG = Reason("DEM-008", _("“{name}” cannot be demanded in this way: choose one of the comparisons offered."))
RANGE_TURNED = Reason("DEM-009", _("The range of “{name}” ends below its beginning: {low} to {high}."))
TOO_MANY_PARAMETERS = Reason("DEM-010", _("At most {most} parameters for one thing; there are {count}."))
NAME_MISSING = Reason("DEM-011", _("Name the parameter."))
REASON_MISSING = Reason("DEM-012", _("“{name}” is mandatory: say in at least {least} characters why the purpose needs it."))
CEILING_MISSING = Reason("DEM-013", _("Say what one may cost at most."))
SECTION_MISSING = Reason(
    "DEM-014", _("“{section}” belongs to every demand (财库〔2021〕22号 art. 6, 23, 24): write it, or say why there is none.")
)
KEPT_WITHOUT_REASON = Reason(
    "DEM-015",
    _("“{name}” leaves fewer than {least} brands or suppliers. Drop or loosen it, or say in at least {chars} characters why it stays."),
)
POINTS_WRONG = Reason("DEM-016", _("A parameter that is scored has points from 1 to 100; “{name}” has {value}."))
NOT_QUANTIFIED = Reason(
    "DEM-017",
    _("“{name}” is no figure: what cannot be put into figures is mandatory or not asked for, but never scored (财库〔2021〕22号 art. 21)."),
)
WHY_MISSING = Reason("DEM-018", _("Say why, in at least {least} characters."))
POINTS_OPEN = Reason("DEM-019", _("Confirm every point of the review, or give the demand back."))
CONTRADICTION = Reason("DEM-020", _("“{name}” is demanded twice, and nothing can be both."))
TOTAL_TOO_HIGH = Reason("DEM-021", _("The items together are more than {most}."))
HAS_SUCCESSOR = Reason("DEM-022", _("Demand {number} is being revised already, in {other}."), CONFLICT)

NARROW = Reason(
    "DEM-030",
    _(
        "From “{parameter}” on only {brands} brands of {suppliers} suppliers are left; before it there were {brands_before} of {suppliers_before}."
    ),
)
SOLE = Reason("DEM-031", _("Only one supplier has what meets every mandatory parameter of “{item}”."))
NOBODY = Reason("DEM-032", _("Nothing in the library meets every mandatory parameter of “{item}”."))
UNPROVEN = Reason(
    "DEM-033",
    _("From “{parameter}” on only {brands} brands of {suppliers} suppliers surely meet the demand: {untold} products do not tell it."),
)
THIN = Reason("DEM-034", _("“{item}”: the library itself has only {brands} brands of {suppliers} suppliers that deliver to you."))
REMARKED = Reason("DEM-035", _("{place}: “{words}”. {advice}"))

ITEMS_MOST: Final = 20
PARAMETERS_MOST: Final = 30
UNIT_CHARS: Final = 10
VALUE_CHARS: Final = 200
SECTION_CHARS: Final = 10_000
POINTS: Final = range(1, 101)
KEPT_CHARS_LEAST: Final = 10
TITLE_NAME: Final = _("Title of the demand")
PURPOSE_NAME: Final = _("Purpose")
CEILING_NAME: Final = _("Ceiling price")

SECTIONS: Final[dict[str, str | Promise]] = {
    "technical": _("Further technical and service demands"),
    "evidence": _("Proofs and test reports"),
    "qualification": _("Qualification demands"),
    "scoring": _("Evaluation factors"),
    "delivery": _("Time, place and manner of delivery"),
    "acceptance": _("Acceptance scheme"),
    "contract": _("Contract terms"),
}
NEEDED_SECTIONS: Final = ("delivery", "acceptance", "contract")
TEMPLATE_SECTIONS: Final = {"technical": "requirements", "delivery": "delivery", "acceptance": "acceptance", "contract": "contract"}
"""What a section of free text says is asked by this section of a template, where there is one."""
ANSWER: Final = "t-"  # before the names of the template's fields
OWN_FIELDS: Final = frozenset({"purpose", "items"})  # of a template: what every demand says of itself
IMPORTS: Final = "imports"
REVIEW_POINTS: Final[dict[str, str | Promise]] = {
    "complete": _("The demand is complete, and lies within budget and asset standards"),
    "lawful": _("Approvals that the law asks for are there"),
}
KEY_POINTS: Final[dict[str, str | Promise]] = {
    "fair": _("No supplier, brand or region is favoured or shut out"),
    "competition": _("There is enough competition for what is demanded"),
    "policy": _("Procurement policies are carried out"),
    "risk": _("Risks of performance are foreseen and met"),
}
CASES: Final[dict[str, str | Promise]] = {
    "public_interest": _("Public services, or of public concern"),
    "complex": _("Technically complex, such as custom software"),
    "imported": _("Imported products"),
}
SENSES: Final[dict[str, tuple[str, ...]]] = {
    "number": (Sense.AT_LEAST, Sense.AT_MOST, Sense.EQUAL, Sense.BETWEEN, Sense.ONE_OF),
    "choice": (Sense.EQUAL, Sense.ONE_OF),
    "ordered": (Sense.EQUAL, Sense.ONE_OF, Sense.AT_LEAST, Sense.AT_MOST),
    "text": (Sense.HAS, Sense.EQUAL, Sense.ONE_OF),
    "free": tuple(Sense),
}
SENSE_NAMES: Final[dict[str, str | Promise]] = {
    Sense.AT_LEAST: _("at least"),
    Sense.AT_MOST: _("at most"),
    Sense.EQUAL: _("exactly"),
    Sense.BETWEEN: _("from … to …"),
    Sense.HAS: _("has"),
    Sense.ONE_OF: _("one of"),
}
FIGURED: Final = (Sense.AT_LEAST, Sense.AT_MOST, Sense.BETWEEN)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is demanded of one thing. `key` is that of the category's template, "" for a free one; `kept` says why it stays although it narrows."""

    key: str = ""
    name: str = ""
    sense: str = Sense.AT_LEAST
    value: str = ""
    value_to: str = ""
    unit: str = ""
    mandatory: bool = True
    points: str = ""
    reason: str = ""
    kept: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.value or self.value_to or self.reason or (self.name and not self.key))


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is needed; quantity and ceiling as they were written."""

    category: str
    name: str = ""
    quantity: str = "1"
    unit: str = ""
    ceiling: str = ""
    parameters: tuple[Parameter, ...] = ()

    @property
    def amount(self) -> Decimal:
        return (self.price or money.ZERO) * (quantity_of(self.quantity) or 0)

    @property
    def price(self) -> Decimal | None:
        """The ceiling; None while there is none."""
        return price_of(self.ceiling) or None


@dataclass(frozen=True, slots=True)
class Content:
    """All that a demand says. `answers` are those to the template `template` (the identity of its version), 0 where there is none."""

    title: str
    purpose: str = ""
    public_interest: bool = False
    complex: bool = False
    imported: bool = False
    sections: Mapping[str, str] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    template: int = 0
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum((item.amount for item in self.items), money.ZERO)

    def to_json(self) -> dict[str, Any]:
        told = asdict(self)
        if not self.template:  # such demands were written before templates, and keep their digest
            del told["template"], told["answers"]
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Content:
        items = tuple(Item(**{**item, "parameters": tuple(Parameter(**each) for each in item["parameters"])}) for item in told["items"])
        return cls(**{**told, "items": items})


@dataclass(frozen=True, slots=True)
class Kind:
    """A category of the catalogue with the lines of its template."""

    category: Category
    lines: Mapping[str, Attribute]


Shelf = Mapping[str, Kind]


def price_of(text: str) -> Decimal | None:
    """The ceiling in yuan; None where it is none. An empty one is nought, until the demand is handed in."""
    try:
        found = money.yuan(text.strip() or "0")
    except money.NotMoney:
        return None
    return found if found >= 0 else None


def quantity_of(text: str) -> int | None:
    text = text.strip().replace(",", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= QUANTITY_MOST else None


def asked_by(template: Template) -> Template:
    """What the template asks beside what every demand says of itself: purpose, things and their parameters."""
    sections = (
        replace(it, fields=tuple(f for f in it.fields if f.key not in OWN_FIELDS and f.kind != "parameters")) for it in template.sections
    )
    return replace(template, sections=tuple(it for it in sections if it.fields))


def under(content: Content, template: Template | None) -> Content:
    """The demand as it is written under this version: answers to what another one asked are left behind."""
    known = {it.key for it in template.fields} if template else set()
    kept = content.answers if template and content.template == template.id else {k: v for k, v in content.answers.items() if k in known}
    return replace(content, template=template.id if template else 0, answers=kept)


def in_normal_form(content: Content, template: Template | None) -> Content:
    """What was read and found readable, as it is kept: the same demand is the same text."""
    content = replace(content, items=tuple(_item_in_normal_form(item) for item in content.items))
    if template is None:
        return content
    answers = read(template, content.answers, complete=False).values
    imported = bool(answers.get(IMPORTS)) if any(it.key == IMPORTS for it in template.fields) else content.imported
    return replace(content, answers=answers, imported=imported)


def _item_in_normal_form(item: Item) -> Item:
    price = price_of(item.ceiling)
    return replace(item, quantity=str(quantity_of(item.quantity)), ceiling=f"{price:f}" if price else "")


def is_readable(content: Content, shelf: Shelf, template: Template | None) -> Iterator[Problem]:
    """What is written can be kept: figures are figures, every parameter can be held against a product, every answer is one."""
    if not content.title:
        yield Problem(TITLE_MISSING, on="title")
    yield from _fits("title", content.title, NAME_CHARS)
    yield from _fits("purpose", content.purpose, TEXT_CHARS)
    for name in SECTIONS:
        yield from _fits(name, content.sections.get(name, ""), SECTION_CHARS)
    if not 0 < len(content.items) <= ITEMS_MOST:
        yield Problem(NO_ITEM, {"most": ITEMS_MOST}, on="items")
    for n, item in enumerate(content.items):
        yield from _item_is_readable(f"item-{n}", item, shelf.get(item.category))
    if content.total > money.MOST:
        yield Problem(TOTAL_TOO_HIGH, {"most": money.show(money.MOST)}, on="items")
    if template is not None:
        yield from read(template, content.answers, prefix=ANSWER, complete=False).problems


def _item_is_readable(at: str, item: Item, kind: Kind | None) -> Iterator[Problem]:
    if kind is None:
        yield Problem(CATEGORY_UNKNOWN, {"code": item.category[:40]}, on=f"{at}-category")
        return
    yield from _fits(f"{at}-name", item.name, NAME_CHARS)
    if quantity_of(item.quantity) is None:
        yield Problem(QUANTITY_WRONG, {"value": item.quantity[:40], "most": QUANTITY_MOST}, on=f"{at}-quantity")
    if not item.unit or len(item.unit) > UNIT_CHARS:
        yield Problem(UNIT_MISSING, {"most": UNIT_CHARS}, on=f"{at}-unit")
    if price_of(item.ceiling) is None:
        yield Problem(CEILING_WRONG, {"value": item.ceiling[:40]}, on=f"{at}-ceiling")
    if len(item.parameters) > PARAMETERS_MOST:
        yield Problem(TOO_MANY_PARAMETERS, {"most": PARAMETERS_MOST, "count": len(item.parameters)}, on=f"{at}-parameters")
    for p, parameter in enumerate(item.parameters):
        yield from _parameter_is_readable(f"{at}-p-{p}", parameter, kind)


def _parameter_is_readable(at: str, it: Parameter, kind: Kind) -> Iterator[Problem]:
    line = kind.lines.get(it.key)
    for name, text in (("name", it.name), ("value", it.value), ("value_to", it.value_to), ("unit", it.unit)):
        yield from _fits(f"{at}-{name}", text, VALUE_CHARS)
    for name, text in (("reason", it.reason), ("kept", it.kept)):
        yield from _fits(f"{at}-{name}", text, TEXT_CHARS)
    if line is None and not it.name:
        yield Problem(NAME_MISSING, on=f"{at}-name")
        return
    if it.sense not in senses_of(line):
        yield Problem(SENSE_WRONG, {"name": name_of(it, line)}, on=f"{at}-sense")
        return
    asked, problems = asked_of(line, it.name, it.sense, it.value, it.value_to)
    yield from (Problem(found.reason, found.params, f"{at}-{found.on}") for found in problems)
    if asked and asked.low is not None and asked.high is not None and asked.low > asked.high:
        yield Problem(RANGE_TURNED, {"name": name_of(it, line), "low": asked.low, "high": asked.high}, on=f"{at}-value_to")
    if not it.mandatory and not (it.points.isascii() and it.points.isdigit() and len(it.points) < 4 and int(it.points) in POINTS):
        yield Problem(POINTS_WRONG, {"name": name_of(it, line), "value": it.points or "—"}, on=f"{at}-points")


def senses_of(line: Attribute | None) -> tuple[str, ...]:
    """The comparisons in which a parameter can be demanded."""
    if line is None:
        return SENSES["free"]
    return SENSES["ordered" if line.type == "choice" and line.better else line.type]


def name_of(it: Parameter, line: Attribute | None) -> str:
    """The parameter's name as records keep it."""
    return line.name_zh if line else it.name


def is_complete(case: Case) -> Iterator[Problem]:
    """A demand that is handed in says what for, what, how much, why so, and how it is delivered, accepted and contracted (财库〔2021〕22号 art. 6-9, 23, 24)."""
    content: Content = case.facts["content"]
    shelf: Shelf = case.facts["shelf"]
    if len(content.purpose) < REASON_CHARS_LEAST:
        yield Problem(SECTION_MISSING, {"section": PURPOSE_NAME}, on="purpose")
    template: Template | None = case.facts["template"]
    if template is not None:
        yield from read(template, content.answers, prefix=ANSWER).problems
    for name in needed_sections(template):
        if len(content.sections.get(name, "").strip()) < REASON_CHARS_LEAST:
            yield Problem(SECTION_MISSING, {"section": SECTIONS[name]}, on=name)
    for n, item in enumerate(content.items):
        if not price_of(item.ceiling):
            yield Problem(CEILING_MISSING, on=f"item-{n}-ceiling")
        yield from _parameters_are_grounded(f"item-{n}", item, shelf[item.category])


def needed_sections(template: Template | None) -> tuple[str, ...]:
    """The sections of free text that a demand cannot do without: what a template asks is not asked twice."""
    return () if template else NEEDED_SECTIONS


def open_sections(content: Content, template: Template | None) -> list[str]:
    """The sections of free text that are offered: those that the template does not ask for, and those in which something stands."""
    asked = {it.key for it in template.sections} if template else set()
    return [name for name in SECTIONS if content.sections.get(name) or TEMPLATE_SECTIONS.get(name, name) not in asked]


def _parameters_are_grounded(at: str, item: Item, kind: Kind) -> Iterator[Problem]:
    """Whatever is mandatory has its reason; whatever is scored is a figure; nothing contradicts itself."""
    for p, it in enumerate(item.parameters):
        name = name_of(it, kind.lines.get(it.key))
        if it.mandatory and len(it.reason) < REASON_CHARS_LEAST:
            yield Problem(REASON_MISSING, {"name": name, "least": REASON_CHARS_LEAST}, on=f"{at}-p-{p}-reason")
        if not it.mandatory and it.sense not in FIGURED:
            yield Problem(NOT_QUANTIFIED, {"name": name}, on=f"{at}-p-{p}-sense")
    for p in contradictions(item, kind):
        name = name_of(item.parameters[p], kind.lines.get(item.parameters[p].key))
        yield Problem(CONTRADICTION, {"name": name}, on=f"{at}-p-{p}-value")


def contradictions(item: Item, kind: Kind) -> Iterator[int]:
    """The places of mandatory parameters that leave nothing together with an earlier one of the same name."""
    seen: dict[str, Asked] = {}
    for p, it in enumerate(item.parameters):
        asked, problems = asked_of(kind.lines.get(it.key), it.name, it.sense, it.value, it.value_to)
        if problems or asked is None or not it.mandatory:
            continue
        before = seen.setdefault(asked.key, asked)
        if before is not asked:
            seen[asked.key], possible = _both(before, asked)
            if not possible:
                yield p


def _both(one: Asked, other: Asked) -> tuple[Asked, bool]:
    """Two demands on one parameter as one, and whether anything can meet it."""
    lows = [it for it in (one.low, other.low) if it is not None]
    highs = [it for it in (one.high, other.high) if it is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    among = tuple(it for it in one.among if it in other.among) if one.among and other.among else one.among or other.among
    possible = not (low is not None and high is not None and low > high) and not (one.among and other.among and not among)
    exact = one.text and other.text and not one.part and not other.part and one.text != other.text
    return Asked(one.key, low, high, among, one.text or other.text, one.part), possible and not exact


def narrowing_is_explained(case: Case) -> Iterator[Problem]:
    """A parameter that ends competition is dropped, or stays with a reason that reviewers see (条例 art. 20(3))."""
    least: int = case.facts["least"]
    content: Content = case.facts["content"]
    for n, p in case.facts["narrow"]:
        it = content.items[n].parameters[p]
        if len(it.kept) < KEPT_CHARS_LEAST:
            name = name_of(it, case.facts["shelf"][content.items[n].category].lines.get(it.key))
            yield Problem(KEPT_WITHOUT_REASON, {"name": name, "least": least, "chars": KEPT_CHARS_LEAST}, on=f"item-{n}-p-{p}-kept")


def every_point_is_confirmed(case: Case) -> Iterator[Problem]:
    """General review for all; key review for what art. 11 names (art. 30-32)."""
    wanted: Sequence[str] = case.facts["wanted"]
    for point in wanted:
        if point not in case.facts["points"]:
            yield Problem(POINTS_OPEN, on=f"point-{point}")


def why_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts["reason"]).strip()) < REASON_CHARS_LEAST:
        yield Problem(WHY_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def _fits(on: str, text: str, most: int) -> Iterator[Problem]:
    if len(text) > most:
        yield Problem(TOO_LONG, {"most": most, "count": len(text)}, on)
