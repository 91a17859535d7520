"""Decision tables: rules that say when they apply, in a language that a lawyer can read. Pure.

A row's conditions are separated by semicolons and must all hold; "or" is another row. For instance

    object is goods, services; amount >= rule threshold.open_tender by object
    grounds has none of limited_range, tender_too_costly
    grounds has add_on; added > rule NR-004 of original
    industry is RETAIL; staff >= 300; revenue >= 20000万
    disabled_staff >= 25% of staff

`rule KEY` is the figure of another rule as it stands in the region on the day (`by FACT` or `for WORD`: its kind; `of FACT`: that share of it).
Conditions are asked from left to right, and a fact is wanted only when those before it hold.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.book import ROW_SAYS, Rule_, Ruling, Verdict, fill, may_refuse
from sunlit.domain.rulebook.rules.facts import FACTS, Facts, told
from sunlit.foundation.kernel import money
from sunlit.foundation.ledger.canonical import plain

ROW: Final = "row"  # the unit of a rule that is a row of a table
WAN: Final = 10_000

COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
CHOOSE: Final[Mapping[str, Callable[[Any, tuple[str, ...]], bool]]] = {
    "is": lambda value, words: value in words,
    "is not": lambda value, words: value not in words,
    "has": lambda value, words: set(words) <= set(value),
    "has any of": lambda value, words: bool(set(words) & set(value)),
    "has none of": lambda value, words: not set(words) & set(value),
}
SENTENCES: Final[Mapping[str, str | Promise]] = {
    "is": _("{fact}: {it}"),
    "is not": _("{fact}: not {it}"),
    "has": _("{fact} include {it}"),
    "has any of": _("{fact} include one of {it}"),
    "has none of": _("{fact} include none of {it}"),
    ">=": "{fact} ≥ {it}",
    "<=": "{fact} ≤ {it}",
    ">": "{fact} > {it}",
    "<": "{fact} < {it}",
    "=": "{fact} = {it}",
}
TRUTHS: Final = {"yes": True, "no": False}

_CONDITION: Final = re.compile(r"([a-z_]+) (>=|<=|>|<|=|is not|is|has any of|has none of|has) (\S.*)")
_RULE: Final = re.compile(r"rule (\S+)(?: by ([a-z_]+)| for (\S+))?(?: of ([a-z_]+))?")
_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?)% of ([a-z_]+)")
_FIGURE: Final = re.compile(r"(\d+(?:\.\d+)?)(万?)")


class Unreadable(ValueError):
    """The text is no condition of this language."""


@dataclass(frozen=True)
class Limit:
    """The figure of another rule: of a named kind or the one that a fact tells (`by`), and perhaps as a share of a fact (`of`)."""

    key: str
    by: str = ""
    kind: str = ""
    of: str = ""


@dataclass(frozen=True)
class Condition:
    """A fact, how it is compared, and with what: words or a truth, a figure, another fact (or a percentage of it), or the figure of a rule."""

    fact: str
    op: str
    words: tuple[str, ...] = ()
    figure: Decimal | None = None
    other: str = ""
    limit: Limit | None = None

    def shown(self, rule_name: Callable[[Limit], str]) -> str:
        """The condition for people, in the active language; the caller knows what the other rule is called."""
        fact = FACTS[self.fact]
        if self.words:
            it = "、".join(fact.shown(TRUTHS[word] if fact.form is bool else word) for word in self.words)
        elif self.limit:
            it = rule_name(self.limit) + (f" × {FACTS[self.limit.of].name}" if self.limit.of else "")
        elif self.other:
            it = (f"{self.figure:f}% × " if self.figure is not None else "") + str(FACTS[self.other].name)
        else:
            it = money.show(self.figure or money.ZERO) if fact.form is Decimal else f"{self.figure:,f}"
        return str(SENTENCES[self.op]).format(fact=fact.name, it=it)


@dataclass(frozen=True)
class Compared:
    """A condition held against the facts: the fact, what it was compared with, and the rule that gave the figure."""

    condition: Condition
    holds: bool
    fact: Any
    against: Any
    rule: Rule_ | None


@dataclass(frozen=True)
class Examined:
    """A row held against the facts: whether it applies, and what was compared, up to the first condition that does not hold."""

    rule: Rule_
    applies: bool
    compared: tuple[Compared, ...]

    @property
    def says(self) -> dict[str, str]:
        return {language: str(self.rule.value[language]) for language in ("zh", "en")}

    @property
    def outcome(self) -> dict[str, list[str]]:
        """What follows, in words that programs act upon: {"method": ["inquiry"], "needs": ["approval"]}."""
        return {name: list(words) for name, words in self.rule.value["then"].items()}

    @property
    def ruling(self) -> Ruling:
        """As a ruling. It refuses only when the row and every figure that it rests on may."""
        figures = {it.condition.fact: it.fact for it in self.compared}
        figures |= {f"{it.condition.fact}_limit": it.against for it in self.compared if it.rule is not None}
        used = tuple(it.rule for it in self.compared if it.rule is not None)
        verdict = Verdict(self.rule.value["verdict"])
        if verdict is Verdict.REFUSED and not all(map(may_refuse, (self.rule, *used))):
            verdict = Verdict.WARNED
        kept: dict[str, Any] = plain({name: sorted(it) if isinstance(it, set | frozenset) else it for name, it in figures.items()})
        return Ruling(
            verdict=verdict,
            key=self.rule.key,
            kind=self.rule.kind,
            rule_id=self.rule.id,
            since=self.rule.since,
            region_path=self.rule.region_path,
            code=ROW_SAYS.code,
            told=fill(self.says, kept),
            name_zh=self.rule.name_zh,
            name_en=self.rule.name_en,
            source=self.rule.source,
            article=self.rule.article,
            evidence=self.rule.evidence,
            figures=kept,
            says=self.says,
            outcome=self.outcome,
            used=tuple((rule.key, rule.id) for rule in used),
        )


Asked = Callable[[str, str], Rule_]
"""The version in force of a key and kind; refused (RUL-001) when there is none."""


def examine(row: Rule_, facts: Facts, ask: Asked) -> Examined:
    """Hold one row against the facts. Refused: RUL-021 a fact that it asks for is not told, RUL-022 not in its form."""
    compared: list[Compared] = []
    for condition in read(row.value["when"]):
        compared.append(_compared(condition, facts, ask, row.name))
        if not compared[-1].holds:
            return Examined(row, False, tuple(compared))
    return Examined(row, True, tuple(compared))


@lru_cache(maxsize=2000)
def read(text: str) -> tuple[Condition, ...]:
    """The conditions of a row; "" holds always. Raises Unreadable for what is not of this language or names no known fact."""
    return tuple(_condition(part.strip()) for part in text.split(";") if part.strip())


def _compared(condition: Condition, facts: Facts, ask: Asked, row: str) -> Compared:
    value = told(condition.fact, facts, row=row)
    if condition.words:
        words = condition.words
        holds = value in {TRUTHS[word] for word in words} if isinstance(value, bool) else CHOOSE[condition.op](value, words)
        return Compared(condition, holds, value, list(words), None)
    against, rule = _against(condition, facts, ask, row)
    return Compared(condition, COMPARE[condition.op](value, against), value, against, rule)


def _against(condition: Condition, facts: Facts, ask: Asked, row: str) -> tuple[Decimal | int, Rule_ | None]:
    """What the fact is compared with; amounts with two places, a share of an amount exactly."""
    if condition.other:
        whole = told(condition.other, facts, row=row)
        return (whole if condition.figure is None else _exact(condition.figure / 100 * whole)), None
    limit = condition.limit
    if limit is None:
        assert condition.figure is not None, "a condition compares with something"
        figure = condition.figure
        return (money.yuan(figure) if FACTS[condition.fact].form is Decimal else int(figure)), None
    rule = ask(limit.key, told(limit.by, facts, row=row) if limit.by else limit.kind)
    if limit.of:
        return _exact(rule.share * told(limit.of, facts, row=row)), rule
    return rule.amount, rule


def _exact(amount: Decimal) -> Decimal:
    """With two places where nothing is lost by it, so that it reads as money."""
    return amount.quantize(money.FEN) if amount == amount.quantize(money.FEN) else amount


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if not found or found[1] not in FACTS:
        raise Unreadable(text)
    name, op, right = found.groups()
    return _choice(name, op, right) if op in CHOOSE else _comparison(name, op, right)


def _choice(name: str, op: str, right: str) -> Condition:
    words, fact = tuple(word.strip() for word in right.split(",")), FACTS[name]
    wanted = {"is": (str, bool), "is not": (str,)}.get(op, (list,))
    if fact.form not in wanted or not set(words) <= set(TRUTHS if fact.form is bool else fact.choices):
        raise Unreadable(f"{name} {op} {right}")
    return Condition(name, op, words=words)


def _comparison(name: str, op: str, right: str) -> Condition:
    if FACTS[name].form not in (Decimal, int):
        raise Unreadable(f"{name} {op} {right}")
    if rule := _RULE.fullmatch(right):
        key, by, kind, of = (part or "" for part in rule.groups())
        if any(fact and fact not in FACTS for fact in (by, of)):
            raise Unreadable(right)
        return Condition(name, op, limit=Limit(key, by, kind, of))
    if figure := _FIGURE.fullmatch(right):
        return Condition(name, op, figure=Decimal(figure[1]) * (WAN if figure[2] else 1))
    if (share := _SHARE.fullmatch(right)) and FACTS.get(share[2]) and FACTS[share[2]].form in (Decimal, int):
        return Condition(name, op, figure=Decimal(share[1]), other=share[2])
    if right in FACTS and FACTS[right].form is FACTS[name].form:
        return Condition(name, op, other=right)
    raise Unreadable(right)
