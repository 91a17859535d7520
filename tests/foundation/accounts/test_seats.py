"""Organisations, their people and rules, and keys for machines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from sunlit.foundation.accounts import queries, services
from sunlit.foundation.accounts.actors import CLOCK, NOBODY
from sunlit.foundation.accounts.models import Address, ApiToken, InvoiceTitle, Organisation, Seat, User
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from tests.town import NOON, Town, build

GOOD: dict[str, Any] = {"login": "yusup", "name_zh": "玉素甫", "roles": ["receiver"], "password": "胡杨林里的秋天-2026"}


def refused(act: Any, *codes: str, on: str | None = None) -> None:
    before = (User.objects.count(), Seat.objects.count(), Organisation.objects.count())
    with pytest.raises(Refused) as no:
        act()
    assert no.value.codes == list(codes)
    if on is not None:
        assert no.value.problems[0].on == on
    assert (User.objects.count(), Seat.objects.count(), Organisation.objects.count()) == before


def test_the_administrator_seats_a_person(town: Town) -> None:
    seat = services.add_person(town.school, by=town.zhou, at=NOON, **GOOD)
    assert (seat.user.login, seat.roles, seat.active) == ("yusup", ["receiver"], True)
    assert ledger.history_of("organisation/CG-0001")[-1].act == "seat.give"
    actor = queries.actor_of_seat(seat.pk, seat.user_id)
    assert actor is not None
    assert (actor.party, actor.roles, actor.region_path) == (town.school.pk, frozenset({"receiver"}), "652800/652801")
    assert queries.actor_of_seat(seat.pk, town.aygul.user_id) is None


@pytest.mark.parametrize(
    ("given", "code", "on"),
    [
        ({"login": "aygul"}, "ACC-006", "login"),
        ({"login": "AyGul"}, "ACC-006", "login"),
        ({"login": "a b"}, "ACC-007", "login"),
        ({"name_zh": " "}, "ACC-008", "name_zh"),
        ({"roles": ["sales"]}, "ACC-009", "roles"),
        ({"password": "short"}, "ACC-011", "password"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nobody_is_seated(town: Town, given: dict[str, Any], code: str, on: str) -> None:
    refused(lambda: services.add_person(town.school, by=town.zhou, at=NOON, **{**GOOD, **given}), code, on=on)


def test_a_login_is_one_persons_however_it_is_written(town: Town) -> None:
    with pytest.raises(IntegrityError, match="one_login_however_it_is_written"), transaction.atomic():
        User.objects.create(login="AYGUL", name_zh="别人", created_at=NOON)
    person = User.objects.get(login="aygul")
    services.set_password(person, "胡杨林里的秋天-2026")
    assert services.sign_in(login=" Aygul", password="胡杨林里的秋天-2026", ip="10.0.0.1", at=NOON) == person


def test_only_the_organisations_administrator_its_regulator_or_the_operator_seat_people(town: Town) -> None:
    for stranger in (town.aygul, town.chen, NOBODY, CLOCK):
        refused(lambda by=stranger: services.add_person(town.school, by=by, at=NOON, **GOOD), "ACC-010")
    refused(lambda: services.add_person(town.hospital, by=town.surina, at=NOON, **GOOD), "ACC-010")  # of another county
    for helper, login in ((town.surina, "a-1"), (town.zheng, "a-2"), (town.he, "a-3")):
        assert services.add_person(town.school, by=helper, at=NOON, **{**GOOD, "login": login}).active


def test_somebody_stays_administrator(town: Town) -> None:
    zhou = User.objects.get(login="zhou")
    refused(lambda: services.give_seat(town.school, user=zhou, roles=["lead"], by=town.zhou, at=NOON), "ACC-013", on="roles")
    refused(lambda: services.give_seat(town.school, user=zhou, roles=[], by=town.zhou, at=NOON), "ACC-013")
    li = User.objects.get(login="li")
    services.give_seat(town.school, user=li, roles=["finance", "admin"], by=town.zhou, at=NOON)
    assert services.give_seat(town.school, user=zhou, roles=["lead"], by=town.zhou, at=NOON).roles == ["lead"]


def test_a_closed_seat_lets_nobody_act(town: Town) -> None:
    assert town.aygul.seat_id is not None
    services.give_seat(town.school, user=User.objects.get(login="aygul"), roles=[], by=town.zhou, at=NOON)
    assert queries.actor_of_seat(town.aygul.seat_id, town.aygul.user_id) is None
    assert queries.seats_of(town.aygul.person) == []
    assert ledger.history_of("organisation/CG-0001")[-1].act == "seat.take"


def test_an_organisation_is_closed_and_opened_with_a_reason(town: Town) -> None:
    def close(by: Any = town.he, which: Organisation = town.school, reason: str = "单位撤并") -> Organisation:
        return services.close_organisation(which, reason=reason, by=by, at=NOON)

    refused(lambda: close(by=town.zheng), "ACC-010")
    refused(lambda: close(reason=" "), "ACC-027", on="reason")
    refused(lambda: close(which=town.platform), "ACC-029")
    refused(lambda: close(which=town.shop), "ACC-030")
    assert close().active is False
    assert town.aygul.seat_id is not None
    assert queries.actor_of_seat(town.aygul.seat_id, town.aygul.user_id) is None
    refused(close, "ACC-028")
    assert services.reopen_organisation(town.school, reason="撤并取消", by=town.he, at=NOON).active


def test_an_organisation_is_set_up_once_per_code_and_number(town: Town) -> None:
    def set_up(**given: Any) -> Organisation:
        start = {
            "kind": "agency",
            "number": "DL-1",
            "name_zh": "楼兰招标代理有限公司",
            "region": town.school.region,
            "by": town.he,
            "at": NOON,
        }
        return services.set_up_organisation(**{**start, **given})

    refused(lambda: set_up(kind="club"), "ACC-024", on="kind")
    refused(lambda: set_up(name_zh=""), "ACC-008", on="name_zh")
    refused(lambda: set_up(number="CG-0001"), "ACC-026", on="number")
    refused(lambda: set_up(credit_code="1"), "USC-001", on="credit_code")
    refused(lambda: set_up(kind="buyer", credit_code=town.school.credit_code), "ACC-025", on="credit_code")
    refused(lambda: set_up(by=town.chen), "ACC-010")
    made = set_up(credit_code=credit_code.make(9))
    assert (made.name_key, ledger.history_of("organisation/DL-1")[-1].act) == (
        "lou lan zhao biao dai li you xian gong si",
        "organisation.set_up",
    )


def test_the_operator_gives_a_new_password_and_every_sign_in_ends(town: Town) -> None:
    aygul = User.objects.get(login="aygul")
    User.objects.filter(pk=aygul.pk).update(totp_secret="X")
    with pytest.raises(Refused) as no:
        services.reset_password(aygul, new="胡杨林里的秋天-2026", by=town.zheng, at=NOON)
    assert no.value.codes == ["ACC-010"]
    services.reset_password(aygul, new="胡杨林里的秋天-2026", by=town.he, at=NOON, drop_totp=True)
    aygul = User.objects.get(login="aygul")
    assert (aygul.check_password("胡杨林里的秋天-2026"), aygul.totp_secret, aygul.sessions.count()) == (True, "", 0)


# The organisation's own rules and papers


def test_own_rules_are_set_by_lead_or_administrator(town: Town) -> None:
    for act in (
        lambda: services.set_approval_limit(Decimal("1.00"), by=town.aygul, at=NOON),
        lambda: services.set_separation(False, by=town.aygul, at=NOON),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert no.value.codes == ["ACC-010"]
    with pytest.raises(Refused) as no:
        services.set_approval_limit(Decimal("-0.01"), by=town.zhou, at=NOON)
    assert (no.value.codes, no.value.problems[0].on) == (["ACC-016"], "approval_limit")
    services.set_approval_limit(Decimal("2000.00"), by=town.zhou, at=NOON)
    services.set_separation(False, by=town.zhou, at=NOON)
    town.school.refresh_from_db()
    assert (town.school.approval_limit, town.school.separates_duties) == (Decimal("2000.00"), False)
    assert [entry.act for entry in ledger.history_of("organisation/CG-0001")] == ["organisation.set_limit", "organisation.set_duties"]


def test_addresses_and_titles_belong_to_the_organisation(town: Town) -> None:
    region = town.school.region
    with pytest.raises(Refused) as no:
        services.add_address(receiver="", phone=" ", text="长" * 201, region=region, preferred=True, by=town.zhou, at=NOON)
    assert [(p.code, p.on) for p in no.value.problems] == [("ACC-015", "receiver"), ("ACC-015", "phone"), ("ACC-023", "text")]
    services.add_address(receiver="巴图", phone="1", text="团结路1号", region=region, preferred=True, by=town.zhou, at=NOON)
    assert [a.text for a in queries.addresses_of(town.school.pk)] == ["团结路1号", "孔雀河路1号"]  # the preferred one first, and only one
    ma = replace(town.ma, roles=frozenset({"admin"}))
    services.remove_address(town.address.pk, by=ma, at=NOON)  # another organisation's
    assert Address.objects.filter(pk=town.address.pk).exists()
    services.remove_address(town.address.pk, by=town.zhou, at=NOON)
    with pytest.raises(Refused) as no:
        services.add_invoice_title(title="", tax_number="", preferred=False, by=town.zhou, at=NOON)
    assert no.value.codes == ["ACC-015", "ACC-015"]
    services.add_invoice_title(title="梨城实验中学食堂", tax_number="1", preferred=True, by=town.zhou, at=NOON)
    services.remove_invoice_title(town.title.pk, by=ma, at=NOON)
    assert list(InvoiceTitle.objects.filter(preferred=True).values_list("title", flat=True)) == ["梨城实验中学食堂"]
    assert InvoiceTitle.objects.count() == 2
    services.remove_invoice_title(town.title.pk, by=town.zhou, at=NOON)
    services.remove_invoice_title(town.title.pk, by=town.zhou, at=NOON)  # is gone already
    history = ledger.history_of("organisation/CG-0001")
    assert [entry.sentence for entry in history] == [
        "周明远为 CG-0001 添加收货地址“团结路1号”",
        "周明远删除 CG-0001 的收货地址“孔雀河路1号”",
        "周明远为 CG-0001 添加发票抬头“梨城实验中学食堂”，税号 1",
        f"周明远删除 CG-0001 的发票抬头“梨城实验中学”，税号 {town.school.credit_code}",
    ]
    with translation.override("en"):
        assert history[0].sentence == "周明远 added the delivery address “团结路1号” to CG-0001"


def test_only_the_administrator_or_the_lead_keeps_addresses_and_titles(town: Town) -> None:
    address: dict[str, Any] = {"receiver": "巴图", "phone": "1", "text": "团结路1号", "region": town.school.region, "preferred": True}
    for by in (town.aygul, town.batu, town.li):
        refused(lambda by=by: services.add_address(**address, by=by, at=NOON), "ACC-010")
        refused(lambda by=by: services.remove_address(town.address.pk, by=by, at=NOON), "ACC-010")
        refused(lambda by=by: services.add_invoice_title(title="食堂", tax_number="1", preferred=True, by=by, at=NOON), "ACC-010")
        refused(lambda by=by: services.remove_invoice_title(town.title.pk, by=by, at=NOON), "ACC-010")
    assert (Address.objects.get().preferred, InvoiceTitle.objects.get().preferred) == (True, True)
    assert ledger.history_of("organisation/CG-0001") == []


# Keys for machines


def test_a_key_is_shown_once_kept_as_a_hash_and_stops_when_it_should(town: Town) -> None:
    token, plain = services.issue_token(name="ERP", scopes=["orders:read", "catalog:read"], by=town.zhou, at=NOON, days=30)
    assert (plain.startswith("slt_"), plain in ApiToken.objects.values_list("hash", flat=True), token.hint) == (True, False, plain[-4:])
    found = services.token_actor(plain, at=NOON)
    assert found is not None
    assert (found[0].party, found[1]) == (town.school.pk, frozenset({"orders:read", "catalog:read"}))
    assert services.token_actor(plain + "x", at=NOON) is None
    assert services.token_actor(plain, at=NOON + timedelta(days=30)) is None
    with pytest.raises(Refused):
        services.revoke_token(token, by=town.chen, at=NOON)
    assert services.token_actor(plain, at=NOON) is not None
    services.revoke_token(token, by=town.zhou, at=NOON)
    services.revoke_token(token, by=town.zhou, at=NOON)
    assert services.token_actor(plain, at=NOON) is None
    assert [entry.act for entry in ledger.history_of("organisation/CG-0001")] == ["token.issue", "token.revoke"]


def test_a_key_ends_with_the_seat_of_who_issued_it(town: Town) -> None:
    _token, plain = services.issue_token(name="ERP", scopes=[], by=town.zhou, at=NOON)
    Seat.objects.filter(pk=town.zhou.seat_id or 0).update(active=False)
    assert services.token_actor(plain, at=NOON) is None


def test_keys_are_issued_by_the_administrator_with_known_scopes_and_a_name(town: Town) -> None:
    refused(lambda: services.issue_token(name="ERP", scopes=[], by=town.aygul, at=NOON), "ACC-010")
    refused(lambda: services.issue_token(name=" ", scopes=["everything"], by=town.zhou, at=NOON), "ACC-017", "ACC-008")
    assert ApiToken.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_login_given_twice_at_once() -> None:
    town = build()

    def add(organisation: Organisation) -> str:
        try:
            services.add_person(organisation, by=town.he, at=NOON, **GOOD)
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(add, [town.school, town.hospital]))
    assert answers == ["ACC-006", "done"]
    assert Seat.objects.filter(user__login="yusup").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrators_take_each_others_seat_at_once() -> None:
    town = build()
    zhou, li = User.objects.get(login="zhou"), User.objects.get(login="li")
    services.give_seat(town.school, user=li, roles=["admin"], by=town.zhou, at=NOON)

    def take(user: User) -> str:
        try:
            services.give_seat(town.school, user=user, roles=["receiver"], by=town.zhou, at=NOON)
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, [zhou, li])) == ["ACC-013", "done"]
    assert Seat.objects.filter(organisation=town.school, roles__contains=["admin"]).count() == 1
