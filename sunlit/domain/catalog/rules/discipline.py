"""The price discipline and the manner of a listing (RULES §5.3): rulings with the figures they compared. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from difflib import SequenceMatcher
from statistics import mean, median
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Attribute
from sunlit.domain.catalog.rules.reading import ATTRIBUTE_PREFIX, Lengths, Listing, key_of
from sunlit.domain.rulebook.queries import Rule_, Ruling, Verdict, judge, rule
from sunlit.foundation.kernel.money import FEN
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason

ABOVE_REFERENCE = Reason(
    "CAT-030", _("The price {price} is above {ceiling}: the reference price {reference} ({sources} sources) and {percent} % more at most.")
)
REFERENCE_OLD = Reason("CAT-031", _("The newest reference price is {hours} hours old; comparisons with it only inform."))
RAISED_TOO_SOON = Reason("CAT-032", _("The price went from {old} to {new} within {hours} hours of its last change."))
BANNED_WORD = Reason("CAT-033", _("“{words}” must not stand in the name or description of what is sold to everybody."))
LISTED_TWICE = Reason("CAT-034", _("You already offer this product under the SKU code {sku}."), CONFLICT)
VERY_ALIKE = Reason(
    "CAT-035", _("The name is {percent} per cent like that of your offer {sku} with the same parameters: is it the same product?")
)
DIFFERS_FROM_PRODUCT = Reason(
    "CAT-036", _("In the library “{name}” of this product is “{known}”, not “{value}”: check the model, or write the same.")
)
SKU_TWICE = Reason("CAT-037", _("The SKU code {sku} stands twice: also in row {row}."))
TOO_MANY_IMAGES = Reason("CAT-038", _("At most {most} pictures; there are {count}."))
IMAGE_UNKNOWN = Reason("CAT-039", _("A picture must be a file that your organisation uploaded."))
NOT_NOW = Reason("CAT-040", _("The offer {number} is {state}: it cannot be changed by a file or batch now."), CONFLICT)
CATEGORY_UNKNOWN = Reason("CAT-041", _("“{code}” is no category in which offers can be listed."))
SKU_TAKEN = Reason("CAT-042", _("You already have an offer with the SKU code {sku}."), CONFLICT)

HOUR: Final = timedelta(hours=1)
_FORMULAS: Final[Mapping[str, Callable[[Sequence[Decimal]], Decimal]]] = {"min": min, "mean": mean, "median": median}


@dataclass(frozen=True)
class Discipline:
    """The rules of a region on a day, as far as listings are concerned."""

    tolerance: Rule_
    reference_age: Rule_
    formula: Rule_
    cooldown: Rule_
    banned: Rule_
    likeness: Rule_
    images_most: int
    lengths: Lengths


@dataclass(frozen=True)
class Reference:
    """What one source asked for the product, and when."""

    source: str
    price: Decimal
    captured_at: datetime


@dataclass(frozen=True)
class Sibling:
    """Another living offer of the same supplier with the same brand and category."""

    sku_code: str
    title: str
    attributes: Mapping[str, str]


def discipline_of(region_path: str, day: date) -> Discipline:
    """The rulebook's answers, from its memory."""

    def asked(key: str) -> Rule_:
        return rule(key, region_path=region_path, on=day)

    return Discipline(
        tolerance=asked("price.vs_reference_tolerance"),
        reference_age=asked("price.reference_max_age"),
        formula=asked("price.reference_formula"),
        cooldown=asked("price.raise_cooldown"),
        banned=asked("listing.banned_words"),
        likeness=asked("listing.duplicate_similarity"),
        images_most=int(asked("listing.images").high),
        lengths=Lengths(
            title=asked("listing.name_max").n,
            detail=asked("listing.detail_max").n,
            attribute_name=asked("listing.attr_key_max").n,
            attribute_value=asked("listing.attr_val_max").n,
        ),
    )


def is_not_above_reference(book: Discipline, price: Decimal, references: Iterable[Reference], at: datetime) -> Iterator[Ruling]:
    """At most the reference price and its tolerance; a reference that is too old only informs (浙江 商品发布及审核指南 2025-09)."""
    latest = _latest_of_each_source(references, at)
    if not latest:
        return
    fresh = [each for each in latest if at - each.captured_at <= book.reference_age.n * HOUR]
    if not fresh:
        age = (at - max(each.captured_at for each in latest)) // HOUR
        yield judge(book.reference_age, ok=False, hard=False, reason=REFERENCE_OLD, figures={"hours": age})
    compared = fresh or latest
    reference = formed(book.formula.choice, [each.price for each in compared])
    ceiling = (reference * (1 + book.tolerance.share)).quantize(FEN, ROUND_DOWN)
    figures = {"price": price, "reference": reference, "ceiling": ceiling, "percent": str(book.tolerance.percent), "sources": len(compared)}
    yield judge(book.tolerance, ok=price <= ceiling, hard=bool(fresh), reason=ABOVE_REFERENCE, figures=figures)


def formed(formula: str, prices: Sequence[Decimal]) -> Decimal:
    """The reference price of several sources, in yuan with two places: their lowest, mean or median."""
    return Decimal(_FORMULAS[formula](prices)).quantize(FEN, ROUND_HALF_UP)


def is_not_raised_too_soon(
    book: Discipline, old: Decimal | None, changed_at: datetime | None, new: Decimal, at: datetime
) -> Iterator[Ruling]:
    """Nobody raises a price just before an order: a rise keeps a distance from the change before."""
    if old is None or changed_at is None or new <= old:
        return
    figures = {"old": old, "new": new, "hours": book.cooldown.n}
    yield judge(book.cooldown, ok=at - changed_at >= book.cooldown.n * HOUR, hard=True, reason=RAISED_TOO_SOON, figures=figures)


def has_no_banned_word(book: Discipline, title: str, detail: str) -> Iterator[Ruling]:
    """No goods made for the state alone, at prices that nobody can compare (专供、特供)."""
    text = key_of(title) + "\n" + key_of(detail)
    found = [word for word in book.banned.words if key_of(word) in text]
    yield judge(book.banned, ok=not found, hard=True, reason=BANNED_WORD, figures={"words": "、".join(found)})


def is_unlike_own_others(
    book: Discipline, listing: Listing, attributes: Mapping[str, str], siblings: Iterable[Sibling]
) -> Iterator[Ruling]:
    """Two listings that differ in their model's spelling alone are probably one; a person decides."""
    title = key_of(listing.title)
    alike = [(likeness(title, key_of(it.title)), it) for it in siblings if it.sku_code != listing.sku_code and it.attributes == attributes]
    if not alike:
        return
    percent, nearest = max(alike, key=lambda pair: (pair[0], pair[1].sku_code))
    figures = {"percent": percent, "sku": nearest.sku_code}
    yield judge(book.likeness, ok=percent < book.likeness.percent, hard=False, reason=VERY_ALIKE, figures=figures)


def agrees_with_product(listing: Listing, known: Mapping[str, str], template: Sequence[Attribute]) -> Iterator[Problem]:
    """Offers hang on one product only when its key parameters are the same: else buyers would compare unlike things."""
    for line in template:
        ours, theirs = listing.attributes.get(line.key, ""), known.get(line.key, "")
        if line.is_key and ours and theirs and key_of(ours) != key_of(theirs):
            yield Problem(DIFFERS_FROM_PRODUCT, {"name": line.name_zh, "known": theirs, "value": ours}, on=f"{ATTRIBUTE_PREFIX}{line.key}")


def refusals(rulings: Iterable[Ruling], on: str) -> Iterator[Problem]:
    """The refused rulings as problems at a field."""
    return (ruling.problem(on) for ruling in rulings if ruling.verdict is Verdict.REFUSED)


def kept(rulings: Iterable[Ruling]) -> list[dict[str, Any]]:
    """The rulings as they are stored with an offer."""
    return [ruling.to_json() for ruling in rulings]


def _latest_of_each_source(references: Iterable[Reference], at: datetime) -> list[Reference]:
    latest: dict[str, Reference] = {}
    for each in references:
        if each.captured_at <= at and (each.source not in latest or latest[each.source].captured_at < each.captured_at):
            latest[each.source] = each
    return list(latest.values())


def likeness(ours: str, theirs: str) -> int:
    """How alike two texts are, in per cent."""
    return int(SequenceMatcher(None, ours, theirs, autojunk=False).ratio() * 100)
