"""Rules about the wording of demands and documents (RULES 4.5): rows of `document.check` that look for words and tell the author. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sunlit.domain.rulebook.rules.book import Rule_, chinese

CHECK: Final = "check"  # the unit of such a rule
GAP_CHARS: Final = 20  # how much may stand where a pattern has …
FOUND_MOST: Final = 20  # places told of one rule in one text
_SENTENCE: Final = re.compile(r"[^。；;！？!?\n]+")
_FORBIDDEN: Final = re.compile(r"(不得|不限|不应|不能|不可|不要求|不需要|不以|不将|不作为|无需|禁止|严禁)[^，,]{0,12}$")
_DIGITS: Final = "0-9０-９一二三四五六七八九十百千万两"


@dataclass(frozen=True)
class Found:
    """Words that a check found: what, and where in the text."""

    words: str
    start: int
    end: int


@dataclass(frozen=True)
class DocumentCheck:
    """One check: where it applies (qualification, score, technical, contract, evidence), what it looks for, and what it says to the author.

    A pattern is plain words; … stands for up to GAP_CHARS characters of the same sentence, # for a number. A sentence with a word of `unless`
    is left alone, and so is what the sentence itself forbids (“不得要求 …”).
    """

    rule: Rule_

    @property
    def id(self) -> str:
        return self.rule.kind

    @property
    def areas(self) -> tuple[str, ...]:
        return tuple(self.rule.value["areas"])

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(self.rule.value["patterns"])

    @property
    def unless(self) -> tuple[str, ...]:
        return tuple(self.rule.value.get("unless", ()))

    @property
    def priority(self) -> str:
        return str(self.rule.value["priority"])

    @property
    def sentence(self) -> str:
        """For the author, in the active language."""
        return str(self.rule.value["zh" if chinese() else "en"])

    def found_in(self, text: str) -> list[Found]:
        """Every place of the text that the check remarks on, at most FOUND_MOST, in order."""
        return [it for it, _number in zip(self._found(text), range(FOUND_MOST), strict=False)]

    def _found(self, text: str) -> Iterator[Found]:
        """By sentence; without patterns nothing is found: such a check rests on figures alone."""
        sentences = _SENTENCE.finditer(text) if self.patterns else ()
        for sentence in sentences:
            if not any(word in sentence[0] for word in self.unless):
                for it in _compiled(self.patterns).finditer(sentence[0]):
                    if not _FORBIDDEN.search(sentence[0][: it.start()]):
                        yield Found(it[0], sentence.start() + it.start(), sentence.start() + it.end())


def readable(pattern: str) -> bool:
    """A pattern begins and ends with words or a number, so that it never matches emptiness."""
    return bool(pattern.strip()) and not pattern.startswith("…") and not pattern.endswith("…")


@lru_cache(maxsize=500)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(patterns, key=len, reverse=True)
    return re.compile("|".join("".join(_parts(pattern)) for pattern in longest_first))


def _parts(pattern: str) -> Iterator[str]:
    for letter in pattern:
        if letter == "…":
            yield f"[^。；;\n]{{0,{GAP_CHARS}}}?"
        elif letter == "#":
            yield f"[{_DIGITS}]{{1,12}}"
        else:
            yield re.escape(letter)
