"""Fairness of deadlines: every deadline inside an outage is put off by its length, recorded and published.

An outage is proved by the platform's own missing pulses; or, where none were missing, declared by the operator and confirmed by a top region's
regulator. Both write under one lock, and no minute counts twice.

Which: those that end in the outage, or after it within as long again. Whoever's deadline ends later had at least the time of the outage left to
act; whoever's ended before it was not harmed. All are put off by the same length, those that end with a day to the end of the working day that this reaches.
What a regulator suspended stood still: its time is counted without that, for a suspension gives back what it took by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.events import OutageReportMoved
from sunlit.domain.rulebook.models import Extension, Outage, OutageReport, Pulse
from sunlit.domain.rulebook.rules import Rule_
from sunlit.domain.rulebook.rules.outages import owed, times_are_given
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Refused, check
from sunlit.foundation.kernel.regions import ROOT
from sunlit.foundation.kernel.standstill import Standstill
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import Deed, record, record_many
from sunlit.foundation.lifecycle import digest, life_of, move, row_digest

WORKER, WEB, DECLARED = "worker", "web", "declared"
LEAST: Final = "outage.least"
MOST: Final = "outage.declared_most"
NUMBER: Final = "GZ"  # 故障
REMEMBERED: Final = timedelta(days=90)
WATCH: Final = 0x0_07A6E  # the advisory lock of whoever writes a pulse: two workers take turns
BATCH: Final = 1_000
STOPS: Final = ("suspend", "halt")  # verbs of regulators, by whatever life: its time stands still
GOES_ON: Final = ("resume", "go_on")

sentences.say("outage.establish", _("{actor} established outage {number} from {since} to {until}: {count} deadlines were put off"))
sentences.say("deadline.extend", _("{actor} put off a deadline from {before} to {after} because of outage {outage}"))


@dataclass(frozen=True)
class Gap:
    """Pulses that were missing: after `since`, until `until`."""

    since: datetime
    until: datetime
    kinds: tuple[str, ...]

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def beat(*, web: bool, at: datetime) -> bool:
    """Write that the platform is there, and the web if it answered; an outage that ends with this is established first.

    True when all is well: no deadline may lapse while the web does not answer, because it may lie in an outage that still goes on.
    """
    with transaction.atomic():
        _hold()
        rule = _least(at)
        if rule is None:
            return True  # before the rulebook was loaded nothing has a deadline
        last = _last_pulses()
        seen = (WORKER, WEB) if web else (WORKER,)
        gaps = [Gap(last[kind], at, (kind,)) for kind in seen if kind in last and at - last[kind] > _limit(rule)]
        for gap in _together(gaps):
            _establish(gap, rule, at)
        Pulse.objects.bulk_create(
            [Pulse(kind=kind, at=at) for kind in seen if kind not in last or last[kind] < at]
        )  # a later one may have overtaken this
        return web or WEB not in last


@transaction.atomic
def declare_outage(
    *, since: datetime | None, until: datetime | None, evidence: str, file: File | None, by: Actor, at: datetime
) -> OutageReport:
    """The operator says that people could not work although the pulses went on.

    Refused: RUL-034 … 038 no such time, RUL-039 known or declared already, RUL-050 the platform is silent at its end, RUL-030 and RUL-040 not
    proved, LIF-002 not the operator.
    """
    check(times_are_given(since, until))
    _hold()
    assert since is not None
    assert until is not None
    it = OutageReport(
        number=new_number(NUMBER, at),
        region_path=ROOT,
        since=since,
        until=until,
        evidence=evidence.strip(),
        file=file,
        reporter_id=by.person,
    )
    handed = {"least": _minutes(LEAST, at), "most": _minutes(MOST, at), **_known(it, OutageReport.objects.filter(state="reported"))}
    return move(it, "declare", by=by, at=at, facts=_period(it), handed=handed, announces=_moved("declare"), within=True)


@transaction.atomic
def confirm_outage(report: OutageReport, *, by: Actor, at: datetime, expected: int | None = None) -> OutageReport:
    """The regulator agrees: deadlines are put off exactly as for an outage that the platform proved itself.

    Refused: RUL-039 known by now, RUL-050 the platform has been silent since, LIF-001 … 003.
    """
    _hold()
    handed = _known(report, OutageReport.objects.none())
    told: dict[str, Any] = {"facts": _period(report), "handed": handed, "announces": _moved("confirm"), "expected": expected}
    it = move(report, "confirm", by=by, at=at, change=_decided(by), **told)
    rule = queries.rule(LEAST, region_path=ROOT, on=clock.local_day(at))
    it.outage = _establish(Gap(it.since, it.until, (DECLARED,)), rule, at, by=by)
    it.save(update_fields=["outage"])
    return it


def refuse_outage(report: OutageReport, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> OutageReport:
    """The regulator does not agree, and says why. Refused: RUL-030 no reason, LIF-001 … 003."""
    said = {"reason": reason.strip()}
    told: dict[str, Any] = {"facts": {**_period(report), **said}, "announces": _moved("refuse"), "expected": expected}
    return move(report, "refuse", by=by, at=at, change={**_decided(by), **said}, **told)


def _moved(verb: str) -> Callable[[OutageReport], list[OutageReportMoved]]:
    def announcements(it: OutageReport) -> list[OutageReportMoved]:
        return [OutageReportMoved(number=it.number, verb=verb, reporter_id=it.reporter_id, reason=it.reason, **_period(it))]

    return announcements


def _decided(by: Actor) -> dict[str, Any]:
    return {"decider_id": by.person, "office": by.organisation_number}


def _period(it: OutageReport) -> dict[str, str]:
    return {"since": _told(it.since), "until": _told(it.until)}


def _known(it: OutageReport, reports: QuerySet[OutageReport]) -> dict[str, Any]:
    """What speaks against counting this time: the first outage or report that overlaps it, and a silence that is not over."""
    within = {"since__lt": it.until, "until__gt": it.since}
    other: Outage | OutageReport | None = Outage.objects.filter(**within).first() or reports.filter(**within).first()
    known = {"number": other.number, "since": _told(other.since), "until": _told(other.until)} if other else None
    last = min(_last_pulses().values(), default=None)
    return {"known": known, "silent_since": _told(last) if last is not None and last < it.until else None}


def _minutes(key: str, at: datetime) -> int:
    return queries.rule(key, region_path=ROOT, on=clock.local_day(at)).n


def _hold() -> None:
    """Whoever writes pulses or outages takes turns, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WATCH])


def forget_pulses(*, at: datetime) -> int:
    """Let go of pulses whose gaps have long been established; the last of each kind stays."""
    old = Pulse.objects.filter(at__lt=at - REMEMBERED)
    return old.exclude(pk__in=[Pulse.objects.filter(kind=kind).values("pk")[:1] for kind in (WORKER, WEB)]).delete()[0]


def _least(at: datetime) -> Rule_ | None:
    try:
        return queries.rule(LEAST, region_path=ROOT, on=clock.local_day(at))
    except Refused:
        return None


def _limit(rule: Rule_) -> timedelta:
    return timedelta(minutes=rule.n)


def _last_pulses() -> dict[str, datetime]:
    found = {kind: Pulse.objects.filter(kind=kind).values_list("at", flat=True).first() for kind in (WORKER, WEB)}
    return {kind: last for kind, last in found.items() if last is not None}


def _together(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """They all end now: the longest tells the whole, with every kind that was missing."""
    kept = sorted(gaps, key=lambda gap: gap.since)
    if kept:
        yield Gap(kept[0].since, kept[0].until, tuple(sorted(kind for gap in kept for kind in gap.kinds)))


def _establish(gap: Gap, rule: Rule_, at: datetime, by: Actor = CLOCK) -> Outage:
    number = new_number(NUMBER, at)
    outage = Outage.objects.create(
        number=number, since=gap.since, until=gap.until, kinds=list(gap.kinds), least_minutes=rule.n, rule_id=rule.id, established_at=at
    )
    made: list[Extension] = []
    for each in deadlines.all_of_them():
        made += _put_off(outage, each, gap, at)
    for make_up in deadlines.makers():
        told_of = make_up(gap.since, gap.until, number, at)
        made += [Extension(outage=outage, kind=m.kind, number=m.number, field=m.field, before=m.before, after=m.after) for m in told_of]
    Extension.objects.bulk_create(made, batch_size=BATCH)
    outage.count = len(made)
    outage.digest = digest([[it.kind, it.number, it.field, it.before, it.after] for it in made])
    outage.save(update_fields=["count", "digest"])
    told = {"number": number, "since": _told(gap.since), "until": _told(gap.until), "kinds": list(gap.kinds), "rule": rule.id}
    told |= {"from": gap.since, "to": gap.until}
    facts = {**told, "count": outage.count, "digest": outage.digest, "actor": by.user_name}
    record(act="outage.establish", subject=f"outage/{number}", by=by, at=at, facts=facts)
    return outage


def _told(at: datetime) -> str:
    """The instant as people in China tell it; the exact one stands in the row."""
    day, hour = clock.as_told(at)
    return f"{day} {hour}"


def _put_off(outage: Outage, deadline: deadlines.Deadline, gap: Gap, at: datetime) -> list[Extension]:
    """All open deadlines of one column that it harmed, in one go: moved, and each recorded under its own subject."""
    kind, rows = life_of(deadline.model).kind, list(deadline.open_between(gap.since, gap.until + gap.length))
    still = _standstills(kind, rows) if deadline.can_stand_still else {}
    moved: list[Any] = []
    made: list[Extension] = []
    deeds: list[Deed] = []
    for row in rows:
        before: datetime = getattr(row, deadline.field)
        length = _owed(row, before, gap, still.get(row.number, ()), at)
        if not length:
            continue
        moved.append(row)
        after = queries.moved_on(before, length, region_path=row.region_path)
        setattr(row, deadline.field, after)
        made.append(Extension(outage=outage, kind=kind, number=row.number, field=deadline.field, before=before, after=after))
        facts: dict[str, Any] = {
            "number": row.number,
            "field": deadline.field,
            "before": _told(before),
            "after": _told(after),
            "outage": outage.number,
            "row": row_digest(row),  # the column may be sealed: this is the thing's last act
        }
        deeds.append(Deed("deadline.extend", f"{kind}/{row.number}", CLOCK, at, {**facts, "actor": CLOCK.user_name}, row.region_path))
    for some in (deeds[n : n + BATCH] for n in range(0, len(deeds), BATCH)):
        record_many(some)
    deadline.put_off(moved, BATCH)
    return made


def _owed(row: Any, deadline: datetime, gap: Gap, still: Sequence[Standstill], at: datetime) -> timedelta:
    suspended_at: datetime | None = getattr(row, "suspended_at", None)
    suspended = [(suspended_at, at)] if suspended_at else []
    return owed(deadline, (gap.since, gap.until), still=still, suspended=suspended)


def _standstills(kind: str, rows: Sequence[Any]) -> dict[str, list[Standstill]]:
    """When each of these stood still in suspensions that are over, by number, as the ledger tells it."""
    numbers = [row.number for row in rows]
    found: dict[str, list[Standstill]] = {number: [] for number in numbers}
    since: dict[str, datetime] = {}
    for some in (numbers[n : n + BATCH] for n in range(0, len(numbers), BATCH)):
        verbs = [f"{kind}.{verb}" for verb in (*STOPS, *GOES_ON)]
        for act in ledger.acts_on(*(f"{kind}/{number}" for number in some), only=verbs):
            number = act.subject.partition("/")[2]
            if act.act.partition(".")[2] in STOPS:
                since[number] = act.at
            elif number in since:
                found[number].append((since.pop(number), act.at))
    return found
