"""Published deals and the public page of a supplier."""

from typing import Any

from django.test import Client

from sunlit.domain.contracts.models import Rating
from sunlit.domain.registry.models import Supplier
from tests.portals.public.conftest import LATER, Seated, published
from tests.town import NOON, Town


def test_deals_are_found_by_word_region_and_category(town: Town, page: Client) -> None:
    notice = published(town)
    for address in (
        "/deals/",
        "/deals/?q=复印纸",
        "/deals/?q=梨城",
        f"/deals/?q={notice.number}",
        "/deals/?region=652800",
        "/deals/?region=652801",
        "/deals/?category=A05040101",
    ):
        assert f'data-key="{notice.number}"' in page.get(address).content.decode(), address
    for address in ("/deals/?q=便携", "/deals/?region=652823", "/deals/?category=A02010108", "/deals/?after=1"):
        assert "No deals found" in page.get(address).content.decode(), address


def test_an_odd_key_shows_the_first_page(town: Town, page: Client) -> None:
    notice = published(town)
    for after in ("x", "²", "-1", "9" * 40):
        assert notice.number in page.get("/deals/", {"after": after}).content.decode()


def test_the_list_costs_a_fixed_number_of_queries(town: Town, page: Client, django_assert_max_num_queries: Any) -> None:
    for key in ("k1", "k2", "k3"):
        published(town, key)
    page.get("/deals/")
    with django_assert_max_num_queries(1):
        page.get("/deals/")


def test_a_notice_names_parties_lines_and_acts(town: Town, page: Client) -> None:
    notice = published(town)
    text = page.get(f"/deals/{notice.number}/").content.decode()
    assert "Licheng Experimental Middle School" in text
    assert "Korla Tianshan Office Technology" in text
    assert "¥257.00" in text
    assert f"/verify/?number={notice.order_number}" in text
    assert "巴图" not in text  # no person


def test_a_shop_shows_its_standing_ratings_and_offers(town: Town, page: Client) -> None:
    order_of = published(town).order_number
    from sunlit.domain.market.models import Order

    order = Order.objects.get(number=order_of)
    Rating.objects.create(
        order=order, supplier=town.shop, quality=5, delivery=4, service=3, comment="按时送达", at=LATER, reply="谢谢", replied_at=LATER
    )
    text = page.get("/suppliers/GY-0001/").content.decode()
    assert "按时送达" in text
    assert "谢谢" in text
    assert ">4.0<" in text
    assert 'href="/products/SPU-1/"' in text
    assert 'href="/products/SPU-2/"' in text
    assert 'href="/products/SPU-2/"' not in page.get("/suppliers/GY-0001/?q=计算机").content.decode()


def test_a_suspended_shop_says_why_and_until_when(town: Town, page: Client) -> None:
    Supplier.objects.filter(organisation=town.shop).update(state="suspended", reason="虚假资质", suspended_until=NOON)
    text = page.get("/suppliers/GY-0001/").content.decode()
    assert "虚假资质" in text
    assert "Until Mon 2 Mar 2026" in text


def test_a_buyer_may_keep_the_shop(town: Town, page: Client, seated: Seated) -> None:
    assert "Keep as favourite" in seated(town.aygul).get("/suppliers/GY-0001/").content.decode()
    assert "Keep as favourite" not in page.get("/suppliers/GY-0001/").content.decode()


def test_a_shop_costs_few_queries(town: Town, page: Client, django_assert_max_num_queries: Any) -> None:
    page.get("/suppliers/GY-0001/")
    with django_assert_max_num_queries(6):
        page.get("/suppliers/GY-0001/")
