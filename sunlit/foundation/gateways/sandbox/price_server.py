"""A sandbox price feed: tells over real HTTP what stands in its own book, in the order in which it was written there."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from sunlit.foundation.gateways import signing
from sunlit.foundation.gateways.prices import PAGE_QUOTES, Quote

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

logger = logging.getLogger("sunlit.price_sandbox")

LOCK_SECONDS = 10

_BOOK = """
CREATE TABLE IF NOT EXISTS quote (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    item TEXT NOT NULL,
    source TEXT NOT NULL,
    price TEXT NOT NULL,
    captured_at TEXT NOT NULL,
    url TEXT NOT NULL
) STRICT
"""

Answer = tuple[int, dict[str, Any]]


class SandboxPriceFeed:
    """The WSGI application: GET /quotes?after=PLACE&limit=N."""

    def __init__(self, book: Path, key: bytes) -> None:
        self.book, self.key = book, key
        book.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as db:
            db.execute(_BOOK)

    def write(self, quotes: Iterable[Quote]) -> None:
        """Put quotes into the book, as a person who watches shops would."""
        rows = [(it.item, it.source, str(it.price), it.captured_at.isoformat(), it.url) for it in quotes]
        with closing(self._open()) as db:
            db.executemany("INSERT INTO quote (item, source, price, captured_at, url) VALUES (?, ?, ?, ?, ?)", rows)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        nonce = environ.get("HTTP_X_NONCE", "")
        status, told = self._answer(environ, nonce)
        body = json.dumps(told, ensure_ascii=False).encode()
        signature = signing.of_answer(self.key, nonce=nonce, status=status, body=body)
        start(f"{status} .", [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("X-Signature", signature)])
        return [body]

    def _answer(self, environ: WSGIEnvironment, nonce: str) -> Answer:
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        expected = signing.of_request(self.key, method="GET", path=f"{path}?{query}" if query else path, nonce=nonce, body=b"")
        if not signing.same(environ.get("HTTP_X_SIGNATURE", ""), expected):
            return 401, {"error": "the signature does not fit"}
        if environ["REQUEST_METHOD"] != "GET" or path != "/quotes":
            return 404, {"error": "no such place"}
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        after, limit = asked.get("after", "") or "0", asked.get("limit", str(PAGE_QUOTES))
        if not (after.isdecimal() and limit.isdecimal()):
            return 400, {"error": "after and limit are whole numbers"}
        return 200, self._page(int(after), min(int(limit), PAGE_QUOTES))

    def _page(self, after: int, limit: int) -> dict[str, Any]:
        with closing(self._open()) as db:
            rows = db.execute(
                "SELECT place, item, source, price, captured_at, url FROM quote WHERE place > ? ORDER BY place LIMIT ?", [after, limit + 1]
            ).fetchall()
        page = rows[:limit]
        names = ("item", "source", "price", "captured_at", "url")
        quotes = [dict(zip(names, row[1:], strict=True)) for row in page]
        return {"quotes": quotes, "after": str(page[-1][0]) if page else str(after), "more": len(rows) > limit}

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.book, timeout=LOCK_SECONDS, isolation_level=None)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


def server(feed: SandboxPriceFeed, *, host: str = "127.0.0.1", port: int = 0) -> WSGIServer:
    """The feed on a port (0: any free one), ready for `serve_forever()`."""
    return make_server(host, port, feed, server_class=_Server, handler_class=_QuietHandler)
