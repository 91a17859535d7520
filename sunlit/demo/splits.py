"""Two buyers who divide a purchase though the checkout warned them: what follows waits for one of them, and for the regulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sunlit.demo import cast
from sunlit.demo.entries import Act
from sunlit.demo.shapes import World
from sunlit.domain.catalog.models import Offer
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.domain.market.modes import supermarket
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.supervision import services as supervision
from sunlit.domain.supervision.models import SplittingCase
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

EACH = 165_000  # yuan of one purchase: two pass the procurement threshold together
FIRST, SECOND, LOOK, ANSWER = timedelta(days=2, hours=5), timedelta(days=1, hours=5), timedelta(hours=22), timedelta(hours=3)


@dataclass(frozen=True)
class Story:
    """Who buys what twice, why it went on, and what its lead says afterwards ("": nothing yet)."""

    buyer: str
    orderer: str
    lead: str
    category: str
    quota: str
    purpose: str
    went_on: str
    explained: str = ""


STORIES = (
    Story(
        cast.MAIN_BUYER, "aygul", "zhou", "A0202", "多媒体教室设备更新", "多媒体教室改造",
        "高中部与初中部分两批改造，施工时间不同。",
    ),
    Story(
        cast.SECOND_BUYER, "ma", "", "A0206", "病区空调与饮水设备更新", "病区设备更新",
        "内科楼与外科楼先后腾空，分两次到货。", "两栋病区楼腾空时间相差一个月，原计划分别实施；其余需求已合并，改为公开招标。",
    ),
)  # fmt: skip


def splits(world: World, rows: Rows, stage: Any) -> Iterator[Act]:
    """The acts of both stories, through the real services at their times."""
    for story in STORIES:
        tale = Tale(story, world, rows, stage)
        yield Act(world.at - FIRST - timedelta(minutes=30), f"split/{story.buyer}", 0, tale.grant)
        yield Act(world.at - FIRST, f"split/{story.buyer}", 1, partial(tale.buy, 1))
        yield Act(world.at - SECOND, f"split/{story.buyer}", 2, partial(tale.buy, 2))
        if story.explained:
            yield Act(world.at - ANSWER, f"split/{story.buyer}", 3, tale.explain)

    def look() -> None:
        supervision.look_at_splitting(at=world.at - LOOK, under=f"sweep/{world.at - LOOK:%Y%m%d}")

    yield Act(world.at - LOOK, "split/sweep", 0, look)


class Tale:
    """One story under way."""

    def __init__(self, story: Story, world: World, rows: Rows, stage: Any) -> None:
        self.story, self.world, self.rows, self.stage = story, world, rows, stage
        self.by = rows.actors[story.orderer]
        self.offer: Offer | None = None
        self.number = f"ZX-{local_day(world.at - FIRST).year}-{story.buyer[-4:]}"

    def grant(self) -> None:
        """The office sets the quota that pays for it."""
        buyer, at = self.rows.parties[self.story.buyer], self.stage.now
        row = {
            "number": self.number, "buyer": buyer.number, "year": str(local_day(at).year), "name": self.story.quota, "economic_category": "31003",
            "total": "450000",
        }  # fmt: skip
        planning.import_quotas([row], by=self.rows.regulator_of(buyer.region.code), at=at)

    def buy(self, turn: int) -> None:
        """Buy a good half of what would reach the threshold; the lead approves, the supplier confirms."""
        self.offer = offer = self.offer or self._offer()
        at = self.stage.now
        quantity = int(EACH / offer.price) + 1
        party = self.rows.parties[self.story.buyer].pk
        quota = BudgetQuota.objects.get(number=self.number)
        terms = supermarket.Terms(
            quota.pk, self.stage.terms[party], self.stage.titles[party], self.story.purpose, explanation=self.story.went_on
        )
        wishes = [Wish(offer.pk, quantity, offer.price)]
        [order] = supermarket.place(key=f"split/{self.story.buyer}/{turn}", wishes=wishes, terms=terms, by=self.by, at=at)
        self._approve(order)

    def explain(self) -> None:
        """What the buyer says to the case."""
        case = SplittingCase.objects.get(buyer=self.rows.parties[self.story.buyer], kind="split_run")
        supervision.explain_splitting(case, explanation=self.story.explained, by=self.by, at=self.stage.now)

    def _approve(self, order: Order) -> None:
        if order.state == "awaiting_approval" and self.story.lead:
            market.approve(order, by=self.rows.actors[self.story.lead], at=self.stage.now + timedelta(minutes=20))

    def _offer(self) -> Offer:
        """The dearest thing of its class that one shop has plenty of."""
        found = Offer.objects.filter(
            state="listed", supplier__supplier__state="active", stock__gte=120, quantity_most=0, delivery_regions=[]
        )
        found = found.filter(product__category__code__startswith=self.story.category, price__range=(1_500, 6_000))
        chosen = found.order_by("-price", "pk").first()
        assert chosen is not None, f"no shop has enough of {self.story.category}"
        return chosen
