"""Loading the data pack: all of it at the first time, later what differs. One transaction and one ledger act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook import pack as shipped
from sunlit.domain.rulebook.models import Holiday, Pack, Rule
from sunlit.domain.rulebook.pack import PackData, PackRule
from sunlit.domain.rulebook.rules import OPERATOR_ONLY, earliest_day
from sunlit.domain.rulebook.services.rules import close, read_anew
from sunlit.foundation import access
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import record

PACKER: Final = access.operator | access.clock

sentences.say("pack.load", _("{actor} loaded rule pack {number}: {opened} versions opened, {closed} closed"))


@dataclass(frozen=True)
class Loaded:
    """What loading a pack did: versions opened and closed, regulators' own versions kept, rows of regions not served here, days changed."""

    version: str
    opened: int
    closed: int
    kept: int
    left_out: int
    days: int

    @property
    def changed(self) -> bool:
        return bool(self.opened or self.closed or self.days)


def load_pack(*, by: Actor, at: datetime, pack: PackData | None = None) -> Loaded:
    """Take over what the pack tells: all of it at the first time, from the next day on what differs. Loading it again changes nothing.

    What a regulator has set stays. Refused: RUL-010 neither operator nor the clock.
    """
    if not PACKER.allows(by, None):
        raise Refused(Problem(OPERATOR_ONLY))
    data = pack or shipped.read()
    with transaction.atomic():
        row = _pack_row(data, at)
        loaded = _taken_over(data, row, at)
        if loaded.changed:
            facts = {**vars(loaded), "digest": data.digest, "number": data.version, "actor": by.user_name}
            record(act="pack.load", subject=f"pack/{data.version}", by=by, at=at, facts=facts)
        read_anew()
    return loaded


def _pack_row(data: PackData, at: datetime) -> Pack:
    row, _created = Pack.objects.get_or_create(version=data.version, defaults={"digest": data.digest, "loaded_at": at})
    assert row.digest == data.digest, f"pack {data.version} was loaded here with other content"
    return row


def _taken_over(data: PackData, row: Pack, at: datetime) -> Loaded:
    places = dict(Region.objects.values_list("code", "pk"))
    told = _by_identity(data.rules, places)
    stored: dict[tuple[str, int | None, str], list[Rule]] = {}
    for rule in Rule.objects.select_for_update(of=("self",)).filter(in_force__isempty=False).order_by("in_force", "id"):
        stored.setdefault((rule.key, rule.region_id, rule.kind), []).append(rule)
    keys = {key for key, _region, _kind in stored}
    new: list[Rule] = []
    closed = kept = 0
    for identity in sorted(told.keys() | stored.keys(), key=str):
        if identity not in stored:
            since = earliest_day(at) if identity[0] in keys else None
            new += [_row(version, identity, row, at, not_before=since) for version in told[identity] if _still_comes(version, since)]
            continue
        differs = _differing(told.get(identity, []), stored[identity], at)
        if differs and stored[identity][-1].set_by:
            kept += 1
        elif differs:
            closed += _ended(stored[identity][-1], earliest_day(at))
            new += [_row(version, identity, row, at, not_before=earliest_day(at)) for version in told.get(identity, [])[-1:]]
    Rule.objects.bulk_create(new)
    left_out = sum(rule.region not in places for rule in data.rules if rule.region)
    return Loaded(data.version, len(new), closed, kept, left_out, _days_taken_over(data, row))


def _by_identity(rules: tuple[PackRule, ...], places: Mapping[str, int]) -> dict[tuple[str, int | None, str], list[PackRule]]:
    """Versions in their order by (key, region, kind); rules of regions that this platform does not serve stay in the pack."""
    told: dict[tuple[str, int | None, str], list[PackRule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.since):
        if not rule.region or rule.region in places:
            told.setdefault((rule.key, places.get(rule.region), rule.kind), []).append(rule)
    return told


def _still_comes(version: PackRule, since: date | None) -> bool:
    return since is None or version.until is None or version.until > since


def _differing(told: list[PackRule], stored: list[Rule], at: datetime) -> bool:
    """True when the last version of the pack says something else, and not only about days gone by."""
    last = stored[-1]
    over = last.in_force.upper is not None and last.in_force.upper <= local_day(at)
    if not told:
        return not over and not last.set_by
    says = told[-1]
    if over and says.until is not None and says.until <= local_day(at):
        return False
    return _says(says) != _stored(last) or (says.until or None) != last.in_force.upper


_SAYS: Final = ("value", "allowed", "unit", "name_zh", "name_en", "source", "article", "evidence", "note", "binding")


def _says(version: PackRule) -> tuple[Any, ...]:
    return tuple(getattr(version, name) for name in _SAYS)


def _stored(row: Rule) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _SAYS)


def _ended(row: Rule, day: date) -> int:
    if row.in_force.upper is not None and row.in_force.upper <= day:
        return 0
    close(row, day)
    return 1


def _row(version: PackRule, identity: tuple[str, int | None, str], pack: Pack, at: datetime, *, not_before: date | None) -> Rule:
    key, region_id, kind = identity
    since = max(version.since, not_before) if not_before else version.since
    return Rule(
        **{name: getattr(version, name) for name in _SAYS},
        key=key,
        region_id=region_id,
        kind=kind,
        pack=pack,
        in_force=DateRange(since, version.until),
        created_at=at,
    )


def _days_taken_over(data: PackData, pack: Pack) -> int:
    """The nation's days as the pack tells them; what an operator announced for other days stays."""
    stored = {row.day: row for row in Holiday.objects.select_for_update().filter(region=None)}
    told = {day.day: day for day in data.days}
    fresh = [
        Holiday(day=it.day, region=None, working=it.working, name=it.name, source=it.source, pack=pack)
        for it in told.values()
        if it.day not in stored or (stored[it.day].working, stored[it.day].name, stored[it.day].source) != (it.working, it.name, it.source)
    ]
    replaced = {it.day for it in fresh} & stored.keys()
    dropped = {day for day, row in stored.items() if day not in told and row.pack_id is not None}
    Holiday.objects.filter(region=None, day__in=replaced | dropped).delete()
    Holiday.objects.bulk_create(fresh)
    return len(fresh) + len(dropped)
