"""What two buyers need: demands settled, in review and being written, one of them too narrow, and a survey that suppliers are answering, who also
declare what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sunlit.demo import cast
from sunlit.demo.entries import Act
from sunlit.demo.shapes import World
from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import Demand, Survey
from sunlit.domain.planning.queries import USUAL_QUESTIONS, Content, Item, Parameter
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry import services as registry_services
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

LAPTOP, PAPER = "A02010108", "A05040101"
ORDERLY: Final = {
    "deliver_days": "10",
    "deliver_place": "梨城实验中学总务处指定地点",
    "warranty": "36",
    "after_sales": "送货上门并完成安装调试，质保期内免费上门维修。",
    "imports": False,
    "accept_who": "学校资产管理处会同使用部门",
    "accept_days": "5",
    "accept_how": ["count", "run"],
    "accept_procedure": "逐件清点开箱，核对型号、参数和数量，双方签字确认。",
    "accept_content": "数量、型号、主要参数、外观和随机资料。",
    "accept_standard": "与采购需求和合同约定一致。",
    "pricing": "fixed_unit",
    "payment": "验收合格并收到发票后30日内一次付清。",
    "breach": "逾期交货按日承担违约金；争议协商不成的，依法向采购人所在地人民法院起诉。",
    "ip": False,
}
LAPTOPS: Final = {**ORDERLY, "system": "domestic", "carry": "office"}
SAID: Final = (
    ("目前供货稳定，本地有现货。", "近一年同类成交单价在4200元至5600元之间。"),
    ("主流配置货源充足，交货期约一周。", "近期成交价在4500元左右，含三年质保。"),
)


def needed(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted back from today."""
    return Desk(world, rows).acts()


class Desk:
    """The clerks who write and the colleagues who review."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.written: dict[str, Demand] = {}
        self.survey: Survey | None = None

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[int, Callable[[datetime], None]], ...] = (
            (26, partial(self._write, "全年复印纸", _paper())),
            (25, partial(self._hand_in, "全年复印纸")),
            (23, partial(self._settle, "全年复印纸")),
            (6, partial(self._write, "教师备课用便携式计算机", _laptops())),
            (5, partial(self._hand_in, "教师备课用便携式计算机")),
            (4, partial(self._write, "校园数字中心建设", _centre())),
            (3, self._ask),
            (2, partial(self._answer, cast.CHEN.login, SAID[0])),
            (2, partial(self._answer, cast.NURLAN.login, SAID[1])),
            (1, partial(self._write, "校长室便携式计算机", _tailored())),
            (1, self._declare),
        )
        for place, (days, do) in enumerate(steps):
            at = self.world.at - timedelta(days=days, hours=2) + timedelta(minutes=7 * place)
            yield Act(at, "demand", place, partial(do, at))

    def _write(self, title: str, content: Content, at: datetime) -> None:
        by = self.rows.actors[cast.AYGUL.login]
        it = services.begin_demand(title=title, category_code=content.items[0].category, by=by, at=at)
        self.written[title] = services.edit_demand(it, content, by=by, at=at)

    def _hand_in(self, title: str, at: datetime) -> None:
        self.written[title] = services.hand_in_demand(self.written[title], by=self.rows.actors[cast.AYGUL.login], at=at)

    def _settle(self, title: str, at: datetime) -> None:
        it = self.written[title]
        points = queries.review_points(queries.content_of(it), region_path=it.region_path, at=at)
        by = self.rows.actors[cast.ZHOU.login]
        self.written[title] = services.settle_demand(it, points=list(points), opinion="参数合理，竞争充分，同意。", by=by, at=at)

    def _ask(self, at: datetime) -> None:
        demand = self.written["校园数字中心建设"]
        asked = [each.supplier.number for each in queries.candidates(demand)]
        both = [self.rows.parties[key].number for key in (cast.MAIN_SUPPLIER, cast.SECOND_SUPPLIER)]
        suppliers = list(dict.fromkeys([*both, *asked]))[:5]
        by = self.rows.actors[cast.AYGUL.login]
        questions = [str(text) for text in USUAL_QUESTIONS[:2]]
        self.survey = services.open_survey(demand, title="校园数字中心需求调查", questions=questions, suppliers=suppliers, by=by, at=at)

    def _answer(self, login: str, said: tuple[str, ...], at: datetime) -> None:
        assert self.survey is not None, "who answers was asked before"
        self.survey = services.answer_survey(self.survey, answers=said, by=self.rows.actors[login], at=at)

    def _declare(self, at: datetime) -> None:
        """Chen's shop declares its size and its qualification for the centre, by the forms in force."""
        supplier = Supplier.objects.select_related("organisation").get(organisation=self.rows.parties[cast.MAIN_SUPPLIER])
        day, by = local_day(at), self.rows.actors[cast.CHEN.login]
        buyer = self.rows.actors[cast.AYGUL.login].organisation_name
        purchase = {"buyer": buyer, "project": "校园数字中心建设", "independent": "yes", "agreed": "yes", "person": cast.CHEN.name_zh}
        for kind, template in registry.declaration_templates(supplier, on=day).items():
            known = registry.suggested_answers(supplier, template, on=day) | {
                name: value for name, value in purchase.items() if name in {field.key for field in template.fields}
            }
            if kind == "sme-goods" and known.get("items") and known["items"][0]["size"] != "large":
                known["items"][0]["item"] = "数字中心学生终端"
                registry_services.declare(supplier, kind, known, by=by, at=at)
            if kind == "qualification":
                registry_services.declare(supplier, kind, known, by=by, at=at)


def _content(title: str, purpose: str, item: Item, *, public_interest: bool = False) -> Content:
    answers = LAPTOPS if item.category == LAPTOP else ORDERLY
    return Content(title, purpose, public_interest=public_interest, items=(item,), answers=answers)


def _paper() -> Content:
    grams = Parameter("grams", "", "ge", "70", reason="双面打印不透字")
    return _content("全年复印纸", "各处室和教研组日常打印，上年用量约400箱。", Item(PAPER, "", "400", "箱", "260.00", (grams,)))


def _laptops() -> Content:
    memory = Parameter("memory", "", "ge", "8", reason="多媒体备课软件的最低要求")
    return _content(
        "教师备课用便携式计算机", "更新初中部教师备课用机，现有设备已超过报废年限。", Item(LAPTOP, "", "45", "台", "9000.00", (memory,))
    )


def _centre() -> Content:
    memory = Parameter("memory", "", "ge", "16", reason="同时运行编程与多媒体教学软件")
    item = Item(LAPTOP, "数字中心学生终端", "120", "台", "9000.00", (memory,))
    return _content("校园数字中心建设", "建设信息科技课程和社团活动用的数字中心，面向全校学生开放。", item, public_interest=True)


def _tailored() -> Content:
    """What the funnel warns of: every parameter a little more, until hardly anybody is left."""
    parameters = (
        Parameter("memory", "", "ge", "16", reason="日常办公"),
        Parameter("screen", "", "between", "13.5", "14.2", reason="携带方便"),
        Parameter("weight", "", "le", "1.2", reason="携带方便"),
        Parameter("battery", "", "ge", "70", reason="外出开会"),
    )
    item = Item(LAPTOP, "", "6", "台", "8000.00", parameters)
    answers = {**LAPTOPS, "carry": "travel", "quality": "外观美观大方，符合 GBT 9813.2 要求。"}
    sections = {"qualification": "供应商须成立满3年。"}
    return Content("校长室便携式计算机", "学校管理人员外出办公使用。", sections=sections, items=(item,), answers=answers)
