"""Filling tables by COPY: rows are gathered as text and sent in portions; indexes and foreign keys are taken down before and put back after.

Both happen in the transaction of the stage, so nobody ever sees a table without its constraints: a stage that is killed leaves all as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

WORK_MEMORY = "256MB"
"""For building one index."""

# Whatever can be built again, but for the primary keys: other tables lean on those, and appending in their order costs little.
_CONSTRAINTS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('u', 'f', 'x') ORDER BY contype DESC, conrelid, conname
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY i.indexrelid
"""


class Sheet:
    """The rows that wait for one table. The order of `columns` is the order of the cells; ids are given by whoever writes."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table = table
        self.statement = f"COPY {table} ({', '.join(map(connection.ops.quote_name, columns))}) FROM STDIN"
        self.width = len(columns)
        self.lines: list[str] = []

    def add(self, *cells: str) -> None:
        self.lines.append("\t".join(cells))

    def send(self) -> None:
        """Write what was gathered."""
        if not self.lines:
            return
        assert self.lines[0].count("\t") == self.width - 1, f"{self.table}: a row has another number of cells than the table has columns"
        with connection.cursor() as cursor, cursor.copy(self.statement) as copy:
            copy.write("\n".join(self.lines) + "\n")
        self.lines.clear()


def first_id(model: type[models.Model]) -> int:
    """The id that the next row gets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM " + quoted(model))  # noqa: S608 (our own table)
        return int(cursor.fetchone()[0])


def go_on_counting(*tables: type[models.Model]) -> None:
    """Let the sequences of the tables go on behind the rows that came with ids of their own."""
    with connection.cursor() as cursor:
        for model in tables:
            table = quoted(model)
            cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {table} HAVING max(id) > 0", [table])  # noqa: S608


@contextmanager
def bare(*tables: type[models.Model]) -> Iterator[None]:
    """Tables without indexes, unique constraints and foreign keys, within the caller's transaction; afterwards everything is there again."""
    assert connection.in_atomic_block, "only a transaction can promise that all constraints come back"
    names = [quoted(model) for model in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{WORK_MEMORY}'")
        constraints, indexes = _found(cursor, _CONSTRAINTS, names), _found(cursor, _INDEXES, names)
        for table, name, _definition in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in constraints:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        cursor.execute("ANALYZE " + ", ".join(names))


def quoted(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 (Django's own way to a table's name)


def _found(cursor: Any, statement: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    cursor.execute(statement, [list(names)])
    return [tuple(row) for row in cursor.fetchall()]
