"""What was told in rooms: events in their order, each once, so that whoever comes back is told what was missed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class RoomEvent(models.Model):
    """One event of a room. `openly` is for everybody; `inside` is added for those at the desk, `own` for one member by name."""

    room = models.TextField()
    index = models.BigIntegerField()  # counted within the room, without gaps
    at = models.DateTimeField()
    openly = models.JSONField()
    inside = models.JSONField(default=dict)
    own = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["room", "index"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "index"], name="events_of_a_room_are_counted")]
