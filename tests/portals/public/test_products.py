"""The page of a product that many offer: order, delivery to the reader, what others paid, and a fixed number of queries."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as goods
from sunlit.domain.catalog.models import Attribute, Category, MakerDeclaration, Offer, PolicyTag, PriceChange, Product
from sunlit.domain.disclosure import queries as disclosure
from sunlit.domain.registry.models import Supplier
from tests.portals.public.conftest import LATER, Seated, accepted, published
from tests.portals.public.test_goods import contexts
from tests.town import NOON, Town, _offer, _party

__all__ = ["contexts"]


def crowd(town: Town, count: int, *, changes: int = 0) -> list[Offer]:
    """So many further shops offer the paper, each a yuan dearer than the one before, with a history of changes."""
    offers = []
    for n in range(count):
        shop = _party("supplier", f"GY-1{n:03d}", f"第{n}商店", f"Shop {n}", town.shop.region, NOON)
        Supplier.objects.create(number=shop.number, region_path=shop.region.path, state="active", organisation=shop, admitted_at=NOON)
        offer = _offer(shop, town.paper.product, f"C-{n}", f"{129 + n}.00", 10, NOON)
        PriceChange.objects.bulk_create(
            [
                PriceChange(offer=offer, price=Decimal(130 + n) + Decimal(c) / 100, at=NOON - timedelta(days=changes - c))
                for c in range(changes)
            ]
        )
        offers.append(offer)
    return offers


def numbers(client: Client, address: str) -> list[str]:
    return [row.offer.number for row in client.get(address).context["rows"]]


def test_sixty_offers_with_long_histories_cost_as_many_queries_as_two(
    town: Town, page: Client, seated: Seated, django_assert_num_queries: Any
) -> None:
    published(town)
    client = seated(town.aygul)
    client.get("/products/SPU-2/")
    with CaptureQueriesContext(connection) as few:
        client.get("/products/SPU-2/")
    crowd(town, 60, changes=90)
    with django_assert_num_queries(len(few)):
        answer = client.get("/products/SPU-2/?all=1")
    given = answer.context
    assert (len(given["rows"]), len(given["shown"]), len(few)) == (61, 61, len(few))
    assert len(page.get("/products/SPU-2/").context["shown"]) == 20
    assert "Show all 61 offers" in page.get("/products/SPU-2/").content.decode()
    assert len(given["changes"]) == 40
    assert given["chart"]["series"][0]["values"][-1] == Decimal("128.50")
    with CaptureQueriesContext(connection) as strange:
        page.get("/products/SPU-2/")
    assert len(strange) <= 12


def test_offers_are_put_in_the_order_asked_for(town: Town, page: Client) -> None:
    first, second = crowd(town, 2)
    Offer.objects.filter(pk=first.pk).update(delivery_days=1, sold=3, stock=5)
    Offer.objects.filter(pk=second.pk).update(delivery_days=2, sold=9, stock=7)
    assert numbers(page, "/products/SPU-2/") == ["SP-3", "C-0", "C-1"]
    assert numbers(page, "/products/SPU-2/?sort=days") == ["C-0", "C-1", "SP-3"]
    assert numbers(page, "/products/SPU-2/?sort=sold") == ["C-1", "C-0", "SP-3"]
    assert numbers(page, "/products/SPU-2/?sort=stock") == ["SP-3", "C-1", "C-0"]
    assert numbers(page, "/products/SPU-2/?sort=drop%20table") == ["SP-3", "C-0", "C-1"]


def test_what_does_not_reach_the_buyer_stands_last_and_cannot_be_bought(town: Town, seated: Seated, page: Client) -> None:
    Offer.objects.filter(pk=town.laptop_corner.pk).update(delivery_regions=["652823"])  # Yuli alone
    client = seated(town.aygul)  # at home in Korla
    given = client.get("/products/SPU-1/").context
    assert [(row.offer.number, row.reaches) for row in given["rows"]] == [("SP-1", True), ("SP-2", False)]
    assert (given["best"].offer.number, given["away"], given["region"].code) == ("SP-1", 1, "652801")
    text = client.get("/products/SPU-1/").content.decode()
    assert text.count('name="offer" value="SP-2"') == 0
    assert "lowest that reaches you" in text
    assert "1 offer is not delivered to Korla" in text
    assert numbers(client, "/products/SPU-1/?region=652823") == ["SP-2", "SP-1"]
    assert numbers(client, "/products/SPU-1/?region=all") == ["SP-2", "SP-1"]
    assert numbers(page, "/products/SPU-1/") == ["SP-2", "SP-1"]  # a stranger lives nowhere


def test_where_nobody_delivers_the_page_says_so(town: Town, page: Client) -> None:
    Offer.objects.filter(product__number="SPU-1").update(delivery_regions=["652823"])
    answer = page.get("/products/SPU-1/?region=652801")
    assert answer.context["best"] is None
    assert "No supplier delivers this product to Korla" in answer.content.decode()


def test_a_price_by_content_is_told_with_each_offer(town: Town, page: Client) -> None:
    Category.objects.filter(code="A05040101").update(
        measure={"per": 100, "unit": "张", "unit_en": "sheets", "by": {"箱": ["reams", "sheets"]}}
    )
    Product.objects.filter(number="SPU-2").update(attributes={"reams": "8", "sheets": "500"})
    catalog.forget()
    answer = page.get("/products/SPU-2/")
    assert (answer.context["portion"], answer.context["rows"][0].portion) == ("100 sheets", Decimal("3.21"))
    assert "/ 100 sheets" in answer.content.decode()


def test_what_others_paid_is_told_with_its_quartiles(town: Town, page: Client) -> None:
    for key, price in (("k1", "128.50"), ("k2", "120.00"), ("k3", "110.00"), ("k4", "100.00")):
        Offer.objects.filter(pk=town.paper.pk).update(price=Decimal(price))
        town.paper.refresh_from_db()
        published(town, key)
    paid = disclosure.prices_paid(["SPU-2"], at=LATER)
    assert paid is not None
    assert (paid.count, paid.pieces, paid.low, paid.high) == (4, 8, Decimal("100.00"), Decimal("128.50"))
    assert (paid.lower, paid.median, paid.upper) == (Decimal("107.50"), Decimal("115.00"), Decimal("122.12"))
    assert [each.price for each in paid.latest] == [Decimal(text) for text in ("100.00", "110.00", "120.00", "128.50")]
    assert disclosure.prices_paid(["SPU-2", "SPU-9"], at=LATER) == paid
    assert disclosure.prices_paid(["SPU-2"], at=LATER + timedelta(days=800)) is None
    text = page.get("/products/SPU-2/").content.decode()
    assert "The middle half" in text
    assert "4 deals" in text


def test_an_order_that_is_not_published_is_not_told(town: Town, page: Client) -> None:
    accepted(town)
    assert page.get("/products/SPU-2/").context["paid"] is None


@pytest.fixture
def template(town: Town) -> Town:
    lines = [
        Attribute(category=town.laptop.product.category, key="memory", name_zh="内存", name_en="Memory", type="number", better="higher")
    ]
    Attribute.objects.bulk_create(lines)
    catalog.forget()
    return town


def test_a_comparison_says_in_words_who_is_better_and_cheaper(template: Town, page: Client) -> None:
    own = template.laptop.product
    other = Product.objects.create(
        number="SPU-8", category=own.category, brand=own.brand, model="KQ-15", model_key="KQ15", name_zh="孔雀 KQ-15", unit="台",
        attributes={"memory": "32"}, created_at=NOON,
    )  # fmt: skip
    _offer(template.shop, other, "SP-8", "4507.08", 5, NOON)
    text = page.get("/compare/?p=SPU-1&p=SPU-8").content.decode()
    assert "Peacock KQ-15 is the same or better in every parameter, and 8 % cheaper than the next." in text
    assert "Peacock KQ-15 is the same as Peacock KQ-14 or better in every parameter (1 in all; better: Memory); 8 % cheaper." in text
    page.cookies["sunlit_language"] = "zh-hans"
    assert "孔雀 KQ-15 的每一项参数均不低于对方，且价格比次低者低 8%。" in page.get("/compare/?p=SPU-1&p=SPU-8").content.decode()
    page.cookies["sunlit_language"] = "en"
    only = page.get("/compare/?p=SPU-1&p=SPU-8&only=differences").context
    assert [line.name for _group, lines in only["groups"] for line in lines] == ["Memory"]


def test_the_page_of_a_merged_product_leads_on_and_tells_where_it_came_from(town: Town, page: Client) -> None:
    own = town.laptop.product
    other = Product.objects.create(
        number="SPU-8",
        category=own.category,
        brand=own.brand,
        model="KQ14B",
        model_key="KQ14B",
        name_zh="孔雀 KQ14B",
        unit="台",
        created_at=NOON,
    )
    goods.merge_products(other, own, reason="同一型号", by=town.zheng, at=NOON)
    answer = page.get("/products/SPU-8/?sort=days")
    assert (answer.status_code, answer["Location"]) == (301, "/products/SPU-1/?sort=days")
    assert "Merged from SPU-8" in page.get("/products/SPU-1/").content.decode()
    assert page.get("/compare/?p=SPU-8&p=SPU-2").context["numbers"] == ["SPU-1", "SPU-2"]


def test_the_page_says_what_the_tags_of_each_offer_rest_on(client: Client, town: Town) -> None:
    told: dict[str, Any] = {
        "year": 2025,
        "industry": "INDUSTRY",
        "revenue": "3000000",
        "assets": "1",
        "size": "small",
        "counts_as": "small",
    }
    MakerDeclaration.objects.create(offer=town.paper, maker="孔雀河纸厂", staff=40, declared_at=NOON, declared_by_id=town.wu.person, **told)
    day = date(2026, 12, 31)
    for tag, certificate, until in (
        ("environmental_label", "CEC-7", day),
        ("sme", "", day),
        ("small_micro", "", day),
        ("domestic_product", "", None),
    ):
        PolicyTag.objects.create(offer=town.paper, tag=tag, certificate=certificate, expires_on=until)
    page = client.get(f"/products/{town.paper.product.number}/")
    rested = [(row["tags"], row["rests"], row["until"]) for row in page.context["proofs"] if row["supplier"] == town.shop.name_zh]
    assert rested == [
        (["domestic_product"], "供应商自行声明", None),
        (["environmental_label"], "证书 CEC-7", day),
        (["small_micro", "sme"], "声明：由孔雀河纸厂制造，依据2025年数据为小型企业", day),
    ]
    assert "政策标识依据" in page.content.decode()
