"""The door for the web server: the ASGI application of the live events, with the bid desk beside it."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
django.setup()

from sunlit.foundation.live.asgi import application as live  # noqa: E402 - their models need Django to be set up
from sunlit.portals.supplier.bid_desk import PATH, BidDesk  # noqa: E402

_desk = BidDesk()


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
