"""What a product has cost over time: every change of its offers, drawn together into the lowest and the middle price of each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Final

from sunlit.domain.catalog.models import Offer, PriceChange
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.money import FEN

WINDOW: Final = timedelta(days=365)
CHANGES_MOST: Final = 5_000
CHANGES_SHOWN: Final = 40

Change = tuple[int, datetime, Decimal]  # offer id, when, new price


@dataclass(frozen=True)
class PriceDay:
    """The end of a day on which a price changed: over how many offers, the lowest and the median."""

    day: date
    offers: int
    lowest: Decimal
    median: Decimal


@dataclass(frozen=True)
class Changed:
    """One change of a price."""

    offer: Offer
    at: datetime
    price: Decimal


@dataclass(frozen=True)
class History:
    """A year of prices, oldest day first; and the latest changes, newest first."""

    days: list[PriceDay]
    changes: list[Changed]


def history_of(offers: Sequence[Offer], *, at: datetime) -> History:
    """The year before `at`. Two queries, however many offers; where changes are too many, the chart begins later."""
    ids = [offer.pk for offer in offers]
    rows = PriceChange.objects.filter(offer_id__in=ids, at__lte=at).values_list("offer_id", "at", "price")
    newest = list(rows.filter(at__gt=at - WINDOW).order_by("-at", "-pk")[: CHANGES_MOST + 1])
    start = newest[CHANGES_MOST - 1][1] if len(newest) > CHANGES_MOST else at - WINDOW
    changes = [row for row in newest if row[1] > start][::-1]
    before = rows.filter(at__lte=start).order_by("offer_id", "-at", "-pk").distinct("offer_id")
    by_id = {offer.pk: offer for offer in offers}
    latest = [Changed(by_id[offer], when, price) for offer, when, price in newest[:CHANGES_SHOWN]]
    return History(list(_days(list(before), changes, start)), latest)


def _days(before: Sequence[Change], changes: Sequence[Change], start: datetime) -> list[PriceDay]:
    """Each price holds until the next; a day is told as it ended."""
    held = {offer: price for offer, _when, price in before}
    found = [_day(local_day(start), held)] if held else []
    for day, of_day in groupby(changes, key=lambda change: local_day(change[1])):
        held |= {offer: price for offer, _when, price in of_day}
        found.append(_day(day, held))
    return found


def _day(day: date, held: dict[int, Decimal]) -> PriceDay:
    return PriceDay(day, len(held), min(held.values()), median(held.values()).quantize(FEN))
