"""Five reverse auctions of the school, by the real verbs: two that run now (one of them by rounds), one that may still be entered, one that led to an order,
one that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sunlit.demo import cast
from sunlit.demo.entries import Act
from sunlit.demo.shapes import World
from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, Order
from sunlit.domain.market.queries.auctions import POINTS, earliest_start, entries_of, lots_of, state_of
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import SHANGHAI, local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
QUOTA: Final = "9001"  # of the new campus: `planned` leaves enough of it
RUNS: Final = 240  # minutes: whoever starts the demonstration finds it running
SPOKEN: Final = 20  # minutes for which the one by rounds has run: its second round goes on
LAPTOPS, PAPER, SCREENS, COOLERS = "教学用便携式计算机", "全年复印纸（竞价）", "智慧黑板配套显示器", "教室空调机"
RUNNING, COMING, DONE, FAILED, IN_TURNS = (
    "新校区教学用便携式计算机竞价采购",
    "春季学期复印纸竞价采购",
    "秋季学期复印纸竞价采购",
    "图书馆显示器竞价采购",
    "教室空调机分轮竞价采购",
)
WANTED: Final = {
    RUNNING: (
        services.LotWish("A02010108", LAPTOPS, "20", "台", "4300.00"),
        "14英寸，内存不低于16GB，固态硬盘不低于512GB，三年上门质保；供应商在自治区内有售后网点。",
    ),
    COMING: (services.LotWish("A05040101", PAPER, "300", "箱", "148.00"), "A4，70克，白度不低于90%，按月分批送达各校区。"),
    DONE: (services.LotWish("A05040101", PAPER, "260", "箱", "150.00"), "A4，70克，白度不低于90%，一次送达。"),
    FAILED: (services.LotWish("A02021104", SCREENS, "12", "台", "1800.00"), "27英寸，分辨率不低于2560×1440，含支架和安装。"),
    IN_TURNS: (services.LotWish("A02061804", COOLERS, "16", "台", "3000.00"), "1.5匹，新一级能效，冷暖两用，含安装，六年质保。"),
}
TURNS: Final = (5.5, 7.5, 9.5, 11.5, 15.5, 17.5)  # minutes after the start: the first four are the first round
SPEECHES: Final = ("3000.00", "2960.00", "2920.00", "2880.00", "2900.00", "2860.00")  # turn by turn
BIDS: Final = {  # who, how long after the start, how much
    RUNNING: ((0, 20, "4300.00"), (1, 48, "4250.00"), (2, 75, "4180.00"), (3, 118, "4120.00"), (0, 150, "4060.00"), (2, 195, "3980.00")),
    DONE: (
        (2, 30, "150.00"), (0, 95, "146.50"), (1, 300, "144.00"), (3, 420, "141.00"), (0, 700, "138.80"), (1, 1100, "136.00"),
        (2, 1500, "134.20"), (0, 1700, "132.00"), (1, 1950, "129.80"), (0, 2100, "128.00"),
    ),
}  # fmt: skip


def auctioned(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted from now. In the first days of a year the new budgets are not a fortnight old: then there are none."""
    if local_day(world.at - 14 * DAY).year == local_day(world.at).year:
        yield from Hall(world, rows).acts()


class Hall:
    """The school's two clerks, and those who bid: Chen, Nurlan and two other shops."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.made: dict[str, Auction] = {}

    def acts(self) -> Iterator[Act]:
        at = self.world.at
        steps: list[tuple[datetime, Callable[[datetime], None]]] = [
            (at - 13 * DAY, partial(self._announce, DONE, at - 8 * DAY, 30)),
            (at - 12 * DAY, partial(self._enter, DONE, 4)),
            *self._bidding(DONE, at - 8 * DAY),
            (at - 8 * DAY + 45 * MINUTE, self._close),
            (at - 8 * DAY + 3 * HOUR, self._award),
            (at - 7 * DAY, self._confirm),
            (at - 12 * DAY + HOUR, partial(self._announce, RUNNING, at - 5 * MINUTE, RUNS)),
            (at - 4 * DAY, partial(self._enter, RUNNING, 4)),
            *self._bidding(RUNNING, at - 5 * MINUTE),
            (at - 60 * SECOND, self._floor),
            (at - 11 * DAY - HOUR, partial(self._announce, IN_TURNS, at - SPOKEN * MINUTE, 0)),
            (at - 4 * DAY + HOUR, partial(self._enter, IN_TURNS, 4)),
            *(
                (at - SPOKEN * MINUTE + minutes * MINUTE, partial(self._speak, price))
                for minutes, price in zip(TURNS, SPEECHES, strict=True)
            ),
            (at - 11 * DAY, partial(self._announce, FAILED, at - 3 * DAY, 30)),
            (at - 5 * DAY, partial(self._enter, FAILED, 2)),
            (at - 3 * DAY, self._fail),
            (at - 3 * HOUR, partial(self._announce, COMING, None, 30)),
            (at - 2 * HOUR, partial(self._enter, COMING, 3)),
        ]
        for place, (moment, do) in enumerate(steps):
            yield Act(moment, "auctioned", place, partial(do, moment))

    def _bidding(self, title: str, starts_at: datetime) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        for who, seconds, price in BIDS[title]:
            yield starts_at + seconds * SECOND, partial(self._bid, title, who, price)

    def _announce(self, title: str, starts_at: datetime | None, minutes: int, at: datetime) -> None:
        clerk, lead = self.rows.actors[cast.AYGUL.login], self.rows.actors[cast.ZHOU.login]
        lot, requirements = WANTED[title]
        wish = services.Wish(
            title=title,
            purpose="教学",
            requirements=requirements,
            plan="",
            quota_id=BudgetQuota.objects.get(number=f"ZB-{local_day(self.world.at).year}-{QUOTA}").pk,
            address_id=accounts.addresses_of(clerk.party)[0].pk,
            title_id=accounts.invoice_titles_of(clerk.party)[0].pk,
            delivery_days="10",
            starts_at=starts_at or _next_morning(earliest_start(clerk.region_path, at)),
            minutes=str(minutes),
            step_kind="yuan" if title == DONE else "percent",
            step="1.00" if title == DONE else "1",
            extension_minutes="5",
            extensions_most="",
            visibility="own_rank_and_current_low",
            lots=(lot,),
            form=services.ROUNDS if title == IN_TURNS else services.OPEN_FORM,
        )
        self.made[title] = services.publish_auction(services.draft_auction(wish, by=clerk, at=at), by=lead, at=at)

    def _enter(self, title: str, count: int, at: datetime) -> None:
        it = self.made[title]
        people = self._sellers()[1:] if title == COMING else self._sellers()
        for person, product in zip(people[:count], PRODUCTS, strict=False):
            services.enter_auction(it, points=POINTS, products={1: product}, by=person, at=at)

    def _bid(self, title: str, who: int, price: str, at: datetime) -> None:
        number = self.made[title].number
        services.bid(number, 1, price=Decimal(price), key=f"{number}-{who}-{price}", by=self._sellers()[who], at=at)

    def _speak(self, price: str, at: datetime) -> None:
        """Whoever has the turn bids."""
        it = self.made[IN_TURNS]
        [lot] = lots_of(it)
        entries = entries_of(lot)
        state = state_of(it, lot, entries)
        assert state.terms.turns is not None
        mask = state.speaking(state.terms.turns, at).bidder
        supplier = next(entry.bidder.supplier_id for entry in entries if entry.bidder.mask == mask)
        person = next(person for person in self._sellers() if person.organisation_id == supplier)
        services.bid(it.number, 1, price=Decimal(price), key=f"{it.number}-{price}", by=person, at=at)

    def _floor(self, at: datetime) -> None:
        """Nurlan cannot sit at the screen: the platform bids for him."""
        services.set_floor(self.made[RUNNING].number, 1, floor=Decimal("3650.00"), by=self._sellers()[1], at=at)

    def _close(self, at: datetime) -> None:
        self.made[DONE] = services.close_auction(self.made[DONE], at=at)

    def _award(self, at: datetime) -> None:
        self.made[DONE] = services.award_auction(self.made[DONE], by=self.rows.actors[cast.ZHOU.login], at=at)

    def _confirm(self, at: datetime) -> None:
        order = Order.objects.get(origin=self.made[DONE].number)
        seller = next(person for person in self._sellers() if person.organisation_id == order.supplier_id)
        services.confirm(order, by=seller, at=at)

    def _fail(self, at: datetime) -> None:
        services.fail_auctions_due(at)

    def _sellers(self) -> Sequence[Actor]:
        """Chen, Nurlan, and the first two of other shops in good standing."""
        first = [self.rows.actors[cast.CHEN.login], self.rows.actors[cast.NURLAN.login]]
        known: dict[Any, Actor] = {}
        for actor in self.rows.actors.values():
            if actor.kind == "supplier" and actor.has("sales") and registry.standing(actor.party) == "active":
                known.setdefault(actor.organisation_number, actor)
        others = [known[number] for number in sorted(known) if number not in {it.organisation_number for it in first}]
        return [*first, *others[:2]]


PRODUCTS: Final = (("孔雀", "KQ-14 Pro"), ("天山", "TS-B20"), ("胡杨", "HY-300"), ("楼兰", "LL-9"))


def _next_morning(at: datetime) -> datetime:
    """Ten in the morning of the day on which the shortest notice is over."""
    return at.astimezone(SHANGHAI).replace(hour=10, minute=0, second=0, microsecond=0) + (
        DAY if at.astimezone(SHANGHAI).hour >= 10 else 0 * DAY
    )
