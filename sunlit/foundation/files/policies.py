"""Who may see a file: everybody the public ones, an organisation its own."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files.models import File


def visible_to(actor: Actor) -> QuerySet[File]:
    """Files shown through another record (a certificate under review) are handed out by that record's own policy."""
    seen = Q(public=True)
    if actor.organisation_id is not None:
        seen |= Q(owner_id=actor.organisation_id)
    return File.objects.filter(seen)
