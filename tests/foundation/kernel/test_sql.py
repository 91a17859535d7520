"""Statements that are sent together: they see each other, wait once, and stand or fall together."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from sunlit.foundation.kernel.sql import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def a_table():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE told_together (n int PRIMARY KEY)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE told_together")


def rows() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM told_together ORDER BY n")
        return [n for (n,) in cursor.fetchall()]


def test_each_statement_sees_what_those_before_it_did_also_in_a_block_within_the_block(a_table):
    with transaction.atomic():
        with together() as ask:
            ask("INSERT INTO told_together VALUES (%s), (%s)", [1, 2])
            with together() as ask_within:
                within = ask_within("SELECT count(*) FROM told_together WHERE n < %(most)s", {"most": 10})
            assert within.fetchone() == (2,)
            after = ask("INSERT INTO told_together VALUES (%s) RETURNING n", [3])
        assert after.fetchall() == [(3,)]
    assert rows() == [1, 2, 3]


def test_one_that_fails_undoes_them_all_and_the_connection_goes_on(a_table):
    def one_comes_twice() -> None:
        with transaction.atomic(), together() as ask:
            for n in (1, 1, 2):
                ask("INSERT INTO told_together VALUES (%s)", [n])

    with pytest.raises(DatabaseError):
        one_comes_twice()
    assert rows() == []


def test_a_statement_asked_often_is_planned_once(a_table):
    with transaction.atomic():
        for n in range(8):
            with together() as ask:
                ask("INSERT INTO told_together VALUES (%s)", [n])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO told_together%%'"
            )
            assert cursor.fetchall() == [(8,)]


def test_outside_a_transaction_nothing_is_sent(a_table):
    with pytest.raises(AssertionError, match="stands or falls together"), together() as ask:
        ask("INSERT INTO told_together VALUES (%s)", [1])
    assert rows() == []
