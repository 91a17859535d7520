"""Telling a room: the event is written with the deed and told when it is committed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from sunlit.foundation.live.models import RoomEvent
from sunlit.foundation.live.rooms import CHANNEL, is_room


def tell_room(room: str, events: Sequence[RoomEvent]) -> None:
    """Write events of one room, whose places the caller has dealt out under a lock of its own, and wake those who listen."""
    assert is_room(room), f"not a room: {room}"
    assert all(event.room == room for event in events), "events of one room"
    if not events:
        return
    RoomEvent.objects.bulk_create(events)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, room])
