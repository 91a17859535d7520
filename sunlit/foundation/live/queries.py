"""What was told in a room, for a page that is opened now."""

from __future__ import annotations

from typing import Any

from sunlit.foundation.live.models import RoomEvent
from sunlit.foundation.live.rooms import Told, iso_of

ROWS_MOST = 1000


def told_in(room: str, *, audience: str, rows: int = ROWS_MOST) -> list[dict[str, Any]]:
    """The last events of the room, oldest first, as this audience sees them: in the form in which the stream tells them."""
    found = RoomEvent.objects.filter(room=room).order_by("-index")[:rows]
    told = [Told(it.room, it.index, it.at, it.openly, it.inside, it.own) for it in found]
    return [{"index": it.index, "at": iso_of(it.at), **it.seen(audience)} for it in reversed(told)]
