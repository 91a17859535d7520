"""The search at the size of a prefecture: 2.19 million offers on 270,000 products. Prints one JSON line.

200 fixed questions (broad words, model numbers, filtered, sorted by price), each with all facets, in one run on one machine: the HTTP
page, our `search()`, the engine's own calls (the limit), PostgreSQL full text with the same words (a row an offer, and for the sake of
fairness a row a product as our own index has it), and Typesense where its server is installed. Without `--database` a cluster of our own is filled with `sunlit demo --scale bazhou` first; `--fraction 0.01` takes a hundredth.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from bench import world
from bench.pages import Page, visit, web_server
from bench.search import timed

SEED: Final = 652_800
KINDS: Final = ("broad", "model", "filtered", "sorted")
EACH: Final = 50
NEW_EACH: Final = 1_000
ROUNDS: Final = 2
VISITORS, SECONDS, WARM = 4, 10.0, 60
PREFIXES: Final = 200
PREFIX_CHARS: Final = 6
LOADED_AT_A_TIME: Final = 500
TARGETS: Final = {
    "engine_p95_ms": ("at most", 20),
    "http_p95_ms": ("at most", 60),
    "times_postgres": ("at least", 30),
    "pages_per_second": ("at least", 150),
    "index_mb": ("at most", 300),
    "searcher_mb": ("at most", 250),
    "suggest_p95_ms": ("at most", 30),
}


def main(given: argparse.Namespace) -> dict[str, Any]:
    os.environ.setdefault("SUNLIT_LOG_LEVEL", "warning")
    with library(given):
        _django()
        build_missing_index()
        asked = questions(random.Random(SEED))
        rivals = [] if given.alone else [("postgres", postgres), ("postgres_offers", postgres_offers), ("typesense", typesense)]
        told: dict[str, Any] = {"bench": "search_scale", **size(), "questions": len(asked)}
        told |= {"engine": by_kind(asked, ours), "tantivy": by_kind(asked, engine_alone), "suggest": timed(suggesting(random.Random(SEED)))}
        told |= {name: measure(asked) for name, measure in rivals}
        told["http"] = over_http(asked)
        told["memory"] = memory()
    return {**told, **summed(told)}


# The library


@contextlib.contextmanager
def library(given: argparse.Namespace) -> Iterator[None]:
    """The database and data folder that were named, or a cluster of our own with the region built into it."""
    if given.database:
        os.environ |= {"DATABASE_URL": given.database, "SUNLIT_DATA_DIR": given.data}
        (Path(given.data) / "static").mkdir(parents=True, exist_ok=True)
        yield
        return
    with world.durable_server():
        (Path(os.environ["SUNLIT_DATA_DIR"]) / "static").mkdir(parents=True)
        run = [sys.executable, "-m", "sunlit.cli"]
        subprocess.run([*run, "manage", "migrate", "--verbosity", "0"], check=True)
        subprocess.run([*run, "demo", "--scale", "bazhou", "--fraction", str(given.fraction)], check=True, stdout=sys.stderr)
        yield


def _django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()


def build_missing_index() -> None:
    from sunlit.domain.catalog import services
    from sunlit.domain.catalog.queries import documents

    if not documents.index().current():
        begun = time.monotonic()
        count = services.rebuild_index(at=datetime.now(UTC))
        sys.stderr.write(f"{count} products indexed in {time.monotonic() - begun:.0f} s\n")


def size() -> dict[str, int]:
    from sunlit.domain.catalog.models import Offer
    from sunlit.domain.catalog.queries import documents
    from sunlit.foundation.search import generations

    index = documents.index()
    appointed = generations.current(index.path)
    assert appointed is not None
    held = sum(file.stat().st_size for file in (index.path / appointed.name).iterdir())
    view = index.view()
    assert view is not None
    return {
        "offers": Offer.objects.filter(state="listed").count(),
        "products": index.count(),
        "segments": view.searcher.num_segments,
        "index_mb": round(held / 2**20),
    }


def docs() -> Iterator[Any]:
    """Every product as the index is given it."""
    from sunlit.domain.catalog.queries import documents
    from sunlit.foundation.kernel.clock import local_day

    day, some = local_day(datetime.now(UTC)), []
    for number in documents.ids():
        some.append(number)
        if len(some) == LOADED_AT_A_TIME:
            yield from documents.load(some, day=day)
            some = []
    yield from documents.load(some, day=day)


# The questions


def questions(chance: random.Random, each: int = EACH) -> list[tuple[str, str]]:
    """Kind and address of each: the words of the library itself, the same for the same library."""
    from sunlit.domain.catalog import queries as catalog
    from sunlit.foundation.accounts import queries as accounts

    names = [each.name_zh for each in catalog.tree().in_use()]
    places = [region.code for region in accounts.regions()]
    found: list[tuple[str, dict[str, Any]]] = []
    for some in products(chance, each):
        name, brand = chance.choice(names), some.brand.name_zh
        found += [
            ("broad", {"q": chance.choice((name, name, brand, f"{brand} {some.category.name_zh}"))}),
            ("model", {"q": chance.choice((some.model, some.model.lower().replace("-", ""), f"{brand} {some.model}"))}),
            ("filtered", {"q": some.category.name_zh, "brand": brand, "region": chance.choice(places), "tag": "sme"}),
            ("sorted", {"q": name, "sort": chance.choice(("price", "-price", "-sold")), "price_from": chance.choice(("", "50", "500"))}),
        ]
    return [(kind, urlencode({key: value for key, value in told.items() if value})) for kind, told in found]


def products(chance: random.Random, count: int) -> list[Any]:
    from django.db.models import Max, Min

    from sunlit.domain.catalog.models import Product

    span = Product.objects.aggregate(low=Min("pk"), high=Max("pk"))
    keys = [chance.randint(span["low"], span["high"]) for _ in range(count)]
    rows = [Product.objects.select_related("brand", "category").filter(pk__gte=key).order_by("pk").first() for key in keys]
    return [row for row in rows if row is not None]


def query_of(address: str) -> Any:
    from django.http import QueryDict

    from sunlit.domain.catalog.queries.search import _query, request_of

    return _query(request_of(QueryDict(address)), None)


def suggesting(chance: random.Random) -> list[Callable[[], object]]:
    """Somebody who types the name of a thing, letter by letter, in characters or in pinyin."""
    from sunlit.domain.catalog import queries as catalog
    from sunlit.domain.catalog.queries import documents

    segmenter = documents.index().view().segmenter  # type: ignore[union-attr]
    names = [each.name_zh for each in catalog.tree().in_use()] + [some.name_zh for some in products(chance, EACH)]
    spelt = [chance.choice(segmenter.spellings(chance.choice(names)))[: chance.randint(1, PREFIX_CHARS)] for _ in range(PREFIXES)]
    return [lambda begun=begun: catalog.suggest(begun) for begun in spelt]  # type: ignore[misc]


# What is measured


def by_kind(asked: Sequence[tuple[str, str]], asking: Callable[[str], Callable[[], object]]) -> dict[str, Any]:
    """All questions, and each kind by itself."""
    runs = [(kind, asking(address)) for kind, address in asked]
    for _kind, run in runs[: WARM // 2]:
        run()
    told: dict[str, Any] = timed([run for _kind, run in runs])
    return told | {f"{kind}_p95_ms": timed([run for each, run in runs if each == kind])["p95_ms"] for kind in KINDS}


def ours(address: str) -> Callable[[], object]:
    from sunlit.domain.catalog.queries import documents

    query, index = query_of(address), documents.index()

    def run() -> object:
        view = index.view()
        assert view is not None
        view.counted.forget()  # as if nobody had asked before
        return index.search(query)

    return run


def engine_alone(address: str) -> Callable[[], object]:
    """The least the engine must be asked for this page: one search, and an aggregation for each set of facets counted alike."""
    from sunlit.domain.catalog.queries import documents
    from sunlit.foundation.search import answers
    from sunlit.foundation.search.question import compile_question, sort_field

    view, layout = documents.index().view(), documents.index().layout
    assert view is not None
    query = query_of(address)
    asked = compile_question(layout, view.segmenter, query)
    counted: dict[str, dict[str, Any]] = {}
    for facet in query.facets:
        own = answers._choice(facet) if answers._choice(facet) in asked.chosen else ""
        counted.setdefault(own, {})[facet.field] = answers.aggregation(layout, facet)
    counts = [(asked.matching(own), wanted) for own, wanted in counted.items()]
    matching = asked.matching() if query.sort else asked.ranking()
    order: dict[str, Any] = {"order_by_field": sort_field(layout, query)} if query.sort else {}

    def run() -> object:
        return view.searcher.search(matching, query.limit, **order), [view.searcher.aggregate(which, wanted) for which, wanted in counts]

    return run


def postgres(asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    from bench.search_rivals import FullText, read

    table = FullText(os.environ.get("SUNLIT_BENCH_POSTGRES") or os.environ["DATABASE_URL"])
    if table.filled("products") != size()["products"]:
        table.fill(read(spool()))
    return by_kind(asked, lambda address: _asking(table.ask, address))


def postgres_offers(asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The same questions asked of a row an offer. Comes after `postgres`, whose words it uses."""
    from bench.search_rivals import FullText

    table = FullText(os.environ.get("SUNLIT_BENCH_POSTGRES") or os.environ["DATABASE_URL"])
    if table.filled("offers") != size()["offers"]:
        table.fill_offers()
    return by_kind(asked, lambda address: _asking(lambda query, phrases: table.ask(query, phrases, "offers"), address))


def typesense(asked: Sequence[tuple[str, str]]) -> dict[str, Any] | str:
    from bench.search_rivals import Typesense, read, typesense_server

    program = typesense_server()
    if isinstance(program, str):
        return program
    with Typesense(program) as server:
        server.fill(read(spool()))
        told = by_kind(asked, lambda address: _asking(server.ask, address))
        return {**told, "memory_mb": server.memory_mb()}


def spool() -> Path:
    """The products in words, in the data folder; written once."""
    from bench.search_rivals import spooled

    file = Path(os.environ["SUNLIT_DATA_DIR"]) / "bench-products.jsonl"
    if not file.exists():
        begun = file.with_suffix(".begun")
        spooled(docs(), _segmenter(), begun)
        begun.replace(file)
    return file


def _segmenter() -> Any:
    from sunlit.domain.catalog.queries import documents

    view = documents.index().view()
    assert view is not None
    return view.segmenter


def _asking(ask: Callable[[Any, Any], object], address: str) -> Callable[[], object]:
    query, segmenter = query_of(address), _segmenter()
    phrases = query.alike.widen(segmenter.question(query.text), segmenter)
    return lambda: ask(query, phrases)


def over_http(asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Each page for one visitor alone; then several visitors at once, who share the machine with the server: with the same questions again
    and again, whose counts the server remembers, and with thousands of others, of which hardly one was asked before.
    """
    new = questions(random.Random(SEED + 1), NEW_EACH)
    page = Page("search", [f"/search/?{address}" for _kind, address in asked])
    with web_server() as port:
        for _round in range(4):  # a new connection each: every worker is warm
            visit(page, port, "", count=WARM)
        took = iter(visit(page, port, "", count=len(asked) * ROUNDS))
        told: dict[str, Any] = timed_of(took)
        told["pages_per_second"] = _rate(page, port)
        told["new_pages_per_second"] = _rate(Page("search", [f"/search/?{address}" for _kind, address in new]), port)
        return told


def _rate(page: Page, port: int) -> float:
    """Pages a second for several visitors at once."""
    done: list[int] = []
    begun = time.perf_counter()
    visitors = [threading.Thread(target=lambda: done.append(len(visit(page, port, "", seconds=SECONDS)))) for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return round(sum(done) / (time.perf_counter() - begun), 1)


def timed_of(took: Iterable[float]) -> dict[str, float]:
    ordered = sorted(took)
    marks = {"p50_ms": 0.50, "p95_ms": 0.95, "max_ms": 1.0}
    return {name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 1) for name, share in marks.items()}


def memory() -> dict[str, int]:
    """What a process grows by that opens the index and answers all questions: its own memory, and what of the index's files it touched."""
    grown = subprocess.run([sys.executable, "-m", "bench.search_scale", "--memory"], check=True, capture_output=True, text=True)
    told: dict[str, int] = json.loads(grown.stdout.splitlines()[-1])
    return told


def grow() -> dict[str, int]:
    _django()
    from sunlit.domain.catalog.queries import documents

    asked = [query_of(address) for _kind, address in questions(random.Random(SEED))]
    before = _resident()
    for query in asked:
        documents.index().search(query)
    after = _resident()
    return {name: round((after[name] - before[name]) / 1024) for name in before}


def _resident() -> dict[str, int]:
    """Kilobytes: all that is resident, the process's own, and of files."""
    lines = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if line.startswith("Rss")
    )
    own, files = (int(lines[name].split()[0]) for name in ("RssAnon", "RssFile"))
    return {"searcher_mb": own + files, "own_mb": own, "files_mb": files}


def summed(told: dict[str, Any]) -> dict[str, Any]:
    """The figures that have a target, and whether each is met."""
    figures = {
        "engine_p95_ms": told["engine"]["p95_ms"],
        "http_p95_ms": told["http"]["p95_ms"],
        "times_postgres": _times(told, "postgres_offers"),
        "times_postgres_products": _times(told, "postgres"),
        "pages_per_second": told["http"]["pages_per_second"],
        "index_mb": told["index_mb"],
        "searcher_mb": told["memory"]["searcher_mb"],
        "suggest_p95_ms": told["suggest"]["p95_ms"],
        "times_the_limit": round(told["engine"]["p95_ms"] / told["tantivy"]["p95_ms"], 2),
    }
    met = {
        name: figures[name] <= mark if way == "at most" else figures[name] >= mark
        for name, (way, mark) in TARGETS.items()
        if figures[name] is not None
    }
    return {**figures, "targets": TARGETS, "met": met}


def _times(told: dict[str, Any], rival: str) -> float | None:
    return round(told[rival]["p95_ms"] / told["engine"]["p95_ms"], 1) if rival in told else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="a library that exists already; needs --data")
    parser.add_argument("--data", default="", help="its data folder, in which the index lies or is built")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the region, where one is built")
    parser.add_argument("--alone", action="store_true", help="without the other engines")
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    sys.stdout.write(json.dumps(grow() if chosen.memory else main(chosen), ensure_ascii=False) + "\n")
