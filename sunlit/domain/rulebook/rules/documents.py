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


@dataclass(frozen=True)
class Found:
    """Words that a check found: what, and where in the text."""

    words: str
    start: int
    end: int


@dataclass(frozen=True)
class DocumentCheck:
    """One check: where it applies (qualification, score, technical, contract, evidence), what it looks for, and what it says to the author.

    A pattern is plain words; … stands for up to GAP_CHARS characters of the same sentence, # for a number.
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
    def priority(self) -> str:
        return str(self.rule.value["priority"])

    @property
    def sentence(self) -> str:
        """For the author, in the active language."""
        return str(self.rule.value["zh" if chinese() else "en"])

    def found_in(self, text: str) -> list[Found]:
        """Every place of the text that the check remarks on, at most FOUND_MOST, in order."""
        places = (Found(it[0], it.start(), it.end()) for it in _compiled(self.patterns).finditer(text))
        return [it for it, _number in zip(places, range(FOUND_MOST), strict=False)]


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
            yield r"\d{1,12}"
        else:
            yield re.escape(letter)
