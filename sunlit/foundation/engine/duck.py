"""DuckDB as the engine: tables come from PostgreSQL by COPY, all of one snapshot, into memory that is bounded and gone afterwards.

DuckDB's own reader of PostgreSQL is an extension, and extensions cannot be downloaded here; a CSV of typed columns is as fast for what we read.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
from django.db import connection, transaction

MEMORY: Final = "512MB"
THREADS: Final = 2
NULL: Final = "\\N"


@dataclass(frozen=True)
class TableOf:
    """A table to be read: a SELECT for PostgreSQL with its values, and the DuckDB type of each column in its order."""

    select: str
    columns: Mapping[str, str]
    values: Mapping[str, Any] | Sequence[Any] = ()


@dataclass
class Engine:
    """What one analysis works with. `digest` tells what it has read: the same rows in the same order give the same."""

    duck: duckdb.DuckDBPyConnection
    folder: Path
    _sum: Any = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        return str(self._sum.hexdigest())

    def read(self, name: str, table: TableOf) -> int:
        """Bring a table over; returns its rows. The SELECT should be ordered where the digest matters."""
        assert connection.in_atomic_block, "what is read together is read of one instant"
        path = self.folder / f"{name}.csv"
        copying = f"COPY ({table.select}) TO STDOUT (FORMAT csv, NULL '{NULL}')"
        with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(copying, table.values or None) as copy:
            for chunk in copy:
                file.write(chunk)
                self._sum.update(chunk)
        types = ", ".join(f"'{column}': '{kind}'" for column, kind in table.columns.items())
        form = f"header=false, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='{NULL}', allow_quoted_nulls=false"
        reader = f"read_csv(?, columns={{{types}}}, {form})"
        self.duck.execute(f"CREATE TABLE {name} AS SELECT * FROM {reader}", [str(path)])  # noqa: S608 (our own names)
        path.unlink()
        return self.count(name)

    def write(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """A small table of our own making, such as the figures that are compared."""
        self.duck.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
        if rows:
            self.duck.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", [list(row) for row in rows])  # noqa: S608
            self._sum.update(repr(rows).encode())

    def run(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """One statement of the analysis; its rows."""
        return self.duck.execute(statement, values or None).fetchall()

    def count(self, name: str) -> int:
        [(rows,)] = self.run(f"SELECT count(*) FROM {name}")  # noqa: S608
        return int(rows)


@contextmanager
def analysis(*, memory: str = MEMORY, threads: int = THREADS) -> Iterator[Engine]:
    """An engine for one analysis; afterwards its memory and files are gone. Tables are read within `one_instant()`, the work on them needs none."""
    with tempfile.TemporaryDirectory(prefix="sunlit-engine-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": str(threads),
            "temp_directory": folder,
            "enable_external_access": "true",
        }
        with duckdb.connect(":memory:", config=config) as duck:
            yield Engine(duck, Path(folder))


@contextmanager
def one_instant() -> Iterator[None]:
    """All reads see the same instant, and nothing can be written. Within a transaction of the caller's, it is the caller's instant."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
