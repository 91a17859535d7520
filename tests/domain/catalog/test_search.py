"""Finding products: in Chinese, in pinyin, by model, narrowed down; and the cards that show them, exact from the record."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Offer
from sunlit.domain.catalog.queries import documents
from sunlit.domain.catalog.queries.search import SearchRequest
from tests.domain.catalog.conftest import on_sale
from tests.town import NOON, Town


@pytest.fixture
def index(shelf: Town, tmp_path: Path, settings: Any) -> Iterator[Town]:
    """The town's shelf and one more laptop, indexed in a folder of its own."""
    settings.DATA_DIR = tmp_path
    on_sale(shelf, tags="energy_saving", energy_saving_certificate="JN-1", energy_saving_expires_on="2027-01-01", delivery_regions="652801")
    services.rebuild_index(at=NOON)
    yield shelf
    documents.index().close()


def look(**asked: Any) -> queries.SearchPage:
    documents.index().reload()  # readers look twice a second; a test does not wait
    return queries.search(SearchRequest(**asked), at=NOON)


def found(**asked: Any) -> list[str]:
    """The numbers of the products found; the one that came last is "new"."""
    return sorted(told_of(card) for card in look(**asked).cards)


def told_of(card: queries.Card) -> str:
    return card.product.number if card.product.number in ("SPU-1", "SPU-2") else "new"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["SPU-1", "SPU-2", "new"]),
        ({"q": "便携式计算机"}, ["SPU-1", "new"]),
        ({"q": "天鹅"}, ["new"]),
        ({"q": "te15"}, ["new"]),
        ({"q": "TE-15"}, ["new"]),
        ({"q": "fuyinzhi"}, ["SPU-2"]),
        ({"q": "laptops"}, ["SPU-1", "new"]),
        ({"category": "A05040101"}, ["SPU-2"]),
        ({"category": "A"}, ["SPU-1", "SPU-2", "new"]),
        ({"category": "A99999999"}, []),
        ({"brands": ("孔雀",)}, ["SPU-1", "SPU-2"]),
        ({"price_from": 4000}, ["SPU-1"]),
        ({"price_to": 4000}, ["SPU-2", "new"]),
        ({"suppliers": ("GY-0002",)}, ["SPU-1"]),
        ({"tags": ("energy_saving",)}, ["new"]),
        ({"bands": ("100-500", "1000-5000")}, ["SPU-1", "SPU-2", "new"]),
        ({"region": "652823"}, ["SPU-1", "SPU-2"]),
        ({"region": "652801"}, ["SPU-1", "SPU-2", "new"]),
        ({"days": 2}, []),
        ({"region": "652801", "price_to": 4000}, ["SPU-2", "new"]),
        ({"in_stock": True}, ["SPU-1", "SPU-2", "new"]),
        ({"category": "A02010108", "attributes": {"memory": ("16",)}}, ["SPU-1", "new"]),
        ({"category": "A02010108", "attributes": {"memory": ("32",)}}, []),
    ],
)
def test_what_is_asked_is_found(index: Town, asked: dict[str, Any], expected: list[str]) -> None:
    assert found(**asked) == expected


def test_the_order_of_prices(index: Town) -> None:
    page = look(sort="-price")
    assert [(told_of(card), str(card.low), str(card.high), card.suppliers) for card in page.cards] == [
        ("SPU-1", "4899.00", "4999.00", 2),
        ("new", "3999.00", "3999.00", 1),
        ("SPU-2", "128.50", "128.50", 1),
    ]
    assert (page.total, page.after, page.ready) == (3, "", True)


def test_a_place_has_prices_of_its_own(index: Town) -> None:
    """The corner shop delivers to its county only: elsewhere the laptop costs what the other shop asks."""
    Offer.objects.filter(number="SP-2").update(delivery_regions=["652823"])
    services.rebuild_index(at=NOON)
    prices = {
        place: [(told_of(card), str(card.best and card.best.price)) for card in look(region=place, sort="price").cards]
        for place in ("652823", "652801")
    }
    assert prices == {
        "652823": [("SPU-2", "128.50"), ("SPU-1", "4899.00")],
        "652801": [("SPU-2", "128.50"), ("new", "3999.00"), ("SPU-1", "4999.00")],
    }
    assert found(region="652801", price_to=4950) == ["SPU-2", "new"]
    assert [value.count for each in look(region="652801").facets if each.name == "band" for value in each.values] == [1, 2]


def test_policy_comes_first_among_equals(index: Town) -> None:
    assert look(category="A02010108").cards[0].tags == ["energy_saving"]
    Offer.objects.filter(number="SP-1").update(sold=100_000)
    services.rebuild_index(at=NOON)
    assert [told_of(card) for card in look(category="A02010108").cards] == ["SPU-1", "new"]


def test_facets_count_what_would_be_left(index: Town) -> None:
    with translation.override("en"):
        page = look(category="A02010108", brands=("孔雀",))
    told = {each.name: [(value.value, value.label, value.count, value.chosen) for value in each.values] for each in page.facets}
    assert told["brand"] == [("天鹅", "天鹅", 1, False), ("孔雀", "孔雀", 1, True)]
    assert sorted(told["supplier"]) == [("GY-0001", index.shop.name_en, 1, False), ("GY-0002", index.corner.name_en, 1, False)]
    assert told["attr.memory"] == [("16", "16 GB", 1, False)]
    assert told["band"] == [("1000-5000", "¥1,000 – 5,000", 1, False)]
    assert told["days"] == [(str(step), f"within {step} days", 1, False) for step in (3, 5, 7, 15)]
    assert told["stock"] == [("yes", "in stock", 1, False)]
    assert [(value, count) for value, _label, count, _chosen in told["region"]] == [
        ("652800", 1),
        ("652801", 1),
        ("652823", 1),
        ("652824", 1),
    ]


def test_the_card_shows_the_best_offer_that_meets_every_choice(index: Town) -> None:
    [card] = look(suppliers=("GY-0001",), category="A02010108", brands=("孔雀",)).cards
    assert card.best is not None
    assert (card.best.number, str(card.best.price), str(card.low), card.whole) == ("SP-1", "4999.00", "4899.00", True)
    assert card.keys == ["内存容量 16 GB"]


def test_where_no_single_offer_meets_all_choices_the_card_says_so(index: Town) -> None:
    Offer.objects.filter(number="SP-1").update(delivery_days=1)
    services.rebuild_index(at=NOON)
    [card] = look(suppliers=("GY-0002",), days=1).cards
    assert card.best is not None
    assert (card.best.number, card.whole) == ("SP-2", False)


def test_prices_and_stock_of_a_card_are_never_those_of_the_index(index: Town, django_assert_num_queries: Any) -> None:
    Offer.objects.filter(number="SP-3").update(price="99.00", stock=0)
    Offer.objects.filter(sku_code="TS-100").update(state="delisted")
    look(category="A")  # templates and synonyms are remembered
    with django_assert_num_queries(1):  # products, offers and tags in one; the names of suppliers are remembered
        cards = {told_of(card): card for card in look(category="A").cards}
    assert (str(cards["SPU-2"].low), cards["SPU-2"].in_stock) == ("99.00", False)
    assert (cards["new"].best, cards["new"].suppliers) == (None, 0)


def test_an_expired_tag_is_neither_shown_nor_counted(index: Town) -> None:
    late = NOON + timedelta(days=365)
    services.rebuild_index(at=late)
    assert found(tags=("energy_saving",)) == []
    documents.index().reload()
    assert all(card.tags == [] for card in queries.search(SearchRequest(category="A02010108"), at=late).cards)


def test_ways_on_from_an_empty_page(index: Town) -> None:
    asked = SearchRequest(q="便携式计算机", suppliers=("GY-0002",), tags=("energy_saving",), category="A02010108")
    assert look(q=asked.q, suppliers=asked.suppliers, tags=asked.tags).total == 0
    assert [(way.name, way.count) for way in queries.wider(asked)] == [("supplier", 1), ("tag", 1)]
    assert [(way.name, way.count) for way in queries.wider(SearchRequest(q="复印纸", category="A02010108"))] == [("q", 2), ("category", 1)]


def test_pages_follow_each_other_by_key(index: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["sunlit.domain.catalog.queries.search"], "PAGE_HITS", 1)
    for asked in ({"sort": "price"}, {"sort": "-listed"}, {"sort": "-stars"}, {}, {"q": "孔雀"}):
        seen, after = [], ""
        while True:
            page = look(**asked, after=after)
            seen += [told_of(card) for card in page.cards]
            if not (after := page.after):
                break
        assert sorted(seen) == (["SPU-1", "SPU-2"] if "q" in asked else ["SPU-1", "SPU-2", "new"]), asked
    assert look(sort="price", after="5:x").total == 3
    assert [told_of(card) for card in look(q="孔雀", after="99999:SPU-1").cards] == [told_of(card) for card in look(q="孔雀").cards]


def test_an_address_is_read_leniently() -> None:
    given = QueryDict(
        "q=%20laptop%20&category=A02010108&brand=a&brand=a&brand=b&price_from=x&price_to=1,200.5&days=-3&tag=sme&tag=best&sort=random&after=x&stock=yes&attr.memory=16&attr.memory=32&band=0-100&band=?"
    )
    asked = queries.request_of(given)
    assert (asked.q, asked.category, asked.brands, asked.price_from, str(asked.price_to)) == (
        "laptop",
        "A02010108",
        ("a", "b"),
        None,
        "1200.50",
    )
    assert (asked.days, asked.tags, asked.sort, asked.after, asked.in_stock, asked.attributes, asked.bands) == (
        None,
        ("sme",),
        "",
        "",
        True,
        {"memory": ("16", "32")},
        ("0-100",),
    )
    assert asked.filtered
    assert not SearchRequest(q="x", after="3:x", sort="price").filtered
    assert queries.request_of(QueryDict("after=" + "9" * 40 + ":1&days=9999&region=any")).days == 365


def test_suggestions_know_brands_and_categories_by_pinyin(index: Town) -> None:
    texts = {(item.text, item.field) for item in queries.suggest("tian")}
    assert ("天鹅", "brand") in texts
    assert {item.text for item in queries.suggest("fyz")} >= {"复印纸"}
    assert queries.suggest("  ") == []


def test_a_product_page_shows_all_offers_the_cheapest_first(index: Town, django_assert_num_queries: Any) -> None:
    services.reprice(index.laptop, price="4799.00", by=index.wu, at=NOON + timedelta(days=3))
    queries.tree()
    queries.template(index.laptop.product.category)
    with django_assert_num_queries(10):
        page = queries.product("SPU-1", at=NOON + timedelta(days=4))
    assert page is not None
    assert [(offer.number, str(offer.price)) for offer in page.offers] == [("SP-1", "4799.00"), ("SP-2", "4899.00")]
    assert [(day.day.isoformat(), day.offers, str(day.lowest), str(day.median)) for day in page.history.days] == [
        ("2026-03-02", 2, "4899.00", "4949.00"),
        ("2026-03-05", 2, "4799.00", "4849.00"),
    ]
    assert [(str(each.price), each.at) for each in page.history.changes][:1] == [("4799.00", NOON + timedelta(days=3))]
    assert (str(page.median), str(page.lowest), page.reference) == ("4849.00", "4799.00", None)
    assert [(group.name, [(spec.name, spec.value) for spec in group.specs]) for group in page.specs] == [
        ("主要参数", [("内存容量", "16 GB")])
    ]
    assert queries.product("SPU-9", at=NOON) is None


def test_products_are_compared_line_by_line(index: Town) -> None:
    ours = Offer.objects.select_related("product").get(sku_code="TS-100")
    told = queries.compare(["SPU-1", ours.product.number, "SPU-1", "none"])
    assert [(each.product.number, str(each.lowest), str(each.median), each.suppliers, each.days, each.tags) for each in told.products] == [
        ("SPU-1", "4899.00", "4949.00", 2, 3, []),
        (ours.product.number, "3999.00", "3999.00", 1, 3, ["energy_saving"]),
    ]
    assert [(line.name, line.values, line.differs) for line in told.lines] == [
        ("内存容量", ["16 GB", "16 GB"], False),
        ("操作系统", ["", "银河麒麟"], True),
    ]
    assert told.alike
