"""The regulator's pen: loading the pack, setting and ending a region's rules, announcing days off. Each is one transaction and one ledger act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook import pack as shipped
from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.models import Holiday, Pack, Rule
from sunlit.domain.rulebook.pack import PackData, PackRule
from sunlit.domain.rulebook.rules import (
    NO_CHANGE,
    NOT_YOUR_REGION,
    NOTHING_OWN,
    OPERATOR_ONLY,
    REASON_NAMELESS,
    UNKNOWN_REGION,
    Rule_,
    begins_on_a_later_day,
    earliest_day,
    is_open_to_choice,
    lies_within,
    like,
    shown,
)
from sunlit.foundation import access
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import record

PACKER: Final = access.operator | access.clock
REGULATOR: Final = access.regulates()

sentences.say("pack.load", _("{actor} loaded rule pack {number}: {opened} versions opened, {closed} closed"))
sentences.say("rule.set", _("{actor} set rule {number} of region “{region}” to {told} from {effective_from}"))
sentences.say("rule.end", _("{actor} ended region “{region}”'s own rule {number} from {effective_from}"))
sentences.say("holiday.add", _("{actor} announced {number} ({name}) for region “{region}”"))


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


@dataclass(frozen=True)
class _Place:
    """The subject that a grant is asked about."""

    region_path: str


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
        _read_anew()
    return loaded


def set_rule(
    *,
    key: str,
    region: str,
    value: Mapping[str, Any] | str,
    effective_from: date,
    by: Actor,
    at: datetime,
    kind: str = "",
    source: str = "",
    article: str = "",
    binding: bool | None = None,
    note: str = "",
) -> Rule_:
    """A region's own version of a rule from a later day on. `region` is its path; `value` is typed text or a value in the rule's own form.

    With `source`, the regulator vouches for it (evidence V); without, it stays the parameter that it was. A version waiting for the same day is
    withdrawn; one waiting for a later day still comes. Refused: RUL-001, 002 not your region, 003 too early, 004 fixed, 005 range, 006 form, 007, 008.
    """
    _regulated(region, by)
    with transaction.atomic():
        place = _region(region)
        own = [row for row in _locked(key) if row.region_id == place.pk and row.kind == kind]
        base = queries.snapshot(_in_force(key, region, kind, effective_from))
        new = like(base, value)
        check(_settable(base, new, effective_from, at))
        _differs(base, new, region, binding=binding, source=source)
        until = _make_room(own, effective_from)
        row = Rule.objects.create(
            **_content(base, new, binding=binding, source=source or base.source, article=article or ("" if source else base.article)),
            evidence="V" if source else base.evidence,
            note=note,
            region=place,
            kind=kind,
            set_by=by.organisation_number,
            in_force=DateRange(effective_from, until),
            created_at=at,
        )
        told = {
            "rule": row.pk,
            "value": new,
            "before": dict(base.value),
            "told": shown(new, base.unit),
            "source": row.source,
            "binding": row.binding,
        }
        _record_rule("rule.set", key, region, kind, effective_from, told, by=by, at=at)
        _read_anew()
    return queries.snapshot(row)


def end_rule(*, key: str, region: str, effective_from: date, by: Actor, at: datetime, kind: str = "") -> None:
    """The region's own version ends; from that day the one above it holds again. Refused: RUL-002, 003, 008, 009 it has none."""
    _regulated(region, by)
    with transaction.atomic():
        place = _region(region)
        own = [row for row in _locked(key) if row.region_id == place.pk and row.kind == kind]
        check(begins_on_a_later_day(effective_from, at, on="effective_from"))
        lasting = [row for row in own if row.in_force.upper is None or row.in_force.upper > effective_from]
        if not lasting:
            raise Refused(Problem(NOTHING_OWN, {"key": key, "region": region}))
        for row in lasting:
            _close(row, effective_from)
        _record_rule("rule.end", key, region, kind, effective_from, {"rules": [row.pk for row in lasting]}, by=by, at=at)
        _read_anew()


def add_holiday(*, day: date, region: str, working: bool, name: str, source: str, by: Actor, at: datetime) -> Holiday:
    """A later day is declared free, or `working`. The nation's (`region` "") by the operator, a region's also by its regulator.

    Said again about the same day and region, the later word holds. Refused: RUL-002, 003, 007 no change, 008, 010, 011 no name or source.
    """
    if not (access.operator.allows(by, None) or (region and REGULATOR.allows(by, _Place(region)))):
        raise Refused(Problem(NOT_YOUR_REGION if region else OPERATOR_ONLY, {"region": region}))
    check(_announceable(day, name, source, at))
    with transaction.atomic():
        place = _region(region) if region else None
        found = Holiday.objects.select_for_update().filter(day=day, region=place).first()
        if found and (found.working, found.name) == (working, name):
            raise Refused(Problem(NO_CHANGE, {}, "day"))
        said = {"working": working, "name": name, "source": source, "pack": None, "set_by": by.organisation_number}
        row, _created = Holiday.objects.update_or_create(day=day, region=place, defaults=said)
        facts = {"number": day, "region": region, "working": working, "name": name, "source": source, "actor": by.user_name}
        record(act="holiday.add", subject=f"holiday/{day}", by=by, at=at, facts=facts, region=region)
        _read_anew()
    return row


# Setting a rule


def _regulated(region: str, by: Actor) -> None:
    if not (region and REGULATOR.allows(by, _Place(region))):
        raise Refused(Problem(NOT_YOUR_REGION, {"region": region}))


def _region(path: str) -> Region:
    found = Region.objects.filter(path=path).first()
    if found is None:
        raise Refused(Problem(UNKNOWN_REGION, {"region": path}, "region"))
    return found


def _locked(key: str) -> list[Rule]:
    """All versions of a key, locked: two regulators who change it at once take turns."""
    rows = Rule.objects.select_for_update(of=("self",)).select_related("region", "pack")
    return list(rows.filter(key=key, in_force__isempty=False).order_by("id"))


def _in_force(key: str, region: str, kind: str, on: date) -> Rule:
    """What would hold on the day without the change; read after the lock, past memory."""
    queries.forget()
    return Rule.objects.select_related("region", "pack").get(pk=queries.rule(key, region_path=region, kind=kind, on=on).id)


def _settable(base: Rule_, new: Mapping[str, Any], effective_from: date, at: datetime) -> Iterator[Problem]:
    return chain(is_open_to_choice(base), lies_within(base, new), begins_on_a_later_day(effective_from, at, on="effective_from"))


def _differs(base: Rule_, new: Mapping[str, Any], region: str, *, binding: bool | None, source: str) -> None:
    same = (base.region_path, dict(base.value), base.binding) == (region, dict(new), base.binding if binding is None else binding)
    if same and source in ("", base.source):
        raise Refused(Problem(NO_CHANGE, {}, "value"))


def _content(base: Rule_, new: Mapping[str, Any], *, binding: bool | None, source: str, article: str) -> dict[str, Any]:
    kept = {name: getattr(base, name) for name in ("key", "unit", "allowed", "name_zh", "name_en")}
    return {**kept, "value": dict(new), "binding": base.binding if binding is None else binding, "source": source, "article": article}


def _make_room(own: list[Rule], start: date) -> date | None:
    """End what holds on that day, withdraw what waits for the same day; the day on which the next one waiting begins, if any."""
    waiting = [row.in_force.lower for row in own if row.in_force.lower > start]
    for row in own:
        if row.in_force.lower <= start and (row.in_force.upper is None or row.in_force.upper > start):
            _close(row, start)
    return min(waiting, default=None)


def _close(row: Rule, day: date) -> None:
    """The version holds until before the day; one that has not begun by then never will."""
    row.in_force = DateRange(row.in_force.lower, day) if row.in_force.lower < day else DateRange(empty=True)
    row.save(update_fields=["in_force"])


def _record_rule(
    act: str, key: str, region: str, kind: str, effective_from: date, facts: Mapping[str, Any], *, by: Actor, at: datetime
) -> None:
    told = {"number": key, "region": region, "kind": kind, "effective_from": effective_from, "actor": by.user_name}
    record(act=act, subject=f"rule/{key}", by=by, at=at, facts={**told, **facts}, region=region)


def _announceable(day: date, name: str, source: str, at: datetime) -> Iterator[Problem]:
    yield from begins_on_a_later_day(day, at, on="day")
    for field, text in (("name", name), ("source", source)):
        if not text.strip():
            yield Problem(REASON_NAMELESS, {}, field)


def _read_anew() -> None:
    """Now, for the rest of this transaction, and once it is committed."""
    queries.forget()
    transaction.on_commit(queries.forget)


# Loading a pack


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
    _close(row, day)
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
