"""The way of an order: which verbs it went through and when, and what each left in its row; deadlines are those of the rulebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sunlit.demo import deals
from sunlit.demo.bazhou.cells import CHINA, DAY, instant, seconds
from sunlit.demo.bazhou.sizes import DAYS
from sunlit.demo.deals import ALIVE, DELAYS, FATES, STANDS, WAYS
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.domain.market.states import orders as states
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation.kernel.clock import SHANGHAI, end_of_day

MONTHS = (6, 4, 8, 8, 9, 9, 7, 7, 12, 8, 15, 21)  # budgets are spent before they end
GROWTH = 0.6  # how much busier the end is than the beginning
ALIVE_PART = 0.045  # of all orders: those of the last weeks
TROUBLED_PART = 0.55  # ended otherwise than most, against the small region, which shows everything
FAR_MOST = 5  # working days that the way to the remote counties may add
BOUNCED = "收款账户户名与账号不符，银行退回。"
# The term that begins with a verb: the field and the rule.
TERMS: Mapping[str, tuple[str, str]] = {
    "request": ("answer_until", "order.approval_wait_limit"), "place": ("confirm_until", "order.supplier_confirm_limit"),
    "approve": ("confirm_until", "order.supplier_confirm_limit"), "confirm": ("deliver_until", "order.delivery_limit"),
    "ask_cancel": ("answer_until", "order.cancel_answer_limit"), "dispatch": ("receive_until", "order.receipt_limit"),
    "redeliver": ("receive_until", "order.receipt_limit"), "receive": ("accept_until", "order.acceptance_limit"), "accept": ("pay_until", "order.payment_limit"),
    "pay": ("rate_until", "order.rating_limit"), "reject": ("answer_until", "order.return_window"), "ask_return": ("answer_until", "order.return_answer_limit"),
    "ask_exchange": ("answer_until", "order.exchange_limit"),
}  # fmt: skip
STAMPS = (
    "placed_at", "approved_at", "confirm_until", "confirmed_at", "deliver_until", "dispatched_at", "receive_until", "received_at", "accept_until", "accepted_at", "invoiced_at",
    "pay_until", "paying_at", "paid_at", "rate_until", "rated_at", "answer_until", "ended_at",
)  # fmt: skip


@dataclass
class Course:
    """How far an order has come, as its row will tell it."""

    steps: list[tuple[str, int, str]] = field(default_factory=list)  # verb, moment, reason
    state: str = ""
    version: int = 0
    reason: str = ""
    stamps: dict[str, int | None] = field(default_factory=dict)

    def at(self, *verbs: str) -> int | None:
        """When one of the verbs was done last; None where it never was."""
        return next((moment for verb, moment, _reason in reversed(self.steps) if verb in verbs), None)


@dataclass(frozen=True)
class Start:
    """What is drawn before the basket: the fate, and when it begins in office minutes."""

    fate: str
    placed: int
    delays: Sequence[int]


class Terms:
    """When the periods of the rulebook end: each is asked for once a day and place."""

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str, int], Rule_] = {}
        self.ends: dict[tuple[str, str, int], int] = {}

    def until(self, key: str, path: str, begin: int) -> int:
        day = (begin + CHINA) // DAY
        at = (key, path, day)
        if at not in self.rules:
            self.rules[at] = rulebook.rule(key, region_path=path, on=local_date(begin))
        rule = self.rules[at]
        if rule.unit in ("hour", "minute", "same_instant"):
            return seconds(rulebook.end_of(rule, start=instant(begin), region_path=path))
        if at not in self.ends:
            self.ends[at] = seconds(rulebook.end_of(rule, start=instant(begin), region_path=path))
        return self.ends[at]


def starts(rng: Random, count: int, at: int) -> list[Start]:
    """So many beginnings, the earliest first: nearly all have ended, and those of the last weeks stand in every state."""
    now = working_minutes(instant(at))
    first = working_minutes(instant(at - DAYS * DAY))
    names, weights = _weights()
    fates = [*sorted(ALIVE), *rng.choices(names, weights, k=max(0, count - len(ALIVE)))][:count]
    found = [_start(rng, fate, first, now) for fate in fates]
    return sorted(found, key=lambda start: start.placed)


def course(rng: Random, start: Start, *, asked: bool, path: str, days: int, remote: bool, terms: Terms) -> Course:
    """Go the way. `asked`: the lead had to approve; `days`: what the shop promised."""
    found, way, minute = Course(), list(WAYS[start.fate]), start.placed
    if asked and way[0] == "place":
        _do(found, rng, "request", _instant(rng, minute - _drawn(rng, "approve")), path, days, terms)
        way[0] = "approve"
    for index, verb in enumerate(way):
        minute += start.delays[index] * (2 if remote and verb in ("receive", "redeliver") and start.fate not in ALIVE else 1)
        _do(found, rng, verb, _instant(rng, minute), path, days, terms)
    return found


def local_date(begin: int) -> date:
    return instant(begin).astimezone(SHANGHAI).date()


def _do(found: Course, rng: Random, verb: str, at: int, path: str, days: int, terms: Terms) -> None:
    """One verb: the state after it, its stamp, the term that begins, and the reason given."""
    if verb == "lapse":
        at = max(at, found.stamps["confirm_until"] or at)
    if not found.steps:
        found.stamps["placed_at"] = at
    if verb != "reply":
        move = states.order.moves[verb]
        found.state, found.version = str(move.to or found.state), found.version + 1
        if move.stamp:
            found.stamps[move.stamp] = at
    if verb in TERMS:
        name, rule = TERMS[verb]
        until = terms.until(rule, path, at)
        found.stamps[name] = min(until, seconds(end_of_day(local_date(at) + timedelta(days=days)))) if verb == "confirm" else until
    if verb == "redeliver":
        found.stamps |= {"received_at": None, "accept_until": None}
    reason = BOUNCED if verb == "bounce" else rng.choice(deals.REASONS[verb]) if verb in deals.REASONS else ""
    found.reason = reason or found.reason
    found.steps.append((verb, at, reason))


def _weights() -> tuple[list[str], list[float]]:
    """How common each fate is among so many years' orders."""
    ended = {fate: part * (1 if fate == "closed" else TROUBLED_PART) for fate, part in FATES.items() if fate not in ALIVE}
    alive = {fate: part for fate, part in FATES.items() if fate in ALIVE}
    scale = ALIVE_PART / (1 - ALIVE_PART) * sum(ended.values()) / sum(alive.values())
    weights = {**ended, **{fate: part * scale for fate, part in alive.items()}}
    return list(weights), list(weights.values())


def _start(rng: Random, fate: str, first: int, now: int) -> Start:
    delays = [0, *(_drawn(rng, verb) for verb in WAYS[fate][1:])]
    wait = sum(delays)
    if fate in ALIVE:
        least, most = STANDS[fate]
        return Start(fate, now - wait - int(least + (most - least) * rng.random()) - DAY_MINUTES // 12, delays)
    last = now - wait - FAR_MOST * DAY_MINUTES
    tried = [rng.randint(first, last) for _ in range(5)]
    busy = [MONTHS[_month(minute)] * (1 + GROWTH * (minute - first) / (last - first)) for minute in tried]
    return Start(fate, rng.choices(tried, busy)[0], delays)


def _drawn(rng: Random, verb: str) -> int:
    least, most = DELAYS[verb]
    return int(least + (most - least) * rng.betavariate(1.3, 3.2))


def _month(minute: int) -> int:
    return moment(minute).month - 1


def _instant(rng: Random, minute: int) -> int:
    return int(moment(minute).timestamp()) + rng.randrange(60)
