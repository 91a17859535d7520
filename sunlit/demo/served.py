"""A designated service of the region, vehicle repair: an agreement with a rate sheet, and work orders at every stage, by the real verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile

from sunlit.demo import cast
from sunlit.demo.agreed import AGENCY, PANEL
from sunlit.demo.entries import Act, specimen
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.planned import REPAIRS, paid_by
from sunlit.demo.shapes import World
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.models import Framework, FrameworkEntry, WorkOrder
from sunlit.domain.market.services import frameworks, workorders
from sunlit.domain.planning import queries as planning
from sunlit.domain.rulebook import queries as rules
from sunlit.domain.rulebook import services as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

REPAIR: Final = "C23120301"
UPKEEP: Final = "C23120700"
SHARES: Final = ("86.00", "84.50", "88.00", "91.00")
PLAN: Final[dict[str, Any]] = {
    "title": "巴州公务用车定点维修框架协议（2026年度）",
    "kind": "services",
    "ground": "catalogue_sporadic",
    "method": "price",
    "second_stage": ["direct", "rotation"],
    "months": "12",
    "yearly": "1800000",
    "standard": "二类以上汽车维修资质；原厂或同质配件；整车修理质保三个月，更换配件质保一年。",
    "price_basis": "近一年全州车辆维修结算单价及四家维修企业报价。",
    "surveyed_buyers": "4",
    "surveyed_suppliers": "4",
    "packages": [
        {
            "name": "公务用车维修",
            "grade": "轿车与越野车",
            "category": REPAIR,
            "requirement": "接车后四小时内出具检修报价，州内提供救援。",
            "service": "vehicle_repair",
            "rates": "机修工时 | 小时 | 120\n电工工时 | 小时 | 140\n道路救援 | 公里 | 8.5\n配件 | 目录价折扣 | 95",
        },
    ],
}


def served(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted in working days before today."""
    return Workshops(world, rows).acts()


class Workshops:
    """The centre that solicits, the workshops that answer, and the school that has its cars repaired."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.it = Framework()
        self.works: dict[str, WorkOrder] = {}
        self.sellers: list[Actor] = []

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[int, Callable[[datetime], None]], ...] = (
            (69, self._listed),
            (66, self._plan),
            (65, self._approve_plan),
            (64, self._publish),
            (56, self._respond),
            (47, self._shortlist),
            (43, self._sign),
            (12, partial(self._ask, "新M·G0701", "rotation", "行驶跑偏、刹车异响，检修底盘")),
            (11, partial(self._quote, "新M·G0701", "3.5", "860.00")),
            (10, partial(self._approve, "新M·G0701")),
            (9, partial(self._report, "新M·G0701", "3")),
            (8, partial(self._settle, "新M·G0701")),
            (7, partial(self._ask, "新M·G0705", "rotation", "发动机故障灯亮，检修")),
            (6, partial(self._refuse_the_turn, "新M·G0705")),
            (6, partial(self._quote, "新M·G0705", "2.5", "420.00")),
            (5, partial(self._ask, "新M·G0702", "direct", "空调不制冷，检修")),
            (4, partial(self._quote, "新M·G0702", "2", "1280.00")),
            (3, partial(self._approve, "新M·G0702")),
            (2, partial(self._ask, "新M·G0703", "direct", "更换轮胎两条")),
            (1, partial(self._quote, "新M·G0703", "1", "1960.00")),
            (1, partial(self._ask, "新M·G0704", "rotation", "年检前全车检查")),
        )
        for place, (ago, do) in enumerate(steps):
            at = moment(working_minutes(self.world.at) - ago * DAY_MINUTES)
            yield Act(at, "service", place, partial(do, at))

    def _listed(self, at: datetime) -> None:
        """The prefecture puts vehicle repair on its centralised catalogue and names the centre as its purchasing agency."""
        zheng, day = self.rows.actors[cast.ZHENG.login], local_day(at) + timedelta(days=1)
        told: dict[str, Any] = {"region": cast.PREFECTURE, "effective_from": day, "by": zheng, "at": at}
        words = rules.rule("catalogue.central", region_path=zheng.region_path, on=local_day(at)).words
        rulebook.set_rule(key="catalogue.central", value={"words": [*words, REPAIR]}, **told)

    def _plan(self, at: datetime) -> None:
        it = frameworks.draft_framework(PLAN, by=self._lead(), at=at)
        self.it = frameworks.ask_framework_review(it, by=self._lead(), at=at)

    def _approve_plan(self, at: datetime) -> None:
        self.it = frameworks.approve_framework(self.it, by=self.rows.actors[cast.ZHENG.login], at=at)

    def _publish(self, at: datetime) -> None:
        self.it = frameworks.publish_framework(self.it, until=at + timedelta(days=22), by=self._lead(), at=at)

    def _respond(self, at: datetime) -> None:
        package = self.it.packages.select_related("framework", "category").get(position=1)
        for by, share in zip(self._who_repairs(), SHARES, strict=False):
            told = {
                "name": "公务用车维修服务",
                "description": "逐条满足需求，三个工位，自备拖车。",
                "capacity": "provider",
                "quoted": share,
            }
            frameworks.respond(package, told, by=by, at=at)

    def _shortlist(self, at: datetime) -> None:
        it = frameworks.open_framework(self.it, by=self._lead(), at=at)
        for entry in FrameworkEntry.objects.filter(package__framework=it, state="submitted").select_related("package").order_by("pk"):
            frameworks.judge_response(entry, conforms=True, by=self._lead(), at=at + timedelta(hours=1))
        self.it = frameworks.settle_shortlist(it, panel=PANEL, by=self._lead(), at=at + timedelta(hours=2))

    def _sign(self, at: datetime) -> None:
        for entry in FrameworkEntry.objects.filter(package__framework=self.it, state="shortlisted").select_related("package"):
            frameworks.sign_entry(entry, by=self._seat(entry.supplier_id), at=at)
        it = frameworks.conclude_framework(self.it, by=self._lead(), at=at + timedelta(hours=1))
        self.it = frameworks.file_framework(it, by=self._lead(), at=at + timedelta(hours=2))

    def _ask(self, plate: str, mode: str, need: str, at: datetime) -> None:
        """The school asks the best ranked workshop with its reason, or whose turn it is."""
        by = self.rows.actors[cast.AYGUL.login]
        package = self.it.packages.select_related("framework", "category").get(position=1)
        first = FrameworkEntry.objects.filter(package=package, state="signed").order_by("rank")[0]
        quota = max(planning.quotas_for_orders(by.party, local_day(at).year), key=lambda one: one.available)
        where: dict[str, Any] = {
            "quota_id": quota.pk,
            "address_id": accounts.addresses_of(by.party)[0].pk,
            "title_id": accounts.invoice_titles_of(by.party)[0].pk,
        }
        chosen: dict[str, Any] = {"entry": first.number, "reason": "协议折扣最优，距学校最近。"} if mode == "direct" else {}
        where |= paid_by(REPAIRS, by)
        self.works[plate] = workorders.ask_service(package, mode=mode, target=plate, need=need, **chosen, **where, by=by, at=at)

    def _refuse_the_turn(self, plate: str, at: datetime) -> None:
        """Who is asked cannot for a lawful reason; the next in turn is asked."""
        it = self.works[plate]
        note = "开都河汛情致厂区道路中断，拖车无法进出。"
        by = self._seat(it.entry.supplier_id)
        self.works[plate] = workorders.decline_work(it, ground="force_majeure", note=note, by=by, at=at)

    def _quote(self, plate: str, hours: str, parts: str, at: datetime) -> None:
        it = self.works[plate]
        lines: list[dict[str, str]] = [
            {"item": "1", "quantity": hours},
            {"item": "4", "row": "4_1", "quantity": "1", "base": parts, "basis": "厂家配件价目表（2026年7月）"},
        ]
        self.works[plate] = workorders.quote_work(it, lines, by=self._seat(it.entry.supplier_id), at=at)

    def _approve(self, plate: str, at: datetime) -> None:
        self.works[plate] = workorders.approve_work(self.works[plate], by=self.rows.actors[cast.ZHOU.login], at=at)

    def _report(self, plate: str, hours: str, at: datetime) -> None:
        it = self.works[plate]
        by = self._seat(it.entry.supplier_id)
        upload = ContentFile(specimen("AUTHORISATION", it.number), name="维修派工单.png")
        paper = files.keep(upload, purpose="document", owner=by.party, by=by, at=at)
        told: dict[str, Any] = {
            "done": "更换制动片并做四轮定位，试车正常。",
            "reading": "里程表 86,240 公里；派工单工时记录",
            "papers": [paper],
        }
        self.works[plate] = workorders.report_work(it, {1: hours, 2: "1"}, **told, by=by, at=at)

    def _settle(self, plate: str, at: datetime) -> None:
        self.works[plate] = workorders.settle_work(self.works[plate], by=self.rows.actors[cast.AYGUL.login], at=at)

    def _lead(self) -> Actor:
        number = self.rows.parties[AGENCY].number
        return next(it for it in self.rows.actors.values() if it.organisation_number == number and it.has("lead"))

    def _seat(self, supplier_id: int) -> Actor:
        return next(by for by in self._who_repairs() if by.party == supplier_id)

    def _who_repairs(self) -> list[Actor]:
        """Those who have vehicle repair on sale, then those with other repairs."""
        if not self.sellers:
            found = sorted(catalog.sellers_of([REPAIR, UPKEEP], region_path=cast.PREFECTURE, rows=40))
            sales = {it.organisation_id: it for it in self.rows.actors.values() if it.kind == "supplier" and it.has("sales", "admin")}
            self.sellers = [sales[pk] for pk in found if pk in sales][: len(SHARES)]
        return self.sellers
