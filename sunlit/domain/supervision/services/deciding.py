"""What people do with cases: suppliers explain and appeal, regulators decide; and what the clock does when a term is over."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction

from sunlit.domain.catalog import services as catalog
from sunlit.domain.catalog.models import Offer
from sunlit.domain.supervision import states
from sunlit.domain.supervision.events import CaseMoved
from sunlit.domain.supervision.models import WatchCase
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.lifecycle import move

DUE_MOST: Final = 500


def explain(case: WatchCase, *, explanation: str, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """The supplier says why the offer is as it should be. Refused: WAT-002, LIF-001, LIF-002, LIF-003."""
    told = {"explanation": explanation.strip()}
    return move(case, "explain", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("explain"))


def clear(case: WatchCase, *, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """Accept the explanation: the same is not found again while nothing changes."""
    return move(case, "clear", by=by, at=at, change={"reason": ""}, expected=expected, announces=_moved("clear"))


def dismiss(case: WatchCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """Nothing is wrong: a false alarm. Refused: WAT-001."""
    told = {"reason": reason.strip()}
    return move(case, "dismiss", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("dismiss"))


@transaction.atomic
def freeze(case: WatchCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """Take the offer out of the market until things are put right. Refused: WAT-001, and LIF-001 when the offer is not on sale."""
    told = {"reason": reason.strip()}
    it = move(case, "freeze", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("freeze"))
    catalog.freeze(_offer(it), reason=_with_number(it, reason), by=by, at=at)
    return it


@transaction.atomic
def appeal(case: WatchCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """The supplier asks for the release and says what was put right. Refused: WAT-001, and what keeps the offer from being listed."""
    told = reason.strip()
    it = move(case, "appeal", by=by, at=at, change={"appeal": told}, facts={"reason": told}, expected=expected, announces=_moved("appeal"))
    catalog.appeal(_offer(it), reason=told, by=by, at=at)
    return it


@transaction.atomic
def release(case: WatchCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """Let the offer back into the market. Refused: WAT-001."""
    told = {"reason": reason.strip()}
    it = move(case, "release", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("release"))
    catalog.release(_offer(it), reason=_with_number(it, reason), by=by, at=at)
    return it


@transaction.atomic
def keep_frozen(case: WatchCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WatchCase:
    """Turn the appeal down. Refused: WAT-001."""
    told = {"reason": reason.strip()}
    it = move(case, "keep_frozen", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("keep_frozen"))
    catalog.keep_frozen(_offer(it), reason=_with_number(it, reason), by=by, at=at)
    return it


def fall_due(*, at: datetime) -> int:
    """Note the cases whose supplier did not answer in time; returns how many. Called by the clock."""
    due = WatchCase.objects.filter(state=states.NOTIFIED, answer_until__lte=at).order_by("answer_until", "pk")[:DUE_MOST]
    return sum(_fell_due(case, at) for case in due)


def keep_in_step(number: str, verb: str, *, reason: str, at: datetime) -> None:
    """The frozen offer of a case was appealed, released or kept frozen beside the case: the case goes the same way."""
    frm = {"appeal": states.FROZEN, "keep_frozen": states.APPEALED, "release": (states.FROZEN, states.APPEALED)}[verb]
    origins = (frm,) if isinstance(frm, str) else frm
    told = {"reason": reason.strip() or "—" * 4}
    for case in WatchCase.objects.filter(offer__number=number, state__in=origins).order_by("pk"):
        change = {"appeal": told["reason"]} if verb == "appeal" else told
        try:
            move(case, verb, by=CLOCK, at=at, change=change, facts=told)
        except Refused as refused:  # somebody was quicker
            if refused.codes != ["LIF-001"]:
                raise


def _fell_due(case: WatchCase, at: datetime) -> int:
    try:
        move(case, "fall_due", by=CLOCK, at=at, announces=_moved("fall_due"))
    except Refused:  # answered or corrected at this moment
        return 0
    return 1


def _offer(case: WatchCase) -> Offer:
    return Offer.objects.get(pk=case.offer_id)


def _with_number(case: WatchCase, reason: str) -> str:
    return f"{reason.strip()} ({case.number})"


def _told(verb: str, case: WatchCase) -> list[CaseMoved]:
    return [CaseMoved(case.number, case.supplier_id, case.region_path, verb, case.reason, case.version)]


def _moved(verb: str) -> partial[list[CaseMoved]]:
    return partial(_told, verb)
