"""Quotations with several connections: quotes in the last second beside the closing, two openings, two awards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.market import services
from sunlit.domain.market.models import Order, Quotation, QuoteLine
from sunlit.domain.market.modes import quotation as mode
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.quoting import OPENS, UNTIL, Fair, held, open_fair

pytestmark = pytest.mark.django_db(transaction=True)
LAST = UNTIL - timedelta(microseconds=1)


@pytest.fixture
def fair(tmp_path: Path, transactional_db: None) -> Iterator[Fair]:
    with open_fair(tmp_path) as fair:
        yield fair


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread and a connection of its own, all begun together: what they gave, or the codes of their refusal."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            answers[place] = act()
        except Refused as refused:
            answers[place] = refused.codes  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_what_was_acknowledged_in_the_last_second_is_opened_and_nothing_else(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    told = at_once(
        lambda: fair.quote(it, fair.guo, "4300.00", at=LAST),
        lambda: fair.quote(it, fair.song, "4400.00", at=LAST),
        lambda: fair.quote(it, fair.town.nurlan, "4500.00", at=LAST),
        lambda: mode.close_due(UNTIL),
    )
    for answer in told[:3]:
        assert not isinstance(answer, list) or answer == ["LIF-001"]
    fair.clock(OPENS)
    expected = {"GY-0001": "4800.00", "GY-0002": "4700.00", "GY-0003": "4650.00"}
    last = zip(told[:3], ("GY-0004", "GY-0003", "GY-0002"), ("4300.00", "4400.00", "4500.00"), strict=True)
    expected |= {number: price for answer, number, price in last if not isinstance(answer, list)}
    found = {line.quote.supplier.number: f"{line.price}" for line in QuoteLine.objects.select_related("quote__supplier")}
    assert found == expected


def test_one_supplier_hands_in_twice_at_once_and_has_one_quote(fair: Fair) -> None:
    it = fair.published()
    at_once(lambda: fair.quote(it, fair.song, "4300.00"), lambda: fair.quote(it, fair.song, "4400.00"))
    quote = it.quotes.get()
    assert quote.envelope is not None
    assert quote.digest == quote.envelope.digest


def test_two_workers_open_once(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    services.close_due_quotations(UNTIL)
    fair.keepers.now = OPENS
    assert sorted(at_once(lambda: mode.open_due(OPENS), lambda: mode.open_due(OPENS))) == [0, 1]
    assert QuoteLine.objects.count() == 3
    assert Entry.objects.filter(act="quotation.open_all", subject=f"quotation/{it.number}").count() == 1
    assert Entry.objects.filter(act="seal.release").count() == 3


def test_two_people_award_once(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00")
    told = at_once(
        lambda: services.award_quotation(it, by=fair.town.aygul, at=OPENS),
        lambda: services.award_quotation(it, by=fair.town.zhou, at=OPENS),
    )
    assert [answer for answer in told if isinstance(answer, list)] == [["LIF-001"]]
    assert Order.objects.count() == 1
    assert len(held()) == 1


def test_award_and_void_at_once_end_it_one_way(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00")
    at_once(
        lambda: services.award_quotation(it, by=fair.town.aygul, at=OPENS),
        lambda: services.void_quotation(it, reason="询价文件具有倾向性，予以废止。", by=fair.town.surina, at=OPENS),
    )
    it = Quotation.objects.get(pk=it.pk)
    assert (it.state, Order.objects.count(), len(held())) in {("awarded", 1, 1), ("voided", 0, 0)}
