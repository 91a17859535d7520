"""The keepers' adapter and the sandbox keepers, over real HTTP: nothing before its time, nothing earlier than announced."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sunlit.foundation.gateways import signing
from sunlit.foundation.gateways.keepers import HttpKeeper, KeeperDisagrees, KeeperUnreachable
from sunlit.foundation.gateways.sandbox.keeper_server import House, SandboxKeepers, server
from sunlit.foundation.seals.envelopes import public_key_of

KEY = b"shared key of the tests"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
OPENS = NOON + timedelta(hours=2)


class Running:
    def __init__(self, url: str, time: list[datetime]) -> None:
        self.url, self.time = url, time
        self.pauses: list[float] = []

    def keeper(self, key: bytes = KEY) -> HttpKeeper:
        return HttpKeeper("court", self.url, key, pause=self.pauses.append)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    time = [NOON]
    listening = server(SandboxKeepers({"court": House(tmp_path / "book.sqlite", KEY, now=lambda: time[0])}))
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Running(f"http://127.0.0.1:{listening.server_port}/court", time)
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_the_private_half_comes_at_the_instant_and_not_before(running: Running) -> None:
    made = running.keeper().make("XJ-1", OPENS)
    assert (made.identity, made.opens_at) == ("", OPENS)
    running.time[0] = OPENS - timedelta(microseconds=1)
    assert running.keeper().ask("XJ-1").identity == ""
    running.time[0] = OPENS
    told = running.keeper().ask("XJ-1")
    assert public_key_of(told.identity) == made.recipient
    assert told.released_at == OPENS
    running.time[0] = OPENS + timedelta(days=1)
    assert running.keeper().ask("XJ-1") == told


def test_the_same_key_is_made_once(running: Running) -> None:
    assert running.keeper().make("XJ-1", OPENS) == running.keeper().make("XJ-1", OPENS)
    assert running.keeper().make("XJ-2", OPENS).recipient != running.keeper().make("XJ-1", OPENS).recipient


def test_it_can_be_put_off_and_never_brought_forward(running: Running) -> None:
    made, later = running.keeper().make("XJ-1", OPENS), OPENS + timedelta(days=1)
    assert running.keeper().make("XJ-1", later).recipient == made.recipient
    with pytest.raises(KeeperDisagrees, match="earlier"):
        running.keeper().make("XJ-1", OPENS)
    running.time[0] = OPENS
    assert running.keeper().ask("XJ-1").identity == ""


def test_what_was_opened_is_not_locked_again(running: Running) -> None:
    running.keeper().make("XJ-1", OPENS)
    running.time[0] = OPENS
    with pytest.raises(KeeperDisagrees, match="its time has come"):
        running.keeper().make("XJ-1", OPENS + timedelta(days=1))


def test_who_does_not_share_the_key_gets_nothing(running: Running) -> None:
    running.keeper().make("XJ-1", OPENS)
    running.time[0] = OPENS
    with pytest.raises(KeeperDisagrees, match="signature"):
        running.keeper(b"another key").ask("XJ-1")
    answer = httpx.get(f"{running.url}/keys/XJ-1", trust_env=False)
    assert (answer.status_code, answer.json()) == (401, {"error": "the signature does not fit"})


def test_an_old_answer_is_not_passed_off_as_a_new_one(running: Running) -> None:
    running.keeper().make("XJ-1", OPENS)
    kept: list[httpx.Response] = []

    def replaying(request: httpx.Request) -> httpx.Response:
        """A man in the middle who answers every question with the first answer."""
        if not kept:
            kept.append(httpx.request(request.method, str(request.url), content=request.content, headers=request.headers, trust_env=False))
        return httpx.Response(kept[0].status_code, content=kept[0].content, headers={"X-Signature": kept[0].headers["X-Signature"]})

    keeper = HttpKeeper("court", running.url, KEY, client=httpx.Client(transport=httpx.MockTransport(replaying)))
    assert keeper.ask("XJ-1").identity == ""
    running.time[0] = OPENS
    with pytest.raises(KeeperDisagrees, match="signature"):
        keeper.ask("XJ-1")


def test_an_unknown_procedure_and_a_silent_keeper(running: Running) -> None:
    with pytest.raises(KeeperDisagrees, match="no key was made"):
        running.keeper().ask("XJ-9")
    silent = HttpKeeper("court", "http://127.0.0.1:9", KEY, pause=running.pauses.append)
    with pytest.raises(KeeperUnreachable, match="court: ConnectError"):
        silent.ask("XJ-1")
    assert running.pauses == [0.2]


def test_requests_that_make_no_sense(running: Running) -> None:
    def put(body: bytes, path: str = "/keys/XJ-1", method: str = "PUT") -> int:
        headers = {"X-Nonce": "n", "X-Signature": signing.of_request(KEY, method=method, path=path, nonce="n", body=body)}
        return httpx.request(method, running.url + path, content=body, headers=headers, trust_env=False).status_code

    assert put(b"{}") == 400
    assert put(b'{"opens_at": "2026-11-23T04:00:00"}') == 400
    assert put(b"x" * 5000) == 413
    assert put(b"", method="DELETE") == 405
    assert httpx.get(running.url.replace("court", "nobody") + "/keys/XJ-1", trust_env=False).status_code == 404
