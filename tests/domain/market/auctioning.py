"""An auction of the school for tests: laptops in one lot, and four suppliers who may bid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, AuctionEntry, AuctionLot
from sunlit.domain.market.rules.auctions import POINTS
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Seat, User
from sunlit.foundation.kernel import credit_code
from tests.town import NOON, Town

START = datetime(
    2026, 3, 5, 2, 0, tzinfo=UTC
)  # Thursday, ten in the morning in Shanghai: the notice of Monday has stood for two working days
ENTRY_ENDS = START - timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LAPTOPS = services.LotWish("A02010108", "便携式计算机", "10", "台", "5000.00")
PAPER = services.LotWish("A05040101", "复印纸", "100", "箱", "130.00")


def seller(number: str, name: str, town: Town) -> Actor:
    """Another supplier of the city with one person who sells."""
    code = credit_code.make(int.from_bytes(number.encode()) % 10**9)
    party = Organisation.objects.create(
        kind="supplier", number=number, name_zh=name, name_en=name, credit_code=code, region=town.shop.region, created_at=NOON
    )
    Supplier.objects.create(number=number, region_path=party.region.path, state="active", organisation=party, admitted_at=NOON)
    user = User.objects.create(login=number.lower(), name_zh=name[:3], name_en=name, created_at=NOON, password="!")
    seat = Seat.objects.create(user=user, organisation=party, roles=["sales"])
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=seat.pk))


def sellers(town: Town, count: int = 3) -> list[Actor]:
    """Chen of the shop, Nurlan of the corner shop, and others."""
    others = [seller(f"GY-01{n:02d}", f"供应商{n:02d}商贸有限公司", town) for n in range(max(count - 2, 0))]
    return [town.chen, town.nurlan, *others][:count]


def wish(town: Town, **more: Any) -> services.Wish:
    told: dict[str, Any] = {
        "title": "教学用便携式计算机竞价采购",
        "purpose": "教学",
        "requirements": "14英寸，内存不低于16GB，三年上门质保。",
        "plan": "",
        "quota_id": town.quota.pk,
        "address_id": town.address.pk,
        "title_id": town.title.pk,
        "delivery_days": "10",
        "starts_at": START,
        "minutes": "30",
        "step_kind": "percent",
        "step": "1",
        "extension_minutes": "5",
        "extensions_most": "",
        "visibility": "own_rank_and_current_low",
        "lots": (LAPTOPS,),
    }
    return services.Wish(**{**told, **more})


def announced(town: Town, **more: Any) -> Auction:
    """Drafted by Aygul and announced by Zhou at noon."""
    it = services.draft_auction(wish(town, **more), by=town.aygul, at=NOON)
    return services.publish_auction(it, by=town.zhou, at=NOON)


def entered(town: Town, people: list[Actor], **more: Any) -> Auction:
    """Announced, and entered by these people with a product each in every lot."""
    it = announced(town, **more)
    for person in people:
        enter(it, person)
    return it


def enter(it: Auction, person: Actor, *, at: datetime = NOON + 2 * MINUTE, **more: Any) -> Any:
    products = {lot.position: ("孔雀", f"KQ-{lot.position}") for lot in it.lots.all()}
    return services.enter_auction(it, **{"points": POINTS, "products": products, "by": person, "at": at, **more})


def bid(it: Auction, person: Actor, price: str, at: datetime, *, lot: int = 1, key: str = "") -> services.Accepted:
    return services.bid(it.number, lot, price=Decimal(price), key=key or f"{person.organisation_number}-{price}", by=person, at=at)


def lot_of(it: Auction, position: int = 1) -> AuctionLot:
    return AuctionLot.objects.select_related("leader__bidder", "winner__bidder").get(auction=it, position=position)


def prices(it: Auction, position: int = 1) -> list[tuple[str, bool]]:
    """Every bid of a lot in its order: price, and whether a floor made it."""
    return [(str(b.price), b.by_floor) for b in lot_of(it, position).all_bids.order_by("place")]


def entry_of(it: Auction, person: Actor, position: int = 1) -> AuctionEntry:
    return AuctionEntry.objects.select_related("bidder").get(lot__auction=it, lot__position=position, bidder__supplier_id=person.party)


def again(it: Auction) -> Auction:
    return Auction.objects.get(pk=it.pk)
