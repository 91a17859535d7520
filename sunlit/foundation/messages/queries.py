"""Reading the inbox."""

from __future__ import annotations

from datetime import datetime

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.messages.models import Message
from sunlit.foundation.messages.policies import visible_to

__all__ = ["UNREAD_SHOWN_MOST", "Message", "get", "inbox", "unread_count"]

UNREAD_SHOWN_MOST = 100  # a badge says "99+" after that, and the count stays cheap

Place = tuple[datetime, int]
"""Where a page ends: time and id of its last message."""


def unread_count(actor: Actor) -> int:
    """How many messages wait, at most UNREAD_SHOWN_MOST: one read of a partial index."""
    if actor.user_id is None:
        return 0
    return visible_to(actor).filter(read_at=None).order_by()[:UNREAD_SHOWN_MOST].count()


def inbox(actor: Actor, *, before: Place | None = None, rows: int = PAGE_ROWS) -> list[Message]:
    """The newest messages, or those older than the place where the last page ended."""
    messages = visible_to(actor)
    if before is not None:
        at, pk = before
        messages = messages.filter(at__lte=at).exclude(at=at, id__gte=pk)
    return list(messages.order_by("-at", "-id")[:rows])


def get(pk: int, *, seen_by: Actor) -> Message:
    """One message; raises Message.DoesNotExist when it is not the actor's."""
    return visible_to(seen_by).get(pk=pk)
