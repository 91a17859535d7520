"""Offers: found, written, changed where they stand, taken off sale, appealed; what is wrong stands at its field."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Offer, PriceChange
from sunlit.foundation.ledger.models import Entry
from tests.domain.catalog.conftest import LAPTOPS, a_draft, on_sale
from tests.portals.supplier.conftest import a_picture, codes
from tests.town import NOON, Town, declare_size

WRITTEN: dict[str, Any] = {
    "sku_code": "TS-200",
    "title": "天鹅 TE-16 便携式计算机",
    "brand": "天鹅",
    "model": "TE-16",
    "unit": "台",
    "price": "4299.00",
    "stock": "12",
    "attr.memory": "32",
    "attr.system": "银河麒麟",
    "own": "接口：4 个\nwarranty card: yes",
    "delivery_regions": ["652801"],
    "tags": ["sme"],
    "energy_saving_certificate": "CQC-1",
    "energy_saving_expires_on": "2027-01-31",
}
NEW = f"/supplier/offers/new/?category={LAPTOPS}"


@pytest.fixture(autouse=True)
def _small(town: Town) -> None:
    """The shop declared its size: what the written offer claims rests on it."""
    declare_size(town)


def test_a_clerk_finds_the_product_and_its_form_is_filled(town: Town, wu: Client) -> None:
    found = wu.get(reverse("supplier:start_offer"), {"q": "kq 14"}).context["products"]
    assert [product.number for product in found] == ["SPU-1"]
    form = wu.get("/supplier/offers/new/?product=SPU-1").context["form"]
    assert (form.texts["brand"], form.texts["model"], form.attributes) == ("孔雀", "KQ-14", {"memory": "16"})


def test_a_category_without_a_template_is_no_place_for_offers(town: Town, wu: Client) -> None:
    assert wu.get("/supplier/offers/new/?category=A").status_code == 404
    assert wu.get("/supplier/offers/new/?category=Z99").status_code == 404


def test_a_draft_is_kept_with_everything_that_was_written(town: Town, wu: Client) -> None:
    answer = wu.post(NEW, {**WRITTEN, "verb": "draft", "images": [a_picture("a.png"), a_picture("b.png")]})
    offer = Offer.objects.get(sku_code="TS-200")
    assert (answer.status_code, answer["Location"]) == (303, reverse("supplier:offer", args=[offer.number]))
    assert (offer.state, str(offer.price), offer.stock, offer.delivery_regions) == ("draft", "4299.00", 12, ["652801"])
    assert offer.product.attributes == {"memory": "32", "system": "银河麒麟", "接口": "4 个", "warranty card": "yes"}
    assert {tag.tag: tag.certificate for tag in offer.tags.all()} == {"sme": "", "energy_saving": "CQC-1"}
    assert {image.name for image in offer.images.all()} == {"a.png", "b.png"}
    assert all(image.public for image in offer.images.all())


def test_submitting_hands_it_to_the_regulator(town: Town, wu: Client) -> None:
    assert wu.post(NEW, {**WRITTEN, "verb": "submit"}).status_code == 303
    assert Offer.objects.get(sku_code="TS-200").state == "review"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"price": "4299.005"}, {("CAT-013", "price")}),
        ({"price": "-1"}, {("CAT-014", "price")}),
        ({"stock": "many", "delivery_days": "0"}, {("CAT-015", "stock"), ("CAT-015", "delivery_days")}),
        ({"brand": "", "model": " "}, {("CAT-010", "brand"), ("CAT-010", "model")}),
        ({"attr.memory": "a lot"}, {("CAT-017", "attr.memory")}),
        ({"attr.system": "CP/M"}, {("CAT-016", "attr.system")}),
        ({"attr.system": ""}, {("CAT-010", "attr.system")}),
        ({"own": f"{'很长' * 11}：1"}, {("CAT-023", "own")}),
        ({"energy_saving_certificate": "CQC-1", "energy_saving_expires_on": ""}, {("CAT-020", "energy_saving_certificate")}),
        ({"energy_saving_expires_on": "2026-01-31"}, {("CAT-021", "energy_saving_expires_on")}),
        ({"title": "学校专供 TE-16"}, {("CAT-033", "title")}),
        ({"delivery_regions": ["110000"]}, {("CAT-018", "delivery_regions")}),
        ({"sku_code": "SP-1"}, {("CAT-042", "sku_code")}),
    ],
)
def test_what_is_wrong_stands_at_its_field(given: dict[str, Any], expected: set[tuple[str, str]], town: Town, wu: Client) -> None:
    before = Entry.objects.count()
    answer = wu.post(NEW, {**WRITTEN, **given, "verb": "submit"})
    assert answer.status_code in {409, 422}
    assert codes(answer) == expected
    assert (Offer.objects.count(), Entry.objects.count()) == (3, before)
    assert answer.context["form"].texts["unit"] == "台"


def test_a_product_stands_on_the_shelf_once(town: Town, wu: Client) -> None:
    on_sale(town)
    answer = wu.post(NEW, {**WRITTEN, "model": "te 15", "attr.memory": "16", "verb": "draft"})
    assert (answer.status_code, codes(answer)) == (409, {("CAT-034", "model")})


def test_too_many_or_wrong_pictures_are_told_at_the_pictures(town: Town, wu: Client) -> None:
    five = [a_picture(f"{n}.png") for n in range(5)]
    assert codes(wu.post(NEW, {**WRITTEN, "verb": "draft", "images": five})) == {("CAT-038", "images")}
    from django.core.files.uploadedfile import SimpleUploadedFile

    wrong = SimpleUploadedFile("x.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/png")
    assert codes(wu.post(NEW, {**WRITTEN, "verb": "draft", "images": [wrong]})) == {("FIL-004", "images")}
    assert Offer.objects.count() == 3


def quick(client: Client, offer: Offer, *, htmx: bool = True, **given: Any) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("supplier:quick", args=[offer.number]), {"expected": offer.version, **given}, headers=headers)


def test_price_and_stock_change_where_they_stand(town: Town, wu: Client) -> None:
    answer = quick(wu, town.paper, price="127.00", stock="900")
    assert answer.status_code == 200
    assert "Offer SP-3 was changed." in answer["HX-Trigger"]
    assert 'value="127.00"' in answer.content.decode()
    town.paper.refresh_from_db()
    assert (str(town.paper.price), town.paper.stock) == ("127.00", 900)
    assert [str(line.price) for line in PriceChange.objects.filter(offer=town.paper).order_by("at")] == ["128.50", "127.00"]
    assert list(Entry.objects.filter(subject=f"offer/{town.paper.number}").values_list("act", flat=True)) == ["offer.update"]


def test_one_of_them_is_its_own_act_and_neither_is_none(town: Town, wu: Client) -> None:
    quick(wu, town.paper, price="127.00", stock="1000")
    town.paper.refresh_from_db()
    quick(wu, town.paper, price="127.00", stock="7")
    town.paper.refresh_from_db()
    quick(wu, town.paper, price="127.00", stock="7")
    assert list(Entry.objects.filter(subject=f"offer/{town.paper.number}").order_by("pk").values_list("act", flat=True)) == [
        "offer.reprice",
        "offer.restock",
    ]


def test_without_scripts_the_list_comes_back(town: Town, wu: Client) -> None:
    answer = quick(wu, town.paper, htmx=False, price="126.00", stock="1000", list="state=listed&q=SP")
    assert (answer.status_code, answer["Location"]) == (302, "/supplier/offers/?state=listed&q=SP")
    town.paper.refresh_from_db()
    answer = quick(wu, town.paper, htmx=False, price="126.001", stock="1000", list="state=listed")
    assert (answer.status_code, codes(answer), answer.context["asked"]["state"]) == (422, {("CAT-013", "price")}, "listed")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"price": "abc", "stock": "1000"}, "CAT-012"),
        ({"price": "128.50", "stock": "-4"}, "CAT-015"),
        ({"price": "1.234", "stock": "x"}, "CAT-013"),
    ],
)
def test_a_wrong_figure_changes_nothing(given: dict[str, Any], code: str, town: Town, wu: Client) -> None:
    answer = quick(wu, town.paper, **given)
    assert answer.status_code == 422
    assert f'data-code="{code}"' in answer.content.decode()
    town.paper.refresh_from_db()
    assert (str(town.paper.price), town.paper.stock) == ("128.50", 1000)


def test_a_stale_row_is_told(town: Town, wu: Client) -> None:
    services.restock(town.paper, stock=5, by=town.wu, at=NOON)
    assert 'data-code="LIF-003"' in quick(wu, town.paper, price="1.00", stock="1").content.decode()


def test_sales_people_look_but_do_not_reprice(town: Town, seated: Any) -> None:
    from dataclasses import replace

    from sunlit.foundation.accounts.models import Seat

    Seat.objects.filter(user_id=town.chen.person).update(roles=["sales"])
    sales = seated(replace(town.chen, roles=frozenset({"sales"})))
    assert 'class="quick" method="post"' not in sales.get("/supplier/offers/").content.decode()
    assert quick(sales, town.paper, price="1.00", stock="1").status_code == 403


def test_the_terms_change_while_it_stays_on_sale(town: Town, wu: Client) -> None:
    told = {
        "expected": town.paper.version,
        "price": "120.00",
        "stock": "10",
        "quantity_most": "5",
        "delivery_days": "2",
        "delivery_regions": ["652801", "652823"],
    }
    assert wu.post(reverse("supplier:terms", args=["SP-3"]), told).status_code == 303
    offer = Offer.objects.get(number="SP-3")
    assert (offer.state, str(offer.price), offer.quantity_most, offer.delivery_regions) == ("listed", "120.00", 5, ["652801", "652823"])
    answer = wu.post(reverse("supplier:terms", args=["SP-3"]), {**told, "expected": offer.version, "delivery_days": "0"})
    assert codes(answer) == {("CAT-015", "delivery_days")}


def test_chosen_offers_leave_the_shelf_together_or_not_at_all(town: Town, wu: Client) -> None:
    page = wu.get(reverse("supplier:delist_many"), {"offer": ["SP-1", "SP-2", "SP-3"]})
    assert {it.number for it in page.context["chosen"]} == {"SP-1", "SP-3"}  # SP-2 is the corner shop's
    draft = a_draft(town)
    answer = wu.post(reverse("supplier:delist_many"), {"offer": ["SP-1", draft.number]})
    assert codes(answer) == {("LIF-001", "")}
    assert Offer.objects.get(number="SP-1").state == "listed"
    assert wu.post(reverse("supplier:delist_many"), {"offer": ["SP-1", "SP-2", "SP-3"]}).status_code == 303
    assert dict(Offer.objects.filter(number__startswith="SP-").values_list("number", "state")) == {
        "SP-1": "delisted",
        "SP-2": "listed",
        "SP-3": "delisted",
    }
    assert codes(wu.get(reverse("supplier:delist_many"))) == {("SUP-002", "")}


def test_an_offer_is_rewritten_and_reviewed_anew(town: Town, wu: Client) -> None:
    offer = on_sale(town)
    page = wu.get(reverse("supplier:edit_offer", args=[offer.number]))
    assert page.context["verbs"] == {"revise"}
    assert page.context["form"].texts["model"] == "TE-15"
    told = {
        **WRITTEN,
        "model": "TE-15",
        "title": "天鹅 TE-15 新版便携式计算机",
        "price": "3999.00",
        "attr.memory": "16",
        "expected": offer.version,
        "verb": "revise",
    }
    assert wu.post(reverse("supplier:edit_offer", args=[offer.number]), told).status_code == 303
    offer.refresh_from_db()
    assert (offer.state, offer.title, offer.sku_code) == ("review", "天鹅 TE-15 新版便携式计算机", "TS-100")


def test_a_frozen_offer_is_appealed_with_a_reason(town: Town, wu: Client) -> None:
    offer = services.freeze(on_sale(town), reason="价格异常，请说明", by=town.surina, at=NOON)
    page = wu.get(reverse("supplier:offer", args=[offer.number]))
    assert "价格异常，请说明" in page.content.decode()
    told = {"expected": offer.version, "verb": "appeal", "reason": "x"}
    assert codes(wu.post(reverse("supplier:act_on_offer", args=[offer.number]), told)) == {("CAT-001", "reason")}
    assert wu.post(reverse("supplier:act_on_offer", args=[offer.number]), {**told, "reason": "价格已下调至市场价"}).status_code == 303
    assert Offer.objects.get(pk=offer.pk).state == "unfreeze_review"


def test_pages_cost_a_fixed_number_of_queries(town: Town, wu: Client, django_assert_max_num_queries: Any) -> None:
    offer = on_sale(town)
    wu.get("/supplier/offers/")
    with django_assert_max_num_queries(8):
        wu.get("/supplier/offers/")
    with django_assert_max_num_queries(12):
        wu.get(reverse("supplier:offer", args=[offer.number]))
