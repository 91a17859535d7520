"""Holds the database against the published tree: every row against its leaf, every living subject against its last act."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from sunlit.foundation.ledger import tiles
from sunlit.foundation.ledger.canonical import PERSON, body_of, canonical, facts_digest
from sunlit.foundation.ledger.differences import differences
from sunlit.foundation.ledger.findings import Phrase, Report, Where, Why, where_of
from sunlit.foundation.ledger.replay import Advance, Replay
from sunlit.foundation.ledger.tree import leaf_hash

CHUNK = 4_000
"""Rows read at a time."""

_LEAVES = """
SELECT l."index", l.leaf_hash, l.entry_id, e.at, e.act, e.subject, e.region, e.organisation, e.kind, e.person, e.facts, e.salt, e.body, e.leaf_hash
FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id
WHERE l."index" > %s ORDER BY l."index" LIMIT %s
"""
# Not sealed, although the sealer has looked at all transactions up to a later one: the row came in by another way.
_HIDDEN = """
SELECT e.id, e.body FROM ledger_entry e, ledger_progress p
WHERE p.seen <> '' AND pg_visible_in_snapshot(e.xid, p.seen::pg_snapshot) AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry_id = e.id)
ORDER BY e.id
"""
_LAST_ACTS = """
SELECT DISTINCT ON (e.subject) e.subject, e.id, e.act, e.facts ->> 'row', l."index"
FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE e.subject = ANY(%s) AND e.facts ? 'row' ORDER BY e.subject, e.id DESC
"""
# A bulk act tells the digests of its rows by their numbers.
_BULK_ACTS = """
SELECT e.id, e.act, l."index", e.facts -> 'rows'
FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE starts_with(e.act, %s) AND jsonb_typeof(e.facts -> 'rows') = 'object' ORDER BY e.id
"""
_LOST_ROWS = """
SELECT DISTINCT ON (e.subject) e.subject, e.id, e.act, l."index"
FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE starts_with(e.subject, %s) AND e.facts ? 'row' AND NOT EXISTS (SELECT FROM {table} row WHERE row.number = substr(e.subject, %s))
ORDER BY e.subject, e.id DESC
"""


@dataclass(frozen=True)
class Row:
    """An entry as the database has it, with its place."""

    index: int
    placed_hash: bytes
    entry: int
    at: datetime
    act: str
    subject: str
    region: str
    organisation: str
    kind: str
    person: int | None
    facts: Any
    salt: bytes
    body: str | None
    own_hash: bytes

    @property
    def where(self) -> Where:
        return Where(self.index, self.entry, self.act, self.subject)

    def computed(self) -> str:
        """The public body that the columns lead to."""
        return body_of(
            act=self.act,
            subject=self.subject,
            at=self.at,
            organisation=self.organisation,
            kind=self.kind,
            region=self.region,
            facts=facts_digest(self.salt, canonical(self.facts)),
        )


@dataclass
class Audit:
    """One run over the database, against a tree that was replayed before."""

    replay: Replay
    advance: Advance = lambda _count: None
    _sealed: list[tuple[int, bytes, int | None]] = field(default_factory=list)
    _found: list[tuple[Row, bytes]] = field(default_factory=list)
    _beyond: list[tuple[Row, bytes]] = field(default_factory=list)

    @property
    def report(self) -> Report:
        return self.replay.report

    def run(self) -> Report:
        """All of it on one snapshot, while the platform goes on working."""
        outermost = not connection.in_atomic_block
        with transaction.atomic() if outermost else nullcontext():
            if outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._check_leaves()
            self._tell_differences()
            self._check_hidden()
            self._check_checkpoints()
            for kind, model in _lives():
                self._check_living(kind, model)
                self._check_lost(kind, model)
        return self.report

    # Entries against leaves

    def _check_leaves(self) -> None:
        """Rows whose content is the published one are checked column by column; the others are put aside to be told apart together."""
        due = 0
        for row in _rows():
            self._skip(due, row.index)
            due = max(due, row.index + 1)
            self._check_row(row)
        self._skip(due, len(self.replay.hashes))

    def _skip(self, due: int, index: int) -> None:
        """Places of the published tree that the database does not have."""
        self._sealed += [(at, self.replay.hashes[at], None) for at in range(due, min(index, len(self.replay.hashes)))]

    def _check_row(self, row: Row) -> None:
        self.report.count("rows")
        self.advance(1)
        if row.body is None:
            if 0 <= row.index < len(self.replay.hashes):
                self._sealed.append((row.index, self.replay.hashes[row.index], row.entry))
            return
        content = leaf_hash(row.body.encode())
        if not 0 <= row.index < len(self.replay.hashes):
            self._beyond.append((row, content))
            return
        sealed = self.replay.hashes[row.index]
        if content == sealed:
            self._check_columns(row, row.body, content)
        elif leaf_hash(row.computed().encode()) == sealed:
            self.report.add("altered", where=row.where, what=Phrase("columns", {"columns": "body"}))
        else:
            self._sealed.append((row.index, sealed, None))
            self._found.append((row, content))

    def _check_columns(self, row: Row, body: str, content: bytes) -> None:
        computed = row.computed()
        if computed != body:
            self.report.add("altered", where=where_of(row.index, body.encode(), row.entry), what=_columns(body, computed))
        elif row.facts.get(PERSON) != row.person:
            self.report.add("altered", where=row.where, what=Phrase("person"))
        elif content != row.own_hash or content != row.placed_hash:
            self.report.add("altered", where=row.where, what=Phrase("copies"))

    def _tell_differences(self) -> None:
        lost = {sealed for _index, sealed, _entry in self._sealed}
        size = self._database_size()
        found = sorted([*self._found, *(pair for pair in self._beyond if pair[1] in lost)], key=lambda pair: pair[0].index)
        for row, content in self._beyond:
            if content not in lost and not 0 <= row.index < size:
                self.report.add("inserted", where=row.where)
        for one in differences([sealed for _index, sealed, _entry in self._sealed], [content for _row, content in found]):
            self._tell(
                one.kind, None if one.sealed is None else self._sealed[one.sealed], None if one.found is None else found[one.found][0]
            )

    def _tell(self, kind: str, sealed: tuple[int, bytes, int | None] | None, row: Row | None) -> None:
        if sealed is None:
            assert row is not None
            self.report.add("inserted", where=row.where)
        elif row is None:
            self.report.add("removed", where=self._named(sealed[0], sealed[2]))
        elif kind == "altered":
            self.report.add("altered", where=self._named(sealed[0], row.entry), what=self._changed(sealed[0], row))
        else:
            self.report.add("reordered", where=row.where, sealed=sealed[0], found=row.index)

    def _named(self, index: int, entry: int | None) -> Where:
        public = self.replay.name(index)
        return Where(index, entry, public.act, public.subject)

    def _changed(self, index: int, row: Row) -> Phrase:
        try:
            return _columns(self.replay.body(index).decode(), row.computed())
        except (FileNotFoundError, IndexError, UnicodeDecodeError, tiles.BadTile):
            return Phrase("columns", {"columns": "body"})

    def _database_size(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint")
            return int(cursor.fetchone()[0])

    def _check_hidden(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_HIDDEN)
            for entry, body in cursor.fetchall():
                self.report.add("inserted", where=where_of(None, body.encode(), entry))

    def _check_checkpoints(self) -> None:
        published, size = self.replay.signed_roots, len(self.replay.hashes)
        with connection.cursor() as cursor:
            cursor.execute("SELECT size, root FROM ledger_checkpoint WHERE size <= %s ORDER BY size", [size])
            known = {stated: bytes(root) for stated, root in cursor.fetchall()}
        for stated, root in sorted(published.items()):
            if stated <= size and stated not in known:
                self.report.add("forged", path=f"checkpoints/{stated}", why=Why("the database has lost this checkpoint"))
            elif stated <= size and known[stated] != root:
                self.report.add("forged", path=f"checkpoints/{stated}", why=Why("the database holds another checkpoint of this size"))

    # Living subjects against their last acts

    def _check_living(self, kind: str, model: Any) -> None:
        """Every row must be as its last act left it."""
        from sunlit.foundation.lifecycle import row_digest

        last, bulk = 0, _bulk_acts(kind)
        while rows := list(_all(model).filter(pk__gt=last).order_by("pk")[:CHUNK]):
            acts = _last_acts([f"{kind}/{row.number}" for row in rows])
            for row in rows:
                subject = f"{kind}/{row.number}"
                entry, act, digest, index = max(acts.get(subject, _NO_ACT), bulk.pop(subject, _NO_ACT), key=itemgetter(0))
                if not entry:
                    self.report.add("row inserted", subject=subject)
                elif digest != row_digest(row):
                    self.report.add("row altered", subject=subject, where=Where(index, entry, act, subject))
            self.report.count("business rows", len(rows))
            self.advance(len(rows))
            last = rows[-1].pk
        alone = _last_acts(list(bulk))  # those are told by `_check_lost`
        for subject, (entry, act, _digest, index) in bulk.items():
            if subject not in alone:
                self.report.add("row removed", subject=subject, where=Where(index, entry, act, subject))

    def _check_lost(self, kind: str, model: Any) -> None:
        table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 (Django's own way to a table's name)
        with connection.cursor() as cursor:
            cursor.execute(_LOST_ROWS.format(table=table), [f"{kind}/", len(kind) + 2])
            for subject, entry, act, index in cursor.fetchall():
                self.report.add("row removed", subject=subject, where=Where(index, entry, act, subject))


def work(replay: Replay) -> int:
    """How many rows an audit will look at, for the progress bar."""
    return len(replay.hashes) + sum(_all(model).count() for _kind, model in _lives())


def _all(model: Any) -> QuerySet[Any]:
    """Every row of a living model, whatever its managers leave out."""
    return QuerySet(model)


def _lives() -> list[tuple[str, Any]]:
    from sunlit.foundation.lifecycle import lives

    return sorted(((life.kind, model) for model, life in lives().items()), key=lambda pair: pair[0])


def _rows() -> Iterator[Row]:
    last = -(2**63)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_LEAVES, [last, CHUNK])
            rows = [_row(values) for values in cursor.fetchall()]
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].index


def _row(values: Sequence[Any]) -> Row:
    index, placed, entry, at, act, subject, region, organisation, kind, person, facts, salt, body, own = values
    facts = json.loads(facts) if isinstance(facts, str) else facts
    return Row(
        index,
        bytes(placed),
        entry,
        at,
        act,
        subject,
        region,
        organisation,
        kind,
        person,
        facts,
        bytes(salt or b""),
        body,
        bytes(own or b""),
    )


LastAct = tuple[int, str, str, int | None]
"""The act's number, its name, the digest of the row as it left it, its place in the tree."""
_NO_ACT: LastAct = (0, "", "", None)


def _bulk_acts(kind: str) -> dict[str, LastAct]:
    """The last bulk act about each subject of a kind."""
    found: dict[str, LastAct] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BULK_ACTS, [f"{kind}."])
        for entry, act, index, rows in cursor:
            told = json.loads(rows) if isinstance(rows, str) else rows
            found |= {f"{kind}/{number}": (entry, act, digest, index) for number, digest in told.items()}
    return found


def _last_acts(subjects: Sequence[str]) -> dict[str, LastAct]:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ACTS, [list(subjects)])
        return {subject: (entry, act, digest, index) for subject, entry, act, digest, index in cursor.fetchall()}


def _columns(sealed: str, found: str) -> Phrase:
    """Which parts of two public bodies differ."""
    try:
        one, other = json.loads(sealed), json.loads(found)
        names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    except (ValueError, AttributeError):
        names = []
    return Phrase("columns", {"columns": ", ".join(names) or "body"})
