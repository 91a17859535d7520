"""Changes of the rulebook: drafted by one person, approved by another, in force from their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sunlit.domain.rulebook import queries, services, states
from sunlit.domain.rulebook.models import Holiday, Rule, RuleDraft
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.sentences import sentence
from tests.domain.rulebook.conftest import AT, AYGUL, BAZHOU, HE, KORLA, RUOQIANG, SURINA, TODAY, TOMORROW, ZHENG

KEY = "threshold.procurement"
APRIL = date(2026, 4, 1)
WHY = "自治区公布了新的限额标准"

Officers = dict[str, Actor]


@pytest.fixture
def officers(loaded: services.Loaded) -> Officers:
    """Three people of the prefecture's bureau, which alone decides on thresholds, and two of the city's, each with a row of their own."""
    people: dict[str, Actor] = {}
    for actor, name in ((ZHENG, "苏日娜"), (ZHENG, "艾尔肯"), (ZHENG, "郑文"), (SURINA, "古丽"), (SURINA, "巴特尔")):
        user = User.objects.create(login=f"officer{len(people)}", name_zh=name, created_at=AT)
        people[name] = replace(actor, user_id=user.pk, user_name=name)
    return {
        "surina": people["苏日娜"],
        "erkin": people["艾尔肯"],
        "zheng": people["郑文"],
        "guli": people["古丽"],
        "batar": people["巴特尔"],
    }


def drafted(by: Actor, **other: Any) -> RuleDraft:
    told: dict[str, Any] = {
        "key": KEY,
        "region": KORLA,
        "kind": "goods",
        "value": "250000",
        "effective_from": APRIL,
        "reason": WHY,
        "source": "新财购〔2026〕1号",
    }
    return services.draft_value(**{**told, "by": by, "at": AT, **other})


def handed_in(by: Actor, **other: Any) -> RuleDraft:
    return services.hand_in(drafted(by, **other), by=by, at=AT)


def everything() -> tuple[Any, ...]:
    rows = [list(model.objects.order_by("id").values()) for model in (Rule, Holiday, RuleDraft)]
    return (*rows, Entry.objects.count())


def refused(codes: list[str], act: Any, *args: Any, **told: Any) -> Refused:
    """Refused for these reasons, and nothing is left behind."""
    before = everything()
    with pytest.raises(Refused) as found:
        act(*args, **told)
    assert found.value.codes == codes
    assert everything() == before
    return found.value


def amount(on: date, region: str = KORLA) -> str:
    return queries.rule(KEY, region_path=region, kind="goods", on=on).shown


def test_a_change_is_drafted_handed_in_approved_and_in_force_from_its_day(officers: Officers) -> None:
    draft = handed_in(officers["surina"])
    assert (draft.state, draft.office, draft.enacted_id) == ("review", "JG-0000", None)
    assert amount(APRIL) == "¥300,000.00"
    done = services.approve(draft, by=officers["erkin"], at=AT, expected=2)
    assert (done.state, done.reviewer_id, done.decided_at) == ("enacted", officers["erkin"].user_id, AT)
    assert (amount(APRIL - timedelta(days=1)), amount(APRIL), amount(APRIL, RUOQIANG)) == ("¥300,000.00", "¥250,000.00", "¥300,000.00")
    rule = queries.rule(KEY, region_path=KORLA, kind="goods", on=APRIL)
    assert (rule.id, rule.evidence, rule.source, rule.set_by) == (done.enacted_id, "V", "新财购〔2026〕1号", "JG-0000")
    acts = [(it.act, it.facts.get("draft", "")) for it in Entry.objects.order_by("id") if it.act.startswith("rule")]
    assert acts == [("rule_draft.draft", ""), ("rule_draft.hand_in", ""), ("rule_draft.approve", ""), ("rule.set", done.number)]
    assert sentence(Entry.objects.get(act="rule_draft.approve")) == (
        f"巴州财政局批准规则变更{done.number}（threshold.procurement goods），自2026-04-01起施行"
    )


def test_the_drafter_never_approves(officers: Officers) -> None:
    draft = handed_in(officers["surina"])
    refused(["LIF-002"], services.approve, draft, by=officers["surina"], at=AT)
    assert "approve" not in {move.verb for move in states.draft.open_to(draft, officers["surina"])}
    assert {move.verb for move in states.draft.open_to(draft, officers["erkin"])} == {"revise", "approve", "send_back", "withdraw"}
    with pytest.raises(IntegrityError, match="draft_is_reviewed_by_another_person"), transaction.atomic():
        RuleDraft.objects.filter(pk=draft.pk).update(reviewer_id=draft.drafter_id)


def test_who_revises_becomes_the_drafter(officers: Officers) -> None:
    draft = handed_in(officers["surina"])
    revised = services.revise(draft, value="260000", effective_from=APRIL, reason=WHY, by=officers["erkin"], at=AT)
    assert (revised.state, revised.drafter_id, revised.value) == ("draft", officers["erkin"].user_id, {"yuan": "260000.00"})
    again = services.hand_in(revised, by=officers["surina"], at=AT)
    refused(["LIF-002"], services.approve, again, by=officers["erkin"], at=AT)
    assert services.approve(again, by=officers["surina"], at=AT).state == "enacted"


def test_the_region_above_may_approve_and_another_region_may_not(officers: Officers) -> None:
    draft = handed_in(officers["guli"], key="order.receipt_limit", kind="", value="5")
    for actor in (replace(officers["erkin"], region_path=RUOQIANG), AYGUL, HE, replace(officers["erkin"], roles=frozenset({"admin"}))):
        refused(["LIF-002"], services.approve, draft, by=actor, at=AT)
    assert services.approve(draft, by=officers["zheng"], at=AT).state == "enacted"
    assert queries.rule("order.receipt_limit", region_path=KORLA, on=APRIL).set_by == "JG-0001"


@pytest.mark.parametrize(
    ("key", "kind", "value"),
    [
        ("threshold.procurement", "goods", "250000"),
        ("threshold.open_tender", "goods", "1500000"),
        ("catalogue.central", "", "A02010105"),
        ("green.mandatory", "", "A02010105"),
        ("plan.method_approval", "", "county"),
    ],
)
def test_what_is_the_tops_a_county_proposes_and_the_top_decides(key: str, kind: str, value: str, officers: Officers) -> None:
    """Thresholds and the catalogue are no county's to set (政府采购法 7, 8, 27); nor does a county delegate to itself (条例 78)."""
    draft = handed_in(officers["guli"], key=key, kind=kind, value=value)
    refused(["RUL-052"], services.approve, draft, by=officers["batar"], at=AT)
    done = services.approve(draft, by=officers["zheng"], at=AT)
    rule = queries.rule(key, region_path=KORLA, kind=kind, on=APRIL)
    assert (done.state, rule.region_path, rule.set_by, rule.is_the_tops) == ("enacted", KORLA, "JG-0001", True)
    at = AT + timedelta(days=40)
    ending = services.draft_end(key=key, region=KORLA, kind=kind, effective_from=date(2026, 6, 1), reason=WHY, by=officers["guli"], at=at)
    services.hand_in(ending, by=officers["guli"], at=at)
    refused(["RUL-052"], services.approve, ending, by=officers["batar"], at=at)


def test_the_scale_of_works_that_must_be_tendered_is_the_nations_alone(officers: Officers) -> None:
    refused(["RUL-004"], drafted, officers["zheng"], key="threshold.mandatory_tender", kind="works-construction", value="1000000")


def test_sent_back_with_a_reason_and_drafted_anew(officers: Officers) -> None:
    draft = handed_in(officers["surina"])
    refused(["RUL-030"], services.send_back, draft, answer=" ", by=officers["erkin"], at=AT)
    back = services.send_back(draft, answer="请附上公布文件", by=officers["erkin"], at=AT)
    assert (back.state, back.answer) == ("sent_back", "请附上公布文件")
    refused(["LIF-001"], services.approve, back, by=officers["erkin"], at=AT)
    revised = services.revise(
        back, value="250000", effective_from=APRIL, reason=WHY, source="新财购〔2026〕2号", by=officers["surina"], at=AT
    )
    assert (revised.state, revised.answer, revised.reviewer_id) == ("draft", "", None)


def test_withdrawn_by_the_office_alone(officers: Officers) -> None:
    draft = handed_in(officers["guli"])
    refused(["LIF-002"], services.withdraw, draft, by=officers["zheng"], at=AT)
    assert services.withdraw(draft, by=officers["batar"], at=AT).state == "withdrawn"
    assert amount(APRIL) == "¥300,000.00"


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        ({"region": BAZHOU}, ["RUL-002"]),
        ({"effective_from": TODAY}, ["RUL-003"]),
        ({"key": "TL-002", "kind": "", "value": "10"}, ["RUL-004"]),
        ({"key": "method.lawful", "kind": "inquiry.not_goods", "value": "x"}, ["RUL-006"]),
        ({"key": "order.receipt_limit", "kind": "", "value": "99"}, ["RUL-005"]),
        ({"value": "much"}, ["RUL-006"]),
        ({"value": "300000", "source": "", "region": KORLA, "key": "order.approval_limit", "kind": "", "reason": "  "}, ["RUL-030"]),
    ],
)
def test_what_cannot_be_set_cannot_be_drafted(other: dict[str, Any], codes: list[str], officers: Officers) -> None:
    refused(codes, drafted, officers["guli"], **other)


def test_a_day_that_came_too_near_is_told_at_the_approval(officers: Officers) -> None:
    draft = handed_in(officers["surina"], effective_from=TOMORROW)
    late = AT + timedelta(days=1)
    told = refused(["RUL-003"], services.approve, draft, by=officers["erkin"], at=late)
    assert (told.problems[0].on, "2026-03-04" in told.problems[0].message) == ("effective_from", True)


def test_a_draft_whose_base_was_changed_is_stale(officers: Officers) -> None:
    first, second = handed_in(officers["surina"]), handed_in(officers["surina"], value="200000")
    assert [it.number for it in queries.open_drafts(KEY, seen_by=officers["erkin"], kind="goods", besides=first.number)] == [second.number]
    services.approve(first, by=officers["erkin"], at=AT)
    told = refused(["RUL-032"], services.approve, second, by=officers["erkin"], at=AT)
    assert "起草时为¥300,000.00，现为¥250,000.00" in told.problems[0].message
    anew = services.revise(second, value="200000", effective_from=APRIL + timedelta(days=1), reason=WHY, by=officers["surina"], at=AT)
    services.approve(services.hand_in(anew, by=officers["surina"], at=AT), by=officers["erkin"], at=AT)
    assert (amount(APRIL), amount(APRIL + timedelta(days=1))) == ("¥250,000.00", "¥200,000.00")


def test_a_pack_that_changes_the_base_makes_the_draft_stale(officers: Officers) -> None:
    from sunlit.domain.rulebook import pack

    draft = handed_in(officers["surina"], key="order.receipt_limit", kind="", value="5", source="")
    shipped = pack.read()
    rules = tuple(replace(it, value={"n": 4, "unit": "working_day"}) if it.key == "order.receipt_limit" else it for it in shipped.rules)
    services.load_pack(by=HE, at=AT, pack=replace(shipped, version="2027.1", digest="other", rules=rules))
    refused(["RUL-032"], services.approve, draft, by=officers["erkin"], at=AT)


def test_the_end_of_an_own_version_is_reviewed_too(officers: Officers) -> None:
    services.approve(handed_in(officers["surina"]), by=officers["erkin"], at=AT)
    may = date(2026, 5, 1)
    draft = services.draft_end(key=KEY, region=KORLA, kind="goods", effective_from=may, reason="恢复州级标准", by=officers["surina"], at=AT)
    services.approve(services.hand_in(draft, by=officers["surina"], at=AT), by=officers["zheng"], at=AT)
    assert (amount(may - timedelta(days=1)), amount(may)) == ("¥250,000.00", "¥300,000.00")
    refused(
        ["RUL-009"], services.draft_end, key=KEY, region=KORLA, kind="goods", effective_from=may, reason=WHY, by=officers["surina"], at=AT
    )


def test_an_end_whose_version_ended_meanwhile_is_told(officers: Officers) -> None:
    services.approve(handed_in(officers["surina"]), by=officers["erkin"], at=AT)
    told: dict[str, Any] = {
        "key": KEY,
        "region": KORLA,
        "kind": "goods",
        "effective_from": date(2026, 5, 1),
        "reason": WHY,
        "by": officers["surina"],
        "at": AT,
    }
    one, other = (services.hand_in(services.draft_end(**told), by=officers["surina"], at=AT) for _ in range(2))
    services.approve(one, by=officers["erkin"], at=AT)
    refused(["RUL-033"], services.approve, other, by=officers["erkin"], at=AT)


def test_a_day_off_is_reviewed_too(officers: Officers) -> None:
    day = date(2026, 3, 20)
    told: dict[str, Any] = {
        "day": day,
        "region": KORLA,
        "working": False,
        "name": "肉孜节",
        "source": "自治区公告",
        "by": officers["surina"],
        "at": AT,
    }
    draft = services.draft_day(**told, reason="自治区法定假日")
    assert queries.calendar_for(KORLA).is_working_day(day)
    services.approve(services.hand_in(draft, by=officers["surina"], at=AT), by=officers["zheng"], at=AT)
    assert not queries.calendar_for(KORLA).is_working_day(day)
    assert Holiday.objects.get(day=day, region__path=KORLA).set_by == "JG-0000"
    refused(["RUL-007"], services.draft_day, **told, reason="自治区法定假日")
    refused(["RUL-011"], services.draft_day, **{**told, "day": date(2026, 3, 21), "name": ""}, reason="自治区法定假日")


def test_drafts_are_seen_by_the_region_and_above(officers: Officers) -> None:
    draft = drafted(officers["surina"])
    assert queries.draft(draft.number, seen_by=officers["zheng"]) == draft
    for actor in (AYGUL, replace(officers["erkin"], region_path=RUOQIANG)):
        assert queries.draft(draft.number, seen_by=actor) is None
    assert queries.to_review_count(seen_by=officers["erkin"]) == 0
    services.hand_in(draft, by=officers["surina"], at=AT)
    assert [queries.to_review_count(seen_by=officers[name]) for name in ("surina", "erkin", "zheng")] == [0, 1, 1]
    assert [it.number for it in queries.drafts_page(seen_by=officers["erkin"], q="限额").drafts] == [draft.number]
    assert queries.drafts_page(seen_by=officers["erkin"], state="enacted").drafts == []
