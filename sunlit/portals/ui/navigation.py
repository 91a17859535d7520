"""What stands in the navigation of each portal; a portal hangs up its own entries in its `navigation.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import IntegerField, QuerySet, Subquery
from django.urls import NoReverseMatch
from django.utils.functional import Promise

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Seat
from sunlit.portals.ui.addresses import address

MOST: Final = 99  # a figure beside an entry tells no more

# Pages that the kit itself links to, by their names, which a portal may keep in its own namespace.
NAMESPACES = ("", "public:", "account:", "supplier:")
PLACES = frozenset(
    {"home", "search", "suggest", "verify", "compare", "apply", "sign_in", "sign_out", "profile", "inbox", "organisation", "set_language"}
)


@dataclass(frozen=True)
class Item:
    """One entry: `key` marks the current page (`{% set here = "orders" %}`), `roles` limits who sees it (empty: everybody of the kind)."""

    key: str
    label: str | Promise
    url_name: str
    icon: str = ""
    roles: frozenset[str] = frozenset()
    waits: Callable[..., QuerySet[Any]] | None = None  # what waits for the reader behind it (`seen_by`): told as a figure

    @property
    def url(self) -> str:
        return address(self.url_name)


_offered: dict[str, tuple[Item, ...]] = {}


def offer(audience: str, *items: Item) -> None:
    """Hang up the entries of one audience: public, buyer, supplier, regulator, operator. The last call counts."""
    _offered[audience] = items


def entries(audience: str, roles: frozenset[str] = frozenset()) -> list[Item]:
    """The entries that a person with these roles sees."""
    return [item for item in _offered.get(audience, ()) if not item.roles or item.roles & roles]


def waiting(items: Iterable[Item], actor: Actor) -> dict[str, int]:
    """How much waits for the reader behind each entry that counts it, up to MOST + 1; those where nothing waits are left out. One query, or none."""
    asked = {item.key: _Count(item.waits(seen_by=actor).order_by().values("pk")[: MOST + 1]) for item in items if item.waits}
    if not asked or actor.seat_id is None:
        return {}
    counts = Seat.objects.filter(pk=actor.seat_id).values_list(*asked.values()).first() or ()
    return {key: count for key, count in zip(asked, counts, strict=False) if count}


class _Count(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) waiting)"
    output_field = IntegerField()


def place(name: str) -> str:
    """Address of one of the kit's well-known pages, or "" where its portal is not installed."""
    assert name in PLACES, f"{name} is not one of the kit's places"
    for namespace in NAMESPACES:
        try:
            return address(namespace + name)
        except NoReverseMatch:
            continue
    return ""
