"""Doors: who comes in, forms carried out once, refusals told as pages and fragments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from sunlit.domain.market.models import CartLine, Order
from sunlit.foundation.accounts.models import Address, Attempt
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox.models import Once
from tests.portals.clients import browser, codes, once
from tests.town import NOON, Town, an_order, build


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def town(db: None) -> Town:
    return build()


# Who comes in


def test_nobody_is_led_to_the_sign_in_and_back(town: Town) -> None:
    answer = browser().get("/buyer/orders/?group=open")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fbuyer%2Forders%2F%3Fgroup%3Dopen")


def test_after_signing_in_the_wanted_page_opens_but_never_another_site(town: Town, settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    for wanted, led in (
        ("/buyer/orders/", "/buyer/orders/"),
        ("https://evil.example/", "/buyer/"),
        ("//evil.example/", "/buyer/"),
        ("", "/buyer/"),
    ):
        assert browser().post("/sign-in/as/", {"login": "aygul", "next": wanted})["Location"] == led


def test_a_form_sent_after_the_session_ended_is_told_so(town: Town) -> None:
    answer = browser(language="en").post("/buyer/favourites/keep/", {"product": "SPU-1"})
    assert (answer.status_code, codes(answer)) == (401, ["ACC-020"])


@pytest.mark.parametrize(("who", "path", "words"), [("chen", "/buyer/", "Buyer"), ("batu", "/buyer/cart/", "Orderer, Lead")])
def test_another_kind_or_role_is_told_whose_page_it_is(town: Town, who: str, path: str, words: str) -> None:
    answer = browser(getattr(town, who), language="en").get(path)
    assert (answer.status_code, codes(answer)) == (403, ["ACC-021"])
    assert f"This page is for other people: {words}." in answer.content.decode()
    assert "采购人" in browser(town.chen).get("/buyer/").content.decode()


def test_a_method_that_no_page_has_is_answered_with_405(town: Town) -> None:
    answer = browser(town.aygul).post("/buyer/orders/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert browser(town.aygul).get("/buyer/cart/add/").status_code == 405


def test_a_closed_seat_and_a_closed_organisation_open_nothing(town: Town) -> None:
    client = browser(town.aygul)
    assert client.get("/buyer/").status_code == 200
    type(town.school).objects.filter(pk=town.school.pk).update(active=False)
    assert client.get("/buyer/").status_code == 302


def test_a_stale_token_of_a_form_is_a_refusal_like_every_other(town: Town) -> None:
    answer = browser(town.aygul, csrf=True).post("/buyer/favourites/keep/", {"product": "SPU-1"})
    assert (answer.status_code, codes(answer)) == (403, ["ACC-022"])
    assert answer.content.decode().count("<h1>") == 1


def test_htmx_gets_the_fragment(town: Town) -> None:
    answer = browser(town.chen).get("/buyer/", headers={"hx-request": "true"})
    assert (answer.status_code, codes(answer), "<html" in answer.content.decode()) == (403, ["ACC-021"], False)


def test_a_nul_in_a_form_or_address_is_a_bad_request_and_no_fault(town: Town) -> None:
    client = browser(town.aygul)
    assert client.get("/buyer/orders/?q=%00").status_code == 400
    assert client.get("/buyer/orders/%00/").status_code == 400
    assert client.post("/buyer/favourites/keep/", {"product": "a\x00b"}).status_code == 400
    assert browser().post("/sign-in/", {"login": "a\x00", "password": "x"}).status_code == 400


# Once


ADDRESS = {"receiver": "巴图", "phone": "0996-1", "text": "团结路1号", "region": "652801"}


def test_a_form_sent_twice_is_carried_out_once_and_answered_alike(town: Town) -> None:
    client = browser(town.zhou)
    first, again = (client.post("/organisation/addresses/", once(**ADDRESS)) for _twice in range(2))
    assert (first.status_code, again.status_code) == (303, 302)
    assert first["Location"] == again["Location"] == "/organisation/"
    assert Address.objects.filter(text="团结路1号").count() == 1


def test_the_same_form_filled_in_otherwise_is_another_form(town: Town) -> None:
    client = browser(town.zhou)
    client.post("/organisation/addresses/", once(**ADDRESS))
    client.post("/organisation/addresses/", once(**{**ADDRESS, "text": "团结路2号"}))
    assert Address.objects.filter(text__startswith="团结路").count() == 2


def test_another_persons_form_with_the_same_key_is_another_form(town: Town) -> None:
    browser(town.zhou).post("/organisation/addresses/", once(**ADDRESS))
    browser(town.chen).post("/organisation/addresses/", once(**ADDRESS))
    assert Address.objects.filter(text="团结路1号").count() == 2


def test_a_refused_form_may_be_sent_again(town: Town) -> None:
    client = browser(town.zhou)
    answer = client.post("/organisation/addresses/", once(**{**ADDRESS, "text": ""}))
    assert (answer.status_code, codes(answer), Once.objects.count()) == (422, ["ACC-015"], 0)
    assert client.post("/organisation/addresses/", once(**ADDRESS)).status_code == 303


def test_a_refusal_that_no_form_catches_frees_the_key_too(town: Town) -> None:
    client = browser(town.aygul)
    answer = client.post("/buyer/cart/add/", once(offer="SP-3", quantity="0"))
    assert (answer.status_code, codes(answer), Once.objects.count()) == (422, ["ORD-017"], 0)
    assert client.post("/buyer/cart/add/", once(offer="SP-3", quantity="2")).status_code == 303
    assert CartLine.objects.get().quantity == 2


def test_counted_tries_of_a_password_stay_whatever_the_form_carries(town: Town) -> None:
    for turn in range(5):
        assert browser().post("/sign-in/", once(f"f{turn}", login="aygul", password="falsch")).status_code == 403
    answer = browser().post("/sign-in/", once("f9", login="aygul", password="falsch"))
    assert (answer.status_code, codes(answer)) == (429, ["ACC-002"])
    assert Attempt.objects.filter(key="login:aygul").count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_instant_places_one_order() -> None:
    town = build()
    order = an_order(town)
    clients = [browser(town.chen), browser(town.chen)]

    def confirm(client: Client) -> tuple[int, str]:
        try:
            answer = client.post(f"/supplier/orders/{order.number}/do/", once(verb="confirm", expected=str(order.version)))
            return answer.status_code, answer.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(confirm, clients))
    assert {status for status, _to in answers} <= {302, 303}
    assert len({to for _status, to in answers}) == 1
    it = Order.objects.get()
    assert (it.state, it.version) == ("confirmed", 2)
    assert it.placed_at == NOON
