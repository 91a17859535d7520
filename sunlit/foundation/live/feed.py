"""Reading the sealed, gap-free feed of acts from PostgreSQL, asynchronously and without Django's connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from psycopg import AsyncConnection

from sunlit.foundation.live.topics import Act

CHANNEL = "sunlit_live"
BATCH_ROWS = 200
CONNECT_SECONDS = 5

Connection = AsyncConnection[tuple[Any, ...]]
Connect = Callable[[], Awaitable[Connection]]

_NEXT = """
SELECT leaf.index, entry.act, entry.subject, entry.region, entry.organisation, entry.at, entry.facts -> 'parties'
  FROM ledger_leaf leaf JOIN ledger_entry entry ON entry.id = leaf.entry_id
 WHERE leaf.index > %s ORDER BY leaf.index LIMIT %s
"""
_LAST = "SELECT coalesce(max(index), -1) FROM ledger_leaf"


async def connect() -> Connection:
    """A connection of its own to the platform's database."""
    base = settings.DATABASES["default"]
    options = {**base.get("OPTIONS", {}), "connect_timeout": CONNECT_SECONDS, "application_name": "sunlit-live"}
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    where = {name: base[key] for name, key in names.items() if base.get(key)}
    return await AsyncConnection.connect(**{**options, **where}, autocommit=True)


async def last(connection: Connection) -> int:
    """Place of the newest sealed act; -1 before the first."""
    row = await (await connection.execute(_LAST)).fetchone()
    assert row is not None
    return int(row[0])


async def after(connection: Connection, index: int, *, rows: int = BATCH_ROWS) -> list[Act]:
    """The next acts in sealed order."""
    cursor = await connection.execute(_NEXT, [index, rows])
    return [_act(*row) for row in await cursor.fetchall()]


def _act(index: int, act: str, subject: str, region: str, organisation: str, at: datetime, parties: Any) -> Act:
    named = parties if isinstance(parties, list) else []
    return Act(index, act, subject, region, organisation, at, tuple(str(number) for number in named))
