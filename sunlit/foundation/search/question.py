"""What may be asked of an index and what it answers; and how a question becomes the engine's query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import tantivy
from tantivy import Occur

from .alike import NOTHING_ALIKE, Thesaurus
from .schema import CURSOR_ID, ID, NUMBER_MAX, SOUND, TIE_BITS, WIDE, Json, Keyword, Layout, Path, levels, scaled
from .segmentation import Phrase, Segmenter, Word, is_chinese, parts_of

LIMIT_MAX = 200
"""Hits on one page."""

OFFSET_MAX = 10_000
"""Hits that may be skipped by counting; further pages are asked for `after` a hit."""

RANKED_MAX = 1_000
"""Hits shown in the order of relevance, page after page: nobody reads on, and whoever wants all sorts by a number."""

FILTER_VALUES_MAX = 500
"""Values chosen in one filter."""

FACET_LIMIT_MAX = 1_000
"""Values counted for one facet."""

FUZZY_FROM = 4
"""Latin words of this length are also found with one letter or figure wrong, missing, added or two of them exchanged."""

WIDE_BOOST = 0.1
"""What a word counts for that is found, but not as a word of its own in a field."""

SECTION_SHARE = 0.5
"""What half of a word counts for, against the word."""

ALIKE_SHARE = 0.9
"""What a word counts for that means the same, against the word as it was typed."""

SOUND_SCORE = 1.0
"""What counts that only sounds so, or is spelt nearly so: all alike, so that the weight of a document decides."""

_PLACE = re.compile(r"(?P<key>-?\d{1,19}):(?P<id>.+)", re.DOTALL)

Bound = int | Decimal | None
Relaxed = Literal["", "near", "some"]


@dataclass(frozen=True)
class Facet:
    """Counts the values of a keyword field, the places directly `under` one in a path field, or a number by steps.

    The steps of a number lie between ascending `edges`: "0" is below the first edge, "1" from it up to the second (exclusive), and so on.
    """

    field: str
    limit: int = 20
    under: str = ""
    edges: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class Query:
    """A question. Words are all required; of the values of one filter any will do; bounds are inclusive. `steps` are the
    chosen steps of a number whose facet has edges.

    `sort` is "" (relevance), a sortable number ("price") or its reverse ("-price"). `after` is `Results.next` of the page before.
    Where the words find nothing at all, `relax` looks for near spellings and sounds, then for some of the words.
    `alike` tells what words also mean.
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[Bound, Bound]] = field(default_factory=dict)
    steps: Mapping[str, Sequence[int]] = field(default_factory=dict)
    facets: Sequence[Facet] = ()
    sort: str = ""
    limit: int = 20
    offset: int = 0
    after: str = ""
    relax: bool = True
    alike: Thesaurus = NOTHING_ALIKE

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= LIMIT_MAX:
            raise ValueError(f"limit {self.limit} is not within 0 and {LIMIT_MAX}")
        if not 0 <= self.offset <= OFFSET_MAX:
            raise ValueError(f"offset {self.offset} is not within 0 and {OFFSET_MAX}")
        if any(len(values) > FILTER_VALUES_MAX for values in self.filters.values()):
            raise ValueError(f"a filter takes up to {FILTER_VALUES_MAX} values")
        if self.after and self.offset:
            raise ValueError("`after` takes no offset")
        edges = {facet.field: facet.edges for facet in self.facets}
        if any(not (edges.get(name) and 0 <= step <= len(edges[name])) for name, steps in self.steps.items() for step in steps):
            raise ValueError("a step lies between the edges of a counted number")
        if len({facet.field for facet in self.facets}) < len(self.facets) or any(f.limit > FACET_LIMIT_MAX for f in self.facets):
            raise ValueError(f"each field is counted once, up to {FACET_LIMIT_MAX} values")


@dataclass(frozen=True)
class Hit:
    id: str
    score: float
    payload: Json = None


@dataclass(frozen=True)
class Results:
    """`facets` are counted as shops do: each ignores what is chosen in itself. `relaxed` tells how the words were loosened:
    "" not at all, "near" spellings or sounds, "some" of the words. `next` is "" on the last page."""

    total: int = 0
    hits: Sequence[Hit] = ()
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    took_ms: float = 0.0
    relaxed: Relaxed = ""
    next: str = ""


@dataclass(frozen=True)
class Suggestion:
    """What somebody who begins to type may mean, of which field, and how many documents have it."""

    text: str
    field: str
    count: int


@dataclass(frozen=True)
class Asked:
    """A question in the engine's terms: one clause for the words, one for each filtered field."""

    layout: Layout
    query: Query
    relaxed: Relaxed
    words: tantivy.Query | None
    rank: tantivy.Query | None
    chosen: Mapping[str, tantivy.Query]

    def matching(self, ignoring: str = "", under: tuple[str, str] | None = None) -> tantivy.Query:
        """What is counted and sorted by a number; without the choice made in one field, or only one branch of a path."""
        return _all_of(self.layout, [self.words, *self._choices(ignoring, under)])

    def ranking(self) -> tantivy.Query:
        """The same documents, with the score they earn."""
        return _all_of(self.layout, [self.rank, *self._choices("", None)])

    def _choices(self, ignoring: str, under: tuple[str, str] | None) -> list[tantivy.Query]:
        clauses = [clause for name, clause in self.chosen.items() if name != ignoring]
        return clauses + ([one_of(self.layout, under[0], [under[1]])] if under else [])


def compile_question(layout: Layout, segmenter: Segmenter, query: Query, relaxed: Relaxed = "") -> Asked:
    chosen = {name: one_of(layout, name, values) for name, values in query.filters.items() if values}
    for name, bounds in query.ranges.items():
        if bounds != (None, None):
            chosen[name] = between(layout, name, *bounds)
    edges = {facet.field: facet.edges for facet in query.facets}
    for name, steps in query.steps.items():
        if steps:
            chosen[steps_of(name)] = _any_of([_within(layout, name, edges[name], step) for step in steps])
    if not query.text.strip():
        return Asked(layout, query, relaxed, None, None, chosen)
    phrases = query.alike.widen(segmenter.question(query.text), segmenter)
    words = {"": _every_word, "near": _near, "some": _some}[relaxed](layout.schema, phrases)
    rank = tantivy.Query.boolean_query([(Occur.Must, words), *_in_fields(layout, phrases)])
    return Asked(layout, query, relaxed, words, rank, chosen)


def one_of(layout: Layout, name: str, values: Sequence[str]) -> tantivy.Query:
    """Documents with any of these values (or below any of these places)."""
    _exact(layout, name)
    terms = [tantivy.Query.term_query(layout.schema, name, value, "basic") for value in values]
    return _unscored(terms[0] if len(terms) == 1 else _any_of(terms))


def between(layout: Layout, name: str, low: Bound, high: Bound) -> tantivy.Query:
    number = layout.number(name)
    bounds = [None if bound is None else scaled(bound, number) for bound in (low, high)]
    return _unscored(tantivy.Query.range_query(layout.schema, name, tantivy.FieldType.Integer, bounds[0], bounds[1]))


def steps_of(name: str) -> str:
    """What the choice of steps of a number is called among the choices, beside a range of the same number."""
    return f"{name} by steps"


def _within(layout: Layout, name: str, edges: Sequence[Decimal], step: int) -> tantivy.Query:
    """From one edge up to the next, which is exclusive."""
    number = layout.number(name)
    low = scaled(edges[step - 1], number) if step else None
    high = scaled(edges[step], number) - 1 if step < len(edges) else None
    return _unscored(tantivy.Query.range_query(layout.schema, name, tantivy.FieldType.Integer, low, high))


def beyond(layout: Layout, query: Query) -> tantivy.Query:
    """What comes after the last hit of the page before; with those that share its key, of which some were shown."""
    key = last_shown(query.after)[0]
    descending = query.sort.startswith("-")
    bounds = (None, key) if descending else (key, None)
    return _unscored(tantivy.Query.range_query(layout.schema, sort_field(layout, query), tantivy.FieldType.Integer, *bounds))


def last_shown(after: str) -> tuple[int, str]:
    found = _PLACE.fullmatch(after)
    if found is None or abs(int(found["key"])) > NUMBER_MAX << TIE_BITS:
        raise ValueError(f"{after!r} does not name a place in a list")
    return int(found["key"]), found["id"]


def ranks_shown(after: str) -> tuple[int, str]:
    """How many hits were shown in the order of relevance, and the id of the last of them."""
    shown, doc_id = last_shown(after)
    if not 0 < shown <= RANKED_MAX:
        raise ValueError(f"{after!r} does not name a place within the first {RANKED_MAX} hits")
    return shown, doc_id


def sort_field(layout: Layout, query: Query) -> str:
    number = layout.number(query.sort.removeprefix("-"))
    if not number.sort:
        raise ValueError(f"this index is not sorted by {number.name!r}")
    return f"{number.name}__sort"


def facet_field(layout: Layout, facet: Facet) -> str:
    """The fast field that is counted: of a path, the level below `under`."""
    found = _exact(layout, facet.field)
    if isinstance(found, Keyword):
        return found.name
    return f"{found.name}__{min(len(levels(facet.under)) + 1 if facet.under else 1, found.depth)}"


def _exact(layout: Layout, name: str) -> Keyword | Path:
    found = layout.named(name)
    if not isinstance(found, (Keyword, Path)):
        raise TypeError(f"{name!r} has no exact values to choose and count")
    return found


def only(asked: Asked, clause: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Must, asked.matching()), (Occur.Must, clause)])


def _all_of(layout: Layout, clauses: Sequence[tantivy.Query | None]) -> tantivy.Query:
    required = [clause for clause in clauses if clause is not None]
    if not required:
        cursor = tantivy.Query.term_query(layout.schema, ID, CURSOR_ID, "basic")
        return tantivy.Query.boolean_query([(Occur.Must, tantivy.Query.all_query()), (Occur.MustNot, cursor)])
    return required[0] if len(required) == 1 else tantivy.Query.boolean_query([(Occur.Must, clause) for clause in required])


def _any_of(clauses: Sequence[tantivy.Query], at_least: int = 1) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Should, clause) for clause in clauses], minimum_number_should_match=at_least)


def _each_of(clauses: Sequence[tantivy.Query]) -> tantivy.Query:
    return clauses[0] if len(clauses) == 1 else tantivy.Query.boolean_query([(Occur.Must, clause) for clause in clauses])


def _unscored(clause: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(clause, 0.0)


def _wide(schema: tantivy.Schema, text: str) -> tantivy.Query:
    return tantivy.Query.boost_query(tantivy.Query.term_query(schema, WIDE, text, "freq"), WIDE_BOOST)


def _word(schema: tantivy.Schema, word: Word) -> tantivy.Query:
    ways = [_wide(schema, text) for text in (word.text, *word.others)]
    if word.sections:
        ways.append(_each_of([_wide(schema, section) for section in word.sections]))
    return ways[0] if len(ways) == 1 else _any_of(ways)


def _each_word(schema: tantivy.Schema, words: Sequence[Word]) -> tantivy.Query:
    return _each_of([_word(schema, word) for word in words])


def _or_alike(schema: tantivy.Schema, clause: tantivy.Query, phrase: Phrase) -> tantivy.Query:
    return _any_of([clause, *(_each_word(schema, words) for words in phrase.alike)]) if phrase.alike else clause


def _every_word(schema: tantivy.Schema, phrases: Sequence[Phrase]) -> tantivy.Query:
    clauses = [_or_alike(schema, _each_word(schema, phrase.words), phrase) for phrase in phrases]
    return _each_of(clauses) if clauses else tantivy.Query.empty_query()


def _near(schema: tantivy.Schema, phrases: Sequence[Phrase]) -> tantivy.Query:
    """Every phrase, but it may be misspelt, sound alike, be typed in pinyin or have its parts apart."""
    clauses = [_or_alike(schema, _near_phrase(schema, phrase), phrase) for phrase in phrases]
    return _each_of(clauses) if clauses else tantivy.Query.empty_query()


def _near_phrase(schema: tantivy.Schema, phrase: Phrase) -> tantivy.Query:
    by_word = _each_of([_any_of(list(_near_word(schema, word))) for word in phrase.words])
    return _any_of([by_word, _sounding(schema, phrase.sound)]) if phrase.sound else by_word


def _near_word(schema: tantivy.Schema, word: Word) -> Iterator[tantivy.Query]:
    yield _word(schema, word)
    parts = parts_of(word.text)
    if len(parts) > 1:
        yield _each_of([_wide(schema, part) for part in parts])
    if not is_chinese(word.text):
        yield _sounding(schema, word.text)
        if len(word.text) >= FUZZY_FROM:
            fuzzy = tantivy.Query.fuzzy_term_query(schema, WIDE, word.text, 1, prefix=any(map(str.isdigit, word.text)))
            yield tantivy.Query.const_score_query(fuzzy, SOUND_SCORE)


def _sounding(schema: tantivy.Schema, sound: str) -> tantivy.Query:
    return tantivy.Query.const_score_query(tantivy.Query.term_query(schema, SOUND, sound, "basic"), SOUND_SCORE)


def _some(schema: tantivy.Schema, phrases: Sequence[Phrase]) -> tantivy.Query:
    """At least half of the words, each perhaps misspelt; another meaning stands for every word of its phrase."""
    clauses = [_or_alike(schema, _any_of(list(_near_word(schema, word))), phrase) for phrase in phrases for word in phrase.words]
    return _any_of(clauses, (len(clauses) + 1) // 2) if clauses else tantivy.Query.empty_query()


def _in_fields(layout: Layout, phrases: Sequence[Phrase]) -> Iterator[tuple[Occur, tantivy.Query]]:
    """What a word counts for in each field: most as it was typed, less by its sections and by what it also means."""
    weighed: dict[str, float] = {}
    for text, share in _weighed(phrases):
        weighed[text] = max(share, weighed.get(text, 0.0))
    for item in layout.texts():
        for text, share in weighed.items():
            term = tantivy.Query.term_query(layout.schema, item.name, text, "freq")
            yield Occur.Should, tantivy.Query.boost_query(term, item.boost * share)


def _weighed(phrases: Sequence[Phrase]) -> Iterator[tuple[str, float]]:
    for phrase in phrases:
        for word in phrase.words:
            yield word.text, 1.0
            yield from ((text, 1.0) for text in word.others)
            yield from ((text, SECTION_SHARE) for text in word.sections)
        for words in phrase.alike:
            share = ALIKE_SHARE * min(1.0, len(phrase.words) / len(words))  # however many words it takes to say it
            yield from ((word.text, share) for word in words)
