"""Sandbox keepers: three houses behind one door, each with a book of its own, speaking the interface over real HTTP.

They keep to the rules of a real keeper (nothing before its time, nothing earlier than announced); what they lack is independence, since they run beside
the platform under the same account.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from pyrage import x25519

from sunlit.config import environment, keys
from sunlit.foundation.gateways import signing
from sunlit.foundation.kernel import clock

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

logger = logging.getLogger("sunlit.keeper_sandbox")

BODY_BYTES_MOST = 4 * 1024
LOCK_SECONDS = 10
PLACE = re.compile(r"/(?P<house>[a-z0-9-]{1,32})(?P<path>/keys/(?P<procedure>[A-Za-z0-9-]{1,64}))")

_BOOK = """
CREATE TABLE IF NOT EXISTS key (
    procedure TEXT NOT NULL PRIMARY KEY,
    identity TEXT NOT NULL,
    recipient TEXT NOT NULL,
    opens_at TEXT NOT NULL,
    released_at TEXT
) STRICT
"""

Answer = tuple[int, dict[str, Any]]


class House:
    """One keeper: its book, the key that it shares with the platform, and its own clock."""

    def __init__(self, book: Path, key: bytes, *, now: Callable[[], datetime] = clock.now) -> None:
        self.book, self.key, self.now = book, key, now
        book.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(_BOOK)

    def make(self, procedure: str, opens_at: datetime) -> Answer:
        """A new key, or a later opening of one whose time has not come."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            row = _find(db, procedure)
            if row is None:
                identity = x25519.Identity.generate()
                values = (procedure, str(identity), str(identity.to_public()), _told(opens_at))
                db.execute("INSERT INTO key (procedure, identity, recipient, opens_at) VALUES (?, ?, ?, ?)", values)
            elif opens_at < datetime.fromisoformat(row["opens_at"]):
                db.execute("ROLLBACK")
                return 409, {"error": "what was announced cannot be opened earlier", "opens_at": row["opens_at"]}
            elif opens_at > datetime.fromisoformat(row["opens_at"]):
                if self.now() >= datetime.fromisoformat(row["opens_at"]):
                    db.execute("ROLLBACK")
                    return 409, {"error": "its time has come already", "opens_at": row["opens_at"]}
                db.execute("UPDATE key SET opens_at = ? WHERE procedure = ?", (_told(opens_at), procedure))
            db.execute("COMMIT")
            made = _find(db, procedure)
        assert made is not None
        return 201 if row is None else 200, _public(made)

    def tell(self, procedure: str) -> Answer:
        with self._open() as db:
            row = _find(db, procedure)
            if row is None:
                return 404, {"error": "no key was made for it here"}
            if self.now() < datetime.fromisoformat(row["opens_at"]):
                return 425, _public(row)
            if row["released_at"] is None:
                db.execute("UPDATE key SET released_at = ? WHERE procedure = ? AND released_at IS NULL", (_told(self.now()), procedure))
                row = _find(db, procedure)
                assert row is not None
            return 200, {**_public(row), "identity": row["identity"], "released_at": row["released_at"]}

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.book, timeout=LOCK_SECONDS, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = FULL")
            yield db


class SandboxKeepers:
    """The WSGI application: PUT and GET /<house>/keys/<procedure>."""

    def __init__(self, houses: Mapping[str, House]) -> None:
        self.houses = houses

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        nonce, found = environ.get("HTTP_X_NONCE", ""), PLACE.fullmatch(environ["PATH_INFO"])
        house = self.houses.get(found["house"]) if found else None
        if found is None or house is None:
            status, told, key = 404, {"error": "no such place"}, b""
        else:
            (status, told), key = self._answer(house, found, environ, nonce), house.key
        body = json.dumps(told).encode()
        signature = signing.of_answer(key, nonce=nonce, status=status, body=body)
        start(f"{status} .", [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("X-Signature", signature)])
        return [body]

    def _answer(self, house: House, place: re.Match[str], environ: WSGIEnvironment, nonce: str) -> Answer:
        method, length = environ["REQUEST_METHOD"], int(environ.get("CONTENT_LENGTH") or 0)
        if length > BODY_BYTES_MOST:
            return 413, {"error": "too large"}
        body = environ["wsgi.input"].read(length)
        expected = signing.of_request(house.key, method=method, path=place["path"], nonce=nonce, body=body)
        if not signing.same(environ.get("HTTP_X_SIGNATURE", ""), expected):
            return 401, {"error": "the signature does not fit"}
        if method == "GET":
            return house.tell(place["procedure"])
        if method != "PUT":
            return 405, {"error": "PUT or GET"}
        try:
            opens_at = datetime.fromisoformat(json.loads(body)["opens_at"])
        except (ValueError, KeyError, TypeError):
            return 400, {"error": "opens_at is an instant with its zone"}
        return house.make(place["procedure"], opens_at) if opens_at.tzinfo else (400, {"error": "opens_at has no zone"})


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _public(row: sqlite3.Row) -> dict[str, Any]:
    return {"procedure": row["procedure"], "recipient": row["recipient"], "opens_at": row["opens_at"]}


def _find(db: sqlite3.Connection, procedure: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM key WHERE procedure = ?", [procedure]).fetchone()
    return row


def the_sandbox() -> SandboxKeepers:
    """The three houses of this installation, with their books in the data folder."""
    folder = environment.data_dir() / "sandbox"
    return SandboxKeepers({name: House(folder / f"{name}.sqlite3", keys.keeper_key(name)) for name in environment.SANDBOX_KEEPERS})


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


def server(keepers: SandboxKeepers, *, host: str = "127.0.0.1", port: int = 0) -> WSGIServer:
    """The keepers on a port (0: any free one), ready for `serve_forever()`."""
    return make_server(host, port, keepers, server_class=_Server, handler_class=_QuietHandler)
