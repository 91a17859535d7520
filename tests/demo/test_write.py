"""The demonstration written into a real database: what stands there is what was planned, and the books agree."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F, Sum

from sunlit.demo import deals, world
from sunlit.demo.shapes import World
from sunlit.demo.write import PASSWORD, is_empty, write
from sunlit.domain.catalog.models import Attribute, Category, Offer, PriceChange, Product
from sunlit.domain.contracts.models import Payment, Rating
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.market.models import Order, OrderLine
from sunlit.domain.planning.models import BudgetQuota, Hold
from sunlit.domain.registry.models import Application, Supplier
from sunlit.foundation.accounts.models import Organisation, Seat, User
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import lives, row_digest
from sunlit.foundation.messages.models import Message

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SOLD_OUT_OF = ("disapproved", "declined", "lapsed", "cancelled", "returned")


@pytest.mark.slow
@pytest.mark.django_db
def test_a_written_region_stands_as_planned_and_its_books_agree(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert is_empty()
    region, told = world.build(AT, orders=80), []
    write(region, lambda stage, done, total: told.append((stage, done, total)))

    assert not is_empty()
    assert {stage for stage, done, total in told if done == total} == {"organisations", "goods", "offers", "orders"}
    _everybody_is_there(region)
    _the_shelves_are_full(region)
    _orders_stand_as_planned(region)
    _the_money_adds_up()
    _the_stock_adds_up(region)
    _the_ledger_knows_every_row()


def _everybody_is_there(region: World) -> None:
    assert Organisation.objects.count() == len(region.organisations)
    assert Counter(Supplier.objects.values_list("state", flat=True)) == {"active": 68, "suspended": 1}
    assert Seat.objects.count() == len(region.people)
    assert User.objects.count() == len(region.people) + len(region.applications)
    assert Counter(Application.objects.values_list("state", flat=True)) == {
        "submitted": 4,
        "returned": 2,
        "refused": 2,
        "draft": 2,
        "withdrawn": 1,
    }
    assert not Application.objects.filter(state__in=["returned", "refused"], reason="").exists()
    assert User.objects.get(login="aygul").check_password(PASSWORD)
    assert Organisation.objects.get(number="CG-0001").name_zh == "梨城实验中学"
    assert Organisation.objects.get(number="JG-652801").region.path == "652800/652801"


def _the_shelves_are_full(region: World) -> None:
    assert Category.objects.filter(in_use=True).count() == 77
    assert Attribute.objects.count() == 767
    assert Product.objects.count() == 1508
    assert Offer.objects.count() == len(region.offers)
    assert Counter(Offer.objects.values_list("state", flat=True)) == Counter(offer.state for offer in region.offers)
    assert PriceChange.objects.count() == sum(len(offer.prices) for offer in region.offers)
    prices = dict(Offer.objects.values_list("sku_code", "price"))
    assert {offer.sku_code: offer.price for offer in region.offers}.keys() == prices.keys()
    last = {(offer.supplier, offer.sku_code): offer.price for offer in region.offers}
    assert sum(last.values()) == Offer.objects.aggregate(sum=Sum("price"))["sum"]


def _orders_stand_as_planned(region: World) -> None:
    plans = {f"demo/{plan.key}": plan for plan in region.orders}
    orders = Order.objects.filter(checkout_key__startswith="demo/")
    assert orders.count() == 80
    for order in orders.select_related("buyer"):
        plan = plans[order.checkout_key]
        assert (order.state, order.total, order.placed_at) == (plan.state, plan.total, plan.steps[0].at), plan.key
    assert set(orders.values_list("state", flat=True)) == {deals.ENDS.get(fate, fate) for fate in deals.FATES}
    assert Rating.objects.count() == sum(step.verb == "rate" for plan in region.orders for step in plan.steps)
    published = DealNotice.objects.filter(order_number__in=orders.values("number"))
    assert published.count() == sum(step.verb == "accept" for plan in region.orders for step in plan.steps)
    assert not Message.objects.filter(at__gt=AT).exists()


def _the_money_adds_up() -> None:
    for quota in BudgetQuota.objects.all():
        sums = {state: Decimal(0) for state in ("held", "committed", "spent", "released")}
        for state, amount in Hold.objects.filter(quota=quota).values_list("state", "amount"):
            sums[state] += amount
        assert (quota.held, quota.committed, quota.spent) == (sums["held"], sums["committed"], sums["spent"])
    assert not Payment.objects.filter(state="paid").exclude(amount=F("order__total")).exists()


def _the_stock_adds_up(region: World) -> None:
    pieces = sum(line.quantity for line in OrderLine.objects.filter(offer__isnull=False).exclude(order__state__in=SOLD_OUT_OF))
    figures = Offer.objects.aggregate(stock=Sum("stock"), sold=Sum("sold"))
    assert figures["sold"] == pieces
    assert figures["stock"] + pieces == sum(offer.stock for offer in region.offers)


def _the_ledger_knows_every_row() -> None:
    """The last act on every living thing names the digest of its row, as `sunlit verify` will ask."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (subject) subject, facts ->> 'row' FROM ledger_entry WHERE facts ? 'row' ORDER BY subject, id DESC"
        )
        last = dict(cursor.fetchall())
    for model, life in lives().items():
        for row in model._base_manager.all():
            assert last.get(f"{life.kind}/{row.number}") == row_digest(row), f"{life.kind}/{row.number}"
    assert Entry.objects.filter(at__gt=AT).count() == 0
