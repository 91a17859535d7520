"""Keeping the search index like the record: what acts changed is read again, what is gone is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from sunlit.domain.catalog.models import Offer
from sunlit.domain.catalog.queries import categories, documents
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.search.index import Busy
from sunlit.foundation.search.keeper import Keeper, Progress

TREE_ACTS = frozenset({"categories.load", "templates.load"})
STANDING_ACTS = frozenset({"supplier.suspend", "supplier.reinstate", "supplier.serve_out", "supplier.leave"})


def keeper() -> Keeper:
    return Keeper(documents.index(), documents.load, documents.ids, documents.words)


def index_acts(acts: Sequence[Act]) -> None:
    """Bring the index up to these acts, in one commit with their place in the feed; being told twice does no harm.

    An index that is further than the feed belongs to another database, and is built anew; so it is when the tree changed.
    """
    last = acts[-1].index
    if any(act.act in TREE_ACTS for act in acts):
        categories.forget()
    index = documents.index()
    foreign = index.current() and int(index.cursor() or -1) > last
    if foreign or any(act.act in TREE_ACTS for act in acts):
        keeper().rebuild(cursor=str(last))
        return
    changed = set(chain.from_iterable(_offers_of(act) for act in acts))
    if changed or not index.current():
        keeper().apply(sorted(changed), cursor=str(last))


def rebuild_index(progress: Progress = lambda _done: None) -> int:
    """Build the index anew from the record; returns how many offers are in it."""
    return keeper().rebuild(progress, cursor=str(ledger.size() - 1))


def build_missing_index() -> int:
    """Build the index when there is none of this release; returns how many offers are in it, 0 when nothing was to be done."""
    if documents.index().current():
        return 0
    try:
        return rebuild_index()
    except Busy:  # somebody else is building it
        return 0


def _offers_of(act: Act) -> Iterator[str]:
    """The numbers of the offers that an act concerns."""
    if act.act in STANDING_ACTS:
        supplier = act.subject.partition("/")[2]
        yield from Offer.objects.filter(supplier__number=supplier).order_by("pk").values_list("number", flat=True).iterator()
    elif act.act.startswith("offer."):
        rows = act.facts.get("rows")
        yield from rows if isinstance(rows, dict) else [act.subject.partition("/")[2]]
