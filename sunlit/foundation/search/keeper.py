"""Keeps an index like the record: loads what changed, removes what is gone, builds anew when the format changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from .index import Index
from .schema import Doc

BATCH = 500
"""Documents loaded at a time."""

Progress = Callable[[int], None]


class Keeper:
    """`load` gives the documents of these ids, leaving out those that are not to be found; `ids` all ids there are;
    `words` the names that the dictionary should know."""

    def __init__(
        self,
        index: Index,
        load: Callable[[Sequence[str]], Iterable[Doc]],
        ids: Callable[[], Iterator[str]],
        words: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self.index = index
        self._load = load
        self._ids = ids
        self._words = words

    def apply(self, changed: Iterable[str], *, cursor: str | None = None) -> int:
        """Brings these ids up to date, in one commit with the cursor. May be told twice. Returns how many are in the index now.

        The writer stays open: it is this process's until `Index.close`.

        Raises Busy while another process writes: nothing was changed, apply it again later.
        """
        if not self.index.current():
            return self.rebuild(cursor=cursor or "")
        count = 0
        try:
            for some in _batches(dict.fromkeys(changed)):
                docs = list(self._load(some))
                self.index.write(docs, set(some) - {doc.id for doc in docs})
                count += len(docs)
            self.index.commit(cursor)
        except BaseException:
            self.index.close()  # what was written and not committed is forgotten
            raise
        return count

    def rebuild(self, progress: Progress = lambda done: None, *, cursor: str = "") -> int:
        """Loads everything into a new generation and swaps. `cursor` is where the feed stood *before* this began."""
        return self.index.rebuild(self._everything(progress), words=self._words(), cursor=cursor)

    def _everything(self, progress: Progress) -> Iterator[Doc]:
        done = 0
        for some in _batches(self._ids()):
            yield from self._load(some)
            done += len(some)
            progress(done)


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while some := list(islice(remaining, BATCH)):
        yield some
