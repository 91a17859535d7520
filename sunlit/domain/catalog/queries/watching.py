"""What a regulator watches in the library: like beside like, and offers on sale above their reference price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from sunlit.domain.catalog.models import Offer, ReferencePrice
from sunlit.domain.catalog.policies import visible_to
from sunlit.domain.catalog.rules.discipline import Discipline, Reference, discipline_of, formed, likeness
from sunlit.domain.catalog.rules.reading import CERTIFIED, key_of
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.money import FEN
from sunlit.foundation.kernel.paging import row_id

ALIKE_ROWS: Final = 20

# The newest price of each source, formed as the rulebook says, against what is on sale: offer by offer, and no further than the page goes.
_FORMED: Final = {
    "min": "min(price)",
    "mean": "round(avg(price), 2)",
    "median": "round((percentile_disc(0.5) WITHIN GROUP (ORDER BY price) + percentile_disc(0.5) WITHIN GROUP (ORDER BY price DESC)) / 2, 2)",
}
_ABOVE: Final = """
SELECT o.id, formed.price FROM catalog_offer o CROSS JOIN LATERAL (
    SELECT {formed} AS price FROM (
        SELECT DISTINCT ON (source) price FROM catalog_referenceprice
        WHERE product_id = o.product_id AND captured_at <= %(at)s ORDER BY source, captured_at DESC
    ) newest
) formed
WHERE o.state = 'listed' AND o.price > formed.price * %(factor)s AND o.id < %(after)s
  AND (o.region_path = %(region)s OR o.region_path LIKE %(below)s)
ORDER BY o.id DESC LIMIT %(rows)s
"""
_LAST: Final = 2**62


@dataclass(frozen=True)
class Above:
    """An offer on sale, its reference price, and by how much it lies above."""

    offer: Offer
    reference: Decimal

    @property
    def percent(self) -> Decimal:
        return ((self.offer.price / self.reference - 1) * 100).quantize(Decimal("0.1"), ROUND_DOWN)


@dataclass(frozen=True)
class AbovePage:
    """A page of them, the newest offer first; `after` is the key to ask the next page with, or ""."""

    rows: list[Above]
    after: str
    tolerance: Decimal  # percent that the rulebook leaves


def offers_alike(offer: Offer, *, seen_by: Actor) -> list[Offer]:
    """What others ask for the same product, the cheapest first."""
    found = visible_to(seen_by).filter(product_id=offer.product_id, state="listed").exclude(pk=offer.pk)
    return list(found.select_related("supplier").order_by("price", "pk")[:ALIKE_ROWS])


def above_reference(*, seen_by: Actor, at: datetime, after: str = "", rows: int = PAGE_ROWS) -> AbovePage:
    """The offers of a regulator's region that are on sale above what the rulebook allows over the reference price. Two queries."""
    book = discipline_of(seen_by.region_path, local_day(at))
    asked: dict[str, Any] = {
        "at": at,
        "factor": 1 + book.tolerance.share,
        "after": _LAST if (key := row_id(after)) is None else key,
        "region": seen_by.region_path,
        "below": seen_by.region_path + "/%",
        "rows": rows + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE.format(formed=_FORMED[book.formula.choice]), asked)
        found = cursor.fetchall()
    page = _with_offers(found[:rows])
    return AbovePage(page, str(found[rows - 1][0]) if len(found) > rows else "", book.tolerance.percent)


def _with_offers(found: Sequence[tuple[int, Decimal]]) -> list[Above]:
    offers = Offer.objects.select_related("product", "supplier").in_bulk([pk for pk, _price in found])
    return [Above(offers[pk], Decimal(price).quantize(FEN)) for pk, price in found]


@dataclass(frozen=True)
class ReferencePage:
    """A page of reference prices as they came in, the latest first; `after` is the key to ask the next page with, or ""."""

    rows: list[ReferencePrice]
    after: str


def reference_page(*, q: str = "", after: str = "", rows: int = PAGE_ROWS) -> ReferencePage:
    """Reference prices with their products; `q` is a product's number or a source. One query."""
    found = ReferencePrice.objects.select_related("product")
    if words := q.strip():
        found = found.filter(Q(product__number=words.upper()) | Q(source=words))
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return ReferencePage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


@dataclass(frozen=True)
class Ceiling:
    """What a product may cost by its reference prices: the figure, how it was formed, from how many sources, and how old the newest is."""

    ceiling: Decimal
    reference: Decimal
    formula: str  # min, mean or median
    sources: int
    tolerance: Decimal  # percent
    days_old: int


def ceiling_of(references: Sequence[Reference], *, book: Discipline, at: datetime) -> Ceiling:
    """The ceiling that these reference prices (one a source, at least one) make by the rules of a region."""
    reference = formed(book.formula.choice, [each.price for each in references])
    ceiling = (reference * (1 + book.tolerance.share)).quantize(FEN, ROUND_DOWN)
    age = (at - max(each.captured_at for each in references)).days
    return Ceiling(ceiling, reference, book.formula.choice, len(references), book.tolerance.percent, age)


def banned_words_in(text: str, *, words: Mapping[str, str]) -> list[str]:
    """Those of the words that stand in the text, however they are spelled. `words`: how a word is compared → the word."""
    told = key_of(text)
    return [word for key, word in words.items() if key in told]


def banned_words(region_path: str, at: datetime) -> dict[str, str]:
    """What must not stand in names, by how it is compared."""
    return {key_of(word): word for word in discipline_of(region_path, local_day(at)).banned.words}


def twins_percent(region_path: str, at: datetime) -> Decimal:
    """The likeness of names, in per cent, from which two listings of a supplier count as one."""
    return discipline_of(region_path, local_day(at)).likeness.percent


def names_alike(ours: str, theirs: str) -> int:
    """How alike two names are, in per cent."""
    return likeness(key_of(ours), key_of(theirs))


def must_be_certified(tag: str) -> bool:
    """The claim rests on a certificate in date."""
    return tag in CERTIFIED
