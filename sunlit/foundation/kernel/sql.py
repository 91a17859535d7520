"""Statements that are asked many times a second: sent to the database in one go, and planned once a connection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.pq import PipelineStatus

Parameters = Sequence[Any] | Mapping[str, Any]
Ask = Callable[[str, Parameters], psycopg.Cursor[tuple[Any, ...]]]


@contextlib.contextmanager
def together() -> Iterator[Ask]:
    """Ask several statements within the transaction and wait once, at the end of the outermost block; each sees what those before it did.

    What they answer is read from the cursors afterwards. Raises django.db.DatabaseError when one of them fails; those after it were not carried out.
    """
    assert connection.in_atomic_block, "what is sent together stands or falls together"
    connection.ensure_connection()
    link: psycopg.Connection[tuple[Any, ...]] = connection.connection

    def ask(statement: str, parameters: Parameters) -> psycopg.Cursor[tuple[Any, ...]]:
        if connection.queries_logged:
            connection.queries_log.append({"sql": statement, "time": "0"})
        return psycopg.Cursor(link).execute(statement, parameters, prepare=True)

    with connection.wrap_database_errors:
        if link.info.pipeline_status is not PipelineStatus.OFF:  # within a block of the caller
            yield ask
            return
        with link.pipeline():
            yield ask
