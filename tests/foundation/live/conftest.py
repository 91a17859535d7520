"""A feed of one test: the ledger's own tables in a schema of their own, committed for real, with the sealer's notification."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from sunlit.foundation.live import feed
from sunlit.foundation.live.asgi import Live

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PATIENCE_SECONDS = 10
SCHEMA = "live_feed_of_a_test"

_INSERT = """
INSERT INTO ledger_entry (at, act, subject, region, organisation, kind, facts, salt, body, leaf_hash)
VALUES (%s, %s, %s, %s, %s, 'buyer', %s, '', '', '') RETURNING id
"""


@dataclass
class Feed:
    """Acts are sealed here; `connect` is how the live process reads them."""

    conninfo: str
    size: int = 0

    async def connect(self) -> feed.Connection:
        return await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True)

    def seal(
        self,
        act: str,
        subject: str,
        *,
        by: str = "B-0001",
        parties: tuple[str, ...] = (),
        region: str = "652800/652801",
        quietly: bool = False,
    ) -> None:
        """Commit one act and its leaf, and tell the channel (unless `quietly`)."""
        facts: dict[str, Any] = {"parties": list(parties)} if parties else {}
        with psycopg.connect(self.conninfo) as db:
            at = NOON + timedelta(minutes=self.size)
            row = db.execute(_INSERT, [at, act, subject, region, by, Jsonb(facts)]).fetchone()
            assert row is not None
            db.execute("INSERT INTO ledger_leaf (index, entry_id, leaf_hash) VALUES (%s, %s, '')", [self.size, row[0]])
            self.size += 1
            if not quietly:
                db.execute("SELECT pg_notify(%s, %s)", [feed.CHANNEL, json.dumps({"upto": self.size})])

    def cut_all_lines(self) -> None:
        """What a restart of PostgreSQL does to those who are connected."""
        with psycopg.connect(self.conninfo, autocommit=True) as db:
            db.execute(  # its own alone: the server has the databases of other workers too
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'live-test' AND datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def sealed(db: None) -> Iterator[Feed]:
    base = connection.settings_dict
    where = {
        key: base[name]
        for key, name in (("dbname", "NAME"), ("user", "USER"), ("password", "PASSWORD"), ("host", "HOST"), ("port", "PORT"))
    }
    where |= {"passfile": base["OPTIONS"].get("passfile")}
    conninfo = make_conninfo(
        **{key: value for key, value in where.items() if value}, application_name="live-test", options=f"-c search_path={SCHEMA}"
    )
    with psycopg.connect(make_conninfo(conninfo, application_name="live-test-owner"), autocommit=True) as owner:
        owner.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        owner.execute(f"CREATE SCHEMA {SCHEMA}")
        for table in ("ledger_entry", "ledger_leaf"):
            owner.execute(f"CREATE TABLE {table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES)")
        yield Feed(conninfo)
        owner.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


@dataclass
class Browser:
    """An EventSource over ASGI: what it was sent, event by event."""

    app: Live
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    ended: bool = False
    _sent: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _events: list[dict[str, str]] = field(default_factory=list)

    async def ask(self, path: str, query: str, last: int | None, method: str = "GET") -> None:
        headers = [] if last is None else [(b"last-event-id", str(last).encode())]
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
        await self.app(scope, self._receive, self._sent.put)  # type: ignore[arg-type]

    async def begun(self) -> None:
        start = await asyncio.wait_for(self._sent.get(), PATIENCE_SECONDS)
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}

    async def next(self) -> dict[str, str]:
        """The next event as a mapping of its fields; heartbeats are passed over."""
        while not self._events:
            message = await asyncio.wait_for(self._sent.get(), PATIENCE_SECONDS)
            self.ended = not message.get("more_body", False)
            self.text += message["body"].decode()
            *blocks, self.text = self.text.split("\n\n")
            fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks if not block.startswith(":")]
            self._events += [event for event in fields if "id" in event]
            if self.ended and not self._events:
                return {}
        return self._events.pop(0)

    async def told(self) -> dict[str, Any]:
        """The next act."""
        while "event" in (event := await self.next()):
            continue
        told: dict[str, Any] = json.loads(event["data"])
        return told

    async def body(self) -> str:
        return str((await asyncio.wait_for(self._sent.get(), PATIENCE_SECONDS))["body"].decode())

    def close(self) -> None:
        self._gone.set()

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}


@asynccontextmanager
async def browsing(app: Live, query: str, *, last: int | None = None, path: str = "/live/", method: str = "GET") -> AsyncIterator[Browser]:
    """A page that is open for the length of the block."""
    browser = Browser(app)
    task = asyncio.create_task(browser.ask(path, query, last, method))
    try:
        await browser.begun()
        yield browser
    finally:
        browser.close()
        await asyncio.wait_for(task, PATIENCE_SECONDS)


@asynccontextmanager
async def serving(sealed: Feed) -> AsyncIterator[Live]:
    """The live process."""
    app = Live(sealed.connect)
    try:
        yield app
    finally:
        if app.hub is not None:
            await app.hub.stop()
