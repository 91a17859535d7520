"""How soon a changed price is found, while people search. Prints one JSON line.

20 clients search over HTTP all the time. Five times nothing else happens for a while, and then 2,000 prices change one by one through the
service: what else the machine does falls on both alike. Of every 100th change it is measured how long after its commit the search page finds
the product at its new price (the filter by price asks the index, not the record). Web server, sealer, indexer, clients and the supplier who
changes prices share the machine.
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
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypedDict
from urllib.parse import quote

from bench import world
from bench.pages import OFFERS, PRODUCTS, ask, build_index, enlarge, kinds, web_server

CHANGES: Final = int(os.environ.get("BENCH_CHANGES", "10000"))
CLIENTS: Final = 20
THINKING: Final = 0.5
"""Seconds between two pages of a client."""
WARMING: Final = 10.0
"""Seconds of searching that are not counted: every worker opens the index."""
BOUTS: Final = 5
SETTLING: Final = 4.0
"""Seconds after a bout that count for neither: what was changed last is still being indexed."""
QUIET: Final = 12.0
"""Seconds of searching with nothing happening, before each bout of changes."""
RATE: Final = float(os.environ.get("BENCH_CHANGES_A_SECOND", "100"))
"""Changes a second, at most."""
WATCHED: Final = 100
"""Every so-manieth change is watched until it is found. Looking is searching too: few look, so that the measure is not itself the load it measures."""
LOOK_EVERY: Final = 0.25
PATIENCE: Final = 30.0
CHANGER: Final = "--change-prices"
TARGET: Final = 2.0

Asked = tuple[float, float]


class Told(TypedDict):
    """What the supplier noted: seconds until each watched change was found, and when there was rest and when prices changed."""

    seen: list[float]
    quiet: list[tuple[float, float]]
    busy: list[tuple[float, float]]


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
            told: list[Told] = []
            asked = searching(port, addresses, lambda: told.append(changed_elsewhere(port)))
    quiet, busy = (within(asked, spans) for spans in (told[0]["quiet"], told[0]["busy"]))
    before, during, seen = percentiles(quiet), percentiles(busy), told[0]["seen"]
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


def changed_elsewhere(port: int) -> Told:
    """The supplier in a process of its own, so that the clients' stopwatches wait for nobody."""
    command = [sys.executable, "-m", "bench.visibility", CHANGER, str(port)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told: Told = json.loads(out.splitlines()[-1])
    return told


def change_prices(port: int) -> Told:
    """Lower the prices of many offers one after the other, at a steady rate, with rests; those watched are looked for from their commit on."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()
    from sunlit.domain.catalog.models import Offer

    first = world.FIRST_OFFER + OFFERS - PRODUCTS  # from here on up to the last product, nobody else offers the same
    offers = list(Offer.objects.filter(pk__gte=first, price__gt=10).select_related("product").order_by("pk")[:CHANGES])
    told: Told = {"seen": [], "quiet": [], "busy": []}
    a_bout = -(-len(offers) // BOUTS)
    for start in range(0, len(offers), a_bout):
        time.sleep(SETTLING)
        rested = time.monotonic()
        time.sleep(QUIET)
        begun = time.monotonic()
        watchers = bout(port, offers[start : start + a_bout], told["seen"])
        told["quiet"].append((rested, begun))
        told["busy"].append((begun, time.monotonic()))
        for watcher in watchers:
            watcher.join()
    return told


def bout(port: int, offers: Sequence[Any], seen: list[float]) -> list[threading.Thread]:
    """Change these prices; returns who still looks for some of them."""
    from sunlit.domain.catalog import services
    from sunlit.foundation.accounts.actors import CLOCK
    from sunlit.foundation.kernel import clock

    watchers, begun = [], time.monotonic()
    for count, offer in enumerate(offers):
        price = offer.price - Decimal("1.00")
        reprice(services, offer, price, CLOCK, clock.now())
        if count % WATCHED == 0:
            watcher = threading.Thread(target=watch, args=(port, offer.product.model, price, seen))
            watcher.start()
            watchers.append(watcher)
        time.sleep(max(0.0, begun + (count + 1) / RATE - time.monotonic()))
    return watchers


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


def searching(port: int, addresses: list[str], meanwhile: Any) -> list[Asked]:
    """When each page was asked for and the milliseconds it took, while something else was done."""
    stop, took = threading.Event(), list[Asked]()

    def client(number: int) -> None:
        line, chance = http.client.HTTPConnection("127.0.0.1", port, timeout=30), random.Random(number)
        for address in itertools.cycle(chance.sample(addresses, len(addresses))):
            if stop.wait(THINKING * chance.uniform(0.5, 1.5)):
                break
            begun = time.monotonic()
            status, milliseconds = ask(line, address, "")
            assert status == 200, f"{address}: {status}"
            took.append((begun, milliseconds))
        line.close()

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    meanwhile()
    stop.set()
    for each in clients:
        each.join()
    return took


def within(asked: Sequence[Asked], spans: Sequence[tuple[float, float]]) -> list[float]:
    """The milliseconds of the pages asked for within these spans of the machine's steady clock, which all its processes share."""
    return [milliseconds for at, milliseconds in asked if any(begin <= at < end for begin, end in spans)]


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
