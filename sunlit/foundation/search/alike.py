"""Words that mean the same: a question for one also finds the other. Applied when a question is asked, so that a change holds at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from .segmentation import HEARD_FROM, Phrase, Segmenter, Word, bare

MEANINGS_MAX = 8
"""Other words that one word of a question is also looked for by."""


@dataclass(frozen=True, eq=False)
class Thesaurus:
    """`means` tells of each word, without spaces and marks, what is meant by it too."""

    means: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    longest: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Each pair is a word and what it also means. What holds both ways is told both ways. In pinyin the word means itself too."""
        means: dict[str, dict[str, None]] = {}
        plain = Segmenter()
        for word, meaning in pairs:
            written, *sounds = plain.spellings(word) or [""]
            means.setdefault(written, {})[meaning] = None
            for sound in sounds:
                if len(sound) >= HEARD_FROM:
                    means.setdefault(sound, {}).update({word: None, meaning: None})
        known = {word: tuple(told)[:MEANINGS_MAX] for word, told in means.items() if word}
        return cls(known, max(map(len, known), default=0))

    def meanings(self, text: str) -> tuple[str, ...]:
        """What the whole of this text also means."""
        return self.means.get(bare(text), ())

    def widen(self, phrases: Sequence[Phrase], segmenter: Segmenter) -> list[Phrase]:
        """The phrases of a question with what they also mean beside them. The longest run of words that is known counts;
        it may go across phrases (`a4纸`), and what is left of a phrase stays one."""
        words = [(word, place) for place, phrase in enumerate(phrases) for word in phrase.words]
        widened: list[Phrase] = []
        start = 0
        for first, end, meanings in self._known(words):
            widened += _left(phrases, words[start:first], segmenter)
            run = tuple(word for word, _place in words[first:end])
            widened.append(Phrase(run, segmenter.sound(run), tuple(filter(None, (_cut(meaning, segmenter) for meaning in meanings)))))
            start = end
        return widened + _left(phrases, words[start:], segmenter)

    def _known(self, words: Sequence[tuple[Word, int]]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Where a known run of words begins and ends, and what it means."""
        first = 0
        while first < len(words):
            end = self._end_of_longest(words, first)
            if end > first:
                yield first, end, self.means["".join(word.text for word, _place in words[first:end])]
            first = max(end, first + 1)

    def _end_of_longest(self, words: Sequence[tuple[Word, int]], first: int) -> int:
        text, found = "", first
        for end, (word, _place) in enumerate(words[first:], first + 1):
            text += word.text
            if len(text) > self.longest:
                break
            if text in self.means:
                found = end
        return found


NOTHING_ALIKE = Thesaurus()


def _left(phrases: Sequence[Phrase], words: Sequence[tuple[Word, int]], segmenter: Segmenter) -> list[Phrase]:
    """The words that nothing is known of, in the phrases they came from."""
    kept: dict[int, list[Word]] = {}
    for word, place in words:
        kept.setdefault(place, []).append(word)
    whole = {place: len(some) == len(phrases[place].words) for place, some in kept.items()}
    return [phrases[place] if whole[place] else Phrase(tuple(some), segmenter.sound(some)) for place, some in kept.items()]


def _cut(meaning: str, segmenter: Segmenter) -> tuple[Word, ...]:
    return tuple(word for phrase in segmenter.question(meaning) for word in phrase.words)
