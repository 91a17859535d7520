"""Which way of the marketplace suits a plan: proposed with reasons, and with the days and the saving that past deals of the region let expect.

The buyer stays free: every way here is lawful for a plan of the marketplace, and a proposal binds nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

from django.db.models import F, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.models import Auction, Order, OrderLine, Quotation
from sunlit.domain.market.queries import units
from sunlit.domain.planning.models import Plan
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.money import ZERO
from sunlit.foundation.kernel.refusals import Refused

SUPERMARKET, QUOTATION, AUCTION, DIRECT = "supermarket", "quotation", "auction", "direct"
UNIT = units.MODE
WINDOW: Final = timedelta(days=730)
DEALS_MOST: Final = 500  # the newest, that the figures rest on
SELLERS_MOST: Final = 50
TENTHS: Final = Decimal("0.1")


@dataclass(frozen=True)
class Past:
    """What deals of two years in the region tell: how many, how long they took, and how far they stayed below what was compared."""

    deals: int = 0
    days: Decimal | None = None  # median, from the beginning to the placed order or, in the supermarket, to the acceptance
    saving: Decimal | None = None  # share


@dataclass(frozen=True)
class Way:
    """One way for the plan; `proposed` for exactly one of them."""

    mode: str
    proposed: bool
    reason: str | Promise
    past: Past


def ways_for(it: Plan, *, at: datetime) -> list[Way]:
    """The three ways that are open to every plan, the proposed one first; after them direct purchase, where manufacturers sell all of it themselves, and
    that from another unit, where one offers something of it. Nine queries, two more for each of the latter, and one for every further category.
    """
    items = list(it.items.select_related("category"))
    codes = sorted({item.category.code for item in items})
    least = rulebook.rule("rfq.min_suppliers", region_path=it.region_path, on=local_day(at)).n
    compete = _compete_from(it, at)
    on_shelf = all(len(catalog.sellers_of([code], region_path=it.region_path, rows=SELLERS_MOST)) >= least for code in codes)
    chosen = _proposed(on_shelf=on_shelf, competes=it.total >= compete, single=len(items) == 1)
    reasons = {
        SUPERMARKET: _("At least %(least)s suppliers have it on the shelf; below %(sum)s competing for it takes longer than it saves.")
        if chosen == SUPERMARKET
        else _("Ordered at once at the listed price; nobody competes for this order."),
        QUOTATION: _quotation_reason(on_shelf, chosen),
        AUCTION: _("One thing of one kind, from %(sum)s on: bidders see how they stand and go on lowering.")
        if chosen == AUCTION
        else _("For uniform goods, where the price alone decides and many can deliver."),
    }
    figures = {"least": least, "sum": f"¥{compete:,.0f}"}
    past = {SUPERMARKET: _shelf(it, codes, at, SUPERMARKET), QUOTATION: _quotations(it, at), AUCTION: _auctions(it, at)}
    told = [Way(mode, mode == chosen, str(reasons[mode]) % figures, past[mode]) for mode in (SUPERMARKET, QUOTATION, AUCTION)]
    return [*sorted(told, key=lambda way: not way.proposed), *_direct(it, codes, at), *_units(it, codes, at)]


def _direct(it: Plan, codes: Sequence[str], at: datetime) -> list[Way]:
    """Direct from the manufacturer, where of every category something is sold by who makes it, with proof in date (厂家直销)."""
    sellers = catalog.direct_sellers(codes, region_path=it.region_path, on=local_day(at))
    least = min(sellers.values(), default=0)
    if not least:
        return []
    told = ngettext(
        "%(num)s manufacturer sells it itself, with proof of manufacture in date: no dealer in between.",
        "%(num)s manufacturers sell it themselves, with proof of manufacture in date: no dealer in between.",
        least,
    )
    return [Way(DIRECT, False, told % {"num": least}, _shelf(it, codes, at, DIRECT))]


def _units(it: Plan, codes: Sequence[str], at: datetime) -> list[Way]:
    """From another unit, where one has something of a category of the plan to give (单位直购)."""
    offers = units.offered_for(codes, region_path=it.region_path, but=it.buyer_id, at=at)
    if not offers:
        return []
    told = ngettext(
        "%(num)s offer of another unit fits: what the public purse has paid for once need not be bought anew.",
        "%(num)s offers of other units fit: what the public purse has paid for once need not be bought anew.",
        offers,
    )
    return [Way(UNIT, False, told % {"num": offers}, _shelf(it, codes, at, UNIT))]


def _compete_from(it: Plan, at: datetime) -> Decimal:
    """From which amount on competing is proposed; that of the plan itself before the pack that brings the row is in force."""
    try:
        return rulebook.rule("ways.compete_from", region_path=it.region_path, on=local_day(at)).yuan
    except Refused:
        return it.total


def _proposed(*, on_shelf: bool, competes: bool, single: bool) -> str:
    """What is not on the shelf is asked for; small purchases are not worth a procedure; one thing of one kind is bid down, several are compared."""
    if not on_shelf:
        return QUOTATION
    if not competes:
        return SUPERMARKET
    return AUCTION if single else QUOTATION


def _quotation_reason(on_shelf: bool, chosen: str) -> str | Promise:
    if chosen != QUOTATION:
        return _("For what needs parameters of its own, or several things together; quotes stay sealed until they are opened.")
    if not on_shelf:
        return _("Fewer than %(least)s suppliers have it on the shelf: ask for what you need with its parameters.")
    return _("Several things together, from %(sum)s on: quotes are compared line by line, the lowest that conforms wins.")


def _shelf(it: Plan, codes: Sequence[str], at: datetime, mode: str) -> Past:
    """Orders off the shelf of the same categories: days to the acceptance, and how far below the like-for-like median they were."""
    lines = OrderLine.objects.filter(
        _near(it, "order__region_path"),
        order__mode=mode,
        order__accepted_at__gt=at - WINDOW,
        order__accepted_at__lte=at,
        category_code__in=codes,
    )
    spans = list(lines.order_by("-order_id").values_list("order__placed_at", "order__accepted_at")[:DEALS_MOST])
    sums = lines.filter(median__isnull=False).aggregate(paid=Sum("amount"), usual=Sum(F("median") * F("quantity")))
    return Past(len(spans), _days(spans), _saving(sums["paid"], sums["usual"]))


def _quotations(it: Plan, at: datetime) -> Past:
    """Awarded quotations of the prefecture: days from publication to order, and how far the awards stayed below their ceilings."""
    found = Quotation.objects.filter(_near(it), state="awarded", ended_at__gt=at - WINDOW, ended_at__lte=at).order_by("-pk")
    rows = list(found.values_list("published_at", "ended_at", "award", "ceiling")[:DEALS_MOST])
    paid, most = sum((row[2] or ZERO for row in rows), ZERO), sum((row[3] for row in rows), ZERO)
    return Past(len(rows), _days([(row[0], row[1]) for row in rows]), _saving(paid, most))


def _auctions(it: Plan, at: datetime) -> Past:
    """Auctions of the prefecture of which every lot was awarded: days from publication to award, and how far their orders stayed below the caps."""
    found = Auction.objects.filter(_near(it), state="awarded", awarded_at__gt=at - WINDOW, awarded_at__lte=at)
    found = found.exclude(lots__order=None).order_by("-pk")
    rows = list(found.values_list("number", "published_at", "awarded_at", "total")[:DEALS_MOST])
    orders = dict(
        Order.objects.filter(mode=AUCTION, origin__in=[row[0] for row in rows]).values_list("origin").annotate(sum=Sum("total")).order_by()
    )
    won = [row for row in rows if row[0] in orders]
    paid, most = sum((orders[row[0]] for row in won), ZERO), sum((row[3] for row in won), ZERO)
    return Past(len(rows), _days([(row[1], row[2]) for row in rows]), _saving(paid, most))


def _near(it: Plan, field: str = "region_path") -> Q:
    """The whole prefecture: one county alone has too few deals to tell anything."""
    top = it.region_path.partition("/")[0]
    return Q(**{field: top}) | Q(**{f"{field}__startswith": top + "/"})


def _days(spans: Sequence[tuple[datetime | None, datetime | None]]) -> Decimal | None:
    told = [(end - start) / timedelta(days=1) for start, end in spans if start is not None and end is not None]
    return Decimal(str(median(told))).quantize(TENTHS) if told else None


def _saving(paid: Decimal | None, usual: Decimal | None) -> Decimal | None:
    return 1 - paid / usual if paid is not None and usual else None
