"""Which of two products is the better one is claimed only where every parameter can be put in order; figures are exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Attribute, Category, Product
from sunlit.domain.catalog.queries.comparing import cheaper_alike
from sunlit.domain.catalog.rules.comparing import Sign, Verdict, comparable_prices, content_of, percent_cheaper, rounded, sign_of, weigh
from sunlit.foundation.accounts.actors import CLOCK
from tests.town import NOON, Town, _offer

MEMORY = Attribute(key="memory", type="number", better="higher", is_key=True)
WEIGHT = Attribute(key="weight", type="number", better="lower")
GRADE = Attribute(key="grade", type="choice", choices=["三级", "二级", "一级"], better="higher")
COLOUR = Attribute(key="colour", type="choice", choices=["黑", "白"])
CPU = Attribute(key="cpu", type="text", better="higher")  # an order that a free text cannot have
TEMPLATE = [MEMORY, WEIGHT, GRADE, COLOUR]
BASE = {"memory": "16", "weight": "1.4", "grade": "二级", "colour": "黑"}


@pytest.mark.parametrize(
    ("line", "ours", "theirs", "sign"),
    [
        (MEMORY, "32", "16", Sign.BETTER),
        (MEMORY, "9", "16", Sign.WORSE),
        (MEMORY, "16", "16.0", Sign.SAME),
        (MEMORY, "16", "", Sign.MISSING),
        (MEMORY, "16", "a lot", Sign.DIFFERENT),
        (WEIGHT, "1.35", "1.4", Sign.BETTER),
        (GRADE, "一级", "二级", Sign.BETTER),
        (GRADE, "三级", "二级", Sign.WORSE),
        (GRADE, "四级", "二级", Sign.DIFFERENT),
        (COLOUR, "白", "黑", Sign.DIFFERENT),
        (CPU, "凌汐 9", "凌汐 7", Sign.DIFFERENT),
        (None, "甲", "乙", Sign.DIFFERENT),
        (None, "IP 65", "ip65", Sign.SAME),
    ],
)
def test_a_value_stands_to_another_by_the_order_of_its_parameter(line: Attribute | None, ours: str, theirs: str, sign: Sign) -> None:
    assert sign_of(ours, theirs, line) is sign


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, Verdict.SAME),
        ({"memory": "32"}, Verdict.SAME_OR_BETTER),
        ({"memory": "32", "weight": "1.3"}, Verdict.SAME_OR_BETTER),
        ({"grade": "三级"}, Verdict.SAME_OR_WORSE),
        ({"memory": "32", "weight": "1.5"}, Verdict.MIXED),
        ({"memory": "32", "colour": "白"}, Verdict.OPEN),
        ({"memory": "32", "grade": ""}, Verdict.OPEN),
        ({"memory": ""}, Verdict.OPEN),
        ({"memory": "32", "产地": "新疆"}, Verdict.OPEN),  # a parameter of its own that the other does not tell
    ],
)
def test_dominance_is_claimed_only_when_everything_has_an_order(changed: dict[str, str], verdict: Verdict) -> None:
    assert weigh({**BASE, **changed}, BASE, TEMPLATE).verdict is verdict


def test_what_neither_tells_counts_only_where_it_is_required() -> None:
    without = {key: text for key, text in BASE.items() if key != "weight"}
    assert weigh(without, without, TEMPLATE).verdict is Verdict.SAME
    none = {key: text for key, text in BASE.items() if key != "memory"}
    assert weigh(none, none, TEMPLATE).signs["memory"] is Sign.MISSING


values = st.fixed_dictionaries(
    {
        "memory": st.sampled_from(["", "8", "16", "32"]),
        "weight": st.sampled_from(["", "1.2", "1.4"]),
        "grade": st.sampled_from(["", "三级", "一级"]),
        "colour": st.sampled_from(["", "黑", "白"]),
    }
)
MIRROR = {Verdict.SAME_OR_BETTER: Verdict.SAME_OR_WORSE, Verdict.SAME_OR_WORSE: Verdict.SAME_OR_BETTER}


@given(values, values)
def test_seen_from_the_other_side_it_is_the_same_the_other_way_round(one: dict[str, str], other: dict[str, str]) -> None:
    there, back = weigh(one, other, TEMPLATE).verdict, weigh(other, one, TEMPLATE).verdict
    assert back is MIRROR.get(there, there)


@given(values, values, values)
def test_dominance_passes_on(a: dict[str, str], b: dict[str, str], c: dict[str, str]) -> None:
    good = (Verdict.SAME, Verdict.SAME_OR_BETTER)
    if weigh(a, b, TEMPLATE).verdict in good and weigh(b, c, TEMPLATE).verdict in good:
        assert weigh(a, c, TEMPLATE).verdict in good


PAPER = {"per": 100, "unit": "张", "unit_en": "sheets", "by": {"箱": ["reams", "sheets"], "包": ["sheets"]}}


def test_a_portion_costs_exactly_its_share() -> None:
    box = content_of(PAPER, "箱", {"reams": "8", "sheets": "500"})
    ream = content_of(PAPER, "包", {"sheets": "500"})
    assert box is not None
    assert ream is not None
    assert (box.amount, box.price_of(Decimal("128.50"))) == (Fraction(4000), Fraction("3.2125"))
    assert rounded(box.price_of(Decimal("128.50"))) == Decimal("3.21")
    assert rounded(ream.price_of(Decimal("0.40"))) == Decimal("0.0800")
    assert content_of(PAPER, "令", {"sheets": "500"}) is None
    assert content_of(PAPER, "包", {"sheets": ""}) is None
    assert content_of(PAPER, "包", {"sheets": "0"}) is None
    assert content_of({}, "包", {}) is None


def test_per_cents_never_claim_too_much() -> None:
    assert percent_cheaper(Fraction(92), Fraction(100)) == Decimal("8.0")
    assert percent_cheaper(Fraction(9241), Fraction(10000)) == Decimal("7.5")  # 7.59 %
    assert percent_cheaper(Fraction(10759), Fraction(10000)) == Decimal("-7.5")
    assert percent_cheaper(Fraction(1), Fraction(1)) == 0


def test_prices_are_compared_by_content_or_in_the_same_unit_or_not_at_all() -> None:
    box, ream = content_of(PAPER, "箱", {"reams": "5", "sheets": "500"}), content_of(PAPER, "包", {"sheets": "500"})
    hundred, twenty = Decimal(100), Decimal(20)
    assert comparable_prices([(hundred, "箱", box), (twenty, "包", ream)]) == [4, 4]
    assert comparable_prices([(hundred, "箱", None), (twenty, "箱", box)]) == [100, 20]
    assert comparable_prices([(hundred, "箱", None), (twenty, "包", ream)]) == [None, None]
    assert comparable_prices([(None, "箱", box), (twenty, "包", ream)]) == [None, 4]


# On the shelf

LAPTOPS = "A02010108"
LINES: list[dict[str, Any]] = [
    {"key": "memory", "zh": "内存容量", "en": "Memory", "unit": "GB", "type": "number", "is_key": True, "better": "higher"},
    {"key": "weight", "zh": "重量", "en": "Weight", "unit": "kg", "type": "number", "better": "lower"},
    {"key": "origin", "zh": "产地", "en": "Origin"},
]


@pytest.fixture
def shelf(town: Town) -> Town:
    """The town's laptop, with a template that knows what is better."""
    services.load_templates({LAPTOPS: LINES}, by=CLOCK, at=NOON)
    Product.objects.filter(number="SPU-1").update(attributes={"memory": "16", "weight": "1.5", "origin": "新疆"})
    return town


def another(town: Town, number: str, price: str, **attributes: str) -> Product:
    """A laptop of the shop beside the town's."""
    own = town.laptop.product
    product = Product.objects.create(
        number=number,
        category=own.category,
        brand=own.brand,
        model=number,
        model_key=number,
        name_zh=f"孔雀 {number}",
        unit="台",
        attributes={"memory": "16", "weight": "1.5", "origin": "新疆", **attributes},
        created_at=NOON,
    )
    _offer(town.shop, product, f"O-{number}", price, 5, NOON)
    return product


def test_the_template_keeps_its_orders_when_it_is_loaded_again(shelf: Town) -> None:
    assert services.load_templates({LAPTOPS: LINES}, by=CLOCK, at=NOON) == 0
    assert list(Attribute.objects.order_by("position").values_list("key", "better")) == [
        ("memory", "higher"),
        ("weight", "lower"),
        ("origin", ""),
    ]


def test_the_compact_tree_measures_paper_by_the_sheet(db: None) -> None:
    services.load_compact(by=CLOCK, at=NOON)
    assert Category.objects.get(code="A05040101").measure == {
        "per": 100,
        "unit": "张",
        "unit_en": "sheets",
        "by": {"箱": ["reams", "sheets"], "包": ["sheets"]},
    }
    for category in Category.objects.exclude(measure={}):
        known = set(category.attributes.values_list("key", flat=True))
        assert {key for keys in category.measure["by"].values() for key in keys} <= known, category.code
        assert category.unit in category.measure["by"], category.code


def test_the_one_that_dominates_all_others_is_named(shelf: Town) -> None:
    another(shelf, "L-2", "4507.08", memory="32", weight="1.4")
    another(shelf, "L-3", "5000.00", memory="8")
    found = queries.compare(["SPU-1", "L-2", "L-3"])
    assert found.best is not None
    assert (found.best.number, found.best_percent) == ("L-2", Decimal("8.0"))  # 4,507.08 against 4,899.00
    told = [(pair.one.number, pair.other.number, pair.verdict, pair.better, pair.percent) for pair in found.pairs]
    assert told == [
        ("L-2", "SPU-1", Verdict.SAME_OR_BETTER, ["内存容量", "重量"], Decimal("8.0")),
        ("SPU-1", "L-3", Verdict.SAME_OR_BETTER, ["内存容量"], Decimal("2.0")),
        ("L-2", "L-3", Verdict.SAME_OR_BETTER, ["内存容量", "重量"], Decimal("9.8")),
    ]
    memory = next(line for line in found.lines if line.name == "内存容量")
    assert (memory.differs, memory.best) == (True, [False, True, False])


def test_nothing_is_claimed_where_the_origin_differs(shelf: Town) -> None:
    another(shelf, "L-2", "4000.00", memory="32", origin="广东")
    found = queries.compare(["SPU-1", "L-2"])
    [pair] = found.pairs
    assert (pair.verdict, pair.one.number, pair.better, pair.open) == (Verdict.OPEN, "L-2", ["内存容量"], ["产地"])
    assert found.best is None


def test_what_is_better_but_dearer_is_not_the_one_to_choose(shelf: Town) -> None:
    another(shelf, "L-2", "5899.00", memory="32")
    found = queries.compare(["SPU-1", "L-2"])
    assert (found.pairs[0].verdict, found.pairs[0].percent, found.best) == (Verdict.SAME_OR_BETTER, Decimal("-20.4"), None)


def test_products_of_two_categories_are_not_judged(shelf: Town) -> None:
    found = queries.compare(["SPU-1", "SPU-2"])
    assert (found.alike, found.pairs, found.best) == (False, [], None)


def test_similar_and_cheaper_has_the_same_keys_and_nothing_worse(shelf: Town, django_assert_num_queries: Any) -> None:
    another(shelf, "L-2", "4409.10", weight="1.4")
    another(shelf, "L-3", "4000.00", weight="1.6")  # heavier
    another(shelf, "L-4", "4000.00", memory="32")  # another key parameter: other goods
    another(shelf, "L-5", "4898.99", origin="广东")
    another(shelf, "L-6", "4899.00")  # not cheaper
    queries.template(shelf.laptop.product.category)
    own = Product.objects.select_related("category").get(number="SPU-1")
    with django_assert_num_queries(2):
        found = cheaper_alike(own, Decimal("4899.00"))
    assert [(each.product.number, each.percent, each.better, each.differs) for each in found] == [
        ("L-2", Decimal("10.0"), ["重量"], []),
        ("L-5", Decimal("0.0"), [], ["产地"]),
    ]
