"""Reference prices by file and by feed: checked cell by cell, history kept, twice is once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sunlit.domain.catalog.models import Offer, ReferencePrice
from sunlit.domain.supervision import services
from sunlit.domain.supervision.models import FeedCursor, WatchCase
from sunlit.foundation.gateways.prices import HttpPriceFeed, Quote
from sunlit.foundation.gateways.sandbox.price_server import SandboxPriceFeed, server
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.queries import Act
from tests.domain.supervision.conftest import the_case
from tests.town import NOON, Town

KEY = b"shared key of the tests"
HEAD = "产品编号,来源,价格,采集时间,网址\r\n"
GOOD = HEAD + "SPU-1,京东,4700.00,2026-03-01,https://example.com/1\r\nSPU-2,苏宁,120.00,2026-03-01 10:30,\r\n"


def bring(text: str, town: Town, *, dry_run: bool = False) -> services.Brought:
    return services.import_references(text.encode(), "text/csv", by=town.zheng, at=NOON, dry_run=dry_run)


def test_a_file_is_brought_in_once(town: Town) -> None:
    assert bring(GOOD, town, dry_run=True) == services.Brought(2, 2)
    assert not ReferencePrice.objects.exists()
    assert bring(GOOD, town) == services.Brought(2, 2)
    assert bring(GOOD, town) == services.Brought(2, 0)
    [laptop, _paper] = ReferencePrice.objects.order_by("product_id")
    assert (laptop.source, laptop.price, laptop.captured_at.isoformat()) == ("京东", Decimal("4700.00"), "2026-02-28T16:00:00+00:00")
    assert Entry.objects.filter(act="references.add").count() == 1


def test_a_later_price_stands_beside_the_earlier(town: Town) -> None:
    bring(GOOD, town)
    bring(HEAD + "SPU-1,京东,4600.00,2026-03-02,\r\n", town)
    assert list(ReferencePrice.objects.filter(product__number="SPU-1").values_list("price", flat=True)) == [
        Decimal("4600.00"),
        Decimal("4700.00"),
    ]


def test_every_wrong_cell_is_told_and_nothing_is_kept(town: Town) -> None:
    text = (
        HEAD
        + "SPU-X,京东,1.00,2026-03-01,\r\nSPU-1,,1.00,2026-03-01,\r\nSPU-1,京东,很贵,2026-03-01,\r\nSPU-1,京东,1.00,昨天,\r\nSPU-1,京东,1.00,2027-01-01,\r\n"
    )
    with pytest.raises(Refused) as told:
        bring(text + GOOD.removeprefix(HEAD), town)
    assert sorted((problem.params["row"], problem.code, problem.on) for problem in told.value.problems) == [
        (2, "CAT-076", "product"),
        (3, "CAT-077", "source"),
        (4, "CAT-078", "price"),
        (5, "WAT-023", "captured_at"),
        (6, "WAT-024", "captured_at"),
    ]
    assert not ReferencePrice.objects.exists()


@pytest.mark.parametrize(("text", "code"), [("", "WAT-022"), (HEAD, "WAT-022"), ("产品编号,价格\r\nSPU-1,1.00\r\n", "WAT-021")])
def test_a_file_that_is_no_table_is_refused(text: str, code: str, town: Town) -> None:
    with pytest.raises(Refused, match=code):
        bring(text, town)


def test_a_supplier_brings_nothing_in(town: Town) -> None:
    with pytest.raises(Refused, match="CAT-070"):
        services.import_references(GOOD.encode(), "text/csv", by=town.wu, at=NOON)


def test_an_offer_above_its_new_reference_is_found(town: Town) -> None:
    bring(GOOD, town)
    entry = Entry.objects.get(act="references.add")
    services.follow([Act(7, entry.pk, NOON, entry.act, entry.subject, "", "", entry.facts)], at=NOON)
    case = the_case(town.laptop)
    assert (case.kind, case.figures["ceiling"], case.figures["formula"], case.figures["sources"]) == (
        "above_reference",
        "4700.00",
        "min",
        1,
    )
    assert WatchCase.objects.count() == 3  # the corner shop's laptop and the paper too


# The feed


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[SandboxPriceFeed, HttpPriceFeed]]:
    book = SandboxPriceFeed(tmp_path / "prices.sqlite", KEY)
    listening = server(book)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield book, HttpPriceFeed(f"http://127.0.0.1:{listening.server_port}", KEY, pause=lambda _seconds: None)
    listening.shutdown()
    thread.join()
    listening.server_close()


def quote(item: str, price: str, hours: int = 0) -> Quote:
    return Quote(item, "比价网", Decimal(price), NOON - timedelta(hours=hours), "https://example.com/2")


def test_the_feed_is_read_on_where_it_ended(town: Town, running: tuple[SandboxPriceFeed, HttpPriceFeed]) -> None:
    book, feed = running
    book.write([quote("SPU-1", "4800.00", 2), quote("SPU-UNKNOWN", "1.00"), quote("SPU-2", "119.00")])
    assert services.ask_price_feed(feed, at=NOON) == services.Brought(3, 2)
    assert services.ask_price_feed(feed, at=NOON) == services.Brought(0, 0)
    assert FeedCursor.objects.get().after == "3"
    book.write([quote("SPU-1", "4750.00", 1)])
    assert services.ask_price_feed(feed, at=NOON) == services.Brought(1, 1)
    assert ReferencePrice.objects.filter(product__number="SPU-1").count() == 2


def test_offers_stay_as_they_are(town: Town, running: tuple[SandboxPriceFeed, HttpPriceFeed]) -> None:
    book, feed = running
    book.write([quote("SPU-1", "4800.00")])
    services.ask_price_feed(feed, at=NOON)
    assert Offer.objects.get(pk=town.laptop.pk).price == Decimal("4999.00")
