"""What a worked case is, what an evaluator is handed, and the evaluators by family."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sunlit.domain.rulebook import pack, queries
from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation.kernel.refusals import Refused

WAN: Final = 10_000
Answers = Mapping[str, Any]


class NotCovered(Exception):
    """The evaluator cannot say anything about this case."""


@dataclass(frozen=True)
class Case:
    """One worked case: what is given, and what should come out."""

    id: str
    topic: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]

    @property
    def family(self) -> str:
        return self.id.partition("-")[0].upper()

    @property
    def words(self) -> str:
        """Everything that the case says of its subject, for finding the topic."""
        told = [self.topic, *(str(it) for name, it in self.given.items() if name in ("topic", "note", "event", "kind", "method", "rule"))]
        return " ".join(told).casefold()

    def has(self, *names: str) -> bool:
        return any(name in self.given for name in names)

    def asks(self, *names: str) -> bool:
        return any(name in self.expect for name in names)

    def first(self, *names: str) -> Any:
        """The first of these that is given and not null, else None."""
        return next((self.given[name] for name in names if self.given.get(name) is not None), None)

    def number(self, *names: str) -> Fraction | None:
        """The first of these figures, exactly; the same name with `_wan` is told in ten thousands of yuan."""
        for name in names:
            if self.given.get(name) is not None:
                return exact(self.given[name])
            if self.given.get(f"{name}_wan") is not None:
                return exact(self.given[f"{name}_wan"]) * WAN
        return None

    def share(self, *names: str) -> Fraction | None:
        """The first of these shares as a fraction of one, told as 0.2, 20 or "20%"."""
        told = self.first(*names)
        if told is None:
            return None
        if isinstance(told, str) and told.strip().endswith("%"):
            return exact(told.strip()[:-1]) / 100
        figure = exact(told)
        return figure / 100 if figure > 1 else figure

    def yes(self, *names: str) -> bool:
        return any(bool(self.given.get(name)) for name in names)


@dataclass
class Book:
    """The rulebook as it stands on a day in a region, remembering which versions were used."""

    region: str
    on: date
    used: list[str] = field(default_factory=list)

    def forget(self) -> None:
        self.used.clear()

    def rule(self, key: str, *, kind: str = "", on: date | None = None) -> Rule_:
        return self.note(queries.rule(key, kind=kind, region_path=self.region, on=on or self.on))

    def rule_of(self, region: str, key: str) -> Rule_:
        """A rule of a region that this platform may not serve: then as the pack tells it."""
        try:
            return self.note(queries.rule(key, region_path=region, on=self.on))
        except Refused:
            told = next((it for it in pack.read().rules if (it.key, it.region) == (key, region) and it.since <= self.on), None)
            if told is None:
                raise
        return self.note(_as_told(told))

    def note(self, rule: Rule_) -> Rule_:
        name = f"{rule.key} since {rule.since}"
        if name not in self.used:
            self.used.append(name)
        return rule


Evaluator = Callable[[Case, Book], Answers]


@dataclass(frozen=True)
class Family:
    """An evaluator, and the words by which a case under another number shows that it is of its subject."""

    evaluate: Evaluator
    subject: re.Pattern[str]

    def knows(self, case: Case) -> bool:
        return self.subject.search(case.words) is not None


FAMILIES: dict[str, Family] = {}


def family(*prefixes: str, subject: str) -> Callable[[Evaluator], Evaluator]:
    """Register the evaluator of the cases whose number begins so, or whose words tell of its subject."""

    def register(evaluate: Evaluator) -> Evaluator:
        for prefix in prefixes:
            FAMILIES[prefix] = Family(evaluate, re.compile(subject))
        return evaluate

    return register


def exact(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str | Fraction):
        raise TypeError(f"{value!r} is no figure")
    return Fraction(value.replace(",", "") if isinstance(value, str) else value)


def named(names: str, value: Any) -> dict[str, Any]:
    """One answer under each of the names by which cases ask for it."""
    return dict.fromkeys(names.split(), value)


def _as_told(told: pack.PackRule) -> Rule_:
    shown = {name: getattr(told, name) for name in ("key", "kind", "value", "unit", "allowed", "binding", "name_zh", "name_en", "source")}
    more = {name: getattr(told, name) for name in ("article", "evidence", "note", "since", "until")}
    return Rule_(id=0, region_path=told.region, region_zh="", region_en="", pack=pack.read().version, set_by="", **shown, **more)
