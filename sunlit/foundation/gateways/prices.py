"""A price feed: what goods cost elsewhere, told by an outside source page by page. A Protocol and its real adapter over HTTP."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx

from sunlit.config import environment, keys
from sunlit.foundation.gateways import signing
from sunlit.foundation.kernel.money import NotMoney, yuan

TIMEOUT_SECONDS = 10.0
TRIES = 3
PAUSE_SECONDS = 0.2  # before the second try; doubled for each one after it
PAGE_QUOTES = 500


@dataclass(frozen=True)
class Quote:
    """What one source asked for an item, and when it was seen there. `item` is our number of the goods."""

    item: str
    source: str
    price: Decimal
    captured_at: datetime
    url: str = ""


@dataclass(frozen=True)
class QuotePage:
    """Some quotes in the order in which the feed came to know them; `after` asks for the next page, `more` tells that there is one."""

    quotes: tuple[Quote, ...]
    after: str
    more: bool


class FeedUnreachable(Exception):
    """No answer after all tries: ask again later from the same place."""


class FeedDisagrees(Exception):
    """The answer breaks the interface (wrong signature, no price, no time zone): a matter for the operator, not for another try."""


class PriceFeed(Protocol):
    """`page("")` begins at the first quote; asked again from the same place, the same quotes come."""

    def page(self, after: str) -> QuotePage: ...


def the_price_feed() -> PriceFeed | None:
    """The feed of this installation (SUNLIT_PRICE_FEED_URL, with the key in the data folder's `keys`); None when there is none."""
    url = environment.price_feed_url()
    return HttpPriceFeed(url, keys.price_feed_key()) if url else None


class HttpPriceFeed:
    """The feed over HTTP: JSON, amounts as exact text, both directions signed."""

    def __init__(self, url: str, key: bytes, *, client: httpx.Client | None = None, pause: Callable[[float], None] = time.sleep) -> None:
        self.url, self.key, self.pause = url.rstrip("/"), key, pause
        self.client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def page(self, after: str) -> QuotePage:
        """The quotes behind `after`, at most PAGE_QUOTES. Raises FeedUnreachable or FeedDisagrees."""
        answer = self._ask(f"/quotes?{urlencode({'after': after, 'limit': PAGE_QUOTES})}")
        try:
            told: Mapping[str, Any] = answer.json()
            page = QuotePage(tuple(_quote(each) for each in told["quotes"]), str(told["after"]), bool(told["more"]))
        except (KeyError, TypeError, ValueError, NotMoney) as error:
            raise FeedDisagrees(f"the answer cannot be read: {error!r}") from None
        if page.more and page.after == after:
            raise FeedDisagrees(f"the feed promises more behind {after!r} and does not go on")
        return page

    def _ask(self, path: str) -> httpx.Response:
        trouble = ""
        for attempt in range(TRIES):
            if attempt:
                self.pause(PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                answer = self._ask_once(path)
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            trouble = f"HTTP {answer.status_code}"
        raise FeedUnreachable(f"GET {path}: {trouble} after {TRIES} tries")

    def _ask_once(self, path: str) -> httpx.Response:
        nonce = secrets.token_hex(16)
        signature = signing.of_request(self.key, method="GET", path=path, nonce=nonce, body=b"")
        answer = self.client.get(self.url + path, headers={"X-Nonce": nonce, "X-Signature": signature})
        if answer.status_code < 500:
            self._verify(answer, nonce)
        return answer

    def _verify(self, answer: httpx.Response, nonce: str) -> None:
        expected = signing.of_answer(self.key, nonce=nonce, status=answer.status_code, body=answer.content)
        if not signing.same(answer.headers.get("X-Signature", ""), expected):
            raise FeedDisagrees(f"HTTP {answer.status_code}: the answer's signature does not fit; do both sides have the same key?")
        if answer.status_code != httpx.codes.OK:
            raise FeedDisagrees(f"HTTP {answer.status_code}: {answer.text[:200]}")


def _quote(told: Mapping[str, Any]) -> Quote:
    captured = datetime.fromisoformat(told["captured_at"])
    if captured.tzinfo is None:
        raise ValueError(f"{told['captured_at']} has no time zone")
    price = yuan(str(told["price"]))
    if price <= 0 or not str(told["item"]).strip() or not str(told["source"]).strip():
        raise ValueError("a quote has an item, a source and a price above nothing")
    return Quote(str(told["item"]), str(told["source"]), price, captured, str(told.get("url", "")))
