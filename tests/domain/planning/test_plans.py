"""From the draft of a plan to its filing or approval: what is missing, what the rulebook says, who may do what, and where the money lies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.planning import queries, reactions, services
from sunlit.domain.planning.events import PlanMoved
from sunlit.domain.planning.models import Hold, Plan, PlanLine
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.rulebook import services as rulebook
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.messages.models import Message
from tests.domain.planning.plans import LAPTOPS, PAPER, drafted, filed, reviewed, rich, what
from tests.domain.planning.test_intentions import PAPER as INTENDED
from tests.town import NOON, Town, build


def refused(act: Any, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    return [(problem.code, problem.on) for problem in no.value.problems]


def verdicts(it: Plan) -> dict[str, str]:
    """What the rulebook says now, by the code of the reason or, of rows of a table, their kind."""
    it = Plan.objects.get(pk=it.pk)
    return {
        ruling.code if ruling.code != "RUL-023" else ruling.kind: str(ruling.verdict) for ruling in queries.check_plan(it, NOON).rulings
    }


# Writing


def test_a_plan_is_written_step_by_step(town: Town) -> None:
    it = drafted(town, PAPER, LAPTOPS)
    assert (it.state, it.total, it.kind, it.drafters) == ("draft", Decimal("130000.00"), "goods", [town.aygul.person])
    assert [(item.category.code, item.quantity, item.quota_id) for item in it.items.all()] == [
        ("A05040101", 600, town.quota.pk),
        ("A02010108", 10, town.quota.pk),
    ]
    assert (it.set_aside, it.reserved) == ("whole", Decimal("130000.00"))
    assert [entry.facts.get("part", "") for entry in ledger.history_of(f"plan/{it.number}")] == ["", "money", "how", "policy"]
    town.quota.refresh_from_db()
    assert town.quota.held == 0  # nothing lies ready for a draft


def test_what_is_wrong_is_told_at_its_row_and_nothing_is_written(town: Town) -> None:
    bad = {"category": "B999", "name": "", "quantity": "0", "unit": "", "amount": "12.345"}
    assert refused(services.draft_plan, what(bad, name="", starts_on="soon", intention="7"), by=town.aygul, at=NOON) == [
        ("PLN-001", "name"),
        ("PLN-003", "category_1"),
        ("PLN-004", "name_1"),
        ("PLN-005", "quantity_1"),
        ("PLN-006", "amount_1"),
        ("PLN-010", "intention"),
        ("PLN-009", "starts_on"),
    ]
    assert Plan.objects.count() == 0


def test_a_share_is_never_more_than_the_whole(town: Town) -> None:
    it = drafted(town)
    more = {"set_aside": "consortium", "reserved": "80000.01", "reserved_small": "0"}
    assert refused(services.write_plan, it, "policy", more, by=town.aygul, at=NOON) == [("PLN-020", "reserved")]
    it = services.write_plan(
        it, "policy", {"set_aside": "consortium", "reserved": "40000", "reserved_small": "30000"}, by=town.aygul, at=NOON
    )
    it = services.write_plan(it, "what", what({**PAPER, "amount": "20000"}), by=town.aygul, at=NOON)
    assert (it.total, it.reserved, it.reserved_small) == (Decimal("20000.00"), Decimal("20000.00"), Decimal("20000.00"))
    assert it.items.get().quota_id == town.quota.pk  # an object that is only rewritten is paid as before


def test_the_quota_of_another_does_not_pay(town: Town) -> None:
    it = drafted(town)
    assert refused(services.write_plan, it, "money", {"quota_1": str(town.hospital_quota.pk)}, by=town.aygul, at=NOON) == [
        ("PLN-011", "quota_1")
    ]


# What is missing, and what the rulebook says


def test_handing_in_tells_everything_that_is_missing_at_once(town: Town) -> None:
    it = services.draft_plan({**what(), "starts_on": ""}, by=town.aygul, at=NOON)
    assert refused(services.hand_in_plan, it, by=town.aygul, at=NOON) == [
        ("PLN-012", "starts_on"),
        ("PLN-013", "quota_1"),
        ("PLN-024", "form"),
        ("PLN-015", "method"),
        ("PLN-017", "set_aside"),
    ]
    it.refresh_from_db()
    assert it.state == "draft"


def test_below_the_threshold_no_intention_is_asked_for(town: Town) -> None:
    assert "PLN-050" not in verdicts(drafted(town))


def test_from_the_threshold_on_an_unverified_row_warns_that_no_intention_was_published(town: Town) -> None:
    rich(town)
    it = drafted(
        town, {**PAPER, "amount": "2500000"}, method="open_tender", set_aside="consortium", reserved="1500000", reserved_small="900000"
    )
    assert verdicts(it)["PLN-050"] == "warned"
    assert services.hand_in_plan(it, by=town.aygul, at=NOON).state == "in_review"  # Q/K never refuses by itself


def test_thirty_days_run_from_the_day_since_which_the_project_is_public(town: Town) -> None:
    rich(town)
    notice = services.publish_intention(services.draft_intention([INTENDED], by=town.aygul, at=NOON), by=town.zhou, at=NOON)
    item = notice.items.get()
    assert queries.start_of(item, region_path=town.school.region.path, on=NOON.date()).isoformat() == "2026-04-01"
    large = {**PAPER, "amount": "2500000"}
    share: dict[str, Any] = {"set_aside": "consortium", "reserved": "1500000", "reserved_small": "900000"}
    early = drafted(town, large, method="open_tender", intention=str(item.pk), starts_on="2026-03-31", **share)
    on_time = drafted(town, large, method="open_tender", intention=str(item.pk), starts_on="2026-04-01", **share)
    assert verdicts(early)["PLN-051"] == "warned"
    assert "PLN-051" not in verdicts(on_time)


def test_an_urgent_need_says_why_no_notice_was_given(town: Town) -> None:
    it = drafted(town, intention="urgent")
    assert ("PLN-022", "no_intention_reason") in refused(services.hand_in_plan, it, by=town.aygul, at=NOON)
    it = drafted(town, intention="urgent", no_intention_reason="教学楼漏水，需立即更换")
    assert services.hand_in_plan(it, by=town.aygul, at=NOON).state == "in_review"


def test_a_notice_under_a_plan_cannot_be_withdrawn_and_a_lost_one_is_told(town: Town) -> None:
    notice = services.publish_intention(services.draft_intention([INTENDED], by=town.aygul, at=NOON), by=town.zhou, at=NOON)
    it = drafted(town, intention=str(notice.items.get().pk))
    handed = services.hand_in_plan(it, by=town.aygul, at=NOON)
    assert refused(services.withdraw_intention, notice, reason="预算调整", by=town.zhou, at=NOON) == [("INT-010", "")]
    services.take_back_plan(handed, by=town.aygul, at=NOON)
    services.withdraw_intention(notice, reason="预算调整", by=town.zhou, at=NOON)  # a draft does not hold it
    assert refused(services.hand_in_plan, it, by=town.aygul, at=NOON) == [("PLN-021", "intention_item")]


def test_a_correction_that_leaves_the_project_alone_carries_the_plan(town: Town) -> None:
    other = {**INTENDED, "name": "桌椅"}
    notice = services.publish_intention(services.draft_intention([INTENDED, other], by=town.aygul, at=NOON), by=town.zhou, at=NOON)
    kept, changed = notice.items.order_by("position")
    correction = services.draft_intention([INTENDED, {**other, "budget": "5"}], by=town.aygul, at=NOON, corrects=notice)
    services.publish_intention(correction, by=town.zhou, at=NOON)
    for row in (kept, changed):
        row.refresh_from_db()
        row.intention.refresh_from_db()
    standing = queries.standing_item(kept)
    assert standing is not None
    assert (standing.intention.number, standing.public_since) == (correction.number, NOON)
    assert queries.standing_item(changed) is None


def test_the_rulebook_says_why_a_method_is_not_lawful_and_what_would_make_it_so(town: Town) -> None:
    it = drafted(town)
    choices = {choice.method: choice for choice in queries.methods_for(it, [], NOON)}
    assert (choices["emall"].lawful, choices["open_tender"].lawful, choices["inquiry"].lawful) == (True, True, False)
    assert queries.is_barred(choices["inquiry"])
    assert choices["inquiry"].other_grounds == ("uniform_goods",)
    assert {choice.method for choice in queries.methods_for(it, ["uniform_goods"], NOON) if choice.lawful} >= {"inquiry", "emall"}


def test_an_unlawful_method_is_not_handed_in(town: Town) -> None:
    it = drafted(town, method="single_source")
    assert refused(services.hand_in_plan, it, by=town.aygul, at=NOON)[0][0] == "RUL-023"
    it = drafted(town, method="inquiry", grounds=["uniform_goods"])
    assert refused(services.hand_in_plan, it, by=town.aygul, at=NOON) == [("PLN-016", "ground_reason")]


def test_imports_need_their_authorisation_first(town: Town) -> None:
    it = drafted(town, imported="1")
    codes = refused(services.hand_in_plan, it, by=town.aygul, at=NOON)
    assert ("PLN-019", "authorisation") in codes


# Review within the buyer


def test_who_wrote_in_a_plan_does_not_review_it(town: Town) -> None:
    it = services.hand_in_plan(drafted(town), by=town.aygul, at=NOON)
    points = list(rules.REVIEW_POINTS)
    assert refused(services.review_plan, it, points=points, by=town.aygul, at=NOON) == [("PLN-030", "")]
    assert refused(services.review_plan, it, points=points[:1], by=town.zhou, at=NOON) == [("PLN-031", "points")]
    it = services.review_plan(it, points=points, opinion="同意", by=town.zhou, at=NOON)
    assert (it.state, it.reviewer_id, it.review["review"]["opinion"]) == ("reviewed", town.zhou.person, "同意")


def test_a_plan_that_is_sent_back_is_a_draft_again(town: Town) -> None:
    it = services.hand_in_plan(drafted(town), by=town.aygul, at=NOON)
    assert refused(services.send_back_plan, it, reason="", by=town.zhou, at=NOON) == [("PLN-036", "reason")]
    it = services.send_back_plan(it, reason="数量请再核", by=town.zhou, at=NOON)
    assert (it.state, it.reason, it.reviewer_id) == ("draft", "数量请再核", None)


def test_a_project_of_public_interest_needs_its_demand_first(town: Town) -> None:
    it = drafted(town, public_interest="1")
    assert ("PLN-052", "demand") in refused(services.hand_in_plan, it, by=town.aygul, at=NOON)
    assert queries.is_key_project(it, NOON)


# Filing, approval, money


def test_filing_sets_the_money_aside(town: Town) -> None:
    it = filed(town)
    town.quota.refresh_from_db()
    line = PlanLine.objects.get(plan=it)
    assert (it.state, it.filed_at, town.quota.held, line.left) == ("filed", NOON, Decimal("80000.00"), Decimal("80000.00"))
    assert Hold.objects.get(reference=line.hold).amount == Decimal("80000.00")


def test_money_that_went_elsewhere_meanwhile_is_not_set_aside_twice(town: Town) -> None:
    first, second = reviewed(town), reviewed(town)
    services.file_plan(first, by=town.aygul, at=NOON)
    assert refused(services.file_plan, second, by=town.aygul, at=NOON) == [("PLN-014", "quota_1")]
    second.refresh_from_db()
    assert second.state == "reviewed"


def test_withdrawing_sets_the_money_free_and_finishing_what_is_left(town: Town) -> None:
    it = filed(town)
    assert refused(services.withdraw_plan, it, reason="", by=town.aygul, at=NOON) == [("PLN-036", "reason")]
    it = services.withdraw_plan(it, reason="项目取消", by=town.aygul, at=NOON)
    town.quota.refresh_from_db()
    assert (it.state, town.quota.held) == ("withdrawn", Decimal(0))


LARGE = {**PAPER, "amount": "3000000"}
INVITED: dict[str, Any] = {
    "method": "invited_tender",
    "grounds": ["limited_range"],
    "ground_reason": "仅三家具备生产资质",
    "set_aside": "consortium",
    "reserved": "1000000",
    "reserved_small": "700000",
}


def asked(town: Town) -> Plan:
    rich(town)
    return services.ask_plan_approval(reviewed(town, LARGE, **INVITED), by=town.aygul, at=NOON)


def test_another_method_from_the_open_tender_threshold_on_is_approved_by_the_prefecture(town: Town) -> None:
    rich(town)
    it = reviewed(town, LARGE, **INVITED)
    assert refused(services.file_plan, it, by=town.aygul, at=NOON) == [("PLN-034", "")]
    it = services.ask_plan_approval(it, by=town.aygul, at=NOON)
    town.quota.refresh_from_db()
    assert (it.state, town.quota.held) == ("approval_asked", Decimal("3000000.00"))
    assert it.decide_until is not None
    assert it.decide_until > NOON
    assert refused(services.approve_plan, it, by=town.surina, at=NOON) == [("LIF-002", "")]  # the county's bureau does not decide
    it = services.approve_plan(it, by=town.zheng, at=NOON + timedelta(days=1))
    assert (it.state, it.filed_at) == ("approved", NOON + timedelta(days=1))


def test_what_needs_no_approval_is_only_filed(town: Town) -> None:
    assert refused(services.ask_plan_approval, reviewed(town), by=town.aygul, at=NOON) == [("PLN-035", "")]


def test_a_refused_plan_has_its_money_free_and_can_be_changed(town: Town) -> None:
    it = asked(town)
    assert refused(services.refuse_plan, it, reason="", by=town.zheng, at=NOON) == [("PLN-036", "reason")]
    it = services.refuse_plan(it, reason="理由不充分", by=town.zheng, at=NOON)
    town.quota.refresh_from_db()
    assert (it.state, it.reason, town.quota.held) == ("refused", "理由不充分", Decimal(0))
    it = services.reopen_plan(it, by=town.aygul, at=NOON)
    assert (it.state, it.asked_at, it.reviewed_at) == ("draft", None, None)


def test_regulators_see_what_left_the_house(town: Town) -> None:
    it = reviewed(town)
    seen = lambda: [queries.plan(it.number, seen_by=who) is not None for who in (town.batu, town.ma, town.surina, town.zheng, town.chen)]
    assert seen() == [True, False, False, False, False]
    services.file_plan(it, by=town.aygul, at=NOON)
    assert seen() == [True, False, True, True, False]


@pytest.mark.django_db(transaction=True)
def test_of_two_regulators_at_once_one_decides() -> None:
    town = build()
    it = asked(town)

    def decide(verb: str) -> str:
        try:
            if verb == "approve":
                return services.approve_plan(it, by=town.zheng, at=NOON).state
            return services.refuse_plan(it, reason="理由不充分", by=town.zheng, at=NOON).state
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(decide, ["approve", "refuse"]))
    assert first == "LIF-001"
    it.refresh_from_db()
    town.quota.refresh_from_db()
    assert (it.state, town.quota.held) in [("approved", Decimal("3000000.00")), ("refused", Decimal("0.00"))]
    assert second == it.state


# Reserved for small and medium-sized enterprises


def test_the_shares_of_the_year_tell_what_is_missing(town: Town) -> None:
    asked(town)
    sums = queries.reserves(region_path="652800", year=2026, at=NOON)
    assert (sums.large, sums.reserved, sums.reserved_small) == (Decimal("3000000.00"), Decimal("1000000.00"), Decimal("700000.00"))
    assert (sums.missing, sums.missing_small) == (Decimal("0.00"), Decimal("0.00"))
    services.ask_plan_approval(reviewed(town, LARGE, **{**INVITED, "reserved": "0", "reserved_small": "0"}), by=town.aygul, at=NOON)
    sums = queries.reserves(region_path="652800/652801", year=2026, at=NOON, buyer_id=town.school.pk)
    assert (sums.large, sums.missing, sums.count) == (Decimal("6000000.00"), Decimal("800000.00"), 2)
    assert queries.reserves(region_path="652800/652823", year=2026, at=NOON).count == 0


def test_a_smaller_project_is_reserved_as_a_whole_or_says_why_not(town: Town) -> None:
    rich(town)
    middle = {**PAPER, "amount": "400000"}
    it = drafted(town, middle, method="open_tender", set_aside="subcontract", reserved="100000", reserved_small="100000")
    assert verdicts(it)["PLN-055"] == "warned"  # the threshold's figure is not verified
    it = drafted(town, middle, method="open_tender", set_aside="none")
    assert ("PLN-018", "exemption_reason") in refused(services.hand_in_plan, it, by=town.aygul, at=NOON)
    it = drafted(town, middle, method="open_tender", set_aside="none", exemption="few_smes", exemption_reason="市场上只有两家中小企业")
    assert "PLN-055" not in verdicts(it)


# Who is told


def told(kind: str) -> list[tuple[str, str]]:
    return sorted(Message.objects.filter(kind=kind).values_list("user__login", "link"))


def test_whoever_must_act_on_a_plan_is_told_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    it = asked(town)
    for verb in ("hand_in", "review", "ask_approval", "refuse", "finish"):
        event = PlanMoved(
            number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id, region_path=it.region_path, reason="理由不成立", version=7
        )
        for _again in range(2):
            reactions.tell_who_acts_on_the_plan(event)
    page = f"/buyer/plans/{it.number}/"
    assert told("plan.hand_in") == [("li", page), ("zhou", page)]
    assert told("plan.review") == told("plan.refuse") == [("aygul", page)]
    assert told("plan.ask_approval") == [("zheng", f"/regulator/plans/{it.number}/")]  # the prefecture's, not the city's
    assert Message.objects.filter(kind="plan.finish").count() == 0


def test_a_term_that_ends_soon_is_told_before_it_ends(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    it = asked(town)
    until = it.decide_until
    assert until is not None
    for early in (timedelta(days=2), timedelta(hours=20), timedelta(hours=2)):
        monkeypatch.setattr(clock, "now", lambda early=early: until - early)
        reactions.tell_what_is_nearly_due()
        assert len(told("plan.decision_near")) == (0 if early == timedelta(days=2) else 1)
    monkeypatch.setattr(clock, "now", lambda: until + timedelta(hours=1))
    assert queries.plans_nearly_due(until + timedelta(hours=1)) == []


def test_what_the_intention_did_not_tell_of_is_remarked(town: Town) -> None:
    rows = [{"name": "办公家具", "outline": "桌椅一批", "budget": "60000", "month": "2026-03", "note": ""}]
    notice = services.publish_intention(services.draft_intention(rows, by=town.aygul, at=NOON), by=town.zhou, at=NOON)
    rich(town)
    it = drafted(town, {**PAPER, "amount": "2500000"}, intention=str(notice.items.get().pk), starts_on="2026-04-20")
    found = {ruling.code: ruling for ruling in queries.check_plan(it, NOON).rulings}
    assert (found["PLN-058"].verdict, found["PLN-058"].key) == ("warned", "TL-001")
    assert (found["PLN-059"].verdict, found["PLN-059"].figures["objects"]) == ("warned", "复印纸")


def test_where_it_was_delegated_the_county_s_bureau_decides_on_the_method_too(town: Town) -> None:
    it = asked(town)
    change: dict[str, Any] = {
        "key": "plan.method_approval",
        "region": it.region_path,
        "value": "county",
        "effective_from": NOON.date() + timedelta(days=1),
    }
    assert refused(rulebook.set_rule, **change, by=town.surina, at=NOON) == [("RUL-052", "value")]  # nobody delegates to itself
    rulebook.set_rule(**change, source="新政办〔样例〕8号", by=town.zheng, at=NOON)
    later = NOON + timedelta(days=2)
    assert refused(services.approve_plan, it, by=town.surina, at=later) == [("LIF-002", "")]  # asked for before the delegation
    Plan.objects.filter(pk=it.pk).update(asked_at=NOON + timedelta(days=1))
    assert services.approve_plan(it, by=town.surina, at=later).state == "approved"


def test_other_counties_do_not_share_in_a_delegation(town: Town) -> None:
    it = asked(town)
    told: dict[str, Any] = {
        "value": "county",
        "effective_from": NOON.date() + timedelta(days=1),
        "source": "新政办〔样例〕8号",
        "by": town.zheng,
        "at": NOON,
    }
    rulebook.set_rule(key="plan.method_approval", region="652800/652823", **told)
    Plan.objects.filter(pk=it.pk).update(asked_at=NOON + timedelta(days=1))
    assert refused(services.approve_plan, it, by=town.surina, at=NOON + timedelta(days=2)) == [("LIF-002", "")]
