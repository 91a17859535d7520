"""People of a shop and of a hospital, and two kinds of message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.utils.translation import gettext_noop

from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Region, Seat, User
from sunlit.foundation.messages import templates

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

templates.declare(
    "test.placed",
    title=gettext_noop("Order {number} waits for you"),
    body=gettext_noop("{buyer} ordered for {total:yuan}. Confirm it until {until:at}."),
    mail=True,
)
templates.declare("test.quiet", title=gettext_noop("Stock of {name} is low"))

PLACED = {"number": "DD-20261123-7K3M9QW4", "buyer": "人民医院", "total": "1280.50", "until": "2026-11-25T10:00:00Z"}


@dataclass
class People:
    """Alice and Dora sell, Frank counts the money, Bob buys."""

    shop: Organisation
    hospital: Organisation
    alice: Actor
    dora: Actor
    frank: Actor
    bob: Actor


def sit(organisation: Organisation, login: str, *roles: str, **more: str) -> Actor:
    user, _made = User.objects.get_or_create(login=login, defaults={"name_zh": login, "created_at": NOON, **more})
    return actor_in(Seat.objects.create(user=user, organisation=organisation, roles=list(roles)))


@pytest.fixture
def people(db: None) -> People:
    korla = Region.objects.create(code="652801", name_zh="库尔勒市", name_en="Korla", path="652800/652801", level="city")
    shop = Organisation.objects.create(number="S-0001", kind="supplier", name_zh="文具店", region=korla, created_at=NOON)
    hospital = Organisation.objects.create(number="B-0001", kind="buyer", name_zh="人民医院", region=korla, created_at=NOON)
    return People(
        shop,
        hospital,
        alice=sit(shop, "alice", "sales", email="alice@shop.example", language="en"),
        dora=sit(shop, "dora", "sales", "catalog", email="dora@shop.example"),
        frank=sit(shop, "frank", "finance"),
        bob=sit(hospital, "bob", "orderer"),
    )
