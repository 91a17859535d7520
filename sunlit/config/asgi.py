"""The door for the web server: the ASGI application of the live events, with the bid desk beside it."""

import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
django.setup()

from sunlit.foundation.live.asgi import application as live  # noqa: E402 - their models need Django to be set up
from sunlit.portals.supplier.bid_desk import PATH, BidDesk  # noqa: E402

GARBAGE_OBJECTS = 50_000  # a stream makes few cycles, and a thousand streams many objects to look through

_desk = BidDesk()
gc.freeze()  # what was imported stays
gc.set_threshold(GARBAGE_OBJECTS, 20, 50)


async def application(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Bids go to their desk, everything else to the live events."""
    if scope["type"] == "http" and scope["path"] == PATH:
        await _desk(scope, receive, send)
    else:
        await live(scope, receive, send)


__all__ = ["application"]
