"""Batch purchases under the agreement for laptops: one that was called off and opened again, went to the lowest and was split, and one that takes demands, by the real verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sunlit.demo import cast
from sunlit.demo.agreed import LAPTOPS, Agency
from sunlit.demo.entries import Act
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.planned import LAPTOPS as PLANNED
from sunlit.demo.planned import paid_by
from sunlit.demo.shapes import World
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Batch, BatchDemand, FrameworkEntry, Order, Package
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.queries import parties
from sunlit.domain.market.services import batches
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

QUANTITIES: Final = (8, 5, 4, 3)
CHEAPER: Final = (Decimal(195), Decimal(340), Decimal(260))  # the second of the list has a dealer, and wins
CONFIGURATION: Final = "14英寸，内存16GB，固态硬盘512GB，整机不超过1.5千克，预装正版操作系统及办公软件，上门安装。"


def pooled(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts: the first batch in its periods' own time, the second a few days ago."""
    return Pooling(world, rows).acts()


class Pooling:
    """The centre that pools, the buyers who need laptops, and those who sell them."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.agency = Agency(world, rows)
        self.it = Batch()

    def acts(self) -> Iterator[Act]:
        first, later = self._ago(40), self._ago(4)
        path = self.agency.lead().region_path
        one, other = (queries.coming_periods(path, at=at)[0] for at in (self._ago(39), later))
        closed = working_minutes(one.demands_until)
        day = DAY_MINUTES
        steps: tuple[tuple[datetime, Callable[[datetime], None]], ...] = (
            (first, partial(self._open, one.code, "")),
            (first + timedelta(hours=4), self._call_off),
            (self._ago(39), partial(self._open, one.code, CONFIGURATION)),
            (self._ago(37), partial(self._demand, 4, True)),
            (moment(closed), self._go_on),
            (moment(closed + 120), self._publish),
            (moment(closed + day), self._bid),
            (moment(closed + 4 * day), self._go_on),
            (moment(closed + 4 * day + 120), self._confirm),
            (moment(closed + 5 * day), self._take),
            (moment(closed + 6 * day), self._deliver),
            (later, partial(self._open, other.code, CONFIGURATION)),
            (self._ago(2), partial(self._demand, 3, False)),
        )
        for place, (at, do) in enumerate(steps):
            yield Act(at, "batch", place, partial(do, at))

    def _ago(self, days: int) -> datetime:
        return moment(working_minutes(self.world.at) - days * DAY_MINUTES)

    def _open(self, period: str, configuration: str, at: datetime) -> None:
        package = Package.objects.select_related("framework", "category").get(
            framework__title=LAPTOPS["title"], framework__state="in_force", position=1
        )
        self.it = batches.open_batch(package, period=period, configuration=configuration, by=self.agency.lead(), at=at)

    def _call_off(self, at: datetime) -> None:
        """Everything that was held for it is free again, and every buyer is told why."""
        self._demand(2, True, at - timedelta(hours=1))
        self.it = batches.cancel_batch(self.it, reason="统一采购配置未写明安装要求，完善后重新归集。", by=self.agency.lead(), at=at)

    def _demand(self, count: int, confirms: bool, at: datetime) -> None:
        """Some buyers need laptops; the school's demand waits for its lead unless all are confirmed."""
        for n, (orderer, lead) in enumerate(self._buyers(count)):
            quota = max(planning.quotas_for_orders(orderer.party, local_day(at).year), key=lambda one: one.available)
            address, title = accounts.addresses_of(orderer.party)[0], accounts.invoice_titles_of(orderer.party)[0]
            where: dict[str, Any] = {"quota_id": quota.pk, "address_id": address.pk, "title_id": title.pk, **paid_by(PLANNED, orderer)}
            then = at + timedelta(minutes=20 * n)
            demand = batches.submit_demand(self.it, quantity=str(QUANTITIES[n]), purpose="办公设备统一更新", **where, by=orderer, at=then)
            if confirms or n:
                batches.confirm_demand(demand, by=lead, at=then + timedelta(minutes=10))

    def _go_on(self, at: datetime) -> None:
        self.it = mode.go_on(self.it, at=at)

    def _publish(self, at: datetime) -> None:
        self.it = batches.publish_batch(self.it, by=self.agency.lead(), at=at)

    def _bid(self, at: datetime) -> None:
        seats = self._sellers()
        entries = list(self.it.package.entries.filter(state="signed").order_by("rank")[: len(CHEAPER)])
        for n, (entry, less) in enumerate(zip(entries, CHEAPER, strict=False)):
            assert entry.price is not None
            then, by = at + timedelta(minutes=35 * n), seats[entry.supplier_id]
            self.it = batches.bid_for_batch(
                self.it, price=str(entry.price - less), note="逐条满足统一采购配置，统一上门安装。", by=by, at=then
            )

    def _confirm(self, at: datetime) -> None:
        self.it = mode.confirm_result(self.it, by=self.agency.lead(), at=at)

    def _take(self, at: datetime) -> None:
        """Where the winner has a dealer, that one takes the orders."""
        entry = FrameworkEntry.objects.get(batches=self.it)
        if entry.state != "signed":
            self.it = mode.go_on(self.it, at=at)  # the winner left the agreement meanwhile: the next lowest is asked
        assert self.it.entry is not None
        dealers = {
            place.code: one.number
            for place in queries.places_of(self.it)
            for one in parties.who_delivers([self.it.entry], to=place.delivery["region_path"])
        }
        self.it = mode.take_orders(self.it, dealers=dealers, by=self._sellers()[self.it.entry.supplier_id], at=at)

    def _deliver(self, at: datetime) -> None:
        """The winner confirms every buyer's order and sends it; the next day it is there."""
        numbers = BatchDemand.objects.filter(batch=self.it, state="ordered").order_by("pk").values_list("order_number", flat=True)
        for placed in Order.objects.filter(number__in=list(numbers)).order_by("pk"):
            by = self._sellers()[placed.supplier_id]
            order = market.confirm(placed, by=by, at=at)
            parcel = {line.position: line.quantity for line in placed.lines.all()}
            order = market.dispatch(
                order, carrier="绿洲快运", waybill=f"LZ{placed.pk:08}", parcel=parcel, by=by, at=at + timedelta(hours=3)
            )
            receivers = [actor for actor in self.rows.actors.values() if actor.organisation_id == order.buyer_id and actor.has("receiver")]
            market.receive(order, by=receivers[0], at=at + timedelta(days=1))

    def _sellers(self) -> dict[int, Actor]:
        return {by.party: by for by in self.agency.who_sells()}

    def _buyers(self, count: int) -> list[tuple[Actor, Actor]]:
        """Who orders and who leads, of the school and of others in the region with money for laptops."""
        seats: dict[int, dict[str, Actor]] = {}
        within = self.it.region_path + "/"
        for actor in self.rows.actors.values():
            if actor.kind == "buyer" and (actor.region_path + "/").startswith(within):
                known = seats.setdefault(actor.party, {})
                known.update({role: actor for role in ("orderer", "lead") if actor.has(role) and role not in known})
        school = self.rows.actors[cast.AYGUL.login].party
        places = sorted((party for party, known in seats.items() if len(known) == 2), key=lambda party: (party != school, party))
        most, year = self.it.cap * max(QUANTITIES), local_day(self.world.at).year
        rich = (one for one in places if max((q.available for q in planning.quotas_for_orders(one, year)), default=Decimal(0)) > most)
        found = [one for one, _n in zip(rich, range(count), strict=False)]
        return [(seats[one]["orderer"], seats[one]["lead"]) for one in found]
