"""Designated services: quoted by the rate sheet, approved within caps, settled by what was done; every way out gives the money back."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.market import policies, reactions
from sunlit.domain.market import services as market
from sunlit.domain.market.models import FrameworkEntry, Order, ServiceItem, ServiceObject, WorkLine, WorkOrder
from sunlit.domain.market.queries import workorders as queries
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.services import calloffs, frameworks
from sunlit.domain.market.services import workorders as services
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import BudgetQuota, Hold, Plan, PlanLine, PlanUse
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import row_digest
from sunlit.foundation.messages.models import Message
from tests.domain.market import frames, workshop
from tests.domain.market.workshop import PLATE, THEN, Workshop, approved, asked, held, lines, opened, quoted, reported, row
from tests.domain.planning.plans import PAPER, filed
from tests.town import NOON, build


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Any) -> Workshop:
    settings.DATA_DIR = tmp_path
    return opened(build())


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def rule(key: str, value: dict[str, Any], kind: str = "") -> None:
    assert Rule.objects.filter(key=key, kind=kind).update(value=value)
    rulebook.forget()


# The rate sheet


def test_one_object_is_one_however_its_name_is_written(shop: Workshop) -> None:
    wide = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
    assert asked(shop).target_id == asked(shop, target=PLATE.translate(wide)).target_id


def test_a_quote_beyond_what_is_reckoned_with_is_refused(shop: Workshop) -> None:
    with pytest.raises(Refused) as refused:
        services.quote_work(
            it := asked(shop),
            [{"item": "3", "row": "3_1", "quantity": "1000000", "base": "99999999999.99", "basis": "厂家2026年配件目录"}],
            by=shop.seat(it),
            at=THEN,
        )
    assert codes(refused) == [("WKO-028", "")]


def test_each_party_has_its_share_of_the_sheet(shop: Workshop) -> None:
    assert [str(rate.rate) for rate in queries.rates_of(shop.parties[0])] == ["102.0000", "5.5250", "80.7500", "0.1275"]
    assert [str(rate.rate) for rate in queries.rates_of(shop.parties[2])] == ["108.0000", "5.8500", "85.5000", "0.1350"]
    assert (shop.package.unit, shop.package.ceiling) == ("%", Decimal("100.00"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rates": ""}, ("WKO-002", "rates_1")),
        ({"rates": "工时费|小时"}, ("WKO-001", "rates_1")),
        ({"rates": "工时费|每天|120"}, ("WKO-001", "rates_1")),
        ({"rates": "工时费|小时|0"}, ("WKO-001", "rates_1")),
        ({"rates": "配件|目录价折扣|101"}, ("WKO-001", "rates_1")),
        ({"rates": "工时费|小时|1.23456"}, ("WKO-001", "rates_1")),
        ({"rates": "工时费|小时|120\n工时费|公里|1"}, ("WKO-002", "rates_1")),
        ({"service": "haircuts"}, ("FWK-002", "service_1")),
    ],
)
def test_a_sheet_is_read_strictly(shop: Workshop, change: dict[str, Any], expected: tuple[str, str]) -> None:
    before = ServiceItem.objects.count()
    with pytest.raises(Refused) as refused:
        frameworks.draft_framework(frames.told(kind="services", packages=[{**row(1), **change}]), by=shop.town.zhou, at=NOON)
    assert expected in codes(refused)
    assert ServiceItem.objects.count() == before


def test_goods_have_no_rate_sheet(shop: Workshop) -> None:
    told = frames.told(packages=[{**frames.PACKAGE, "service": "fuel", "rates": "汽油|目录价折扣|98"}])
    with pytest.raises(Refused) as refused:
        frameworks.draft_framework(told, by=shop.town.zhou, at=NOON)
    assert ("WKO-003", "rates_1") in codes(refused)


def test_a_plan_written_anew_has_its_sheet_anew_and_another_digest(shop: Workshop) -> None:
    it = frameworks.draft_framework(frames.told(kind="services", packages=[row(1)]), by=shop.town.zhou, at=NOON)
    other = frameworks.write_framework(it, frames.told(kind="services", packages=[row(1, "工时费|hour|110")]), by=shop.town.zhou, at=NOON)
    sheet = ServiceItem.objects.filter(package__framework=it)
    assert [(item.name, item.form, str(item.ceiling)) for item in sheet] == [("工时费", "hour", "110.0000")]
    assert it.contents_hash != other.contents_hash


def test_a_service_is_bought_by_work_order_alone(shop: Workshop) -> None:
    town = shop.town
    with pytest.raises(Refused) as refused:
        calloffs.call_off(
            shop.package, mode="direct", quantity="1", quota_id=town.quota.pk, address_id=town.address.pk, title_id=town.title.pk,
            entry=shop.parties[0].number, reason="价格最低服务好", by=town.aygul, at=THEN,
        )  # fmt: skip
    assert ("WKO-004", "") in codes(refused)


@given(
    st.sampled_from(sorted(rules.FORMS)),
    st.tuples(st.integers(1, 1_000_000), st.integers(1, 10_000), st.integers(0, 999_999), st.integers(1, 9_999_999)),
)
def test_nobody_ever_pays_above_the_exact_share(form: str, drawn: tuple[int, int, int, int]) -> None:
    ceiling, share, quantity, base = Decimal(drawn[0]) / 10_000, *(Decimal(number) / 100 for number in drawn[1:])
    rate = rules.agreed_rate(ceiling, share)
    assert rate <= ceiling * share / 100 < rate + Decimal("0.0001")
    paid, exact = rules.amount_of(rules.Line(form, quantity, rate, base)), quantity * rate
    exact = exact * base / 100 if rules.FORMS[form].percent else exact
    assert paid <= exact < paid + Decimal("0.01")


# From the request to the paid order


def test_a_repair_from_the_request_to_the_settled_order(shop: Workshop) -> None:
    town = shop.town
    it = asked(shop)
    assert (it.state, it.entry, it.target.name, held()) == ("requested", shop.parties[0], PLATE, {})
    it = quoted(shop, it, "2.5", "1000")
    assert [str(line.amount) for line in queries.lines_of(it, 1)] == ["255.00", "807.50"]  # 2.5 × 102; 80.75 % of 1000
    it = services.approve_work(it, by=town.aygul, at=THEN)
    assert (it.state, it.amount, it.approver_id, held()) == (
        "approved",
        Decimal("1062.50"),
        town.aygul.user_id,
        {"work_order": Decimal("1062.50")},
    )
    it = reported(shop, it, {1: "2", 2: "1"})
    it = services.settle_work(it, by=town.aygul, at=THEN)
    order = Order.objects.get()
    assert (it.state, it.settled, it.order_number) == ("concluded", Decimal("1011.50"), order.number)
    assert (order.mode, order.origin, order.state, order.total) == ("service", it.number, "received", Decimal("1011.50"))
    assert (order.orderer_id, order.supplier_id, held()) == (town.aygul.user_id, it.entry.supplier_id, {"order": Decimal("1011.50")})
    first, second = order.lines.order_by("position")
    assert (first.snapshot["name"], first.snapshot["attributes"]) == ("工时费", {"数量": "2.00 小时", "费率": "102 元/小时"})
    assert second.snapshot["attributes"] == {
        "数量": "1.00 件", "费率": "80.75%", "目录价或保费": "1000.00 元", "依据": "厂家2026年配件目录",
    }  # fmt: skip
    assert policies.visible_to(shop.people[0]).filter(pk=order.pk).exists()
    town.quota.refresh_from_db()
    assert town.quota.held == Decimal("1011.50")


def test_the_order_is_accepted_like_every_other_and_undone_it_frees_money_and_cap(shop: Workshop) -> None:
    town = shop.town
    it = services.settle_work(reported(shop, approved(shop), {1: "2"}), by=town.aygul, at=THEN)
    order = Order.objects.get()
    assert queries.used_of(it.target, "vehicle_repair", it.year) == Decimal("204.00")
    order = market.mark(order, "reject", by=town.batu, at=THEN, facts={"reason": "仍有异响"}, change={"reason": "仍有异响"})
    order = market.mark(order, "ask_return", by=town.batu, at=THEN, facts={"reason": "不再维修"}, change={"reason": "不再维修"})
    market.take_back(order, by=shop.people[0], at=THEN)
    assert (held(), queries.used_of(it.target, "vehicle_repair", it.year)) == ({}, Decimal("0.00"))


def test_other_suppliers_and_units_do_not_see_it(shop: Workshop) -> None:
    town, it = shop.town, asked(shop)
    sees = [
        actor
        for actor in (town.aygul, town.li, shop.people[0], town.surina, town.he)
        if policies.workorders_visible_to(actor).filter(pk=it.pk)
    ]
    assert sees == [town.aygul, town.li, shop.people[0], town.surina, town.he]
    assert not any(policies.workorders_visible_to(actor).filter(pk=it.pk) for actor in (shop.people[1], town.ma, town.chen))


# Refusals


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"mode": "bidding"}, ("WKO-012", "mode")),
        ({"entry": "KX-none"}, ("CAL-003", "entry")),
        ({"reason": "近"}, ("CAL-005", "reason")),
        ({"target": "·"}, ("WKO-011", "target")),
        ({"need": "修"}, ("WKO-010", "need")),
        ({"address_id": 0}, ("ORD-022", "address")),
    ],
)
def test_a_request_that_cannot_be_is_refused_at_its_field(shop: Workshop, more: dict[str, Any], expected: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        asked(shop, **more)
    assert expected in codes(refused)
    assert (WorkOrder.objects.count(), ServiceObject.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"item": "1", "row": "1", "quantity": "2", "rate": "102.01"}], ("WKO-025", "rate_1")),
        ([{"item": "1", "row": "1", "quantity": "2", "rate": "x"}], ("WKO-024", "rate_1")),
        ([{"item": "1", "row": "1", "quantity": "-2"}], ("WKO-020", "quantity_1")),
        ([{"item": "1", "row": "1", "quantity": "0.001"}], ("WKO-020", "quantity_1")),
        ([{"item": "4", "row": "4", "quantity": "2.5"}], ("WKO-021", "quantity_4")),
        ([{"item": "3", "row": "3_2", "quantity": "1", "base": "", "basis": "目录"}], ("WKO-022", "base_3_2")),
        ([{"item": "3", "row": "3_2", "quantity": "1", "base": "10", "basis": ""}], ("WKO-023", "basis_3_2")),
        ([{"item": "1", "row": "1", "quantity": ""}], ("WKO-026", "")),
        ([{"item": "9", "row": "9", "quantity": "1"}], ("WKO-026", "")),
    ],
)
def test_a_quote_is_never_above_the_agreement(shop: Workshop, rows: list[dict[str, str]], expected: tuple[str, str]) -> None:
    it = asked(shop)
    with pytest.raises(Refused) as refused:
        services.quote_work(it, rows, by=shop.people[0], at=THEN)
    assert expected in codes(refused)
    it.refresh_from_db()
    assert (it.state, it.edition, WorkLine.objects.count()) == ("requested", 0, 0)


def test_only_the_asked_supplier_quotes_and_in_time(shop: Workshop) -> None:
    it = asked(shop)
    with pytest.raises(Refused) as refused:
        services.quote_work(it, lines(), by=shop.people[1], at=THEN)
    assert codes(refused) == [("LIF-002", "")]
    assert it.answer_until is not None
    with pytest.raises(Refused) as refused:
        services.quote_work(it, lines(), by=shop.people[0], at=it.answer_until)
    assert codes(refused) == [("WKO-027", "")]


def test_above_the_limit_the_lead_approves_and_not_whoever_asked(shop: Workshop) -> None:
    town = shop.town
    rule("order.approval_limit", {"yuan": "200.00"})
    town.school.approval_limit = Decimal("200.00")
    town.school.save()
    it = quoted(shop, asked(shop))
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=town.aygul, at=THEN)
    assert codes(refused) == [("WKO-030", ""), ("WKO-031", "")]
    assert held() == {}
    assert services.approve_work(it, by=town.zhou, at=THEN).state == "approved"
    own = quoted(shop, asked(shop, by=town.zhou))
    with pytest.raises(Refused) as refused:
        services.approve_work(own, by=town.zhou, at=THEN)
    assert codes(refused) == [("WKO-030", "")]


def test_the_rulebook_may_ask_for_a_second_person_always(shop: Workshop) -> None:
    rule("service.second_person", {"choice": "always"})
    it = quoted(shop, asked(shop))
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("WKO-030", "")]
    assert services.approve_work(it, by=shop.town.zhou, at=THEN).state == "approved"


def test_one_vehicle_has_one_cap_a_year_however_its_plate_is_written(shop: Workshop) -> None:
    rule("service.object_cap", {"yuan": "500.00"}, "vehicle_repair")
    approved(shop)  # 255
    again = quoted(shop, asked(shop, target="新m-a1234"), "2.41")  # 245.82: together 500.82
    with pytest.raises(Refused) as refused:
        services.approve_work(again, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("WKO-032", "cap")]
    assert (ServiceObject.objects.count(), held()) == (1, {"work_order": Decimal("255.00")})
    other = quoted(shop, asked(shop, target="新M·B5678"), "2.41")
    assert services.approve_work(other, by=shop.town.aygul, at=THEN).state == "approved"
    again = services.quote_work(again, lines("2.40"), by=shop.people[0], at=THEN)  # 244.80: within
    assert services.approve_work(again, by=shop.town.aygul, at=THEN).state == "approved"
    assert queries.objects_of(shop.town.school.pk, region_path=shop.town.school.region.path, year=2026, at=THEN)[0].left == Decimal("0.20")


def test_a_rate_that_fell_meanwhile_is_not_passed_by(shop: Workshop) -> None:
    it = quoted(shop, asked(shop))
    frameworks.reduce_price(shop.parties[0], price="80.00", by=shop.people[0], at=THEN)
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("WKO-033", "")]
    it = services.send_back_quote(it, reason="协议价已下调，请重新报价", by=shop.town.aygul, at=THEN)
    it = quoted(shop, it)
    assert services.approve_work(it, by=shop.town.aygul, at=THEN).amount == Decimal("240.00")


def test_nothing_is_approved_under_an_agreement_that_was_voided(shop: Workshop) -> None:
    it = quoted(shop, asked(shop))
    frameworks.void_framework(shop.package.framework, reason="违法征集", by=shop.town.surina, at=THEN)
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("CAL-001", "")]
    with pytest.raises(Refused) as refused:
        asked(shop)
    assert ("CAL-001", "") in codes(refused)


def test_settlement_stays_within_the_approval_unless_a_supplement_is_approved(shop: Workshop) -> None:
    town, it = shop.town, approved(shop)
    with pytest.raises(Refused) as refused:
        reported(shop, it, {1: "2.51"})
    assert codes(refused) == [("WKO-040", "")]
    with pytest.raises(Refused) as refused:
        services.ask_supplement(it, lines("2.5"), reason="还需更换皮带轮", by=shop.people[0], at=THEN)
    assert codes(refused) == [("WKO-043", "")]
    it = services.ask_supplement(it, lines("4"), reason="还需更换皮带轮", by=shop.people[0], at=THEN)
    with pytest.raises(Refused) as refused:
        reported(shop, it, {1: "2"})
    assert codes(refused) == [("LIF-001", "")]
    it = services.refuse_supplement(it, reason="先按原报价修", by=town.aygul, at=THEN)
    assert (it.state, it.amount, held()) == ("approved", Decimal("255.00"), {"work_order": Decimal("255.00")})
    it = services.ask_supplement(it, lines("4"), reason="拆检后确认必须更换", by=shop.people[0], at=THEN)
    it = services.approve_supplement(it, by=town.aygul, at=THEN)
    assert (it.amount, held()) == (Decimal("408.00"), {"work_order": Decimal("408.00")})
    it = services.settle_work(reported(shop, it, {1: "3.5"}), by=town.aygul, at=THEN)
    assert (it.settled, held()) == (Decimal("357.00"), {"order": Decimal("357.00")})


def test_a_supplement_over_the_cap_is_refused_and_the_former_money_stays(shop: Workshop) -> None:
    rule("service.object_cap", {"yuan": "300.00"}, "vehicle_repair")
    it = services.ask_supplement(approved(shop), lines("3"), reason="拆检后确认必须更换", by=shop.people[0], at=THEN)
    with pytest.raises(Refused) as refused:
        services.approve_supplement(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("WKO-032", "cap")]
    assert held() == {"work_order": Decimal("255.00")}


def test_without_money_nothing_is_approved(shop: Workshop) -> None:
    BudgetQuota.objects.filter(pk=shop.town.quota.pk).update(total=Decimal("254.99"))
    it = quoted(shop, asked(shop))
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("BUD-001", "quota")]
    it.refresh_from_db()
    assert (it.state, held()) == ("quoted", {})


@pytest.mark.parametrize(
    ("more", "expected"),
    [({"done": ""}, ("WKO-044", "done")), ({"reading": " "}, ("WKO-042", "reading")), ({"papers": []}, ("WKO-041", "papers"))],
)
def test_a_report_has_its_evidence(shop: Workshop, more: dict[str, Any], expected: tuple[str, str]) -> None:
    it, by = approved(shop), shop.people[0]
    told = {"done": "更换皮带", "reading": "里程表 86240", "papers": [workshop.photo(by)], **more}
    with pytest.raises(Refused) as refused:
        services.report_work(it, {1: "2"}, **told, by=by, at=THEN)
    assert codes(refused) == [expected]


def test_somebody_elses_papers_are_no_evidence(shop: Workshop) -> None:
    it = approved(shop)
    with pytest.raises(Refused) as refused:
        services.report_work(
            it, {1: "2"}, done="更换皮带", reading="里程表 86240", papers=[workshop.photo(shop.people[1])], by=shop.people[0], at=THEN
        )
    assert codes(refused) == [("WKO-041", "papers")]


def test_a_returned_report_is_made_anew(shop: Workshop) -> None:
    town, it = shop.town, reported(shop, approved(shop), {1: "2.5"})
    it = services.return_report(it, reason="工时与派工单不符", by=town.aygul, at=THEN)
    it = services.settle_work(reported(shop, it, {1: "1"}), by=town.aygul, at=THEN)
    assert (it.settled, [line.edition for line in it.lines.all()]) == (Decimal("102.00"), [1, 2, 3])


# Ways out


def test_a_lawful_refusal_and_a_cancellation_give_the_money_back(shop: Workshop) -> None:
    town = shop.town
    it = approved(shop)
    with pytest.raises(Refused) as refused:
        services.decline_work(it, ground="busy", note="最近很忙", by=shop.people[0], at=THEN)
    assert codes(refused) == [("CAL-013", "ground")]
    assert held() == {"work_order": Decimal("255.00")}
    it = services.decline_work(it, ground="force_majeure", note="厂房失火停业", by=shop.people[0], at=THEN)
    assert (it.state, held()) == ("declined", {})
    it = approved(shop)
    with pytest.raises(Refused) as refused:
        services.cancel_work(it, reason="", by=town.aygul, at=THEN)
    assert codes(refused) == [("WKO-045", "reason")]
    it = services.cancel_work(it, reason="车辆报废不修了", by=town.aygul, at=THEN)
    assert (it.state, held(), queries.used_of(it.target, "vehicle_repair", 2026)) == ("cancelled", {}, Decimal("0.00"))
    done = reported(shop, approved(shop), {1: "1"})
    with pytest.raises(Refused) as refused:
        services.cancel_work(done, reason="车辆报废不修了", by=town.aygul, at=THEN)
    assert codes(refused) == [("LIF-001", "")]


def test_turns_go_round_pass_on_and_end(shop: Workshop) -> None:
    order = [asked(shop, "rotation").entry.rank for _n in range(4)]
    assert order == [1, 2, 3, 1]
    it = asked(shop, "rotation")
    assert it.entry.rank == 2
    it = services.decline_work(it, ground="conflict", note="法定代表人与采购人有亲属关系", by=shop.people[1], at=THEN)
    assert (it.state, it.entry.rank) == ("requested", 3)
    assert it.answer_until is not None
    assert services.lapse_work_due(it.answer_until) == 5  # the four before are silent too
    it.refresh_from_db()
    assert (it.entry.rank, len(it.passed)) == (1, 2)
    services.lapse_work_due(THEN + timedelta(days=30))
    it.refresh_from_db()
    assert (it.state, len(it.passed), held()) == ("lapsed", 3, {})


def test_a_direct_request_that_nobody_answers_lapses(shop: Workshop) -> None:
    it = asked(shop)
    assert it.answer_until is not None
    assert services.lapse_work_due(it.answer_until - timedelta(seconds=1)) == 0
    assert services.lapse_work_due(it.answer_until) == 1
    it.refresh_from_db()
    assert it.state == "lapsed"


def test_what_must_not_be_cannot_be_stored(shop: Workshop) -> None:
    it = approved(shop)
    for change in ({"settled": Decimal("255.01")}, {"state": "concluded", "settled": Decimal("1.00")}, {"amount": Decimal("0.00")}):
        with pytest.raises(IntegrityError), transaction.atomic():
            WorkOrder.objects.filter(pk=it.pk).update(**change)


# At once


def approved_at_once(shop: Any, orders: list[WorkOrder]) -> list[str]:
    """All are approved at the same instant, each on a connection of its own: what became of each, or the code of its refusal, in alphabetical order."""
    told, ready = [], threading.Barrier(len(orders))

    def approve(it: WorkOrder) -> None:
        ready.wait()
        try:
            told.append(services.approve_work(it, by=shop.town.aygul, at=THEN).state)
        except Refused as refused:
            told.append(refused.problems[0].code)
        finally:
            connection.close()

    _together(approve, orders)
    return sorted(told)


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_do_not_pass_the_cap(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    shop = opened(build())
    rule("service.object_cap", {"yuan": "400.00"}, "vehicle_repair")
    both = [quoted(shop, asked(shop)) for _n in range(2)]  # 255 each
    told = approved_at_once(shop, both)
    assert (told, held()) == (["WKO-032", "approved"], {"work_order": Decimal("255.00")})


@pytest.mark.django_db(transaction=True)
def test_cancelled_or_reported_but_never_both(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    shop = opened(build())
    it, ready, told = approved(shop), threading.Barrier(2), []
    paper = workshop.photo(shop.people[0])

    def act(which: str) -> None:
        ready.wait()
        try:
            if which == "cancel":
                services.cancel_work(it, reason="车辆报废不修了", by=shop.town.aygul, at=THEN)
            else:
                services.report_work(it, {1: "1"}, done="更换皮带", reading="里程表 86240", papers=[paper], by=shop.people[0], at=THEN)
            told.append("done")
        except Refused as refused:
            told.append(refused.problems[0].code)
        finally:
            connection.close()

    _together(act, ["cancel", "report"])
    it.refresh_from_db()
    assert sorted(told) == ["LIF-001", "done"]
    assert held() == ({} if it.state == "cancelled" else {"work_order": Decimal("255.00")})


@pytest.mark.django_db(transaction=True)
def test_settled_twice_there_is_one_order(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    shop = opened(build())
    it, ready, told = reported(shop, approved(shop), {1: "1"}), threading.Barrier(2), []

    def act(_n: int) -> None:
        ready.wait()
        try:
            told.append(services.settle_work(it, by=shop.town.aygul, at=THEN).state)
        except Refused as refused:
            told.append(refused.problems[0].code)
        finally:
            connection.close()

    _together(act, [1, 2])
    assert (sorted(told), Order.objects.count(), Hold.objects.filter(state="held").count()) == (["LIF-001", "concluded"], 1, 1)


def _together(act: Any, each: list[Any]) -> None:
    threads = [threading.Thread(target=act, args=(one,)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


# The money of a plan

REPAIR = {"category": "C0814", "name": "公务用车维修", "quantity": "1", "unit": "项", "amount": "5000"}


def paid_for(plan: Plan) -> list[tuple[str, str, bool]]:
    """What took its money, how much, and whether it has it still."""
    uses = PlanUse.objects.filter(line__plan=plan).order_by("pk")
    return [(use.reference.partition("/")[0], str(use.amount), use.given_back_at is None) for use in uses]


def test_a_work_order_takes_the_money_of_its_plan_and_gives_back_what_was_not_done(shop: Workshop) -> None:
    plan = filed(shop.town, REPAIR)
    it = quoted(shop, asked(shop, plan=plan.number.lower()))
    assert (it.plan, held()) == (plan, {"plan": Decimal("5000.00")})  # nothing is laid ready before the approval
    it = services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert held() == {"work_order": Decimal("255.00"), "plan": Decimal("4745.00")}
    it = services.ask_supplement(it, lines("4"), reason="拆检后发现水泵渗漏", by=shop.people[0], at=THEN)
    it = services.approve_supplement(it, by=shop.town.aygul, at=THEN)
    assert held() == {"work_order": Decimal("408.00"), "plan": Decimal("4592.00")}
    it = services.settle_work(reported(shop, it, {1: "3"}), by=shop.town.aygul, at=THEN)
    order = Order.objects.get()
    assert (order.plan, order.total, order.origin) == (plan, Decimal("306.00"), it.number)
    assert held() == {"order": Decimal("306.00"), "plan": Decimal("4694.00")}
    assert paid_for(plan) == [("work_order", "255.00", False), ("work_order", "408.00", False), ("order", "306.00", True)]
    assert Entry.objects.get(act="work_order.request", subject=f"work_order/{it.number}").facts["plan"] == plan.number
    assert Entry.objects.filter(subject=f"work_order/{it.number}").latest("pk").facts["row"] == row_digest(it)


@pytest.mark.parametrize("how", ["cancel", "decline", "void", "lapse"])
def test_what_comes_to_nothing_lies_for_the_plan_again(shop: Workshop, how: str) -> None:
    plan = filed(shop.town, REPAIR)
    it = asked(shop, plan=plan.number)
    if how == "lapse":
        assert it.answer_until is not None
        assert services.lapse_work_due(it.answer_until) == 1
    else:
        it = services.approve_work(quoted(shop, it), by=shop.town.aygul, at=THEN)
        assert held() == {"work_order": Decimal("255.00"), "plan": Decimal("4745.00")}
    if how == "cancel":
        services.cancel_work(it, reason="车辆报废不修了", by=shop.town.aygul, at=THEN)
    elif how == "decline":
        services.decline_work(it, ground="force_majeure", note="举升机故障，无法承接", by=shop.people[0], at=THEN)
    elif how == "void":
        services.void_work(it, reason="价格与市场不符", by=shop.town.surina, at=THEN)
    assert (held(), PlanLine.objects.get(plan=plan).used) == ({"plan": Decimal("5000.00")}, Decimal("0.00"))


def test_a_plan_that_does_not_pay_for_the_service_is_refused_at_its_field(shop: Workshop) -> None:
    paper, repair = filed(shop.town, {**PAPER, "amount": "1000"}), filed(shop.town, {**REPAIR, "amount": "200"})
    other = BudgetQuota.objects.create(
        number="ZB-9009", buyer=shop.town.school, year=2026, name="车辆运行", region_path=shop.town.quota.region_path,
        total=Decimal("9000.00"), created_at=NOON,
    )  # fmt: skip
    for more, expected in (
        ({"plan": "JH-NONE"}, [("ORD-035", "plan")]),
        ({"plan": paper.number}, [("PLN-042", "plan")]),
        ({"plan": repair.number, "quota_id": other.pk}, [("PLN-043", "quota")]),
    ):
        with pytest.raises(Refused) as refused:
            asked(shop, **more)
        assert codes(refused) == expected
    assert (WorkOrder.objects.count(), ServiceObject.objects.count()) == (0, 0)
    it = quoted(shop, asked(shop, plan=repair.number))
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("PLN-041", "plan")]
    it.refresh_from_db()
    assert (it.state, held()) == ("quoted", {"plan": Decimal("1200.00")})
    planning.withdraw_plan(repair, reason="改为下半年", by=shop.town.aygul, at=THEN)
    with pytest.raises(Refused) as refused:
        services.approve_work(it, by=shop.town.aygul, at=THEN)
    assert codes(refused) == [("PLN-040", "plan")]


def test_what_was_done_for_a_plan_that_was_finished_meanwhile_is_paid_from_its_quota(shop: Workshop) -> None:
    plan = filed(shop.town, REPAIR)
    it = services.approve_work(quoted(shop, asked(shop, plan=plan.number)), by=shop.town.aygul, at=THEN)
    it = reported(shop, it, {1: "2"})
    planning.finish_plan(plan, by=shop.town.aygul, at=THEN)
    it = services.settle_work(it, by=shop.town.aygul, at=THEN)
    assert (Order.objects.get().plan, it.settled, held()) == (None, Decimal("204.00"), {"order": Decimal("204.00")})


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_take_the_money_of_a_plan_once(settings: Any, tmp_path: Any) -> None:
    """Of different vehicles, so that no cap makes one wait for the other."""
    settings.DATA_DIR = tmp_path
    shop = opened(build())
    plan = filed(shop.town, {**REPAIR, "amount": "300"})
    both = [quoted(shop, asked(shop, plan=plan.number, target=f"新M·B000{n}")) for n in range(2)]  # 255 each
    told = approved_at_once(shop, both)
    assert (told, held()) == (["PLN-041", "approved"], {"work_order": Decimal("255.00"), "plan": Decimal("45.00")})


# The term of the settlement


def test_what_was_done_is_settled_in_time_and_who_waits_is_reminded(shop: Workshop) -> None:
    it = reported(shop, approved(shop), {1: "2"})
    assert it.settle_until == rulebook.deadline("service.settle_limit", start=THEN, region_path=it.region_path, on=local_day(THEN))
    due = Message.objects.filter(dedupe_key__startswith=f"work_order/{it.number}/settle_due")
    late = Message.objects.filter(dedupe_key__startswith=f"work_order/{it.number}/late")
    reactions.remind_of_settlements(it.settle_until - timedelta(days=2))
    assert not due.exists()
    for hour in (20, 10):
        reactions.remind_of_settlements(it.settle_until - timedelta(hours=hour))
    assert {message.user.login for message in due} == {"aygul", "zhou"}
    assert (due.count(), late.count()) == (2, 0)
    for day in (0, 1):
        reactions.remind_of_settlements(it.settle_until + timedelta(days=day))
    assert (due.count(), late.count()) == (2, 2)
    regulator = shop.town.surina
    assert [one.pk for one in queries.work_orders_page(seen_by=regulator, late_at=it.settle_until).orders] == [it.pk]
    assert queries.work_orders_page(seen_by=regulator, late_at=THEN).orders == []
    it = services.return_report(it, reason="里程与派工单不符", by=shop.town.aygul, at=THEN)
    assert it.settle_until is None
    assert queries.to_settle(THEN + timedelta(days=99)) == []


def test_a_share_that_falls_is_told_in_percent_not_in_yuan(shop: Workshop) -> None:
    entry = shop.parties[0]
    with pytest.raises(Refused) as refused:
        frameworks.reduce_price(entry, price="86.00", by=shop.people[0], at=THEN)
    assert "85.00%" in str(refused.value.problems[0].message)
    frameworks.reduce_price(entry, price="84.00", by=shop.people[0], at=THEN)
    facts = Entry.objects.filter(act="framework_entry.reduce").latest("pk").facts
    assert (facts["before"], facts["price"]) == ("85.00%", "84.00%")
    assert str(queries.rates_of(FrameworkEntry.objects.get(pk=entry.pk))[0].rate) == "100.8000"
