"""How this machine's search index stands: what is in it, how far it has read the feed, and when it was last set against the record."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sunlit.domain.catalog.queries import documents
from sunlit.domain.catalog.queries.documents import Place
from sunlit.foundation.search import generations

FILE: Final = "reconciled.json"


@dataclass(frozen=True)
class Reconciliation:
    """The figures of index and record when they were last compared; `differing` categories were read again, `repaired` products in all."""

    at: datetime
    index: int
    record: int
    offers: int
    differing: int
    repaired: int


@dataclass(frozen=True)
class IndexStanding:
    """The index of this machine; `generation` is "" where there is none, `after` the last act it has read (-1: none)."""

    generation: str
    products: int
    after: int
    reconciled: Reconciliation | None


def index_standing() -> IndexStanding:
    """Read from the disk of this machine alone."""
    index = documents.index()
    appointed = generations.current(index.path) if index.current() else None
    place = Place.read(index.cursor()) if appointed else None
    return IndexStanding(
        appointed.name if appointed else "", index.count() if appointed else 0, place.after if place else -1, last_reconciliation()
    )


def last_reconciliation() -> Reconciliation | None:
    try:
        told = json.loads(_file().read_text(encoding="utf-8"))
        return Reconciliation(**{**told, "at": datetime.fromisoformat(told["at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def note(result: Reconciliation) -> None:
    """Keep the figures beside the index they are about."""
    written = _file().with_suffix(".new")
    written.write_text(json.dumps({**asdict(result), "at": result.at.isoformat()}), encoding="utf-8")
    written.replace(_file())


def _file() -> Path:
    return documents.index().path / FILE
