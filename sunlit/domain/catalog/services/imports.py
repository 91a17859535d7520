"""A supplier's file on its way into the library: handed in, checked in a dry run, carried out batch by batch, or discarded.

A worker that dies repeats harmlessly: the check writes nothing but its result; carrying out goes on behind the last batch that was
committed together with its count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import states
from sunlit.domain.catalog.events import ImportAsked, ImportEnded
from sunlit.domain.catalog.models import Attribute, Category, Import
from sunlit.domain.catalog.queries import categories
from sunlit.domain.catalog.services import sheets
from sunlit.domain.catalog.services.deciding import Decision, Fate, Seen
from sunlit.domain.catalog.services.gathering import Row
from sunlit.domain.catalog.services.shelving import BATCH_ROWS, Bench, bench, judge_only, read_row, shelve
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.files import queries as files
from sunlit.foundation.files import services as keeping
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.foundation.ledger.canonical import plain
from sunlit.foundation.lifecycle import move

SHOWN_PROBLEMS: Final = 300

NOT_YOUR_FILE = Reason("CAT-060", _("Hand in a table (XLSX or CSV) that your organisation uploaded."))
TOO_MANY_ROWS = Reason("CAT-061", _("The file has {count} rows; at most {most} are taken at once. Divide it."))
NOTHING_GOOD = Reason("CAT-062", _("No row of this file can be imported: correct the bad rows and hand the file in again."))
SEAT_CLOSED = Reason("CAT-063", _("The person who ordered the import no longer acts for the supplier."))

Numbered = tuple[int, Row | None, list[Problem]]


@transaction.atomic
def hand_in_import(file: File, *, category: Category | None = None, by: Actor, at: datetime) -> Import:
    """Hand a table in for its dry run, which the worker does. Without `category` each row names its own.

    Refused: CAT-060 not your file, CAT-041 no such category, LIF-002 not by you.
    """
    at_bench = bench(by=by, at=at, under="")
    if file.owner_id != by.organisation_id or file.kind != "sheet":
        raise Refused(Problem(NOT_YOUR_FILE, on="file"))
    path = at_bench.supplier.region.path
    made = Import(number=new_number("DR", at), region_path=path, supplier=at_bench.supplier, file=file, category=category, created_at=at)
    facts = {"file": file.sha256, "name": file.name}
    return move(made, "hand_in", by=by, at=at, facts=facts, announces=partial(_asked, by, False))


def check_import(number: str, *, by: Actor | None, at: datetime) -> Import:
    """The dry run: what would become of every row. `by` is the person who handed it in. Done already: answers as it stands."""
    it = _import(number)
    if it.state != states.WAITING:
        return it
    try:
        at_bench, table, template = _opened(it, by, at)
    except Refused as refused:
        return _failed(it, refused, at)
    Import.objects.filter(pk=it.pk).update(rows=len(table.rows), done=0)
    bad: list[tuple[int, list[Problem]]] = []
    fates = dict.fromkeys(Fate, 0)
    seen = Seen()
    for batch in _batches(_read(table, it, at_bench)):
        unread = [(number, problems) for number, row, problems in batch if row is None]
        decisions = judge_only([row for _number, row, _problems in batch if row is not None], at_bench, seen)
        kept_out = [(it.row.position, list(it.problems)) for it in decisions if it.fate is Fate.KEPT_OUT]
        bad += sorted([*unread, *kept_out], key=lambda pair: pair[0])
        for decision in decisions:
            fates[decision.fate] += 1
        Import.objects.filter(pk=it.pk).update(done=F("done") + len(batch))
    return _checked(it, table, template, bad, fates, at)


@transaction.atomic
def carry_out_import(it: Import, *, by: Actor, at: datetime, expected: int | None = None) -> Import:
    """Order the good rows to be imported; the worker does it. Refused: CAT-062 there are none, LIF-001 not checked (or ordered already)."""
    if it.state == states.CHECKED and not it.good:
        raise Refused(Problem(NOTHING_GOOD))
    fresh = {"done": 0, "new": 0, "changed": 0, "unchanged": 0, "bad": 0}
    return move(it, "carry_out", by=by, at=at, change=fresh, expected=expected, announces=partial(_asked, by, True))


def carry_on_import(number: str, *, by: Actor | None, at: datetime) -> Import:
    """Carry the good rows out, batch by batch, from where the last committed batch ended."""
    it = _import(number)
    if it.state != states.CARRYING_OUT:
        return it
    try:
        at_bench, table, _template = _opened(it, by, at)
        seen = Seen()
        for start, batch in enumerate(_batches(_read(table, it, at_bench))):
            _carry(it, start * BATCH_ROWS, batch, at_bench, seen)
    except Refused as refused:
        return _failed(it, refused, at)
    it = _import(number)
    facts = {"new": it.new, "changed": it.changed, "unchanged": it.unchanged, "rows": it.rows, "bad": it.bad, "digest": it.file.sha256}
    return _once(it, "finish", change={}, facts=facts, at=at)


def discard_import(it: Import, *, by: Actor, at: datetime, expected: int | None = None) -> Import:
    """Forget a checked file: nothing of it was imported."""
    return move(it, "discard", by=by, at=at, expected=expected)


def problem_of(told: dict[str, Any]) -> Problem:
    """A stored problem, to be told in the reader's language."""
    from sunlit.foundation.kernel.refusals import catalogue

    return Problem(catalogue()[told["code"]], told["params"], told["on"])


def _import(number: str) -> Import:
    return Import.objects.select_related("file", "category", "supplier__region").get(number=number)


def _opened(it: Import, by: Actor | None, at: datetime) -> tuple[Bench, sheets.Table, list[Attribute]]:
    """The bench, the table and the template; Refused for what is wrong with the file as a whole."""
    if by is None or by.organisation_id != it.supplier_id:
        raise Refused(Problem(SEAT_CLOSED))
    at_bench = bench(by=by, at=at, under=f"import/{it.number}")
    template = categories.template(it.category) if it.category else _every_template()
    with files.content(it.file) as stream:
        table = sheets.read_table(stream.read(), it.file.media_type, template, one_category=it.category is not None)
    most = rulebook.rule("import.rows_max", region_path=it.region_path, on=local_day(at)).n
    if len(table.rows) > most:
        raise Refused(Problem(TOO_MANY_ROWS, {"count": len(table.rows), "most": most}, on="file"))
    return at_bench, table, template


def _every_template() -> list[Attribute]:
    """The lines of all templates, each key once: the columns that a file of several categories may have."""
    lines = {line.key: line for category in categories.tree().in_use() for line in categories.template(category)}
    return list(lines.values())


def _read(table: sheets.Table, it: Import, at_bench: Bench) -> Iterator[Numbered]:
    code = it.category.code if it.category else ""
    for number, raw in table.rows:
        row, problems = read_row(_own_columns(raw, code), number, at_bench, code)
        yield number, row, problems


def _own_columns(raw: Any, code: str) -> Any:
    """In a file of several categories, empty cells are columns of others."""
    return raw if code else {key: value for key, value in raw.items() if value not in ("", None)}


def _batches(rows: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    batch: list[Numbered] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


@transaction.atomic
def _carry(it: Import, start: int, batch: Sequence[Numbered], at_bench: Bench, seen: Seen) -> None:
    """One batch with its count: both or neither. A batch that another worker committed is only noted."""
    held = Import.objects.select_for_update(of=("self",)).get(pk=it.pk)
    rows = [row for _number, row, _problems in batch if row is not None]
    if held.state != states.CARRYING_OUT or held.done > start:
        for row in rows:
            seen.note(row)
        return
    assert held.done == start, "batches are carried out in their order"
    decisions = shelve(rows, at_bench, seen)
    counts = _counted(decisions)
    Import.objects.filter(pk=it.pk).update(
        done=F("done") + len(batch),
        new=F("new") + counts[Fate.NEW],
        changed=F("changed") + counts[Fate.REVISED] + counts[Fate.UPDATED],
        unchanged=F("unchanged") + counts[Fate.UNCHANGED],
        bad=F("bad") + counts[Fate.KEPT_OUT] + len(batch) - len(rows),
    )


def _counted(decisions: Sequence[Decision]) -> dict[Fate, int]:
    counts = dict.fromkeys(Fate, 0)
    for decision in decisions:
        counts[decision.fate] += 1
    return counts


def _checked(
    it: Import, table: sheets.Table, template: list[Attribute], bad: list[tuple[int, list[Problem]]], fates: dict[Fate, int], at: datetime
) -> Import:
    shown = [
        {"row": number, "on": problem.on, "code": problem.code, "params": plain(_bare(problem))}
        for number, problems in bad
        for problem in problems
    ]
    change = {
        "rows": len(table.rows),
        "done": len(table.rows),
        "good": len(table.rows) - len(bad),
        "bad": len(bad),
        "new": fates[Fate.NEW],
        "changed": fates[Fate.REVISED] + fates[Fate.UPDATED],
        "unchanged": fates[Fate.UNCHANGED],
        "problems": shown[:SHOWN_PROBLEMS],
        "bad_rows": _kept_bad_rows(it, table, template, bad, at) if bad else None,
    }
    facts = {name: change[name] for name in ("rows", "good", "bad", "new", "changed", "unchanged")}
    return _once(it, "check", change=change, facts=facts, at=at)


def _kept_bad_rows(it: Import, table: sheets.Table, template: list[Attribute], bad: list[tuple[int, list[Problem]]], at: datetime) -> File:
    name = f"{it.file.name.rpartition('.')[0][:80]}-{it.number}.xlsx"
    content = ContentFile(sheets.bad_rows_workbook(table, bad, template), name=name)
    return keeping.keep(content, purpose="sheet", owner=it.supplier_id, by=CLOCK, at=at)


def _bare(problem: Problem) -> dict[str, Any]:
    """The figures of a problem as they can be stored; words are stored in the platform's own language."""
    with translation.override("zh-hans"):
        return {name: value if isinstance(value, int | str) else str(value) for name, value in problem.params.items()}


def _failed(it: Import, refused: Refused, at: datetime) -> Import:
    """What stopped the whole file, for its page."""
    told = [{"row": 0, "on": problem.on, "code": problem.code, "params": plain(_bare(problem))} for problem in refused.problems]
    with translation.override("zh-hans"):
        reason = "；".join(problem.message for problem in refused.problems[:5])
    return _once(it, "fail", change={"problems": told, "reason": reason}, facts={"reason": reason}, at=at)


def _once(it: Import, verb: str, *, change: dict[str, Any], facts: dict[str, Any], at: datetime) -> Import:
    """The clock's verb, unless another worker was quicker."""
    try:
        return move(it, verb, by=CLOCK, at=at, change=change, facts=facts, announces=_ended)
    except Refused as refused:
        if refused.codes != ["LIF-001"]:
            raise
        return _import(it.number)


def _asked(by: Actor, carry_out: bool, it: Import) -> list[ImportAsked]:
    return [ImportAsked(number=it.number, carry_out=carry_out, seat_id=by.seat_id, user_id=by.user_id)]


def _ended(it: Import) -> list[ImportEnded]:
    return [ImportEnded(number=it.number, supplier_id=it.supplier_id, state=it.state, good=it.good, bad=it.bad)]


def actor_of(event: ImportAsked) -> Actor | None:
    """The person who asked, if the seat is still open."""
    return accounts.actor_of_seat(event.seat_id, event.user_id) if event.seat_id is not None else None
