"""Keeping this machine's search index like the record: what acts changed is read again; an index that cannot be kept is built anew.

How far the index has read the feed lies in the index itself, committed with what was read (`Place`). So a killed indexer loses nothing,
several machines follow the same feed independently, and an index that came from another database is recognised by the leaf at its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain
from typing import Final

from django.db.models import Q

from sunlit.domain.catalog.models import Attribute, Offer, Product
from sunlit.domain.catalog.queries import categories, documents, ranking
from sunlit.domain.catalog.queries.documents import Place
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.search.keeper import Keeper, Progress

BATCH: Final = 500
"""Acts brought into the index in one commit."""
GROUND_ACTS: Final = frozenset({"categories.load", "templates.load", "pack.load", "rule.set", "rule.end"})
"""Acts after which every document may have to be laid out anew."""
STANDING_ACTS: Final = frozenset({"supplier.suspend", "supplier.reinstate", "supplier.serve_out", "supplier.leave", "supplier.rest_claims"})

Concerned = Callable[[Sequence[str]], Iterable[str]]


def follow_feed(*, at: datetime) -> tuple[int, bool]:
    """Bring the index up to the next acts, in one commit with its place in the feed; returns how many acts were read, and whether one of
    them may have moved the ground under all documents.

    Reads nothing while there is no index of this release and this database: see `why_anew`.
    """
    index = documents.index()
    if not index.current():
        return 0, False
    with index.steady():
        place = Place.read(index.cursor())
        if place is None or not _ours(place):
            return 0, False
        acts = ledger.feed(place.after, BATCH)
        if acts:
            apply(acts, place, day=local_day(at))
    return len(acts), any(act.act in GROUND_ACTS for act in acts)


def is_followable() -> bool:
    """Whether there is an index of this release and this database."""
    index = documents.index()
    place = Place.read(index.cursor()) if index.current() else None
    return place is not None and _ours(place)


def apply(acts: Sequence[Act], place: Place, *, day: date) -> None:
    """Bring the index from its place up to these acts; being told twice does no harm."""
    if any(act.act in GROUND_ACTS for act in acts):
        categories.forget()
    last = acts[-1].index
    changed = set(chain.from_iterable(_products_of(acts)))
    _keeper(day).apply(sorted(changed), cursor=str(Place(last, ledger.leaf_hash(last), place.ground)))


def why_anew(*, at: datetime) -> str:
    """Why the index must be built anew: it is missing or of another format, of another database, or made by other rules; "" if it need not."""
    index = documents.index()
    if not index.current():
        return "missing"
    place = Place.read(index.cursor())
    if place is None or not _ours(place):
        return "foreign"
    return "" if place.ground == ground(local_day(at)) else "ground"


def rebuild_index(progress: Progress = lambda _done: None, *, at: datetime) -> int:
    """Build the index anew from the record, beside the one that serves; returns how many products are in it."""
    categories.forget()
    day, last = local_day(at), ledger.size() - 1  # what is sealed from here on is read again
    place = Place(last, ledger.leaf_hash(last), ground(day))
    return _keeper(day).rebuild(progress, cursor=str(place))


def ground(day: date) -> str:
    """What all documents rest on: the tree, the key parameters and the weights. Changes when they would be laid out differently."""
    tree = ((each.code, each.path, each.name_zh, each.name_en) for each in categories.tree().by_code.values())
    keys = Attribute.objects.filter(is_key=True).order_by("category_id", "position", "id").values_list("category_id", "key")
    told = "\n".join(map(str, chain(tree, keys, [ranking.weights(day).signature])))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


# Whose goods a later desk's acts concern is told by that desk.

_concerned: dict[frozenset[str], Concerned] = {}


def concerns(acts: Iterable[str], products: Concerned) -> None:
    """Have the products that these acts (`order.place` …) concern told by this function, from the numbers of many subjects in one query."""
    _concerned[frozenset(acts)] = products


def _keeper(day: date) -> Keeper:
    return Keeper(documents.index(), partial(documents.load, day=day), documents.ids, documents.words)


def _ours(place: Place) -> bool:
    """Whether this database has the act that the index read last, at the same place."""
    return place.leaf == ledger.leaf_hash(place.after)


def _products_of(acts: Sequence[Act]) -> Iterator[Iterable[str]]:
    """The numbers of the products that these acts concern; one query a kind of act."""
    if offers := set(chain.from_iterable(_offers_of(act) for act in acts if act.act.startswith("offer."))):
        yield _numbers(Q(offers__number__in=offers))
    if suppliers := {_subject(act) for act in acts if act.act in STANDING_ACTS}:
        yield _numbers(Q(offers__in=Offer.objects.filter(supplier__number__in=suppliers)))
    if products := {number for act in acts if act.act.startswith("product.") for number in act.facts.get("products", [_subject(act)])}:
        yield products  # of a merge both: the one that is gone, too
    for names, told_by in _concerned.items():
        if subjects := [_subject(act) for act in acts if act.act in names]:
            yield told_by(subjects)


def _offers_of(act: Act) -> list[str]:
    rows = act.facts.get("rows")
    return list(rows) if isinstance(rows, dict) else [_subject(act)]


def _numbers(condition: Q) -> Iterator[str]:
    return Product.objects.filter(condition).order_by("pk").values_list("number", flat=True).distinct().iterator()


def _subject(act: Act) -> str:
    return act.subject.partition("/")[2]
