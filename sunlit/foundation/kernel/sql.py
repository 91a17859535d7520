"""Statements that are asked many times a second: sent to the database in one go, and planned once a connection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.abc import PQGen
from psycopg.pq import PipelineStatus

Parameters = Sequence[Any] | Mapping[str, Any]
Ask = Callable[[str, Parameters], psycopg.Cursor[tuple[Any, ...]]]


class _Letter(psycopg.Pipeline):
    """A pipeline that goes out as one. psycopg's own looks after every statement whether an answer has come, and each look hands the interpreter to others."""

    whole = False  # the last statement was asked

    def _enqueue_sync(self) -> None:
        self.whole = True
        super()._enqueue_sync()

    def _sync_gen(self) -> PQGen[None]:
        """After its BEGIN psycopg would wait for the answer."""
        yield from self._communicate_gen()

    def _communicate_gen(self) -> PQGen[None]:
        if self.whole:
            yield from super()._communicate_gen()
        else:
            while self.command_queue:
                self.command_queue.popleft()()  # into the letter

    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        yield from super()._communicate_gen()  # somebody reads an answer within the block
        yield from super()._fetch_gen(flush=flush)


@contextlib.contextmanager
def together() -> Iterator[Ask]:
    """Ask several statements within the transaction and wait once, at the end of the outermost block; each sees what those before it did.

    What they answer is read from the cursors afterwards. Raises django.db.DatabaseError when one of them fails; those after it were not carried out.
    """
    ours = connections[DEFAULT_DB_ALIAS]  # looked up once: the thread's own is found by a detour
    assert ours.in_atomic_block, "what is sent together stands or falls together"
    ours.ensure_connection()
    link: psycopg.Connection[tuple[Any, ...]] = ours.connection

    def ask(statement: str, parameters: Parameters) -> psycopg.Cursor[tuple[Any, ...]]:
        if ours.queries_logged:
            ours.queries_log.append({"sql": statement, "time": "0"})
        return psycopg.Cursor(link).execute(statement, parameters, prepare=True)

    with ours.wrap_database_errors:
        if link.info.pipeline_status is not PipelineStatus.OFF:  # within a block of the caller
            yield ask
            return
        link._pipeline = _Letter(link)  # noqa: SLF001 - or else psycopg makes one of its own
        try:
            with link.pipeline():
                yield ask
        except psycopg.errors.PipelineAborted as aborted:  # told of the statements after the one that failed
            raise _first(aborted) from None


def _first(error: BaseException) -> BaseException:
    """Where the chain of failures began."""
    while isinstance(error, psycopg.errors.PipelineAborted) and error.__context__ is not None:
        error = error.__context__
    return error


def committing() -> str:
    """The statement to be asked last of all in `together`, so that the transaction is durable with it; "" inside another transaction."""
    return "" if connection.savepoint_ids else "COMMIT"
