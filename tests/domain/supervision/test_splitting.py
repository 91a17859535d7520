"""Cases of splitting: opened once when a buyer goes on, told, explained, decided; not found again until it goes on, closed when put right."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import BudgetQuota, Purchase
from sunlit.domain.planning.queries.splitting import Part
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.supervision import services
from sunlit.domain.supervision.models import SplittingCase
from sunlit.domain.supervision.queries import splitting
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.queries import Act
from tests.portals.clients import browser
from tests.town import NOON, Town, build

LAPTOPS = "A02010108"
WHY = "两批设备分属教学楼与实训楼，需求时间不同"


def bought(town: Town, number: int, amount: str, *, days_ago: int = 40, supplier: int | None = None) -> None:
    BudgetQuota.objects.update(total=Decimal("99000000.00"))
    planning.hold(
        quota_id=town.quota.pk,
        buyer_id=town.school.pk,
        year=2026,
        reference=f"order/DD-{number}",
        amount=Decimal(amount),
        at=NOON - timedelta(days=days_ago),
        parts=[Part(LAPTOPS, "goods", Decimal(amount), supplier)],
    )


def look(**more: object) -> tuple[int, int, int]:
    told = services.look_at_splitting(at=NOON, under="sweep/20260302", **more)  # type: ignore[arg-type]
    return told.opened, told.grown, told.corrected


def over(town: Town) -> SplittingCase:
    """The school bought laptops for 2,100,000.00 from one quota; the case that follows."""
    for number in range(3):
        bought(town, number, "700000.00", days_ago=50 - number)
    assert look() == (1, 0, 0)
    return SplittingCase.objects.get()


def test_a_case_keeps_the_purchases_the_sum_and_the_version_of_the_threshold(town: Town) -> None:
    it = over(town)
    assert (it.kind, it.state, it.severity, str(it.amount), it.subject) == (
        "split_sum",
        "notified",
        "serious",
        "2100000.00",
        "ZB-2026-001/A02010108",
    )
    assert it.answer_until.isoformat() == "2026-03-09T16:00:00+00:00"  # five working days: the end of Monday in Shanghai
    assert [(counted.number, str(counted.amount)) for counted in splitting.purchases_of(it)] == [
        ("DD-2", "700000.00"),
        ("DD-1", "700000.00"),
        ("DD-0", "700000.00"),
    ]
    ruling = splitting.ruling_of(it)
    assert (ruling.code, ruling.figures["threshold"], ruling.figures["threshold_key"]) == (
        "SPL-001",
        "2000000.00",
        "threshold.open_tender",
    )
    assert Entry.objects.filter(act="splitting.open", subject=f"splitting/{it.number}").count() == 1


def test_looking_again_finds_nothing_new_and_another_purchase_goes_on_in_the_same_case(town: Town) -> None:
    it = over(town)
    assert look() == (0, 0, 0)
    bought(town, 9, "10000.00", days_ago=1)
    assert look() == (0, 1, 0)
    it.refresh_from_db()
    assert (str(it.amount), it.state) == ("2110000.00", "notified")


def test_the_buyer_explains_and_the_regulator_accepts_and_it_is_not_found_again_until_it_goes_on(town: Town) -> None:
    it = services.explain_splitting(over(town), explanation=WHY, by=town.zhou, at=NOON)
    it = services.clear_splitting(it, by=town.surina, at=NOON)
    assert (it.state, it.explanation) == ("cleared", WHY)
    assert look() == (0, 0, 0)
    bought(town, 9, "10000.00", days_ago=1)
    assert look() == (1, 0, 0)
    assert SplittingCase.objects.count() == 2


def test_a_splitting_is_stated_only_with_a_reason(town: Town) -> None:
    it = services.explain_splitting(over(town), explanation=WHY, by=town.aygul, at=NOON)
    with pytest.raises(Refused) as no:
        services.uphold_splitting(it, reason=" ", by=town.surina, at=NOON)
    assert no.value.codes == ["WAT-001"]
    it = services.uphold_splitting(it, reason="需求同类且时间相近，应合并公开招标", by=town.surina, at=NOON)
    assert (it.state, it.ended_at) == ("upheld", NOON)


@pytest.mark.parametrize("who", ["batu", "li", "ma", "chen", "surina"])
def test_only_who_orders_or_leads_at_the_buyer_explains(town: Town, who: str) -> None:
    it = over(town)
    by: Actor = getattr(town, who)
    with pytest.raises(Refused) as no:
        services.explain_splitting(it, explanation=WHY, by=by, at=NOON)
    assert no.value.codes == ["LIF-002"]
    it.refresh_from_db()
    assert it.state == "notified"


def test_a_case_is_seen_by_its_buyer_and_the_regulators_above_it_alone(town: Town) -> None:
    it = over(town)
    seen = {who for who in town.actors if splitting.case(it.number, seen_by=town.actors[who])}
    assert seen == {"aygul", "zhou", "batu", "li", "surina", "zheng", "he"}


def test_purchases_taken_back_or_an_adjusted_budget_put_a_case_right(town: Town) -> None:
    over(town)
    planning.release(reference="order/DD-2", at=NOON)
    assert look() == (0, 0, 1)
    assert SplittingCase.objects.get().state == "corrected"
    bought(town, 5, "800000.00", days_ago=2)
    assert look() == (1, 0, 0)
    quota = BudgetQuota.objects.get(pk=town.quota.pk)
    planning.set_total(quota, total=Decimal("99000001.00"), reason="年中追加预算", by=town.surina, at=NOON)
    assert look() == (0, 0, 1)


def test_runs_of_one_supplier_and_purchases_just_under_the_line_become_cases_too(town: Town) -> None:
    for number in range(3):
        bought(town, number, "280000.00", days_ago=3 - number, supplier=town.shop.pk)
    assert look() == (2, 0, 0)
    assert sorted(SplittingCase.objects.values_list("kind", "subject")) == [
        ("split_near", LAPTOPS),
        ("split_run", f"GY-0001/{LAPTOPS}"),
    ]
    Purchase.objects.update(at=NOON - timedelta(days=200))  # long over: what was found stays found
    assert look() == (0, 0, 0)


def test_a_kind_that_the_region_does_not_watch_opens_no_case(town: Town) -> None:
    Rule.objects.filter(key="watch.switch", kind="split_sum").update(value={"choice": "off"})
    rulebook.forget()
    for number in range(3):
        bought(town, number, "700000.00")
    assert look() == (0, 0, 0)


def test_the_clock_notes_what_was_not_answered_in_time(town: Town) -> None:
    it = over(town)
    assert services.splitting_falls_due(at=it.answer_until - timedelta(seconds=1)) == 0
    assert services.splitting_falls_due(at=it.answer_until) == 1
    it.refresh_from_db()
    assert it.state == "overdue"


def test_december_stands_out_for_the_regulator_alone(town: Town) -> None:
    BudgetQuota.objects.update(year=2025)
    bought_in = dict.fromkeys(range(1, 6), "22000.00") | {12: "90000.00"}
    for month, amount in bought_in.items():
        assert splitting.spikes(seen_by=town.zheng, at=NOON) == []
        Purchase.objects.create(
            buyer=town.school,
            quota=town.quota,
            reference=f"order/DD-{month}",
            category_code=LAPTOPS,
            category_class=LAPTOPS[:5],
            kind="goods",
            amount=Decimal(amount),
            at=NOON.replace(year=2025, month=month),
        )
    assert splitting.spikes(seen_by=town.zheng, at=NOON) == []  # five other months are too few to compare with
    Purchase.objects.create(
        buyer=town.school,
        quota=town.quota,
        reference="order/DD-6",
        category_code=LAPTOPS,
        category_class=LAPTOPS[:5],
        kind="goods",
        amount=Decimal("1.00"),
        at=NOON.replace(year=2025, month=6),
    )
    [spike] = splitting.spikes(seen_by=town.zheng, at=NOON)
    assert (spike.number, str(spike.december), str(spike.times)) == ("CG-0001", "90000.00", "9.0")
    assert splitting.spikes(seen_by=town.aygul, at=NOON) == []


def test_the_acts_of_an_order_are_followed_to_its_buyer(town: Town) -> None:
    for number in range(3):
        bought(town, number, "700000.00")
    told = (("order.place", "order/DD-1"), ("offer.reprice", "offer/SP-1"))
    acts = [Act(place, place, NOON, act, subject, "CG-0001", "652800/652801", {}) for place, (act, subject) in enumerate(told, 1)]
    assert services.follow_purchases(acts[1:], at=NOON).opened == 0
    assert services.follow_purchases(acts, at=NOON).opened == 1
    assert services.follow_purchases(acts, at=NOON).opened == 0
    assert SplittingCase.objects.get().found_by == "act/2"


def test_both_sides_work_on_their_pages(town: Town) -> None:
    it = over(town)
    page, desk = f"/buyer/cases/{it.number}/", f"/regulator/splitting/{it.number}/"
    assert (browser(town.ma).get(page).status_code, browser(town.chen).get(page).status_code) == (404, 403)
    buyer, office = browser(town.zhou), browser(town.surina)
    assert "SPL-001" in buyer.get(page).content.decode()
    assert buyer.post(page, {"expected": it.version, "explanation": ""}).status_code == 422
    assert buyer.post(page, {"expected": it.version, "explanation": WHY}).status_code in (302, 303)
    it.refresh_from_db()
    assert WHY in office.get(desk).content.decode()
    answer = office.post(desk, {"verb": "uphold", "expected": it.version, "reason": "需求同类，应合并公开招标"})
    assert answer.status_code in (302, 303)
    it.refresh_from_db()
    assert it.state == "upheld"


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_make_one_case() -> None:
    town = build()
    for number in range(3):
        bought(town, number, "700000.00")

    def one(_number: int) -> tuple[int, int, int]:
        try:
            return look()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, range(2)))
    assert sorted(answers) == [(0, 0, 0), (1, 0, 0)]
    assert SplittingCase.objects.count() == 1
