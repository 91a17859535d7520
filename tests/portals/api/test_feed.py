"""The feed: what concerns the caller, in the ledger's order, without a gap while others write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection, transaction

from sunlit.domain.catalog import services as catalog
from sunlit.foundation.ledger import sealer
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.services import record
from sunlit.portals.api.v1 import feed
from tests.portals.api.conftest import Program, key_of, placed
from tests.town import NOON, Town, an_order, build


def seal(monkeypatch: pytest.MonkeyPatch | None = None) -> None:
    while sealer.seal_once(at=NOON):
        pass


def read(program: Program, after: int = -1, limit: int = 500) -> tuple[list[dict[str, Any]], int]:
    """Everything there is to read, call by call."""
    found: list[dict[str, Any]] = []
    while True:
        page = program.get(f"feed?after={after}&limit={limit}")
        found += page["acts"]
        after = page["next"]
        if not page["more"]:
            return found, after


def test_each_reads_what_concerns_it(town: Town, aygul: Program, chen: Program, nurlan: Program) -> None:
    number = placed(aygul, town)
    catalog.restock(town.laptop_corner, stock=9, by=town.nurlan, at=NOON)
    chen.do(number, "confirm")
    seal()
    expected = [("order.place", f"order/{number}"), ("order.confirm", f"order/{number}")]
    for party in (aygul, chen):
        told = [(act["act"], act["subject"]) for act in read(party)[0] if act["subject"].startswith("order/")]
        assert told == expected
    [own] = [act for act in read(nurlan)[0] if act["act"].startswith("offer.")]
    assert (own["act"], own["facts"]["stock"], own["organisation"]) == ("offer.restock", 9, "GY-0002")
    assert not [act for act in read(Program(key_of(town.ma)))[0] if act["subject"].startswith("order/")]


def test_facts_are_for_the_parties(town: Town, aygul: Program) -> None:
    number = placed(aygul, town)
    seal()
    surina, zheng = Program(key_of(town.surina)), Program(key_of(town.zheng))
    for watcher in (surina, zheng):
        [act] = [act for act in read(watcher)[0] if act["subject"] == f"order/{number}"]
        assert (act["act"], act["facts"], act["sentence"]) == ("order.place", None, None)
    [own] = [act for act in read(aygul)[0] if act["subject"] == f"order/{number}"]
    assert own["facts"]["total"] == "1285.00"
    assert own["sentence"].endswith("for ¥1,285.00")


def test_a_supplier_hears_of_an_order_only_when_it_is_placed(town: Town, aygul: Program, zhou: Program, chen: Program) -> None:
    town.school.approval_limit = Decimal("1000.00")
    town.school.save(update_fields=["approval_limit"])
    first, second = placed(aygul, town, "k-1"), placed(aygul, town, "k-2")
    seal()
    assert [act for act in read(chen)[0] if act["subject"].startswith("order/")] == []
    zhou.do(first, "approve")
    zhou.do(second, "disapprove", {"reason": "超出本月计划"})
    seal()
    [approval] = [act for act in read(chen)[0] if act["subject"].startswith("order/")]
    assert (approval["act"], approval["subject"]) == ("order.approve", f"order/{first}")
    assert town.zhou.user_name not in str(approval)  # who within the buyer decided is not told
    assert approval["sentence"].startswith("梨城实验中学 ")
    assert "by_user" not in approval["facts"]


def test_pages_join_without_a_gap(town: Town, aygul: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(7):
        an_order(town, key=f"k-{n}")
        catalog.restock(town.laptop_corner, stock=n, by=town.nurlan, at=NOON)
    seal()
    whole, last = read(aygul)
    orders = [act["index"] for act in whole if act["act"] == "order.place"]
    assert len(orders) == 7
    monkeypatch.setattr(feed, "LOOKS", 4)
    assert read(aygul, limit=2) == (whole, last)
    assert read(aygul, after=orders[3]) == ([act for act in whole if act["index"] > orders[3]], last)
    assert read(aygul, after=last) == ([], last)


def test_a_call_reads_few_bytes_and_asks_few_questions_however_large_the_acts_are(
    town: Town, aygul: Program, chen: Program, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    large = {"rows": {f"SP-{n}": sha256(f"{n}".encode()).hexdigest() for n in range(2000)}}  # more than 100 kB
    with transaction.atomic():
        for n in range(12):
            record(act="offer.enter_many", subject=f"import/IM-{n}", by=town.chen, at=NOON, facts={**large, "count": 2000})
        record(act="order.remind", subject="order/1", by=town.aygul, at=NOON, facts={"parties": ["CG-0001", "GY-0001"]})
    seal()
    monkeypatch.setattr(feed, "READS", 300_000)
    pages: list[dict[str, Any]] = []
    after = -1
    while not pages or pages[-1]["more"]:
        with django_assert_num_queries(3):  # the key, how far to look, the acts
            pages.append(chen.get(f"feed?after={after}"))
        after = pages[-1]["next"]
    sizes = [sum(act["act"] == "offer.enter_many" for act in page["acts"]) for page in pages]
    assert sum(sizes) == 12
    assert max(sizes) <= 3
    monkeypatch.setattr(feed, "READS", 1)
    acts, _last = read(aygul)
    assert [act["facts"]["parties"] for act in acts if act["subject"] == "order/1"] == [["CG-0001", "GY-0001"]]
    assert [act for act in acts if act["act"] == "offer.enter_many"] == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_missed_while_others_write() -> None:
    """Entries are committed out of order; the feed still tells each once."""
    town = build()
    program = Program(key_of(town.aygul))

    def write(which: int) -> None:
        try:
            for n in range(10):
                with transaction.atomic():
                    record(act="order.remind", subject=f"order/{which}-{n}", by=town.aygul, at=NOON, facts={"late": "delivery"})
        finally:
            connection.close()

    found: list[str] = []
    after = -1
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, which) for which in range(4)]
        while True:
            over = all(writer.done() for writer in writers)
            seal()
            acts, after = read(program, after, limit=7)
            found += [act["subject"] for act in acts if act["act"] == "order.remind"]
            if over:
                break
    assert len(found) == 40
    assert sorted(found) == sorted(Entry.objects.filter(act="order.remind").values_list("subject", flat=True))
