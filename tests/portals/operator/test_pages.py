"""The operator's pages open to operators alone; organisations and people are looked after with reasons."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.rulebook.models import Pulse
from sunlit.foundation.accounts import services as accounts
from sunlit.foundation.accounts.models import Organisation, Seat, Session, User
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.portals.regulator.conftest import SOON, Seated, codes, wrong_fields
from tests.town import Town

PAGES = (
    ("", 15),
    ("now/", 15),
    ("letters/", 8),
    ("organisations/", 6),
    ("organisations/?kind=supplier&q=tian&region=652801", 6),
    ("organisations/new/", 6),
    ("organisations/CG-0001/", 8),
    ("organisations/CG-0001/people/", 6),
    ("outages/", 6),
    ("people/", 7),
    ("people/?q=aygul", 7),
    ("settings/", 5),
    ("reasons/", 5),
    ("reasons/?q=ACC-001", 5),
    ("lives/", 5),
)


@pytest.mark.parametrize(("page", "queries"), PAGES)
def test_a_page_opens_for_operators(page: str, queries: int, he: Client, django_assert_max_num_queries: Any) -> None:
    he.get("/operator/settings/")
    with django_assert_max_num_queries(queries):
        assert he.get(f"/operator/{page}").status_code == 200


@pytest.mark.parametrize("page", [page for page, _queries in PAGES])
def test_it_is_closed_to_all_others(page: str, town: Town, seated: Seated) -> None:
    assert Client().get(f"/operator/{page}").status_code == 302
    for who in (town.zhou, town.chen, town.zheng):
        assert seated(who).get(f"/operator/{page}").status_code == 403
    assert seated(town.he, "zh-hans").get(f"/operator/{page}").status_code == 200


def test_secrets_stay_secret(he: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNLIT_METRICS_TOKEN", "rosebud-1941")
    monkeypatch.setenv("SUNLIT_SITE_URL", "https://sunlit.example")
    page = he.get("/operator/settings/").content.decode()
    assert "rosebud-1941" not in page
    assert "set, hidden" in page
    assert "https://sunlit.example" in page


def test_a_reason_is_found_in_both_languages(he: Client) -> None:
    page = he.get("/operator/reasons/?q=acc-001").content.decode()
    assert "The login or the password is wrong." in page
    assert "账号或密码" in page or "密码" in page


def test_the_lives_tell_who_may_do_what(he: Client) -> None:
    page = he.get("/operator/lives/").content.decode()
    assert 'id="life-order"' in page
    assert "the supplier&#39;s sales or administrator" in page


# Organisations

NEW = {"kind": "bank", "name_zh": "塔里木银行", "region": "652800", "person": "郭敏", "login": "guomin", "password": "aspen-lake-42"}


def test_an_organisation_is_set_up_with_its_first_person(town: Town, he: Client) -> None:
    assert he.post("/operator/organisations/new/", NEW).status_code == 303
    made = Organisation.objects.get(name_zh="塔里木银行")
    assert (made.kind, made.number[:3], made.seats.get().roles) == ("bank", "YH-", ["admin", "teller"])


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kind": "supplier"}, "ACC-024", "kind"),
        ({"kind": "club"}, "ACC-024", "kind"),
        ({"region": "1"}, "ACC-014", "region"),
        ({"name_zh": ""}, "ACC-008", "name_zh"),
        ({"credit_code": "91652899XX"}, "USC-001", "credit_code"),
        ({"credit_code": "taken"}, "ACC-025", "credit_code"),
        ({"login": "he"}, "ACC-007", "login"),
        ({"password": "1234567890"}, "ACC-011", "password"),
        ({"person": " "}, "ACC-008", "person"),
    ],
)
def test_what_is_wrong_stands_at_its_field(change: dict[str, str], code: str, field: str, town: Town, he: Client) -> None:
    if change.get("credit_code") == "taken":
        change = {"credit_code": Organisation.objects.get(kind="bank").credit_code}
    people, parties = User.objects.count(), Organisation.objects.count()
    answer = he.post("/operator/organisations/new/", NEW | change)
    assert (answer.status_code in (409, 422), codes(answer), wrong_fields(answer)) == (True, {code}, {field})
    assert (User.objects.count(), Organisation.objects.count()) == (people, parties)


def test_nobody_acts_for_a_closed_organisation_until_it_opens_again(town: Town, he: Client, seated: Seated) -> None:
    aygul = seated(town.aygul)
    assert aygul.get("/buyer/").status_code == 200
    form = {"verb": "close", "reason": "单位已撤并"}
    assert he.post("/operator/organisations/CG-0001/", form).status_code == 303
    assert aygul.get("/buyer/").status_code == 302
    told = Entry.objects.get(act="organisation.close")
    assert (told.facts["reason"], told.subject) == ("单位已撤并", "organisation/CG-0001")
    again = he.post("/operator/organisations/CG-0001/", form)
    assert codes(again) == {"ACC-028"}
    he.post("/operator/organisations/CG-0001/", {"verb": "reopen", "reason": "撤并取消"})
    assert aygul.get("/buyer/").status_code == 200


@pytest.mark.parametrize(
    ("number", "reason", "code"), [("CG-0001", "", "ACC-027"), ("YY-0001", "单位已撤并", "ACC-029"), ("GY-0001", "单位已撤并", "ACC-030")]
)
def test_some_are_not_closed(number: str, reason: str, code: str, town: Town, he: Client) -> None:
    assert codes(he.post(f"/operator/organisations/{number}/", {"verb": "close", "reason": reason})) == {code}
    assert Organisation.objects.get(number=number).active
    assert not Entry.objects.filter(act="organisation.close").exists()


def test_only_an_operator_closes_and_resets(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        accounts.close_organisation(town.hospital, reason="单位已撤并", by=town.zheng, at=SOON)
    assert refused.value.codes == ["ACC-010"]
    with pytest.raises(Refused) as refused:
        accounts.reset_password(User.objects.get(login="aygul"), new="aspen-lake-42", by=town.zhou, at=SOON)
    assert refused.value.codes == ["ACC-010"]


# People


def test_a_forgotten_password_is_set_anew_and_all_sign_ins_end(town: Town, he: Client, seated: Seated) -> None:
    person = User.objects.get(login="aygul")
    seated(town.aygul)
    User.objects.filter(pk=person.pk).update(totp_secret="JBSWY3DPEHPK3PXP")
    assert he.post(f"/operator/people/{person.pk}/", {"verb": "reset", "new": "aspen-lake-42", "drop_totp": "1"}).status_code == 303
    person.refresh_from_db()
    assert (person.check_password("aspen-lake-42"), person.totp_secret) == (True, "")
    assert not Session.objects.filter(user=person).exists()
    act = Entry.objects.get(act="user.reset_password")
    assert (act.subject, act.facts["user"]) == ("organisation/YY-0001", person.pk)  # the subject is public
    assert ("aspen" in str(act.facts), str(person.pk) in json.loads(act.body)["subject"]) == (False, False)
    assert he.get(f"/operator/people/{person.pk}/").content.decode().count("gave 阿依古丽·买买提 a new password") == 1
    assert act.sentence not in he.get(f"/operator/people/{town.li.person}/").content.decode()


def test_a_weak_password_is_refused(town: Town, he: Client) -> None:
    person = User.objects.get(login="aygul")
    answer = he.post(f"/operator/people/{person.pk}/", {"verb": "reset", "new": "short"})
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, {"ACC-011"}, {"new"})
    assert User.objects.get(pk=person.pk).password == person.password


def test_a_seat_is_closed(town: Town, he: Client) -> None:
    seat = Seat.objects.get(user__login="aygul")
    assert he.post(f"/operator/people/{seat.user_id}/", {"verb": "close", "seat": seat.pk}).status_code == 303
    seat.refresh_from_db()
    assert (seat.active, seat.roles) == (False, [])
    assert he.post(f"/operator/people/{seat.user_id}/", {"verb": "close", "seat": 10**6}).status_code == 404


def test_the_last_administrator_stays(town: Town, he: Client) -> None:
    seat = Seat.objects.get(user__login="zhou")
    answer = he.post(f"/operator/people/{seat.user_id}/", {"verb": "roles", "seat": seat.pk, "roles": ["lead"]})
    assert codes(answer) == {"ACC-013"}
    assert "admin" in Seat.objects.get(pk=seat.pk).roles


def test_codes_of_credit_made_for_tests_are_valid() -> None:
    assert credit_code.validate(credit_code.make(5)) is None


def test_a_web_that_the_worker_cannot_reach_is_told_in_plain_words(he: Client) -> None:
    Pulse.objects.create(kind="web", at=SOON - timedelta(minutes=10))
    assert "no deadline lapses" not in he.get("/operator/").content.decode()
    Pulse.objects.update(at=SOON - timedelta(minutes=11))
    assert "The worker cannot reach the web: no deadline lapses" in he.get("/operator/").content.decode()
