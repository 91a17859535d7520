"""Verbs of intention notices: drafted, published, corrected by a notice beside them, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from sunlit.domain.planning.events import IntentionMoved
from sunlit.domain.planning.models import Intention, IntentionItem
from sunlit.domain.planning.queries.plans import plans_on
from sunlit.domain.planning.rules import intentions as rules
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import NAME_CHARS, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import digest, move

ITEMS_MOST = 50
FIELDS = ("name", "outline", "budget", "month", "note")
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Item:
    """One row of a notice, read and checked."""

    name: str
    outline: str
    budget: Decimal
    month: date
    note: str


def draft_intention(rows: Sequence[Mapping[str, str]], *, by: Actor, at: datetime, corrects: Intention | None = None) -> Intention:
    """Begin a notice from rows of name, outline, budget, month ("2026-09") and note; empty rows do not count.

    With `corrects` it is the correction of a published notice. Refused: INT-001 … INT-008 at their rows, INT-011 it is being corrected.
    """
    items = _read(rows)
    it = Intention(number=new_number("YX", at), region_path=by.region_path, buyer_id=by.party, drafter_id=by.person, corrects=corrects)
    for name, value in _content(items).items():
        setattr(it, name, value)
    try:
        with transaction.atomic():
            it = move(
                it, "draft", by=by, at=at, facts={"items": it.contents_hash, "corrects": corrects.number if corrects else ""}, within=True
            )
            _write(it, items)
    except IntegrityError as error:
        if corrects is None or "one_correction_of_an_intention" not in str(error):
            raise
        other = Intention.objects.exclude(state="discarded").get(corrects=corrects)
        raise Refused(Problem(rules.ALREADY_CORRECTED, {"number": other.number})) from None
    return it


@transaction.atomic
def revise_intention(
    it: Intention, rows: Sequence[Mapping[str, str]], *, by: Actor, at: datetime, expected: int | None = None
) -> Intention:
    """Write the draft's items anew. Refused: INT-001 … INT-008 at their rows."""
    items = _read(rows)
    content = _content(items)
    it = move(it, "revise", by=by, at=at, change=content, facts={"items": content["contents_hash"]}, expected=expected)
    it.items.all().delete()
    _write(it, items)
    return it


def discard_intention(it: Intention, *, by: Actor, at: datetime, expected: int | None = None) -> Intention:
    """Throw a draft away."""
    return move(it, "discard", by=by, at=at, expected=expected)


@transaction.atomic
def publish_intention(it: Intention, *, by: Actor, at: datetime, expected: int | None = None) -> Intention:
    """Tell the public. A correction replaces the notice it corrects in the same instant; what it leaves alone keeps its day.

    Refused: INT-005 a month is over, INT-012 the correction changes nothing, LIF-001 the notice it corrects does not stand any more.
    """
    it = Intention.objects.select_for_update().get(pk=it.pk)
    items = list(it.items.order_by("position"))
    before = Intention.objects.select_for_update().get(pk=it.corrects_id) if it.corrects_id else None
    facts = {"count": len(items), "total": it.total, "items": it.contents_hash}
    handed = {"months": {row.position: row.month for row in items}, "before": before.contents_hash if before else ""}
    it = move(it, "publish", by=by, at=at, facts=facts, handed=handed, announces=_moved("publish"), expected=expected)
    if before is not None:
        move(before, "replace", by=by, at=at, facts={"correction": it.number}, announces=_moved("replace"))
    days = {row.content: row.public_since for row in before.items.all()} if before else {}
    for row in items:
        row.public_since = days.get(row.content) or at
    IntentionItem.objects.bulk_update(items, ["public_since"])
    return it


@transaction.atomic
def withdraw_intention(it: Intention, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Intention:
    """Take back what was published; it stays to be read, with the reason. Refused: INT-009 no reason, INT-010 a plan rests on it."""
    held = Intention.objects.select_for_update().get(pk=it.pk)
    told, handed = {"reason": reason.strip()}, {"plans": plans_on(held)}
    return move(held, "withdraw", by=by, at=at, change=told, facts=told, handed=handed, announces=_moved("withdraw"), expected=expected)


def _read(rows: Sequence[Mapping[str, str]]) -> list[Item]:
    """The rows that hold anything, read. Refused with every problem at its row and field."""
    told = [(n, {field: str(row.get(field, "")).strip() for field in FIELDS}) for n, row in enumerate(rows, 1)]
    told = [(n, row) for n, row in told if any(row.values())]
    if not told:
        raise Refused(Problem(rules.NO_ITEMS, on="name_1"))
    if len(told) > ITEMS_MOST:
        raise Refused(Problem(rules.TOO_MANY_ITEMS, {"most": ITEMS_MOST}))
    check(problem for n, row in told for problem in _row_problems(n, row))
    return [
        Item(row["name"], row["outline"], money.yuan(row["budget"]), date.fromisoformat(f"{row['month']}-01"), row["note"])
        for _n, row in told
    ]


def _row_problems(n: int, row: Mapping[str, str]) -> Iterator[Problem]:
    if not row["name"]:
        yield Problem(rules.NAME_MISSING, {"row": n}, on=f"name_{n}")
    if not row["outline"]:
        yield Problem(rules.OUTLINE_MISSING, {"row": n}, on=f"outline_{n}")
    if not _is_amount(row["budget"]):
        yield Problem(rules.BUDGET_WRONG, {"row": n, "amount": row["budget"]}, on=f"budget_{n}")
    if not _MONTH.fullmatch(row["month"]):
        yield Problem(rules.MONTH_WRONG, {"row": n, "month": row["month"]}, on=f"month_{n}")
    for field, most in (("name", NAME_CHARS), ("outline", TEXT_CHARS), ("note", TEXT_CHARS)):
        if len(row[field]) > most:
            yield Problem(rules.TEXT_LONG, {"row": n, "most": most}, on=f"{field}_{n}")


def _is_amount(text: str) -> bool:
    try:
        return money.yuan(text) > 0
    except money.NotMoney:
        return False


def _content(items: Sequence[Item]) -> dict[str, Any]:
    """What the notice as a whole says: its months, its sum and the digest of its items."""
    return {
        "period_from": min(item.month for item in items),
        "period_to": max(item.month for item in items),
        "total": sum((item.budget for item in items), money.ZERO),
        "contents_hash": digest([[item.name, item.outline, item.budget, item.month, item.note] for item in items]),
    }


def _write(it: Intention, items: Sequence[Item]) -> None:
    IntentionItem.objects.bulk_create(
        [
            IntentionItem(
                intention=it, position=n, name=item.name, outline=item.outline, budget=item.budget, month=item.month, note=item.note
            )
            for n, item in enumerate(items, 1)
        ]
    )


def _moved(verb: str) -> Callable[[Intention], list[IntentionMoved]]:
    return lambda it: [IntentionMoved(number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id)]
