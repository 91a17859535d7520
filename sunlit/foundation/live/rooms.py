"""Rooms: something many people watch at once, told at the instant it is committed. Plain Python; `services` writes what is read here.

A room tells events counted from 1. Each is seen in one of three ways: by everybody, by those at the desk (who see more), by a member (who is told
its own part besides). A pass, signed by the page, says as whom somebody listens; without one everybody listens as the public.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core import signing

CHANNEL = "sunlit_rooms"
SALT = "sunlit.room"
PASS_SECONDS = 12 * 3600
PUBLIC, DESK = "public", "desk"
ROOM_CHARS_MOST = 120
_ROOM = re.compile(r"[a-z][a-z0-9_-]*(/[A-Za-z0-9._-]+)+")


@dataclass(frozen=True)
class Told:
    """One event as it is read from the table."""

    room: str
    index: int
    at: datetime
    openly: Mapping[str, Any]
    inside: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]

    def seen(self, audience: str) -> dict[str, Any]:
        """The event as this audience sees it."""
        if audience == PUBLIC:
            return dict(self.openly)
        return {**self.openly, **(self.inside if audience == DESK else self.own.get(audience, {}))}


def is_room(text: str) -> bool:
    return len(text) <= ROOM_CHARS_MOST and _ROOM.fullmatch(text) is not None


def room_pass(room: str, audience: str) -> str:
    """A pass to the room as this audience; "" for the public, which needs none."""
    assert is_room(room), f"not a room: {room}"
    return "" if audience == PUBLIC else signing.dumps([room, audience], salt=SALT)


def audience_of(room: str, told: str) -> str | None:
    """As whom the pass lets in; None when it is forged, out of date or for another room."""
    if not told:
        return PUBLIC
    try:
        where, audience = signing.loads(told, salt=SALT, max_age=PASS_SECONDS)
    except signing.BadSignature:
        return None
    return str(audience) if where == room else None


def as_event(told: Told, audience: str) -> bytes:
    """One server-sent event, whose id is its place in the room."""
    body = {"index": told.index, "at": iso_of(told.at), **told.seen(audience)}
    return f"id: {told.index}\ndata: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def as_clock(at: datetime) -> bytes:
    """What time it is here: pages show how far their own clock is off."""
    return f"event: clock\ndata: {iso_of(at)}\n\n".encode()


def iso_of(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
