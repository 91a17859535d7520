"""The live process: acts at `GET /live/?topics=…`, rooms at `GET /live/room/?room=…`, as server-sent events. Without Django's views."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")

import psycopg

from sunlit.foundation.kernel import clock
from sunlit.foundation.live import feed
from sunlit.foundation.live.hub import Client, Hub
from sunlit.foundation.live.room_hub import CLOCK_SECONDS, RoomHub, Watcher
from sunlit.foundation.live.rooms import as_clock, audience_of, is_room
from sunlit.foundation.live.tokens import topics_in
from sunlit.foundation.live.topics import PUBLIC, as_event, is_topic, topics_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOPICS_MOST = 20
QUERY_BYTES_MOST = 8192
REPLAY_ROWS_MOST = 2000  # further behind, the page is told to load itself anew
HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS_MOST = 900.0  # then the browser comes back by itself, and its token is looked at again
READY_SECONDS = 10.0
SEND_SECONDS = 20.0  # a listener that takes nothing for so long is cut off
PATIENCE_SECONDS, PATIENCE_LEAST_SECONDS = (
    CLOCK_SECONDS + SEND_SECONDS,
    CLOCK_SECONDS + SEND_SECONDS / 2,
)  # of a room, the clock's next tick included
BROWSER_RETRY_MS = 2000

_TEXT = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),  # no cookie is read here: private topics open to a token only
    (b"cross-origin-resource-policy", b"cross-origin"),
]


class Refusal(Exception):
    """An answer other than a stream."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(text)


class Live:
    """The ASGI application. One hub of acts and one of rooms an event loop, started with the server."""

    def __init__(self, connect: feed.Connect = feed.connect) -> None:
        self.connect = connect
        self.hub: Hub | None = None
        self.room_hub: RoomHub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._hub()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._hub().stop()
                await self._room_hub().stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _hub(self) -> Hub:
        """Begun at the first need, for servers that do not announce their start."""
        if self.hub is None:
            self.hub = Hub(self.connect)
            self.hub.start()
        return self.hub

    def _room_hub(self) -> RoomHub:
        if self.room_hub is None:
            self.room_hub = RoomHub(self.connect)
            self.room_hub.start()
        return self.room_hub

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] == "/live/health":
                await self._health()
            if scope["path"] == "/live/room/":
                watcher, after = _watching(scope)
                if self._room_hub().full:
                    raise Refusal(503, "Too many listeners. Try again soon.")
                await self._watch(watcher, after, receive, send)
                return
            topics, after = _wanted(scope)
            hub = self._hub()
            if hub.full or not await hub.ready(READY_SECONDS):
                raise Refusal(503, "Too many listeners, or the database does not answer. Try again soon.")
        except Refusal as refusal:
            await _answer(send, refusal)
            return
        await self._stream(hub, Client(topics), after, receive, send)

    async def _health(self) -> None:
        ready = await self._hub().ready(0.5)
        raise Refusal(200, "ok") if ready else Refusal(503, "the database does not answer")

    async def _stream(self, hub: Hub, client: Client, after: int | None, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_until_gone(receive, client))
        until = asyncio.get_running_loop().time() + STREAM_SECONDS_MOST
        position = hub.join(client)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
            await _send(send, f"retry: {BROWSER_RETRY_MS}\n\n".encode() + await self._missed(client, after, position))
            while not client.closed and asyncio.get_running_loop().time() < until:
                await _send(send, await client.next(HEARTBEAT_SECONDS) or b": still here\n\n")
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, psycopg.Error, OSError):
            client.close()
        finally:
            hub.leave(client)
            gone.cancel()

    async def _watch(self, watcher: Watcher, after: int | None, receive: Receive, send: Send) -> None:
        hub, gone, time = self._room_hub(), asyncio.create_task(_until_gone(receive, watcher)), asyncio.get_running_loop().time
        until = time() + STREAM_SECONDS_MOST
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as patience:
                missed = await hub.join(watcher, after)
                await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
                await _give(send, f"retry: {BROWSER_RETRY_MS}\n\n".encode() + as_clock(clock.now()) + missed)
                while not watcher.closed and (now := time()) < until:
                    if (
                        patience.when() or now
                    ) - now < PATIENCE_LEAST_SECONDS:  # seldom: a timer for every piece would cost more than the piece
                        patience.reschedule(now + PATIENCE_SECONDS)
                    await _give(send, await watcher.next() or as_clock(clock.now()))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, psycopg.Error, OSError):
            watcher.close()
        finally:
            hub.leave(watcher)
            gone.cancel()

    async def _missed(self, client: Client, after: int | None, position: int) -> bytes:
        """What the listener missed since `after`, up to where it joined; then where it stands now."""
        here = f"id: {position}\nevent: here\ndata: {position}\n\n".encode()
        if after is None or after >= position:
            return here
        if position - after > REPLAY_ROWS_MOST:
            return here.replace(b"event: here", b"event: reset")
        missed: list[bytes] = []
        async with await self.connect() as connection:
            acts = await feed.after(connection, after, rows=position - after)
        for act in acts:
            if client.private & topics_of(act):
                missed.append(as_event(act, openly=True))
            elif PUBLIC in client.topics:
                missed.append(as_event(act, openly=False))
        return b"".join(missed) + here


def _wanted(scope: Scope) -> tuple[frozenset[str], int | None]:
    """The topics asked for and the place after which to begin. Raises Refusal."""
    if scope["path"] != "/live/":
        raise Refusal(404, "There are only /live/ and /live/room/ here.")
    query = _query(scope)
    topics = frozenset(topic for topic in ",".join(query.get("topics", [PUBLIC])).split(",") if topic)
    if not topics or len(topics) > TOPICS_MOST or not all(is_topic(topic) for topic in topics):
        raise Refusal(400, f"Name 1 to {TOPICS_MOST} topics, such as topics=public or topics=order/DD-20261122-7K3M9QW4.")
    if not topics - {PUBLIC} <= topics_in("".join(query.get("token", [""])[:1])):
        raise Refusal(403, "These topics need a valid token. Load the page anew.")
    return topics, _after(scope, query)


def _watching(scope: Scope) -> tuple[Watcher, int | None]:
    """The room asked for, as whom it is watched, and the place after which to begin. Raises Refusal."""
    query = _query(scope)
    room = "".join(query.get("room", [""])[:1])
    if not is_room(room):
        raise Refusal(400, "Name a room, such as room=auction/JJ-20261122-7K3M9QW4/1.")
    audience = audience_of(room, "".join(query.get("pass", [""])[:1]))
    if audience is None:
        raise Refusal(403, "This room needs a valid pass. Load the page anew.")
    return Watcher(room, audience), _after(scope, query)


def _query(scope: Scope) -> dict[str, list[str]]:
    if scope["method"] != "GET":
        raise Refusal(405, "Only GET is answered here.")
    if len(scope["query_string"]) > QUERY_BYTES_MOST:
        raise Refusal(414, "The address is too long.")
    return parse_qs(scope["query_string"].decode("latin-1"))


def _after(scope: Scope, query: dict[str, list[str]]) -> int | None:
    """The last event that the browser has seen: as it tells when it comes back, or as the address says."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    told = headers.get(b"last-event-id", b"").decode("latin-1") or "".join(query.get("after", [""])[:1])
    return int(told) if told.removeprefix("-").isdecimal() and told.isascii() and len(told) < 19 else None


async def _until_gone(receive: Receive, client: Client | Watcher) -> None:
    """The browser has closed the page: wake the stream so that it ends."""
    while (await receive())["type"] != "http.disconnect":
        pass
    client.close()


async def _send(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await _give(send, body)


async def _give(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _answer(send: Send, refusal: Refusal) -> None:
    retry = [(b"retry-after", b"5")] if refusal.status == 503 else []
    await send({"type": "http.response.start", "status": refusal.status, "headers": [*_TEXT, *retry]})
    await send({"type": "http.response.body", "body": f"{refusal.text}\n".encode()})


application = Live()
