"""Programs that buy and sell over HTTP and never give up: each call is repeated with its key until it is acknowledged."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.town import Buyer, Market, Shelf

ANSWER_SECONDS = 15.0
PAUSE_SECONDS = 0.15
GIVE_UP_SECONDS = 180.0
DAY_OF_INVOICE = "%Y-%m-%d"


class Stuck(Exception):
    """A call was refused, or not acknowledged for a very long time."""


@dataclass
class Journal:
    """What the programs were told: the only memory of theirs that counts."""

    path: Path
    acts: list[dict[str, Any]] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    purchases: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledged(self, purchase: int, verb: str, number: str) -> None:
        with self._lock:
            told = {"purchase": purchase, "verb": verb, "order": number}
            self.acts.append(told)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")

    def again(self, why: str) -> None:
        with self._lock:
            self.repeated[why] += 1

    def trouble(self, words: str) -> None:
        with self._lock:
            self.troubles.append(words)

    def over(self) -> None:
        with self._lock:
            self.purchases += 1


@dataclass
class Caller:
    """One program with its connection."""

    url: str
    journal: Journal
    chance: random.Random
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=ANSWER_SECONDS, trust_env=False))

    def call(self, key: str, path: str, body: dict[str, Any], once: str) -> dict[str, Any]:
        """The acknowledged answer. Broken connections, 5xx and 429 are answered by repeating the same call with the same key."""
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": once, "Accept-Language": "en"}
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = self.client.post(f"{self.url}/api/v1/{path}", json=body, headers=headers)
            except httpx.TransportError as error:
                self.journal.again(type(error).__name__)
                time.sleep(PAUSE_SECONDS * (1 + self.chance.random()))
                continue
            if answer.is_success:
                if "Idempotency-Replayed" in answer.headers:
                    self.journal.again("answered again")
                told: dict[str, Any] = answer.json()
                return told
            if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                raise Stuck(f"{path}: {answer.status_code} {answer.text[:300]}")
            self.journal.again(f"HTTP {answer.status_code}")
            time.sleep(float(answer.headers.get("Retry-After", 0)) or PAUSE_SECONDS * (1 + self.chance.random()))
        raise Stuck(f"{path}: not acknowledged for {GIVE_UP_SECONDS:.0f} s")

    def purchase(self, n: int, buyer: Buyer, shelf: Shelf, way: str) -> None:
        """From the order to the payment, or out of it before."""
        line = {"offer": shelf.offer, "quantity": 1 if shelf.price.endswith(".17") else self.chance.randint(1, 5), "price": shelf.price}
        wanted = {"lines": [line], "quota": buyer.quota, "address": buyer.address, "invoice_title": buyer.title, "purpose": "办公"}
        order = self.call(buyer.orderer, "orders", wanted, f"p{n}")["orders"][0]
        number = str(order["number"])
        self.journal.acknowledged(n, "place", number)

        def act(key: str, verb: str, body: dict[str, Any] | None = None) -> None:
            self.call(key, f"orders/{number}/{verb}", body or {}, f"p{n}-{verb}")
            self.journal.acknowledged(n, verb, number)

        if way == "withdraw":
            return act(buyer.orderer, "withdraw", {"reason": "不再需要了"})
        if way == "decline":
            return act(shelf.key, "decline", {"reason": "缺货无法供应"})
        act(shelf.key, "confirm")
        act(shelf.key, "dispatch", {"carrier": "天山速运", "waybill": f"TS-{n}"})
        act(buyer.receiver, "receive")
        conforms = way != "return"
        items = [{"position": 1, "quantity": line["quantity"], "conforms": conforms}]
        if not conforms:
            act(buyer.receiver, "reject", {"items": items, "reason": "货物受潮"})
            act(buyer.receiver, "ask_return", {"reason": "货物受潮退回"})
            return act(shelf.key, "take_back")
        act(buyer.receiver, "accept", {"items": items})
        day = time.strftime(DAY_OF_INVOICE, time.gmtime())
        act(shelf.key, "invoice", {"number": f"FP-{n}", "amount": order["total"], "issued_on": day})
        return act(buyer.finance, "request_payment")


def way_of(n: int) -> str:
    """Most purchases go to their payment; one in ten ends before."""
    return {3: "withdraw", 13: "decline", 23: "return"}.get(n % 30, "pay")


def buy(url: str, market: Market, journal: Journal, numbers: Any, seed: int) -> None:
    """Carry purchases from the shared counter until it is empty."""
    chance = random.Random(seed)
    caller = Caller(url, journal, chance)
    for n in numbers:
        try:
            caller.purchase(n, chance.choice(market.buyers), chance.choice(market.shelves), way_of(n))
            journal.over()
        except Stuck as error:
            journal.trouble(str(error))
    caller.client.close()
