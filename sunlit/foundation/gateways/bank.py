"""The bank: order a payment once, ask what became of it. A Protocol and its real adapter over HTTP."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import httpx

from sunlit.config import environment, keys
from sunlit.foundation.gateways import signing
from sunlit.foundation.kernel.money import yuan

State = Literal["accepted", "settled", "refused"]
STATES = ("accepted", "settled", "refused")

TIMEOUT_SECONDS = 5.0
TRIES = 4
PAUSE_SECONDS = 0.2  # before the second try; doubled for each one after it
ANSWER_BYTES_MOST = 64 * 1024


@dataclass(frozen=True)
class PaymentOrder:
    """What the bank is told. `reference` is our number of the payment: the bank carries it out once, however often it is sent."""

    reference: str
    payer_name: str
    payer_account: str
    payee_name: str
    payee_account: str
    amount: Decimal
    purpose: str


@dataclass(frozen=True)
class BankReceipt:
    """What the bank says. `reason` is the bank's word when refused, such as 'insufficient'; `settled_at` is its time of settlement."""

    reference: str
    bank_number: str
    state: State
    amount: Decimal
    reason: str = ""
    settled_at: datetime | None = None


class BankUnreachable(Exception):
    """No answer after all tries. The payment may or may not have been carried out: send it again or ask for its status."""


class BankDisagrees(Exception):
    """The answer breaks the interface (wrong signature, other amount, unknown word): a matter for the operator, not for another try."""


class Bank(Protocol):
    """`submit` may be repeated at will; `status` gives None for a reference that the bank has never received."""

    def submit(self, payment: PaymentOrder) -> BankReceipt: ...

    def status(self, reference: str) -> BankReceipt | None: ...


def the_bank() -> Bank:
    """The bank of this installation: SUNLIT_BANK_URL, or the sandbox beside the platform; the key is in the data folder's `keys`."""
    return HttpBank(environment.bank_url(), keys.bank_key())


class HttpBank:
    """The bank over HTTP: JSON, amounts as exact text, both directions signed, and tried again with the same reference."""

    def __init__(self, url: str, key: bytes, *, client: httpx.Client | None = None, pause: Callable[[float], None] = time.sleep) -> None:
        self.url, self.key, self.pause = url.rstrip("/"), key, pause
        self.client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def submit(self, payment: PaymentOrder) -> BankReceipt:
        """Order the payment. Raises BankUnreachable or BankDisagrees; a refusal by the bank is a receipt with state 'refused'."""
        assert payment.amount > 0, "a payment is positive"
        told = {**asdict(payment), "amount": str(yuan(payment.amount)), "currency": "CNY"}
        answer = self._ask("POST", "/payments", json.dumps(told, ensure_ascii=False, sort_keys=True).encode(), payment.reference)
        receipt = _receipt(answer)
        if (receipt.reference, receipt.amount) != (payment.reference, payment.amount):
            raise BankDisagrees(f"asked for {payment.reference} {payment.amount}, answered {receipt.reference} {receipt.amount}")
        return receipt

    def status(self, reference: str) -> BankReceipt | None:
        """What became of the payment; None when the bank has never heard of it."""
        assert reference.replace("-", "").isalnum(), f"not a reference: {reference!r}"
        answer = self._ask("GET", f"/payments/{reference}", b"", reference)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        receipt = _receipt(answer)
        if receipt.reference != reference:
            raise BankDisagrees(f"asked for {reference}, answered {receipt.reference}")
        return receipt

    def _ask(self, method: str, path: str, body: bytes, reference: str) -> httpx.Response:
        trouble = ""
        for attempt in range(TRIES):
            if attempt:
                self.pause(PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                answer = self._ask_once(method, path, body, reference)
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            trouble = f"HTTP {answer.status_code}"
        raise BankUnreachable(f"{method} {path}: {trouble} after {TRIES} tries")

    def _ask_once(self, method: str, path: str, body: bytes, reference: str) -> httpx.Response:
        nonce = secrets.token_hex(16)
        signature = signing.of_request(self.key, method=method, path=path, nonce=nonce, body=body)
        headers = {"Content-Type": "application/json", "Idempotency-Key": reference, "X-Nonce": nonce, "X-Signature": signature}
        answer = self.client.request(method, self.url + path, content=body, headers=headers)
        if answer.status_code < 500:
            self._verify(answer, nonce)
        return answer

    def _verify(self, answer: httpx.Response, nonce: str) -> None:
        expected = signing.of_answer(self.key, nonce=nonce, status=answer.status_code, body=answer.content)
        if not signing.same(answer.headers.get("X-Signature", ""), expected):
            raise BankDisagrees(f"HTTP {answer.status_code}: the answer's signature does not fit; do both sides have the same key?")
        if answer.status_code not in {200, 201, 404}:
            raise BankDisagrees(f"HTTP {answer.status_code}: {answer.text[:200]}")


def _receipt(answer: httpx.Response) -> BankReceipt:
    try:
        told: Mapping[str, Any] = answer.json()
        settled_at = told.get("settled_at")
        receipt = BankReceipt(
            reference=str(told["reference"]),
            bank_number=str(told["bank_number"]),
            state=told["state"],
            amount=yuan(str(told["amount"])),
            reason=str(told.get("reason", "")),
            settled_at=datetime.fromisoformat(settled_at) if settled_at else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BankDisagrees(f"the answer cannot be read: {error!r}") from None
    if receipt.state not in STATES:
        raise BankDisagrees(f"unknown state {receipt.state!r}")
    return receipt
