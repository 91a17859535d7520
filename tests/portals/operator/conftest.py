"""He Yiming operates the platform."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.portals.regulator.conftest import Seated, at_noon, seated, town
from tests.town import Town

__all__ = ["at_noon", "seated", "town"]


@pytest.fixture
def he(town: Town, seated: Seated) -> Client:
    return seated(town.he)
