"""Signing in with what people really type, and with what nobody should send."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest

from sunlit.foundation.accounts import services
from sunlit.foundation.accounts.models import Attempt, User
from sunlit.foundation.kernel.refusals import Refused

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.fixture
def aygul(db) -> User:
    user = User(login="aygul", name_zh="阿依古丽", created_at=NOON)
    user.set_password("孔雀河畔的胡杨林")
    user.save()
    return user


def test_a_code_in_the_wide_digits_of_a_chinese_keyboard_fits(aygul: User) -> None:
    secret = services.new_totp_secret()
    code = pyotp.TOTP(secret).at(int(NOON.timestamp()))
    services.confirm_totp(aygul, secret=secret, code=code.translate(WIDE), at=NOON)
    aygul.refresh_from_db()
    assert aygul.totp_secret == secret


def test_a_code_that_is_no_number_is_wrong_and_nothing_worse(aygul: User) -> None:
    with pytest.raises(Refused) as refused:
        services.confirm_totp(aygul, secret=services.new_totp_secret(), code="十二三四五六", at=NOON)
    aygul.refresh_from_db()
    assert (refused.value.codes, aygul.totp_secret) == (["ACC-004"], "")


def test_a_login_of_any_length_is_refused_and_counted(aygul: User) -> None:
    login = "".join(chr(0x4E00 + place) for place in range(9000))
    with pytest.raises(Refused) as refused:
        services.sign_in(login=login, password="x", ip="192.0.2.7", at=NOON)
    assert refused.value.codes == ["ACC-001"]
    assert sorted(Attempt.objects.values_list("key", flat=True)) == ["ip:192.0.2.7", f"login:{login[:60]}"]
