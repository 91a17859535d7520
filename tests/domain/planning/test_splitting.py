"""Splitting (化整为零): sums of a year, purchases just under a line, runs of one supplier; what excuses, and what the record keeps."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from sunlit.domain.planning import services
from sunlit.domain.planning.models import BudgetQuota, Purchase
from sunlit.domain.planning.queries import splitting
from sunlit.domain.planning.queries.splitting import Part, is_split
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.rules import Ruling
from tests.town import NOON, Town

LAPTOPS, DESKTOPS, PAPER = "A02010108", "A02010105", "A05040101"
PATH = "652800/652801"


@pytest.fixture
def rich(town: Town) -> Town:
    BudgetQuota.objects.update(total=Decimal("99000000.00"))
    return town


def bought(town: Town, number: int, *parts: Part, at: datetime = NOON, quota: BudgetQuota | None = None) -> None:
    quota = quota or town.quota
    amount = sum((part.amount for part in parts), Decimal("0.00"))
    services.hold(quota_id=quota.pk, buyer_id=quota.buyer_id, year=2026, reference=f"order/DD-{number}", amount=amount, at=at, parts=parts)


def part(amount: str, code: str = LAPTOPS, *, supplier: int | None = None, method: str = "supermarket") -> Part:
    return Part(code, "goods", Decimal(amount), supplier, method)


def judged(town: Town, *parts: Part, at: datetime = NOON) -> list[Ruling]:
    return splitting.judge(parts, buyer_id=town.school.pk, quota_id=town.quota.pk, region_path=PATH, at=at)


def codes(rulings: list[Ruling]) -> list[tuple[str, str]]:
    return [(str(it.verdict), it.code) for it in rulings]


def law(key: str = "threshold.open_tender") -> None:
    """The thresholds of the town become law, as after a regulator vouched for them."""
    Rule.objects.filter(key=key).update(evidence="V")
    rulebook.forget()


def test_the_laws_own_sentence_sp_01_and_sp_02() -> None:
    amounts = [Decimal(1_500_000)] * 3
    assert is_split(amounts, Decimal(4_000_000))
    assert not is_split(amounts, Decimal(4_000_000), adjusted=True)
    assert not is_split(amounts, Decimal(4_000_000), approved=True)
    assert not is_split(amounts, Decimal(4_500_000))  # reaching it is not passing it


def test_a_sum_over_the_threshold_warns_while_the_threshold_is_not_verified_and_names_what_it_counts(rich: Town) -> None:
    bought(rich, 1, part("900000.00"), at=NOON - timedelta(days=40))
    bought(rich, 2, part("900000.00"), at=NOON - timedelta(days=35))
    assert judged(rich, part("200000.00")) == []  # 2,000,000.00 is the threshold itself
    [ruling] = judged(rich, part("200000.01"))
    assert (str(ruling.verdict), ruling.code, ruling.key, ruling.evidence) == ("warned", "SPL-001", "splitting.year_sum", "V")
    told = {name: ruling.figures[name] for name in ("sum", "count", "category", "threshold", "purchases", "threshold_key")}
    assert told == {
        "sum": "2000000.01",
        "count": 3,
        "category": {"code": LAPTOPS, "zh": "便携式计算机（A02010108）", "en": "Laptops (A02010108)"},
        "threshold": "2000000.00",
        "purchases": "DD-2、DD-1",
        "threshold_key": "threshold.open_tender",
    }


def test_where_the_threshold_is_law_a_sum_of_one_category_is_refused_and_one_of_its_class_only_warned(rich: Town) -> None:
    law()
    bought(rich, 1, part("1900000.00"), at=NOON - timedelta(days=40))
    assert codes(judged(rich, part("150000.00"))) == [("refused", "SPL-001")]
    assert codes(judged(rich, part("150000.00", DESKTOPS))) == [("warned", "SPL-002")]
    assert judged(rich, part("150000.00", PAPER)) == []


def test_an_adjusted_budget_excuses_and_the_ruling_says_so(rich: Town) -> None:
    law()
    bought(rich, 1, part("1900000.00"), at=NOON - timedelta(days=40))
    quota = BudgetQuota.objects.get(pk=rich.quota.pk)
    services.set_total(quota, total=Decimal("99000001.00"), reason="年中追加预算", by=rich.surina, at=NOON - timedelta(days=1))
    [ruling] = judged(rich, part("150000.00"))
    assert (str(ruling.verdict), ruling.code, ruling.figures["excuse"]) == ("allowed", "", "budget_adjusted")


def test_open_tender_another_quota_and_what_was_struck_out_do_not_count(rich: Town) -> None:
    bought(rich, 1, part("1900000.00", method="open_tender"), at=NOON - timedelta(days=40))
    other = BudgetQuota.objects.create(
        number="ZB-2", buyer=rich.school, year=2026, name="维修", region_path=PATH, total=Decimal("9000000.00"), created_at=NOON
    )
    bought(rich, 2, part("1900000.00"), at=NOON - timedelta(days=40), quota=other)
    bought(rich, 3, part("1900000.00"), at=NOON - timedelta(days=40))
    assert codes(judged(rich, part("150000.00"))) == [("warned", "SPL-001")]
    services.release(reference="order/DD-3", at=NOON)
    assert Purchase.objects.get(reference="order/DD-3").struck_at == NOON
    assert judged(rich, part("150000.00")) == []


def test_the_third_purchase_just_under_the_line_within_thirty_days_is_warned(rich: Town) -> None:
    bought(rich, 1, part("270000.00", PAPER), at=NOON - timedelta(days=31))  # too long ago
    bought(rich, 2, part("270000.00", PAPER), at=NOON - timedelta(days=30))
    assert judged(rich, part("299999.99", PAPER)) == []
    bought(rich, 3, part("269999.99", PAPER), at=NOON - timedelta(days=5))  # below 90 %
    assert judged(rich, part("299999.99", PAPER)) == []
    bought(rich, 4, part("280000.00", PAPER), at=NOON - timedelta(days=5))
    [ruling] = judged(rich, part("299999.99", PAPER))
    assert (ruling.code, ruling.figures["count"], ruling.figures["sum"]) == ("SPL-003", 3, "849999.99")
    assert judged(rich, part("300000.00", PAPER)) == []  # it reaches the threshold: another matter


def test_two_purchases_from_one_supplier_in_three_days_that_pass_the_line_together_are_warned(rich: Town) -> None:
    bought(rich, 1, part("200000.00", PAPER, supplier=rich.shop.pk), at=NOON - timedelta(days=3))
    assert judged(rich, part("100000.00", PAPER, supplier=rich.shop.pk)) == []  # 300,000.00 together
    assert judged(rich, part("100000.01", PAPER, supplier=rich.corner.pk)) == []  # another supplier
    [ruling] = judged(rich, part("100000.01", PAPER, supplier=rich.shop.pk))
    assert (ruling.code, ruling.figures["sum"], ruling.figures["threshold"]) == ("SPL-004", "300000.01", "300000.00")
    assert judged(rich, part("100000.01", PAPER, supplier=rich.shop.pk), at=NOON + timedelta(seconds=1)) == []


def test_baskets_of_one_checkout_count_together(rich: Town) -> None:
    baskets = [[part("1000000.00", supplier=rich.shop.pk)], [part("1000000.01", supplier=rich.corner.pk)], [part("1.00", PAPER)]]
    before = splitting.so_far(
        [it for basket in baskets for it in basket], buyer_id=rich.school.pk, quota_id=rich.quota.pk, region_path=PATH, at=NOON
    )
    said = splitting.judge_baskets(baskets, before=before, region_path=PATH, at=NOON)
    assert [codes(it) for it in said] == [[("warned", "SPL-001")], [("warned", "SPL-001")], []]


def test_nothing_is_judged_before_the_rules_are_in_force(rich: Town) -> None:
    Rule.objects.filter(key="splitting.year_sum").delete()
    rulebook.forget()
    assert judged(rich, part("9000000.00")) == []


def test_a_category_stands_once_in_a_purchase_and_never_for_nothing(rich: Town) -> None:
    for wrong in ([part("1.00"), part("1.00")], [part("0.00")]):
        with pytest.raises(IntegrityError), transaction.atomic():
            bought(rich, 1, part("5.00", PAPER), *wrong)
    assert not Purchase.objects.exists()


def test_parts_of_one_category_are_added_up() -> None:
    assert splitting.by_category([part("1.00"), part("2.50"), part("4.00", PAPER)]) == [part("3.50"), part("4.00", PAPER)]
    assert splitting.by_category([part("1.00"), replace(part("1.00"), supplier_id=1)]) == [
        part("1.00"),
        replace(part("1.00"), supplier_id=1),
    ]
