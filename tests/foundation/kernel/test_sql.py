"""Statements that are sent together: they see each other, wait once, and stand or fall together."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.pq import TransactionStatus

from sunlit.foundation.kernel.sql import committing, together

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

    for _time in range(5):  # the failure itself is told, not that of the statements after it
        with pytest.raises(IntegrityError, match="told_together_pkey"):
            one_comes_twice()
    assert rows() == []


def test_nothing_goes_out_before_the_last_is_asked_unless_an_answer_is_read(a_table):
    """Each look whether an answer has come hands the interpreter to other threads."""
    waits: list[object] = []
    with transaction.atomic():
        link = connection.connection
        wait = link.wait
        link.wait = lambda gen, *args, **more: wait(_counted(gen, waits), *args, **more)
        try:
            with together() as ask:
                for n in range(5):
                    ask("INSERT INTO told_together VALUES (%s)", [n])
                assert waits == []
                read = ask("SELECT count(*) FROM told_together", []).fetchone()
                assert (read, len(waits) > 0) == ((5,), True)
        finally:
            del link.wait


def _counted(gen, waits):
    """The steps of psycopg's generator at which it waits."""
    ready = None
    while True:
        try:
            asked = gen.send(ready)
        except StopIteration as done:
            return done.value
        waits.append(asked)
        ready = yield asked


def test_the_commit_goes_with_the_last_statement_but_never_out_of_another_transaction(a_table):
    with transaction.atomic():
        with together() as ask:
            ask("INSERT INTO told_together VALUES (%s)", [1])
            assert committing() == "COMMIT"
            ask(committing(), ())
        assert connection.connection.info.transaction_status is TransactionStatus.IDLE
    assert rows() == [1]
    with transaction.atomic():
        with transaction.atomic(), together() as ask:
            ask("INSERT INTO told_together VALUES (%s)", [2])
            assert committing() == ""
        transaction.set_rollback(True)
    assert rows() == [1]


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
