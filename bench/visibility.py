"""How soon a changed price is found, while people search. Prints one JSON line.

20 clients search over HTTP, first with nothing happening, then while 10,000 prices change one by one through the service. Of every 100th
change it is measured how long after its commit the search page finds the product at its new price (the filter by price asks the index, not
the record). Web server, sealer, indexer, clients and the supplier who changes prices share the machine.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bench import world
from bench.pages import OFFERS, PRODUCTS, ask, build_index, enlarge, kinds, web_server

CHANGES: Final = int(os.environ.get("BENCH_CHANGES", "10000"))
CLIENTS: Final = 20
THINKING: Final = 0.5
"""Seconds between two pages of a client."""
WARMING: Final = 10.0
"""Seconds of searching that are not counted: every worker opens the index."""
QUIET: Final = 30.0
"""Seconds of searching with nothing happening."""
RATE: Final = float(os.environ.get("BENCH_CHANGES_A_SECOND", "100"))
"""Changes a second, at most."""
WATCHED: Final = 100
"""Every so-manieth change is watched until it is found. Looking is searching too: few look, so that the measure is not itself the load it measures."""
LOOK_EVERY: Final = 0.25
PATIENCE: Final = 30.0
CHANGER: Final = "--change-prices"
TARGET: Final = 2.0


def main() -> dict[str, Any]:
    os.environ.setdefault("SUNLIT_LOG_LEVEL", "warning")
    with world.durable_server():
        (Path(os.environ["SUNLIT_DATA_DIR"]) / "static").mkdir(parents=True)
        world.set_up()
        enlarge()
        products = build_index()
        measure_prices()
        addresses = kinds(random.Random(1), [])[0].addresses
        with web_server() as port, running("sealer"), running("indexer"):
            searching(port, addresses, lambda: time.sleep(WARMING))
            quiet = searching(port, addresses, lambda: time.sleep(QUIET))
            seen: list[float] = []
            busy = searching(port, addresses, lambda: seen.extend(changed_elsewhere(port)))
    before, during = percentiles(quiet), percentiles(busy)
    visible = percentiles([seconds * 1000 for seconds in seen])
    return {
        "bench": "visibility",
        "products": products,
        "changes": CHANGES,
        "clients": CLIENTS,
        "watched": len(seen),
        "visible_ms": visible,
        "within_target": visible["p95_ms"] <= TARGET * 1000,
        "search_quiet": {**before, "pages": len(quiet)},
        "search_during_changes": {**during, "pages": len(busy)},
        "ratio": round(during["p95_ms"] / before["p95_ms"], 2),
    }


def measure_prices() -> None:
    """What the nightly sweep leaves behind: every category has its yardstick."""
    from sunlit.domain.supervision.services import measuring
    from sunlit.domain.supervision.services.checking import Settings
    from sunlit.foundation.kernel import clock

    at = clock.now()
    measuring.ensure_measured(measuring.categories_on_sale(), watch=Settings(at).everywhere, at=at)


def changed_elsewhere(port: int) -> list[float]:
    """The supplier in a process of its own, so that the clients' stopwatches wait for nobody; the seconds of each change watched."""
    command = [sys.executable, "-m", "bench.visibility", CHANGER, str(port)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seen: list[float] = json.loads(told.splitlines()[-1])
    return seen


def change_prices(port: int) -> list[float]:
    """Lower the prices of many offers one after the other, at a steady rate; those watched are looked for from their commit on."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()
    from sunlit.domain.catalog import services
    from sunlit.domain.catalog.models import Offer
    from sunlit.foundation.accounts.actors import CLOCK
    from sunlit.foundation.kernel import clock

    first = world.FIRST_OFFER + OFFERS - PRODUCTS  # from here on up to the last product, nobody else offers the same
    offers = Offer.objects.filter(pk__gte=first, price__gt=10).select_related("product").order_by("pk")[:CHANGES]
    seen: list[float] = []
    watchers, begun = [], time.monotonic()
    for count, offer in enumerate(offers.iterator()):
        price = offer.price - Decimal("1.00")
        reprice(services, offer, price, CLOCK, clock.now())
        if count % WATCHED == 0:
            watcher = threading.Thread(target=watch, args=(port, offer.product.model, price, seen))
            watcher.start()
            watchers.append(watcher)
        time.sleep(max(0.0, begun + (count + 1) / RATE - time.monotonic()))
    for watcher in watchers:
        watcher.join()
    return seen


def reprice(services: Any, offer: Any, price: Decimal, by: Any, at: Any) -> None:
    from dataclasses import replace

    seller = replace(by, kind="supplier", organisation_id=offer.supplier_id, roles=frozenset({"catalog"}))
    services.reprice(offer, price=str(price), by=seller, at=at)


def watch(port: int, model: str, price: Decimal, seen: list[float]) -> None:
    """Seconds until the search finds the model at exactly this price."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    address, begun = f"/search/?q={quote(model)}&price_from={price}&price_to={price}", time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        line.request("GET", address, headers={"Accept-Language": "en"})
        if b'class="product"' in line.getresponse().read():
            break
        time.sleep(LOOK_EVERY)
    seen.append(time.monotonic() - begun)
    line.close()


def searching(port: int, addresses: list[str], meanwhile: Any) -> list[float]:
    """The milliseconds of every page that the clients asked for while something else was done."""
    stop, took = threading.Event(), list[float]()

    def client(number: int) -> None:
        line, chance = http.client.HTTPConnection("127.0.0.1", port, timeout=30), random.Random(number)
        for address in itertools.cycle(chance.sample(addresses, len(addresses))):
            if stop.wait(THINKING * chance.uniform(0.5, 1.5)):
                break
            status, milliseconds = ask(line, address, "")
            assert status == 200, f"{address}: {status}"
            took.append(milliseconds)
        line.close()

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    meanwhile()
    stop.set()
    for each in clients:
        each.join()
    return took


@contextlib.contextmanager
def running(duty: str) -> Iterator[None]:
    """One of the project's background processes."""
    log = Path(os.environ["SUNLIT_DATA_DIR"]) / f"{duty}.log"
    with log.open("wb") as told:
        process = subprocess.Popen([sys.executable, "-m", "sunlit.cli", duty], env=os.environ.copy(), stdout=told, stderr=told)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def percentiles(took: list[float]) -> dict[str, float]:
    marks = statistics.quantiles(took, n=100, method="inclusive")
    return {"p50_ms": round(marks[49], 1), "p95_ms": round(marks[94], 1), "max_ms": round(max(took), 1)}


if __name__ == "__main__":
    told: Any = change_prices(int(sys.argv[2])) if sys.argv[1:2] == [CHANGER] else main()
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
