"""Every page of the supplier's portal, and who may open it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.portals.supplier.conftest import Seated, confirmed
from tests.town import Town

PAGES = ("desk", "now", "leave", "offers", "start_offer", "imports", "orders", "ratings")


@pytest.mark.parametrize("name", PAGES)
def test_the_supplier_comes_in_and_others_do_not(name: str, town: Town, seated: Seated, client: Client) -> None:
    address = reverse(f"supplier:{name}")
    assert seated(town.chen).get(address).status_code == 200
    assert seated(town.aygul).get(address).status_code == 403
    assert seated(town.surina).get(address).status_code == 403
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


def test_a_clerk_of_the_catalogue_writes_offers_but_does_not_leave(town: Town, seated: Seated) -> None:
    wu = seated(town.wu)
    assert wu.get(reverse("supplier:start_offer")).status_code == 200
    assert wu.get(reverse("supplier:leave")).status_code == 403


def test_orders_and_offers_of_others_do_not_exist(town: Town, seated: Seated) -> None:
    order = confirmed(town)
    nurlan = seated(town.nurlan)
    for name, number in (
        ("order", order.number),
        ("dispatch", order.number),
        ("invoice", order.number),
        ("offer", town.laptop.number),
        ("edit_offer", town.laptop.number),
    ):
        assert nurlan.get(reverse(f"supplier:{name}", args=[number])).status_code == 404, name
    assert (
        nurlan.post(reverse("supplier:act_on_order", args=[order.number]), {"verb": "decline", "reason": "no stock left"}).status_code
        == 404
    )
    assert nurlan.post(reverse("supplier:quick", args=[town.laptop.number]), {"price": "1.00", "stock": "1"}).status_code == 404
    town.laptop.refresh_from_db()
    assert str(town.laptop.price) == "4999.00"
