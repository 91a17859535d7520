"""Runs a compiled question: counts, facets, a page of hits; loosens the words when they find nothing; suggests while one types."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Any, cast

import tantivy

from .question import (
    RANKED_MAX,
    Asked,
    Facet,
    Hit,
    Query,
    Relaxed,
    Results,
    Suggestion,
    beyond,
    compile_question,
    facet_field,
    last_shown,
    one_of,
    only,
    ranks_shown,
    sort_field,
    steps_of,
)
from .schema import BEGINNING_MAX, ID, PAYLOAD, SEPARATOR, Keyword, Layout, Text, scaled
from .segmentation import QUESTION_LENGTH_MAX, Segmenter, is_chinese, normalise

LOOSENED: tuple[Relaxed, ...] = ("near", "some")
"""How the words are loosened, one after the other, when they find nothing."""

TWINS_MAX = 8
"""Documents fetched beyond a page, for the rare two whose whole sort key is the same."""

MOVED_MAX = 16
"""Places by which a hit may have moved between two pages, and is still found."""

BUCKETS_EXACT = 65_000
"""Distinct values of a facet up to which its counts are exact however many segments there are."""

LISTED_FROM = 5_000
"""Documents found from which a facet of few values is counted value by value instead of document by document."""

BUCKETS_SPARE = 50
"""Values fetched beyond a facet's limit, so that equally frequent ones are cut off in the order of their names."""

KEYWORDS_SCANNED = 5_000
"""Keyword terms compared for one beginning."""

TEXTS_SCANNED = 40
"""Documents looked at for whole texts with one beginning; the rarer of many texts are cut off."""


COUNTS_KEPT = 256
"""Questions whose counts are remembered of one committed state."""


@dataclass(frozen=True)
class Counts:
    """What was counted for a question, whatever its order and page: the next page and another order count nothing anew."""

    relaxed: Relaxed
    total: int
    facets: dict[str, list[tuple[str, int]]]


class Counted:
    """The counts of the questions asked last of one committed state. The next state begins with an empty one, so that no count is old."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Counts] = OrderedDict()
        self._turning = Lock()

    def get(self, question: Hashable) -> Counts | None:
        with self._turning:
            found = self._kept.get(question)
            if found is not None:
                self._kept.move_to_end(question)
            return found

    def keep(self, question: Hashable, counts: Counts) -> None:
        with self._turning:
            self._kept[question] = counts
            if len(self._kept) > COUNTS_KEPT:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self) -> None:
        with self._turning:
            self._kept.clear()


def answer(layout: Layout, searcher: tantivy.Searcher, segmenter: Segmenter, query: Query, begun: float, counted: Counted) -> Results:
    question = _question(query)
    counts = counted.get(question)
    if counts is None:
        asked, total = _asked(layout, searcher, segmenter, query)
        counts = Counts(asked.relaxed, total, _facets(searcher, asked, total))
        counted.keep(question, counts)
    else:
        asked = compile_question(layout, segmenter, query, counts.relaxed)
    hits, following = _page(searcher, asked, counts.total)
    facets = {name: list(values) for name, values in counts.facets.items()}
    return Results(counts.total, hits, facets, (time.perf_counter() - begun) * 1000, counts.relaxed, following)


def _question(query: Query) -> Hashable:
    """All of a question on which its counts depend: neither order nor page."""
    chosen = (tuple(sorted((name, tuple(values)) for name, values in each.items())) for each in (query.filters, query.ranges, query.steps))
    return query.text, *chosen, tuple(query.facets), query.relax, query.alike


def suggestions(layout: Layout, searcher: tantivy.Searcher, segmenter: Segmenter, prefix: str, limit: int) -> list[Suggestion]:
    found: dict[str, Suggestion] = {}
    for key in _beginnings(segmenter, prefix):
        for item in layout.suggested():
            for text, count in _completions(layout, searcher, segmenter, item, key):
                if len(found) >= limit:
                    return list(found.values())
                if count and text not in found:
                    found[text] = Suggestion(text, item.name, count)
    return list(found.values())


def _asked(layout: Layout, searcher: tantivy.Searcher, segmenter: Segmenter, query: Query) -> tuple[Asked, int]:
    asked = compile_question(layout, segmenter, query)
    total = _count(searcher, asked.matching())
    if total or not query.relax or asked.words is None or _count(searcher, asked.words):
        return asked, total
    for relaxed in LOOSENED:
        loose = compile_question(layout, segmenter, query, relaxed)
        if total := _count(searcher, loose.matching()):
            return loose, total
    return asked, 0


def _page(searcher: tantivy.Searcher, asked: Asked, total: int) -> tuple[list[Hit], str]:
    """The hits, and where the next page begins ("" if this is the last one)."""
    if not asked.query.limit or not total:
        return [], ""
    return _sorted_page(searcher, asked) if asked.query.sort else _ranked_page(searcher, asked, total)


def _ranked_page(searcher: tantivy.Searcher, asked: Asked, total: int) -> tuple[list[Hit], str]:
    """The best hits are fetched again and the last one shown is looked for among them, should it have moved a little meanwhile."""
    query = asked.query
    shown, last = ranks_shown(query.after) if query.after else (query.offset, "")
    most = shown + query.limit + (MOVED_MAX if last else 0)
    found = searcher.search(asked.ranking(), most, count=False, weight_by_field=asked.layout.weight()).hits
    if last:
        shown = _begins_after(searcher, [address for _, address in found], shown, last)
    page = [_hit(searcher, address, score) for score, address in found[shown : shown + query.limit]]
    following = f"{shown + len(page)}:{page[-1].id}" if page and shown + len(page) < min(total, RANKED_MAX) else ""
    return page, following


def _begins_after(searcher: tantivy.Searcher, found: Sequence[tantivy.DocAddress], shown: int, last: str) -> int:
    """The place behind the last hit shown; its old place if it is not near there any more."""
    for distance in range(MOVED_MAX + 1):
        for place in {shown - 1 - distance, shown - 1 + distance}:
            if 0 <= place < len(found) and searcher.doc(found[place]).get_first(ID) == last:
                return place + 1
    return shown


def _sorted_page(searcher: tantivy.Searcher, asked: Asked) -> tuple[list[Hit], str]:
    query = asked.query
    descending = query.sort.startswith("-")
    found = searcher.search(
        only(asked, beyond(asked.layout, query)) if query.after else asked.matching(),
        query.limit + TWINS_MAX,
        count=False,
        order_by_field=sort_field(asked.layout, query),
        offset=query.offset,
        order=tantivy.Order.Desc if descending else tantivy.Order.Asc,
    ).hits
    placed = sorted(((int(key), _hit(searcher, address, 0.0)) for key, address in found), key=_place, reverse=descending)
    if query.after:
        shown = last_shown(query.after)
        placed = [item for item in placed if (_place(item) < shown if descending else _place(item) > shown)]
    page = placed[: query.limit]
    following = f"{page[-1][0]}:{page[-1][1].id}" if len(placed) > len(page) else ""
    return [hit for _, hit in page], following


def _place(item: tuple[int, Hit]) -> tuple[int, str]:
    return item[0], item[1].id


def _hit(searcher: tantivy.Searcher, address: tantivy.DocAddress, score: float) -> Hit:
    stored = searcher.doc(address)
    payload = stored.get_first(PAYLOAD)
    return Hit(str(stored.get_first(ID)), float(score), None if payload is None else json.loads(cast(bytes, payload)))


def _facets(searcher: tantivy.Searcher, asked: Asked, total: int) -> dict[str, list[tuple[str, int]]]:
    """Facets in which nothing is chosen are counted together, each of the others without its own choice."""
    free = [facet for facet in asked.query.facets if not facet.under and _choice(facet) not in asked.chosen]
    counted = _counted(searcher, asked, free, asked.matching(), total) if free else {}
    for facet in asked.query.facets:
        if facet not in free:
            counted |= _own_facet(searcher, asked, facet)
    return {facet.field: counted[facet.field] for facet in asked.query.facets}


def _choice(facet: Facet) -> str:
    return steps_of(facet.field) if facet.edges else facet.field


def _own_facet(searcher: tantivy.Searcher, asked: Asked, facet: Facet) -> dict[str, list[tuple[str, int]]]:
    """A chosen value is told even if it is not among the most frequent."""
    matching = asked.matching(_choice(facet), (facet.field, facet.under) if facet.under else None)
    counted = _counted(searcher, asked, [facet], matching, _count(searcher, matching) if _is_few(asked.layout, facet) else 0)
    if isinstance(asked.layout.named(facet.field), Keyword):
        told = {value for value, _ in counted[facet.field]}
        for value in asked.query.filters.get(facet.field, ()):
            if value not in told:
                both = [(tantivy.Occur.Must, matching), (tantivy.Occur.Must, one_of(asked.layout, facet.field, [value]))]
                counted[facet.field].append((value, _count(searcher, tantivy.Query.boolean_query(both))))
    return counted


def _counted(
    searcher: tantivy.Searcher, asked: Asked, facets: Sequence[Facet], matching: tantivy.Query, total: int
) -> dict[str, list[tuple[str, int]]]:
    """`total` is how many documents match, where a facet of few values is among these."""
    listed = [facet for facet in facets if total >= LISTED_FROM and _is_few(asked.layout, facet)]
    wanted = {facet.field: aggregation(asked.layout, facet) for facet in facets if facet not in listed}
    found: Mapping[str, Any] = searcher.aggregate(matching, wanted) if wanted else {}
    stepped = {facet.field for facet in facets if facet.edges}
    counts = {name: (_steps if name in stepped else _values)(counted["buckets"]) for name, counted in found.items()}
    counts |= {facet.field: searcher.terms_with_prefix(facet.field, "", filter_query=matching) for facet in listed}
    return {facet.field: _most_frequent(counts[facet.field], facet) for facet in facets}


def _values(buckets: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]


def _steps(buckets: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """The engine gives the steps in their order, the open ends among them."""
    return [(str(step), int(bucket["doc_count"])) for step, bucket in enumerate(buckets)]


def _is_few(layout: Layout, facet: Facet) -> bool:
    found = layout.named(facet.field)
    return isinstance(found, Keyword) and found.few


def aggregation(layout: Layout, facet: Facet) -> dict[str, Any]:
    """What the engine is asked to count for a facet: its values, or its steps."""
    if not facet.edges:
        return {"terms": _terms(layout, facet)}
    number = layout.number(facet.field)
    edges = [float(scaled(edge, number)) for edge in facet.edges]
    ranges = [{"to": edges[0]}, *({"from": low, "to": high} for low, high in pairwise(edges)), {"from": edges[-1]}]
    return {"range": {"field": facet.field, "ranges": ranges}}


def _terms(layout: Layout, facet: Facet) -> dict[str, Any]:
    """Below one place of a path all values are compared: a document in two branches brings those of the other one too."""
    size = BUCKETS_EXACT if facet.under else facet.limit + BUCKETS_SPARE
    return {"field": facet_field(layout, facet), "size": size, "segment_size": BUCKETS_EXACT}


def _most_frequent(counts: Sequence[tuple[str, int]], facet: Facet) -> list[tuple[str, int]]:
    below = f"{facet.under}/" if facet.under else ""
    values = [(value, count) for value, count in counts if count and value.startswith(below)]
    return sorted(values, key=lambda value: (-value[1], value[0]))[: facet.limit]


def _count(searcher: tantivy.Searcher, matching: tantivy.Query) -> int:
    found: Any = searcher.search(matching, 1)
    return int(found.count)


def _beginnings(segmenter: Segmenter, prefix: str) -> list[str]:
    """What was typed; and if it holds Chinese, how it sounds: 打引 begins 打印机."""
    spelt = segmenter.spellings(prefix[:QUESTION_LENGTH_MAX])
    return spelt[:2] if any(is_chinese(character) for character in normalise(prefix)) else spelt[:1]


def _completions(
    layout: Layout, searcher: tantivy.Searcher, segmenter: Segmenter, item: Text | Keyword, key: str
) -> Iterator[tuple[str, int]]:
    """Texts that begin so, the most frequent first, with the documents that have them now."""
    if isinstance(item, Keyword):
        for text in _keywords(searcher, item, key):
            yield text, _count(searcher, tantivy.Query.term_query(layout.schema, item.name, text, "basic"))
    else:
        texts = [text for text in _texts(layout, searcher, item, key) if _begins(segmenter, text, key)]
        counts = {text: _count(searcher, tantivy.Query.term_query(layout.schema, f"{item.name}__suggest", text, "basic")) for text in texts}
        yield from sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))


def _keywords(searcher: tantivy.Searcher, item: Keyword, key: str) -> list[str]:
    """By the engine's own frequency of the term, which still counts deleted documents for a while."""
    frequency: dict[str, int] = {}
    for term, count in searcher.terms_with_prefix(f"{item.name}__suggest", key, limit=KEYWORDS_SCANNED):
        text = term.partition(SEPARATOR)[2]
        frequency[text] = max(count, frequency.get(text, 0))
    return sorted(frequency, key=lambda text: (-frequency[text], len(text), text))


def _texts(layout: Layout, searcher: tantivy.Searcher, item: Text, key: str) -> list[str]:
    begins = tantivy.Query.term_query(layout.schema, f"{item.name}__begins", key[:BEGINNING_MAX], "basic")
    found = searcher.search(begins, TEXTS_SCANNED, count=False, weight_by_field=layout.weight()).hits
    return list(dict.fromkeys(str(text) for _, address in found for text in searcher.doc(address).get_all(f"{item.name}__suggest")))


def _begins(segmenter: Segmenter, text: str, key: str) -> bool:
    """A document with several texts was found by one of them; of a long beginning only the first characters were looked up."""
    return any(spelling.startswith(key) for spelling in segmenter.spellings(text))
