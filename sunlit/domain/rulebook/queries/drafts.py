"""Drafts of changes: the desk, one with the difference that it makes, and the others that are open for the same rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from sunlit.domain.rulebook.models import RuleDraft
from sunlit.domain.rulebook.policies import visible_to
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

OPEN: Final = ("draft", "review", "sent_back")
RELATED: Final = ("drafter", "reviewer", "base__region", "base__pack", "enacted")


@dataclass(frozen=True)
class DraftPage:
    """A page of drafts, newest first; `after` is the key to ask the next page with, or ""."""

    drafts: list[RuleDraft]
    after: str


def draft(number: str, *, seen_by: Actor) -> RuleDraft | None:
    """One draft with its people and the version that it was written against; None when the actor may not see it. One query."""
    return visible_to(seen_by).select_related(*RELATED).filter(number=number).first()


def drafts_page(*, seen_by: Actor, state: str = "open", q: str = "", after: str = "", rows: int = PAGE_ROWS) -> DraftPage:
    """The drafts that the actor sees; `state` is a state, "open" or "" for all. One query."""
    found = visible_to(seen_by).select_related(*RELATED)
    if state:
        found = found.filter(state__in=OPEN if state == "open" else (state,))
    if words := q.strip():
        found = found.filter(
            Q(number=words.upper()) | Q(key__icontains=words) | Q(base__name_zh__icontains=words) | Q(reason__icontains=words)
        )
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return DraftPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def open_drafts(key: str, *, seen_by: Actor, kind: str | None = None, besides: str = "") -> list[RuleDraft]:
    """The open drafts for a rule that the actor sees, the newest first: several are allowed, and every reader is told of the others. One query."""
    found = visible_to(seen_by).select_related(*RELATED).filter(key=key, state__in=OPEN).exclude(number=besides)
    if kind is not None:
        found = found.filter(kind=kind)
    return list(found.order_by("-pk")[:PAGE_ROWS])


def awaiting_review(*, seen_by: Actor) -> QuerySet[RuleDraft]:
    """The drafts that wait for this person's review: to be counted."""
    return visible_to(seen_by).filter(state="review").exclude(drafter_id=seen_by.user_id)


def to_review_count(*, seen_by: Actor) -> int:
    """How many drafts wait for this person's review."""
    return awaiting_review(seen_by=seen_by).count()
