"""The town with its goods found by the search, its deals published and its acts sealed; and people who sit down in their seats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as goods
from sunlit.domain.contracts import services as contracts
from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.insight import queries as insight
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel import clock
from sunlit.foundation.ledger import sealer
from tests.town import NOON, Town, an_order, build

LATER = NOON + timedelta(days=3)
"""When the pages are read."""

Seated = Callable[[Actor], Client]


@pytest.fixture
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this test alone; what was remembered of other towns is forgotten."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: LATER)
    for forget in (accounts.forget, catalog.forget, insight.forget):
        forget()
    return tmp_path


@pytest.fixture
def town(home: Path, db: None) -> Town:
    town = build()
    catalog.forget()
    return town


@pytest.fixture
def shelves(town: Town) -> Town:
    """The town with its three offers in the search index."""
    goods.rebuild_index(at=LATER)
    return town


@pytest.fixture
def page(client: Client) -> Client:
    """Nobody in particular, reading English so that the tests can be read."""
    client.cookies["sunlit_language"] = "en"
    return client


@pytest.fixture
def seated() -> Seated:
    def sit(actor: Actor) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=actor.user_id or 0))
        session = client.session
        session["seat"] = actor.seat_id
        session.save()
        client.cookies["sunlit_language"] = "en"
        return client

    return sit


def accepted(town: Town, key: str = "k1") -> Order:
    """Aygul orders paper, Chen delivers it, Batu accepts it: two days later."""
    order = an_order(town, key=key, quantity=2)
    order = market.confirm(order, by=town.chen, at=NOON + timedelta(hours=1))
    order = market.dispatch(order, carrier="顺丰", waybill=f"SF-{key}", parcel={1: 2}, by=town.chen, at=NOON + timedelta(hours=20))
    order = market.receive(order, by=town.batu, at=NOON + timedelta(days=1))
    items = [{"position": 1, "quantity": 2, "conforms": True, "remark": ""}]
    return contracts.accept(order, items=items, remark="", photos=[], by=town.batu, at=NOON + timedelta(days=2))


def published(town: Town, key: str = "k1") -> DealNotice:
    """The deal of an accepted order, as the worker publishes it."""
    return disclosure.publish_deal(accepted(town, key), at=NOON + timedelta(days=2))


def seal() -> int:
    return sealer.seal_once(at=LATER)
