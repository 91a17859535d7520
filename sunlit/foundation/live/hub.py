"""The hub: one reader of the feed, many listeners. It survives PostgreSQL's restarts and misses nothing."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable

import psycopg

from sunlit.foundation.live import feed
from sunlit.foundation.live.topics import PUBLIC, Act, as_event, topics_of

logger = logging.getLogger("sunlit.live")

CLIENTS_MOST = 2000
QUEUE_MOST = 1000  # events that a listener may lag behind before it is cut off: it comes back and is told what it missed
LISTEN_SECONDS = 5.0  # without a notification the feed is looked at all the same, which also finds a dead connection
RETRY_SECONDS, RETRY_SECONDS_MOST = 0.1, 5.0


class Client:
    """One listener: its topics and what it has not yet been sent."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self.private = self.topics - {PUBLIC}
        self.closed = False
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()

    def offer(self, event: bytes) -> None:
        """Queue an event; a listener that is too slow is closed instead of filling the memory."""
        if len(self._waiting) >= QUEUE_MOST:
            self.close()
            return
        self._waiting.append(event)
        self._woken.set()

    def close(self) -> None:
        self.closed = True
        self._woken.set()

    async def next(self, seconds: float) -> bytes:
        """All that waits, as one piece; empty when nothing came in time or the client is closed."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return b""
        self._woken.clear()
        events = b"".join(self._waiting)
        self._waiting.clear()
        return events


class Hub:
    """`position` is the last act that was handed to the listeners."""

    def __init__(self, connect: feed.Connect = feed.connect) -> None:
        self.connect = connect
        self.position: int | None = None
        self.clients: set[Client] = set()
        self._by_topic: dict[str, set[Client]] = {}
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="live hub")

    async def stop(self) -> None:
        """End the reader and all listeners."""
        for client in self.clients:
            client.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ready(self, seconds: float) -> bool:
        """True once the feed's end is known."""
        try:
            await asyncio.wait_for(self._ready.wait(), seconds)
        except TimeoutError:
            return False
        return True

    @property
    def full(self) -> bool:
        return len(self.clients) >= CLIENTS_MOST

    def join(self, client: Client) -> int:
        """From now on the client is told everything after the returned position."""
        assert self.position is not None, "nobody joins before the hub is ready"
        self.clients.add(client)
        for topic in client.topics:
            self._by_topic.setdefault(topic, set()).add(client)
        return self.position

    def leave(self, client: Client) -> None:
        self.clients.discard(client)
        for topic in client.topics:
            others = self._by_topic.get(topic, set())
            others.discard(client)
            if not others:
                self._by_topic.pop(topic, None)

    def tell(self, acts: list[Act]) -> None:
        """Hand acts to their listeners; those concerned get them in full, the public masked."""
        for act in acts:
            topics = topics_of(act)
            concerned = set().union(*(self._by_topic.get(topic, ()) for topic in topics - {PUBLIC}))
            _offer(concerned, act, openly=True)
            _offer(self._by_topic.get(PUBLIC, set()) - concerned, act, openly=False)
            self.position = act.index

    async def _run(self) -> None:
        pause = RETRY_SECONDS
        while True:
            try:
                async with await self.connect() as connection:
                    await self._follow(connection)
            except (psycopg.Error, OSError) as error:
                known = self.position
                logger.warning("live: the database does not answer (%s); trying again", type(error).__name__)
                await asyncio.sleep(pause)
                pause = RETRY_SECONDS if self.position != known else min(pause * 2, RETRY_SECONDS_MOST)

    async def _follow(self, connection: feed.Connection) -> None:
        """Listen first, read after: what is sealed between the two is seen by both and told once."""
        await connection.execute(f"LISTEN {feed.CHANNEL}")
        if self.position is None:
            self.position = await feed.last(connection)
            self._ready.set()
        while True:
            while acts := await feed.after(connection, self.position):
                self.tell(acts)
                await asyncio.sleep(0)
            async for _notification in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                pass


def _offer(clients: set[Client], act: Act, *, openly: bool) -> None:
    """Written once, however many listen."""
    if clients:
        event = as_event(act, openly=openly)
        for client in clients:
            client.offer(event)
