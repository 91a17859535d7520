"""Reading real titles, the mapping to the 2022 catalogue, and the import of goods with their prices."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sunlit.demo import real
from sunlit.demo.guessing import UNBRANDED, Guess, Reader
from sunlit.domain.catalog.models import Category, Offer, PriceChange, Product
from sunlit.domain.catalog.services.loading import load_compact
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.ledger.models import Entry

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data lie beside the project only where it is built")

TITLES = (
    "石岭（SHILING）SL2416 23.8英寸IPS显示器",
    "石岭冰箱BCD-269WD",
    "云峰 YF-1024 24口千兆非网管交换机",
    "云峰 YF-1008 8口百兆交换机",
    "TERRA TR-5600 无线路由器",
    "国产 扫把套装 塑料扫把",
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("title", "code", "guess"),
    [
        (TITLES[0], "A02021104", Guess("石岭", "SHILING", "SL2416", {"size": "23.8", "panel": "IPS"})),
        (TITLES[1], "A02061801", Guess("石岭", "SHILING", "BCD-269WD", {"volume": "269"})),
        (TITLES[2], "A02010202", Guess("云峰", "", "YF-1024", {"ports": "24", "speed": "千兆", "manage": "非网管"})),
        (TITLES[4], "A02010201", Guess("TERRA", "TERRA", "TR-5600", {})),
        (TITLES[5], "A05040599", Guess(*UNBRANDED, "扫把套装 塑料扫把", {})),
        (
            "石岭空调KFR-35GW/A1变频壁挂式",
            "A02061804",
            Guess("石岭", "SHILING", "KFR-35GW/A1", {"cooling": "3500", "inverter": "变频", "form": "壁挂式"}),
        ),
        (
            "云峰 中性笔 0.5mm 黑 (12支/盒)",
            "A05040402",
            Guess("云峰", "", "中性笔 0.5mm 黑 (12支/盒)", {"tip": "0.5", "colour": "黑", "pieces": "12", "kind": "中性笔"}),
        ),
    ],
)
def test_a_title_is_read_into_brand_model_and_parameters(title: str, code: str, guess: Guess):
    assert Reader(TITLES).read(title, code) == guess


def test_goods_without_a_category_are_placed_by_their_title_and_else_by_their_channel():
    assert real.code_by_title("云峰 签字笔 0.5mm", "127") == "A05040402"
    assert real.code_by_title("云峰 企业级路由器", "1 8") == "A02010201"
    assert real.code_by_title("云峰 胶带 48mm", "127") == "A05040401"


@needs_data
def test_the_mapping_covers_every_category_of_the_city_with_codes_of_the_national_catalogue():
    mapping = {row["id"]: row["code"] for row in rows(real.shipped_mapping())}
    assert set(mapping) == {row["category_id"] for row in rows(DATA / "suzhou_categories.csv")}
    national = rows(DATA / "categories_2022.csv")
    assert set(mapping.values()) <= {row["code"] for row in national}
    assert set(mapping.values()).isdisjoint({row["parent_code"] for row in national}), "goods hang on leaves"


@needs_data
def test_most_of_the_real_titles_tell_a_brand_and_a_model():
    mapping = {row["id"]: row["code"] for row in rows(real.shipped_mapping())}
    goods = real.read_goods(rows(DATA / "suzhou_goods.csv"), rows(DATA / "suzhou_price_history.csv"), mapping)
    assert len(goods) == 8378
    told = [row for row in rows(DATA / "suzhou_price_history.csv") if row["price_yuan"] and Decimal(row["price_yuan"]) > 0]
    assert sum(len(it.prices) for it in goods) == len(told) > 30_000
    assert sum(it.price == 0 for it in goods) < 50
    assert sum(it.guess.brand_zh != UNBRANDED[0] for it in goods) > 0.94 * 8378
    assert sum(len(it.guess.model) <= 25 for it in goods) > 0.94 * 8378
    assert max(Counter((it.code, it.guess.brand_zh, it.guess.model) for it in goods).values()) == 1


GOODS = [
    {"goods_id": "7", "leaf_category_id": "32", "goods_name": TITLES[0] + " 黑色", "first_price_yuan": "899.00"},
    {"goods_id": "8", "leaf_category_id": "32", "goods_name": TITLES[0] + " 白色", "first_price_yuan": "899.00"},
    {"goods_id": "9", "leaf_category_id": "10", "goods_name": TITLES[2], "first_price_yuan": "613.60"},
    {"goods_id": "10", "leaf_category_id": "10", "goods_name": TITLES[3], "first_price_yuan": ""},
]
PRICES = [
    {"snapshot": "2018-05-12T12:54", "goods_id": "7", "price_yuan": "899.00"},
    {"snapshot": "2018-05-14T08:29", "goods_id": "7", "price_yuan": "879.00"},
]


@pytest.mark.django_db
def test_goods_are_listed_once_with_their_history():
    load_compact(by=CLOCK, at=AT)
    goods = real.read_goods(GOODS, PRICES, {"32": "A02021104", "10": "A02010202"})
    counts = real.import_goods(goods, at=AT)
    assert (counts.goods, counts.new, counts.unchanged, counts.unpriced, counts.prices) == (4, 3, 0, 1, 2)
    assert Supplier.objects.get(number="GY-9001").state == "active"
    black, white, switch = Offer.objects.order_by("sku_code")
    assert (black.price, white.price, switch.price) == (Decimal("879.00"), Decimal("899.00"), Decimal("613.60"))
    assert [(change.price, change.at) for change in PriceChange.objects.filter(offer=black)] == [
        (Decimal("899.00"), datetime(2018, 5, 12, 4, 54, tzinfo=UTC)),
        (Decimal("879.00"), datetime(2018, 5, 14, 0, 29, tzinfo=UTC)),
    ]
    assert [product.model for product in Product.objects.order_by("pk")] == ["SL2416", "SL2416 白色", "YF-1024"]
    assert switch.product.attributes == {"ports": "24", "speed": "千兆", "manage": "非网管"}

    acts = Entry.objects.count()
    again = real.import_goods(goods, at=AT)
    assert (again.new, again.unchanged) == (0, 3)
    assert Offer.objects.count() == 3
    assert Entry.objects.count() == acts


@pytest.mark.django_db
def test_an_unknown_category_stops_the_import_before_anything_is_written():
    goods = real.read_goods(GOODS, PRICES, {"32": "A02021104", "10": "A02010202"})
    with pytest.raises(real.CannotImport, match="sunlit import categories FILE"):
        real.import_goods(goods, at=AT)
    assert not Offer.objects.exists()
    assert not Category.objects.exists()
