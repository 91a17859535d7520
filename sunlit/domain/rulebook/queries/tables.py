"""Decision tables asked: which rows hold for the facts of a case, in a region on a day; and what that means for the method of a purchase."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from sunlit.domain.rulebook.queries import book
from sunlit.domain.rulebook.rules import NO_RULE, Rule_, Ruling, Verdict
from sunlit.domain.rulebook.rules import tables as language
from sunlit.domain.rulebook.rules.documents import CHECK, DocumentCheck
from sunlit.domain.rulebook.rules.facts import METHODS, Facts, known
from sunlit.domain.rulebook.rules.tables import Examined
from sunlit.foundation.kernel.refusals import Problem, Refused

FIRST_ONLY: Final = frozenset({"sme.size"})
"""Tables of which the first row that holds is the answer; of all others every row that holds speaks."""


def decide(table: str, facts: Facts, *, region_path: str, on: date) -> list[Ruling]:
    """What the table says to the facts: a ruling for every row that holds, in the table's order; of a table of FIRST_ONLY the first alone.

    Refused: RUL-001 no such table, RUL-020 a fact that nobody knows, RUL-021 one that a row asks for is not told, RUL-022 not in its form.
    """
    return [it.ruling for it in examined(table, facts, region_path=region_path, on=on) if it.applies]


def examined(table: str, facts: Facts, *, region_path: str, on: date) -> list[Examined]:
    """Every row of the table held against the facts, in its order, with what was compared. Refused: as `decide`."""
    known(facts)
    found: list[Examined] = []
    for row in rows(table, region_path=region_path, on=on):
        found.append(language.examine(row, facts, partial(_figure, region_path=region_path, on=on)))
        if table in FIRST_ONLY and found[-1].applies:
            break
    return found


def rows(table: str, *, region_path: str, on: date) -> list[Rule_]:
    """The rows of a table in force, in its order. Refused: RUL-001 there is none."""
    found = [row for row in book.kinds_of(table, region_path=region_path, on=on) if row.unit == language.ROW]
    if not found:
        raise Refused(Problem(NO_RULE, {"key": table, "region": region_path, "day": on}))
    return sorted(found, key=lambda row: (row.value["order"], row.kind))


def conditions(row: Rule_, *, region_path: str, on: date) -> list[str]:
    """The conditions of a row for people, in the active language; empty for a rule that is no row of a table."""

    def named(limit: language.Limit) -> str:
        kinds = book.kinds_of(limit.key, region_path=region_path, on=on)
        found = next((it for it in kinds if it.kind == limit.kind), next(iter(kinds), None))
        return limit.key if found is None else found.name

    return [it.shown(named) for it in language.read(row.value["when"])] if row.unit == language.ROW else []


def document_checks(*, region_path: str, on: date) -> list[DocumentCheck]:
    """What the wording of a demand or document is looked through for, by identity. Empty before the pack tells any."""
    found = book.kinds_of("document.check", region_path=region_path, on=on)
    return [DocumentCheck(rule) for rule in found if rule.unit == CHECK]


@dataclass(frozen=True)
class MethodChoice:
    """What the law says about buying by one method: whether it may, on which of the grounds told, what must happen first, and why."""

    method: str
    lawful: bool
    grounds: tuple[str, ...]  # of those told, the ones that carry it
    needs: tuple[str, ...]  # what comes first: approval, public_notice, filing, review …
    approver: str  # whose approval, "" when none is needed
    rulings: tuple[Ruling, ...]  # every row that holds
    other_grounds: tuple[str, ...]  # that would carry it, were they so

    @property
    def name(self) -> str:
        return str(METHODS[self.method])

    @property
    def verdict(self) -> Verdict:
        """Allowed, warned (lawful when something comes first) or refused."""
        if not self.lawful:
            return Verdict.REFUSED
        return Verdict.WARNED if self.needs else Verdict.ALLOWED


def lawful_methods(facts: Facts, *, region_path: str, on: date) -> list[MethodChoice]:
    """Every method and whether it is lawful for the purchase (table `method.lawful`): facts object, amount, in_catalogue, grounds; added
    and original with the ground add_on. A method is lawful when a row permits it and none forbids it. Refused: as `decide`."""
    seen = examined("method.lawful", facts, region_path=region_path, on=on)
    return [_choice(method, [it for it in seen if method in it.outcome["method"]]) for method in METHODS]


def _choice(method: str, seen: list[Examined]) -> MethodChoice:
    holding = [it for it in seen if it.applies]
    conditions = [it for it in holding if "needs" in it.outcome]
    speaking = [it for it in holding if "needs" not in it.outcome]
    verdicts = [it.rule.value["verdict"] for it in speaking]
    lawful = Verdict.ALLOWED in verdicts and Verdict.REFUSED not in verdicts
    carried = _words((it for it in speaking if it.rule.value["verdict"] == Verdict.ALLOWED), "ground")
    asked = [it for it in conditions if lawful and _concerns(it, carried)]
    return MethodChoice(
        method=method,
        lawful=lawful,
        grounds=carried if lawful else (),
        needs=_words(asked, "needs"),
        approver="".join(_words(asked, "approver")[:1]),
        rulings=tuple(it.ruling for it in (*speaking, *asked)),
        other_grounds=tuple(word for word in _words((it for it in seen if not it.applies), "ground") if word not in carried),
    )


def _concerns(row: Examined, carried: tuple[str, ...]) -> bool:
    """A condition of a ground concerns only who relies on that ground alone."""
    return not row.outcome.get("ground") or (bool(carried) and set(carried) <= set(row.outcome["ground"]))


def _words(seen: Iterable[Examined], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for it in seen for word in it.outcome.get(name, ())))


def _figure(key: str, kind: str, *, region_path: str, on: date) -> Rule_:
    return book.rule(key, region_path=region_path, kind=kind, on=on)
