"""Words that mean the same: for the operator's page, and for every question; remembered for a few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from sunlit.domain.catalog.models import Synonym
from sunlit.foundation.search.alike import Thesaurus
from sunlit.foundation.search.segmentation import bare

REMEMBERED_SECONDS: Final = 10.0


@dataclass(frozen=True)
class _Read:
    at: float
    pairs: list[tuple[str, str]]
    thesaurus: Thesaurus


_read: _Read | None = None


def thesaurus() -> Thesaurus:
    """What words also mean, a few seconds old at most: a change holds in every process without building the index anew."""
    global _read
    found = _read
    if found is None or time.monotonic() - found.at > REMEMBERED_SECONDS:
        at = time.monotonic()
        rows = Synonym.objects.order_by("pk").values_list("word", "meaning", "both")
        pairs = [pair for word, meaning, both in rows for pair in ((word, meaning), (meaning, word))[: 1 + both]]
        known = found.thesaurus if found and found.pairs == pairs else None  # the same one: what was counted with it still holds
        found = _read = _Read(at, pairs, known or Thesaurus.of(pairs))
    return found.thesaurus


def forget() -> None:
    """Read anew at the next question; other processes notice within a few seconds."""
    global _read
    _read = None


def synonym_page(*, q: str = "", after: int = 0, rows: int) -> list[Synonym]:
    """The operator's synonyms, the newest first: those that have the words, from below the key `after`."""
    found = Synonym.objects.order_by("-pk")
    if key := bare(q):
        found = found.filter(Q(word_key__contains=key) | Q(meaning_key__contains=key))
    elif q.strip():
        return []
    return list((found.filter(pk__lt=after) if after else found)[:rows])


def synonym_count() -> int:
    return Synonym.objects.count()
