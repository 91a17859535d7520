"""How quick the ledger is: acts recorded and proofs checked a second, each beside the bare loop that does nothing else. Prints one JSON line."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg

from bench import world

SECONDS = 6.0
ROUNDS = 6
ENTRIES = 60_000
FACTS = {
    "number": "DD-20260302-0001",
    "actor": "阿依古丽",
    "organisation": "梨城实验中学",
    "state": "placed",
    "row": "0" * 64,
    "total": "4999.00",
}
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def main() -> dict[str, Any]:
    with world.durable_server() as url:
        _set_up()
        appends, inserts = _side_by_side(_recording(), _inserting(url))
        filling = _fill()
        sealing = _seal()
        checks, bare = _side_by_side(*_checking())
        replay, hashing = _replaying()
    return {
        "bench": "ledger",
        "ratio": round(min(appends / inserts, checks / bare), 2),
        "appends_per_second": round(appends),
        "raw_inserts_per_second": round(inserts),
        "appends_ratio": round(appends / inserts, 2),
        "proof_checks_per_second": round(checks),
        "raw_ed25519_and_sha256_per_second": round(bare),
        "proof_checks_ratio": round(checks / bare, 2),
        "recorded_in_bulk_per_second": round(filling),
        "sealed_and_published_per_second": round(sealing),
        "replayed_entries_per_second": round(replay),
        "raw_sha256_of_entries_per_second": round(hashing),
        "entries": ENTRIES,
    }


def _set_up() -> None:
    import os

    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()
    call_command("migrate", verbosity=0)


def _side_by_side(ours: Callable[[], object], limit: Callable[[], object]) -> tuple[float, float]:
    """Runs a second of each, by turns, so that a busy neighbour slows both alike."""
    done, spent = [0, 0], [0.0, 0.0]
    for _round in range(ROUNDS):
        for which, step in enumerate((ours, limit)):
            began = time.perf_counter()
            while (passed := time.perf_counter() - began) < SECONDS / ROUNDS:
                step()
                done[which] += 1
            spent[which] += passed
    return done[0] / spent[0], done[1] / spent[1]


def _recording() -> Callable[[], object]:
    """An act in a durable transaction of its own, through the service."""
    from django.db import transaction

    from sunlit.foundation.accounts.actors import CLOCK
    from sunlit.foundation.ledger.services import record

    def step() -> None:
        with transaction.atomic():
            record(act="order.place", subject="order/DD-20260302-0001", by=CLOCK, at=AT, facts=FACTS, region="652800/652801")

    return step


def _inserting(url: str) -> Callable[[], object]:
    """The same row by the bare driver, computed once."""
    from sunlit.foundation.accounts.actors import CLOCK
    from sunlit.foundation.ledger import services

    link = psycopg.connect(url)
    row, _facts = services._row(services.Deed("order.place", "order/DD-20260302-0001", CLOCK, AT, FACTS, "652800/652801"))
    columns, places = ", ".join(services._COLUMNS), ", ".join(["%s"] * len(services._COLUMNS))
    statement = f"INSERT INTO ledger_entry ({columns}) VALUES ({places}) RETURNING id, xid"

    def step() -> None:
        link.execute(statement, row).fetchone()
        link.commit()

    return step


def _fill() -> float:
    from django.db import transaction

    from sunlit.foundation.accounts.actors import CLOCK
    from sunlit.foundation.ledger.services import Deed, record_many

    began = time.perf_counter()
    for first in range(0, ENTRIES, 1000):
        with transaction.atomic():
            record_many([Deed("order.place", f"order/{n}", CLOCK, AT + timedelta(seconds=n), FACTS) for n in range(first, first + 1000)])
    return ENTRIES / (time.perf_counter() - began)


def _seal() -> float:
    from sunlit.foundation.ledger.sealer import seal_once

    began, sealed = time.perf_counter(), 0
    while some := seal_once(at=AT):
        sealed += some
    return sealed / (time.perf_counter() - began)


def _checking() -> tuple[Callable[[], object], Callable[[], object]]:
    """A whole proof, signature and path, from its JSON; and the signature and the hashes alone."""
    from sunlit.foundation.ledger import notes, queries, sealer
    from sunlit.foundation.ledger.tree import check_inclusion, leaf_hash

    proof = json.dumps(queries.proof_of(queries.at_index(ENTRIES // 3)))
    seal = sealer.own_seal()
    verifiers, public = [seal.verifier], seal.key.public_key()

    def step() -> None:
        told = json.loads(proof)
        checkpoint = notes.open_note(told["checkpoint"], verifiers)
        path = [base64.b64decode(node) for node in told["path"]]
        check_inclusion(leaf_hash(told["body"].encode()), told["index"], checkpoint.size, path, checkpoint.root)

    told = json.loads(proof)
    text, _blank, signature = told["checkpoint"].rpartition("\n\n")
    blob, message = base64.b64decode(signature.split()[-1])[4:], f"{text}\n".encode()
    hashes, body = len(told["path"]), b"\x00" + told["body"].encode()
    pair = b"\x01" + bytes(64)

    def bare() -> None:
        public.verify(blob, message)
        sha256(body).digest()
        for _ in range(hashes):
            sha256(pair).digest()

    return step, bare


def _replaying() -> tuple[float, float]:
    """The offline check of the whole published tree; and the hashing of as many leaves and nodes alone."""
    from sunlit.foundation.ledger import publishing, sealer
    from sunlit.foundation.ledger.replay import Folder, Replay

    began = time.perf_counter()
    report = Replay(Folder(publishing.folder()), [sealer.own_seal().verifier]).run()
    ours = report.counts["entries"] / (time.perf_counter() - began)
    assert not report.findings, report.findings
    body, pair, entries = b"\x00" + bytes(240), b"\x01" + bytes(64), report.counts["entries"]
    began = time.perf_counter()
    for _ in range(entries):
        sha256(body).digest()
        sha256(pair).digest()
    return ours, entries / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
