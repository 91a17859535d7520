"""Fairness of deadlines: the platform proves its own outages, and every deadline inside one is put off by its length, recorded and published.

Which: those that end in the outage, or after it within as long again. Whoever's deadline ends later had at least the time of the outage left to
act; whoever's ended before it was not harmed. All are put off by the same length, those that end with a day to the end of the working day that this reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.models import Extension, Outage, Pulse
from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.kernel.regions import ROOT
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import Deed, record, record_many
from sunlit.foundation.lifecycle import digest, life_of, row_digest

WORKER, WEB = "worker", "web"
LEAST: Final = "outage.least"
REMEMBERED: Final = timedelta(days=90)
WATCH: Final = 0x0_07A6E  # the advisory lock of whoever writes a pulse: two workers take turns
BATCH: Final = 1_000

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
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WATCH])
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


def _establish(gap: Gap, rule: Rule_, at: datetime) -> Outage:
    number = new_number("GZ", at)
    outage = Outage.objects.create(
        number=number, since=gap.since, until=gap.until, kinds=list(gap.kinds), least_minutes=rule.n, rule_id=rule.id, established_at=at
    )
    made: list[Extension] = []
    for each in deadlines.all_of_them():
        made += _put_off(outage, each, gap, at)
    Extension.objects.bulk_create(made, batch_size=BATCH)
    outage.count = len(made)
    outage.digest = digest([[it.kind, it.number, it.field, it.before, it.after] for it in made])
    outage.save(update_fields=["count", "digest"])
    told = {"number": number, "since": _told(gap.since), "until": _told(gap.until), "kinds": list(gap.kinds), "rule": rule.id}
    told |= {"from": gap.since, "to": gap.until}
    facts = {**told, "count": outage.count, "digest": outage.digest, "actor": CLOCK.user_name}
    record(act="outage.establish", subject=f"outage/{number}", by=CLOCK, at=at, facts=facts)
    return outage


def _told(at: datetime) -> str:
    """The instant as people in China tell it; the exact one stands in the row."""
    day, hour = clock.as_told(at)
    return f"{day} {hour}"


def _put_off(outage: Outage, deadline: deadlines.Deadline, gap: Gap, at: datetime) -> list[Extension]:
    """All open deadlines of one column, in one go: moved, and each recorded under its own subject."""
    kind, rows = life_of(deadline.model).kind, list(deadline.open_between(gap.since, gap.until + gap.length))
    made: list[Extension] = []
    deeds: list[Deed] = []
    for row in rows:
        before: datetime = getattr(row, deadline.field)
        after = queries.moved_on(before, gap.length, region_path=row.region_path)
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
    deadline.put_off(rows, BATCH)
    return made
