"""Who may see a message: the person it was told to, in the seat it concerns."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.messages.models import Message


def visible_to(actor: Actor) -> QuerySet[Message]:
    """One's own messages for the organisation one acts for now, and those to the person alone."""
    if actor.user_id is None:
        return Message.objects.none()
    return Message.objects.filter(Q(organisation_id=actor.organisation_id) | Q(organisation_id=None), user_id=actor.user_id)
