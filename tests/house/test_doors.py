"""Every address of the platform: strangers and people of another kind stay outside, and what belongs to others does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from sunlit.domain.catalog.models import Import, Offer
from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import Application
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import clock, credit_code
from tests.house.test_conventions import patterns
from tests.town import NOON, Town, an_order, build

KINDS = {"buyer": "aygul", "supplier": "chen", "regulator": "surina", "operator": "he", "bank": "tang"}
WORDS = {"str": "X-1", "int": 1, "uuid": "0b0e7c1e-0000-4000-8000-000000000000", "path": "x", "slug": "x"}


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return build()


@pytest.fixture
def seated(settings: Any) -> Callable[[Actor], Client]:
    def sit(actor: Actor) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=actor.person), backend=settings.AUTHENTICATION_BACKENDS[0])
        session = client.session
        session["seat"] = actor.seat_id
        session.save()
        return client

    return sit


def doors() -> Iterator[tuple[str, URLPattern]]:
    """Every address that is not for the public, with something in the place of its parameters."""
    for route, each in patterns():
        told = getattr(each.callback, "door", None)
        if told and not told["public"]:
            filled = route
            for name, converter in each.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
                filled = filled.replace(f"<{kind}:{name}>", str(WORDS[kind]))
            yield f"/{filled}", each


def ask(client: Client, address: str, each: URLPattern) -> int:
    return int((client.get if "GET" in each.callback.door["methods"] else client.post)(address).status_code)  # type: ignore[attr-defined]


def test_a_stranger_is_shown_to_the_sign_in(town: Town) -> None:
    found = {address: ask(Client(), address, each) for address, each in doors()}
    assert {address: status for address, status in found.items() if status not in (302, 401)} == {}
    assert len(found) > 60


@pytest.mark.parametrize("kind", KINDS)
def test_the_rooms_of_one_kind_are_closed_to_the_others(kind: str, town: Town, seated: Callable[[Actor], Client]) -> None:
    client = seated(getattr(town, KINDS[kind]))
    closed = [(address, each) for address, each in doors() if any(each.callback.door["kinds"]) and kind not in each.callback.door["kinds"]]  # type: ignore[attr-defined]
    assert {address: status for address, each in closed if (status := ask(client, address, each)) != 403} == {}
    assert len(closed) > 30


@pytest.fixture
def things(town: Town) -> dict[str, str]:
    """What belongs to the school, the shop, a person who applies and the prefecture."""
    order = an_order(town)
    Offer.objects.filter(pk=town.laptop.pk).update(state="draft")
    sheet = {"purpose": "sheet", "name": "x.csv", "kind": "sheet", "media_type": "text/csv"}
    file = File.objects.create(owner=town.shop, size=1, sha256="0" * 64, created_at=NOON, handed_in_at=NOON, **sheet)
    handed_in = Import.objects.create(
        number="DR-1", region_path=town.shop.region.path, state="checked", supplier=town.shop, file=file, created_at=NOON
    )
    stranger = registry.applicant(User.objects.create(login="zhao", name_zh="赵", created_at=NOON))
    told: dict[str, Any] = {"credit_code": credit_code.make(77), "name_zh": "新芽", "region_code": "652823"}
    application: Application = registry.begin_application(**told, by=stranger, at=NOON)
    numbers = {"order": order.number, "offer": town.laptop.number, "import": handed_in.number, "application": application.number}
    return {**numbers, "quota": town.quota.number, "file": str(file.pk)}


OTHERS = (
    ("ma", "buyer:order", "order"),
    ("ma", "buyer:rate", "order"),
    ("ma", "buyer:quota", "quota"),
    ("nurlan", "supplier:order", "order"),
    ("nurlan", "supplier:dispatch", "order"),
    ("nurlan", "supplier:redeliver", "order"),
    ("nurlan", "supplier:invoice", "order"),
    ("nurlan", "supplier:offer", "offer"),
    ("nurlan", "supplier:edit_offer", "offer"),
    ("nurlan", "supplier:import", "import"),
    ("nurlan", "supplier:import_progress", "import"),
    ("nurlan", "supplier:application", "application"),
    ("nurlan", "supplier:edit_application", "application"),
    ("surina", "regulator:application", "application"),
    ("zheng", "regulator:application", "application"),  # a draft is its writer's alone
    ("ma", "file", "file"),
    ("nurlan", "file", "file"),
    ("surina", "file", "file"),
)


def test_what_belongs_to_others_does_not_exist(town: Town, things: dict[str, str], seated: Callable[[Actor], Client]) -> None:
    seats = {who: seated(getattr(town, who)) for who, _place, _what in OTHERS}
    found = {(who, place): seats[who].get(reverse(place, args=[things[what]])).status_code for who, place, what in OTHERS}
    assert {key: status for key, status in found.items() if status != 404} == {}


DEEDS = (
    ("ma", "buyer:act_on_order", "order", {"verb": "withdraw", "reason": "不再需要"}),
    ("nurlan", "supplier:act_on_order", "order", {"verb": "confirm"}),
    ("nurlan", "supplier:act_on_offer", "offer", {"verb": "submit"}),
    ("nurlan", "supplier:terms", "offer", {"price": "1.00"}),
    ("nurlan", "supplier:quick", "offer", {"price": "1.00"}),
    ("nurlan", "supplier:act_on_import", "import", {"verb": "carry_out"}),
    ("nurlan", "supplier:act_on_application", "application", {"verb": "withdraw"}),
)


def test_nothing_is_done_to_what_belongs_to_others(town: Town, things: dict[str, str], seated: Callable[[Actor], Client]) -> None:
    seats = {who: seated(getattr(town, who)) for who, *_rest in DEEDS}
    found = {(who, place): seats[who].post(reverse(place, args=[things[what]]), given).status_code for who, place, what, given in DEEDS}
    assert {key: status for key, status in found.items() if status != 404} == {}
