"""The price feed over real HTTP: page by page, signed, exact."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from sunlit.foundation.gateways.prices import PAGE_QUOTES, FeedDisagrees, FeedUnreachable, HttpPriceFeed, Quote
from sunlit.foundation.gateways.sandbox.price_server import SandboxPriceFeed, server

KEY = b"shared key of the tests"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@dataclass
class Running:
    """A sandbox feed on a real port, and the pauses that the adapter took."""

    url: str
    book: SandboxPriceFeed
    pauses: list[float] = field(default_factory=list)

    def feed(self, key: bytes = KEY) -> HttpPriceFeed:
        return HttpPriceFeed(self.url, key, pause=self.pauses.append)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    book = SandboxPriceFeed(tmp_path / "prices.sqlite", KEY)
    listening = server(book)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Running(f"http://127.0.0.1:{listening.server_port}", book)
    listening.shutdown()
    thread.join()
    listening.server_close()


def quote(number: int) -> Quote:
    return Quote(f"SPU-{number}", "比价网", Decimal("12.34"), NOON, "https://example.com/x")


def test_an_empty_feed_has_no_page(running: Running) -> None:
    page = running.feed().page("")
    assert (page.quotes, page.after, page.more) == ((), "0", False)


def test_pages_follow_each_other(running: Running) -> None:
    running.book.write(quote(number) for number in range(PAGE_QUOTES + 3))
    first = running.feed().page("")
    second = running.feed().page(first.after)
    assert (len(first.quotes), first.more, len(second.quotes), second.more) == (PAGE_QUOTES, True, 3, False)
    assert first.quotes[0] == quote(0)
    assert running.feed().page(first.after) == second


def test_another_key_is_not_believed(running: Running) -> None:
    with pytest.raises(FeedDisagrees, match="signature"):
        running.feed(b"another key").page("")


@pytest.mark.parametrize("price", ["12.345", "-1.00", "much"])
def test_what_is_no_price_is_not_taken(price: str, running: Running) -> None:
    running.book.write([Quote("SPU-1", "比价网", Decimal("1.00"), NOON)])
    import sqlite3

    with sqlite3.connect(running.book.book) as db:
        db.execute("UPDATE quote SET price = ?", [price])
    with pytest.raises(FeedDisagrees, match="cannot be read"):
        running.feed().page("")


def test_silence_is_told_after_three_tries(running: Running) -> None:
    def dead(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    feed = HttpPriceFeed("http://feed", KEY, client=httpx.Client(transport=httpx.MockTransport(dead)), pause=running.pauses.append)
    with pytest.raises(FeedUnreachable, match="3 tries"):
        feed.page("")
    assert running.pauses == [0.2, 0.4]
