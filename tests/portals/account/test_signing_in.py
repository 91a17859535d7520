"""Coming in and going out, the language, the own password, two-step sign-in and the list of sign-ins."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client

from sunlit.foundation.accounts.models import Seat, Session, User
from sunlit.foundation.kernel import clock
from tests.portals.account.conftest import SOON
from tests.portals.clients import at_field, browser, codes
from tests.town import Town

OLD, NEW = "梨花-2026-kaoshi", "胡杨林里的秋天-2026"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.fixture
def aygul(town: Town) -> User:
    user = User.objects.get(login="aygul")
    user.set_password(OLD)
    user.save()
    return user


def sign_in(client: Client, password: str = OLD, **more: str) -> Any:
    return client.post("/sign-in/", {"login": "aygul", "password": password, **more})


def test_login_and_password_lead_to_the_own_desk(aygul: User) -> None:
    client = Client(headers={"host": "localhost", "user-agent": CHROME})
    assert client.get("/sign-in/").status_code == 200
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/buyer/")
    assert client.get("/buyer/").status_code == 200
    [session] = Session.objects.filter(user=aygul)
    assert (session.ip, session.agent, session.started_at) == ("127.0.0.1", CHROME, SOON)


def test_a_wrong_password_is_told_at_its_field_and_nothing_opens(aygul: User) -> None:
    client = browser()
    answer = sign_in(client, "falsch")
    assert (answer.status_code, at_field(answer, "password")) == (403, ["ACC-001"])
    assert "aygul" in answer.content.decode()
    assert "falsch" not in answer.content.decode()
    assert client.get("/buyer/").status_code == 302


def test_who_signs_in_again_is_signed_in_again(aygul: User) -> None:
    client = browser()
    for _twice in range(2):
        assert sign_in(client).status_code == 302
    assert client.get("/buyer/").status_code == 200
    assert Session.objects.filter(user=aygul).count() == 1


def test_who_holds_no_seat_is_told_so(aygul: User) -> None:
    Seat.objects.filter(user=aygul).update(active=False)
    answer = sign_in(browser())
    assert (answer.status_code, codes(answer)) == (403, ["ACC-005"])


def test_signing_out_ends_the_session(aygul: User) -> None:
    client = browser()
    sign_in(client)
    assert client.post("/sign-out/")["Location"] == "/"
    assert (Session.objects.filter(user=aygul).count(), client.get("/buyer/").status_code) == (0, 302)


def test_a_session_that_ran_out_opens_nothing(aygul: User) -> None:
    client = browser()
    sign_in(client)
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert client.get("/buyer/").status_code == 302


def test_one_click_as_a_persona_is_for_the_demo_only(town: Town, settings: Any) -> None:
    settings.DEMO = False
    assert browser().post("/sign-in/as/", {"login": "chen"}).status_code == 404
    assert "data-persona" not in browser().get("/sign-in/").content.decode()
    settings.DEMO = True
    page = browser().get("/sign-in/").content.decode()
    assert re.findall(r'data-persona="(\w+)"', page)[:5] == ["aygul", "zhou", "batu", "li", "ma"]
    assert browser().post("/sign-in/as/", {"login": "chen"})["Location"] == "/supplier/"
    assert browser().post("/sign-in/as/", {"login": "nobody"}).status_code == 404


# Language


def test_the_language_is_kept_in_the_browser_and_with_the_person(aygul: User) -> None:
    client = browser()
    sign_in(client)
    answer = client.post("/language/", {"language": "en", "next": "/account/"})
    assert (answer["Location"], answer.cookies["sunlit_language"].value) == ("/account/", "en")
    assert User.objects.get(pk=aygul.pk).language == "en"
    other = Client(headers={"host": "localhost"})  # another browser of hers
    assert sign_in(other).cookies["sunlit_language"].value == "en"


@pytest.mark.parametrize(("wanted", "to"), [("https://evil.example/", "/"), ("", "/")])
def test_an_unknown_language_or_a_strange_way_back_is_not_taken(town: Town, wanted: str, to: str) -> None:
    answer = browser().post("/language/", {"language": "tlh", "next": wanted})
    assert (answer["Location"], answer.cookies["sunlit_language"].value) == (to, "zh-hans")


# The own account


def test_the_account_shows_seats_and_sign_ins_as_people_call_them(aygul: User) -> None:
    client = Client(headers={"host": "localhost", "user-agent": CHROME})
    sign_in(client)
    page = client.get("/account/").content.decode()
    assert "Chrome · Windows" in page
    assert "梨城实验中学" in page


def test_a_person_with_two_seats_acts_in_the_chosen_one(aygul: User, town: Town) -> None:
    second = Seat.objects.create(user=aygul, organisation=town.hospital, roles=["finance"])
    client = browser()
    sign_in(client)
    assert client.post("/seat/", {"seat": str(second.pk)})["Location"] == "/buyer/"
    assert "尉犁胡杨人民医院" in client.get("/buyer/").content.decode()
    assert client.get("/buyer/cart/").status_code == 403  # finance has none
    assert client.post("/seat/", {"seat": str(town.chen.seat_id)}).status_code == 404


def test_a_new_password_keeps_this_sign_in_and_ends_the_others(aygul: User) -> None:
    here, there = browser(), browser()
    sign_in(here)
    sign_in(there)
    answer = here.post("/account/password/", {"old": "falsch", "new": NEW})
    assert (answer.status_code, at_field(answer, "old")) == (403, ["ACC-012"])
    answer = here.post("/account/password/", {"old": OLD, "new": "kurz"})
    assert (answer.status_code, at_field(answer, "new")) == (422, ["ACC-011"])
    assert there.get("/buyer/").status_code == 200
    assert here.post("/account/password/", {"old": OLD, "new": NEW})["Location"] == "/account/"
    assert (here.get("/buyer/").status_code, there.get("/buyer/").status_code) == (200, 302)
    [kept] = Session.objects.filter(user=aygul)
    assert (kept.ip, kept.started_at) == ("127.0.0.1", SOON)
    assert sign_in(browser(), NEW).status_code == 302


def test_a_sign_in_is_ended_from_the_list_and_only_ones_own(aygul: User, town: Town) -> None:
    here, there = browser(), browser()
    sign_in(here)
    sign_in(there)
    other = Session.objects.get(session_key=there.session.session_key)
    assert browser(town.ma).post(f"/account/sessions/{other.public_id}/end/").status_code == 303
    assert there.get("/buyer/").status_code == 200
    assert str(other.public_id) in here.get("/account/").content.decode()
    here.post(f"/account/sessions/{other.public_id}/end/")
    assert (here.get("/buyer/").status_code, there.get("/buyer/").status_code) == (200, 302)


def test_two_step_sign_in_from_the_picture_to_the_code_and_off_again(aygul: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()
    sign_in(client)
    page = client.get("/account/totp/").content.decode()
    secret = client.session["totp_pending"]
    assert secret in page
    assert "data:image/svg+xml" in page
    answer = client.post("/account/totp/", {"code": "000000"})
    assert (answer.status_code, at_field(answer, "code"), secret in answer.content.decode()) == (403, ["ACC-004"], True)
    assert client.post("/account/totp/", {"code": pyotp.TOTP(secret).at(SOON)})["Location"] == "/account/"
    assert at_field(sign_in(browser()), "code") == ["ACC-003"]
    later = SOON + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert sign_in(browser(), code=pyotp.TOTP(secret).at(later)).status_code == 302
    answer = client.post("/account/totp/off/", {"old": "falsch"})
    assert (answer.status_code, at_field(answer, "old")) == (403, ["ACC-012"])
    assert client.post("/account/totp/off/", {"old": OLD})["Location"] == "/account/"
    assert User.objects.get(pk=aygul.pk).totp_secret == ""
