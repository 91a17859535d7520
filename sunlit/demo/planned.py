"""What three buyers mean to buy and have planned: intentions with a correction, and plans at every stage of their way, by the real verbs. Of two
single sources one was objected to and refused, the other is being told to the public; one plan waits for the consent of its lead unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sunlit.demo import cast
from sunlit.demo.entries import Act
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.shapes import World
from sunlit.domain.planning import services
from sunlit.domain.planning.models import BudgetQuota, Intention, Plan, PlanObjection
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

POINTS: Final = ("budget", "method", "complete")  # of the general review
SCHOOL, HOSPITAL, BRANCH = cast.MAIN_BUYER, cast.SECOND_BUYER, "buyer-0011"  # the primary school whose budget the middle school leads
QUOTAS: Final = (
    (SCHOOL, "9001", "新校区设备购置", "4800000"),
    (HOSPITAL, "9002", "病房楼设备更新", "2600000"),
    (BRANCH, "9003", "教室照明与显示改造", "500000"),
)
BOARDS, DESKS, PAPER, BEDS, WATCH = "智慧教室显示设备", "学生课桌椅", "全年复印纸", "病床及护理设备", "病房监护系统扩容"
LAPTOPS, REPAIRS = "教师备课用机", "公务用车年度维修"  # bought with others in a batch, and by work order
OUTLINES: Final = {
    BOARDS: ("新校区48间教室配备液晶显示器及配套安装，质保三年，开学前交付", "2350000"),
    DESKS: ("课桌椅1600套，环保等级不低于E1，分两批送达并安装", "960000"),
    PAPER: ("A4复印纸，按月分批送达各校区", "60000"),
    LAPTOPS: ("便携式计算机8台，随区域批量采购统一配置", "45000"),
    REPAIRS: ("公务用车四辆，全年维修保养，按定点协议费率结算", "30000"),
    BEDS: ("护理床120张及床头柜，含安装与培训，质保五年", "2180000"),
    WATCH: ("在用病房监护系统增加床旁终端90台，接入现有中央站，质保五年", "2050000"),
}


def planned(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted in working days before today."""
    return Office(world, rows).acts()


def paid_by(name: str, by: Actor) -> dict[str, Any]:
    """Plan and quota of a purchase, where the buyer has filed a plan of this name by then; else nothing."""
    it = Plan.objects.filter(name=name, buyer_id=by.party, filed_at__isnull=False).first()
    return {"plan": it.number, "quota_id": it.lines.get().quota_id} if it else {}


class Office:
    """The two buyers at their desks; what one act makes the next ones need."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.notices: dict[str, Intention] = {}
        self.plans: dict[str, Plan] = {}
        self.objection: PlanObjection | None = None

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[float, Callable[[datetime], None]], ...] = (
            (40, self._budgets),
            (38, partial(self._publish, SCHOOL, (BOARDS, DESKS, PAPER))),
            (36, partial(self._publish, HOSPITAL, (BEDS, WATCH))),
            (24, self._correct),
            (22, partial(self._tell, HOSPITAL, BEDS, "A02322700", "乌鲁木齐天池医疗设备有限公司")),
            (20, self._object),
            (18, self._answer),
            (15, partial(self._file, SCHOOL, PAPER, "A05040101", "emall")),
            (14, partial(self._file, SCHOOL, LAPTOPS, "A02010108", "emall")),
            (13, partial(self._file, SCHOOL, REPAIRS, "C23120301", "emall")),
            (12, self._ask_for_the_source),
            (10, partial(self._refuse, BEDS)),
            (6, partial(self._file, SCHOOL, DESKS, "A05010203", "open_tender")),
            (3, partial(self._tell, HOSPITAL, WATCH, "A02322700", "乌鲁木齐雪莲监护技术有限公司")),
            (2.5, self._ask_for_consent),
            (2, partial(self._ask, SCHOOL, BOARDS, "A02021104", "complex", "competitive_negotiation")),
            (1, partial(self._hand_in, SCHOOL, "数字图书室阅览终端", "A02010108", "inquiry")),
        )
        for place, (days, do) in enumerate(steps):
            at = moment(working_minutes(self.world.at) - int(days * DAY_MINUTES))
            yield Act(at, "planned", place, partial(do, at))

    def _budgets(self, at: datetime) -> None:
        year = local_day(self.world.at).year
        told = [
            {"number": self._quota(key), "buyer": self.rows.parties[buyer].number, "year": str(year), "name": name, "economic_category": "31003", "total": total}
            for buyer, key, name, total in QUOTAS
        ]  # fmt: skip
        services.import_quotas(told, by=self.rows.actors["zheng"], at=at)

    def _publish(self, buyer: str, projects: tuple[str, ...], at: datetime) -> None:
        it = services.draft_intention([self._row(name) for name in projects], by=self._clerk(buyer), at=at)
        self.notices[buyer] = services.publish_intention(it, by=self._lead(buyer), at=at)

    def _correct(self, at: datetime) -> None:
        """The school found its desks too dear: only they are public anew."""
        told = [self._row(BOARDS), {**self._row(DESKS), "budget": "880000"}, self._row(PAPER)]
        it = services.draft_intention(told, by=self._clerk(SCHOOL), at=at, corrects=self.notices[SCHOOL])
        self.notices[SCHOOL] = services.publish_intention(it, by=self._lead(SCHOOL), at=at)

    def _file(self, buyer: str, name: str, category: str, method: str, at: datetime) -> None:
        it = self._reviewed(buyer, name, category, {"method": method}, at)
        services.file_plan(it, by=self._clerk(buyer), at=at)

    def _ask(self, buyer: str, name: str, category: str, ground: str, method: str, at: datetime) -> None:
        facts = "经需求论证，现有条件不能确定详细规格或者仅有一家能够满足配套要求，论证意见附后。"
        it = self._reviewed(buyer, name, category, {"method": method, "grounds": [ground], "ground_reason": facts}, at)
        self.plans[name] = services.ask_plan_approval(it, by=self._clerk(buyer), at=at)

    def _tell(self, buyer: str, name: str, category: str, supplier: str, at: datetime) -> None:
        """A single source is told to the public before it is approved."""
        how = {
            "method": "single_source",
            "grounds": ["only_supplier"],
            "ground_reason": "须与原有系统配套，经论证仅一家能够满足，论证意见附后。",
        }
        it = self._reviewed(buyer, name, category, how, at)
        source = {
            "supplier": supplier,
            "address": "乌鲁木齐市高新街示例路8号",
            "opinion": "赵明、孙丽、周强（均为示例单位正高级工程师）：原有系统接口未开放，其他产品难以配套。",
        }
        self.plans[name] = services.publicise_plan(it, source, by=self._clerk(buyer), at=at)

    def _object(self, at: datetime) -> None:
        text = "护理床接口为通用协议，我公司同类产品已在多家医院配套使用，不属于只能从唯一供应商处采购。"
        self.objection = services.object_to_plan(self.plans[BEDS], text=text, by=self.rows.actors["chen"], at=at)

    def _answer(self, at: datetime) -> None:
        assert self.objection is not None, "what is answered was said before"
        answer = "已组织补充论证，补充论证意见随计划一并报批，由监管部门审定。"
        services.answer_objection(self.objection, answer=answer, by=self._clerk(HOSPITAL), at=at)

    def _ask_for_the_source(self, at: datetime) -> None:
        it = Plan.objects.get(pk=self.plans[BEDS].pk)
        self.plans[BEDS] = services.ask_plan_approval(it, by=self._clerk(HOSPITAL), at=at)

    def _ask_for_consent(self, at: datetime) -> None:
        """A product that is not on the market yet: the middle school, which leads the budget, has to consent (合作创新)."""
        facts = "市场现有显示产品均不能满足近视防控要求，须实质性改变核心技术研制新产品，论证意见附后。"
        how = {"method": "cooperative_innovation", "grounds": ["not_on_market"], "ground_reason": facts}
        it = self._reviewed(BRANCH, "护眼课桌屏合作研制", "A02021104", how, at, "420000")
        services.ask_plan_consent(it, lead_unit=self.rows.parties[SCHOOL].pk, by=self._clerk(BRANCH), at=at)

    def _refuse(self, name: str, at: datetime) -> None:
        reason = "市场上另有供应商能够提供同类产品，唯一供应商的理由不成立，请采用公开招标。"
        services.refuse_plan(self.plans[name], reason=reason, by=self.rows.actors["zheng"], at=at)

    def _hand_in(self, buyer: str, name: str, category: str, method: str, at: datetime) -> None:
        """Waits for somebody who did not write in it."""
        how = {"method": method, "grounds": ["uniform_goods"], "ground_reason": "规格统一、货源充足、价格变化幅度小。"}
        services.hand_in_plan(self._written(buyer, name, category, how, "150000", at), by=self._clerk(buyer), at=at)

    def _reviewed(self, buyer: str, name: str, category: str, how: dict[str, Any], at: datetime, amount: str = "") -> Plan:
        it = services.hand_in_plan(self._written(buyer, name, category, how, amount, at), by=self._clerk(buyer), at=at)
        return services.review_plan(it, points=POINTS, opinion="同意。", by=self._lead(buyer), at=at)

    def _written(self, buyer: str, name: str, category: str, how: dict[str, Any], amount: str, at: datetime) -> Plan:
        """A draft with every step filled in, resting on its project where that was told."""
        by = self._clerk(buyer)
        project = self.notices[buyer].items.filter(name=name).first() if buyer in self.notices else None
        budget = amount or str(project.budget if project else OUTLINES[name][1])
        row = {"category": category, "name": name, "quantity": "1", "unit": "批", "amount": budget}
        starts = max(local_day(at), local_day(self.world.at)).isoformat()
        what = {
            "name": name,
            "purpose": OUTLINES.get(name, ("",))[0],
            "starts_on": starts,
            "items": [row],
            "intention": str(project.pk) if project else "",
        }
        it = services.draft_plan(what, by=by, at=at)
        number = next(self._quota(key) for owner, key, _name, _total in QUOTAS if owner == buyer)
        it = services.write_plan(it, "money", {"quota_1": str(BudgetQuota.objects.get(number=number).pk)}, by=by, at=at)
        it = services.write_plan(it, "how", {"form": "central" if category.startswith("A0201") else "dispersed", **how}, by=by, at=at)
        large = it.total > 2_000_000
        policy = {"set_aside": "consortium", "reserved": "800000", "reserved_small": "500000"} if large else {"set_aside": "whole"}
        return services.write_plan(it, "policy", policy, by=by, at=at)

    def _row(self, name: str) -> dict[str, str]:
        outline, budget = OUTLINES[name]
        day = local_day(self.world.at)
        return {"name": name, "outline": outline, "budget": budget, "month": f"{day:%Y-%m}", "note": ""}

    def _quota(self, key: str) -> str:
        return f"ZB-{local_day(self.world.at).year}-{key}"

    def _clerk(self, buyer: str) -> Actor:
        return self.rows.actors[{SCHOOL: "aygul", HOSPITAL: "ma"}.get(buyer, f"{buyer}.orderer")]

    def _lead(self, buyer: str) -> Actor:
        """Who leads the house and did not write the plan."""
        party, clerk = self.rows.parties[buyer].number, self._clerk(buyer)
        return next(
            it for it in self.rows.actors.values() if it.organisation_number == party and it.has("lead") and it.user_id != clerk.user_id
        )
