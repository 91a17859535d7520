"""Open framework agreements: lawful only where the law says so, joined and left at any time, bought under by direct selection alone."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.disclosure import queries as disclosed
from sunlit.domain.disclosure import reactions as disclosure
from sunlit.domain.market import policies, reactions
from sunlit.domain.market.events import FrameworkEntryMoved, FrameworkMoved
from sunlit.domain.market.models import Framework, FrameworkEntry, Order
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.queries.openings import Asked
from sunlit.domain.market.services import batches, calloffs, frameworks, parties
from sunlit.domain.market.services import open_frameworks as services
from sunlit.domain.registry.models import Supplier
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Seat
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
from tests.domain.market import frames
from tests.town import NOON, Town, build

OPEN: dict[str, Any] = {
    "form": "open",
    "method": "",
    "open_ground": "policy",
    "second_stage": ["direct"],
    "fee_standard": "每箱150元，验收后按月凭订单结算。",
    "clearing": "不履约、提供虚假材料的予以清退；有效期内随时可申请加入。",
}
THEN = NOON + timedelta(hours=1)


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Any) -> Town:
    settings.DATA_DIR = tmp_path
    return build()


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def planned(town: Town, **more: Any) -> Framework:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A05040101")
    return frameworks.draft_framework(frames.told(**{**OPEN, **more}), by=town.zhou, at=NOON)


def invited(town: Town, **more: Any) -> Framework:
    it = frameworks.ask_framework_review(planned(town, **more), by=town.zhou, at=NOON)
    it = frameworks.approve_framework(it, by=town.surina, at=NOON)
    return services.invite_suppliers(it, by=town.zhou, at=NOON)


def applied(it: Framework, by: Actor, *, at: datetime = NOON) -> FrameworkEntry:
    package = it.packages.select_related("framework").get(position=1)
    return services.apply_to_join(package, frames.offer("1.00"), proof=frames.proof(by), by=by, at=at)


def admitted(town: Town, it: Framework, by: Actor, *, at: datetime = NOON) -> FrameworkEntry:
    return services.admit_supplier(applied(it, by, at=at), by=town.zhou, at=at)


def heard(it: FrameworkEntry, verb: str, monkeypatch: pytest.MonkeyPatch, at: datetime = THEN, reason: str = "") -> None:
    """The reactions to what an entry did."""
    monkeypatch.setattr(clock, "now", lambda: at)
    framework = it.package.framework
    event = FrameworkEntryMoved(
        number=it.number, verb=verb, framework=framework.number, solicitor_id=framework.solicitor_id, supplier_id=it.supplier_id,
        reason=reason, version=it.version,
    )  # fmt: skip
    reactions.tell_of_a_party(event)
    disclosure.tell_what_changed(event)


def titles(supplier: int) -> list[str]:
    return list(Message.objects.filter(organisation_id=supplier).order_by("pk").values_list("kind", flat=True))


# When it is lawful


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"open_ground": ""}, [("OFW-001", "open_ground")]),
        ({"open_ground": "unified_fee"}, [("OFW-002", "open_ground")]),
        ({"open_ground": "few_suppliers", "suppliers_known": "4"}, [("OFW-003", "suppliers_known")]),
        ({"second_stage": ["direct", "bidding"]}, [("OFW-004", "second_stage")]),
    ],
)
def test_an_open_form_is_lawful_in_few_cases(town: Town, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    it = planned(town, **change)
    with pytest.raises(Refused) as refused:
        frameworks.ask_framework_review(it, by=town.zhou, at=NOON)
    assert codes(refused) == expected
    it.refresh_from_db()
    assert it.state == "draft"


def test_assurance_services_are_never_open(town: Town) -> None:
    problems = queries.open_problems(
        Framework(form="open", open_ground="unified_fee", ground="assurance_services", second_stage=["direct"]), NOON
    )
    assert [problem.code for problem in problems] == ["OFW-002"]


def test_few_suppliers_are_few_by_the_rulebook_and_the_survey_asks_all_of_them(town: Town) -> None:
    it = planned(town, open_ground="few_suppliers", suppliers_known="2", surveyed_suppliers="2")
    assert frameworks.ask_framework_review(it, by=town.zhou, at=NOON).state == "in_review"


@pytest.mark.parametrize("name", ["fee_standard", "clearing"])
def test_the_invitation_says_fees_and_clearing(town: Town, name: str) -> None:
    with pytest.raises(Refused) as refused:
        planned(town, **{name: ""})
    assert codes(refused) == [("FWK-001", name)]


def test_what_it_says_is_part_of_its_digest(town: Town) -> None:
    first, second = planned(town), planned(town, fee_standard="每箱149元。")
    assert first.contents_hash != second.contents_hash


def test_each_form_has_its_own_way(town: Town) -> None:
    it = frameworks.ask_framework_review(planned(town), by=town.zhou, at=NOON)
    it = frameworks.approve_framework(it, by=town.surina, at=NOON)
    with pytest.raises(Refused) as refused:
        frameworks.publish_framework(it, until=frames.UNTIL, by=town.zhou, at=NOON)
    assert codes(refused) == [("OFW-005", "")]
    closed = frameworks.draft_framework(frames.told(), by=town.zhou, at=NOON)
    closed = frameworks.approve_framework(frameworks.ask_framework_review(closed, by=town.zhou, at=NOON), by=town.surina, at=NOON)
    with pytest.raises(Refused) as refused:
        services.invite_suppliers(closed, by=town.zhou, at=NOON)
    assert codes(refused) == [("OFW-006", "")]


# Coming and going


def test_whoever_meets_the_requirements_is_admitted_and_bought_from(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    it = invited(town)
    assert (it.state, it.valid_until, it.respond_until) == ("in_force", it.respond_until, it.valid_until)
    first, second, third = frames.sellers(3)
    entry = applied(it, first)
    assert (entry.state, entry.quoted) == ("applied", Decimal("150.00"))  # the fee is that of the invitation, whatever is told
    assert entry.decide_until == rulebook.deadline("TL-045", start=NOON, region_path=it.region_path, on=local_day(NOON))
    assert policies.entries_visible_to(town.zhou).filter(pk=entry.pk).exists()
    assert not policies.entries_visible_to(second).filter(pk=entry.pk).exists()
    entry = services.admit_supplier(entry, by=town.zhou, at=THEN)
    assert (entry.state, entry.price, entry.rank) == ("signed", Decimal("150.00"), 1)
    heard(entry, "admit", monkeypatch)
    assert titles(entry.supplier_id) == ["framework_entry.admit"]
    assert Message.objects.filter(kind="framework.conclude.buyer", organisation_id=town.school.pk).exists()
    other = applied(it, second)
    other = services.turn_down_supplier(other, finding="below_standard", note="白度实测为93，低于95", by=town.zhou, at=THEN)
    heard(other, "turn_down", monkeypatch, reason=other.note)
    assert (other.state, other.finding) == ("nonconforming", "below_standard")
    assert titles(other.supplier_id) == ["framework_entry.turn_down"]
    again = services.admit_supplier(applied(it, second, at=THEN), by=town.zhou, at=THEN)
    assert (again.state, again.rank) == ("signed", 2)
    assert admitted(town, it, third).rank == 3  # nobody is eliminated
    bought = called(town, it, entry)
    order = Order.objects.get(number=bought.order_number)
    assert (bought.mode, order.total, order.supplier_id) == ("direct", Decimal("300.00"), entry.supplier_id)


def called(town: Town, it: Framework, entry: FrameworkEntry, mode: str = "direct", **more: Any) -> Any:
    package = it.packages.select_related("framework__solicitor", "category").get(position=1)
    return calloffs.call_off(
        package, mode=mode, quantity="2", quota_id=town.quota.pk, address_id=town.address.pk, title_id=town.title.pk, purpose="教师备课",
        reason="距离最近，当天送达", entry=entry.number, by=town.aygul, at=THEN, **more,
    )  # fmt: skip


@pytest.mark.parametrize(("mode", "expected"), [("bidding", ("CAL-002", "mode")), ("outside", ("OFW-010", "mode"))])
def test_buyers_select_directly_and_nothing_else(town: Town, mode: str, expected: tuple[str, str]) -> None:
    it = invited(town)
    entry = admitted(town, it, frames.sellers(1)[0])
    with pytest.raises(Refused) as refused:
        called(town, it, entry, mode)
    assert codes(refused) == [expected]


def test_there_is_no_batch_no_supplement_no_lower_price_and_no_asking_to_leave(town: Town) -> None:
    it = invited(town)
    entry = admitted(town, it, frames.sellers(1)[0])
    seller = seat_of(entry)
    with pytest.raises(Refused) as refused:
        batches.open_batch(entry.package, period="2026Q2", by=town.zhou, at=THEN)
    assert ("OFW-004", "") in codes(refused)
    acts = (
        lambda: frameworks.supplement_framework(it, reason="供应商不足影响履约", by=town.zhou, at=THEN),
        lambda: frameworks.reduce_price(entry, price="140.00", by=seller, at=THEN),
        lambda: frameworks.ask_leave(entry, reason="生产线停产", by=seller, at=THEN),
        lambda: frameworks.release_entry(entry, reason="同意其退出", by=town.zhou, at=THEN),
    )
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert "OFW-005" in [code for code, _on in codes(refused)]
    assert not queries.may_supplement(it, THEN)
    newer = {"name": "孔雀复印纸", "brand": "孔雀", "model": "A4-75", "description": "75克", "price": "149.00"}
    rows = [{"parameter": "克重", "before": "70", "after": "75"}]
    with pytest.raises(Refused) as refused:
        parties.ask_upgrade(entry, newer, rows=rows, by=seller, at=THEN)
    assert codes(refused) == [("OFW-009", "price")]
    upgrade = parties.ask_upgrade(entry, {**newer, "price": "150.00"}, rows=rows, by=seller, at=THEN)
    assert parties.approve_upgrade(upgrade, by=town.zhou, at=THEN).state == "approved"


def seat_of(entry: FrameworkEntry) -> Actor:
    return actor_in(Seat.objects.get(organisation_id=entry.supplier_id))


def test_a_party_leaves_when_it_wants_to_and_who_was_cleared_out_stays_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    it = invited(town)
    first, second = frames.sellers(2)
    entry, other = admitted(town, it, first), admitted(town, it, second)
    for one in (entry, other):
        heard(one, "admit", monkeypatch)
    bought = called(town, it, entry)
    entry = services.leave_framework(entry, by=first, at=THEN)
    heard(entry, "leave", monkeypatch)
    assert (entry.state, entry.ended_at) == ("left", THEN)
    assert Order.objects.get(number=bought.order_number).state == "placed"  # what was ordered is performed
    assert [one["supplier"]["number"] for one in disclosed.parties_now(it.number)] == ["GY-9002"]
    with pytest.raises(Refused) as refused:
        called(town, it, entry)
    assert codes(refused) == [("CAL-003", "entry")]
    assert admitted(town, it, first, at=THEN).rank == 3  # it may come in again
    other = frameworks.clear_out_entry(other, reason="三次拒绝接单", removal="refused_orders", by=town.zhou, at=THEN)
    heard(other, "clear_out", monkeypatch)
    assert disclosed.parties_now(it.number) == []  # of the last admission nothing was heard here
    with pytest.raises(Refused) as refused:
        applied(it, second, at=THEN)
    assert codes(refused) == [("OFW-008", "")]
    assert {notice.content["change"] for notice in disclosed.framework_changes(it.number)} == {"admit", "leave", "clear_out"}


def test_an_application_is_refused_with_its_reasons(town: Town) -> None:
    it = invited(town)
    [seller] = frames.sellers(1)
    package = it.packages.select_related("framework").get(position=1)
    with pytest.raises(Refused) as refused:
        services.apply_to_join(package, frames.offer(name="", model=""), by=seller, at=NOON)
    assert codes(refused) == [("FWK-044", "proof"), ("FWK-001", "name"), ("FWK-001", "model")]
    with pytest.raises(Refused) as refused:
        services.apply_to_join(package, frames.offer(name="政采专供纸"), proof=frames.proof(seller), by=seller, at=NOON)
    assert codes(refused) == [("FWK-045", "name")]
    entry = applied(it, seller)
    with pytest.raises(Refused) as refused:
        applied(it, seller)
    assert codes(refused) == [("FWK-043", "")]
    with pytest.raises(Refused) as refused:
        services.turn_down_supplier(entry, finding="", note="短", by=town.zhou, at=THEN)
    assert codes(refused) == [("FWK-047", "finding"), ("FWK-020", "note")]
    with pytest.raises(Refused) as refused:
        services.admit_supplier(entry, by=seller, at=THEN)
    assert codes(refused) == [("LIF-002", "")]
    Supplier.objects.filter(organisation_id=seller.party).update(state="suspended", reason="调查期间", suspended_until=THEN)
    with pytest.raises(Refused) as refused:
        services.admit_supplier(entry, by=town.zhou, at=THEN)
    assert codes(refused) == [("FWK-042", "")]
    assert services.take_back_application(entry, by=seller, at=THEN).state == "withdrawn"


def test_what_was_not_answered_ends_with_the_agreement_and_nobody_comes_in_after(town: Town) -> None:
    it = invited(town)
    first, second = frames.sellers(2)
    entry = applied(it, first)
    assert it.valid_until is not None
    with pytest.raises(Refused) as refused:
        applied(it, second, at=it.valid_until)
    assert codes(refused) == [("OFW-007", "")]
    with pytest.raises(Refused) as refused:
        services.admit_supplier(entry, by=town.zhou, at=it.valid_until)
    assert codes(refused) == [("OFW-007", "")]
    assert frameworks.end_due(it.valid_until) == 1
    entry.refresh_from_db()
    assert entry.state == "expired"


def test_voiding_ends_it_and_its_applications(town: Town) -> None:
    it = invited(town)
    entry = applied(it, frames.sellers(1)[0])
    frameworks.void_framework(it, reason="供应商资格条件违法", by=town.surina, at=THEN)
    entry.refresh_from_db()
    assert entry.state == "expired"


def test_the_solicitor_is_reminded_of_an_application(town: Town) -> None:
    entry = applied(invited(town), frames.sellers(1)[0])
    assert entry.decide_until is not None
    reactions.remind_solicitors(entry.decide_until - timedelta(days=2))
    waiting = Message.objects.filter(kind="framework.application_due.solicitor")
    assert not waiting.exists()
    for hours in (20, 1, -1):
        reactions.remind_solicitors(entry.decide_until - timedelta(hours=hours))
    assert waiting.count() == 2  # orderer and lead, once


def test_an_invitation_is_an_opportunity_and_public_for_its_whole_term(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    it = invited(town)
    monkeypatch.setattr(clock, "now", lambda: THEN)
    disclosure.tell_the_framework(
        FrameworkMoved(
            number=it.number, verb="invite", state=it.state, solicitor_id=it.solicitor_id, region_path=it.region_path, reason="", version=1
        )
    )
    notice = disclosed.notice(it.number)
    assert notice is not None
    assert (notice.content["form"], notice.content["fee_standard"]) == ("open", OPEN["fee_standard"])
    seller = frames.sellers(1)[0]
    assert it.valid_until is not None
    for at in (THEN, it.valid_until - timedelta(minutes=1)):
        page = workbench.opportunities(Asked(fitting=False), seen_by=seller, at=at)
        assert it.number in [row.number for row in page.rows]
    page = workbench.opportunities(Asked(fitting=False), seen_by=seller, at=it.valid_until)
    assert it.number not in [row.number for row in page.rows]


@pytest.mark.django_db(transaction=True)
def test_two_hands_admit_two_suppliers_with_two_ranks(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    town = build()
    it = invited(town)
    entries = [applied(it, seller) for seller in frames.sellers(2)]
    at_once = threading.Barrier(2)

    def admit(entry: FrameworkEntry) -> None:
        try:
            fresh = FrameworkEntry.objects.select_related("package__framework", "supplier").get(pk=entry.pk)
            at_once.wait(timeout=20)
            services.admit_supplier(fresh, by=town.zhou, at=THEN)
        finally:
            connection.close()

    hands = [threading.Thread(target=admit, args=(entry,)) for entry in entries]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(timeout=30)
    assert list(FrameworkEntry.objects.filter(state="signed").order_by("rank").values_list("rank", flat=True)) == [1, 2]
