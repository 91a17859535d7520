"""The engine: what PostgreSQL holds comes over exactly, of one instant, and nothing is left behind."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection, connections

from sunlit.foundation.engine import TableOf, analysis, one_instant

AWKWARD = [(1, 'a,"b"\nc', "0.10"), (2, "", "12345678901234.99"), (3, None, None), (4, "\\N", "-0.01")]
COLUMNS = {"id": "BIGINT", "words": "VARCHAR", "amount": "DECIMAL(18,2)"}


def table(where: str = "") -> TableOf:
    return TableOf(f"SELECT id, words, amount FROM awkward {where} ORDER BY id", COLUMNS)


@pytest.fixture
def awkward(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE awkward (id bigint, words text, amount numeric(16, 2)) ON COMMIT DROP")
        cursor.executemany("INSERT INTO awkward VALUES (%s, %s, %s)", AWKWARD)


def test_every_value_comes_over_as_it_is(awkward: None) -> None:
    with analysis() as engine:
        assert engine.read("awkward", table()) == 4
        told = engine.run("SELECT id, words, amount FROM awkward ORDER BY id")
    assert told == [(pk, words, Decimal(amount) if amount else None) for pk, words, amount in AWKWARD]


def test_money_is_added_without_a_float(awkward: None) -> None:
    with analysis() as engine:
        engine.read("awkward", table())
        assert engine.run("SELECT sum(amount) FROM awkward") == [(Decimal("12345678901235.08"),)]


def test_the_digest_tells_what_was_read(awkward: None) -> None:
    digests = []
    for where in ("", "", "WHERE id < 3"):
        with analysis() as engine:
            engine.read("awkward", table(where))
            digests.append(engine.digest)
    assert digests[0] == digests[1] != digests[2]


def test_nothing_is_left_behind(awkward: None) -> None:
    with analysis() as engine:
        engine.read("awkward", table())
        folder = Path(engine.folder)
        assert folder.exists()
    assert not folder.exists()


@pytest.mark.django_db(transaction=True)
def test_all_tables_are_of_one_instant_and_nothing_can_be_written() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS engine_two_reads (n int)")
        cursor.execute("INSERT INTO engine_two_reads VALUES (1)")
    other = connections.create_connection("default")
    reading = TableOf("SELECT n FROM engine_two_reads ORDER BY n", {"n": "INTEGER"})
    try:
        with analysis() as engine, one_instant():
            assert engine.read("first", reading) == 1
            with other.cursor() as cursor:
                cursor.execute("INSERT INTO engine_two_reads VALUES (2)")
            assert engine.read("again", reading) == 1
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                assert cursor.fetchone() == ("on",)
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE engine_two_reads")
