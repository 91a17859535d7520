"""Telling a room: the event is written with the deed and told when it is committed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sunlit.foundation.kernel.sql import together
from sunlit.foundation.live.models import RoomEvent
from sunlit.foundation.live.rooms import CHANNEL, is_room

_TELL = """
WITH told AS (
    INSERT INTO live_roomevent (room, "index", at, openly, inside, own)
    SELECT %s, it.* FROM json_to_recordset(%s::json) AS it ("index" bigint, at timestamptz, openly jsonb, inside jsonb, own jsonb)
)
SELECT pg_notify(%s, %s)
"""


def tell_room(room: str, events: Sequence[RoomEvent]) -> None:
    """Write events of one room, whose places the caller has dealt out under a lock of its own, and wake those who listen."""
    assert is_room(room), f"not a room: {room}"
    assert all(event.room == room for event in events), "events of one room"
    if not events:
        return
    rows = [{"index": it.index, "at": it.at.isoformat(), "openly": it.openly, "inside": it.inside, "own": it.own} for it in events]
    with together() as ask:
        ask(_TELL, [room, json.dumps(rows, ensure_ascii=False), CHANNEL, room])
