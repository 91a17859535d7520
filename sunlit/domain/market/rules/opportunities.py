"""When a purchase fits a supplier, and what a subscription may say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason

SUBSCRIPTIONS_MOST: Final = 20  # of one person
VALUES_MOST: Final = 60  # of one condition
WORD_CHARS: Final = 40
DRAFT_CHARS: Final = 20_000
DRAFTED: Final = ("quotation", "framework", "calloff", "batch")  # whose answers can be begun and continued
PAPERS: Final[Mapping[str, tuple[str, ...]]] = {"framework": ("proof",)}  # the files that answers have, by their field
PAPERS_MOST: Final = 20  # of one supplier, in all its drafts

NO_CONDITION = Reason("OPP-001", _("Set at least one condition: a kind, a category, a region or a word."))
UNKNOWN_VALUE = Reason("OPP-002", _("“{value}” is not known here."))
TOO_MANY_VALUES = Reason("OPP-003", _("At most {most} values; there are {count}."))
WORD_LONG = Reason("OPP-004", _("A word has at most {most} characters: “{word}”."))
TOO_MANY = Reason("OPP-005", _("You have {most} subscriptions already: stop one of them first."), CONFLICT)
DRAFT_LATE = Reason("OPP-010", _("{number} is not open to be answered now: a draft cannot be saved."), CONFLICT)
DRAFT_CHANGED = Reason("OPP-011", _("The draft was saved elsewhere meanwhile: reload the page to see how it stands now."), CONFLICT)
DRAFT_LONG = Reason("OPP-012", _("The draft says too much to be kept: at most {most} characters."))
DRAFT_PAPERS = Reason("OPP-013", _("Your drafts keep {most} files already: hand one in or discard it first."), CONFLICT)


@dataclass(frozen=True)
class Wanted:
    """The conditions of a subscription; an empty one asks nothing."""

    modes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What is known of a purchase that suppliers may answer: its words are its title and the names of what it asks for."""

    mode: str
    region_path: str
    categories: tuple[str, ...]
    words: str


def under(code: str, codes: Collection[str]) -> bool:
    """The category is one of these or below one of them: the codes of the catalogue grow with their depth."""
    return any(code.startswith(one) for one in codes if one)


def touches(code: str, codes: Collection[str]) -> bool:
    """The category is one of these, below one or above one."""
    return any(code.startswith(one) or one.startswith(code) for one in codes if one)


def met_by(wanted: Wanted, told: Told) -> bool:
    """Every condition that is set is met."""
    place, words = told.region_path.split("/"), told.words.casefold()
    return (
        (not wanted.modes or told.mode in wanted.modes)
        and (not wanted.categories or any(under(code, wanted.categories) for code in told.categories))
        and (not wanted.regions or not set(wanted.regions).isdisjoint(place))
        and (not wanted.words or any(word.casefold() in words for word in wanted.words))
    )


def problems_of(wanted: Wanted, *, modes: Collection[str], categories: Collection[str], regions: Collection[str]) -> Iterator[Problem]:
    """What speaks against a subscription, at its fields; the collections are what is known."""
    if not (wanted.modes or wanted.categories or wanted.regions or wanted.words):
        yield Problem(NO_CONDITION, on="words")
    for name, values, known in (
        ("modes", wanted.modes, modes),
        ("category_codes", wanted.categories, categories),
        ("regions", wanted.regions, regions),
    ):
        yield from (Problem(UNKNOWN_VALUE, {"value": value[:WORD_CHARS]}, on=name) for value in values if value not in known)
        yield from _too_many(name, values)
    yield from _too_many("words", wanted.words)
    yield from (
        Problem(WORD_LONG, {"most": WORD_CHARS, "word": word[:WORD_CHARS]}, on="words") for word in wanted.words if len(word) > WORD_CHARS
    )


def words_in(text: str) -> tuple[str, ...]:
    """The words of one field: apart by commas, semicolons or lines, each once."""
    for mark in "，、；;\n\r":
        text = text.replace(mark, ",")
    return tuple(dict.fromkeys(filter(None, (" ".join(part.split()) for part in text.split(",")))))


def _too_many(name: str, values: Iterable[str]) -> Iterator[Problem]:
    count = len(tuple(values))
    if count > VALUES_MOST:
        yield Problem(TOO_MANY_VALUES, {"most": VALUES_MOST, "count": count}, on=name)
