"""Messages, and the organisation's own affairs: rules, people, addresses, titles and keys."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from sunlit.foundation.accounts import services
from sunlit.foundation.accounts.models import Address, ApiToken, InvoiceTitle, Seat, User
from sunlit.foundation.messages import services as messages
from sunlit.foundation.messages.models import Message
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town

KINDS = ("aygul", "zhou", "chen", "surina", "he", "tang")
NEW = "胡杨林里的秋天-2026"


@pytest.mark.parametrize("who", KINDS)
@pytest.mark.parametrize(
    "path", ["/account/", "/account/password/", "/account/totp/", "/account/totp/off/", "/messages/", "/organisation/"]
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_for_everybody_who_is_signed_in(town: Town, who: str, path: str, language: str) -> None:
    answer = browser(getattr(town, who), language=language).get(path)
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1
    assert browser().get(path).status_code == 302


# Messages


def tell(town: Town, count: int = 1) -> None:
    for turn in range(count):
        messages.tell(
            template="application.submitted",
            user_id=town.aygul.user_id,
            organisation_id=town.school.pk,
            params={"number": f"RZ-{turn}"},
            link="/buyer/orders/",
            at=NOON,
            dedupe=str(turn),
        )


def test_a_message_is_read_by_opening_it_and_leads_where_it_says(town: Town) -> None:
    tell(town, 2)
    client = browser(town.aygul)
    assert client.get("/messages/").content.decode().count('data-state="unread"') == 2
    first = Message.objects.order_by("pk")[0]
    assert client.get(f"/messages/{first.pk}/")["Location"] == "/buyer/orders/"
    assert client.get("/messages/").content.decode().count('data-state="unread"') == 1
    assert browser(town.ma).get(f"/messages/{first.pk}/").status_code == 404
    client.post("/messages/read/")
    assert Message.objects.filter(read_at=None).count() == 0


def test_long_inboxes_are_paged_by_key(town: Town) -> None:
    tell(town, 35)
    client = browser(town.aygul)
    first = client.get("/messages/").content.decode()
    [after] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(after.replace("&amp;", "&")).content.decode()
    assert (first.count("inbox-row"), second.count("inbox-row")) == (30, 5)
    assert client.get("/messages/?after=nonsense|x").status_code == 200


# Own rules


def test_the_lead_sets_the_own_rules(town: Town) -> None:
    client = browser(town.zhou)
    assert client.post("/organisation/rules/", once("a", approval_limit="2,000.00")).status_code == 303
    town.school.refresh_from_db()
    assert (town.school.approval_limit, town.school.separates_duties) == (Decimal("2000.00"), False)
    for wrong in ("-1", "1.234", "viel"):
        answer = client.post("/organisation/rules/", once("b", approval_limit=wrong, separates_duties="1"))
        assert (answer.status_code, at_field(answer, "approval_limit")) == (422, ["ACC-016"])
    town.school.refresh_from_db()
    assert (town.school.approval_limit, town.school.separates_duties) == (Decimal("2000.00"), False)
    assert client.post("/organisation/rules/", once("c", approval_limit="", separates_duties="1")).status_code == 303
    town.school.refresh_from_db()
    assert (town.school.approval_limit, town.school.separates_duties) == (None, True)


def test_others_do_not_set_them(town: Town) -> None:
    answer = browser(town.aygul).post("/organisation/rules/", once(approval_limit="2000"))
    assert (answer.status_code, codes(answer)) == (403, ["ACC-010"])
    assert browser(town.chen).post("/organisation/rules/", {"approval_limit": "1"}).status_code == 403
    town.school.refresh_from_db()
    assert town.school.approval_limit is None


# People


def test_the_administrator_seats_people_and_changes_their_roles(town: Town) -> None:
    client = browser(town.zhou)
    given: dict[str, Any] = {"login": "yusup", "name_zh": "玉素甫", "password": NEW, "roles": ["receiver", "finance"]}
    assert client.post("/organisation/people/", once(**given)).status_code == 303
    seat = Seat.objects.get(user__login="yusup")
    assert sorted(seat.roles) == ["finance", "receiver"]
    client.post(f"/organisation/people/{seat.pk}/", {"roles": ["receiver"]})
    seat.refresh_from_db()
    assert (seat.roles, seat.active) == (["receiver"], True)
    client.post(f"/organisation/people/{seat.pk}/", {})
    seat.refresh_from_db()
    assert seat.active is False


def test_what_is_wrong_with_a_new_person_is_told_at_its_field(town: Town) -> None:
    client = browser(town.zhou)
    answer = client.post("/organisation/people/", once(login="aygul", name_zh="", password=NEW, roles=["receiver"]))
    assert (answer.status_code, at_field(answer, "login"), at_field(answer, "name_zh")) == (422, ["ACC-006"], ["ACC-008"])
    answer = client.post("/organisation/people/", once(login="yusup", name_zh="玉素甫", password="kurz", roles=["receiver"]))
    assert at_field(answer, "password") == ["ACC-011"]
    assert "kurz" not in answer.content.decode()
    assert not User.objects.filter(login="yusup").exists()


def test_the_last_administrator_stays_and_strangers_have_no_say(town: Town) -> None:
    answer = browser(town.zhou).post(f"/organisation/people/{town.zhou.seat_id}/", {"roles": ["lead"]})
    assert (answer.status_code, codes(answer)) == (422, ["ACC-013"])
    assert browser(town.ma).post(f"/organisation/people/{town.zhou.seat_id}/", {"roles": ["lead"]}).status_code == 404
    answer = browser(town.aygul).post(f"/organisation/people/{town.li.seat_id}/", {"roles": ["admin"]})
    assert (answer.status_code, codes(answer)) == (403, ["ACC-010"])
    assert Seat.objects.get(pk=town.zhou.seat_id or 0).roles == ["lead", "admin"]


# Addresses and titles


def test_addresses_and_titles_come_and_go(town: Town) -> None:
    client = browser(town.zhou)
    given = {"receiver": "巴图", "phone": "0996-1", "text": "团结路1号", "region": "652801", "preferred": "1"}
    assert client.post("/organisation/addresses/", once("a", **given)).status_code == 303
    assert Address.objects.get(text="团结路1号").preferred
    answer = client.post("/organisation/addresses/", once("b", **{**given, "region": "110000"}))
    assert (answer.status_code, at_field(answer, "region")) == (422, ["ACC-014"])
    assert client.post("/organisation/titles/", once("c", title="食堂", tax_number="1")).status_code == 303
    assert at_field(client.post("/organisation/titles/", once("d", title="", tax_number="1")), "title") == ["ACC-015"]
    page = client.get("/organisation/").content.decode()
    assert ("团结路1号" in page, "食堂" in page) == (True, True)
    stranger = browser(town.ma)
    stranger.post(f"/organisation/addresses/{town.address.pk}/remove/")
    stranger.post(f"/organisation/titles/{town.title.pk}/remove/")
    assert (Address.objects.count(), InvoiceTitle.objects.count()) == (2, 2)
    client.post(f"/organisation/addresses/{town.address.pk}/remove/")
    client.post(f"/organisation/titles/{town.title.pk}/remove/")
    assert (Address.objects.count(), InvoiceTitle.objects.count()) == (1, 1)


def test_who_only_orders_sees_addresses_and_titles_and_leaves_them(town: Town) -> None:
    client = browser(town.aygul)
    page = client.get("/organisation/").content.decode()
    assert ("孔雀河路1号" in page, "organisation/addresses" in page, "organisation/titles" in page) == (True, False, False)
    given = {"receiver": "巴图", "phone": "0996-1", "text": "团结路1号", "region": "652801"}
    answer = client.post("/organisation/addresses/", once("a", **given))
    assert (answer.status_code, codes(answer)) == (403, ["ACC-010"])
    assert client.post(f"/organisation/titles/{town.title.pk}/remove/").status_code == 403
    assert (Address.objects.count(), InvoiceTitle.objects.count()) == (1, 1)


# Keys


def test_a_key_is_shown_once_and_revoked(town: Town) -> None:
    client = browser(town.zhou)
    answer = client.post("/organisation/keys/", {"name": "ERP", "scopes": ["orders:read"]})
    [plain] = re.findall(r"slt_[\w-]+", answer.content.decode())
    assert services.token_actor(plain, at=NOON) is not None
    page = client.get("/organisation/").content.decode()
    assert (plain in page, plain[-4:] in page) == (False, True)
    token = ApiToken.objects.get()
    assert browser(town.ma).post(f"/organisation/keys/{token.pk}/revoke/").status_code == 404
    client.post(f"/organisation/keys/{token.pk}/revoke/")
    assert services.token_actor(plain, at=NOON) is None


def test_a_key_without_a_name_or_by_somebody_else_is_refused(town: Town) -> None:
    answer = browser(town.zhou).post("/organisation/keys/", {"name": " ", "scopes": ["orders:read"]})
    assert (answer.status_code, at_field(answer, "name")) == (422, ["ACC-008"])
    assert browser(town.aygul).post("/organisation/keys/", {"name": "ERP"}).status_code == 403
    assert ApiToken.objects.count() == 0


@pytest.mark.parametrize(("path", "most"), [("/account/", 8), ("/messages/", 7), ("/organisation/", 12)])
def test_pages_ask_the_database_a_fixed_number_of_times(town: Town, path: str, most: int, django_assert_max_num_queries: Any) -> None:
    tell(town, 40)
    client = browser(town.zhou if path == "/organisation/" else town.aygul)
    client.get(path)
    with django_assert_max_num_queries(most):
        client.get(path)
