"""A single source from the open-tender threshold on is told to the public for its days, suppliers object, the buyer answers; then it is approved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sunlit.domain.disclosure import reactions as disclosure
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.planning import queries, reactions, services
from sunlit.domain.planning.events import PlanMoved
from sunlit.domain.planning.models import Plan, PlanObjection
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.clock import end_of_day
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.messages.models import Message
from tests.domain.planning.plans import LAPTOPS, filed, reviewed, rich
from tests.domain.planning.test_plans import INVITED, LARGE, refused
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town

SOLE: dict[str, Any] = {
    **INVITED, "method": "single_source", "grounds": ["only_supplier"], "ground_reason": "原系统的专有技术不可替代，论证意见附后",
}  # fmt: skip
SOURCE = {
    "supplier": "乌鲁木齐远方科技有限公司",
    "address": "乌鲁木齐市高新街1号",
    "opinion": "王磊，自治区信息中心，正高级工程师：技术不可替代。",
}
OVER = end_of_day(datetime(2026, 3, 9, tzinfo=NOON.tzinfo).date())  # five working days after Monday, 2 March


def sole(town: Town) -> Plan:
    rich(town)
    return reviewed(town, LARGE, **SOLE)


def told(town: Town) -> Plan:
    return services.publicise_plan(sole(town), SOURCE, by=town.aygul, at=NOON)


def test_it_is_told_to_the_public_for_its_days_before_approval_is_asked_for(town: Town) -> None:
    it = sole(town)
    assert queries.needs_notice(it, NOON)
    assert refused(services.ask_plan_approval, it, by=town.aygul, at=NOON) == [("PLN-061", "")]
    it = services.publicise_plan(it, SOURCE, by=town.aygul, at=NOON)
    assert (it.state, it.noticed_at, it.notice_until) == ("reviewed", NOON, OVER)
    assert refused(services.ask_plan_approval, it, by=town.aygul, at=OVER - timedelta(minutes=1)) == [("PLN-062", "")]
    assert refused(services.publicise_plan, it, SOURCE, by=town.aygul, at=NOON) == [("PLN-067", "")]
    assert services.ask_plan_approval(it, by=town.aygul, at=OVER).state == "approval_asked"


def test_the_notice_says_who_where_and_what_experts_say(town: Town) -> None:
    it = sole(town)
    wrong = refused(services.publicise_plan, it, {"supplier": "x", "opinion": "同意"}, by=town.aygul, at=NOON)
    assert wrong == [("PLN-064", "supplier"), ("PLN-064", "address"), ("PLN-064", "opinion")]
    assert refused(services.publicise_plan, it, SOURCE, by=town.batu, at=NOON)[0][0] == "LIF-002"
    assert refused(services.publicise_plan, reviewed(town, LAPTOPS), SOURCE, by=town.aygul, at=NOON) == [("PLN-060", "")]
    it.refresh_from_db()
    assert (it.noticed_at, it.source) == (None, {})


def test_suppliers_object_while_it_runs_and_every_objection_is_answered(town: Town) -> None:
    it = told(town)
    made = services.object_to_plan(it, text="本公司生产同类产品，可以替代。", by=town.chen, at=NOON)
    assert refused(services.object_to_plan, it, text="再次提出异议", by=town.chen, at=NOON) == [("PLN-066", "")]
    assert refused(services.object_to_plan, it, text="", by=town.nurlan, at=NOON) == [("PLN-036", "text")]
    assert refused(services.object_to_plan, it, text="来晚了一步", by=town.nurlan, at=OVER) == [("PLN-065", "")]
    assert refused(services.object_to_plan, it, text="采购人自己", by=town.aygul, at=NOON)[0][0] == "LIF-002"
    it.refresh_from_db()
    assert refused(services.ask_plan_approval, it, by=town.aygul, at=OVER) == [("PLN-063", "")]
    assert refused(services.answer_objection, made, answer="", by=town.aygul, at=OVER) == [("PLN-036", "answer")]
    services.answer_objection(made, answer="经补充论证，接口协议不开放，不能替代。", by=town.aygul, at=OVER)
    assert [entry.act for entry in ledger.history_of(f"plan/{it.number}")][-3:] == [
        "plan.publicise",
        "plan.object",
        "plan.answer_objection",
    ]
    it.refresh_from_db()
    assert services.ask_plan_approval(it, by=town.aygul, at=OVER).state == "approval_asked"


def test_objections_are_answered_within_their_days_and_a_late_answer_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five working days from the end of the notice on Monday, 9 March: until the 16th; its authors hear of it the day before."""
    it = told(town)
    made = services.object_to_plan(it, text="本公司生产同类产品，可以替代。", by=town.chen, at=NOON)
    it.refresh_from_db()
    until = end_of_day(datetime(2026, 3, 16, tzinfo=NOON.tzinfo).date())
    assert queries.answer_until(it) == until
    assert queries.objections_nearly_due(OVER) == []
    near = until - timedelta(hours=20)
    assert queries.objections_nearly_due(near) == [(it, until)]
    monkeypatch.setattr(clock, "now", lambda: near)
    for _twice in range(2):
        reactions.tell_what_is_nearly_due()
    assert Message.objects.filter(kind="plan.objection_near").count() == len(it.drafters)
    monkeypatch.setattr(clock, "now", lambda: until)
    page = f"/buyer/plans/{it.number}/"
    assert 'data-state="late"' in browser(town.aygul).get(page).content.decode()
    services.answer_objection(made, answer="经补充论证，接口协议不开放，不能替代。", by=town.aygul, at=until)
    assert queries.objections_nearly_due(near) == []
    assert "逾期答复" in browser(town.aygul).get(page).content.decode()
    assert ledger.history_of(f"plan/{it.number}")[-1].facts["until"] == "2026-03-16T16:00:00.000000Z"


def test_a_plan_that_is_changed_is_told_anew(town: Town) -> None:
    it = told(town)
    back = services.send_back_plan(it, reason="供应商名称有误", by=town.zhou, at=NOON)
    assert (back.noticed_at, back.notice_until, back.source) == (None, None, {})


@pytest.fixture
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.mark.usefixtures("_at_noon")
def test_everybody_reads_the_notice_and_suppliers_object_there(town: Town) -> None:
    it = told(town)
    event = PlanMoved(number=it.number, verb="publicise", state=it.state, buyer_id=it.buyer_id, region_path=it.region_path, reason="")
    for _twice in range(2):
        disclosure.tell_the_plan(event)
    notice = Notice.objects.get()
    assert (notice.kind, notice.content["supplier"], notice.amount) == ("single_source", SOURCE["supplier"], it.total)
    page = f"/single-source/{notice.number}/"
    everybody = browser(None).get(page).content.decode()
    assert SOURCE["opinion"] in everybody
    assert 'name="text"' not in everybody
    assert notice.number in browser(None).get("/single-source/?q=远方").content.decode()
    assert browser(None).post(page, {"text": "匿名异议内容"}).status_code in {302, 403}
    supplier = browser(town.chen)
    assert at_field(supplier.post(page, once("a", text="")), "text") == ["PLN-036"]
    assert supplier.post(page, once("b", text="本公司生产同类产品，可以替代。"))["Location"] == page
    assert PlanObjection.objects.get().organisation == town.shop
    buyer = browser(town.aygul)
    at = f"/buyer/plans/{it.number}/"
    assert "可以替代" in buyer.get(at).content.decode()
    buyer.post(at, once("c", verb="answer_objection", objection=str(PlanObjection.objects.get().pk), answer="经补充论证，不能替代。"))
    assert PlanObjection.objects.get().answer == "经补充论证，不能替代。"
    assert buyer.post(at, once("d", verb="answer_objection", objection="999", answer="经补充论证")).status_code == 404


@pytest.mark.usefixtures("_at_noon")
def test_the_page_of_the_plan_asks_for_the_notice_first(town: Town) -> None:
    it = sole(town)
    client, at = browser(town.aygul), f"/buyer/plans/{it.number}/"
    page = client.get(at).content.decode()
    assert ('value="publicise"' in page, 'value="ask_approval"' in page) == (True, False)
    assert "PLN-064" in codes(client.post(at, once("a", verb="publicise", expected=str(it.version))))
    client.post(at, once("b", verb="publicise", expected=str(it.version), **SOURCE))
    it.refresh_from_db()
    assert it.notice_until == OVER
    assert 'value="publicise"' not in browser(town.aygul).get(f"/buyer/plans/{filed(town, LAPTOPS).number}/").content.decode()
