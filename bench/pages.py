"""How quick the pages are over HTTP, from a real web server with 100,000 offers in its library and 300 purchases open. Prints one JSON line.

Each page is asked by one visitor alone (p50, p95) and by several at once (requests a second); the search beside the engine's own calls
for the same questions. Visitors and server share the machine.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import world
from bench.search import BRANDS, KINDS, THINGS, engine_alone, timed

OFFERS, PRODUCTS, SHOPS = 100_000, 60_000, 200
ORDERS = 120
OPEN_OF_A_KIND = 100  # quotations, auctions and framework solicitations
ALONE, WARM, VISITORS, SECONDS = 200, 40, 4, 4.0
WORKERS = 2
OPEN_SECONDS = 60.0
AT_A_TIME = 5_000
FIRST_CATEGORY = "A0201"


@dataclass(frozen=True)
class Page:
    """One kind of page: its addresses, and who is signed in: nobody, the first buyer or the first supplier."""

    name: str
    addresses: list[str]
    by: str = ""


def main() -> dict[str, Any]:
    os.environ.setdefault("SUNLIT_LOG_LEVEL", "warning")
    with world.durable_server():
        (Path(os.environ["SUNLIT_DATA_DIR"]) / "static").mkdir(parents=True)
        world.set_up()
        enlarge()
        orders = place_orders()
        open_purchases()
        indexed = build_index()
        cookies = {"": "", "buyer": sign_in(world.FIRST_BUYER), "supplier": sign_in(world.FIRST_SUPPLIER)}
        pages = kinds(random.Random(1), orders)
        queries = {page.name: queries_of(page, cookies[page.by]) for page in pages}
        engine = tantivy_alone(pages[0])
        with web_server() as port:
            measured = {page.name: {**measure(page, port, cookies[page.by]), "queries": queries[page.name]} for page in pages}
    return {
        "bench": "pages",
        "ratio": round(engine["p95_ms"] / measured["search"]["p95_ms"], 3),
        "offers": indexed,
        "open_purchases": 3 * OPEN_OF_A_KIND,
        "workers": WORKERS,
        "visitors": VISITORS,
        "pages": measured,
        "tantivy_alone": {**engine, "searches_per_second": round(1000 / engine["mean_ms"], 1)},
    }


# The world


def enlarge() -> None:
    """The bench's market with a library of 100,000 offers, of the same words as the search's own measurement."""
    from sunlit.domain.catalog import queries as catalog
    from sunlit.domain.catalog.models import Brand, Category, Offer, Product
    from sunlit.domain.registry.models import Supplier
    from sunlit.foundation.accounts.models import Organisation, Region

    chance, city = random.Random(20250101), Region.objects.get(code="652801")
    top = Category.objects.create(code="A", name_zh="货物", path="A", level=0, kind="goods", leaf=False)
    categories = [
        Category.objects.create(
            code=f"{FIRST_CATEGORY}{n:04}", name_zh=name, path=f"A/{FIRST_CATEGORY}{n:04}", parent=top, level=1, kind="goods", in_use=True
        )
        for n, name in enumerate(THINGS)
    ]
    brands = [Brand.objects.create(key=f"B{n}", name_zh=name) for n, name in enumerate(BRANDS)]
    shops = [
        Organisation.objects.create(kind="supplier", number=f"SH-{n}", name_zh=f"商户{n}", region=city, created_at=world.AT)
        for n in range(SHOPS)
    ]
    Supplier.objects.bulk_create(
        Supplier(number=it.number, region_path=city.path, state="active", organisation=it, admitted_at=world.AT) for it in shops
    )
    first = world.FIRST_PRODUCT + world.OFFERS
    Product.objects.bulk_create((_product(first + n, chance, categories, brands) for n in range(PRODUCTS)), batch_size=AT_A_TIME)
    names = dict(Product.objects.values_list("pk", "name_zh"))
    rest = OFFERS - world.OFFERS
    Offer.objects.bulk_create((_offer(n, first + n % PRODUCTS, chance, shops, names) for n in range(rest)), batch_size=AT_A_TIME)
    catalog.forget()


def _product(pk: int, chance: random.Random, categories: list[Any], brands: list[Any]) -> Any:
    from sunlit.domain.catalog.models import Product

    place, brand = chance.randrange(len(categories)), chance.choice(brands)
    model = f"{chance.choice(('TL', 'M', 'CF', 'DS'))}-{chance.choice(('SG', 'X', 'P'))}{pk % 1_000_000}D"
    name = f"{brand.name_zh}{model} {''.join(chance.sample(KINDS, 2))}{categories[place].name_zh}"
    attributes = {f"参数{n}": f"{chance.randrange(1, 64)} 单位" for n in range(8)}
    return Product(
        pk=pk,
        number=f"SPU-{pk}",
        category=categories[place],
        brand=brand,
        model=model,
        model_key=model,
        name_zh=name,
        attributes=attributes,
        created_at=world.AT,
    )


def _offer(n: int, product: int, chance: random.Random, shops: list[Any], names: dict[int, str]) -> Any:
    """No supplier offers a product twice: the shops take turns."""
    from sunlit.domain.catalog.models import Offer

    return Offer(
        pk=world.FIRST_OFFER + world.OFFERS + n,
        number=f"SK-{n}",
        region_path="652800/652801",
        state="listed",
        supplier=shops[(n + n // PRODUCTS) % SHOPS],
        product_id=product,
        sku_code=f"SKU-{n}",
        title=names[product],
        price=Decimal(chance.randrange(100, 2_000_000)).scaleb(-2),
        stock=1000,
        delivery_days=chance.choice((1, 3, 7)),
        sold=chance.randrange(1000),
        created_at=world.AT,
        listed_at=world.AT,
    )


def place_orders() -> list[str]:
    """Orders of the first buyer, through the service."""
    from bench.orders import actor_of, place_one

    actor = actor_of(0)
    return [place_one(actor, 0, n, f"pages-{n}")[0].number for n in range(ORDERS)]


def open_purchases() -> None:
    """Purchases of every unit that run now, by three ways, as many as a prefecture has at once, for what the first supplier sells; and its own clerk."""
    from django.db import connection

    from sunlit.domain.catalog.models import Category
    from sunlit.domain.market.models import Auction, AuctionLot, Framework, Package, Quotation, QuotationLine
    from sunlit.foundation.accounts.models import Seat, User

    clerk = User.objects.create(login="s0", name_zh="业务员", created_at=world.AT, password="!")  # noqa: S106
    Seat.objects.create(user=clerk, organisation_id=world.FIRST_SUPPLIER, roles=["sales"])
    it, author, soon = Category.objects.get(code="A02010105"), User.objects.get(login="b0"), datetime.now(UTC)
    counted = range(OPEN_OF_A_KIND)
    one = {"position": 1, "category": it, "name": it.name_zh, "unit": "台"}
    figure = Decimal("5000.00")

    def common(n: int) -> dict[str, Any]:
        until = soon + timedelta(days=2, hours=n)
        terms = {"delivery": {}, "invoice_title": {}, "delivery_days": 10, "quota_id": world.FIRST_QUOTA + n % world.BUYERS}
        told = {
            "region_path": "652800/652801",
            "state": "open",
            "title": f"{it.name_zh}第{n}批",
            "created_at": world.AT,
            "published_at": world.AT,
        }
        return {"told": told, "terms": terms, "buyer": world.FIRST_BUYER + n % world.BUYERS, "until": until}

    rows = [common(n) for n in counted]
    asked = Quotation.objects.bulk_create(
        Quotation(
            number=f"XJ-{n}", buyer_id=row["buyer"], author=author, ceiling=10 * figure, contents_hash="", quote_until=row["until"],
            **row["told"], **row["terms"],
        )
        for n, row in enumerate(rows)
    )  # fmt: skip
    QuotationLine.objects.bulk_create(
        QuotationLine(quotation=quotation, quantity=10, ceiling=figure, amount=10 * figure, parameters=["内存不低于16吉字节"], **one)
        for quotation in asked
    )
    auctions = Auction.objects.bulk_create(
        Auction(
            number=f"JJ-{n}", buyer_id=row["buyer"], drafter=author, purpose="办公", requirements="三年质保", minutes=30, step_kind="yuan", step=figure,
            extension_minutes=5, visibility="rank_only", total=10 * figure, enter_until=row["until"], starts_at=row["until"],
            **row["told"], **row["terms"],
        )
        for n, row in enumerate(rows)
    )  # fmt: skip
    AuctionLot.objects.bulk_create(AuctionLot(auction=auction, quantity=10, cap=figure, step=Decimal(1), **one) for auction in auctions)
    frameworks = Framework.objects.bulk_create(
        Framework(
            number=f"KJ-{n}", solicitor_id=row["buyer"], kind="goods", ground="small_many", method="price", second_stage=["direct"], months=12,
            yearly=figure * 1000, standard="台式计算机配置标准", price_basis="市场调查", surveyed_buyers=3, surveyed_suppliers=3, contents_hash="",
            respond_until=row["until"], **row["told"],
        )
        for n, row in enumerate(rows)
    )  # fmt: skip
    Package.objects.bulk_create(Package(framework=framework, ceiling=figure, requirement="三年质保", **one) for framework in frameworks)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # the server's own upkeep comes a minute after so many new rows: nobody waits for it here


def build_index() -> int:
    """The search index as its keeper builds it."""
    from sunlit.domain.catalog import services

    return services.rebuild_index(at=world.AT)


def sign_in(organisation: int) -> str:
    """The cookie of a session of the only person of this organisation."""
    from sunlit.foundation.accounts.models import Seat
    from sunlit.foundation.accounts.sessions import SessionStore

    seat = Seat.objects.get(organisation_id=organisation)
    session = SessionStore()
    session["seat"], session["_auth_user_id"] = seat.pk, str(seat.user_id)
    session.create()
    return f"sunlit_session={session.session_key}"


def kinds(chance: random.Random, orders: list[str]) -> list[Page]:
    """What is asked for: words, brands with words, model numbers and browsing, mixed as in a shop."""
    questions = []
    for _ in range(40):
        thing, brand, kind = chance.choice(THINGS), chance.choice(BRANDS), chance.choice(KINDS)
        questions += [thing, f"{brand} {thing}", f"{kind}{thing}", f"SG{chance.randrange(10_000, 99_999)}", ""]
    numbers = [f"SPU-{world.FIRST_PRODUCT + world.OFFERS + chance.randrange(PRODUCTS)}" for _ in range(500)]
    return [
        Page("search", [f"/search/?q={quote(question)}" for question in questions]),
        Page("product", [f"/products/{number}/" for number in numbers]),
        Page("home", ["/"]),
        Page("order list", ["/buyer/orders/"], by="buyer"),
        Page("order", [f"/buyer/orders/{number}/" for number in orders], by="buyer"),
        Page(
            "opportunities",
            [f"/supplier/opportunities/{query}" for query in ("", "?show=all", "?after=50", f"?q={quote(THINGS[0])}")],
            by="supplier",
        ),
        Page("entries", ["/supplier/opportunities/mine/"], by="supplier"),
    ]


# Queries, and the engine alone


def queries_of(page: Page, cookie: str) -> int:
    """Statements that one page sends, after the things that are remembered for a minute."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost", HTTP_COOKIE=cookie)
    client.get(page.addresses[0])
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(page.addresses[-1])
    assert answer.status_code == 200, f"{page.addresses[-1]}: {answer.status_code}"
    return len(captured)


def tantivy_alone(page: Page) -> dict[str, float]:
    """The same questions, put to the engine without anything of ours around it."""
    from django.http import QueryDict

    from sunlit.domain.catalog.queries import documents
    from sunlit.domain.catalog.queries.search import _query, request_of
    from sunlit.foundation.search.question import compile_question

    index = documents.index()
    view = index.view()
    assert view is not None
    asked = [request_of(QueryDict(address.partition("?")[2])) for address in page.addresses]
    runs = [engine_alone(view, compile_question(index.layout, view.segmenter, _query(each, None))) for each in asked]
    timed(runs[:50])
    began = time.perf_counter()
    told = timed(runs)
    return {**told, "mean_ms": round((time.perf_counter() - began) * 1000 / len(runs), 3)}


# The server and its visitors


@contextlib.contextmanager
def web_server() -> Iterator[int]:
    """The project's own web server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {"SUNLIT_PORT": str(port), "SUNLIT_WORKERS": str(WORKERS), "SUNLIT_LOG_LEVEL": "warning", "SUNLIT_DEMO": "0"}
    log = Path(os.environ["SUNLIT_DATA_DIR"]) / "web.log"
    with log.open("wb") as told:
        server = subprocess.Popen([sys.executable, "-m", "sunlit.cli", "web"], env={**os.environ, **settings}, stdout=told, stderr=told)
    try:
        _wait_until_open(port, server, log)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait_until_open(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            if ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/health", "")[0] == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"The web server did not open: {log.read_text()[-2000:]}")


def ask(line: http.client.HTTPConnection, address: str, cookie: str) -> tuple[int, float]:
    """Status, and milliseconds until the last byte."""
    began = time.perf_counter()
    line.request("GET", address, headers={"Cookie": cookie, "Accept-Language": "zh-CN"} if cookie else {"Accept-Language": "zh-CN"})
    answer = line.getresponse()
    answer.read()
    return answer.status, (time.perf_counter() - began) * 1000


def measure(page: Page, port: int, cookie: str) -> dict[str, float]:
    """One visitor alone, then several at once."""
    for _round in range(WORKERS * 2):  # a new connection each: every worker is warm
        visit(page, port, cookie, count=WARM)
    took = sorted(visit(page, port, cookie, count=ALONE))
    marks = statistics.quantiles(took, n=100, method="inclusive")
    done: list[int] = []
    began = time.perf_counter()
    visitors = [threading.Thread(target=lambda: done.append(len(visit(page, port, cookie, seconds=SECONDS)))) for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    rate = sum(done) / (time.perf_counter() - began)
    return {"p50_ms": round(marks[49], 1), "p95_ms": round(marks[94], 1), "requests_per_second": round(rate, 1)}


def visit(page: Page, port: int, cookie: str, *, count: int = 10**9, seconds: float = 10**9) -> list[float]:
    """Ask for the page again and again over one connection; the milliseconds of each."""
    took: list[float] = []
    line, began = http.client.HTTPConnection("127.0.0.1", port, timeout=30), time.perf_counter()
    addresses = itertools.cycle(random.sample(page.addresses, len(page.addresses)))
    while len(took) < count and time.perf_counter() - began < seconds:
        status, milliseconds = ask(line, next(addresses), cookie)
        assert status == 200, f"{page.name}: {status}"
        took.append(milliseconds)
    line.close()
    return took


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(), ensure_ascii=False) + "\n")
