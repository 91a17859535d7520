"""Rooms: told once committed, seen by each as far as it may, and nothing missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sunlit.foundation.live import feed, room_hub
from sunlit.foundation.live.asgi import Live
from sunlit.foundation.live.room_hub import RoomHub, Watcher
from sunlit.foundation.live.rooms import CHANNEL, DESK, PUBLIC, Told, audience_of, room_pass
from tests.foundation.live.conftest import NOON, SCHEMA, Browser, Feed, browsing

ROOM = "auction/JJ-1/1"
PATH = "/live/room/"
OWN: dict[str, Any] = {"37": {"rank": 2, "mine": "4900.00"}}


@pytest.fixture
def rooms(sealed: Feed) -> Iterator[Feed]:
    with psycopg.connect(sealed.conninfo, autocommit=True) as owner:
        owner.execute(f"CREATE TABLE {SCHEMA}.live_roomevent (LIKE public.live_roomevent INCLUDING DEFAULTS INCLUDING IDENTITY)")
        yield sealed


def tell(rooms: Feed, index: int, *, room: str = ROOM, quietly: bool = False, **openly: Any) -> None:
    row = [room, index, NOON, Jsonb({"kind": "bid", **openly}), Jsonb({"price": "4900.00"}), Jsonb(OWN)]
    with psycopg.connect(rooms.conninfo) as db:
        db.execute('INSERT INTO live_roomevent (room, "index", at, openly, inside, own) VALUES (%s, %s, %s, %s, %s, %s)', row)
        if not quietly:
            db.execute("SELECT pg_notify(%s, %s)", [CHANNEL, room])


@asynccontextmanager
async def watching(app: Live, *, audience: str = PUBLIC, after: int | None = None, last: int | None = None) -> AsyncIterator[Browser]:
    query = {
        "room": ROOM,
        **({"pass": room_pass(ROOM, audience)} if audience != PUBLIC else {}),
        **({"after": after} if after is not None else {}),
    }
    async with browsing(app, urlencode(query), path=PATH, last=last) as browser:
        yield browser


def run(rooms: Feed, story: Any) -> None:
    async def told() -> None:
        app = Live(rooms.connect)
        try:
            await story(app)
        finally:
            if app.room_hub:
                await app.room_hub.stop()

    asyncio.run(told())


def test_each_sees_what_it_may(rooms: Feed) -> None:
    async def story(app: Live) -> None:
        async with (
            watching(app) as public,
            watching(app, audience=DESK) as desk,
            watching(app, audience="37") as member,
            watching(app, audience="41") as other,
        ):
            await asyncio.to_thread(tell, rooms, 1)
            seen = [await browser.told() for browser in (public, desk, member, other)]
        at = {"index": 1, "at": "2026-11-23T04:00:00.000Z", "kind": "bid"}
        assert seen == [at, {**at, "price": "4900.00"}, {**at, "rank": 2, "mine": "4900.00"}, at]

    run(rooms, story)


def test_who_comes_back_is_told_what_was_missed_once_and_in_order(rooms: Feed) -> None:
    for index in range(1, 4):
        tell(rooms, index)

    async def story(app: Live) -> None:
        async with watching(app, after=1) as first, watching(app, last=2) as second, watching(app) as third:
            await asyncio.to_thread(tell, rooms, 4)
            assert [(await first.told())["index"] for _ in range(3)] == [2, 3, 4]
            assert [(await second.told())["index"] for _ in range(2)] == [3, 4]
            assert (await third.told())["index"] == 4

    run(rooms, story)


def test_who_comes_while_the_public_is_read_to_is_told_its_own_part(rooms: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    read, statements = room_hub._after, list[str]()
    hub, public, member = RoomHub(rooms.connect), Watcher(ROOM, PUBLIC), Watcher(ROOM, "37")

    async def meanwhile(connection: feed.Connection, room: str, index: int, *statement: Any) -> list[Told]:
        told = await read(connection, room, index, *statement)
        statements.extend(statement)
        hub.rooms[ROOM].add(member)
        return told

    async def story() -> None:
        assert await hub.join(public, None) == b""
        await asyncio.to_thread(tell, rooms, 1, quietly=True)
        monkeypatch.setattr(room_hub, "_after", meanwhile)
        async with await rooms.connect() as connection:
            await hub._tell(connection, ROOM)
        openly, whole = await public.next(), await member.next()
        await hub.stop()
        begins = 'id: 1\ndata: {"index":1,"at":"2026-11-23T04:00:00.000Z","kind":"bid"'
        assert [openly.decode(), whole.decode()] == [f"{begins}}}\n\n", f'{begins},"mine":"4900.00","rank":2}}\n\n']

    asyncio.run(story())
    assert statements == [room_hub._NEXT_OPENLY, room_hub._NEXT]


def test_other_rooms_stay_silent_and_a_lost_line_loses_nothing(rooms: Feed) -> None:
    async def story(app: Live) -> None:
        async with watching(app, after=0) as browser:
            await asyncio.to_thread(tell, rooms, 1, room="auction/JJ-2/1")
            await asyncio.to_thread(tell, rooms, 1)
            assert (await browser.told())["index"] == 1
            await asyncio.to_thread(rooms.cut_all_lines)
            await asyncio.to_thread(tell, rooms, 2, quietly=True)
            assert (await browser.told())["index"] == 2

    run(rooms, story)


def test_a_room_wants_a_name_and_a_pass_that_fits(rooms: Feed) -> None:
    async def story(app: Live) -> None:
        foreign = room_pass("auction/JJ-2/1", DESK)
        for query, status in (
            ("room=..", 400),
            (urlencode({"room": ROOM, "pass": "forged"}), 403),
            (urlencode({"room": ROOM, "pass": foreign}), 403),
        ):
            async with browsing(app, query, path=PATH) as browser:
                assert browser.status == status

    run(rooms, story)
    assert audience_of(ROOM, room_pass(ROOM, "37")) == "37"
    assert json.dumps(room_pass(ROOM, PUBLIC)) == '""'
    assert feed.CHANNEL != CHANNEL
