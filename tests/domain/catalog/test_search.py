"""Finding goods: in Chinese, in pinyin, by model, narrowed down; and the index that follows the acts."""

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
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.ledger.queries import Act
from tests.domain.catalog.conftest import on_sale
from tests.town import NOON, Town


@pytest.fixture
def index(shelf: Town, tmp_path: Path, settings: Any) -> Iterator[Town]:
    """The town's shelf and one more laptop, indexed in a folder of its own."""
    settings.DATA_DIR = tmp_path
    on_sale(shelf, tags="energy_saving", energy_saving_certificate="JN-1", energy_saving_expires_on="2027-01-01", delivery_regions="652801")
    services.rebuild_index()
    yield shelf
    documents.index().close()


def found(**asked: Any) -> list[str]:
    documents.index().reload()  # readers look twice a second; a test does not wait
    return sorted(hit["offer"] if hit["offer"].startswith("SP-") else "new" for hit in queries.search(SearchRequest(**asked)).hits)


def acts(*told: tuple[str, str, dict[str, Any]]) -> list[Act]:
    return [Act(index, index, NOON, act, subject, "GY-0001", "", facts) for index, (act, subject, facts) in enumerate(told)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["SP-1", "SP-2", "SP-3", "new"]),
        ({"q": "便携式计算机"}, ["SP-1", "SP-2", "new"]),
        ({"q": "天鹅"}, ["new"]),
        ({"q": "te15"}, ["new"]),
        ({"q": "TE-15"}, ["new"]),
        ({"q": "fuyinzhi"}, ["SP-3"]),
        ({"q": "laptops"}, ["SP-1", "SP-2", "new"]),
        ({"category": "A05040101"}, ["SP-3"]),
        ({"category": "A"}, ["SP-1", "SP-2", "SP-3", "new"]),
        ({"category": "A99999999"}, []),
        ({"brands": ("孔雀",)}, ["SP-1", "SP-2", "SP-3"]),
        ({"price_from": 4000}, ["SP-1", "SP-2"]),
        ({"price_to": 4000}, ["SP-3", "new"]),
        ({"suppliers": ("GY-0002",)}, ["SP-2"]),
        ({"tags": ("energy_saving",)}, ["new"]),
        ({"bands": ("100-500", "1000-5000")}, ["SP-1", "SP-2", "SP-3", "new"]),
        ({"region": "652823"}, ["SP-1", "SP-2", "SP-3"]),
        ({"region": "652801"}, ["SP-1", "SP-2", "SP-3", "new"]),
        ({"days": 2}, []),
        ({"category": "A02010108", "attributes": {"memory": ("16",)}}, ["SP-1", "SP-2", "new"]),
        ({"category": "A02010108", "attributes": {"memory": ("32",)}}, []),
    ],
)
def test_what_is_asked_is_found(index: Town, asked: dict[str, Any], expected: list[str]) -> None:
    assert found(**asked) == expected


def test_the_order_of_prices(index: Town) -> None:
    page = queries.search(SearchRequest(sort="-price"))
    assert [hit["price"] for hit in page.hits] == ["4999.00", "4899.00", "3999.00", "128.50"]
    assert (page.total, page.pages, page.ready) == (4, 1, True)


def test_policy_comes_first_among_equals(index: Town) -> None:
    assert queries.search(SearchRequest(category="A02010108")).hits[0]["tags"] == ["energy_saving"]


def test_facets_count_what_would_be_left(index: Town) -> None:
    with translation.override("en"):
        page = queries.search(SearchRequest(category="A02010108", brands=("孔雀",)))
    told = {each.name: [(value.value, value.label, value.count, value.chosen) for value in each.values] for each in page.facets}
    assert told["brand"] == [("孔雀", "孔雀", 2, True), ("天鹅", "天鹅", 1, False)]
    assert sorted(told["supplier"]) == [("GY-0001", index.shop.name_en, 1, False), ("GY-0002", index.corner.name_en, 1, False)]
    assert told["attr.memory"] == [("16", "16 GB", 2, False)]
    assert told["band"] == [("1000-5000", "¥1,000 – 5,000", 2, False)]
    assert told["days"] == [(str(step), f"within {step} days", 2, False) for step in (3, 5, 7, 15)]


def test_an_address_is_read_leniently() -> None:
    given = QueryDict(
        "q=%20laptop%20&category=A02010108&brand=a&brand=a&brand=b&price_from=x&price_to=1,200.5&days=-3&tag=sme&tag=best&sort=random&page=0&attr.memory=16&attr.memory=32&band=0-100&band=?"
    )
    asked = queries.request_of(given)
    assert (asked.q, asked.category, asked.brands, asked.price_from, str(asked.price_to)) == (
        "laptop",
        "A02010108",
        ("a", "b"),
        None,
        "1200.50",
    )
    assert (asked.days, asked.tags, asked.sort, asked.page, asked.attributes, asked.bands) == (
        None,
        ("sme",),
        "",
        1,
        {"memory": ("16", "32")},
        ("0-100",),
    )
    assert asked.filtered
    assert not SearchRequest(q="x", page=3, sort="price").filtered
    assert queries.request_of(QueryDict("page=" + "9" * 40 + "&days=9999")).days == 365


def test_suggestions_know_brands_and_categories_by_pinyin(index: Town) -> None:
    texts = {(item.text, item.field) for item in queries.suggest("tian")}
    assert ("天鹅", "brand") in texts
    assert {item.text for item in queries.suggest("fyz")} >= {"复印纸"}
    assert queries.suggest("  ") == []


def test_the_index_follows_acts_one_and_many(index: Town) -> None:
    offer = Offer.objects.get(sku_code="TS-100")
    services.freeze(offer, reason="价格异常", by=index.surina, at=NOON)
    services.index_acts(acts(("offer.freeze", f"offer/{offer.number}", {})))
    assert found() == ["SP-1", "SP-2", "SP-3"]
    services.release(offer, reason="复核通过", by=index.surina, at=NOON)
    services.index_acts(acts(("order.place", "order/1", {}), ("offer.approve_many", "batch/PL-1", {"rows": {offer.number: "x"}})))
    assert found() == ["SP-1", "SP-2", "SP-3", "new"]


def test_a_suspended_suppliers_offers_are_not_found(index: Town) -> None:
    Supplier.objects.filter(organisation=index.shop).update(state="left")
    services.index_acts(acts(("supplier.leave", "supplier/GY-0001", {})))
    assert found() == ["SP-2"]
    Supplier.objects.filter(organisation=index.shop).update(state="active")
    services.index_acts(acts(("supplier.reinstate", "supplier/GY-0001", {})))
    assert len(found()) == 4


def test_an_index_of_another_database_is_built_anew(index: Town) -> None:
    documents.index().commit("99")
    documents.index().close()
    Offer.objects.filter(number="SP-3").update(state="delisted")  # behind the index's back
    services.index_acts(acts(("order.place", "order/1", {})))
    assert found() == ["SP-1", "SP-2", "new"]
    assert documents.index().cursor() == "0"


def test_a_missing_index_finds_nothing_and_is_built(shelf: Town, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    page = queries.search(SearchRequest(q="便携式计算机"))
    assert (page.total, page.ready) == (0, False)
    assert services.build_missing_index() == 3
    assert services.build_missing_index() == 0
    assert queries.search(SearchRequest()).total == 3


def test_a_product_page_shows_all_offers_the_cheapest_first(index: Town, django_assert_num_queries: Any) -> None:
    services.reprice(index.laptop, price="4799.00", by=index.wu, at=NOON + timedelta(days=3))
    queries.tree()
    queries.template(index.laptop.product.category)
    with django_assert_num_queries(9):
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
