"""Figures of framework agreements, cooperative innovation and agencies' credit. Pure and exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sunlit.domain.rulebook.rules.book import Rule_


def eliminated(responses: int, share: Rule_, least: Rule_) -> int:
    """How many conforming responses drop out of stage one of a framework at least (110号令)."""
    return max(least.n, ceil(responses * Fraction(share.share)))


def may_be_refilled(remaining: int, original: int, below: Rule_, *, performance_suffers: bool = True) -> bool:
    """A framework may look for further suppliers once so few are left that performance suffers (110号令)."""
    return performance_suffers and Fraction(remaining, original) < Fraction(below.share)


def is_split(amounts: Sequence[Fraction], line: Fraction, share: Rule_, *, excused: bool = False) -> bool:
    """条例 art. 28: bought of one category from one budget project in a year by other methods than open tender, together above its line."""
    return not excused and sum(amounts, Fraction(0)) > line * Fraction(share.share)


def compensation(costs: Mapping[str, Fraction], rate: Fraction, reimbursable: Rule_) -> Fraction:
    """What the buyer pays of the cost of research: the agreed rate of what may be reimbursed; an incentive fee may not (财库〔2024〕13号)."""
    return rate * sum((amount for name, amount in costs.items() if name in reimbursable.words), Fraction(0))


@dataclass(frozen=True)
class AgencyParts:
    """An agency's points before anything is deducted."""

    integrity: Fraction
    performance: Fraction
    knowledge: Fraction
    base: Fraction
    bonus: Fraction


@dataclass(frozen=True)
class AgencyLines:
    """Fujian 2024: from which deduction the part for performance is halved and lost, and the grades."""

    halved_from: Rule_
    lost_from: Rule_
    integrity_floor: Rule_
    a_plus: Rule_
    a: Rule_
    b: Rule_


def agency_score(parts: AgencyParts, deducted: Fraction, lines: AgencyLines) -> Fraction:
    """Points after deductions. Where performance is lost we take it that the bonus is too: the province's text is still to be read."""
    if deducted >= lines.lost_from.n:
        performance, bonus = Fraction(0), Fraction(0)
    else:
        performance, bonus = parts.performance / (2 if deducted >= lines.halved_from.n else 1), parts.bonus
    return parts.integrity - deducted + performance + parts.knowledge + parts.base + bonus


def agency_grade(total: Fraction, integrity: Fraction, deducted: Fraction, lines: AgencyLines) -> str:
    """A+, A, B or C; with a minus once integrity has fallen below its floor."""
    if total >= lines.a_plus.n:
        grade = "A+"
    elif total > lines.a.n and not deducted:
        grade = "A"
    else:
        grade = "B" if total >= lines.b.n else "C"
    return f"{grade}-" if integrity - deducted < lines.integrity_floor.n and grade in "ABC" else grade
