"""Who decides is told what waits, and who waits is told what came of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import RuleDraft
from sunlit.foundation.accounts.models import Seat, User
from sunlit.foundation.files import services as files
from sunlit.foundation.messages.models import Message
from sunlit.foundation.outbox import events
from tests.foundation.files.samples import png
from tests.town import NOON, Town, build

HOUR = timedelta(hours=1)
CITY = "652800/652801"


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Any) -> Town:
    settings.DATA_DIR = tmp_path
    return build()


def deliver(event: str) -> None:
    """What the worker would do with the letters of this event; each comes twice."""
    for _time in range(2):
        for job in ProcrastinateJob.objects.filter(args__event=event).order_by("pk"):
            events.deliver(**job.args)


def inbox(login: str) -> list[tuple[str, str]]:
    return list(Message.objects.filter(user__login=login).order_by("pk").values_list("kind", "link"))


def drafted(town: Town) -> RuleDraft:
    said: dict[str, Any] = {"key": "order.receipt_limit", "region": CITY, "value": "5", "effective_from": date(2026, 4, 1)}
    return services.draft_value(**said, reason="延长签收时间", by=town.surina, at=NOON)


def test_a_draft_handed_in_is_told_to_those_who_may_approve_it(town: Town) -> None:
    draft = services.hand_in(drafted(town), by=town.surina, at=NOON)
    deliver("DraftMoved")
    link = f"/regulator/drafts/{draft.number}/"
    assert (inbox("surina"), inbox("zheng"), inbox("he")) == ([], [("rule_draft.handed_in", link)], [])
    services.send_back(draft, answer="理由不足，请补充。", by=town.zheng, at=NOON)
    deliver("DraftMoved")
    assert inbox("surina") == [("rule_draft.sent_back", link)]
    draft.refresh_from_db()
    draft = services.revise(draft, value="5", effective_from=date(2026, 4, 1), reason="补充理由后再报", by=town.surina, at=NOON)
    services.approve(services.hand_in(draft, by=town.surina, at=NOON), by=town.zheng, at=NOON)
    deliver("DraftMoved")
    assert [kind for kind, _link in inbox("zheng")] == ["rule_draft.handed_in", "rule_draft.handed_in"]
    assert [kind for kind, _link in inbox("surina")] == ["rule_draft.sent_back", "rule_draft.approved"]


def test_who_only_keeps_the_seats_and_who_left_are_not_told(town: Town) -> None:
    for login, roles, active in (("clerk", ["admin"], True), ("left", ["officer"], False)):
        user = User.objects.create(login=login, name_zh=login, created_at=NOON)
        Seat.objects.create(user=user, organisation_id=town.zheng.party, roles=roles, active=active)
    assert [seat.user_id for seat in queries.reviewers(CITY, besides=town.surina.person)] == [town.zheng.user_id]
    assert [seat.user_id for seat in queries.at_the_top()] == [town.zheng.user_id]


@pytest.mark.parametrize(("verb", "kind"), [("confirm", "outage.confirmed"), ("refuse", "outage.refused")])
def test_a_declared_outage_is_told_to_the_top_region_s_regulator(town: Town, verb: str, kind: str) -> None:
    file = files.keep(ContentFile(png(), "letter.png"), purpose="document", owner=town.he.organisation_id, by=town.he, at=NOON)
    said: dict[str, Any] = {"since": NOON + HOUR, "until": NOON + 3 * HOUR, "evidence": "城域网光缆中断，各单位无法登录。", "file": file}
    report = services.declare_outage(**said, by=town.he, at=NOON + 6 * HOUR)
    deliver("OutageReportMoved")
    assert (inbox("zheng"), inbox("surina")) == ([("outage.declared", f"/regulator/outages/{report.number}/")], [])
    if verb == "confirm":
        services.confirm_outage(report, by=town.zheng, at=NOON + 6 * HOUR)
    else:
        services.refuse_outage(report, reason="未见各单位报告", by=town.zheng, at=NOON + 6 * HOUR)
    deliver("OutageReportMoved")
    assert inbox("he") == [(kind, "/operator/outages/")]
