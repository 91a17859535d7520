"""Signing in: slowed down when somebody guesses, codes good once, passwords kept as Argon2 and never weak."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest

from sunlit.foundation.accounts import services
from sunlit.foundation.accounts.models import Attempt, Session, User
from sunlit.foundation.kernel.refusals import Refused
from tests.foundation.accounts.conftest import PASSWORD
from tests.town import NOON

HERE = "192.0.2.7"


def sign_in(login: str = "aygul", password: str = PASSWORD, code: str = "", ip: str = HERE, at: Any = NOON) -> User:
    return services.sign_in(login=login, password=password, code=code, ip=ip, at=at)


def refused(reason: str, on: str = "password", **given: Any) -> None:
    with pytest.raises(Refused) as no:
        sign_in(**given)
    assert [(problem.code, problem.on) for problem in no.value.problems] == [(reason, on)]


def test_the_right_password_opens(aygul: User) -> None:
    assert sign_in(login=" aygul ") == aygul


def test_wrong_login_and_wrong_password_sound_alike(aygul: User) -> None:
    refused("ACC-001", password="falsch-falsch")
    refused("ACC-001", login="nobody-here")
    refused("ACC-001", login="zhou", password="")


def test_who_left_does_not_come_in(aygul: User) -> None:
    User.objects.filter(pk=aygul.pk).update(is_active=False)
    refused("ACC-001")


def test_five_wrong_tries_close_the_login_for_a_quarter_of_an_hour(aygul: User) -> None:
    for second in range(5):
        refused("ACC-001", password="falsch", ip=f"192.0.2.{second}", at=NOON + timedelta(seconds=second))
    refused("ACC-002", at=NOON + timedelta(minutes=14))  # with the right password, from anywhere
    refused("ACC-002", login="AYGUL ", at=NOON + timedelta(minutes=14))
    assert sign_in(at=NOON + timedelta(minutes=15, seconds=5)) == aygul


def test_many_tries_from_one_address_close_the_address(aygul: User) -> None:
    for turn in range(30):
        refused("ACC-001", login=f"guess-{turn}", password="falsch")
    refused("ACC-002")
    assert sign_in(ip="192.0.2.8") == aygul


def test_a_success_forgets_the_tries_of_the_login(aygul: User) -> None:
    for _turn in range(4):
        refused("ACC-001", password="falsch")
    sign_in()
    refused("ACC-001", password="falsch")
    assert Attempt.objects.filter(key="login:aygul").count() == 1


def test_passwords_are_kept_as_argon2(aygul: User) -> None:
    assert aygul.password.startswith("argon2$argon2id$")


# Two-step sign-in

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(at: Any) -> str:
    return pyotp.TOTP(SECRET).at(at)


def enrolled(user: User) -> User:
    services.confirm_totp(user, secret=SECRET, code=code_at(NOON), at=NOON)
    user.refresh_from_db()
    return user


def test_a_code_is_good_once_and_not_before_or_long_after(aygul: User) -> None:
    enrolled(aygul)
    refused("ACC-003", on="code")
    later = NOON + timedelta(minutes=2)
    refused("ACC-004", on="code", code=code_at(NOON), at=NOON)  # the one that it was switched on with
    refused("ACC-004", on="code", code=code_at(later - timedelta(seconds=61)), at=later)
    refused("ACC-004", on="code", code="abcdef", at=later)
    assert sign_in(code=code_at(later), at=later) == aygul
    refused("ACC-004", on="code", code=code_at(later), at=later)  # seen over the shoulder, used again
    assert sign_in(code=code_at(later + timedelta(seconds=30)), at=later) == aygul  # a clock that runs ahead


def test_wrong_codes_are_counted_as_tries(aygul: User) -> None:
    enrolled(aygul)
    for _turn in range(5):
        refused("ACC-004", on="code", code="000000")
    refused("ACC-002", code=code_at(NOON + timedelta(seconds=30)))


def test_two_step_sign_in_is_switched_on_with_a_fitting_code_only(aygul: User) -> None:
    with pytest.raises(Refused) as no:
        services.confirm_totp(aygul, secret=SECRET, code="000000", at=NOON)
    assert no.value.codes == ["ACC-004"]
    aygul.refresh_from_db()
    assert aygul.totp_secret == ""
    enrolled(aygul)
    with pytest.raises(Refused) as no:
        services.confirm_totp(aygul, secret="ANOTHERSECRETXXX", code="000000", at=NOON)
    assert no.value.codes == ["ACC-018"]


def test_two_step_sign_in_is_switched_off_with_the_password(aygul: User) -> None:
    enrolled(aygul)
    with pytest.raises(Refused) as no:
        services.drop_totp(aygul, password="falsch", at=NOON)
    assert (no.value.codes, no.value.problems[0].on) == (["ACC-012"], "old")
    services.drop_totp(aygul, password=PASSWORD, at=NOON)
    aygul.refresh_from_db()
    assert (aygul.totp_secret, aygul.totp_last_step) == ("", 0)


def test_the_authenticator_is_told_whose_code_it_shows(aygul: User) -> None:
    assert services.totp_address(aygul, SECRET) == f"otpauth://totp/Sunlit:aygul?secret={SECRET}&issuer=Sunlit"


# Passwords


@pytest.mark.parametrize(("new", "count"), [("short", 1), ("password123", 1), ("9082731640", 1), ("12345", 3)])
def test_weak_passwords_are_refused_with_every_reason(aygul: User, new: str, count: int) -> None:
    with pytest.raises(Refused) as no:
        services.change_password(aygul, old=PASSWORD, new=new, at=NOON)
    assert (no.value.codes, {problem.on for problem in no.value.problems}) == (["ACC-011"] * count, {"new"})
    assert User.objects.get(pk=aygul.pk).check_password(PASSWORD)


def test_a_new_password_ends_the_other_sign_ins(aygul: User) -> None:
    for key in ("here", "there", "elsewhere"):
        Session.objects.create(session_key=key, user=aygul, expire_date=NOON, session_data="")
    services.change_password(aygul, old=PASSWORD, new="胡杨林里的秋天-2026", at=NOON, keep_session="here")
    assert list(Session.objects.values_list("session_key", flat=True)) == ["here"]
    assert User.objects.get(pk=aygul.pk).check_password("胡杨林里的秋天-2026")


def test_guessing_the_present_password_at_an_open_screen_is_slowed_down(aygul: User) -> None:
    for _turn in range(5):
        with pytest.raises(Refused) as no:
            services.change_password(aygul, old="falsch", new="胡杨林里的秋天-2026", at=NOON)
        assert no.value.codes == ["ACC-012"]
    with pytest.raises(Refused) as no:
        services.change_password(aygul, old=PASSWORD, new="胡杨林里的秋天-2026", at=NOON)
    assert (no.value.codes, no.value.problems[0].on) == (["ACC-002"], "old")
    services.change_password(aygul, old=PASSWORD, new="胡杨林里的秋天-2026", at=NOON + timedelta(minutes=16))
