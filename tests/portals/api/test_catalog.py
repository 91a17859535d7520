"""The library by programs: categories, products, offers; rows in batches, prices and stocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Attribute, Category, Offer, PriceChange, Product
from sunlit.domain.catalog.queries import documents
from sunlit.foundation.ledger.models import Entry
from tests.portals.api.conftest import Program, key_of
from tests.town import NOON, Town

ROW = {
    "sku_code": "WU-1",
    "category": "A05040101",
    "title": "孔雀 A3 复印纸",
    "brand": "孔雀",
    "model": "A3-80",
    "price": "188.00",
    "stock": 40,
}


def test_categories(town: Town, aygul: Program) -> None:
    Attribute.objects.create(
        category=Category.objects.get(code="A05040101"),
        key="weight",
        name_zh="克重",
        name_en="Weight",
        type="number",
        unit="g",
        required=True,
    )
    page = aygul.get("categories?limit=2")
    assert ([c["code"] for c in page["categories"]], page["next"]) == (["A", "A02010108"], "A02010108")
    assert [c["code"] for c in aygul.get("categories?in_use=true&after=A02010108")["categories"]] == ["A05040101"]
    paper = aygul.get("categories/A05040101")
    assert (paper["parent"], paper["attributes"][0]["key"], paper["attributes"][0]["required"]) == ("A", "weight", True)
    assert aygul.call("GET", "categories/B99").json()["code"] == "API-004"


def test_products(town: Town, aygul: Program) -> None:
    assert [p["number"] for p in aygul.get("products")["products"]] == ["SPU-1", "SPU-2"]
    first = aygul.get("products?limit=1&category=A")
    assert [p["number"] for p in aygul.get(f"products?limit=1&category=A&after={first['next']}")["products"]] == ["SPU-2"]
    assert [p["number"] for p in aygul.get("products?category=A02010108&brand=kongque")["products"]] == ["SPU-1"]
    assert aygul.get("products?brand=nobody")["products"] == []
    laptop = aygul.get("products/SPU-1")
    assert (laptop["median"], [(o["number"], o["price"]) for o in laptop["offers"]]) == (
        "4949.00",
        [("SP-2", "4899.00"), ("SP-1", "4999.00")],
    )


def test_own_offers(town: Town, wu: Program, aygul: Program) -> None:
    page = wu.get("offers?limit=1")
    assert ([o["number"] for o in page["offers"]], [o["number"] for o in wu.get(f"offers?after={page['next']}")["offers"]]) == (
        ["SP-3"],
        ["SP-1"],
    )
    assert (wu.get("offers/SP-3")["price"], wu.get("offers?state=draft")["offers"]) == ("128.50", [])
    Offer.objects.filter(number="SP-2").update(state="frozen", reason="核查中")
    assert aygul.call("GET", "offers/SP-2").status_code == 404


def test_rows_are_entered_changed_and_kept_out(town: Town, wu: Program) -> None:
    bad = {**ROW, "sku_code": "WU-2", "price": "12.345"}
    told = wu.call("PUT", "offers", {"rows": [ROW, bad]})
    assert told.status_code == 200, told.content.decode()
    first, second = told.json()["rows"]
    assert (first["result"], first["errors"], second["result"]) == ("new", [], "kept_out")
    assert [(e["code"], e["field"]) for e in second["errors"]] == [("CAT-013", "price")]
    assert told.json()["counts"] == {"new": 1, "kept_out": 1}
    made = Offer.objects.get(sku_code="WU-1")
    assert (made.state, str(made.price), made.number) == ("review", "188.00", first["number"])
    again = wu.call("PUT", "offers", {"rows": [ROW]}).json()
    assert again["counts"] == {"unchanged": 1}
    assert Entry.objects.filter(act="offer.enter_many").count() == 1


def test_a_batch_has_a_limit_and_a_supplier(town: Town, wu: Program) -> None:
    too_many = wu.call("PUT", "offers", {"rows": [{**ROW, "sku_code": f"W{n}"} for n in range(501)]})
    assert [(e["code"], e["field"]) for e in too_many.json()["errors"]] == [("API-014", "rows")]
    assert Program(key_of(town.aygul)).call("PUT", "offers", {"rows": [ROW]}).json()["code"] == "LIF-002"
    assert Offer.objects.count() == 3


def test_price_and_stock_of_one(town: Town, wu: Program) -> None:
    changed = wu.call("PATCH", "offers/SP-3", {"price": "120.00", "stock": 900, "version": None}).json()
    assert (changed["price"], changed["stock"]) == ("120.00", 900)
    assert [str(c.price) for c in PriceChange.objects.filter(offer=town.paper).order_by("id")] == ["128.50", "120.00"]
    for body, code, field in (
        ({"price": "119.999"}, "CAT-013", "price"),
        ({"price": "-1.00"}, "CAT-014", "price"),
        ({"stock": -1}, "CAT-015", "stock"),
        ({}, "API-022", ""),
        ({"stock": 5, "version": 99}, "LIF-003", ""),
        ({"colour": "red"}, "API-012", "colour"),
    ):
        response = wu.call("PATCH", "offers/SP-3", body)
        assert [(e["code"], e["field"]) for e in response.json()["errors"]] == [(code, field)]
    town.paper.refresh_from_db()
    assert (str(town.paper.price), town.paper.stock) == ("120.00", 900)


def test_prices_and_stocks_of_many(town: Town, wu: Program) -> None:
    rows = [
        {"number": "SP-3", "stock": 7},
        {"sku_code": "SP-1", "price": "4950.00"},
        {"number": "SP-2", "stock": 1},
        {"number": "SP-3", "price": "1.234"},
        {"number": "SP-1"},
    ]
    told = wu.call("PATCH", "offers", {"rows": rows}).json()["rows"]
    assert [(row["position"], row["result"], [e["code"] for e in row["errors"]]) for row in told] == [
        (0, "updated", []),
        (1, "updated", []),
        (2, "kept_out", ["API-018"]),
        (3, "kept_out", ["CAT-013"]),
        (4, "kept_out", ["API-022"]),
    ]
    assert list(Offer.objects.order_by("number").values_list("stock", flat=True)) == [50, 5, 7]


def test_the_number_of_a_merged_product_leads_to_the_other(town: Town, aygul: Program) -> None:
    own = Product.objects.get(number="SPU-1")
    other = Product.objects.create(
        number="SPU-8",
        category=own.category,
        brand=own.brand,
        model="KQ14B",
        model_key="KQ14B",
        name_zh="KQ14B",
        unit="台",
        created_at=NOON,
    )
    services.merge_products(other, own, reason="同一型号", by=town.zheng, at=NOON)
    answer = aygul.call("GET", "products/SPU-8")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/products/SPU-1")
    assert [each["number"] for each in aygul.get("products")["products"]] == ["SPU-1", "SPU-2"]


@pytest.fixture
def indexed(town: Town, tmp_path: Path, settings: Any) -> Iterator[Town]:
    settings.DATA_DIR = tmp_path
    services.rebuild_index(at=NOON)
    yield town
    documents.index().close()


def test_search_answers_as_the_page_does(indexed: Town, aygul: Program) -> None:
    told = aygul.get("search?q=复印纸&region=652801&price_to=200")
    [found] = told["found"]
    assert (told["ready"], told["total"], told["relaxed"], told["next"]) == (True, 1, "", "")
    assert (found["product"], found["whole"], found["low"], found["best"]["price"]) == ("SPU-2", True, "128.50", "128.50")
    assert (found["best"]["supplier"], found["suppliers"]) == (indexed.shop.number, 1)
    assert {facet["name"] for facet in told["facets"]} >= {"brand", "band", "region"}
    assert aygul.get("search?q=复印纸&price_to=100")["total"] == 0
    dearest = aygul.get("search?sort=-price&tag=nonsense&days=soon&after=broken")  # what cannot be read is left out
    assert [each["product"] for each in dearest["found"]] == ["SPU-1", "SPU-2"]
