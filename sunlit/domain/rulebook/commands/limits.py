"""The evaluator of cases about shares of an amount: bonds, supplements, add-ons, prepayment, the rise of a cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sunlit.domain.rulebook.commands.cases import WAN, Answers, Book, Case, NotCovered, exact, family, named


@dataclass(frozen=True)
class Limit:
    """What a topic is called, the row that limits it, and how cases name the figure that is limited."""

    words: re.Pattern[str]
    key: str
    names: tuple[str, ...]
    grows: bool = False  # what is told is the new total, of which the rise counts


BASES: Final = ("budget", "contract", "contract_amount", "original", "original_contract", "amount", "purchase", "first_purchase")
ADDED: Final = ("supplement", "supplements", "added", "add_on", "addon", "addition", "additions", "extra")
LIMITS: Final = (  # the first that fits holds
    Limit(re.compile(r"perform\w* (bond|guarantee)|履约保证金"), "NR-002", ("bond", "performance_bond", "guarantee")),
    Limit(
        re.compile(r"(bid|tender|negotiation|consultation) (bond|guarantee)|(投标|谈判|磋商)保证金"),
        "NR-001",
        ("bond", "bid_bond", "guarantee"),
    ),
    Limit(re.compile(r"emergency.*(add|supplement)|紧急.*(添购|追加)"), "NR-005", ADDED),
    Limit(re.compile(r"add-?\s?on|additional purchase|single.source.*add|添购"), "NR-004", ADDED),
    Limit(re.compile(r"supplement(?!ary solicit)|补充合同"), "NR-003", ADDED),
    Limit(re.compile(r"prepay|advance payment|预付"), "NR-052", ("prepayment", "advance", "paid")),
    Limit(
        re.compile(r"cost (rise|increase)|rise of (the )?cost|成本上浮"), "NR-053", ("new", "new_cost", "final", "final_cost"), grows=True
    ),
)


@family("NR", "LM", subject="|".join(f"({it.words.pattern})" for it in LIMITS))
def limits(case: Case, book: Book) -> Answers:
    """At most or at least a share of an amount, all that was added before counted together (法 49, 条例 33, 48, 财库〔2024〕13号)."""
    limit = next((it for it in LIMITS if it.words.search(case.words)), None)
    base = case.number(*BASES)
    if limit is None or base is None:
        raise NotCovered("no limit is known by this topic, or no amount is given")
    rule = book.rule(limit.key)
    line, least = base * Fraction(rule.share), rule.op == ">="
    bound = "min" if least else "max"
    answers = named(f"{bound} limit {bound}_amount allowed_{bound} " + " ".join(f"{bound}_{name}" for name in limit.names), line)
    answers |= {f"{name}_wan": value / WAN for name, value in answers.items()}
    total = _total(case, limit)
    if total is None:
        return answers
    counted = total - base if limit.grows else total
    ok = counted >= line if least else counted <= line
    answers |= named("ok lawful valid allowed compliant", ok) | named("violation refused too_much", not ok)
    return {**answers, **named("share ratio", counted / base), **_in_unit_of(case, limit, counted)}


def _total(case: Case, limit: Limit) -> Fraction | None:
    """What is told under one of the names, several figures together."""
    for name in limit.names:
        for told, unit in ((case.given.get(name), 1), (case.given.get(f"{name}_wan"), WAN)):
            if told is not None:
                return sum((exact(it) for it in (told if isinstance(told, list) else [told])), Fraction(0)) * unit
    return None


def _in_unit_of(case: Case, limit: Limit, counted: Fraction) -> Answers:
    wan = any(case.has(f"{name}_wan") for name in limit.names)
    return named("total sum", counted / WAN if wan else counted) | {"total_wan": counted / WAN}
