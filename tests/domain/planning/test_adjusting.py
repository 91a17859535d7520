"""The regulator's verbs over the budget: parts of payments, transfers, the end of the year, what goes on; each with its no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange, YearClosing
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.planning.test_holds import figures, hold
from tests.town import NOON, Town, build

NEXT_YEAR = datetime(2027, 1, 8, 4, 0, tzinfo=UTC)
CITY = "652800/652801"
PAPER = {"reason": "年中调整预算", "document": "库财预〔2026〕7号"}


@pytest.fixture
def town(db: None) -> Town:
    return build()


@pytest.fixture
def furniture(town: Town) -> BudgetQuota:
    """A second quota of the school, 20,000.00."""
    same: dict[str, Any] = {"buyer": town.school, "year": 2026, "region_path": CITY, "created_at": NOON}
    return BudgetQuota.objects.create(number="ZB-2026-009", name="办公家具", economic_category="31002", total=Decimal("20000.00"), **same)


def yuan(text: str) -> Decimal:
    return Decimal(text)


def refusal(act: Any) -> list[str]:
    before = (
        [*BudgetQuota.objects.order_by("pk").values_list("pk", "total", "held", "committed", "spent", "closed_at")],
        Entry.objects.count(),
    )
    with pytest.raises(Refused) as refused, transaction.atomic():
        act()
    after = (
        [*BudgetQuota.objects.order_by("pk").values_list("pk", "total", "held", "committed", "spent", "closed_at")],
        Entry.objects.count(),
    )
    assert after == before
    return refused.value.codes


# Parts


def test_a_commitment_is_paid_in_parts_to_the_last_fen(town: Town) -> None:
    hold(town.quota, "order/1", "600.00")
    services.commit(reference="order/1", at=NOON)
    services.spend(reference="order/1", amount=yuan("250.01"), at=NOON)
    assert figures(town.quota) == ("0.00", "349.99", "250.01", "99400.00")
    services.spend(reference="order/1", at=NOON)
    assert figures(town.quota) == ("0.00", "0.00", "600.00", "99400.00")
    it = Hold.objects.get()
    assert (it.state, it.paid, it.released, it.spent_at) == ("spent", yuan("600.00"), yuan("0.00"), NOON)


def test_what_was_not_accepted_comes_back_at_once(town: Town) -> None:
    hold(town.quota, "order/1", "600.00")
    services.commit(reference="order/1", amount=yuan("500.00"), at=NOON)
    assert figures(town.quota) == ("0.00", "500.00", "0.00", "99500.00")
    services.spend(reference="order/1", amount=yuan("480.00"), at=NOON)
    services.settle(reference="order/1", at=NOON)
    assert figures(town.quota) == ("0.00", "0.00", "480.00", "99520.00")
    it = Hold.objects.get()
    assert (it.state, it.paid, it.released) == ("spent", yuan("480.00"), yuan("120.00"))


@pytest.mark.parametrize("amount", ["600.01", "0.00", "-1.00"])
def test_more_than_is_committed_is_never_paid(town: Town, amount: str) -> None:
    hold(town.quota, "order/1", "600.00")
    services.commit(reference="order/1", at=NOON)
    with pytest.raises(AssertionError, match="cannot be paid"), transaction.atomic():
        services.spend(reference="order/1", amount=yuan(amount), at=NOON)
    assert figures(town.quota) == ("0.00", "600.00", "0.00", "99400.00")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"paid": "600.01", "state": "committed"}, "hold_is_not_paid_over"),
        ({"state": "spent"}, "ended_hold_has_nothing_open"),
        ({"paid": "1.00"}, "nothing_is_paid_before_acceptance"),
    ],
)
def test_the_database_keeps_a_hold_in_order(town: Town, change: dict[str, str], name: str) -> None:
    hold(town.quota, "order/1", "600.00")
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Hold.objects.update(**change)


# Adjustments


def test_an_adjustment_keeps_its_document(town: Town) -> None:
    services.set_total(town.quota, total=yuan("80000.00"), **PAPER, by=town.surina, at=NOON)
    [change] = QuotaChange.objects.filter(quota=town.quota)
    assert (change.kind, change.document, change.reason, change.after) == ("set", "库财预〔2026〕7号", "年中调整预算", yuan("80000.00"))
    assert Entry.objects.get(act="quota.set_total").facts["document"] == "库财预〔2026〕7号"


def test_money_moves_between_two_quotas_in_one_act(town: Town, furniture: BudgetQuota) -> None:
    services.transfer(town.quota, furniture, amount=yuan("5000.01"), **PAPER, by=town.surina, at=NOON)
    assert (figures(town.quota)[3], figures(furniture)[3]) == ("94999.99", "25000.01")
    assert town.quota.total + furniture.total == yuan("120000.00")
    changes = [
        (c.quota.number, c.kind, str(c.after - c.before), c.counterpart and c.counterpart.number)
        for c in QuotaChange.objects.order_by("id")
    ]
    assert changes == [("ZB-2026-001", "transfer", "-5000.01", "ZB-2026-009"), ("ZB-2026-009", "transfer", "5000.01", "ZB-2026-001")]
    assert Entry.objects.filter(act="quota.transfer").count() == 1


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"amount": yuan("99400.01")}, ["BUD-001"]),
        ({"amount": yuan("0.00")}, ["BUD-019"]),
        ({"amount": yuan("-5.00")}, ["BUD-019"]),
        ({"reason": "  "}, ["BUD-011"]),
        ({"document": "x" * 201}, ["BUD-026"]),
    ],
)
def test_a_transfer_that_cannot_be_changes_nothing(town: Town, furniture: BudgetQuota, change: dict[str, Any], codes: list[str]) -> None:
    hold(town.quota, "order/1", "600.00")
    given: dict[str, Any] = {"amount": yuan("1.00"), **PAPER, **change}
    assert refusal(lambda: services.transfer(town.quota, furniture, **given, by=town.surina, at=NOON)) == codes


def test_money_stays_with_its_buyer_and_its_regulator(town: Town, furniture: BudgetQuota) -> None:
    told: dict[str, Any] = {"amount": yuan("1.00"), **PAPER, "at": NOON}
    assert refusal(lambda: services.transfer(town.quota, town.hospital_quota, by=town.zheng, **told)) == ["BUD-018"]
    assert refusal(lambda: services.transfer(town.quota, town.quota, by=town.zheng, **told)) == ["BUD-018"]
    assert refusal(lambda: services.transfer(town.quota, town.hospital_quota, by=town.surina, **told)) == ["BUD-010"]
    for nobody in (town.zhou, town.chen, replace(town.surina, roles=frozenset({"admin"}))):
        assert refusal(lambda by=nobody: services.transfer(town.quota, furniture, by=by, **told)) == ["BUD-010"]


# The end of the year


def test_a_closed_year_takes_nothing_new_and_lets_what_runs_end(town: Town, furniture: BudgetQuota) -> None:
    for n in range(3):
        hold(town.quota, f"order/{n}", "100.00")
    services.commit(reference="order/1", at=NOON)
    closing = services.close_year(region=CITY, year=2026, document="库财〔2026〕99号", by=town.surina, at=NOON)
    assert queries.closing_of(CITY, 2026) == closing
    assert refusal(lambda: hold(town.quota, "order/9", "1.00")) == ["BUD-016"]
    for act in (
        lambda: services.set_total(town.quota, total=yuan("1.00"), **PAPER, by=town.surina, at=NOON),
        lambda: services.transfer(town.quota, furniture, amount=yuan("1.00"), **PAPER, by=town.surina, at=NOON),
    ):
        assert set(refusal(act)) >= {"BUD-016"}
    services.spend(reference="order/1", at=NOON)
    services.release(reference="order/2", at=NOON)
    assert figures(town.quota) == ("100.00", "0.00", "100.00", "99800.00")
    assert list(queries.quotas_for_orders(town.school.pk, 2026)) == []
    assert BudgetQuota.objects.get(pk=town.hospital_quota.pk).closed_at is None  # another city


def test_a_year_is_closed_once_and_not_before_it_began(town: Town) -> None:
    services.close_year(region="652800", year=2026, by=town.zheng, at=NOON)
    assert refusal(lambda: services.close_year(region=CITY, year=2026, by=town.surina, at=NOON)) == ["BUD-021"]
    assert refusal(lambda: services.close_year(region=CITY, year=2027, by=town.surina, at=NOON)) == ["BUD-020"]
    assert refusal(lambda: services.close_year(region="652800", year=2025, by=town.surina, at=NOON)) == ["BUD-010"]
    assert YearClosing.objects.count() == 1


def test_no_quota_comes_into_a_closed_year(town: Town) -> None:
    row = {"number": "ZB-X", "buyer": "CG-0001", "year": "2026", "name": "办公", "economic_category": "302", "total": "1.00"}
    services.import_quotas([row], by=town.surina, at=NOON)
    services.close_year(region=CITY, year=2026, by=town.surina, at=NOON)
    assert services.import_quotas([row], by=town.surina, at=NOON)["unchanged"] == 1
    assert refusal(lambda: services.import_quotas([row | {"total": "2.00"}], by=town.surina, at=NOON)) == ["BUD-016"]
    assert refusal(lambda: services.import_quotas([row | {"number": "ZB-Y"}], by=town.surina, at=NOON)) == ["BUD-016"]


@pytest.mark.parametrize(
    ("code", "fine"), [("", True), ("302", True), ("30201", True), ("31002", True), ("320", False), ("3020", False), ("3O2", False)]
)
def test_an_economic_category_is_one_of_the_classification(town: Town, code: str, fine: bool) -> None:
    row = {
        "number": "ZB-X",
        "buyer": "CG-0001",
        "year": "2026",
        "name": "办公",
        "economic_category": code,
        "project": "教育信息化",
        "total": "1.00",
    }
    if fine:
        services.import_quotas([row], by=town.surina, at=NOON)
        kept = BudgetQuota.objects.get(number="ZB-X")
        assert (kept.economic_category, kept.project) == (code, "教育信息化")
    else:
        assert refusal(lambda: services.import_quotas([row], by=town.surina, at=NOON)) == ["BUD-017"]


# What goes on


def closed_with_three_orders(town: Town) -> None:
    """600.00 held, 300.00 committed of which 100.00 is paid, 50.00 spent; 99,050.00 free."""
    hold(town.quota, "order/held", "600.00")
    for name, amount in (("part", "300.00"), ("done", "50.00")):
        hold(town.quota, f"order/{name}", amount)
        services.commit(reference=f"order/{name}", at=NOON)
    services.spend(reference="order/part", amount=yuan("100.00"), at=NOON)
    services.spend(reference="order/done", at=NOON)
    services.close_year(region=CITY, year=2026, by=town.surina, at=NOON)


@pytest.mark.parametrize(
    ("available", "running", "old", "new"),
    [
        (True, True, ("0.00", "0.00", "150.00", "0.00"), ("600.00", "200.00", "0.00", "99050.00")),
        (False, True, ("0.00", "0.00", "150.00", "99050.00"), ("600.00", "200.00", "0.00", "0.00")),
        (True, False, ("600.00", "200.00", "150.00", "0.00"), ("0.00", "0.00", "0.00", "99050.00")),
    ],
)
def test_what_is_left_goes_on_once(town: Town, available: bool, running: bool, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    closed_with_three_orders(town)
    told: dict[str, Any] = {"available": available, "running": running, "reason": "按规定结转", "document": "库财〔2027〕1号"}
    successor = services.carry_over(town.quota, **told, by=town.surina, at=NEXT_YEAR)
    assert (figures(town.quota), figures(successor)) == (old, new)
    assert (successor.number, successor.year, successor.predecessor_id) == ("ZB-2026-001-J2027", 2027, town.quota.pk)
    assert town.quota.total + successor.total == yuan("100000.00")
    assert refusal(lambda: services.carry_over(town.quota, **told, by=town.surina, at=NEXT_YEAR)) == ["BUD-023"]
    assert queries.differences() == []
    assert Entry.objects.filter(act="quota.carry_over").count() == 1


def test_what_was_carried_over_is_accepted_and_paid_in_the_new_year(town: Town) -> None:
    closed_with_three_orders(town)
    successor = services.carry_over(town.quota, available=True, running=True, reason="按规定结转", by=town.surina, at=NEXT_YEAR)
    services.commit(reference="order/held", at=NEXT_YEAR)
    services.spend(reference="order/held", at=NEXT_YEAR)
    services.spend(reference="order/part", at=NEXT_YEAR)
    assert (figures(town.quota), figures(successor)) == (("0.00", "0.00", "150.00", "0.00"), ("0.00", "0.00", "800.00", "99050.00"))
    kept = {it.reference: (it.quota_id, str(it.amount), str(it.paid), it.state, it.carried_from_id) for it in Hold.objects.all()}
    assert kept == {
        "order/held": (successor.pk, "600.00", "600.00", "spent", town.quota.pk),
        "order/part": (successor.pk, "200.00", "200.00", "spent", town.quota.pk),  # paid in 2027
        "order/part@2026": (town.quota.pk, "100.00", "100.00", "spent", None),  # paid in 2026
        "order/done": (town.quota.pk, "50.00", "50.00", "spent", None),
    }
    assert queries.differences() == []


def test_a_quota_that_is_not_closed_or_has_nothing_left_does_not_go_on(town: Town) -> None:
    told: dict[str, Any] = {"reason": "按规定结转", "by": town.surina, "at": NEXT_YEAR}
    assert refusal(lambda: services.carry_over(town.quota, available=True, running=True, **told)) == ["BUD-022"]
    services.close_year(region=CITY, year=2026, by=town.surina, at=NOON)
    assert refusal(lambda: services.carry_over(town.quota, available=False, running=True, **told)) == ["BUD-024"]
    assert refusal(lambda: services.carry_over(town.quota, available=True, running=True, **{**told, "by": town.zhou})) == ["BUD-010"]


def test_figures_that_are_not_the_sums_of_the_holds_are_found(town: Town) -> None:
    hold(town.quota, "order/1", "600.00")
    assert queries.differences() == []
    BudgetQuota.objects.filter(pk=town.quota.pk).update(held=yuan("500.00"))
    [found] = queries.differences()
    assert (found.number, found.stored[0], found.counted[0]) == ("ZB-2026-001", yuan("500.00"), yuan("600.00"))
