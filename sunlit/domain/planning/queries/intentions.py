"""What is asked of intention notices."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q

from sunlit.domain.planning import policies
from sunlit.domain.planning.models import Intention, IntentionItem
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

__all__ = ["IntentionPage", "intention", "intentions_page"]


@dataclass(frozen=True)
class IntentionPage:
    """A page of notices, newest first; `after` asks for the next one."""

    intentions: list[Intention]
    after: int | None


def intention(number: str, *, seen_by: Actor) -> Intention | None:
    """One notice with its items, what it corrects and what corrects it; None when the actor may not see it."""
    items = Prefetch("items", IntentionItem.objects.order_by("position"))
    later = Prefetch("corrections", Intention.objects.exclude(state="discarded"))
    found = policies.intentions_visible_to(seen_by).select_related("buyer", "drafter", "corrects").prefetch_related(items, later)
    return found.filter(number=number).first()


def intentions_page(*, seen_by: Actor, state: str = "", q: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> IntentionPage:
    """The notices that the actor may see, newest first, by state and by a word of their projects."""
    found = policies.intentions_visible_to(seen_by).select_related("buyer")
    if state:
        found = found.filter(state=state)
    if q:
        found = found.filter(Q(number=q.strip().upper()) | Q(pk__in=IntentionItem.objects.filter(name__icontains=q).values("intention")))
    if after:
        found = found.filter(pk__lt=after)
    page: list[Intention] = list(found.annotate(count=Count("items")).order_by("-pk")[: rows + 1])
    return IntentionPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)
