"""Suspend and let go on, for every purchase that regulators can stop: time stands still, and what was left of it is given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sunlit.domain.market.models import Stoppable
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.limits import TEXT_CHARS
from sunlit.foundation.lifecycle import move
from sunlit.foundation.outbox.events import Event

S = TypeVar("S", bound=Stoppable)
Announces = Callable[[S], Sequence[Event]]


def suspend(it: S, *, reason: str, by: Actor, at: datetime, expected: int | None, announces: Announces[S]) -> S:
    """It stays where it is. Refused: STP-001 it is suspended already, STP-003 no reason."""
    told = reason.strip()[:TEXT_CHARS]
    return move(it, "suspend", by=by, at=at, change={"stop_reason": told}, facts={"reason": told}, expected=expected, announces=announces)


def resume(held: S, *, by: Actor, at: datetime, expected: int | None, announces: Announces[S]) -> S:
    """It goes on; every deadline of it, which is locked, is put off by as long as it stood still. Refused: STP-002 it is not suspended."""
    change: dict[str, object] = {"suspended_at": None, "stop_reason": ""}
    if held.suspended_at is not None:
        stood = at - held.suspended_at
        change |= {name: value + stood for name in held.stands_still if (value := getattr(held, name)) is not None}
    ends = [value for name in held.stands_still if isinstance(value := change.get(name), datetime)]
    until = f"{min(ends).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if ends else "—"
    return move(held, "resume", by=by, at=at, change=change, facts={"until": until}, expected=expected, announces=announces)
