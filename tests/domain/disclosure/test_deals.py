"""Every accepted order is a public notice, once, with exactly what it saved against the reference prices of its day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.catalog.models import PolicyTag, ReferencePrice
from sunlit.domain.contracts import services as contracts
from sunlit.domain.disclosure import queries, reactions, services
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.market import services as market
from sunlit.domain.market.events import OrderMoved
from sunlit.domain.market.models import Order, OrderLine
from sunlit.domain.market.modes.supermarket import moved, place
from sunlit.domain.market.queries.wishes import Wish
from sunlit.foundation.kernel import clock
from sunlit.foundation.ledger import queries as ledger
from tests.town import NOON, Town, build, terms


def accepted(town: Town, *, key: str = "k1", laptops: int = 1, papers: int = 10) -> Order:
    """Laptops at 4,999.00 and paper at 128.50 from the shop, accepted by Batu two days later."""
    wanted = {town.laptop: laptops, town.paper: papers}
    wishes = [Wish(offer.pk, count, offer.price) for offer, count in wanted.items() if count]
    [order] = place(key=key, wishes=wishes, terms=terms(town), by=town.aygul, at=NOON)
    order = market.confirm(order, by=town.chen, at=NOON)
    counts = [count for count in (laptops, papers) if count]
    parcel = dict(enumerate(counts, 1))
    order = market.dispatch(order, carrier="邮政", waybill=key, parcel=parcel, by=town.chen, at=NOON)
    order = market.receive(order, by=town.batu, at=NOON)
    items = [{"position": position, "quantity": count, "conforms": True, "remark": ""} for position, count in parcel.items()]
    return contracts.accept(order, items=items, by=town.batu, at=NOON + timedelta(days=2))


def elsewhere(product: Any, source: str, price: str, days_before: int = 30) -> None:
    ReferencePrice.objects.create(product=product, source=source, price=Decimal(price), captured_at=NOON - timedelta(days=days_before))


def test_a_deal_is_told_with_its_lines_and_parties(town: Town) -> None:
    order = accepted(town)
    notice = services.publish_deal(order, at=NOON)
    assert (notice.title_zh, notice.title_en) == ("孔雀 KQ-14 便携式计算机等2项", "孔雀 KQ-14 便携式计算机 and 1 more")
    assert (notice.total, notice.buyer, notice.supplier) == (Decimal("6284.00"), town.school, town.shop)
    assert (notice.reference_total, notice.compared_total) == (None, None)  # nothing to compare with: nothing is claimed
    assert [(line["product"], line["quantity"], line["price"], line["amount"], line["reference"]) for line in notice.lines] == [
        ("SPU-1", 1, "4999.00", "4999.00", None),
        ("SPU-2", 10, "128.50", "1285.00", None),
    ]
    [entry] = ledger.history_of(f"deal/{notice.number}")
    assert (entry.act, entry.facts["order"], entry.facts["total"]) == ("deal.publish", order.number, "6284.00")


def test_what_is_green_is_summed_from_the_tags_that_the_order_froze(town: Town) -> None:
    PolicyTag.objects.create(offer=town.laptop, tag="energy_saving", certificate="SLC-1", expires_on=NOON.date())
    PolicyTag.objects.create(offer=town.paper, tag="environmental_label", certificate="SLC-2", expires_on=NOON.date())
    notice = services.publish_deal(accepted(town), at=NOON)
    assert [line["tags"] for line in notice.lines] == [["energy_saving"], ["environmental_label"]]
    assert (notice.energy_saving, notice.environmental, notice.green) == (Decimal("4999.00"), Decimal("1285.00"), Decimal("6284.00"))


def test_an_order_that_froze_no_tags_is_not_known_to_be_green_or_not(town: Town) -> None:
    order = accepted(town)
    line = OrderLine.objects.get(order=order, position=2)
    OrderLine.objects.filter(pk=line.pk).update(snapshot={key: it for key, it in line.snapshot.items() if key != "tags"} | {"v": 1})
    notice = services.publish_deal(order, at=NOON)
    assert ["tags" in line for line in notice.lines] == [True, False]
    assert (notice.energy_saving, notice.environmental, notice.green) == (None, None, None)


def test_savings_compare_only_what_has_a_reference_price(town: Town) -> None:
    elsewhere(town.laptop.product, "京东", "5299.00")
    notice = services.publish_deal(accepted(town, laptops=2), at=NOON)
    assert (notice.total, notice.reference_total, notice.compared_total) == (Decimal("11283.00"), Decimal("10598.00"), Decimal("9998.00"))


def test_a_price_captured_after_the_order_does_not_count(town: Town) -> None:
    elsewhere(town.laptop.product, "京东", "9999.00", days_before=-1)
    assert services.publish_deal(accepted(town), at=NOON).reference_total is None


def test_dearer_than_elsewhere_is_told_as_well(town: Town) -> None:
    elsewhere(town.paper.product, "京东", "120.00")
    notice = services.publish_deal(accepted(town, laptops=0), at=NOON)
    assert (notice.reference_total, notice.compared_total) == (Decimal("1200.00"), Decimal("1285.00"))


def test_asked_twice_the_first_notice_stays(town: Town) -> None:
    order = accepted(town)
    first = services.publish_deal(order, at=NOON)
    elsewhere(town.laptop.product, "京东", "5299.00")
    assert services.publish_deal(order, at=NOON + timedelta(days=1)) == first
    assert (DealNotice.objects.count(), len(ledger.history_of(f"deal/{first.number}"))) == (1, 1)


def test_only_acceptance_publishes(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    order = accepted(town)
    [told] = moved("receive")(order)
    reactions.publish_the_deal(told)
    assert DealNotice.objects.count() == 0
    [told] = moved("accept")(order)
    for _twice in range(2):
        reactions.publish_the_deal(OrderMoved(**vars(told)))
    assert DealNotice.objects.get().order_number == order.number


def test_deals_are_found_by_word_region_and_category(town: Town) -> None:
    both = services.publish_deal(accepted(town), at=NOON)
    paper = services.publish_deal(accepted(town, key="k2", laptops=0), at=NOON)

    def found(**asked: Any) -> list[str]:
        return [deal.number for deal in queries.deals(**asked).deals]

    assert found() == [paper.number, both.number]
    assert found(q="便携式") == [both.number]
    assert found(q="天山") == found(q="实验中学") == [paper.number, both.number]
    assert found(q=paper.order_number.lower()) == [paper.number]
    assert found(region_path="652800") == [paper.number, both.number]
    assert found(region_path="652800/652823") == []
    assert found(category="A02010108") == [both.number]
    page = queries.deals(rows=1)
    assert ([deal.number for deal in page.deals], page.after) == ([paper.number], paper.pk)
    assert [deal.number for deal in queries.deals(rows=1, after=page.after).deals] == [both.number]
    assert queries.deal(both.number) == both
    assert queries.deal("GG-0") is None
    paid = queries.prices_paid(["SPU-1"], at=both.published_at)
    assert paid is not None
    assert [each.number for each in paid.latest] == [both.number]
    assert queries.prices_paid(["SPU-9"], at=both.published_at) is None
    assert [deal.number for deal in queries.latest(1)] == [paper.number]


@pytest.mark.django_db(transaction=True)
def test_published_twice_at_once_is_one_notice() -> None:
    order = accepted(build())

    def publish(_turn: int) -> str:
        try:
            return services.publish_deal(order, at=NOON).number
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(publish, range(2)))) == 1
    [notice] = DealNotice.objects.all()
    assert len(ledger.history_of(f"deal/{notice.number}")) == 1
