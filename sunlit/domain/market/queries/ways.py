"""Which way of the marketplace suits a plan: proposed with reasons, and with the days and the saving that past deals of the region let expect.

The buyer stays free: every way here is lawful for a plan of the marketplace, and a proposal binds nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Final, NamedTuple

from django.db.models import F, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.market.models import Auction, Batch, CallOff, Order, OrderLine, Package, Quotation, WorkOrder
from sunlit.domain.market.queries import calloffs, units
from sunlit.domain.planning.models import Plan, PlanItem
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Verdict
from sunlit.foundation.kernel.clock import SHANGHAI, local_day
from sunlit.foundation.kernel.money import ZERO
from sunlit.foundation.kernel.refusals import Refused

SUPERMARKET, QUOTATION, AUCTION, DIRECT = "supermarket", "quotation", "auction", "direct"
UNIT = units.MODE
FRAMEWORK, BATCH, SERVICE = "framework", "batch", "service"
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
    """One way for the plan, or, where several things are agreed or pooled each for itself, for one `line` of it; `proposed` for one of them, or for
    one a line. `package` or `batch`: what it is bought under, where that is agreed already.
    """

    mode: str
    proposed: bool
    reason: str | Promise
    past: Past
    package: Package | None = None
    batch: Batch | None = None
    line: Category | None = None


class Line(NamedTuple):
    """What a plan asks for of one category, and where that is agreed or pooled for its region."""

    category: Category
    amount: Decimal
    package: Package | None
    batch: Batch | None


def ways_for(it: Plan, *, at: datetime) -> list[Way]:
    """The proposed way first. Three are open to every plan; besides them stand what is agreed or pooled for its region, if that is so for every line
    of it, direct purchase, where manufacturers sell all of it themselves, and that from another unit, where one offers something of it.

    Eleven queries, one or two more for each of the latter, and four for every further category.
    """
    items = list(it.items.select_related("category"))
    codes = sorted({item.category.code for item in items})
    least = rulebook.rule("rfq.min_suppliers", region_path=it.region_path, on=local_day(at)).n
    compete = _compete_from(it, at)
    on_shelf = all(len(catalog.sellers_of([code], region_path=it.region_path, rows=SELLERS_MOST)) >= least for code in codes)
    lines = _lines(it, items, at)
    chosen = "" if lines else _proposed(on_shelf=on_shelf, competes=it.total >= compete, single=len(items) == 1)
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
    for line in lines:
        of = line.category if len(lines) > 1 else None
        if line.batch is not None:
            told.append(_with_others(it, line.batch, of, at))
        if line.package is not None:
            told.append(_under_the_agreement(it, line.package, of, line.batch is None, at))
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


def _under_the_agreement(it: Plan, package: Package, line: Category | None, proposed: bool, at: datetime) -> Way:
    mode = SERVICE if package.service else FRAMEWORK
    reason = _("Agreement %(number)s is in force for it: its prices were competed for already.")
    if package.framework.is_open_form:
        reason = _("Open agreement %(number)s is in force for it: whoever meets its terms was admitted, and you select among them.")
    if package.service:
        reason = _(
            "Agreement %(number)s is in force for it: by work order, at its rates and within its caps; settled by what was really done."
        )
    past = _services(it, package, at) if package.service else _calloffs(it, package, at)
    return Way(mode, proposed, str(reason) % {"number": package.framework.number}, past, package=package, line=line)


def _with_others(it: Plan, batch: Batch, line: Category | None, at: datetime) -> Way:
    day = f"{batch.until.astimezone(SHANGHAI):%Y-%m-%d}"
    reason = str(_("Buyers of the region pool what they need until %(until)s: one bidding for all of it.")) % {"until": day}
    return Way(BATCH, True, reason, _batches(it, batch.package, at), batch=batch, line=line)


def _lines(it: Plan, items: Sequence[PlanItem], at: datetime) -> list[Line]:
    """The plan by category, where every one of them is agreed or pooled; where one is not, none: who buys half a plan so has no way for the rest."""
    sums: dict[int, Decimal] = {}
    for item in items:
        sums[item.category_id] = sums.get(item.category_id, ZERO) + item.amount
    found: list[Line] = []
    for category in {item.category_id: item.category for item in items}.values():
        amount = sums[category.pk]
        package, batch = _agreed(it, category, amount, at), _pooled(it, category, amount, at)
        if package is None and batch is None:
            return []
        found.append(Line(category, amount, package, batch))
    return found


def _agreed(it: Plan, category: Category, amount: Decimal, at: datetime) -> Package | None:
    """The package of an agreement in force for the plan's region that is of this category, as the plan's money is; agreements near by come first."""
    found = Package.objects.filter(framework__state="in_force", framework__valid_until__gt=at, failed="", category=category)
    found = found.filter(framework__region_path__in=_line(it.region_path)).select_related("framework", "category")
    package = found.order_by("-framework__region_path", "position", "pk").first()
    return package if package is not None and _is_sporadic(it, package, amount, at) else None


def _pooled(it: Plan, category: Category, amount: Decimal, at: datetime) -> Batch | None:
    """The batch that still takes demands for what the plan asks for of this category."""
    found = Batch.objects.filter(state="collecting", until__gt=at, suspended_at=None, package__category=category)
    batch = found.filter(region_path__in=_line(it.region_path)).select_related("package__category").order_by("until", "pk").first()
    return batch if batch is not None and _is_sporadic(it, batch.package, amount, at) else None


def _is_sporadic(it: Plan, package: Package, amount: Decimal, at: datetime) -> bool:
    """Below the procurement threshold, for what is bought under an agreement is (CAL-006); a rule that only warns is warning enough not to propose it."""
    return calloffs.threshold(package, amount, region_path=it.region_path, at=at).verdict == Verdict.ALLOWED


def _line(region_path: str) -> list[str]:
    codes = region_path.split("/")
    return ["/".join(codes[:n]) for n in range(1, len(codes) + 1)]


def _compete_from(it: Plan, at: datetime) -> Decimal:
    """From which amount on competing is proposed; that of the plan itself before the pack that brings the row is in force."""
    try:
        return rulebook.rule("ways.compete_from", region_path=it.region_path, on=local_day(at)).yuan
    except Refused:
        return it.total


def _proposed(*, on_shelf: bool, competes: bool, single: bool) -> str:
    """Where nothing is agreed or pooled: what is not on the shelf is asked for; small purchases are not worth a procedure; one thing of one kind is
    bid down, several are compared.
    """
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


def _calloffs(it: Plan, package: Package, at: datetime) -> Past:
    """Purchases of the prefecture under agreements for this category: days to the order, and how far below the ceilings they were."""
    found = CallOff.objects.filter(_near(it), state="awarded", awarded_at__gt=at - WINDOW, awarded_at__lte=at)
    found = found.filter(package__category_id=package.category_id).order_by("-pk")
    rows = list(found.values_list("begun_at", "awarded_at", "price", "package__ceiling", "quantity")[:DEALS_MOST])
    paid, most = sum(((row[2] or ZERO) * row[4] for row in rows), ZERO), sum((row[3] * row[4] for row in rows), ZERO)
    return Past(len(rows), _days([(row[0], row[1]) for row in rows]), _saving(paid, most))


def _batches(it: Plan, package: Package, at: datetime) -> Past:
    """Batches of the prefecture: days from their opening to the orders, and how far below their caps they ended."""
    found = Batch.objects.filter(_near(it), state="awarded", awarded_at__gt=at - WINDOW, awarded_at__lte=at)
    found = found.filter(package__category_id=package.category_id).order_by("-pk")
    rows = list(found.values_list("opened_at", "awarded_at", "price", "cap", "ordered")[:DEALS_MOST])
    paid, most = sum(((row[2] or ZERO) * row[4] for row in rows), ZERO), sum((row[3] * row[4] for row in rows), ZERO)
    return Past(len(rows), _days([(row[0], row[1]) for row in rows]), _saving(paid, most))


def _services(it: Plan, package: Package, at: datetime) -> Past:
    """Settled work orders of the same service: days from the request on. Their rates are agreed: what they save lies in the agreement."""
    found = WorkOrder.objects.filter(_near(it), state="concluded", settled_at__gt=at - WINDOW, settled_at__lte=at)
    spans = list(found.filter(package__service=package.service).order_by("-pk").values_list("requested_at", "settled_at")[:DEALS_MOST])
    return Past(len(spans), _days(spans))


def _near(it: Plan, field: str = "region_path") -> Q:
    """The whole prefecture: one county alone has too few deals to tell anything."""
    top = it.region_path.partition("/")[0]
    return Q(**{field: top}) | Q(**{f"{field}__startswith": top + "/"})


def _days(spans: Sequence[tuple[datetime | None, datetime | None]]) -> Decimal | None:
    told = [(end - start) / timedelta(days=1) for start, end in spans if start is not None and end is not None]
    return Decimal(str(median(told))).quantize(TENTHS) if told else None


def _saving(paid: Decimal | None, usual: Decimal | None) -> Decimal | None:
    return 1 - paid / usual if paid is not None and usual else None
