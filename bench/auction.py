"""A reverse auction under load: bids a second with durable commit, how soon watchers see them, a crowd at the last second. One JSON line.

The live process and the web process of the house run as they always do; 50 bidders bid through the bid desk over HTTP and 1,000 watchers listen. Beside it, on
the same server in the same run: pgbench inserting one row a transaction, and the pattern of a peer, which rewrites the tender's whole document for every bid.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import os
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import psycopg
import uvloop
from psycopg.types.json import Jsonb

from bench import world

TARGET = {"ratio": 0.25, "latency_p95_ms": 250}
CAP, STEP = Decimal("1000000.00"), Decimal("1000.00")
ROUND_BIDDERS, ROUND_BIDS = 8, 200
OPEN_SECONDS = 60.0
PACED_A_SECOND = 50
DOCUMENT_BIDS = (10, 100, 500)
SIZES_TRIED = 40  # bids measured at each length of a document

_DOCUMENT = "CREATE TABLE bench_document (id int PRIMARY KEY, rev int NOT NULL, body jsonb NOT NULL)"
_ROW = "CREATE TABLE bench_bid (id bigserial PRIMARY KEY, lot int NOT NULL, bidder int NOT NULL, price numeric(16, 2) NOT NULL, at timestamptz NOT NULL DEFAULT now())"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_INSERT = "\\set b random(1, 50)\n\\set p random(100, 1000000)\nINSERT INTO bench_bid (lot, bidder, price) VALUES (1, :b, :p);\n"

_ROWS = """
DROP TABLE IF EXISTS bench_our_bid, bench_our_entry;
CREATE TABLE bench_our_bid (LIKE market_auctionbid INCLUDING ALL);
CREATE TABLE bench_our_entry (LIKE ledger_entry INCLUDING ALL);
"""
_OUR_ROWS = """
\\set b random(1, 50)
\\set p random(100, 1000000)
WITH bid AS (
  INSERT INTO bench_our_bid (lot_id, entry_id, place, price, round, by_floor, key, person_id, at)
  VALUES (:client_id, :b, nextval('bench_place'), :p, 0, false, 'bidder-' || currval('bench_place'), :b, now())
) INSERT INTO bench_our_entry (at, act, subject, region, organisation, kind, facts, salt, body, leaf_hash)
  VALUES (now(), 'auction.bid', 'auction/JJ-1', '652800/652801', 'masked', 'supplier', '{"lot": 1, "place": 1, "bidder": 50, "price": "100.00", "number": "JJ-1"}',
          decode(md5('salt'), 'hex'), repeat('body ', 50), decode(repeat(md5('leaf'), 2), 'hex'));
"""


@dataclass(frozen=True)
class Hall:
    """An auction that runs, and the passes of its bidders."""

    number: str
    passes: list[str]


def main(bidders: int, watchers: int, seconds: float, rounds: int) -> dict[str, Any]:
    os.environ.setdefault("SUNLIT_LOG_LEVEL", "warning")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    with world.durable_server() as url:
        (Path(os.environ["SUNLIT_DATA_DIR"]) / "static").mkdir(parents=True)
        world.set_up()
        people = sellers(max(bidders, ROUND_BIDDERS))
        busy, calm = hall(people[:bidders], "busy"), hall(people[:bidders], "calm")
        crowds = [hall(people[:ROUND_BIDDERS], f"crowd {n}") for n in range(rounds)]
        from django.db import connection

        connection.close()
        with house() as (_web, live):
            before = pgbench(url, bidders, max(3, int(seconds / 2)), _ROW, _INSERT)
            burst = watched(live, busy, watchers, lambda: uvloop.run(closed_loop(live, busy, seconds)))
            limit = (before + pgbench(url, bidders, max(3, int(seconds / 2)), _ROW, _INSERT)) / 2  # the machine is not always equally fast
            rows = pgbench(url, bidders, max(3, int(seconds / 2)), _ROWS, _OUR_ROWS)
            paced = watched(live, calm, watchers, lambda: uvloop.run(at_a_pace(live, calm, seconds)))
            orders = [crowd_at_the_end(url, live, it) for it in crowds]
        replays = [check(it) for it in (busy, calm, *crowds)]
        documents = {str(n): {"rows_ms": rows_ms(people, n), "document_ms": document_ms(url, n)} for n in DOCUMENT_BIDS}
    rate = burst["done"] / burst["seconds"]
    return {
        "bench": "auction",
        "bids_per_second": round(rate, 1),
        "pgbench_inserts_per_second": round(limit, 1),
        "ratio": round(rate / limit, 3),
        "pgbench_of_our_rows_per_second": round(rows, 1),
        "ratio_to_our_rows": round(rate / rows, 3),
        "target": TARGET,
        "bidders": bidders,
        "watchers": watchers,
        "answer_p95_ms": burst["answer_p95_ms"],
        "burst_latency_ms": burst["latency"],
        "paced_bids_per_second": PACED_A_SECOND,
        "latency_ms": paced["latency"],
        "watchers_that_missed_something": burst["missed"] + paced["missed"],
        "crowds": rounds,
        "crowd_bids_accepted": sum(orders),
        "wrong_orders": replays.count(False),
        "a_bid_ms_after_so_many": documents,
    }


# The world


def sellers(count: int) -> list[Any]:
    """So many suppliers, each with a person who sells."""
    from sunlit.domain.registry.models import Supplier
    from sunlit.foundation.accounts.actors import actor_in
    from sunlit.foundation.accounts.models import InvoiceTitle, Organisation, Region, Seat, User

    city, found = Region.objects.get(code="652801"), []
    for n in range(count):
        party = Organisation.objects.create(kind="supplier", number=f"JJ-{n}", name_zh=f"竞价商户{n}", region=city, created_at=world.AT)
        Supplier.objects.create(number=party.number, region_path=city.path, state="active", organisation=party, admitted_at=world.AT)
        person = User.objects.create(login=f"seller{n}", name_zh=f"销售{n}", created_at=world.AT, password="!")  # noqa: S106
        seat = Seat.objects.create(user=person, organisation=party, roles=["sales"])
        found.append(actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=seat.pk)))
    buyer = Organisation.objects.get(pk=world.FIRST_BUYER)
    InvoiceTitle.objects.create(organisation=buyer, title="单位", tax_number="0", preferred=True)
    return found


def hall(people: Sequence[Any], title: str) -> Hall:
    """An auction that began a minute ago. Its end is moved in the rows where a crowd is wanted at the last second."""
    from sunlit.domain.market import services
    from sunlit.domain.market.queries.auctions import POINTS
    from sunlit.foundation.accounts.actors import actor_in
    from sunlit.foundation.accounts.models import Address, InvoiceTitle, Seat
    from sunlit.portals.supplier.bid_desk import bid_pass

    seat = Seat.objects.select_related("user", "organisation__region").get(organisation_id=world.FIRST_BUYER)
    seat.roles = ["orderer", "lead"]
    seat.save()
    buyer, now = actor_in(seat), datetime.now(UTC)
    address, _new = Address.objects.get_or_create(
        organisation_id=world.FIRST_BUYER,
        region=seat.organisation.region,
        receiver="收货人",
        phone="0996-1",
        text="路1号",
        defaults={"preferred": True},
    )
    lot = services.LotWish("A02010105", "台式计算机", "1", "台", str(CAP))
    wish = services.Wish(
        title=title, purpose="办公", requirements="符合国家标准", plan="", quota_id=world.FIRST_QUOTA, address_id=address.pk,
        title_id=InvoiceTitle.objects.get(organisation_id=world.FIRST_BUYER).pk, delivery_days="10", starts_at=now - timedelta(minutes=1),
        minutes="240", step_kind="yuan", step=str(STEP), extension_minutes="5", extensions_most="", visibility="rank_only", lots=[lot],
    )  # fmt: skip
    begun = now - timedelta(days=20)
    it = services.publish_auction(services.draft_auction(wish, by=buyer, at=begun), by=buyer, at=begun)
    for person in people:
        services.enter_auction(it, points=POINTS, products={1: ("孔雀", "M-1")}, by=person, at=begun)
    return Hall(it.number, [bid_pass(person, it.number, 1, "zh-hans") for person in people])


@contextlib.contextmanager
def house() -> Iterator[tuple[int, int]]:
    """The processes that serve, as `sunlit run` starts them: one for pages, a pair for live events and bids; yields the two ports."""
    port = _free_port()
    environment = {**os.environ, "SUNLIT_PORT": str(port), "SUNLIT_WORKERS": "1", "SUNLIT_BIND": "127.0.0.1"}
    running = [subprocess.Popen([sys.executable, "-m", "sunlit.cli", duty], env=environment) for duty in ("web", "live", "live")]
    try:
        _wait_for(port, 1)
        _wait_for(port + 1, 2)
        yield port, port + 1
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def _free_port() -> int:
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                second.bind(("127.0.0.1", first.getsockname()[1] + 1))
                return int(first.getsockname()[1])


def _wait_for(port: int, listeners: int) -> None:
    until = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < until:
        if sum(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in psutil.net_connections("tcp4")) >= listeners:
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


# Bidders


class Bidder(asyncio.Protocol):
    """One bidder at its line, kept open: bids go down step by step, so that each is lawful. Bare bytes and no task for each bid: the bidders share the machine."""

    def __init__(self, its: Hall, n: int) -> None:
        self.n, self.count = n, 0
        self.beginning = f'{{"pass":"{its.passes[n]}","price":"'.encode()
        self.price = str(CAP).encode()
        self.began = 0.0
        self.took: list[float] = []
        self.rest = b""
        self.until = 0.0  # so long another bid follows each answer
        self.told: asyncio.Future[bytes]

    async def open(self, port: int) -> None:
        self.line, _self = await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)

    def data_received(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        end, at = data.find(b"\r\n\r\n"), data.find(b"content-length: ")
        if end < 0 or len(data) < end + 4 + int(data[at + 16 : data.index(b"\r", at)]):
            self.rest = data
            return
        self.rest = b""
        if data.startswith(b"HTTP/1.1 200 "):
            now = time.perf_counter()
            self.took.append(now - self.began)
            _before, _next, after = data.partition(b'"next":"')
            self.price = after[: after.index(b'"')]
            if now < self.until and self.price != b"0.00":
                self.ask(self.price)
                return
        self.told.set_result(data[end + 4 :])

    def connection_lost(self, error: Exception | None) -> None:
        if not self.told.done():
            self.told.set_exception(error or ConnectionError("the line was closed"))

    def ask(self, price: bytes, key: bytes = b"") -> None:
        self.count += 1
        body = b'%b%b","key":"%b"}' % (self.beginning, price, key or b"%d:%b:%d" % (self.n, price, self.count))
        self.began = time.perf_counter()
        self.line.write(
            b"POST /live/bid/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )

    async def bid(self, price: Decimal | None = None, key: str = "", until: float = 0.0) -> dict[str, Any]:
        """Bid; and bid again as soon as it was answered `until` then or until no step is left. The last answer."""
        self.told, self.until = asyncio.get_running_loop().create_future(), until
        self.ask(self.price if price is None else str(price).encode(), key.encode())
        told: dict[str, Any] = json.loads(await self.told)
        return told

    def close(self) -> None:
        self.line.close()


async def _opened(port: int, its: Hall, numbers: Iterable[int]) -> list[Bidder]:
    crowd = [Bidder(its, n) for n in numbers]
    await asyncio.gather(*(each.open(port) for each in crowd))
    return crowd


async def closed_loop(port: int, its: Hall, seconds: float) -> tuple[list[float], float]:
    """Every bidder bids again as soon as it was answered, until the time is over or one of them has no step left. How long each took, and all together."""
    crowd = await _opened(port, its, range(len(its.passes)))
    began = time.perf_counter()
    bidding = [asyncio.create_task(each.bid(until=began + seconds)) for each in crowd]
    await asyncio.wait(bidding, return_when=asyncio.FIRST_COMPLETED)
    for each in crowd:
        each.until = 0.0
    await asyncio.gather(*bidding)
    lasted = time.perf_counter() - began
    for each in crowd:
        each.close()
    return [took for each in crowd for took in each.took], lasted


async def at_a_pace(port: int, its: Hall, seconds: float) -> tuple[list[float], float]:
    """One bid after the other at the pace of a lively auction."""
    crowd = await _opened(port, its, range(len(its.passes)))
    began = time.monotonic()
    sent = []
    for n in range(int(seconds * PACED_A_SECOND)):
        await asyncio.sleep(max(0.0, began + n / PACED_A_SECOND - time.monotonic()))
        each = crowd[n % len(crowd)]
        sent.append(asyncio.create_task(each.bid()))
        if len(sent) >= len(crowd):
            await sent[-len(crowd)]
    await asyncio.gather(*sent)
    lasted = time.monotonic() - began
    for each in crowd:
        each.close()
    return [took for each in crowd for took in each.took], lasted


def crowd_at_the_end(url: str, port: int, its: Hall) -> int:
    """Two hundred bids at once in the last second; how many were taken. Whatever was answered “accepted” stands in the rows, and nothing else."""
    with psycopg.connect(url, autocommit=True) as owner:
        last = datetime.now(UTC) + timedelta(seconds=1)
        owner.execute("UPDATE market_auction SET visibility = 'low_only', extensions_most = 0 WHERE number = %s", [its.number])
        owner.execute(
            "UPDATE market_auctionlot SET ends_at = %s WHERE auction_id = (SELECT id FROM market_auction WHERE number = %s)",
            [last, its.number],
        )
    chance = random.Random(its.number)

    async def all_at_once() -> list[dict[str, Any]]:
        crowd = await _opened(port, its, (n % len(its.passes) for n in range(ROUND_BIDS)))
        prices = [Decimal(chance.randrange(1_000, 1_000_000)) for _each in crowd]
        said = await asyncio.gather(*(each.bid(price, f"crowd-{n:05}") for n, (each, price) in enumerate(zip(crowd, prices, strict=True))))
        for each in crowd:
            each.close()
        return list(said)

    said = uvloop.run(all_at_once())
    taken = {answer["place"]: Decimal(answer["price"]) for answer in said if "place" in answer}
    with psycopg.connect(url, autocommit=True) as owner:
        rows = owner.execute(
            "SELECT b.place, b.price FROM market_auctionbid b JOIN market_auctionlot l ON l.id = b.lot_id JOIN market_auction a ON a.id = l.auction_id"
            " WHERE a.number = %s ORDER BY b.place",
            [its.number],
        ).fetchall()
    assert dict(rows) == taken, "what was accepted and what stands there differ"
    assert [place for place, _price in rows] == list(range(1, len(rows) + 1)), "places are missing"
    assert all(after <= before - STEP for (_a, before), (_b, after) in itertools.pairwise(rows)), "a bid was taken that was not low enough"
    return len(rows)


def check(its: Hall) -> bool:
    """Every bid in the ledger follows from those before it, and the rows say the same. (The bench moved the ends of its crowds by hand.)"""
    from sunlit.domain.market.models import AuctionBid
    from sunlit.foundation.ledger import queries as ledger

    told = list[tuple[int, Decimal]]()
    for act in ledger.acts_on(f"auction/{its.number}"):
        if act.act == "auction.bid":
            told.append((act.facts["place"], Decimal(act.facts["price"])))
        elif act.act == "auction.bids":
            told += enumerate(map(Decimal, act.facts["prices"]), act.facts["first"])
    rows = list(AuctionBid.objects.filter(lot__auction__number=its.number).order_by("place").values_list("place", "price"))
    return told == rows


# Watchers


def watched(port: int, its: Hall, watchers: int, act: Any) -> dict[str, Any]:
    """Do it while so many watch in processes of their own; who missed something, and how late they were told."""
    context = multiprocessing.get_context("fork")
    ready, stop, told = context.Semaphore(0), context.Event(), context.Queue()
    halves = [watchers // 2, watchers - watchers // 2]
    processes = [context.Process(target=_watch, args=(port, its.number, count, ready, stop, told)) for count in halves if count]
    for process in processes:
        process.start()
    for _process in processes:
        ready.acquire()
    took, lasted = act()
    time.sleep(2.0)
    stop.set()
    heard = [told.get() for _process in processes]
    for process in processes:
        process.join()
    done = len(took)
    counts = [count for counts, _late in heard for count in counts]
    late = sorted(each for _counts, lates in heard for each in lates)
    return {
        "done": done,
        "seconds": lasted,
        "answer_p95_ms": round(statistics.quantiles(took, n=20)[-1] * 1000, 1),
        "missed": sum(count != done for count in counts),
        "latency": {"p50": round(late[len(late) // 2], 1), "p95": round(late[int(len(late) * 0.95)], 1), "max": round(late[-1], 1)},
    }


class _Listener(asyncio.Protocol):
    """Hears every event of the room and sees that no bid is missing, comes twice or out of order. What it heard is in `last`: bids are counted from 1."""

    known: dict[bytes, _Heard] = {}  # by its beginning: what is told is the same for all and is read once

    def __init__(self, address: str, opened: asyncio.Semaphore, late: list[float] | None) -> None:
        self.address, self.opened, self.late = address, opened, late
        self.last, self.rest, self.headed, self.broken = 0, b"", False, False

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        transport.write(f"GET {self.address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if self.rest or not data.endswith(b"\n\n\r\n"):  # a piece that came in parts
            data, self.rest = self.rest + data, b""
            if not data.endswith(b"\n\n\r\n"):
                self.rest = data
                return
        if not self.headed and b"event: clock" in data:  # the first thing that is told
            self.headed = True
            self.opened.release()
        beginning = data[:64]
        heard = self.known.get(beginning)
        if heard is None or heard.data != data:
            heard = self.known[beginning] = _Heard.of(data)
        if heard.places:
            self.broken = self.broken or heard.places[0] != self.last + 1
            self.last = heard.places[1]
            if self.late is not None:
                self.late += [now * 1000 - at for at in heard.told_at()]


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was told in one go: the first and the last of its bids, and the events that told them."""

    data: bytes
    places: tuple[int, int] | None
    events: list[dict[str, Any]]

    @classmethod
    def of(cls, data: bytes) -> _Heard:
        """From the columns of each event (`market/rules/auction_events`)."""
        told = [json.loads(line[6:]) for line in data.split(b"\n") if line.startswith(b'data: {"index"')]
        bids = [event for event in told if "ago" in event]
        for before, event in itertools.pairwise(bids):
            assert event["first"] == before["first"] + len(before["ago"]), "bids are missing"
        return cls(data, (bids[0]["first"], bids[-1]["first"] + len(bids[-1]["ago"]) - 1) if bids else None, bids)

    def told_at(self) -> list[float]:
        """When each bid was made, in milliseconds of the clock."""
        told = ((datetime.fromisoformat(event["at"]).timestamp() * 1000, event["ago"]) for event in self.events)
        return [at - each for at, ago in told for each in ago]


def _watch(port: int, number: str, count: int, ready: Any, stop: Any, told: Any) -> None:
    """So many listeners on one loop; one in a hundred notes how late the bids are. Tells of each how many bids it heard, -1 where something was amiss."""
    late = list[float]()
    address = f"/live/room/?room=auction/{number}/1"

    async def all_of_them() -> list[int]:
        opened, loop = asyncio.Semaphore(0), asyncio.get_running_loop()
        crowd = [_Listener(address, opened, late if n % 100 == 0 else None) for n in range(count)]
        lines = [await loop.create_connection(lambda each=each: each, "127.0.0.1", port) for each in crowd]  # type: ignore[misc]
        for _n in range(count):
            await opened.acquire()
        ready.release()
        await asyncio.to_thread(stop.wait)
        for line, _each in lines:
            line.close()
        return [-1 if each.broken else each.last for each in crowd]

    told.put((uvloop.run(all_of_them()), late))


# Rivals


def pgbench(url: str, clients: int, seconds: int, tables: str, script: str) -> float:
    """Transactions a second that the server makes durable, with as many clients as there are bidders: one plain row each, or bid and ledger entry as ours are."""
    from sunlit.config.postgres import binaries

    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS bench_bid")
        owner.execute("CREATE SEQUENCE IF NOT EXISTS bench_place")
        owner.execute(tables)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = [str(binaries() / "pgbench"), "-n", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", file.name, "-d", url]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", told.stdout)
    if told.returncode or not found:
        raise SystemExit(f"pgbench failed: {told.stderr[-2000:]}")
    return float(found.group(1))


def rows_ms(people: Sequence[Any], bids: int) -> float:
    """Milliseconds of one of our bids after so many in the lot."""
    from sunlit.domain.market import services

    its, took = hall(people[:ROUND_BIDDERS], f"rows {bids}"), []
    price = dict.fromkeys(range(ROUND_BIDDERS), CAP)
    for n in range(bids + SIZES_TRIED):
        who = n % ROUND_BIDDERS
        began = time.perf_counter()
        answer = services.bid(its.number, 1, price=price[who], key=f"rows-{n:06}", by=people[who], at=datetime.now(UTC))
        took.append(time.perf_counter() - began)
        price[who] = answer.next_price
    return round(statistics.median(took[bids:]) * 1000, 2)


def document_ms(url: str, bids: int) -> float:
    """Milliseconds of a bid of the peer after so many: read the whole tender, add the bid and the revision, write the whole tender, guarded by its revision."""
    with psycopg.connect(url) as link:
        link.execute("DROP TABLE IF EXISTS bench_document")
        link.execute(_DOCUMENT)
        tender: dict[str, Any] = {
            "title": "台式计算机",
            "documents": [{"n": n, "hash": f"{n:064}"} for n in range(20)],
            "bids": [],
            "revisions": [],
        }
        link.execute("INSERT INTO bench_document VALUES (1, 0, %s)", [Jsonb(tender)])
        link.commit()
        took = [_rewrite(link, n) for n in range(bids + SIZES_TRIED)]
    return round(statistics.median(took[bids:]) * 1000, 2)


def _rewrite(link: psycopg.Connection[Any], n: int) -> float:
    began = time.perf_counter()
    row = link.execute("SELECT rev, body FROM bench_document WHERE id = 1").fetchone()
    assert row is not None
    rev, body = row
    bid = {
        "id": f"{n:032x}", "bidder": n % 50, "value": {"amount": str(CAP - n), "currency": "CNY"}, "date": datetime.now(UTC).isoformat(),
        "documents": [{"id": f"{k:032x}", "title": f"附件{k}.pdf", "hash": f"md5:{k:032x}", "url": f"/documents/{n}/{k}"} for k in range(5)],
    }  # fmt: skip
    body["bids"].append(bid)
    body["revisions"].append({"rev": rev, "date": bid["date"], "changes": [{"op": "remove", "path": f"/bids/{n}"}]})
    done = link.execute("UPDATE bench_document SET rev = rev + 1, body = %s WHERE id = 1 AND rev = %s", [Jsonb(body), rev])
    assert done.rowcount == 1
    link.commit()
    return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bidders", type=int, default=50)
    parser.add_argument("--watchers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5.0)  # a bidder has a thousand steps
    parser.add_argument("--rounds", type=int, default=100)
    told = parser.parse_args()
    sys.stdout.write(json.dumps(main(told.bidders, told.watchers, told.seconds, told.rounds)) + "\n")
