"""Holds on a quota: exact, never over, and the same under a hundred hands."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange
from sunlit.foundation.accounts.models import Organisation, Region
from sunlit.foundation.kernel.refusals import Refused
from tests.town import Town

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def a_quota(total: str = "1000.00") -> BudgetQuota:
    region, _new = Region.objects.get_or_create(
        code="652801", defaults={"name_zh": "库尔勒市", "name_en": "Korla", "path": "652800/652801"}
    )
    school, _new = Organisation.objects.get_or_create(
        number="CG-0001", defaults={"kind": "buyer", "name_zh": "梨城实验中学", "region": region, "created_at": NOON}
    )
    return BudgetQuota.objects.create(
        number="ZB-1", buyer=school, year=2026, name="办公", region_path=region.path, total=Decimal(total), created_at=NOON
    )


def hold(quota: BudgetQuota, reference: str, amount: str) -> None:
    services.hold(quota_id=quota.pk, buyer_id=quota.buyer_id, year=2026, reference=reference, amount=Decimal(amount), at=NOON)


def figures(quota: BudgetQuota) -> tuple[str, str, str, str]:
    quota.refresh_from_db()
    return str(quota.held), str(quota.committed), str(quota.spent), str(quota.available)


@pytest.mark.django_db
def test_an_order_holds_acceptance_commits_payment_spends() -> None:
    quota = a_quota()
    hold(quota, "order/1", "600.00")
    assert figures(quota) == ("600.00", "0.00", "0.00", "400.00")
    services.commit(reference="order/1", at=NOON)
    assert figures(quota) == ("0.00", "600.00", "0.00", "400.00")
    services.spend(reference="order/1", at=NOON)
    assert figures(quota) == ("0.00", "0.00", "600.00", "400.00")


@pytest.mark.django_db
def test_a_cancelled_order_gives_its_money_back() -> None:
    quota = a_quota()
    hold(quota, "order/1", "1000.00")
    services.release(reference="order/1", at=NOON)
    assert figures(quota) == ("0.00", "0.00", "0.00", "1000.00")
    assert Hold.objects.get(reference="order/1").state == "released"


@pytest.mark.django_db
def test_one_fen_too_much_is_refused_and_nothing_changes() -> None:
    quota = a_quota()
    hold(quota, "order/1", "400.00")
    with pytest.raises(Refused) as refused:
        hold(quota, "order/2", "600.01")
    assert refused.value.codes == ["BUD-001"]
    assert refused.value.problems[0].params == {"quota": "ZB-1", "available": "¥600.00", "wanted": "¥600.01"}
    assert figures(quota) == ("400.00", "0.00", "0.00", "600.00")
    assert Hold.objects.count() == 1


@pytest.mark.django_db
def test_the_quota_of_another_buyer_or_year_is_refused() -> None:
    quota = a_quota()
    for buyer, year in ((quota.buyer_id + 1, 2026), (quota.buyer_id, 2025)):
        with pytest.raises(Refused) as refused:
            services.hold(quota_id=quota.pk, buyer_id=buyer, year=year, reference="order/1", amount=Decimal("1.00"), at=NOON)
        assert refused.value.codes == ["BUD-002"]
    assert Hold.objects.count() == 0


@pytest.mark.django_db
def test_the_database_itself_refuses_to_overspend() -> None:
    quota = a_quota()
    with pytest.raises(IntegrityError, match="available_is_never_negative"), transaction.atomic():
        BudgetQuota.objects.filter(pk=quota.pk).update(spent=Decimal("1000.01"))


@pytest.mark.django_db
def test_a_hold_is_turned_once() -> None:
    quota = a_quota()
    hold(quota, "order/1", "600.00")
    services.release(reference="order/1", at=NOON)
    with pytest.raises(AssertionError, match="is not held"):
        services.release(reference="order/1", at=NOON)
    assert figures(quota) == ("0.00", "0.00", "0.00", "1000.00")


@pytest.mark.django_db(transaction=True)
def test_a_hundred_simultaneous_orders_never_overspend() -> None:
    quota = a_quota("1000.00")

    def one(number: int) -> bool:
        try:
            hold(quota, f"order/{number}", "30.00")
        except Refused as refused:
            return refused.codes != ["BUD-001"]  # another refusal would count as an order too many
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        kept = list(pool.map(one, range(100)))
    assert sum(kept) == 33
    assert figures(quota) == ("990.00", "0.00", "0.00", "10.00")
    assert Hold.objects.filter(state="held").count() == 33


@pytest.mark.django_db(transaction=True)
def test_who_lays_a_hold_again_while_it_is_committed_is_stopped_before_the_quota() -> None:
    """Else the two wait for each other: one for the row of the hold, the other for that of the quota."""
    quota = a_quota()
    hold(quota, "order/1", "600.00")

    def again() -> str:
        try:
            with transaction.atomic(), pytest.raises(AssertionError) as stopped:
                hold(quota, "order/1", "1.00")
            return str(stopped.value)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Hold.objects.filter(reference="order/1").update(
            paid=0
        )  # as far as a verb is that goes on with it, and has not come to the quota yet
        assert pool.submit(again).result(timeout=10) == "the hold of order/1 was laid before"
        services.commit(reference="order/1", at=NOON)
    assert figures(quota) == ("0.00", "600.00", "0.00", "400.00")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_lay_one_hold_at_once_the_second_does_not_wait() -> None:
    quota = a_quota()

    def beside() -> str:
        try:
            with transaction.atomic(), pytest.raises(AssertionError) as stopped:
                hold(quota, "order/1", "1.00")
            return str(stopped.value)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        hold(quota, "order/1", "600.00")
        assert pool.submit(beside).result(timeout=10) == "the hold of order/1 is laid by another at the same time"
    assert figures(quota) == ("600.00", "0.00", "0.00", "400.00")


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["hold", "commit", "spend", "release"]), st.integers(0, 4), st.integers(1, 70_000)), max_size=25
    )
)
def test_in_any_order_of_acts_the_figures_are_the_sums_of_the_holds(acts: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        quota = a_quota()
        for verb, number, fen in acts:
            try:
                with transaction.atomic():
                    if verb == "hold":
                        hold(quota, f"order/{number}", str(Decimal(fen) / 100))
                    else:
                        getattr(services, verb)(reference=f"order/{number}", at=NOON)
            except (Refused, AssertionError, IntegrityError):
                pass
        quota.refresh_from_db()
        held, committed, spent = (
            sum((h.amount for h in Hold.objects.filter(state=s)), Decimal("0.00")) for s in ("held", "committed", "spent")
        )
        assert (quota.held, quota.committed, quota.spent) == (held, committed, spent)
        assert quota.available >= 0
        transaction.set_rollback(True)


OFFICE = {"number": "ZB-9", "buyer": "CG-0001", "year": "2026", "name": "办公", "economic_category": "302", "total": "5000.00"}


@pytest.mark.django_db
def test_a_budget_file_is_taken_whole_and_twice_changes_nothing(town: Town) -> None:
    assert services.import_quotas([OFFICE], by=town.zheng, at=NOON) == {"new": 1, "changed": 0, "unchanged": 0}
    assert services.import_quotas([OFFICE], by=town.zheng, at=NOON) == {"new": 0, "changed": 0, "unchanged": 1}
    assert services.import_quotas([OFFICE | {"total": "6000.00"}], by=town.zheng, at=NOON) == {"new": 0, "changed": 1, "unchanged": 0}
    quota = queries.quota("ZB-9", seen_by=town.aygul)
    assert quota is not None
    assert quota.total == Decimal("6000.00")
    assert [(str(c.before), str(c.after)) for c in QuotaChange.objects.filter(quota=quota).order_by("id")] == [
        ("0.00", "5000.00"),
        ("5000.00", "6000.00"),
    ]


@pytest.mark.django_db
def test_a_budget_file_with_faults_tells_them_all_and_changes_nothing(town: Town) -> None:
    rows = [
        OFFICE,
        OFFICE,
        OFFICE | {"number": "ZB-10", "buyer": "CG-9999"},
        OFFICE | {"number": "ZB-11", "total": "1.234"},
        OFFICE | {"number": "", "year": "26"},
    ]
    with pytest.raises(Refused) as refused:
        services.import_quotas(rows, by=town.zheng, at=NOON)
    assert refused.value.codes == ["BUD-008", "BUD-004", "BUD-005", "BUD-007", "BUD-006"]
    assert not BudgetQuota.objects.filter(number__startswith="ZB-9").exists()


@pytest.mark.django_db
def test_only_the_regulator_of_the_region_sets_budgets(town: Town) -> None:
    for nobody in (town.aygul, town.chen, replace(town.surina, roles=frozenset({"admin"}))):
        for attempt in (
            lambda by=nobody: services.import_quotas([OFFICE], by=by, at=NOON),
            lambda by=nobody: services.set_total(town.quota, total=Decimal("1.00"), reason="年中调减预算", by=by, at=NOON),
        ):
            with pytest.raises(Refused) as refused:
                attempt()
            assert refused.value.codes == ["BUD-010"]
    with pytest.raises(Refused) as refused:
        services.import_quotas([OFFICE | {"buyer": "CG-0002"}], by=town.surina, at=NOON)  # Surina's city has no such buyer
    assert refused.value.codes == ["BUD-004"]


@pytest.mark.django_db
def test_a_total_is_never_cut_below_what_is_used(town: Town) -> None:
    hold(town.quota, "order/1", "600.00")
    with pytest.raises(Refused) as refused:
        services.set_total(town.quota, total=Decimal("599.99"), reason="年中调减预算", by=town.zheng, at=NOON)
    assert refused.value.codes == ["BUD-003"]
    assert services.set_total(town.quota, total=Decimal("600.00"), reason="年中调减预算", by=town.zheng, at=NOON).available == 0


def test_a_table_that_cannot_be_taken_apart_is_unreadable() -> None:
    with pytest.raises(Refused) as no:
        services.rows_in(b"number,buyer\n" + b"x" * 200_000, "text/csv")
    assert no.value.codes == ["BUD-015"]


@pytest.mark.parametrize("year", ["²⁰²⁶", "9" * 5000, "1999", ""])
def test_a_year_is_a_year(town: Town, year: str) -> None:
    row = {"number": "ZB-9", "buyer": "CG-0001", "year": year, "name": "办公", "economic_category": "", "total": "1.00"}
    with pytest.raises(Refused) as no:
        services.import_quotas([row], by=town.zheng, at=NOON)
    assert no.value.codes == ["BUD-006"]
