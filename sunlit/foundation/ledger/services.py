"""Recording acts: one INSERT in the act's own transaction. Nothing else may write entries."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg import Cursor
from structlog.contextvars import bind_contextvars

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.sql import together
from sunlit.foundation.ledger.canonical import PERSON, SALT_SIZE, body_of, canonical, facts_digest, plain
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.tree import leaf_hash

MANY_MAX = 10_000
"""Deeds in one record_many; a larger bulk act is one entry with the digest of its rows."""

_COLUMNS = ("at", "act", "subject", "region", "organisation", "kind", "person", "facts", "salt", "body", "leaf_hash")
_INSERT = """
INSERT INTO ledger_entry (at, act, subject, region, organisation, kind, person, facts, salt, body, leaf_hash)
SELECT at, act, subject, region, organisation, kind, person, facts::jsonb, decode(salt, 'hex'), body, decode(leaf_hash, 'hex')
  FROM json_to_recordset(%s::json) AS deed (
       at timestamptz, act text, subject text, region text, organisation text, kind text, person bigint, facts text, salt text, body text, leaf_hash text)
RETURNING id, xid
"""  # the rows go as one parameter: however many there are, the statement is read once
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_FIELDS = ("id", "xid", *_COLUMNS)


@dataclass(frozen=True)
class Deed:
    """One act to be recorded."""

    act: str
    subject: str
    by: Actor
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    region: str = ""


def record(*, act: str, subject: str, by: Actor, at: datetime, facts: Mapping[str, Any], region: str = "") -> Entry:
    """Write one entry in the caller's transaction. Facts are JSON; money and times in them become text."""
    return record_many((Deed(act, subject, by, at, facts, region),))[0]


def record_many(deeds: Sequence[Deed]) -> list[Entry]:
    """Write one entry a deed, in their order, with one statement."""
    if not deeds:
        return []
    told, rows = _insert(deeds)
    drawn = told.fetchall()
    bind_contextvars(act=drawn[-1][0])  # whatever this request or job logs from now on tells after which act
    return [_entry(number, int(xid), row, facts) for (number, xid), (row, facts) in zip(drawn, rows, strict=True)]


def record_along(deeds: Sequence[Deed]) -> None:
    """As `record_many`, for who asks for several things together and does not wait for the entries."""
    if deeds:
        _insert(deeds)


def _insert(deeds: Sequence[Deed]) -> tuple[Cursor[tuple[Any, ...]], list[tuple[tuple[Any, ...], Any]]]:
    assert connection.in_atomic_block, "an act and its entry stand or fall together: record inside the act's transaction"
    assert len(deeds) <= MANY_MAX, f"at most {MANY_MAX} deeds at once"
    rows = [_row(deed) for deed in deeds]
    with together() as ask:
        return ask(_INSERT, [_as_json([row for row, _facts in rows])]), rows


def _row(deed: Deed) -> tuple[tuple[Any, ...], Any]:
    """The values of the columns, and the facts as they will be read back."""
    by, facts, salt = deed.by, plain(deed.facts), os.urandom(SALT_SIZE)
    if by.user_id is not None:
        facts[PERSON] = by.user_id  # within the digest, so that nobody can later put another person in the place of who acted
    told = canonical(facts)
    body = body_of(
        act=deed.act,
        subject=deed.subject,
        at=deed.at,
        organisation=by.organisation_number,
        kind=by.kind,
        region=deed.region,
        facts=facts_digest(salt, told),
    )
    row = (
        deed.at,
        deed.act,
        deed.subject,
        deed.region,
        by.organisation_number,
        by.kind,
        by.user_id,
        told,
        salt,
        body,
        leaf_hash(body.encode()),
    )
    return row, facts


def _as_json(rows: Sequence[tuple[Any, ...]]) -> str:
    """The rows as the statement takes them."""
    return _ENCODER.encode(
        [dict(zip(_COLUMNS, (at.isoformat(), *told, salt.hex(), body, leaf.hex()), strict=True)) for at, *told, salt, body, leaf in rows]
    )


def _entry(number: int, xid: int, row: tuple[Any, ...], facts: Any) -> Entry:
    return Entry.from_db("default", _FIELDS, (number, xid, *row[:7], facts, *row[8:]))
