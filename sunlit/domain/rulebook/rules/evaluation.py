"""What the law says about bids, in figures: price scores, deductions, abnormally low prices, committees. Pure and exact; nothing is rounded here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.book import Rule_, Ruling, judge
from sunlit.foundation.kernel.refusals import Reason

NOT_DOMESTIC = Reason("RUL-044", _("Domestic products are {share} of the cost, {least} are needed: no deduction."))
NO_COMPETITION = Reason("RUL-045", _("All bids offer domestic products: nobody gets a deduction for them."))
RATE_OUT_OF_RANGE = Reason("RUL-046", _("A deduction of {rate} lies outside the range {range}."))
PARTNER_TOO_SMALL = Reason("RUL-047", _("Small and micro enterprises take {share} of the contract, {least} are needed: no deduction."))
FOR_SME_ALONE = Reason("RUL-048", _("Only small and medium enterprises take part: nobody gets a deduction for it."))
TOO_LOW = Reason("RUL-049", _("The bid of {bid} is below {line}, which is {percent} of {base}: ask for an explanation in writing."))

HUNDRED: Final = 100
Number = int | Decimal | Fraction


def price_scores(prices: Sequence[Fraction], weight: Fraction) -> list[Fraction]:
    """The lowest price gets all points, the others their share: P0 / price x weight (87号令 art. 55). The extremes are never left out."""
    lowest = base_price(prices)
    return [lowest / price * weight for price in prices]


def base_price(prices: Sequence[Fraction]) -> Fraction:
    assert min(prices) > 0, "a price is positive"
    return min(prices)


# Deductions (RULES 3.6)


@dataclass(frozen=True)
class Offered:
    """A bid as it is priced for the evaluation. Shares and rates are fractions of one; the contract is always at `price`."""

    price: Fraction
    domestic_share: Fraction = Fraction(0)  # of the cost of all products
    sme_rate: Fraction = Fraction(0)  # which the document promises to small and micro enterprises, or to those who take them along
    partner_share: Fraction | None = (
        None  # what small and micro enterprises take of a consortium or as subcontractors; none: the bidder is one
    )
    green: tuple[tuple[Fraction, Fraction], ...] = ()  # the amount of items with priority, and the rate the document promises


@dataclass(frozen=True)
class Deductible:
    """The rows of the rulebook that deductions are judged by."""

    domestic: Rule_
    domestic_share: Rule_
    small: Rule_  # of goods and services, or of works
    partner: Rule_
    partner_share: Rule_


@dataclass(frozen=True)
class Deduction:
    """One line of the trace: for which policy, from which amount, at which rate, and the ruling that gives or denies it."""

    policy: str
    basis: Fraction
    rate: Fraction
    ruling: Ruling | None

    @property
    def amount(self) -> Fraction:
        return self.basis * self.rate


def deductions(bid: Offered, rules: Deductible, *, both_kinds: bool = True, sme_only: bool = False) -> list[Deduction]:
    """What is deducted for the evaluation alone, each from the original bid. `both_kinds`: domestic and other products compete for the package."""
    found = [_domestic(bid, rules, both_kinds)] if bid.domestic_share else []
    if bid.sme_rate:
        found.append(_small(bid, rules, sme_only))
    return found + [Deduction("green", amount, rate, None) for amount, rate in bid.green]


def rulings_of(found: Sequence[Deduction]) -> list[Ruling]:
    return [it.ruling for it in found if it.ruling is not None]


def evaluation_price(bid: Offered, found: Sequence[Deduction]) -> Fraction:
    return bid.price - sum((it.amount for it in found), Fraction(0))


def is_domestic(bid: Offered, rules: Deductible) -> bool:
    return bid.domestic_share >= Fraction(rules.domestic_share.share)


def _domestic(bid: Offered, rules: Deductible, both_kinds: bool) -> Deduction:
    """国办发〔2025〕34号: the whole bid, once domestic products are four fifths of the package's cost and others compete."""
    if not is_domestic(bid, rules):
        told = {"share": percent(bid.domestic_share), "least": rules.domestic_share.shown}
        return Deduction("domestic", bid.price, Fraction(0), judge(rules.domestic_share, False, False, NOT_DOMESTIC, told))
    rate = Fraction(rules.domestic.share) if both_kinds else Fraction(0)
    return Deduction("domestic", bid.price, rate, judge(rules.domestic, both_kinds, False, NO_COMPETITION, {}))


def _small(bid: Offered, rules: Deductible, sme_only: bool) -> Deduction:
    """财库〔2022〕19号: at the rate of the document, which lies in the range of the law."""
    partner = bid.partner_share is not None
    rule = rules.partner if partner else rules.small
    if sme_only:
        return Deduction("sme", bid.price, Fraction(0), judge(rule, False, False, FOR_SME_ALONE, {}))
    if bid.partner_share is not None and bid.partner_share < Fraction(rules.partner_share.share):
        told = {"share": percent(bid.partner_share), "least": rules.partner_share.shown}
        return Deduction("sme", bid.price, Fraction(0), judge(rules.partner_share, False, False, PARTNER_TOO_SMALL, told))
    fits = Fraction(rule.low) / HUNDRED <= bid.sme_rate <= Fraction(rule.high) / HUNDRED
    told = {"rate": percent(bid.sme_rate), "range": rule.shown}
    return Deduction("sme", bid.price, bid.sme_rate if fits else Fraction(0), judge(rule, fits, True, RATE_OUT_OF_RANGE, told))


def ranked(prices: Mapping[str, Fraction]) -> list[str]:
    """By evaluation price, the lowest first; equal ones in the order in which they were handed in."""
    return sorted(prices, key=lambda name: prices[name])


# Abnormally low prices (财库〔2026〕2号): the original bids of those that conform, strictly below


@dataclass(frozen=True)
class LowLines:
    """The rows of the three lines: of the mean, of the second-lowest bid, of the ceiling."""

    mean: Rule_
    second: Rule_
    ceiling: Rule_
    most: Rule_  # how far the buyer may raise them


def raised(rule: Rule_, lines: LowLines, share: Fraction | None) -> Fraction:
    """The share of the row, or the higher one that the document sets, up to what the law allows."""
    own = Fraction(rule.share)
    return own if share is None else min(max(own, share), Fraction(lines.most.share))


def low_against_mean(bid: Fraction, bids: Sequence[Fraction], lines: LowLines, share: Fraction | None = None) -> Ruling:
    return _low(lines.mean, bid, sum(bids, Fraction(0)) / len(bids), raised(lines.mean, lines, share))


def low_against_second(bids: Sequence[Fraction], lines: LowLines, share: Fraction | None = None) -> Ruling | None:
    """The lowest bid against the second lowest; none where only one conforms."""
    if len(bids) < 2:
        return None
    lowest, second, *_more = sorted(bids)
    return _low(lines.second, lowest, second, raised(lines.second, lines, share))


def low_against_ceiling(bid: Fraction, ceiling: Fraction, lines: LowLines, share: Fraction | None = None) -> Ruling:
    """`ceiling`: of the package, or where there is none its budget."""
    return _low(lines.ceiling, bid, ceiling, raised(lines.ceiling, lines, share))


def _low(rule: Rule_, bid: Fraction, base: Fraction, share: Fraction) -> Ruling:
    told = {"bid": plainly(bid), "base": plainly(base), "percent": percent(share), "line": plainly(base * share)}
    return judge(rule, bid >= base * share, False, TOO_LOW, told)


# Committees (87号令 art. 47, 74号令 art. 7)


@dataclass(frozen=True)
class Seats:
    """How many sit at least, an odd number, and how many of them are experts."""

    size: int
    experts: int


def seats(size: Rule_, expert_share: Rule_, *, sit: int = 0) -> Seats:
    """The least committee by the row, or, where `sit` people are named, how many of them must be experts."""
    people = max(sit, size.n)
    return Seats(people, ceil(people * Fraction(expert_share.n, THIRDS)))


def is_well_seated(sit: int, experts: int, size: Rule_, expert_share: Rule_) -> bool:
    """Large enough, odd, and with enough experts."""
    return sit >= size.n and sit % 2 == 1 and experts >= seats(size, expert_share, sit=sit).experts


THIRDS: Final = 3


# For people


def percent(share: Fraction) -> str:
    """0.7272… as 72.73 %."""
    return f"{plainly(share * HUNDRED)}%"


def plainly(number: Fraction) -> str:
    """Two places at most, no idle noughts."""
    told = f"{Decimal(number.numerator) / Decimal(number.denominator):.2f}"
    return told.rstrip("0").rstrip(".")
