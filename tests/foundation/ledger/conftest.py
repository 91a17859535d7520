"""A ledger of one test: its own folder, its own key, and acts of Alice's school and Bob's shop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger import sealer, services
from sunlit.foundation.ledger.models import Entry

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ALICE = Actor(1, "王爱丽", 11, "B-0001", "第一中学", "buyer", "620900/620902", frozenset({"orderer"}))
BOB = Actor(2, "李博", 12, "S-0001", "晨光文具", "supplier", "620900/620902", frozenset({"sales"}))


@pytest.fixture
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which this test's tree is published."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    return tmp_path / "ledger"


def act(number: int, verb: str = "place", by: Actor = ALICE, **facts: Any) -> Entry:
    """One committed act on order/2026-<number>."""
    with transaction.atomic():
        return services.record_many([deed(number, verb, by, **facts)])[0]


def acts(numbers: Iterable[int]) -> list[Entry]:
    """An act of Alice's on each order, committed together."""
    with transaction.atomic():
        return services.record_many([deed(number) for number in numbers])


def deed(number: int, verb: str = "place", by: Actor = ALICE, **facts: Any) -> services.Deed:
    told = {"number": f"2026-{number:04}", "actor": by.user_name, **facts}
    return services.Deed(f"order.{verb}", f"order/2026-{number:04}", by, AT + timedelta(minutes=number), told, "620900/620902")


def seal() -> int:
    return sealer.seal_once(at=AT + timedelta(hours=1))
