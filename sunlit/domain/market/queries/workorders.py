"""What is asked of designated services: what can be ordered, work orders with their lines, agreed rates, caps and whose turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Case as SqlCase
from django.db.models import DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from sunlit.domain.market import policies
from sunlit.domain.market.models import Framework, FrameworkEntry, Order, Package, ServiceItem, ServiceObject, WorkLine, WorkOrder
from sunlit.domain.market.queries import calloffs
from sunlit.domain.market.rules import calloffs as turns
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.states import orders as order_states
from sunlit.domain.market.states import workorders as states
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.money import ZERO


@dataclass(frozen=True)
class WorkOrderPage:
    """A page of work orders, newest first; `after` is the key to ask the next page with, or None."""

    orders: list[WorkOrder]
    after: int | None


@dataclass(frozen=True)
class Rate:
    """An item with the rate that a party agreed to."""

    item: ServiceItem
    rate: Decimal

    @property
    def form(self) -> rules.Form:
        return rules.FORMS[self.item.form]


@dataclass(frozen=True)
class Spent:
    """One object of a service in one year: what was approved for it, and its cap."""

    target: ServiceObject
    service: str
    used: Decimal
    cap: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.cap - self.used, ZERO)


def work_order(number: str, *, seen_by: Actor) -> WorkOrder | None:
    found = policies.workorders_visible_to(seen_by).select_related(
        "package__framework__solicitor",
        "package__category",
        "buyer__region",
        "entry__supplier",
        "target",
        "quota",
        "plan",
        "orderer",
        "approver",
    )
    return found.filter(number=number).first()


def work_orders_page(
    *,
    seen_by: Actor,
    state: str = "",
    framework: Framework | None = None,
    late_at: datetime | None = None,
    after: int | None = None,
    rows: int = PAGE_ROWS,
) -> WorkOrderPage:
    """The work orders that the actor may see, newest first; `late_at`: those that were to be settled before."""
    found = policies.workorders_visible_to(seen_by).select_related("package__framework", "buyer", "entry__supplier", "target")
    if state:
        found = found.filter(state=state)
    if late_at is not None:
        found = found.filter(state=states.EXECUTED, settle_until__lte=late_at)
    if framework is not None:
        found = found.filter(package__framework=framework)
    if after is not None:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return WorkOrderPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def to_settle(by: datetime) -> list[WorkOrder]:
    """What was reported done and has to be settled, or returned, by an instant."""
    found = WorkOrder.objects.filter(state=states.EXECUTED, settle_until__lte=by, suspended_at=None)
    return list(found.select_related("buyer", "entry").order_by("settle_until", "pk"))


def services_for(actor: Actor, *, at: datetime, rows: int = PAGE_ROWS) -> list[Package]:
    """The designated services that the actor's organisation may order now."""
    found = Package.objects.exclude(service="").filter(framework__in=policies.frameworks_visible_to(actor))
    found = found.filter(framework__state="in_force", framework__valid_until__gt=at).select_related("framework", "category")
    return list(found.prefetch_related("sheet").order_by("service", "framework", "position")[:rows])


def lines_of(it: WorkOrder, edition: int) -> list[WorkLine]:
    return list(it.lines.filter(edition=edition).select_related("item").order_by("position"))


def editions_of(it: WorkOrder) -> list[tuple[int, list[WorkLine]]]:
    """Every edition with its lines, the newest first."""
    found: dict[int, list[WorkLine]] = {}
    for line in it.lines.select_related("item").order_by("-edition", "position"):
        found.setdefault(line.edition, []).append(line)
    return list(found.items())


def rates_of(entry: FrameworkEntry) -> list[Rate]:
    """The rate sheet at this party's share; `entry.package` is read with it."""
    share = entry.price or ZERO
    return [Rate(item, rules.agreed_rate(item.ceiling, share)) for item in entry.package.sheet.order_by("position")]


def turn_of(package: Package, parties: Sequence[FrameworkEntry], passed: Sequence[int] = ()) -> FrameworkEntry | None:
    """Whose turn it is for the work orders of a package; `passed` had theirs in this one."""
    counted: Counter[int] = Counter()
    for one in package.work_orders.filter(mode="rotation").only("passed", "entry_id", "state"):
        counted.update(one.passed)
        if one.entry_id not in one.passed and one.state != states.CANCELLED:
            counted[one.entry_id] += 1
    key = turns.next_in_turn([(entry.pk, entry.rank or 0) for entry in parties], dict(counted), passed)
    return next((entry for entry in parties if entry.pk == key), None)


def cap_of(service: str, *, region_path: str, at: datetime) -> Decimal:
    """How much one object may cost a year."""
    return rulebook.rule("service.object_cap", region_path=region_path, kind=service, on=local_day(at)).yuan


def used_of(target: ServiceObject, service: str, year: int, *, but: WorkOrder | None = None) -> Decimal:
    """What stands for an object in a year: approved amounts, and what was settled once it was; what ended without a deal does not count."""
    found = WorkOrder.objects.filter(_stands(), target=target, package__service=service, year=year)
    if but is not None:
        found = found.exclude(pk=but.pk)
    return found.aggregate(sum=Sum(_counted()))["sum"] or ZERO


def objects_of(buyer_id: int, *, region_path: str, year: int, at: datetime, rows: int = PAGE_ROWS) -> list[Spent]:
    """The buyer's objects with what was approved for them in a year, the most used first. Two queries and a look at each service's cap."""
    found = WorkOrder.objects.filter(_stands(), buyer_id=buyer_id, year=year).order_by()
    sums = list(found.values_list("target", "package__service").annotate(sum=Sum(_counted())).order_by("-sum", "target")[:rows])
    targets = ServiceObject.objects.in_bulk([key for key, _service, _sum in sums])
    caps = {service: cap_of(service, region_path=region_path, at=at) for service in {service for _key, service, _sum in sums}}
    return [Spent(targets[key], service, used, caps[service]) for key, service, used in sums]


def targets_of(buyer_id: int, kind: str, *, rows: int = PAGE_ROWS) -> list[ServiceObject]:
    """What was served before, to choose from."""
    return list(ServiceObject.objects.filter(buyer_id=buyer_id, kind=kind).order_by("code")[:rows])


def parties_of(package: Package) -> list[FrameworkEntry]:
    """Who can be asked: as for every purchase under an agreement."""
    return calloffs.parties_of(package)


def _stands() -> Q:
    """A settled work order counts as long as its order is not undone."""
    undone = Order.objects.filter(mode="service", state__in=order_states.ENDED_WITHOUT_DEAL).values("number")
    return Q(state__in=states.HOLDING) | (Q(state=states.SETTLED) & ~Q(order_number__in=undone))


def _counted() -> Coalesce:
    settled = SqlCase(When(state=states.SETTLED, then=F("settled")), default=F("amount"), output_field=DecimalField())
    return Coalesce(settled, Value(ZERO), output_field=DecimalField())
