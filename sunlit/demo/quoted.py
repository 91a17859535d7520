"""Online quotations of the school at every stage: awarded, open with sealed quotes, waiting to be judged, and one that came to nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sunlit.config import environment
from sunlit.demo import cast
from sunlit.demo.entries import Act
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.shapes import World
from sunlit.domain.market import queries, services
from sunlit.domain.market.models import Quotation
from sunlit.domain.market.services import drafts, opportunities
from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Address, InvoiceTitle
from sunlit.foundation.gateways.sandbox.keeper_server import server, the_sandbox
from sunlit.foundation.kernel.clock import SHANGHAI, local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

SCHOOL: Final = cast.MAIN_BUYER
LAPTOPS, CHAIRS, PROJECTORS, SCREENS = "教研组便携式计算机", "阅览室座椅", "多功能厅投影机", "门厅信息显示屏"
ASKED: Final = {
    LAPTOPS: ("A02010108", 8, "台", "5600.00", ("内存不低于16GB", "固态硬盘不低于512GB", "三年上门保修")),
    CHAIRS: ("A05010301", 40, "把", "420.00", ("环保等级不低于E1级", "质保不少于五年")),
    PROJECTORS: ("A02020200", 2, "台", "18000.00", ("亮度不低于5000流明", "分辨率不低于1920×1080")),
    SCREENS: ("A02021104", 1, "台", "12000.00", ("尺寸不小于75英寸",)),
}
SHARES: Final = (0.93, 0.88, 0.96, 0.91)  # of the ceiling, by the suppliers' turns
GOODS: Final = ("孔雀河", "胡杨", "天鹅湖", "铁门关")


@contextmanager
def keepers_at_hand() -> Iterator[None]:
    """The sandbox keepers, for as long as the demonstration is written: on a port of their own, with the books that the installation goes on with."""
    if environment.get("KEEPER_URLS"):
        yield
        return
    with server(the_sandbox()) as house:
        threading.Thread(target=house.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        told = " ".join(f"{name}=http://127.0.0.1:{house.server_port}/{name}" for name in environment.SANDBOX_KEEPERS)
        os.environ["SUNLIT_KEEPER_URLS"] = told
        try:
            yield
        finally:
            del os.environ["SUNLIT_KEEPER_URLS"]
            house.shutdown()


def quoted(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted in working days before today."""
    return Hall(world, rows).acts()


class Hall:
    """The school asks, four suppliers answer, and the keepers open when the time has come."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.asked: dict[str, Quotation] = {}

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[float, Callable[[datetime], None]], ...] = (
            (22, partial(self._publish, LAPTOPS, 4)),
            (21, partial(self._question, LAPTOPS, "是否接受国产处理器机型？", "满足参数要求的均可，不限处理器品牌。")),
            (20, partial(self._quote, LAPTOPS, 4)),
            (17.5, partial(self._round, LAPTOPS)),
            (17, partial(self._judge, LAPTOPS)),
            (16.5, partial(self._award, LAPTOPS)),
            (12, partial(self._publish, CHAIRS, 4)),
            (10, partial(self._quote, CHAIRS, 2)),
            (7.5, partial(self._round, CHAIRS)),
            (6, partial(self._round, CHAIRS)),
            (7, partial(self._publish, PROJECTORS, 4)),
            (5, partial(self._quote, PROJECTORS, 3)),
            (2, partial(self._round, PROJECTORS)),
            (1.8, self._subscribe),
            (1.5, partial(self._publish, SCREENS, 5)),
            (1, partial(self._quote, SCREENS, 3)),
            (0.8, partial(self._again, CHAIRS)),
            (0.6, partial(self._begin, SCREENS)),
            (0.5, partial(self._question, SCREENS, "是否包含壁挂支架和安装？", "")),
        )
        for place, (days, do) in enumerate(steps):
            at = moment(working_minutes(self.world.at) - int(days * DAY_MINUTES))
            yield Act(at, "quoted", place, partial(do, at))

    def _publish(self, title: str, days: int, at: datetime) -> None:
        code, count, unit, ceiling, parameters = ASKED[title]
        by, party = self.rows.actors["aygul"], self.rows.parties[SCHOOL]
        quota = BudgetQuota.objects.filter(buyer=party, year=local_day(at).year).order_by("number").last()
        assert quota is not None, "the school has money"
        until = moment(working_minutes(at) + days * DAY_MINUTES).astimezone(SHANGHAI).replace(tzinfo=None)
        told = {
            "title": title,
            "purpose": "教学与校园服务",
            "quota": str(quota.pk),
            "address": str(Address.objects.filter(organisation=party).order_by("pk").values_list("pk", flat=True)[0]),
            "invoice_title": str(InvoiceTitle.objects.filter(organisation=party).order_by("pk").values_list("pk", flat=True)[0]),
            "quote_until": until.isoformat(timespec="minutes"),
            "delivery_days": "20",
            "items": [
                {
                    "category": code,
                    "name": title,
                    "quantity": str(count),
                    "unit": unit,
                    "ceiling": ceiling,
                    "parameters": "\n".join(parameters),
                }
            ],
        }
        it = services.draft_quotation(told, by=by, at=at)
        self.asked[title] = services.publish_quotation(it, by=self.rows.actors["zhou"], at=at)

    def _subscribe(self, at: datetime) -> None:
        """The corner shop wants to hear of screens and projectors, and is told of the next one."""
        told: dict[str, Any] = {"modes": ["quotation", "auction"], "categories": [], "regions": []}
        opportunities.subscribe(**told, words="显示屏，投影机", by=self.rows.actors[cast.NURLAN.login], at=at)

    def _begin(self, title: str, at: datetime) -> None:
        """It begins a quote and has not handed it in yet."""
        said = {"price_1": "11200.00", "brand_1": GOODS[0], "model_1": "XS-75"}
        drafts.save_draft("quotation", self.asked[title].number, said, by=self.rows.actors[cast.NURLAN.login], at=at)

    def _question(self, title: str, text: str, answer: str, at: datetime) -> None:
        it = self.asked[title]
        asked = services.ask_about(it, text=text, by=self._sellers()[0], at=at)
        if answer:
            services.answer_about(it, asked.pk, text=answer, by=self.rows.actors["aygul"], at=at)

    def _quote(self, title: str, count: int, at: datetime) -> None:
        """Chen misses a parameter now and then; the others do not."""
        _code, _count, _unit, ceiling, parameters = ASKED[title]
        for turn, by in enumerate(self._sellers()[:count]):
            form = {
                "price_1": f"{float(ceiling) * SHARES[turn]:.2f}",
                "brand_1": GOODS[turn],
                "model_1": f"{GOODS[turn]}-{20 + turn}",
                "delivery_days": str(10 + turn),
            }
            for place, text in enumerate(parameters):
                missed = title == LAPTOPS and turn == 1 and place == 0
                form |= {f"meets_1_{place}": "no" if missed else "yes", f"text_1_{place}": "8GB" if missed else text.replace("不低于", "")}
            services.hand_in_quote(self.asked[title], form, by=by, at=at + timedelta(minutes=7 * turn))

    def _round(self, title: str, at: datetime) -> None:
        """What the clock does: the term ends, and what is sealed is opened."""
        services.close_due_quotations(at)
        services.open_due_quotations(at)
        self.asked[title].refresh_from_db()

    def _judge(self, title: str, at: datetime) -> None:
        by = self.rows.actors["aygul"]
        for quote in queries.quotes_opened(self.asked[title]):
            if any(not answer["meets"] for line in quote.lines.all() for answer in line.answers):
                reason = "内存仅为8GB，低于询价要求的16GB，不满足实质性参数。"
                services.judge_quote(quote, conforms=False, cause="parameter", reason=reason, by=by, at=at)
            else:
                services.judge_quote(quote, conforms=True, by=by, at=at)

    def _award(self, title: str, at: datetime) -> None:
        self.asked[title] = services.award_quotation(self.asked[title], by=self.rows.actors["zhou"], at=at)

    def _again(self, title: str, at: datetime) -> None:
        """A draft of the second run, not published yet."""
        until = moment(working_minutes(at) + 5 * DAY_MINUTES)
        services.run_again(self.asked[title], until=until, by=self.rows.actors["aygul"], at=at)

    def _sellers(self) -> list[Actor]:
        """Chen, Nurlan and two more houses that sell."""
        known = [self.rows.actors["chen"], self.rows.actors["nurlan"]]
        own = {it.organisation_id for it in known}
        others = [it for it in self.rows.actors.values() if it.kind == "supplier" and it.has("sales") and it.organisation_id not in own]
        return [*known, *sorted(others, key=lambda it: it.organisation_number)[:2]]
