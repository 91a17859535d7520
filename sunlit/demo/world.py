"""The demonstration region as a whole: the same seed, scale and time give the same world, to the last figure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from random import Random
from typing import Any

from sunlit.demo import cast, deals, shelf
from sunlit.demo.shapes import World

SEED = 652_800
ORDERS = 600


def build(at: datetime, *, seed: int = SEED, scale: int = 1, orders: int | None = None) -> World:
    """The region as it stands at `at`, after a year of purchases. `scale` multiplies everything; `orders` says how many instead."""
    assert at.tzinfo is not None, "times are aware"
    parties = cast.organisations(Random(f"{seed}/organisations"), scale, at)
    people = cast.people(Random(f"{seed}/people"), parties)
    goods = shelf.products(seed, scale, at)
    offers = shelf.offers(seed, goods, [party for party in parties if party.kind == "supplier"], at)
    plans = deals.plans(seed, ORDERS * scale if orders is None else orders, people, parties, goods, offers, at)
    return World(
        at=at,
        seed=seed,
        scale=scale,
        regions=cast.REGIONS,
        organisations=parties,
        people=people,
        brands=shelf.brands(),
        products=goods,
        references=shelf.references(seed, goods, at),
        offers=offers,
        budgets=deals.budgets(seed, [party for party in parties if party.kind == "buyer"], plans, at),
        orders=plans,
        applications=cast.applications(Random(f"{seed}/applications"), at),
    )


def digest(world: World) -> str:
    """SHA-256 over everything in the world: equal worlds, equal digests."""
    total = hashlib.sha256()
    for line in _told(world):
        total.update(line.encode())
    return total.hexdigest()


def _told(value: Any) -> Iterator[str]:
    if is_dataclass(value):
        for part in fields(value):
            yield part.name
            yield from _told(getattr(value, part.name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _told(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _told(item)
        yield ";"
    else:
        yield f"{value}|"
