"""The bank adapter and the sandbox bank, over real HTTP: once and only once, signed, and honest about silence."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from sunlit.foundation.gateways import signing
from sunlit.foundation.gateways.bank import BankDisagrees, BankReceipt, BankUnreachable, HttpBank, PaymentOrder
from sunlit.foundation.gateways.sandbox.bank_server import SandboxBank, server

KEY = b"shared key of the tests"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

PAPER = PaymentOrder("PY-20261123-0000001A", "巴州人民医院", "6222 0001", "库尔勒文具", "6222 0002", Decimal("1280.00"), "复印纸")


@dataclass
class Running:
    """A sandbox bank on a real port, its books, its clock, and the pauses that the adapter took."""

    url: str
    books: Path
    time: list[datetime]
    pauses: list[float] = field(default_factory=list)

    def bank(self, key: bytes = KEY) -> HttpBank:
        return HttpBank(self.url, key, pause=self.pauses.append)

    def payments(self) -> list[tuple[str, str, str]]:
        with sqlite3.connect(self.books) as db:
            return db.execute("SELECT reference, amount, state FROM payment ORDER BY bank_number").fetchall()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    time = [NOON]
    listening = server(SandboxBank(tmp_path / "books.sqlite", KEY, now=lambda: time[0]))
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Running(f"http://127.0.0.1:{listening.server_port}", tmp_path / "books.sqlite", time)
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_payment_is_submitted_settled_and_found_again(running: Running) -> None:
    receipt = running.bank().submit(PAPER)
    assert receipt == BankReceipt("PY-20261123-0000001A", "SB0000000001", "settled", Decimal("1280.00"), "", NOON)
    assert running.bank().status(PAPER.reference) == receipt
    assert running.pauses == []


def test_the_same_payment_sent_again_is_carried_out_once(running: Running) -> None:
    first = running.bank().submit(PAPER)
    assert running.bank().submit(PAPER) == first
    assert running.payments() == [("PY-20261123-0000001A", "1280.00", "accepted")]


def test_a_lost_answer_is_asked_for_again_and_paid_once(running: Running) -> None:
    receipt = running.bank().submit(replace(PAPER, amount=Decimal("1280.17")))
    assert (receipt.state, receipt.amount) == ("settled", Decimal("1280.17"))
    assert running.pauses == [0.2]
    assert running.payments() == [("PY-20261123-0000001A", "1280.17", "accepted")]


def test_want_of_funds_is_a_receipt_with_its_reason(running: Running) -> None:
    receipt = running.bank().submit(replace(PAPER, amount=Decimal("1280.13")))
    assert (receipt.state, receipt.reason, receipt.settled_at) == ("refused", "insufficient", None)


def test_a_late_payment_settles_after_a_minute(running: Running) -> None:
    assert running.bank().submit(replace(PAPER, amount=Decimal("0.19"))).state == "accepted"
    running.time[0] = NOON + timedelta(seconds=59)
    before = running.bank().status(PAPER.reference)
    running.time[0] = NOON + timedelta(seconds=60)
    after = running.bank().status(PAPER.reference)
    assert before is not None
    assert before.state == "accepted"
    assert after is not None
    assert (after.state, after.settled_at) == ("settled", NOON + timedelta(seconds=60))


def test_a_reference_never_sent_is_unknown(running: Running) -> None:
    assert running.bank().status("PY-20261123-0000009Z") is None


def test_a_reference_cannot_be_used_for_another_payment(running: Running) -> None:
    running.bank().submit(PAPER)
    with pytest.raises(BankDisagrees, match="409"):
        running.bank().submit(replace(PAPER, amount=Decimal("99.00")))
    assert running.payments() == [("PY-20261123-0000001A", "1280.00", "accepted")]


def test_another_key_is_refused_and_nothing_is_entered(running: Running) -> None:
    with pytest.raises(BankDisagrees, match="signature"):
        running.bank(b"another key").submit(PAPER)
    assert running.payments() == []


def test_an_altered_body_is_refused_and_nothing_is_entered(running: Running) -> None:
    signature = signing.of_request(KEY, method="POST", path="/payments", nonce="n", body=b'{"amount": "1.00"}')
    answer = httpx.post(
        f"{running.url}/payments", content=b'{"amount": "9.00"}', headers={"X-Nonce": "n", "X-Signature": signature}, trust_env=False
    )
    assert answer.status_code == 401
    assert running.payments() == []


@pytest.mark.parametrize("amount", ["1280", "1280.000", "-1.00", "0.00", "1e3", "NaN", "壹元"])
def test_an_amount_that_is_not_exact_is_refused(running: Running, amount: str) -> None:
    told = {
        "reference": "PY-1",
        "payer_name": "",
        "payer_account": "",
        "payee_name": "",
        "payee_account": "",
        "purpose": "",
        "currency": "CNY",
    }
    body = json.dumps({**told, "amount": amount}).encode()
    signature = signing.of_request(KEY, method="POST", path="/payments", nonce="n", body=body)
    headers = {"X-Nonce": "n", "X-Signature": signature, "Idempotency-Key": "PY-1"}
    assert httpx.post(f"{running.url}/payments", content=body, headers=headers, trust_env=False).status_code == 400
    assert running.payments() == []


def test_a_bank_that_is_down_is_tried_four_times_with_growing_pauses() -> None:
    pauses: list[float] = []
    asked: list[httpx.Request] = []

    def down(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("refused")

    bank = HttpBank("http://bank", KEY, client=httpx.Client(transport=httpx.MockTransport(down)), pause=pauses.append)
    with pytest.raises(BankUnreachable, match="after 4 tries"):
        bank.submit(PAPER)
    assert pauses == [0.2, 0.4, 0.8]
    assert {request.headers["Idempotency-Key"] for request in asked} == {PAPER.reference}
    assert len({request.headers["X-Nonce"] for request in asked}) == 4


@pytest.mark.parametrize(
    "told",
    [
        {"amount": "1.00"},
        {"reference": "PY-2"},
        {"state": "perhaps"},
        {"amount": "abc"},
    ],
)
def test_an_answer_that_breaks_the_interface_is_not_believed(told: dict[str, str]) -> None:
    honest = {"reference": PAPER.reference, "bank_number": "B1", "state": "settled", "amount": "1280.00"}

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.dumps({**honest, **told}).encode()
        signature = signing.of_answer(KEY, nonce=request.headers["X-Nonce"], status=200, body=body)
        return httpx.Response(200, content=body, headers={"X-Signature": signature})

    bank = HttpBank("http://bank", KEY, client=httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(BankDisagrees):
        bank.submit(PAPER)


def test_an_old_answer_cannot_be_passed_off_as_a_new_one() -> None:
    body = json.dumps({"reference": PAPER.reference, "bank_number": "B1", "state": "settled", "amount": "1280.00"}).encode()
    old = signing.of_answer(KEY, nonce="an old nonce", status=200, body=body)
    replay = httpx.MockTransport(lambda _request: httpx.Response(200, content=body, headers={"X-Signature": old}))
    with pytest.raises(BankDisagrees, match="signature"):
        HttpBank("http://bank", KEY, client=httpx.Client(transport=replay)).submit(PAPER)


def test_twenty_at_once_with_one_reference_are_one_payment(running: Running) -> None:
    receipts: list[BankReceipt] = []
    threads = [threading.Thread(target=lambda: receipts.append(running.bank().submit(PAPER))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {receipt.bank_number for receipt in receipts} == {"SB0000000001"}
    assert len(receipts) == 20
    assert len(running.payments()) == 1
