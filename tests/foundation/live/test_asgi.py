"""Live events over ASGI against a real PostgreSQL: told at once, told once, nothing missed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger import sealer, services
from sunlit.foundation.live import asgi, hub
from sunlit.foundation.live.asgi import Live
from sunlit.foundation.live.tokens import live_token
from tests.foundation.live.conftest import NOON, Feed, browsing, serving

BOB = Actor(1, "bob", 11, "B-0001", "人民医院", "buyer", "652800/652801", frozenset({"orderer"}))
ORDER = "order/DD-20261123-7K3M9QW4"
OTHER = "order/DD-20261123-8B2C4DE5"

Story = Callable[[Feed], Coroutine[Any, Any, None]]


def play(story: Story, sealed: Feed) -> None:
    asyncio.run(asyncio.wait_for(story(sealed), 60))


def as_bob(*topics: str) -> str:
    return f"topics={','.join(topics)}&token={live_token(BOB, topics)}"


def test_bob_is_told_of_his_order_and_of_nothing_else(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, as_bob(ORDER)) as page:
            assert (page.status, page.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            assert await page.next() == {"id": "-1", "event": "here", "data": "-1"}
            sealed.seal("order.place", OTHER)
            sealed.seal("order.confirm", ORDER, by="S-0001", parties=("B-0001", "S-0001"))
            assert await page.told() == {
                "index": 1,
                "act": "order.confirm",
                "subject": ORDER,
                "region": "652800/652801",
                "at": "2026-11-23T04:01:00.000Z",
                "organisation": "S-0001",
                "topics": [ORDER, "organisation/B-0001", "organisation/S-0001", "region/652800", "region/652800/652801"],
            }

    play(story, sealed)


def test_the_public_is_told_everything_masked_and_those_concerned_in_full(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public") as public, browsing(app, as_bob("public", ORDER)) as bob:
            sealed.seal("order.place", ORDER)
            sealed.seal("order.place", OTHER)
            assert [(await public.told())["subject"] for _ in range(2)] == ["order/DD-20261123-******W4", "order/DD-20261123-******E5"]
            assert [(await bob.told())["subject"] for _ in range(2)] == [ORDER, "order/DD-20261123-******E5"]

    play(story, sealed)


def test_who_comes_back_is_told_what_was_missed_and_then_goes_on(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        for verb in ("place", "confirm", "dispatch"):
            sealed.seal(f"order.{verb}", ORDER)
        async with serving(sealed) as app, browsing(app, "topics=public", last=0) as page:
            assert [(await page.told())["act"] for _ in range(2)] == ["order.confirm", "order.dispatch"]
            sealed.seal("order.receive", ORDER)
            assert (await page.told())["act"] == "order.receive"

    play(story, sealed)


def test_a_page_names_where_it_stood_when_it_was_made(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        sealed.seal("order.place", ORDER)
        sealed.seal("order.confirm", OTHER)
        async with serving(sealed) as app, browsing(app, f"{as_bob(OTHER)}&after=-1") as page:
            assert (await page.next())["id"] == "1"
            assert await page.next() == {"id": "1", "event": "here", "data": "1"}

    play(story, sealed)


def test_who_is_too_far_behind_is_told_to_begin_anew(sealed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "REPLAY_ROWS_MOST", 2)

    async def story(sealed: Feed) -> None:
        for _ in range(4):
            sealed.seal("order.place", ORDER)
        async with serving(sealed) as app, browsing(app, "topics=public&after=0") as page:
            assert await page.next() == {"id": "3", "event": "reset", "data": "3"}

    play(story, sealed)


def test_nothing_is_missed_when_postgresql_restarts(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public") as page:
            sealed.seal("order.place", ORDER)
            assert (await page.told())["index"] == 0
            sealed.cut_all_lines()
            sealed.seal("order.confirm", ORDER)
            sealed.cut_all_lines()
            sealed.seal("order.dispatch", ORDER)
            assert [(await page.told())["index"] for _ in range(2)] == [1, 2]

    play(story, sealed)


def test_a_lost_notification_delays_and_loses_nothing(sealed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LISTEN_SECONDS", 0.05)

    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public") as page:
            sealed.seal("order.place", ORDER, quietly=True)
            assert (await page.told())["index"] == 0

    play(story, sealed)


def test_a_burst_reaches_everybody_in_order(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public") as one, browsing(app, as_bob(ORDER)) as two:
            for _ in range(100):
                sealed.seal("order.place", ORDER)
            for page in (one, two):
                assert [(await page.told())["index"] for _ in range(100)] == list(range(100))

    play(story, sealed)


def test_a_heartbeat_keeps_the_line_open(sealed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "HEARTBEAT_SECONDS", 0.01)

    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public") as page:
            assert "event: here" in await page.body()
            assert await page.body() == ": still here\n\n"

    play(story, sealed)


def test_a_stream_ends_after_its_time_so_that_the_token_is_looked_at_again(sealed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "STREAM_SECONDS_MOST", 0.0)

    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public") as page:
            assert (await page.next())["event"] == "here"
            assert await page.next() == {}
            assert page.ended

    play(story, sealed)


def test_a_page_that_is_closed_is_forgotten(sealed: Feed) -> None:
    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app:
            async with browsing(app, "topics=public"):
                assert app.hub is not None
                assert len(app.hub.clients) == 1
            assert app.hub.clients == set()
            assert app.hub._by_topic == {}

    play(story, sealed)


def test_too_many_listeners_are_asked_to_come_later(sealed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "CLIENTS_MOST", 1)

    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, "topics=public"), browsing(app, "topics=public") as late:
            assert (late.status, late.headers["retry-after"]) == (503, "5")

    play(story, sealed)


@pytest.mark.parametrize(
    ("path", "method", "query", "status"),
    [
        ("/live/", "GET", f"topics={ORDER}", 403),
        ("/live/", "GET", f"topics={ORDER}&token=forged", 403),
        ("/live/", "GET", f"topics={OTHER}&token=" + live_token(BOB, [ORDER]), 403),
        ("/live/", "GET", "topics=order/*", 400),
        ("/live/", "GET", "topics=,", 400),
        ("/live/", "GET", "topics=" + ",".join(f"order/{n}" for n in range(21)), 400),
        ("/live/", "GET", "topics=public&x=" + "x" * 8192, 414),
        ("/live/", "POST", "topics=public", 405),
        ("/", "GET", "", 404),
        ("/live/health", "GET", "", 200),
    ],
)
def test_what_is_answered_without_a_stream(sealed: Feed, path: str, method: str, query: str, status: int) -> None:
    async def story(sealed: Feed) -> None:
        async with serving(sealed) as app, browsing(app, query, path=path, method=method) as page:
            assert page.status == status
            assert page.headers["content-type"] == "text/plain; charset=utf-8"

    play(story, sealed)


def test_the_live_process_starts_without_loading_the_platform() -> None:
    told = "import sys, sunlit.foundation.live.asgi; print('sunlit.foundation.accounts.models' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True).stdout == "False\n"


def test_a_listener_that_takes_nothing_is_cut_off() -> None:
    async def story() -> None:
        client = hub.Client(["public"])
        closed = []
        for _ in range(hub.QUEUE_MOST + 1):
            client.offer(b"x")
            closed.append(client.closed)
        assert closed == [False] * hub.QUEUE_MOST + [True]
        assert await client.next(0.01) == b"x" * hub.QUEUE_MOST

    asyncio.run(story())


@pytest.mark.django_db(transaction=True)
def test_an_act_recorded_and_sealed_for_real_is_told(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))

    async def story() -> None:
        app = Live()
        async with browsing(app, f"{as_bob(ORDER)}&after=-1") as page:
            told = await page.told()
            assert (told["act"], told["subject"], told["organisation"], told["index"]) == ("order.place", ORDER, "B-0001", 0)
            await asyncio.to_thread(_record_and_seal, "order.receive")
            assert (await page.told())["act"] == "order.receive"
        assert app.hub is not None
        await app.hub.stop()

    _record_and_seal("order.place")
    asyncio.run(asyncio.wait_for(story(), 60))


def _record_and_seal(act: str) -> None:
    with transaction.atomic():
        services.record(act=act, subject=ORDER, by=BOB, at=NOON, facts={"parties": ["S-0001"]}, region=BOB.region_path)
    assert sealer.seal_once(at=NOON) == 1
    if threading.current_thread() is not threading.main_thread():
        connection.close()
