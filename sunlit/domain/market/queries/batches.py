"""What is asked of batch purchases: the calendar of periods, lists, one with its demands and bids, who may bid and who is the lowest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from sunlit.domain.market import policies
from sunlit.domain.market.models import Batch, BatchBid, BatchDemand, FrameworkEntry, Package
from sunlit.domain.market.queries.calloffs import parties_of
from sunlit.domain.market.rules import batches as rules
from sunlit.domain.market.rules.calloffs import Bid
from sunlit.domain.market.states import batches as states
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS


@dataclass(frozen=True)
class BatchPage:
    """A page of batches, newest first; `after` is the key to ask the next page with, or None."""

    batches: list[Batch]
    after: int | None


@dataclass(frozen=True)
class Pool:
    """What has come together so far."""

    buyers: int
    quantity: int
    unconfirmed: int


@dataclass(frozen=True)
class Place:
    """One region that the goods go to: its orders, and how much they are together. `delivery` is that of one of them."""

    code: str
    orders: int
    quantity: int
    delivery: dict[str, str]


def batch(number: str, *, seen_by: Actor) -> Batch | None:
    found = policies.batches_visible_to(seen_by).select_related(
        "package__framework__solicitor", "package__category", "solicitor__region", "entry__supplier"
    )
    return found.filter(number=number).first()


def batch_of_demand(number: str, *, seen_by: Actor) -> str | None:
    """The number of the batch that a demand belongs to."""
    return policies.batch_demands_visible_to(seen_by).filter(number=number).values_list("batch__number", flat=True).first()


def batches_page(*, seen_by: Actor, state: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> BatchPage:
    """The batches that the actor may see, newest first."""
    found = policies.batches_visible_to(seen_by).select_related("package__framework", "solicitor", "entry__supplier")
    if state:
        found = found.filter(state=state)
    return _page(found, after, rows)


def public_batches(*, q: str = "", region_path: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> BatchPage:
    """Every batch, newest first, by a word and by region with those below it: all of them are public."""
    found = Batch.objects.select_related("package__framework", "solicitor", "entry__supplier")
    if q:
        found = found.filter(Q(number=q.upper()) | Q(package__name__icontains=q) | Q(configuration__icontains=q) | Q(period=q.upper()))
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    return _page(found, after, rows)


def public_batch(number: str) -> Batch | None:
    found = Batch.objects.select_related("package__framework", "package__category", "solicitor__region", "entry__supplier")
    return found.filter(number=number).first()


def demands_of(it: Batch, *, seen_by: Actor) -> list[BatchDemand]:
    """The demands that the reader may see, in the order in which they came."""
    found = policies.batch_demands_visible_to(seen_by).filter(batch=it)
    return list(found.select_related("buyer", "quota", "orderer", "plan", "dealer__dealer").order_by("pk"))


def pool_of(it: Batch) -> Pool:
    """How many buyers have confirmed how much, and how many still have to: figures without names."""
    told = it.demands.aggregate(
        buyers=Count("pk", filter=Q(state__in=["confirmed", "ordered"])),
        quantity=Sum("quantity", filter=Q(state__in=["confirmed", "ordered"])),
        unconfirmed=Count("pk", filter=Q(state="submitted")),
    )
    return Pool(told["buyers"], told["quantity"] or 0, told["unconfirmed"])


def places_of(it: Batch) -> list[Place]:
    """Where the orders go that the winner takes, by region: without the names of the buyers, which it reads in its orders."""
    found: dict[str, list[BatchDemand]] = {}
    for demand in it.demands.filter(state__in=states.OPEN_DEMANDS).order_by("pk"):
        found.setdefault(demand.terms["delivery"]["region"], []).append(demand)
    return [Place(code, len(some), sum(one.quantity for one in some), some[0].terms["delivery"]) for code, some in sorted(found.items())]


def bids_of(it: Batch, *, seen_by: Actor) -> list[BatchBid]:
    """The bids that the reader may see: everybody's once they were compared, until then only the own."""
    return list(policies.batch_bids_visible_to(seen_by).filter(batch=it).select_related("entry__supplier").order_by("price", "at", "pk"))


def opened_bids(it: Batch) -> list[BatchBid]:
    """All bids once they were compared: from then on everybody may read them."""
    found = it.bids.filter(batch__compared_at__isnull=False)
    return list(found.select_related("entry__supplier").order_by("price", "at", "pk"))


def parties(it: Batch) -> list[FrameworkEntry]:
    """The parties that were invited and can still take orders: signed, and in good standing."""
    return [entry for entry in parties_of(it.package) if entry.pk in it.invited]


def lowest(it: Batch) -> tuple[FrameworkEntry, Decimal] | None:
    """Who is the lowest that conforms now, at what price; of equals the earlier."""
    known = {entry.pk: entry for entry in parties(it)}
    bids, out = list(it.bids.all()), set(it.passed)
    out |= {bid.entry_id for bid in bids if bid.cause}
    caps = {key: entry.price for key, entry in known.items() if entry.price is not None}
    won = rules.winner([Bid(bid.entry_id, bid.price, (bid.at, bid.pk)) for bid in bids], caps, cap=it.cap, out=out)
    return (known[won.entry], won.price) if won else None


def coming_periods(region_path: str, *, at: datetime) -> list[rules.Period]:
    """The region's calendar: its next periods for which there is time to submit demands."""
    day = local_day(at)
    every = rulebook.rule("batch.period", region_path=region_path, on=day).choice
    closing_day = rulebook.rule("batch.demand_day", region_path=region_path, on=day).n
    after = rulebook.deadline("batch.collect_least", start=at, region_path=region_path, on=day)
    return rules.coming(day, every=every, closing_day=closing_day, after=after)


def packages_to_pool(actor: Actor, *, at: datetime) -> list[Package]:
    """The packages of the actor's own closed agreements that run; under an open one nobody bids."""
    own = Package.objects.filter(framework__solicitor_id=actor.organisation_id, framework__state="in_force", framework__valid_until__gt=at)
    own = own.filter(framework__form="closed")
    return list(own.select_related("framework", "category").order_by("framework_id", "position"))


def package_to_pool(framework: str, position: int, actor: Actor, *, at: datetime) -> Package | None:
    wanted = (framework, position)
    return next((one for one in packages_to_pool(actor, at=at) if (one.framework.number, one.position) == wanted), None)


def _page(found: QuerySet[Batch], after: int | None, rows: int) -> BatchPage:
    if after is not None:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return BatchPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)
