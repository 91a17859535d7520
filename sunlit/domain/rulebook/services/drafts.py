"""Changes of the rulebook are drafted by one person and approved by another: then they come into force on their day (M14).

A draft keeps the version that it was written against. Whoever approves sees the difference from that version; if it is no longer the one that
holds, the approval is refused. Approving locks the rule before the draft: of two who approve at once one is told that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction

from sunlit.domain.rulebook.events import DraftMoved
from sunlit.domain.rulebook.models import Rule, RuleDraft
from sunlit.domain.rulebook.rules import shown
from sunlit.domain.rulebook.services.rules import (
    add_holiday,
    end_rule,
    in_force,
    lasting,
    own_versions,
    read_change,
    read_day,
    region_at,
    set_rule,
    to_be_ended,
)
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.lifecycle import move

NUMBER: Final = "GZ"  # 规则
CALENDAR: Final = "calendar"
VALUE, END, DAY = "value", "end", "day"


@transaction.atomic
def draft_value(
    *,
    key: str,
    region: str,
    value: Mapping[str, Any] | str,
    effective_from: date,
    reason: str,
    by: Actor,
    at: datetime,
    kind: str = "",
    source: str = "",
    article: str = "",
    binding: bool | None = None,
    note: str = "",
) -> RuleDraft:
    """Propose a region's own version of a rule. With `source` the office vouches for it. Refused: as `set_rule`, RUL-030 no reason."""
    change = read_change(
        key=key, region=region, kind=kind, value=value, effective_from=effective_from, source=source, binding=binding, by=by, at=at
    )
    said = {
        "value": change.new,
        "binding": change.base.binding if binding is None else binding,
        "source": source,
        "article": article,
        "note": note,
    }
    return _drafted(VALUE, key, region, kind, effective_from, change.base.id, said, reason=reason, by=by, at=at)


@transaction.atomic
def draft_end(*, key: str, region: str, effective_from: date, reason: str, by: Actor, at: datetime, kind: str = "") -> RuleDraft:
    """Propose to end a region's own version. Refused: as `end_rule`, RUL-030 no reason."""
    ended = to_be_ended(key=key, region=region, kind=kind, effective_from=effective_from, by=by, at=at)[0]
    return _drafted(END, key, region, kind, effective_from, ended.pk, {}, reason=reason, by=by, at=at)


@transaction.atomic
def draft_day(*, day: date, region: str, working: bool, name: str, source: str, reason: str, by: Actor, at: datetime) -> RuleDraft:
    """Propose a day off, or one made up for, in a region. Refused: as `add_holiday`, RUL-030 no reason."""
    read_day(day=day, region=region, working=working, name=name, source=source, by=by, at=at)
    said = {"value": {"working": working, "name": name}, "source": source}
    return _drafted(DAY, CALENDAR, region, "", day, None, said, reason=reason, by=by, at=at)


@transaction.atomic
def revise(
    draft: RuleDraft,
    *,
    effective_from: date,
    reason: str,
    by: Actor,
    at: datetime,
    value: Mapping[str, Any] | str = "",
    source: str = "",
    article: str = "",
    note: str = "",
    binding: bool | None = None,
    expected: int | None = None,
) -> RuleDraft:
    """Write an open draft anew, against what holds now; who does so is its drafter from then on. Refused: as when it was drafted, LIF-001 … 003."""
    told: dict[str, Any] = {
        "key": draft.key,
        "region": draft.region_path,
        "kind": draft.kind,
        "effective_from": effective_from,
        "by": by,
        "at": at,
    }
    said: dict[str, Any] = {}
    if draft.change == VALUE:
        bound = draft.binding if binding is None else binding
        change = read_change(**told, value=value, source=source, binding=bound)
        said = {"value": change.new, "base_id": change.base.id, "source": source, "article": article, "note": note, "binding": bound}
    elif draft.change == END:
        said = {"base_id": to_be_ended(**told)[0].pk}
    else:
        read_day(day=effective_from, region=draft.region_path, source=source, by=by, at=at, **draft.value)
        said = {"source": source}
    anew = {"effective_from": effective_from, "reason": reason.strip(), "drafter_id": by.person, "reviewer": None, "answer": ""}
    facts = {**_facts(draft), "effective_from": effective_from, "reason": reason.strip(), "value": said.get("value", draft.value)}
    return move(draft, "revise", by=by, at=at, change={**said, **anew}, facts=facts, expected=expected)


def hand_in(draft: RuleDraft, *, by: Actor, at: datetime, expected: int | None = None) -> RuleDraft:
    """Ask for the review. Refused: RUL-003 its day is too near by now, LIF-001 … 003."""
    return move(draft, "hand_in", by=by, at=at, facts=_facts(draft), announces=_moved("hand_in"), expected=expected)


@transaction.atomic
def approve(draft: RuleDraft, *, by: Actor, at: datetime, expected: int | None = None) -> RuleDraft:
    """The second person agrees: the change is written and comes into force on its day.

    Refused: LIF-001 decided already, LIF-002 not by its drafter, RUL-003 its day is too near by now, RUL-032 and RUL-033 the rule was changed
    since, and whatever the change itself is refused for.
    """
    handed = _rests_on(draft)
    told: dict[str, Any] = {"facts": _facts(draft), "handed": handed, "announces": _moved("approve"), "expected": expected}
    it = move(draft, "approve", by=by, at=at, change={"reviewer_id": by.person}, **told)
    made = _carried_out(it, by=by, at=at)
    if made is not None:
        RuleDraft.objects.filter(pk=it.pk).update(enacted_id=made)
        it.enacted_id = made
    return it


def send_back(draft: RuleDraft, *, answer: str, by: Actor, at: datetime, expected: int | None = None) -> RuleDraft:
    """The second person wants it otherwise. Refused: RUL-030 no reason, LIF-001 … 003."""
    told = {"answer": answer.strip()}
    change = {**told, "reviewer_id": by.person}
    return move(
        draft, "send_back", by=by, at=at, change=change, facts=_facts(draft) | told, announces=_moved("send_back"), expected=expected
    )


def withdraw(draft: RuleDraft, *, by: Actor, at: datetime, expected: int | None = None) -> RuleDraft:
    """The office no longer wants it. Refused: LIF-001 … 003."""
    return move(draft, "withdraw", by=by, at=at, facts=_facts(draft), expected=expected)


def _drafted(
    change: str,
    key: str,
    region: str,
    kind: str,
    effective_from: date,
    base_id: int | None,
    said: Mapping[str, Any],
    *,
    reason: str,
    by: Actor,
    at: datetime,
) -> RuleDraft:
    draft = RuleDraft(
        **{"value": {}, **said},
        number=new_number(NUMBER, at),
        region_path=region,
        change=change,
        key=key,
        kind=kind,
        effective_from=effective_from,
        base_id=base_id,
        office=by.organisation_number,
        drafter_id=by.person,
        reason=reason.strip(),
    )
    return move(draft, "draft", by=by, at=at, facts={**_facts(draft), "reason": draft.reason, "value": draft.value})


def _facts(draft: RuleDraft) -> dict[str, Any]:
    """What the ledger keeps of every act: which rule, where, from when, and what it is to be, for people."""
    told = {"change": draft.change, "key": draft.key, "kind": draft.kind, "effective_from": draft.effective_from}
    return {**told, "told": " ".join(filter(None, (draft.key, draft.kind)))}


def _moved(verb: str) -> Callable[[RuleDraft], list[DraftMoved]]:
    def announcements(it: RuleDraft) -> list[DraftMoved]:
        told: dict[str, Any] = {name: getattr(it, name) for name in ("number", "region_path", "drafter_id", "answer", "version")}
        return [DraftMoved(verb=verb, told=_facts(it)["told"], **told)]

    return announcements


def _rests_on(draft: RuleDraft) -> dict[str, Any]:
    """The version that the draft was written against and the one that holds now, for the rules; all versions of the key stay locked."""
    if draft.base_id is None:
        return {"base": None}
    own = own_versions(draft.key, region_at(draft.region_path), draft.kind)
    was = Rule.objects.get(pk=draft.base_id)
    now: Rule | None
    if draft.change == VALUE:
        now = in_force(draft.key, draft.region_path, draft.kind, draft.effective_from)
    else:
        now = min(lasting(own, draft.effective_from), key=lambda row: row.in_force.lower, default=None)
    holds = {"holds": now.pk, "now": shown(now.value, now.unit)} if now is not None else {"holds": None, "now": ""}
    return {"base": was.pk, "name": was.name, "then": shown(was.value, was.unit), **holds}


def _carried_out(draft: RuleDraft, *, by: Actor, at: datetime) -> int | None:
    """Write what the draft proposes; the version that it became."""
    told: dict[str, Any] = {"region": draft.region_path, "by": by, "at": at, "office": draft.office, "draft": draft.number}
    if draft.change == DAY:
        add_holiday(**told, day=draft.effective_from, source=draft.source, **draft.value)
        return None
    told |= {"key": draft.key, "kind": draft.kind, "effective_from": draft.effective_from}
    if draft.change == END:
        end_rule(**told)
        return None
    said = {name: getattr(draft, name) for name in ("value", "source", "article", "note", "binding")}
    return set_rule(**told, **said).id
