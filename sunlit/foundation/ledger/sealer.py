"""Sealing: gives new entries their places in the tree, in commit order and without gaps, and signs and publishes the result."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from sunlit.config import keys
from sunlit.foundation.kernel import clock
from sunlit.foundation.ledger import notes, publishing
from sunlit.foundation.ledger.models import Checkpoint, Progress
from sunlit.foundation.ledger.tree import Edge

BATCH = 50_000
"""Entries sealed in one pass."""
EVERY = 0.5
"""Seconds between two passes."""
BROKEN_PAUSE = 30.0
"""Seconds before a broken ledger is looked at again."""
LOCK = 0x5EA1ED
"""Advisory lock of the one sealer that may act."""
LIVE_CHANNEL = "sunlit_live"
ORIGIN = "sunlit.localhost/ledger"
"""Name of this ledger in its checkpoints, unless the setting LEDGER_ORIGIN gives it another."""

log = structlog.stdlib.get_logger("sunlit.sealer")

# The candidates are taken by the index on xid, and only then put in order: with ORDER BY … LIMIT beside the
# condition the planner may walk the whole table by id.
_TAKE = """
WITH unsealed AS MATERIALIZED (
    SELECT e.id FROM ledger_entry e
    WHERE {looked_at} AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry_id = e.id)
), fresh AS MATERIALIZED (
    SELECT id FROM unsealed ORDER BY id LIMIT {batch}
)
INSERT INTO ledger_leaf ("index", entry_id, leaf_hash)
SELECT %s + row_number() OVER (ORDER BY e.id) - 1, e.id, sha256('\\x00'::bytea || convert_to(e.body, 'UTF8'))
FROM fresh JOIN ledger_entry e ON e.id = fresh.id
RETURNING "index", leaf_hash
"""
# A transaction that was not over when last looked has a number from that snapshot's xmax on, or is in its list of running
# ones. Numbers beyond the present come from another server (a restored copy): they were sealed by the first, thorough pass.
# The last line is for entries of the sealer's own transaction, which no snapshot lists.
_NEW = """(
    e.xid >= pg_snapshot_xmax(%s) AND e.xid < pg_snapshot_xmax(pg_current_snapshot())
    OR e.xid = ANY(ARRAY(SELECT pg_snapshot_xip(%s)))
    OR e.xid = pg_current_xact_id_if_assigned()
)"""
_ALL = "true"


@dataclass(frozen=True)
class Seal:
    """What the sealer signs with and where it publishes."""

    key: Ed25519PrivateKey
    origin: str

    @property
    def verifier(self) -> notes.Verifier:
        return notes.verifier_of(self.origin, self.key)


def own_seal() -> Seal:
    """The seal of this installation; its key is made at first use."""
    return Seal(keys.ledger_key(), getattr(settings, "LEDGER_ORIGIN", ORIGIN))


def seal_once(*, at: datetime, thorough: bool = False) -> int:
    """Seal what was committed since the last pass, then publish; returns how many entries were sealed.

    `thorough` looks at every entry instead of the new transactions: for the first pass of a process.
    """
    home, key = publishing.folder(), own_seal()
    with transaction.atomic():
        if not _alone():
            return 0
        publishing.not_ahead(publishing.published(home))
        sealed = _seal(key, at, thorough=thorough)
    with transaction.atomic():
        if _alone():
            publishing.publish(home, key.verifier)
    return sealed


def seal(*, at: datetime, thorough: bool = False) -> int:
    """Only the first half of a pass: places in the tree and a signed checkpoint, in the database alone."""
    with transaction.atomic():
        return _seal(own_seal(), at, thorough=thorough) if _alone() else 0


def run(stop: threading.Event, *, every: float = EVERY) -> None:
    """Seal until told to stop. A database that is away is waited for; a broken ledger is told again and again, but stops nobody's work."""
    thorough = True
    while not stop.is_set():
        try:
            full = seal_once(at=clock.now(), thorough=thorough) == BATCH
            thorough = thorough and full
            if full:
                continue
        except (DatabaseError, InterfaceError) as error:
            log.warning("the sealer waits for the database", error=str(error).strip())
            connection.close()
        except publishing.LedgerBroken as error:
            log.error("the ledger is broken: nothing is published", error=str(error))  # noqa: TRY400 (a message for people, not a trace)
            stop.wait(BROKEN_PAUSE)
        stop.wait(every)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _seal(seal: Seal, at: datetime, thorough: bool) -> int:
    """1. note which transactions are over, 2. take their entries, 3. append them, 4. sign, 5. say so."""
    progress, _made = Progress.objects.get_or_create(pk=1)
    now, restored = _snapshot(progress.seen)
    leaves = _take(progress, thorough=thorough or restored or not progress.seen)
    if len(leaves) < BATCH:
        progress.seen = now  # noted before the entries were taken: what commits in between is looked at again
    if leaves:
        edge = Edge.from_bytes(progress.size, bytes(progress.edge))
        edge.extend(leaves)
        progress.size, progress.edge = edge.size, edge.to_bytes()
        _sign(seal, edge, at)
    progress.save()
    return len(leaves)


def _snapshot(seen: str) -> tuple[str, bool]:
    """The transactions that are over now; and whether those seen before belong to another server, whose numbers mean nothing here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_snapshot()::text, pg_snapshot_xmax(%s) > pg_snapshot_xmax(pg_current_snapshot())", [seen or "1:1:"]
        )
        now, restored = cursor.fetchone()
    return str(now), bool(restored)


def _take(progress: Progress, *, thorough: bool) -> list[bytes]:
    """Give places to the entries not yet sealed, in the order of their ids; returns their leaf hashes."""
    with connection.cursor() as cursor:
        if not thorough:
            cursor.execute(
                "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) name"
            )
        condition, params = (_ALL, []) if thorough else (_NEW, [progress.seen, progress.seen])
        cursor.execute(_TAKE.format(looked_at=condition, batch=BATCH), [*params, progress.size])
        return [bytes(leaf) for _index, leaf in sorted(cursor.fetchall())]


def _sign(seal: Seal, edge: Edge, at: datetime) -> None:
    checkpoint = notes.Checkpoint(seal.origin, edge.size, edge.root())
    Checkpoint.objects.create(size=edge.size, root=checkpoint.root, note=notes.sign(checkpoint, seal.key), at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, json_build_object('upto', %s::bigint)::text)", [LIVE_CHANNEL, edge.size])
