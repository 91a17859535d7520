"""Trials: asked for in the request, worked out by the worker, told with how far they are.

Two who ask for the same change get the same trial while it is under way. A worker takes a trial once: if it dies, the trial is given up after
a while and can be asked for again; nothing is begun anew by itself, for what it was may have been what killed the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from time import monotonic
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from sunlit.domain.insight import states
from sunlit.domain.insight.events import TrialAsked
from sunlit.domain.insight.models import Trial
from sunlit.domain.insight.rules import trials as rules
from sunlit.domain.insight.rules.trials import CHECKS, Change
from sunlit.domain.insight.services.simulating import Replayed, replay
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import like
from sunlit.foundation.access import decides_in, operator
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.foundation.lifecycle import move

NUMBER: Final = "SY"  # 试演
SILENT: Final = timedelta(minutes=3)  # a worker without a sign of life for so long is gone: a step takes seconds
UNTAKEN: Final = timedelta(hours=1)  # nobody took it up: its letter is lost among the dead ones
TURNS: Final = 0x0_7A1A1  # the advisory lock of whoever asks for a trial


def ask(
    *,
    key: str,
    value: Mapping[str, Any] | str,
    region: str = "",
    kind: str = "",
    months: int = rules.MONTHS,
    lawful: bool | None = None,
    draft: str = "",
    by: Actor,
    at: datetime,
) -> Trial:
    """Have a new value of a rule for a region (its code, or path; "": everywhere) tried on the purchases of the last months, by the worker.
    `lawful` says whether the new version could refuse by itself; left out, it can if the version in force can. The same change under trial
    already: that trial.

    Refused: SIM-001 the rule judges no purchase, SIM-002 months, SIM-003 not your region, SIM-004 no such region, RUL-001 no such rule, RUL-006 its form.
    """
    change = replace(change_of(key=key, value=value, region=region, kind=kind, months=months, by=by, at=at), lawful=lawful)
    return _asked(change, months, draft, by, at, lambda it: [TrialAsked(number=it.number)])


def simulate(
    *, key: str, value: Mapping[str, Any] | str, region: str = "", kind: str = "", months: int = rules.MONTHS, by: Actor, at: datetime
) -> Trial:
    """Ask, and work it out at once in this process: for the command line. Refused: as `ask`, SIM-007 a worker is at it."""
    change = change_of(key=key, value=value, region=region, kind=kind, months=months, by=by, at=at)
    it = work_out(_asked(change, months, "", by, at, None).number, at=at)
    if it.state == states.ASKED:
        raise Refused(Problem(rules.UNDER_WAY, {"number": it.number}))
    return it


def change_of(
    *, key: str, value: Mapping[str, Any] | str, region: str, kind: str, months: int = rules.MONTHS, by: Actor, at: datetime
) -> Change:
    """The change in the form of the rule; refused as `ask` is."""
    path = _path_of(region)
    if not (operator.allows(by, None) or decides_in(by, path)):
        raise Refused(Problem(rules.NOT_YOURS))
    now = rulebook.rule(key, region_path=path, kind=kind, on=local_day(at))
    if key not in CHECKS:
        raise Refused(Problem(rules.NOT_SIMULATED, {"name": now.name, "why": rules.why_not(now)}))
    if not 1 <= months <= rules.MONTHS_MOST:
        raise Refused(Problem(rules.MONTHS_WRONG, {"most": rules.MONTHS_MOST}, on="months"))
    return Change(key, kind, path, like(now, value))


def work_out(number: str, *, at: datetime) -> Trial:
    """Judge the purchases before and after, as they were when it was asked, telling how far it is. Taken already: answers as it stands."""
    began = monotonic()
    if not Trial.objects.filter(number=number, state=states.ASKED, taken_at=None).update(taken_at=at, sign_at=at):
        return Trial.objects.get(number=number)
    it = Trial.objects.get(number=number)
    change = Change(it.key, it.kind, it.region_path, it.value, it.lawful)
    try:
        told = replay(change, months=it.months, at=it.at, tell=partial(_sign, it, at, began))
    except Exception:  # whatever it was: who waits is told, and the operator reads it in the log
        _failed(it, rules.BROKEN, at)
        raise
    return _tried(it, told, monotonic() - began, at)


def give_up(*, at: datetime) -> int:
    """Trials whose worker gave no sign of life for a while, or that nobody took up: told as failed, so that they can be asked for again."""
    dead = Trial.objects.filter(state=states.ASKED).filter(Q(sign_at__lt=at - SILENT) | Q(taken_at=None, at__lt=at - UNTAKEN))
    return sum(_failed(it, rules.UNTAKEN if it.taken_at is None else rules.WORKER_GONE, at).state == states.FAILED for it in dead)


@transaction.atomic
def _asked(
    change: Change, months: int, draft: str, by: Actor, at: datetime, announces: Callable[[Trial], list[TrialAsked]] | None
) -> Trial:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURNS])
    same = {"key": change.key, "kind": change.kind, "region_path": change.region_path, "value": dict(change.value), "lawful": change.lawful}
    found = Trial.objects.filter(**same, months=months, state=states.ASKED).first()
    if found is not None:
        return found
    it = Trial(
        **same, number=new_number(NUMBER, at), months=months, draft=draft, by=by.organisation_number, steps=rules.steps_of(change.key)
    )
    facts = {"told": " ".join(filter(None, (change.key, change.kind))), "value": dict(change.value), "draft": draft}
    return move(it, "ask", by=by, at=at, facts=facts, announces=announces)


def _sign(it: Trial, at: datetime, began: float, done: int) -> None:
    sign = at + timedelta(seconds=monotonic() - began)
    Trial.objects.filter(pk=it.pk, state=states.ASKED).update(done=done, sign_at=sign)


def _tried(it: Trial, told: Replayed, seconds: float, at: datetime) -> Trial:
    change = {name: getattr(told, name) for name in ("since", "until", "purchases", "digest", "rules", "figures")}
    change |= {"done": it.steps, "seconds": Decimal(seconds).quantize(Decimal("0.001"))}
    changed = sum(count for _before, _after, count, _amount in told.figures["moves"])
    return _once(it, "finish", change, {"purchases": told.purchases, "changed": changed}, at + timedelta(seconds=seconds))


def _failed(it: Trial, reason: Reason, at: datetime) -> Trial:
    return _once(it, "fail", {"code": reason.code}, {"code": reason.code}, at)


def _once(it: Trial, verb: str, change: dict[str, Any], facts: dict[str, Any], at: datetime) -> Trial:
    """The clock's verb, unless somebody was quicker."""
    try:
        return move(it, verb, by=CLOCK, at=at, change=change, facts=facts)
    except Refused as refused:
        if refused.codes != ["LIF-001"]:
            raise
        return Trial.objects.get(pk=it.pk)


def _path_of(region: str) -> str:
    if not region:
        return regions.ROOT
    found = Region.objects.filter(code=regions.code_of(region)).first()
    if found is None:
        raise Refused(Problem(rules.UNKNOWN_REGION, {"region": region}, on="region"))
    return found.path
