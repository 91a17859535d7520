"""Splitting at the checkout: written down with the hold, warned of with the figures, gone on with only for a reason, refused where it is law."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from sunlit.domain.catalog.models import Offer
from sunlit.domain.market import queries, services
from sunlit.domain.market.models import Order
from sunlit.domain.market.modes.supermarket import place
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning.models import BudgetQuota, Hold, Purchase
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel.refusals import Refused
from tests.town import NOON, Town, an_order, build, in_cart, terms

REASON = "两批学生用机，预算与需求批次不同"


def near_the_line(town: Town) -> None:
    """The school has bought laptops for 1,949,610.00 this year: ten more bring it to 1,999,600.00, eleven over the open-tender threshold."""
    BudgetQuota.objects.update(total=Decimal("99000000.00"))
    Offer.objects.update(stock=10_000)
    an_order(town, key="first", offer=town.laptop, quantity=390)


def buy(town: Town, key: str, quantity: int, explanation: str = "") -> Order:
    wishes = [Wish(town.laptop.pk, quantity, town.laptop.price)]
    [order] = place(key=key, wishes=wishes, terms=terms(town, explanation=explanation), by=town.aygul, at=NOON)
    return order


def test_an_order_is_written_down_by_category_and_struck_out_when_it_ends_without_a_deal(town: Town) -> None:
    order = an_order(town, offer=town.laptop, quantity=2)
    [it] = Purchase.objects.values_list("reference", "category_class", "kind", "method", "amount", "supplier_id", "struck_at")
    code = town.laptop.product.category.code
    assert it == (f"order/{order.number}", code[:5], "goods", "supermarket", Decimal("9998.00"), town.shop.pk, None)
    services.withdraw(order, reason="不再需要", by=town.aygul, at=NOON)
    assert Purchase.objects.get().struck_at == NOON


def test_who_passes_the_sum_is_asked_for_a_reason_and_nothing_happens_without_one(town: Town) -> None:
    near_the_line(town)
    with pytest.raises(Refused) as no:
        buy(town, "k", 11)
    told = [(problem.code, problem.on) for problem in no.value.problems]
    assert told == [("SPL-005", "explanation"), ("SPL-001", "explanation")]
    assert (Order.objects.count(), Hold.objects.count(), Purchase.objects.count()) == (1, 1, 1)
    assert Offer.objects.get(pk=town.laptop.pk).stock == 9610


def test_with_a_reason_she_goes_on_and_both_stay_with_the_order_but_not_for_the_supplier(town: Town) -> None:
    near_the_line(town)
    order = buy(town, "k", 11, REASON)
    kept = Order.objects.get(pk=order.pk)
    warned = [told for told in kept.rulings if told["reason"]["code"] == "SPL-001"]
    assert (kept.explanation, [told["figures"]["sum"] for told in warned]) == (REASON, ["2004599.00"])
    seen = {who: [told["reason"]["code"] for told in queries.rulings_of(kept, seen_by=getattr(town, who))] for who in ("aygul", "chen")}
    assert "SPL-001" in seen["aygul"]
    assert not any(code.startswith("SPL") for code in seen["chen"])


def test_a_reason_that_nobody_asked_for_is_not_kept(town: Town) -> None:
    [order] = place(
        key="k", wishes=[Wish(town.paper.pk, 1, town.paper.price)], terms=terms(town, explanation=REASON), by=town.aygul, at=NOON
    )
    assert order.explanation == ""


def test_where_the_threshold_is_law_no_reason_helps(town: Town) -> None:
    near_the_line(town)
    Rule.objects.filter(key="threshold.open_tender").update(evidence="V")
    rulebook.forget()
    with pytest.raises(Refused) as no:
        buy(town, "k", 11, REASON)
    assert [(problem.code, problem.on) for problem in no.value.problems] == [("SPL-001", "quota")]
    assert Order.objects.count() == 1


def test_the_cart_hears_the_warning_before_anything_is_ordered(town: Town) -> None:
    near_the_line(town)
    in_cart(town, town.laptop, 11)
    page = queries.cart(town.aygul)
    [said] = queries.rulings_before(page, buyer=town.school, quota_id=town.quota.pk, at=NOON)
    assert [ruling.code for ruling in said if queries.asks_for_a_reason(ruling)] == ["SPL-001"]


@pytest.mark.django_db(transaction=True)
def test_of_two_checkouts_at_once_exactly_one_passes_the_sum() -> None:
    town = build()
    near_the_line(town)

    def one(number: int) -> list[str]:
        try:
            order = buy(town, f"k{number}", 6, REASON)
        finally:
            connection.close()
        return [told["reason"]["code"] for told in order.rulings if told["reason"]["code"] == "SPL-001"]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, range(2)))
    assert sorted(answers) == [[], ["SPL-001"]]
