"""Orders a second through the real service, against pgbench running the very same SQL on the same server in the same run. One JSON line."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bench import world

CLIENTS = 4
SECONDS = 6
ROUNDS = 3


@dataclass(frozen=True)
class Traced:
    """The SQL of one placed order with its values written in, and the values that must differ from order to order."""

    statements: list[str]
    number: str
    key: str
    order_id: int


def main(clients: int = CLIENTS, seconds: int = SECONDS, rounds: int = ROUNDS) -> dict[str, Any]:
    with world.durable_server() as url:
        world.set_up()
        script = as_script(trace())
        from django.db import connection

        connection.close()
        ours, theirs = [], []
        for _round in range(rounds):
            ours.append(through_the_service(clients, seconds))
            theirs.append(through_pgbench(url, script, clients, seconds))
        counted = count_and_check()
    service, limit = statistics.median(ours), statistics.median(theirs)
    return {
        "bench": "orders",
        "orders_per_second": round(service, 1),
        "pgbench_same_sql_per_second": round(limit, 1),
        "ratio": round(service / limit, 3),
        "target": 0.30,
        "clients": clients,
        "statements_an_order": len(script.splitlines()),
        "rounds": [[round(a, 1), round(b, 1)] for a, b in zip(ours, theirs, strict=True)],
        **counted,
    }


def actor_of(buyer: int) -> Any:
    from sunlit.foundation.accounts.actors import actor_in
    from sunlit.foundation.accounts.models import Seat

    return actor_in(Seat.objects.select_related("user", "organisation__region").get(organisation_id=world.FIRST_BUYER + buyer))


def place_one(actor: Any, buyer: int, offer: int, key: str) -> Any:
    from sunlit.domain.market.modes.supermarket import Terms, place
    from sunlit.domain.market.queries.wishes import Wish

    delivery = {
        "receiver": "收货人",
        "phone": "0996-1",
        "address": "路1号",
        "region": "652801",
        "region_name": "库尔勒市",
        "region_path": "652800/652801",
    }
    title = {"title": "单位", "tax_number": "0", "bank": "", "account": ""}
    terms = Terms(quota_id=world.FIRST_QUOTA + buyer, delivery=delivery, invoice_title=title, purpose="办公")
    return place(key=key, wishes=[Wish(world.FIRST_OFFER + offer, 1, Decimal(100 + offer))], terms=terms, by=actor, at=world.AT)


def trace() -> Traced:
    """Place one order and keep every statement with its values."""
    from django.db import connection
    from psycopg import ClientCursor

    actor = actor_of(0)
    place_one(actor, 0, 1, "warm")
    seen: list[str] = []

    def keep(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        seen.append(ClientCursor(connection.connection).mogrify(sql, params) if params else sql)
        return execute(sql, params, many, context)

    connection.queries_log.clear()
    with connection.execute_wrapper(keep):
        [order] = place_one(actor, 0, 0, "bench-key")
    return Traced(seen, order.number, "bench-key", order.pk)


def as_script(traced: Traced) -> str:
    """The statements as a pgbench script: other offers, buyers and numbers each time, all else to the letter."""
    text = [statement.replace("\n", " ").strip().rstrip(";") for statement in traced.statements]
    text = [line for line in text if not line.startswith(("BEGIN", "COMMIT"))]
    lines = ["\\set n random(1, 9000000000000000000)", f"\\set o random(0, {world.OFFERS - 1})", f"\\set b random(0, {world.BUYERS - 1})"]
    for name, first, index in (
        ("offer", world.FIRST_OFFER, "o"),
        ("product", world.FIRST_PRODUCT, "o"),
        ("buyer", world.FIRST_BUYER, "b"),
        ("quota", world.FIRST_QUOTA, "b"),
    ):
        lines.append(f"\\set {name} {first} + :{index}")
    lines.append("BEGIN;")
    for line in text:
        told = line.replace(traced.number, "DD-:n").replace(traced.key, "k:n").replace(str(traced.order_id), ":id")
        for first, name in (
            (world.FIRST_OFFER, "offer"),
            (world.FIRST_PRODUCT, "product"),
            (world.FIRST_BUYER, "buyer"),
            (world.FIRST_QUOTA, "quota"),
        ):
            told = re.sub(rf"\b{first}\b", f":{name}", told)
        keeps_id = told.startswith('INSERT INTO "market_order"')
        lines.append(told + (" \\gset" if keeps_id else ";"))
    lines.append("COMMIT;")
    return "\n".join(lines) + "\n"


def through_the_service(clients: int, seconds: int) -> float:
    """Orders a second of several processes that each place one after the other, each in a durable transaction."""
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(clients), context.Queue()
    workers = [context.Process(target=_place_for, args=(seconds, start, results)) for _ in range(clients)]
    for worker in workers:
        worker.start()
    total = sum(results.get() for _ in workers)
    for worker in workers:
        worker.join()
    return float(total)


def _place_for(seconds: int, start: Any, results: Any) -> None:
    chance = random.Random(os.getpid())
    actors = [actor_of(buyer) for buyer in range(world.BUYERS)]
    place_one(actors[0], 0, 0, secrets.token_hex(12))
    start.wait()
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        buyer = chance.randrange(world.BUYERS)
        place_one(actors[buyer], buyer, chance.randrange(world.OFFERS), secrets.token_hex(12))
        done += 1
    results.put(done / (time.perf_counter() - began))


def through_pgbench(url: str, script: str, clients: int, seconds: int) -> float:
    from sunlit.config.postgres import binaries

    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = [str(binaries() / "pgbench"), "-n", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", file.name, "-d", url]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", told.stdout)
    if told.returncode or not found:
        raise SystemExit(f"pgbench failed: {told.stderr[-2000:]}")
    return float(found.group(1))


def count_and_check() -> dict[str, Any]:
    """After the run every quota agrees with its holds: what was fast was also right."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM market_order")
        orders: Sequence[Any] = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM planning_budgetquota q WHERE held <> (SELECT COALESCE(sum(amount), 0) FROM planning_hold h WHERE h.quota_id = q.id)"
        )
        wrong: Sequence[Any] = cursor.fetchone()
    assert wrong[0] == 0, f"{wrong[0]} quotas do not agree with their holds"
    return {"orders": orders[0], "quotas_that_disagree": wrong[0]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
