"""A full-text index with facets in a directory: one writer feeds it, every process reads it. The record is elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as Directory
from threading import Lock
from types import TracebackType
from typing import Any, Self

import tantivy

from . import generations
from .answers import Counted, answer, suggestions
from .generations import BUILDER, STEADY, WRITER, Busy, Generation, Held
from .question import Query, Results, Suggestion
from .schema import CURSOR_ID, ID, PAYLOAD, WORDS, Doc, Field, Layout, cursor_document
from .segmentation import Segmenter

__all__ = ["Busy", "Index", "Outdated"]

RELOAD_EVERY = 0.5
"""Seconds for which a reader trusts what it has seen before it looks whether something was committed."""

OPEN_ATTEMPTS = 3
"""A generation may be replaced and removed between reading its name and opening it."""

SMALL_HEAP = 20_000_000
"""Bytes of memory for writing changes."""

LARGE_HEAP = 120_000_000
"""Bytes of memory for building anew."""

VALUES_TALLIED = 65_000
"""Distinct values of a keyword that a tally tells apart."""

COMMIT_EVERY = 20_000
"""Documents between the commits of a rebuild."""


class Outdated(Exception):
    """The index was built in another format: rebuild it."""


@dataclass(frozen=True)
class View:
    """One committed state, as a reader sees it."""

    generation: str
    stamp: tuple[int, int, int]
    engine: tantivy.Index
    searcher: tantivy.Searcher
    segmenter: Segmenter
    counted: Counted = field(default_factory=Counted, compare=False)


class Index:
    """`fields` and `format_version` say how documents are laid out; an index of another layout is not read, but rebuilt.

    Reading is for all threads, writing for one. Nothing written is seen before `commit`.
    """

    def __init__(
        self, path: Directory | str, fields: Sequence[Field], format_version: int = 1, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = Directory(path)
        self.layout = Layout(tuple(fields))
        self._format = self.layout.signature(format_version)
        self._ticks = ticks
        self._reading = Lock()
        self._looked_at = float("-inf")
        self._seen: View | None = None
        self._writer: _Writer | None = None

    # Reading

    def search(self, query: Query) -> Results:
        """Raises KeyError for an unknown field, ValueError or TypeError for a question that does not fit the fields."""
        begun = time.perf_counter()
        view = self.view()
        return answer(self.layout, view.searcher, view.segmenter, query, begun, view.counted) if view else Results()

    def suggest(self, prefix: str, limit: int = 10) -> list[Suggestion]:
        """Values of the fields that suggest, in the order of the fields, the most frequent first. Pinyin and initials will do."""
        view = self.view()
        return suggestions(self.layout, view.searcher, view.segmenter, prefix, limit) if view else []

    def ready(self) -> bool:
        """Is there an index of this format to read?"""
        return self.view() is not None

    def current(self) -> bool:
        """Is the index on disk of this format? (A process that began earlier may be `ready` with a format gone by.)"""
        appointed = generations.current(self.path)
        return appointed is not None and appointed.format == self._format

    def count(self) -> int:
        """Documents in the index."""
        view = self.view()
        return view.searcher.num_docs - 1 if view else 0

    def tally(self, keyword: str, number: str) -> dict[str, tuple[int, int]]:
        """For each value of a keyword field: how many documents have it, and the sum of their number in its smallest unit."""
        view = self.view()
        if view is None:
            return {}
        counted: Any = view.searcher.aggregate(
            tantivy.Query.all_query(),
            {
                "by": {
                    "terms": {"field": keyword, "size": VALUES_TALLIED, "segment_size": VALUES_TALLIED},
                    "aggs": {"sum": {"sum": {"field": self.layout.number(number).name}}},
                }
            },
        )
        return {str(each["key"]): (int(each["doc_count"]), int(each["sum"]["value"])) for each in counted["by"]["buckets"]}

    def ids_of(self, keyword: str, value: str) -> list[str]:
        """The ids of all documents with this value of a keyword field."""
        view = self.view()
        if view is None or not (count := view.searcher.num_docs):
            return []
        term = tantivy.Query.term_query(self.layout.schema, keyword, value, "basic")
        return [str(view.searcher.doc(address).get_first(ID)) for _, address in view.searcher.search(term, count, count=False).hits]

    def cursor(self) -> str:
        """What was given to the last commit; "" before the first."""
        self.reload()
        view = self._seen
        if view is None:
            return ""
        term = tantivy.Query.term_query(self.layout.schema, ID, CURSOR_ID, "basic")
        hits = view.searcher.search(term, 1).hits
        return bytes(view.searcher.doc(hits[0][1]).get_first(PAYLOAD) or b"").decode() if hits else ""

    def view(self) -> View | None:
        if self._ticks() - self._looked_at >= RELOAD_EVERY:
            self.reload()
        return self._seen

    def reload(self) -> None:
        """Sees what has been committed until now, in this process or another."""
        with self._reading:
            self._looked_at = self._ticks()
            for attempt in range(OPEN_ATTEMPTS):
                try:
                    self._seen = self._look()
                    return
                except (OSError, ValueError):
                    if attempt == OPEN_ATTEMPTS - 1:
                        raise

    def _look(self) -> View | None:
        appointed = generations.current(self.path)
        if appointed is None or appointed.format != self._format:
            return self._seen
        found = (self.path / appointed.name / "meta.json").stat()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        seen = self._seen
        if seen is None or seen.generation != appointed.name:
            segmenter = Segmenter(generations.words_of(self.path, appointed.name))
            engine = open_engine(self.path / appointed.name, self.layout)
        elif seen.stamp == stamp:
            return seen
        else:
            engine, segmenter = seen.engine, seen.segmenter
        engine.reload()
        return View(appointed.name, stamp, engine, engine.searcher(), segmenter)

    # Writing

    @contextmanager
    def steady(self) -> Iterator[None]:
        """No swap happens meanwhile: for who reads the cursor and then commits what follows it."""
        held = Held(self.path, STEADY, wait=True)
        try:
            yield
        finally:
            held.release()

    def write(self, upserts: Iterable[Doc] = (), deletes: Iterable[str] = ()) -> None:
        """Replaces and deletes by id. Raises Busy while another process writes, Outdated for an index of another format.

        The writer stays open for the next batch; after a swap it turns to the new generation.
        """
        appointed = generations.current(self.path)
        if self._writer is not None and (appointed is None or appointed.name != self._writer.generation):
            self.close()
        if self._writer is None:
            self._writer = self._open_writer()
        self._writer.write(upserts, deletes)

    def commit(self, cursor: str | None = None) -> None:
        """Makes what was written durable and visible; `cursor` (how far the feed was followed) is stored in the same commit."""
        if self._writer is None:
            self._writer = self._open_writer()
        self._writer.commit(cursor)

    def close(self) -> None:
        """Lets others write. What was written and not committed is forgotten."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def rebuild(self, docs: Iterable[Doc], *, words: Iterable[str] = (), cursor: str = "") -> int:
        """Builds a new generation beside the current one and swaps. Readers go on with the old one until then.

        `words` (brands, names) become words of the dictionary. Returns the number of documents written. Whoever follows may go on
        writing to the old generation: the new one has the cursor given here. Raises Busy while somebody else builds.
        """
        lock = Held(self.path, BUILDER)
        try:
            segmenter = Segmenter(words)
            name = generations.begin(self.path, segmenter.words)
            writer = _Writer(self.path / name, self.layout, segmenter, LARGE_HEAP)
            try:
                count = writer.build(docs, cursor)
            finally:
                writer.close()
            with self.steady():
                generations.appoint(self.path, Generation(name, self._format))
            generations.clear(self.path)
        finally:
            lock.release()
        self.reload()
        return count

    def _open_writer(self) -> _Writer:
        lock = Held(self.path, WRITER)
        try:
            appointed = generations.current(self.path) or self._first_generation()
            if appointed.format != self._format:
                raise Outdated(f"{self.path} holds an index of another format; rebuild it")
            segmenter = Segmenter(generations.words_of(self.path, appointed.name))
            return _Writer(self.path / appointed.name, self.layout, segmenter, SMALL_HEAP, lock)
        except BaseException:
            lock.release()
            raise

    def _first_generation(self) -> Generation:
        self.rebuild(())
        appointed = generations.current(self.path)
        assert appointed is not None, "it was just built"
        return appointed


class _Writer:
    def __init__(self, path: Directory, layout: Layout, segmenter: Segmenter, heap: int, lock: Held | None = None) -> None:
        self.generation = path.name
        self._layout = layout
        self._segmenter = segmenter
        # One thread: documents keep the order in which they were written.
        self._engine = open_engine(path, layout).writer(heap, 1)
        self._lock = lock

    def write(self, upserts: Iterable[Doc], deletes: Iterable[str]) -> int:
        for doc_id in deletes:
            self._engine.delete_documents_by_term(ID, doc_id)
        count = 0
        for doc in upserts:
            laid = self._layout.document(doc, self._segmenter)
            self._engine.delete_documents_by_term(ID, doc.id)
            self._engine.add_document(laid)
            count += 1
        return count

    def build(self, docs: Iterable[Doc], cursor: str) -> int:
        count = 0
        for doc in docs:
            count += self.write([doc], ())
            if count % COMMIT_EVERY == 0:
                self._engine.commit()
        self.commit(cursor)
        return count

    def commit(self, cursor: str | None) -> None:
        if cursor is not None:
            self._engine.delete_documents_by_term(ID, CURSOR_ID)
            self._engine.add_document(cursor_document(cursor))
        self._engine.commit()

    def close(self) -> None:
        """Waits for the merges under way, so that segments do not pile up from one short-lived writer to the next."""
        self._engine.wait_merging_threads()
        del self._engine
        if self._lock is not None:
            self._lock.release()


def open_engine(path: Directory, layout: Layout) -> tantivy.Index:
    engine: Any = tantivy.Index(layout.schema, path=str(path))
    engine.register_tokenizer(WORDS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    engine.config_reader("manual")
    opened: tantivy.Index = engine
    return opened
