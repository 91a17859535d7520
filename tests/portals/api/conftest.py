"""Programs of the town: each person's key, and a caller that speaks JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sunlit.config.security import Brake
from sunlit.foundation.accounts import services as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.rules import SCOPES
from sunlit.foundation.kernel import clock
from sunlit.portals.api import keys
from tests.town import NOON, Town, build

Key = Callable[..., str]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon in the town, and nobody has called yet."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(keys, "brake", Brake(per_minute=keys.CALLS_A_MINUTE, burst=keys.CALLS_AT_ONCE))
    monkeypatch.setattr(keys, "wrong_keys", Brake(per_minute=60, burst=30))


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree of this test's ledger is published in a folder of its own."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))


@dataclass
class Program:
    """A caller with a key."""

    key: str
    language: str = "en"
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, body: Any = None, *, once: str = "", **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.key}", "Accept-Language": self.language, **headers}
        if once:
            sent["Idempotency-Key"] = once
        content = body if isinstance(body, str) else json.dumps(body)
        more = {"data": content, "content_type": "application/json"} if body is not None else {}
        return self.client.generic(method, f"/api/v1/{path}", headers=sent, **more)  # type: ignore[arg-type]

    def get(self, path: str, **headers: str) -> Any:
        response = self.call("GET", path, **headers)
        assert response.status_code == 200, response.content.decode()
        return response.json()

    def do(self, number: str, verb: str, body: Any = None, *, once: str = "") -> Any:
        response = self.call("POST", f"orders/{number}/{verb}", body or {}, once=once)
        assert response.status_code == 200, response.content.decode()
        return response.json()


def key_of(actor: Actor, *scopes: str) -> str:
    _made, plain = accounts.issue_token(name="ERP", scopes=scopes or SCOPES, by=replace(actor, roles=actor.roles | {"admin"}), at=NOON)
    return plain


@pytest.fixture
def town(db: None) -> Town:
    return build()


@pytest.fixture
def aygul(town: Town) -> Program:
    return Program(key_of(town.aygul))


@pytest.fixture
def batu(town: Town) -> Program:
    return Program(key_of(town.batu))


@pytest.fixture
def li(town: Town) -> Program:
    return Program(key_of(town.li))


@pytest.fixture
def zhou(town: Town) -> Program:
    return Program(key_of(town.zhou))


@pytest.fixture
def chen(town: Town) -> Program:
    return Program(key_of(town.chen))


@pytest.fixture
def wu(town: Town) -> Program:
    return Program(key_of(town.wu))


@pytest.fixture
def nurlan(town: Town) -> Program:
    return Program(key_of(town.nurlan))


def wanted(town: Town, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body of an order: ten boxes of paper, unless told otherwise."""
    paper = {"offer": town.paper.number, "quantity": 10, "price": "128.50"}
    terms = {"quota": town.quota.number, "address": town.address.pk, "invoice_title": town.title.pk, "purpose": "教学"}
    return {"lines": list(lines) or [paper], **terms, **more}


def placed(program: Program, town: Town, key: str = "k-1") -> str:
    response = program.call("POST", "orders", wanted(town), once=key)
    assert response.status_code == 201, response.content.decode()
    number: str = response.json()["orders"][0]["number"]
    return number
