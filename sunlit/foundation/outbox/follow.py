"""Following: views of the whole, kept by reading the gap-free feed of acts in batches behind a cursor.

A view in the database is one for all: its cursor is a row, locked while a batch is read. A copy on the disk of a machine (the search index)
is as many as machines: each reads the same feed behind a place of its own, which it keeps with what it has written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from sunlit.foundation.kernel import clock
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.outbox.models import Cursor

View = Callable[[list[Act]], None]
Pass = Callable[[], int]


@dataclass(frozen=True)
class Follower:
    """A named reader of the feed. It may be handed the same acts twice (after a crash), never out of order, never with a gap."""

    name: str
    view: View
    batch: int


_followers: dict[str, Follower] = {}
_copies: dict[str, Pass] = {}


def follows(name: str, *, batch: int = 500) -> Callable[[View], View]:
    """Keep a view of the whole: the function gets the next acts in sealed order and writes its view; then the cursor moves."""

    def register(view: View) -> View:
        assert name not in _followers, f"follower {name} is registered twice"
        _followers[name] = Follower(name, view, batch)
        return view

    return register


def keeps_copy(name: str) -> Callable[[Pass], Pass]:
    """Keep a copy on this machine: the function reads the next acts behind its own place, writes them, and returns how many it read."""

    def register(act: Pass) -> Pass:
        assert name not in _copies, f"copy {name} is registered twice"
        _copies[name] = act
        return act

    return register


def views() -> dict[str, Pass]:
    """What the indexer of a machine does over and over: one batch of each view of the whole."""
    return {name: partial(step, follower) for name, follower in followers().items()}


def copies() -> dict[str, Pass]:
    """The same for the copies that this machine keeps."""
    return dict(sorted(_copies.items()))


def followers() -> dict[str, Follower]:
    return dict(sorted(_followers.items()))


def step(follower: Follower) -> int:
    """Read one batch; returns how many acts were read. One process at a time: the cursor's row is locked meanwhile."""
    with transaction.atomic():
        Cursor.objects.get_or_create(name=follower.name)
        cursor = Cursor.objects.select_for_update().get(name=follower.name)
        acts = ledger.feed(cursor.after, follower.batch)
        if not acts:
            return 0
        follower.view(acts)
        cursor.after, cursor.moved_at = acts[-1].index, clock.now()
        cursor.save(update_fields=["after", "moved_at"])
    return len(acts)


def begin_at_the_end(*, at: datetime) -> None:
    """Let every follower begin behind what is sealed by now: for views that were just built from the record itself."""
    end = ledger.size() - 1
    with transaction.atomic():
        for name in followers():
            Cursor.objects.update_or_create(name=name, defaults={"after": end, "moved_at": at})


def catch_up(name: str) -> int:
    """Read until the end of the feed; returns how many acts were read."""
    follower, total = _followers[name], 0
    while read := step(follower):
        total += read
    return total
