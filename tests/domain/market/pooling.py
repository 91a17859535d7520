"""A city whose school solicited an agreement for copy paper at 120, 121 and 122 yuan, and three buyers who pool what they need under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sunlit.domain.market.models import Batch, BatchDemand, FrameworkDealer, FrameworkEntry, Package
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.services import batches as services
from sunlit.domain.market.services import parties
from sunlit.domain.planning.models import BudgetQuota, Hold
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Address, InvoiceTitle, Organisation, Region, Seat, User
from tests.domain.market import frames
from tests.town import NOON, Town, build

THEN = frames.AFTER + timedelta(days=1)  # Wednesday, 25 March
CLOSES = datetime(2026, 4, 8, 16, tzinfo=UTC)  # the end of the eighth in China
TICK = timedelta(microseconds=1)


@dataclass
class Buyer:
    """Who needs something: one who orders and leads, its money and where the goods go."""

    actor: Actor
    quota: BudgetQuota
    address: Address
    title: InvoiceTitle


@dataclass
class Pool:
    """The town, the package, those who sell under it, and those who buy."""

    town: Town
    package: Package
    people: list[Actor]
    parties: list[FrameworkEntry]
    buyers: list[Buyer]

    def open(self, **more: Any) -> Batch:
        return services.open_batch(self.package, **{"period": "2026-04", "by": self.town.zhou, "at": THEN, **more})

    def demand(self, it: Batch, place: int, count: int, **more: Any) -> BatchDemand:
        """One buyer's demand, submitted."""
        who = self.buyers[place]
        terms = {"quota_id": who.quota.pk, "address_id": who.address.pk, "title_id": who.title.pk, "purpose": "办公"}
        return services.submit_demand(it, **{"quantity": str(count), **terms, "by": who.actor, "at": THEN, **more})

    def confirmed(self, it: Batch, *quantities: int) -> list[BatchDemand]:
        """Demands of the buyers, one after the other, confirmed."""
        made = [self.demand(it, place, count) for place, count in enumerate(quantities)]
        return [
            services.confirm_demand(demand, by=self.buyers[place].actor, at=THEN + timedelta(hours=1)) for place, demand in enumerate(made)
        ]

    def bidding(self, *quantities: int) -> Batch:
        """Pooled, and put out to the parties."""
        it = self.open()
        self.confirmed(it, *quantities)
        return services.publish_batch(mode.go_on(it, at=CLOSES), by=self.town.zhou, at=CLOSES)

    def bid(self, it: Batch, place: int, price: str, *, at: datetime = CLOSES) -> Batch:
        return services.bid_for_batch(it, price=price, note="70克，白度96", by=self.people[place], at=at)

    def compared(self, *prices: str, quantities: tuple[int, ...] = (10, 20, 30)) -> Batch:
        """Bid for by the parties at these prices, and compared."""
        it = self.bidding(*quantities)
        for place, price in enumerate(prices):
            it = self.bid(it, place, price, at=CLOSES + timedelta(hours=place))
        return mode.go_on(it, at=it.until)

    def offered(self, *prices: str, quantities: tuple[int, ...] = (10, 20, 30)) -> Batch:
        """The result was confirmed."""
        it = self.compared(*prices, quantities=quantities)
        return mode.confirm_result(it, by=self.town.zhou, at=it.until - TICK)

    def dealer(self, place: int, *regions: str) -> FrameworkDealer:
        """The town's shop delivers for a party."""
        by = self.people[place]
        told = {"dealer": self.town.shop.number, "regions": list(regions)}
        it = parties.name_dealer(self.parties[place], told, paper=frames.proof(by), by=by, at=THEN)
        return parties.accept_dealing(it, by=self.town.chen, at=THEN)


def pool() -> Pool:
    """Where settings.DATA_DIR is set."""
    town = build()
    people = frames.sellers(4)
    it, parties = frames.in_force(town, "120.00", "121.00", "122.00", "123.00", by=people)
    school = Buyer(town.zhou, town.quota, town.address, town.title)
    return Pool(
        town, it.packages.select_related("framework", "category").get(), people, parties, [school, *(_buyer(n) for n in range(2, 4))]
    )


def _buyer(n: int) -> Buyer:
    region = Region.objects.get(code="652801")
    party = Organisation.objects.create(
        number=f"CG-900{n}", kind="buyer", name_zh=f"库尔勒第{n}小学", credit_code=f"X{n:017}", region=region, created_at=NOON
    )
    user = User.objects.create(login=f"buyer{n}", name_zh=f"采购员{n}", created_at=NOON, password="!")
    quota = BudgetQuota.objects.create(
        number=f"ZB-900{n}", buyer=party, year=2026, name="办公用品", region_path=region.path, total=Decimal("10000.00"), created_at=NOON
    )
    address = Address.objects.create(organisation=party, region=region, receiver="帕提曼", phone="0996-0900002", text=f"团结路{n}号")
    title = InvoiceTitle.objects.create(organisation=party, title=party.name_zh, tax_number=party.credit_code)
    return Buyer(actor_in(Seat.objects.create(user=user, organisation=party, roles=["orderer", "lead"])), quota, address, title)


def held() -> dict[str, Decimal]:
    """What is held in all, by reference up to the slash."""
    found: dict[str, Decimal] = {}
    for hold in Hold.objects.filter(state="held"):
        kind = hold.reference.partition("/")[0]
        found[kind] = found.get(kind, Decimal(0)) + hold.open
    return found
