"""A region's rules are set and ended and its days off announced: the inner step of a draft's approval. Each is one transaction and one ledger act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.models import Holiday, Rule
from sunlit.domain.rulebook.rules import (
    NO_CHANGE,
    NOT_YOUR_REGION,
    NOTHING_OWN,
    OPERATOR_ONLY,
    REASON_NAMELESS,
    UNKNOWN_REGION,
    Rule_,
    begins_on_a_later_day,
    is_open_to_choice,
    is_set_by_who_may,
    lies_within,
    like,
    shown,
)
from sunlit.domain.rulebook.rules.book import TEMPLATE
from sunlit.domain.rulebook.rules.templates import built, loosens_nothing, says_everything
from sunlit.foundation import access
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import record

REGULATOR: Final = access.regulates()

sentences.say("rule.set", _("{actor} set rule {number} of region “{region}” to {told} from {effective_from}"))
sentences.say("rule.end", _("{actor} ended region “{region}”'s own rule {number} from {effective_from}"))
sentences.say("holiday.add", _("{actor} announced {number} ({name}) for region “{region}”"))


@dataclass(frozen=True)
class _Place:
    """The subject that a grant is asked about."""

    region_path: str


@dataclass(frozen=True)
class Change:
    """A change of a rule, read and held against what holds without it: `new` is the value in the rule's own form."""

    place: Region
    own: list[Rule]
    base: Rule_
    new: dict[str, Any]


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
    office: str = "",
    draft: str = "",
) -> Rule_:
    """A region's own version of a rule from a later day on. `region` is its path; `value` is typed text or a value in the rule's own form.

    With `source`, the regulator vouches for it (evidence V); without, it stays the parameter that it was. A version waiting for the same day is
    withdrawn; one waiting for a later day still comes. `office` proposed it (else the actor's own), in `draft`.
    Refused: RUL-001, 002 not your region, 003 too early, 004 fixed, 005 range, 006 form, 007, 008.
    """
    with transaction.atomic():
        change = read_change(
            key=key, region=region, kind=kind, value=value, effective_from=effective_from, source=source, binding=binding, by=by, at=at
        )
        check(is_set_by_who_may(change.base, by.region_path))
        base, new, until = change.base, change.new, _make_room(change.own, effective_from)
        row = Rule.objects.create(
            **_content(base, new, binding=binding, source=source or base.source, article=article or ("" if source else base.article)),
            evidence="V" if source else base.evidence,
            note=note,
            region=change.place,
            kind=kind,
            set_by=office or by.organisation_number,
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
        _record_rule("rule.set", key, region, kind, effective_from, told, draft, by=by, at=at)
        read_anew()
    return queries.snapshot(row)


def read_change(
    *,
    key: str,
    region: str,
    kind: str,
    value: Mapping[str, Any] | str,
    effective_from: date,
    source: str,
    binding: bool | None,
    by: Actor,
    at: datetime,
) -> Change:
    """Read and check a change of a rule; its versions stay locked to the end of the transaction. Refused: as `set_rule`."""
    regulated(region, by)
    place = region_at(region)
    own = own_versions(key, place, kind)
    base = queries.snapshot(in_force(key, region, kind, effective_from))
    new = like(base, value)
    check(_settable(base, new, effective_from, at))
    check(_loosens_nothing(base, new, region, effective_from))
    _differs(base, new, region, binding=binding, source=source)
    return Change(place, own, base, new)


def end_rule(
    *, key: str, region: str, effective_from: date, by: Actor, at: datetime, kind: str = "", office: str = "", draft: str = ""
) -> None:
    """The region's own version ends; from that day the one above it holds again. Refused: RUL-002, 003, 008, 009 it has none."""
    with transaction.atomic():
        ended = to_be_ended(key=key, region=region, kind=kind, effective_from=effective_from, by=by, at=at)
        check(is_set_by_who_may(queries.snapshot(ended[0]), by.region_path))
        for row in ended:
            close(row, effective_from)
        told = {"rules": [row.pk for row in ended], "office": office or by.organisation_number}
        _record_rule("rule.end", key, region, kind, effective_from, told, draft, by=by, at=at)
        read_anew()


def to_be_ended(*, key: str, region: str, kind: str, effective_from: date, by: Actor, at: datetime) -> list[Rule]:
    """The region's own versions that would last beyond the day, locked, the first of them first. Refused: as `end_rule`."""
    regulated(region, by)
    own = own_versions(key, region_at(region), kind)
    check(begins_on_a_later_day(effective_from, at, on="effective_from"))
    found = lasting(own, effective_from)
    if not found:
        raise Refused(Problem(NOTHING_OWN, {"key": key, "region": region}))
    return found


def lasting(own: Iterable[Rule], day: date) -> list[Rule]:
    """Those that hold on the day or later, the first of them first."""
    return sorted((row for row in own if row.in_force.upper is None or row.in_force.upper > day), key=lambda row: row.in_force.lower)


def add_holiday(
    *, day: date, region: str, working: bool, name: str, source: str, by: Actor, at: datetime, office: str = "", draft: str = ""
) -> Holiday:
    """A later day is declared free, or `working`. The nation's (`region` "") by the operator, a region's also by its regulator.

    Said again about the same day and region, the later word holds. Refused: RUL-002, 003, 007 no change, 008, 010, 011 no name or source.
    """
    with transaction.atomic():
        place = read_day(day=day, region=region, working=working, name=name, source=source, by=by, at=at)
        said = {"working": working, "name": name, "source": source, "pack": None, "set_by": office or by.organisation_number}
        row, _created = Holiday.objects.update_or_create(day=day, region=place, defaults=said)
        facts = {"number": day, "region": region, "working": working, "name": name, "source": source, "actor": by.user_name}
        record(act="holiday.add", subject=f"holiday/{day}", by=by, at=at, facts=facts | _with(draft), region=region)
        read_anew()
    return row


def read_day(*, day: date, region: str, working: bool, name: str, source: str, by: Actor, at: datetime) -> Region | None:
    """Check a day to be announced. Refused: as `add_holiday`."""
    if not (access.operator.allows(by, None) or (region and REGULATOR.allows(by, _Place(region)))):
        raise Refused(Problem(NOT_YOUR_REGION if region else OPERATOR_ONLY, {"region": region}))
    check(_announceable(day, name, source, at))
    place = region_at(region) if region else None
    found = Holiday.objects.select_for_update().filter(day=day, region=place).first()
    if found and (found.working, found.name) == (working, name):
        raise Refused(Problem(NO_CHANGE, {}, "day"))
    return place


# Setting a rule


def regulated(region: str, by: Actor) -> None:
    if not (region and REGULATOR.allows(by, _Place(region))):
        raise Refused(Problem(NOT_YOUR_REGION, {"region": region}))


def region_at(path: str) -> Region:
    found = Region.objects.filter(path=path).first()
    if found is None:
        raise Refused(Problem(UNKNOWN_REGION, {"region": path}, "region"))
    return found


def own_versions(key: str, place: Region, kind: str) -> list[Rule]:
    """The region's own versions of a rule, with all versions of its key locked."""
    return [row for row in _locked(key) if row.region_id == place.pk and row.kind == kind]


def _locked(key: str) -> list[Rule]:
    """All versions of a key, locked: two regulators who change it at once take turns."""
    rows = Rule.objects.select_for_update(of=("self",)).select_related("region", "pack")
    return list(rows.filter(key=key, in_force__isempty=False).order_by("id"))


def in_force(key: str, region: str, kind: str, on: date) -> Rule:
    """What would hold on the day without the change; read after the lock, past memory."""
    queries.forget()
    return Rule.objects.select_related("region", "pack").get(pk=queries.rule(key, region_path=region, kind=kind, on=on).id)


def _settable(base: Rule_, new: Mapping[str, Any], effective_from: date, at: datetime) -> Iterator[Problem]:
    return chain(is_open_to_choice(base), lies_within(base, new), begins_on_a_later_day(effective_from, at, on="effective_from"))


def _loosens_nothing(base: Rule_, new: Mapping[str, Any], region: str, effective_from: date) -> Iterator[Problem]:
    """A template asks at least what that of the region above asks, whatever the own version before it asked."""
    if TEMPLATE in new:
        own = base.region_path == region
        above = queries.rule(base.key, region_path=regions.parent(region), kind=base.kind, on=effective_from) if own else base
        asked = {name: getattr(above, name) for name in ("source", "article")}
        written = built(new[TEMPLATE], key=base.key)
        yield from says_everything(written)
        yield from loosens_nothing(built(above.value[TEMPLATE], key=base.key, **asked), written)


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
            close(row, start)
    return min(waiting, default=None)


def close(row: Rule, day: date) -> None:
    """The version holds until before the day; one that has not begun by then never will."""
    row.in_force = DateRange(row.in_force.lower, day) if row.in_force.lower < day else DateRange(empty=True)
    row.save(update_fields=["in_force"])


def _record_rule(
    act: str, key: str, region: str, kind: str, effective_from: date, facts: Mapping[str, Any], draft: str, *, by: Actor, at: datetime
) -> None:
    told = {"number": key, "region": region, "kind": kind, "effective_from": effective_from, "actor": by.user_name}
    record(act=act, subject=f"rule/{key}", by=by, at=at, facts={**told, **facts, **_with(draft)}, region=region)


def _with(draft: str) -> dict[str, str]:
    """The draft that an act came from."""
    return {"draft": draft} if draft else {}


def _announceable(day: date, name: str, source: str, at: datetime) -> Iterator[Problem]:
    yield from begins_on_a_later_day(day, at, on="day")
    for field, text in (("name", name), ("source", source)):
        if not text.strip():
            yield Problem(REASON_NAMELESS, {}, field)


def read_anew() -> None:
    """Now, for the rest of this transaction, and once it is committed."""
    queries.forget()
    transaction.on_commit(queries.forget)
