"""The record of a build that may be interrupted: which stages are done, for which seed, size and time; and the truth about the faults sown in.

It lives in the schema `demo` of the database, beside the product's own tables: nothing of the product reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction

from sunlit.demo.write import is_empty

LOCK = 0xBA2408
"""Advisory lock of the one process that may build."""
PATIENCE = "10s"
"""How long the server may take to notice that a process was killed."""

_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS demo;
CREATE TABLE IF NOT EXISTS demo.build (seed bigint NOT NULL, fraction double precision NOT NULL, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS demo.stage (name text PRIMARY KEY, seconds double precision NOT NULL);
CREATE TABLE IF NOT EXISTS demo.goods (product_id bigint PRIMARY KEY, middle bigint NOT NULL, spread real NOT NULL, twin_of bigint, swapped text NOT NULL);
CREATE TABLE IF NOT EXISTS demo.truth (offer_id bigint PRIMARY KEY, number text NOT NULL UNIQUE, fault text NOT NULL, figures jsonb NOT NULL);
COMMENT ON TABLE demo.goods IS 'The middle of the market of each product in cents, how far its sellers spread, of which product it is a twin, and which parameters stand exchanged';
COMMENT ON TABLE demo.truth IS 'The faults that were sown in, to measure what finds them';
"""


class CannotBuild(Exception):
    """Said in a sentence that tells what to do."""


@dataclass(frozen=True)
class Plan:
    """What is built: the same plan gives the same rows."""

    seed: int
    fraction: float
    at: datetime


def begun(wanted: Plan) -> Plan:
    """The plan of this database: that of the build that was begun in it, or else `wanted`. Raises CannotBuild where something else is."""
    with transaction.atomic(), connection.cursor() as cursor:
        there = _build()
        if there is None:
            if not is_empty():
                raise CannotBuild("The database already has organisations: the region goes only into an empty one.")
            cursor.execute(_SCHEMA)
            cursor.execute("INSERT INTO demo.build (seed, fraction, at) VALUES (%s, %s, %s)", [wanted.seed, wanted.fraction, wanted.at])
            return wanted
    if (there.seed, there.fraction) != (wanted.seed, wanted.fraction):
        raise CannotBuild(
            f"A region of seed {there.seed} and fraction {there.fraction:g} was begun in this database: go on with those, or take an empty one."
        )
    return there


def done() -> frozenset[str]:
    """The stages that need not be done again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM demo.stage")
        return frozenset(name for (name,) in cursor.fetchall())


def is_begun() -> bool:
    """Whether a region was begun in this database, and perhaps ended."""
    return _build() is not None


def close(name: str, seconds: float) -> None:
    """Record the stage as done: of rows in their own transaction."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO demo.stage (name, seconds) VALUES (%s, %s)", [name, seconds])


@contextmanager
def alone() -> Iterator[None]:
    """Hold the database against a second build; one that was just killed is waited for. Raises CannotBuild."""
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = %s", [PATIENCE])
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        except OperationalError as error:
            raise CannotBuild("Another process is building the region in this database.") from error
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _build() -> Plan | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('demo.build') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT seed, fraction, at FROM demo.build")
        row = cursor.fetchone()
    return Plan(int(row[0]), float(row[1]), row[2]) if row else None
