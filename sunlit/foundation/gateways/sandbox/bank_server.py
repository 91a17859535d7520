"""A sandbox bank: speaks the payment interface over real HTTP, keeps its own books in SQLite, and can be told to fail.

The last two digits of an amount are its orders: .13 is refused for want of funds, .17 is carried out but the first answer is lost,
.19 stays accepted for a minute before it settles. Every other payment settles at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from sunlit.foundation.gateways import signing
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.money import NotMoney, yuan

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

logger = logging.getLogger("sunlit.bank_sandbox")

WANTS_FUNDS, LOSES_ANSWER, SETTLES_LATE = "13", "17", "19"
LATE = timedelta(seconds=60)
BODY_BYTES_MOST = 64 * 1024
LOCK_SECONDS = 10
FIELDS = ("payer_name", "payer_account", "payee_name", "payee_account", "amount", "currency", "purpose")

_BOOKS = """
CREATE TABLE IF NOT EXISTS payment (
    bank_number INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    amount TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'refused')),
    reason TEXT NOT NULL,
    settles_at TEXT
) STRICT
"""

Answer = tuple[int, dict[str, Any]]


class AnswerLost(Exception):
    """The payment is in the books, and the line goes dead before the answer is sent."""


class SandboxBank:
    """The WSGI application: POST /payments, GET /payments/<reference>."""

    def __init__(self, books: Path, key: bytes, *, now: Callable[[], datetime] = clock.now) -> None:
        self.books, self.key, self.now = books, key, now
        books.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(_BOOKS)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        nonce = environ.get("HTTP_X_NONCE", "")
        try:
            status, told = self._answer(environ, nonce)
        except AnswerLost:
            status, told = 502, {"error": "the line went dead"}
        body = json.dumps(told, ensure_ascii=False).encode()
        signature = signing.of_answer(self.key, nonce=nonce, status=status, body=body)
        start(f"{status} .", [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("X-Signature", signature)])
        return [body]

    def _answer(self, environ: WSGIEnvironment, nonce: str) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > BODY_BYTES_MOST:
            return 413, {"error": "too large"}
        body = environ["wsgi.input"].read(length)
        expected = signing.of_request(self.key, method=method, path=path, nonce=nonce, body=body)
        if not signing.same(environ.get("HTTP_X_SIGNATURE", ""), expected):
            return 401, {"error": "the signature does not fit"}
        if method == "POST" and path == "/payments":
            return self._submit(body, environ.get("HTTP_IDEMPOTENCY_KEY", ""))
        if method == "GET" and (found := re.fullmatch(r"/payments/([A-Za-z0-9-]+)", path)):
            return self._status(found[1])
        return 404, {"error": "no such place"}

    def _submit(self, body: bytes, reference: str) -> Answer:
        order = json.loads(body)
        if fault := _fault(order, reference):
            return 400, {"error": fault}
        digest = hashlib.sha256(json.dumps([order[name] for name in FIELDS]).encode()).hexdigest()
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            row = _find(db, reference)
            is_new = row is None
            if row is None:
                row = self._enter(db, reference, digest, order["amount"])
            db.execute("COMMIT")
        if row["digest"] != digest:
            return 409, {"error": "this reference was used for another payment"}
        if is_new and order["amount"].endswith("." + LOSES_ANSWER):
            raise AnswerLost
        return 201 if is_new else 200, self._receipt(row)

    def _enter(self, db: sqlite3.Connection, reference: str, digest: str, amount: str) -> sqlite3.Row:
        fen = amount[-2:]
        state, reason = ("refused", "insufficient") if fen == WANTS_FUNDS else ("accepted", "")
        settles_at = self.now() + (LATE if fen == SETTLES_LATE else timedelta(0)) if state == "accepted" else None
        values = (reference, digest, amount, state, reason, settles_at.astimezone(UTC).isoformat() if settles_at else None)
        db.execute("INSERT INTO payment (reference, digest, amount, state, reason, settles_at) VALUES (?, ?, ?, ?, ?, ?)", values)
        row = _find(db, reference)
        assert row is not None
        return row

    def _status(self, reference: str) -> Answer:
        with self._open() as db:
            row = _find(db, reference)
        return (200, self._receipt(row)) if row is not None else (404, {"error": "never received"})

    def _receipt(self, row: sqlite3.Row) -> dict[str, Any]:
        settled = row["state"] == "accepted" and datetime.fromisoformat(row["settles_at"]) <= self.now()
        return {
            "reference": row["reference"],
            "bank_number": f"SB{row['bank_number']:010d}",
            "state": "settled" if settled else row["state"],
            "amount": row["amount"],
            "reason": row["reason"],
            "settled_at": row["settles_at"] if settled else None,
        }

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.books, timeout=LOCK_SECONDS, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = FULL")
            yield db


def _find(db: sqlite3.Connection, reference: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM payment WHERE reference = ?", [reference]).fetchone()
    return row


def _fault(order: Any, reference: str) -> str:
    if not isinstance(order, dict) or any(not isinstance(order.get(name), str) for name in (*FIELDS, "reference")):
        return "every field is a text: reference, " + ", ".join(FIELDS)
    if order["reference"] != reference or not re.fullmatch(r"[A-Za-z0-9-]{1,64}", reference):
        return "the reference must be letters, digits and hyphens, and the Idempotency-Key"
    try:
        fits = str(yuan(order["amount"])) == order["amount"] and yuan(order["amount"]) > 0
    except NotMoney:
        fits = False
    return "" if fits and order["currency"] == "CNY" else "amount must be positive yuan with two places, currency CNY"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


def server(bank: SandboxBank, *, host: str = "127.0.0.1", port: int = 0) -> WSGIServer:
    """The bank on a port (0: any free one), ready for `serve_forever()`."""
    return make_server(host, port, bank, server_class=_Server, handler_class=_QuietHandler)
