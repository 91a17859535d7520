"""A school with its people, to sign in as."""

from __future__ import annotations

import pytest

from sunlit.foundation.accounts.models import User
from tests.town import NOON, Town, build

PASSWORD = "梨花-2026-kaoshi"


@pytest.fixture
def town(db: None) -> Town:
    return build()


@pytest.fixture
def aygul(db: None) -> User:
    """Aygul's own account, with a password."""
    user = User(login="aygul", name_zh="阿依古丽·买买提", created_at=NOON)
    user.set_password(PASSWORD)
    user.save()
    return user
