"""The hub of rooms: one reader, many watchers. What is told together is written once an audience, however many watch; who lags or comes back misses nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString, Self

import psycopg

from sunlit.foundation.live import feed
from sunlit.foundation.live.rooms import CHANNEL, PUBLIC, Told, as_event

logger = logging.getLogger("sunlit.live")

WATCHERS_MOST = 4000
QUEUE_MOST = 5000  # events a watcher may lag behind before it is cut off: it comes back and is told what it missed
BATCH_ROWS = 500
LISTEN_SECONDS = 5.0
GATHER_SECONDS = 0.02  # what comes so close together is told in one go …
GATHER_SECONDS_A_WATCHER = 0.00036  # … and the longer the more listen, so that telling takes no more than its share of the process
CLOCK_SECONDS = 10.0  # how often a room is told what time it is here
RETRY_SECONDS, RETRY_SECONDS_MOST = 0.1, 5.0

_NEXT: Final = 'SELECT "index", at, openly, inside, own FROM live_roomevent WHERE room = %s AND "index" > %s ORDER BY "index" LIMIT %s'
_NEXT_OPENLY: Final = """SELECT "index", at, openly, '{}'::jsonb, '{}'::jsonb FROM live_roomevent WHERE room = %s AND "index" > %s ORDER BY "index" LIMIT %s"""
_LAST = 'SELECT coalesce(max("index"), 0) FROM live_roomevent WHERE room = %s'


@dataclass(frozen=True, slots=True)
class Piece:
    """Events that were read together, as one audience sees them: written once for all who listen."""

    events: tuple[tuple[int, bytes], ...]
    whole: bytes

    @classmethod
    def of(cls, told: Sequence[Told], audience: str) -> Self:
        events = tuple((it.index, as_event(it, audience)) for it in told)
        return cls(events, b"".join(event for _index, event in events))

    def after(self, index: int) -> bytes:
        """Without what was sent before."""
        return self.whole if self.events[0][0] > index else b"".join(event for place, event in self.events if place > index)


class Watcher:
    """One listener in a room: as whom it sees, and what it has not yet been sent."""

    def __init__(self, room: str, audience: str) -> None:
        self.room, self.audience = room, audience
        self.closed = False
        self.sent = 0
        self._waiting: list[Piece] = []
        self._lag = 0
        self._woken = asyncio.Event()

    def offer(self, piece: Piece) -> None:
        self._lag += len(piece.events)
        if self._lag > QUEUE_MOST:
            self.close()
            return
        self._waiting.append(piece)
        self._woken.set()

    def close(self) -> None:
        self.closed = True
        self._woken.set()

    def wake(self) -> None:
        """Nothing is told; but it is time to say that somebody is still here."""
        self._woken.set()

    async def next(self) -> bytes:
        """All that waits and was not sent before, as one piece; empty when only the clock ticks."""
        await self._woken.wait()
        self._woken.clear()
        waiting, self._waiting, self._lag = self._waiting, [], 0
        if not waiting:
            return b""
        events = b"".join([piece.after(self.sent) for piece in waiting])
        self.sent = max(self.sent, waiting[-1].events[-1][0])
        return events


class RoomHub:
    """`positions` tells of each room with watchers which event was handed out last."""

    def __init__(self, connect: feed.Connect = feed.connect) -> None:
        self.connect = connect
        self.rooms: dict[str, set[Watcher]] = {}
        self.positions: dict[str, int] = {}
        self.watchers = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._reader: feed.Connection | None = None
        self._reading = asyncio.Lock()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(), name="room hub"), asyncio.create_task(self._tick(), name="room clock")]

    async def stop(self) -> None:
        for watchers in self.rooms.values():
            for watcher in watchers:
                watcher.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._reader is not None:
            await self._reader.close()

    @property
    def full(self) -> bool:
        return self.watchers >= WATCHERS_MOST

    async def join(self, watcher: Watcher, after: int | None) -> bytes:
        """From now on the watcher is offered what is told; returns what it missed since `after`, or only where the room stands.

        First among the watchers, then read: what is committed between the two is both read and offered, and sent once.
        """
        self.rooms.setdefault(watcher.room, set()).add(watcher)
        self.watchers += 1
        async with self._reading:
            reader = await self._connected()
            if watcher.room not in self.positions:
                self.positions[watcher.room] = await _last(reader, watcher.room)
            if after is None:
                watcher.sent = self.positions[watcher.room]
                return b""
            missed = await _all_after(reader, watcher.room, after)
        watcher.sent = missed[-1].index if missed else after
        return b"".join(as_event(told, watcher.audience) for told in missed)

    def leave(self, watcher: Watcher) -> None:
        others = self.rooms.get(watcher.room, set())
        if watcher in others:
            others.discard(watcher)
            self.watchers -= 1
        if not others:
            self.rooms.pop(watcher.room, None)
            self.positions.pop(watcher.room, None)

    async def _connected(self) -> feed.Connection:
        """The connection that joining watchers share."""
        if self._reader is None or self._reader.closed or self._reader.broken:
            self._reader = await self.connect()
        return self._reader

    async def _tick(self) -> None:
        """One clock for all: a timer for each of a thousand watchers would cost more than what they are told."""
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            for watchers in self.rooms.values():
                for watcher in watchers:
                    watcher.wake()

    async def _run(self) -> None:
        pause = RETRY_SECONDS
        while True:
            try:
                async with await self.connect() as connection:
                    pause = RETRY_SECONDS
                    await self._follow(connection)
            except (psycopg.Error, OSError) as error:
                logger.warning("live rooms: the database does not answer (%s); trying again", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_SECONDS_MOST)

    async def _follow(self, connection: feed.Connection) -> None:
        """Listen first, read after. Without a notification every room is looked at all the same, which also finds a dead connection."""
        await connection.execute(f"LISTEN {CHANNEL}")
        woken = set(self.rooms)
        while True:
            for room in woken & self.positions.keys():
                await self._tell(connection, room)
            await asyncio.sleep(GATHER_SECONDS + self.watchers * GATHER_SECONDS_A_WATCHER)
            woken = {note.payload async for note in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1)} or set(self.rooms)

    async def _tell(self, connection: feed.Connection, room: str) -> None:
        while room in self.positions:
            openly = self._is_public(room)
            told = await _after(connection, room, self.positions[room], _NEXT_OPENLY if openly else _NEXT)
            if openly and not self._is_public(room):
                continue  # somebody came meanwhile who may see more
            if told:
                self._hand_out(room, told)
            if len(told) < BATCH_ROWS:
                return
            await asyncio.sleep(0)

    def _is_public(self, room: str) -> bool:
        """Whether nobody there sees more than everybody does."""
        return all(watcher.audience == PUBLIC for watcher in self.rooms.get(room, ()))

    def _hand_out(self, room: str, told: Sequence[Told]) -> None:
        written: dict[str, Piece] = {}
        for watcher in self.rooms.get(room, ()):
            piece = written.get(watcher.audience)
            if piece is None:
                piece = written[watcher.audience] = Piece.of(told, watcher.audience)
            watcher.offer(piece)
        if room in self.positions:
            self.positions[room] = told[-1].index


async def _last(connection: feed.Connection, room: str) -> int:
    row = await (await connection.execute(_LAST, [room])).fetchone()
    assert row is not None
    return int(row[0])


async def _after(connection: feed.Connection, room: str, index: int, statement: LiteralString = _NEXT) -> list[Told]:
    cursor = await connection.execute(statement, [room, index, BATCH_ROWS])
    return [Told(room, *row) for row in await cursor.fetchall()]


async def _all_after(connection: feed.Connection, room: str, index: int) -> list[Told]:
    found: list[Told] = []
    while len(some := await _after(connection, room, found[-1].index if found else index)) == BATCH_ROWS:
        found += some
    return found + some
