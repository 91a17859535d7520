"""Key keepers: independent houses that make a key for a procedure, tell its public half at once, and its private half not before an instant.

A Protocol and its real adapter over HTTP. The private half is made at the keeper and has never been anywhere else before it is given out.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import httpx

from sunlit.config import environment, keys
from sunlit.foundation.gateways import signing

TIMEOUT_SECONDS: Final = 3.0
TRIES: Final = 2
PAUSE_SECONDS: Final = 0.2
TOO_EARLY: Final = 425
PROCEDURE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class KeeperUnreachable(Exception):
    """No answer after all tries."""


class KeeperDisagrees(Exception):
    """The answer breaks the interface, or the keeper refuses: a matter for the operator."""


@dataclass(frozen=True)
class KeeperKey:
    """What a keeper says of its key for a procedure. `identity` is "" until its clock has passed `opens_at`."""

    procedure: str
    recipient: str
    opens_at: datetime
    identity: str = ""
    released_at: datetime | None = None


class Keeper(Protocol):
    """`make` may be repeated at will, with the same instant or a later one, never with an earlier one."""

    name: str

    def make(self, procedure: str, opens_at: datetime) -> KeeperKey: ...

    def ask(self, procedure: str) -> KeeperKey: ...


def the_keepers() -> list[Keeper]:
    """The keepers of this installation: SUNLIT_KEEPER_URLS, or the three sandbox keepers beside the platform; each shares a key of its own with us."""
    return [HttpKeeper(name, url, keys.keeper_key(name)) for name, url in environment.keepers()]


class HttpKeeper:
    """A keeper over HTTP: JSON, times with their zone, both directions signed, each answer bound to its question."""

    def __init__(
        self, name: str, url: str, key: bytes, *, client: httpx.Client | None = None, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.name, self.url, self.key, self.pause = name, url.rstrip("/"), key, pause
        self.client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def make(self, procedure: str, opens_at: datetime) -> KeeperKey:
        """Have a key made, or its opening put off. Raises KeeperUnreachable, or KeeperDisagrees (an earlier instant, one that has passed)."""
        body = json.dumps({"opens_at": opens_at.astimezone(UTC).isoformat()}).encode()
        told = self._ask("PUT", procedure, body)
        if told.opens_at != opens_at:
            raise KeeperDisagrees(f"asked to open at {opens_at}, answered {told.opens_at}")
        return told

    def ask(self, procedure: str) -> KeeperKey:
        """The key as far as the keeper tells it now: before its time without `identity`."""
        return self._ask("GET", procedure, b"")

    def _ask(self, method: str, procedure: str, body: bytes) -> KeeperKey:
        assert PROCEDURE.fullmatch(procedure), f"not a procedure: {procedure!r}"
        trouble = ""
        for attempt in range(TRIES):
            if attempt:
                self.pause(PAUSE_SECONDS)
            try:
                answer = self._ask_once(method, f"/keys/{procedure}", body)
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code < 500:
                return _key(answer, procedure)
            trouble = f"HTTP {answer.status_code}"
        raise KeeperUnreachable(f"{self.name}: {trouble} after {TRIES} tries")

    def _ask_once(self, method: str, path: str, body: bytes) -> httpx.Response:
        nonce = secrets.token_hex(16)
        signature = signing.of_request(self.key, method=method, path=path, nonce=nonce, body=body)
        headers = {"Content-Type": "application/json", "X-Nonce": nonce, "X-Signature": signature}
        answer = self.client.request(method, self.url + path, content=body, headers=headers)
        if answer.status_code < 500:
            expected = signing.of_answer(self.key, nonce=nonce, status=answer.status_code, body=answer.content)
            if not signing.same(answer.headers.get("X-Signature", ""), expected):
                raise KeeperDisagrees(f"{self.name}: the answer's signature does not fit; do both sides have the same key?")
        return answer


def _key(answer: httpx.Response, procedure: str) -> KeeperKey:
    if answer.status_code not in {200, 201, TOO_EARLY}:
        raise KeeperDisagrees(f"HTTP {answer.status_code}: {answer.text[:200]}")
    try:
        told: Mapping[str, Any] = answer.json()
        released = told.get("released_at")
        found = KeeperKey(
            procedure=str(told["procedure"]),
            recipient=str(told["recipient"]),
            opens_at=datetime.fromisoformat(told["opens_at"]),
            identity=str(told.get("identity", "")),
            released_at=datetime.fromisoformat(released) if released else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KeeperDisagrees(f"the answer cannot be read: {error!r}") from None
    if found.procedure != procedure:
        raise KeeperDisagrees(f"asked for {procedure}, answered {found.procedure}")
    return found
