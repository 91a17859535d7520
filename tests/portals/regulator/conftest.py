"""The town at noon as its regulators see it: Surina in the city's bureau, Zheng in the prefecture."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.insight import queries as insight
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel import clock
from tests.town import NOON, Town, build

Seated = Callable[..., Client]
SOON = NOON + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def at_noon(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is five past noon; files lie in a folder of this test alone; nothing is remembered of other towns."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: SOON)
    for forget in (accounts.forget, catalog.forget, insight.forget, rulebook.forget):
        forget()


@pytest.fixture
def town(db: None) -> Town:
    return build()


@pytest.fixture
def seated() -> Seated:
    def sit(actor: Actor, language: str = "en") -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=actor.person))
        session = client.session
        session["seat"] = actor.seat_id
        session.save()
        client.cookies["sunlit_language"] = language
        return client

    return sit


@pytest.fixture
def surina(town: Town, seated: Seated) -> Client:
    return seated(town.surina)


@pytest.fixture
def zheng(town: Town, seated: Seated) -> Client:
    return seated(town.zheng)


def codes(answer: Any) -> set[str]:
    """The codes of the problems that the page shows."""
    return set(re.findall(r'data-code="([A-Z]+-[0-9]+)"', answer.content.decode()))


def wrong_fields(answer: Any) -> set[str]:
    """The fields that the page marks as wrong."""
    return set(re.findall(r'id="f-([a-z_]+)-problem"', answer.content.decode()))
