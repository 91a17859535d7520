"""The bid desk: `POST /live/bid/` in the live process, for the second in which everybody bids.

It does nothing that the page's own form does not do, only without a page: the pass that the page carries tells who bids in which lot, bids of a lot
that come while others are being written go together into the next transaction, and each is answered when that one is durable. No cookie is read.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog
from django.core import signing
from django.db import DatabaseError, InterfaceError, connection
from django.utils import translation

from sunlit.domain.market import services
from sunlit.domain.market.services import Accepted, Asked
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.portals.ui.auctions import typed_price

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH: Final = "/live/bid/"
SALT: Final = "sunlit.bid"
PASS_SECONDS: Final = 12 * 3600
BODY_BYTES_MOST: Final = 4096
TOGETHER_MOST: Final = 200  # bids in one transaction
WAITING_MOST: Final = 2000  # bids of one lot; beyond it the page's own form still answers
THREADS: Final = 2
IN_A_ROW: Final = 8  # transactions of one lot before other lots come to their turn
KNOWN_FOR: Final = timedelta(seconds=10)  # how long a pass and a seat are taken for what they were when they were last looked at
KNOWN_MOST: Final = 5000

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_HEADERS: Final = [
    (b"content-type", b"application/json; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),  # who bids is told by the pass in the body, not by a cookie
]

log = structlog.stdlib.get_logger("sunlit.bids")


@dataclass(frozen=True)
class Pass:
    """What the page says of the bidder: its seat, the person in it, the lot, and the language in which it reads."""

    seat: int
    person: int
    auction: str
    lot: int
    language: str


def bid_pass(actor: Actor, auction: str, lot: int, language: str) -> str:
    """A pass to bid in one lot from this seat."""
    return signing.dumps([actor.seat_id, actor.user_id, auction, lot, language], salt=SALT)


def told(answer: Accepted) -> dict[str, Any]:
    """An accepted bid as the page's script reads it."""
    return {
        "place": answer.place,
        "price": str(answer.price),
        "at": answer.at.isoformat(),
        "rank": answer.rank,
        "ends_at": answer.ends_at.isoformat(),
        "next": str(max(answer.next_price, Decimal("0.00"))),
        "again": answer.again,
    }


def problems(refused: Refused) -> dict[str, Any]:
    return {"problems": [{"code": problem.code, "message": problem.message} for problem in refused.problems]}


class Turned(Exception):
    """An answer that is neither an accepted nor a refused bid."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


Waiting = tuple[Asked, asyncio.Future[Any]]


@dataclass
class Lot:
    """The bids of a lot that wait, and whether somebody is writing. The event loop puts bids in, a thread takes them out."""

    waiting: list[Waiting] = field(default_factory=list)
    busy: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, bid: Waiting) -> bool:
        """Whether a writer must be called."""
        with self.lock:
            self.waiting.append(bid)
            called, self.busy = not self.busy, True
            return called

    def wanted(self) -> bool:
        """Whether anybody waits. Otherwise the writer goes home, and the next bid calls another."""
        with self.lock:
            self.busy = bool(self.waiting)
            return self.busy

    def take(self) -> list[Waiting]:
        """What goes into one transaction."""
        with self.lock:
            together, self.waiting = self.waiting[:TOGETHER_MOST], self.waiting[TOGETHER_MOST:]
            return together


class BidDesk:
    """The ASGI application."""

    def __init__(self) -> None:
        self.lots: dict[tuple[str, int], Lot] = {}
        self.passes: dict[str, tuple[datetime, Pass]] = {}
        self.seats: dict[tuple[int, int], tuple[datetime, Actor | None]] = {}
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bids")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] != "POST":
                raise Turned(405)
            body = json.loads((await _body(receive)).decode())
            asked = await self._asked(body, clock.now())
            status, answer = await self._bid(*asked)
        except Turned as turned:
            status, answer = turned.status, {"problems": []}
        except (ValueError, KeyError, TypeError, RecursionError):
            status, answer = 400, {"problems": []}
        await _answer(send, status, answer)

    async def _asked(self, body: Any, at: datetime) -> tuple[Pass, Asked]:
        shown = self._shown(str(body["pass"]), at)
        actor = await self._actor(shown, at)
        if actor is None:
            raise Turned(403)
        return shown, Asked(actor, typed_price(str(body["price"])), str(body["key"]), at)

    def _shown(self, text: str, at: datetime) -> Pass:
        known = self.passes.get(text)
        if known is None or at - known[0] > KNOWN_FOR:
            try:
                shown = Pass(*signing.loads(text, salt=SALT, max_age=PASS_SECONDS))
            except signing.BadSignature:
                raise Turned(403) from None
            if len(self.passes) > KNOWN_MOST:
                self.passes.clear()
            known = self.passes[text] = (at, shown)
        return known[1]

    async def _actor(self, shown: Pass, at: datetime) -> Actor | None:
        key = (shown.seat, shown.person)
        known = self.seats.get(key)
        if known is None or at - known[0] > KNOWN_FOR:
            if len(self.seats) > KNOWN_MOST:
                self.seats.clear()
            known = self.seats[key] = (at, await self._in_thread(lambda: accounts.actor_of_seat(shown.seat, shown.person)))
        return known[1]

    async def _bid(self, shown: Pass, asked: Asked) -> tuple[int, dict[str, Any]]:
        if len(self.lots) > KNOWN_MOST:
            self.lots = {which: lot for which, lot in self.lots.items() if lot.busy}
        lot = self.lots.setdefault((shown.auction, shown.lot), Lot())
        if len(lot.waiting) >= WAITING_MOST:
            raise Turned(503)
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if lot.put((asked, future)):
            self.threads.submit(self._write, shown.auction, shown.lot, lot, loop)
        answer = await future
        if isinstance(answer, Refused):
            with translation.override(shown.language):
                return answer.status, problems(answer)
        return 200, told(answer)

    def _write(self, number: str, position: int, lot: Lot, loop: asyncio.AbstractEventLoop) -> None:
        """One transaction after the other, until nobody waits. Now and then other lots come to their turn: the threads' queue is fair."""
        for _each in range(IN_A_ROW):
            if not lot.wanted():
                return
            together, answers = self._carried_out(number, position, lot)
            loop.call_soon_threadsafe(_tell, together, answers)
        self.threads.submit(self._write, number, position, lot, loop)

    def _carried_out(self, number: str, position: int, lot: Lot) -> tuple[list[Waiting], Sequence[Accepted | Refused | Turned]]:
        """Who waited when the lot was ours, and what each is answered; where it never was ours, who waits now."""
        together: list[Waiting] = []

        def take() -> list[Asked]:
            together.extend(lot.take())
            return [asked for asked, _future in together]

        answer: Refused | Turned
        try:
            answers: list[Accepted | Refused] = _fresh(lambda: services.bid_waiting(number, position, take))
            return together, answers
        except Refused as refused:
            answer = refused
        except (DatabaseError, InterfaceError):
            answer = Turned(503)  # the page sends it again; the key makes it one bid
        except Exception:
            log.exception("bids could not be written", auction=number, lot=position)
            answer = Turned(500)
        together = together or lot.take()
        return together, [answer] * len(together)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, _fresh, work)


def _tell(together: Sequence[Waiting], answers: Sequence[Accepted | Refused | Turned]) -> None:
    """In the event loop: everybody who still waits gets the answer."""
    for (_asked, future), answer in zip(together, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Turned):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _fresh(work: Callable[[], Any]) -> Any:
    """On this thread's connection; one that broke is replaced by the next work."""
    try:
        return work()
    except (DatabaseError, InterfaceError):
        connection.close()
        raise


async def _body(receive: Receive) -> bytes:
    found = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Turned(400)
        found += bytes(message.get("body", b""))
        if len(found) > BODY_BYTES_MOST:
            raise Turned(413)
        if not message.get("more_body"):
            return found


async def _answer(send: Send, status: int, answer: dict[str, Any]) -> None:
    body = _ENCODER.encode(answer).encode()
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
