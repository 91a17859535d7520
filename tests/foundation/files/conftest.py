"""A hospital that buys, a shop that sells, and an empty store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Region, Seat, User

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def korla(db) -> Region:
    return Region.objects.create(code="652801", name_zh="库尔勒市", name_en="Korla", path="652800/652801", level="city")


def seat(region: Region, number: str, kind: str, person: str, role: str) -> Actor:
    organisation = Organisation.objects.create(number=number, kind=kind, name_zh=number, region=region, created_at=NOON)
    user = User.objects.create(login=person, name_zh=person, created_at=NOON)
    return actor_in(Seat.objects.create(user=user, organisation=organisation, roles=[role]))


@pytest.fixture
def alice(korla: Region) -> Actor:
    """Sells for the shop."""
    return seat(korla, "S-0001", "supplier", "alice", "catalog")


@pytest.fixture
def bob(korla: Region) -> Actor:
    """Buys for the hospital."""
    return seat(korla, "B-0001", "buyer", "bob", "orderer")


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "files"
