"""A region's rules are set and ended and its days off announced: the inner step of a draft's approval. Each is one transaction and one ledger act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    lies_within,
    like,
    shown,
)
from sunlit.foundation import access
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Region
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
        read_anew()
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
            close(row, effective_from)
        _record_rule("rule.end", key, region, kind, effective_from, {"rules": [row.pk for row in lasting]}, by=by, at=at)
        read_anew()


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
        read_anew()
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
            close(row, start)
    return min(waiting, default=None)


def close(row: Rule, day: date) -> None:
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


def read_anew() -> None:
    """Now, for the rest of this transaction, and once it is committed."""
    queries.forget()
    transaction.on_commit(queries.forget)
