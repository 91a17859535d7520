"""The funnel against the library: exact counts at every step, what one parameter excludes, what nobody tells."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Offer, Product
from sunlit.domain.catalog.queries import Tally
from sunlit.domain.planning import queries
from sunlit.domain.planning.rules.demands import Item
from sunlit.domain.planning.rules.funnel import Count, count, funnel
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.kernel.clock import end_of_day, local_day
from tests.domain.planning.market import LAPTOPS, a_content, a_market, a_parameter, an_offer
from tests.town import NOON, Town, build

CITY = "652800/652801"


@pytest.fixture
def town(db: None) -> Town:
    town = build()
    a_market(town)
    return town


def codes(found: queries.Assessment) -> list[str]:
    return [ruling.code for ruling in found.rulings]


def assessed(*parameters: Any, ceiling: str = "", **more: Any) -> queries.Assessment:
    content = a_content(items=(Item(LAPTOPS, "", "30", "台", ceiling, parameters),), **more)
    return queries.assess(content, region_path=CITY, at=NOON)


def the_funnel(*parameters: Any, ceiling: str = "") -> Any:
    return assessed(*parameters, ceiling=ceiling).items[0].funnel


def test_without_parameters_everything_on_sale_counts(town: Town) -> None:
    assert the_funnel().start == Count(10, 5, 4)


def test_every_step_tells_exactly_what_is_left_and_what_each_parameter_alone_takes_away(town: Town) -> None:
    found = the_funnel(a_parameter("memory", "ge", "16"), a_parameter("weight", "le", "1.4"), a_parameter("wifi", "ge", "Wi-Fi 6"))
    memory, weight, wifi = found.steps
    assert (memory.possible, memory.excluded, memory.untold) == (Count(8, 5, 4), 2, 0)
    # 胡杨 16 and 32, 孔雀, 开都 1.1 surely; the town's laptop, 博斯腾 16 and 开都 32 do not tell their weight
    assert (weight.sure, weight.possible, weight.excluded, weight.untold) == (Count(4, 3, 3), Count(7, 4, 4), 1, 3)
    assert (wifi.sure, wifi.possible, wifi.excluded, wifi.untold) == (Count(4, 3, 3), Count(7, 4, 4), 0, 2)
    assert memory.without == Count(7, 4, 4)
    assert weight.without == Count(8, 5, 4)


def test_a_ceiling_price_leaves_those_who_offer_below_it(town: Town) -> None:
    found = the_funnel(a_parameter("memory", "ge", "16"), ceiling="4000.00")
    assert found.steps[-1].possible == Count(2, 2, 2)  # 天鹅 of the shop at 3,999.00, 博斯腾 of the fourth at 3,799.00
    assert [ruling.code for ruling in assessed(a_parameter("memory", "ge", "16"), ceiling="4000.00").rulings] == ["DEM-030"]


@pytest.mark.parametrize(
    ("key", "sense", "value", "value_to", "products"),
    [
        ("memory", "eq", "16", "", 6),
        ("memory", "between", "16", "32", 8),
        ("memory", "le", "8", "", 2),
        ("wifi", "eq", "Wi-Fi 7", "", 2),
        ("wifi", "le", "Wi-Fi 6", "", 6),
        ("cpu", "has", "龙芯", "", 4),
        ("cpu", "eq", "龙芯3a-6000", "", 4),  # as the library compares: without case, blanks and hyphens
        ("memory", "ge", "16 GB", "", 8),  # the unit behind the figure does no harm
    ],
)
def test_every_comparison_counts_what_surely_meets_it(town: Town, key: str, sense: str, value: str, value_to: str, products: int) -> None:
    [step] = the_funnel(a_parameter(key, sense, value, value_to=value_to)).steps
    assert step.sure.products == products


def test_what_is_not_on_sale_here_does_not_count(town: Town) -> None:
    Offer.objects.filter(number="SP-M3-corner").update(state="delisted")
    Offer.objects.filter(number="SP-M3-fourth").update(delivery_regions=["652825"])
    assert the_funnel().start == Count(9, 5, 4)
    Supplier.objects.filter(organisation__number="GY-fourth").update(
        state="suspended", reason="整改检查", suspended_until=end_of_day(local_day(NOON))
    )
    assert the_funnel().start == Count(6, 4, 3)


def test_a_region_above_the_buyers_is_delivered_to_as_well(town: Town) -> None:
    Offer.objects.filter(product__category__code=LAPTOPS).update(delivery_regions=["652800"])
    assert the_funnel().start == Count(10, 5, 4)
    Offer.objects.filter(product__category__code=LAPTOPS).update(delivery_regions=["652823"])
    assert the_funnel().start == Count(0, 0, 0)


def test_a_parameter_that_nobody_tells_excludes_nothing_and_says_so(town: Town) -> None:
    found = assessed(a_parameter("", "ge", "10", name="电池循环次数", unit="次"))
    [step] = found.items[0].funnel.steps if found.items[0].funnel else ()
    assert (step.sure, step.possible, step.untold, step.nobody_tells) == (Count(0, 0, 0), Count(10, 5, 4), 10, True)
    assert codes(found) == []


def test_a_figure_that_is_none_counts_as_not_told(town: Town) -> None:
    Product.objects.filter(number="SPU-M0").update(attributes={"memory": "约8"})
    [step] = the_funnel(a_parameter("memory", "ge", "1")).steps
    assert (step.sure.products, step.untold) == (9, 1)


def test_the_parameter_that_ends_competition_is_named(town: Town) -> None:
    found = assessed(a_parameter("memory", "ge", "16"), a_parameter("wifi", "eq", "Wi-Fi 7"), a_parameter("weight", "le", "1.2"))
    assert found.narrow == [(0, 2)]
    assert codes(found)[0] == "DEM-030"
    assert found.rulings[0].figures == {
        "parameter": "整机重量",
        "brands": 2,
        "suppliers": 4,
        "brands_before": 3,
        "suppliers_before": 4,
        "products": 3,
        "least": 3,
    }


def test_one_supplier_alone_is_told_as_such(town: Town) -> None:
    Product.objects.filter(number__in=["SPU-1"]).update(attributes={"memory": "16", "weight": "2.0", "cpu": "龙芯 3A6000"})
    found = assessed(a_parameter("cpu", "has", "兆芯"), a_parameter("memory", "eq", "16"))
    assert codes(found) == ["DEM-030", "DEM-031"]
    assert found.items[0].funnel is not None
    assert found.items[0].funnel.end == Count(1, 1, 1)


def test_nothing_at_all_is_told_as_such(town: Town) -> None:
    assert codes(assessed(a_parameter("memory", "ge", "128"))) == ["DEM-030", "DEM-032"]


def test_enough_that_may_but_too_few_that_surely_do(town: Town) -> None:
    found = assessed(a_parameter("wifi", "eq", "Wi-Fi 7"))
    assert codes(found) == ["DEM-033"]  # 胡杨 and 开都 surely, of corner and fourth
    assert found.rulings[0].figures == {"parameter": "无线网络", "brands": 2, "suppliers": 2, "untold": 2, "least": 3}


def test_what_is_scored_narrows_nothing(town: Town) -> None:
    assert the_funnel(a_parameter("memory", "ge", "128", mandatory=False, points="5")).steps == ()


def test_it_takes_one_query_for_each_thing(town: Town) -> None:
    assessed(a_parameter("memory", "ge", "16"))
    with CaptureQueriesContext(connection) as asked:
        assessed(
            a_parameter("memory", "ge", "16"), a_parameter("weight", "le", "1.4"), a_parameter("wifi", "ge", "Wi-Fi 6"), ceiling="5000.00"
        )
    assert len(asked) == 1


def test_sixty_parameters_are_too_many_for_one_query() -> None:
    with pytest.raises(AssertionError, match="bits"):
        catalog.tally(None, [catalog.Asked("a")] * 60, region_path=CITY)  # type: ignore[arg-type]


def test_a_cheaper_offer_of_another_supplier_keeps_the_product_but_not_the_dear_supplier(town: Town) -> None:
    product = Product.objects.get(number="SPU-M1")
    an_offer(town.corner, product, "SP-M1-corner", "9999.00")
    found = the_funnel(a_parameter("memory", "eq", "16"), a_parameter("cpu", "has", "3A6000"), ceiling="4099.00")
    assert found.steps[-1].sure == Count(2, 2, 3)  # 天鹅 of shop and third, 博斯腾 of fourth; not of the corner


# The counting itself, against the plain way of counting

PRODUCTS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)),
    max_size=12,
)


@given(PRODUCTS, st.integers(0, 7))
def test_counting_masks_is_counting_products(products: list[tuple[int, int, int, list[int]]], mask: int) -> None:
    products = [(missed & ~untold, untold, brand, suppliers) for missed, untold, brand, suppliers in products]
    by_brand: dict[tuple[int, int, int], int] = {}
    for missed, untold, brand, _suppliers in products:
        by_brand[missed, untold, brand] = by_brand.get((missed, untold, brand), 0) + 1
    tally = Tally(
        tuple((*key, n) for key, n in by_brand.items()),
        tuple({(missed, untold, supplier) for missed, untold, _brand, suppliers in products for supplier in suppliers}),
    )
    left = [it for it in products if not (it[0] | it[1]) & mask]
    assert count(tally, mask) == Count(len(left), len({it[2] for it in left}), len({s for it in left for s in it[3]}))
    steps = funnel(tally, [0, 1, 2]).steps
    kept = [step.possible.products for step in steps]
    assert kept == sorted(kept, reverse=True)
    assert all(step.without.products >= steps[-1].possible.products and step.sure.products <= step.possible.products for step in steps)
