"""Changes of the rulebook on their way, so that the review can be seen: one in force, one sent back, two to be decided (one of a template), one still being written; and a regional day off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sunlit.demo import cast
from sunlit.demo.entries import Act
from sunlit.demo.shapes import World
from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import RuleDraft
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

Step = tuple[float, str, dict[str, Any]]
"""Days before the region's time, the verb, and what is said with it."""

ENACTED: tuple[Step, ...] = (
    (75, "draft", {"key": "order.rating_limit", "value": "20", "reason": "乡镇单位反映评价时间偏紧，适当延长。", "begins": 15}),
    (74.9, "hand_in", {}),
    (74, "approve", {}),
)
SENT_BACK: tuple[Step, ...] = (
    (12, "draft", {"key": "order.receipt_limit", "value": "5", "reason": "冬季道路结冰，签收时间适当延长。", "begins": 40}),
    (11.9, "hand_in", {}),
    (10, "send_back", {"answer": "请补充冬季时段的起止日期，期满恢复原规定。"}),
)
IN_REVIEW: tuple[Step, ...] = (
    (
        3,
        "draft",
        {
            "key": "threshold.procurement",
            "kind": "goods",
            "value": "250000",
            "reason": "拟与州本级集中采购目录及限额标准调整同步施行。",
            "source": "梨城财采〔样例〕31号",
            "article": "第二条",
            "begins": 45,
        },
    ),
    (2.9, "hand_in", {}),
)
BEING_WRITTEN: tuple[Step, ...] = (
    (1, "draft", {"key": "price.above_median_warn", "value": "15", "reason": "办公耗材价格波动较大，提示幅度拟适当放宽。", "begins": 30}),
)
TEMPLATE: tuple[Step, ...] = (
    (
        5,
        "draft",
        {
            "key": "template.demand",
            "kind": "goods",
            "obligatory": "packing",
            "reason": "冬季长途运输货损较多，货物需求一律写明包装和防冻要求。",
            "source": "梨城财采〔样例〕36号",
            "begins": 40,
        },
    ),
    (4.9, "hand_in", {}),
)
# Kurban (古尔邦节), which the autonomous region gives off beside the nation's holidays: the day follows the moon and is announced for each year.
KURBAN: tuple[date, ...] = (date(2026, 5, 27), date(2027, 5, 17), date(2028, 5, 5), date(2029, 4, 24), date(2030, 4, 15))
DAY_OFF: tuple[Step, ...] = (
    (20, "day", {"name": "古尔邦节", "source": "梨城政办发〔样例〕27号", "reason": "自治区规定的地方节假日，提前公布以便计算各项期限。"}),
    (19.9, "hand_in", {}),
    (18, "approve", {}),
)


def changes(world: World, rows: Rows) -> Iterator[Act]:
    """The acts of the city's officer, and of the prefecture's lead who decides."""
    for place, steps in enumerate((ENACTED, SENT_BACK, IN_REVIEW, BEING_WRITTEN, TEMPLATE, DAY_OFF)):
        yield from _Change(rows).acts(world.at, f"rule_draft/{place}", steps)


class _Change:
    """One draft as it goes its way."""

    def __init__(self, rows: Rows) -> None:
        self.officer, self.lead = rows.actors[cast.SURINA.login], rows.actors[cast.ZHENG.login]
        self.draft: RuleDraft | None = None

    def acts(self, end: datetime, subject: str, steps: tuple[Step, ...]) -> Iterator[Act]:
        for place, (days, verb, said) in enumerate(steps):
            at = end - timedelta(days=days)
            yield Act(at, subject, place, lambda at=at, verb=verb, said=said: self._do(verb, said, at))  # type: ignore[misc]

    def _with_obligatory(self, key: str, of: str, kind: str, at: datetime) -> dict[str, Any]:
        """The template that holds, with one field made obligatory."""
        now = queries.rule(of, region_path=self.officer.region_path, kind=kind, on=local_day(at)).value["template"]
        sections = [
            {**section, "fields": [{**it, "required": it.get("required", False) or it["key"] == key} for it in section["fields"]]}
            for section in now["sections"]
        ]
        return {"template": {**now, "sections": sections}}

    def _do(self, verb: str, said: dict[str, Any], at: datetime) -> None:
        if verb == "draft":
            told = {name: value for name, value in said.items() if name not in ("begins", "obligatory")}
            if field := said.get("obligatory"):
                told["value"] = self._with_obligatory(field, told["key"], told["kind"], at)
            begins = local_day(at) + timedelta(days=said["begins"])
            self.draft = services.draft_value(**told, region=self.officer.region_path, effective_from=begins, by=self.officer, at=at)
            return
        if verb == "day":
            free = next((day for day in KURBAN if day > local_day(at) + timedelta(days=30)), KURBAN[-1])
            self.draft = services.draft_day(day=free, working=False, region=self.officer.region_path, **said, by=self.officer, at=at)
            return
        assert self.draft is not None, "a change begins with its draft"
        if verb == "hand_in":
            self.draft = services.hand_in(self.draft, by=self.officer, at=at)
        elif verb == "approve":
            self.draft = services.approve(self.draft, by=self.lead, at=at)
        else:
            self.draft = services.send_back(self.draft, **said, by=self.lead, at=at)
