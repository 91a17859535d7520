"""From the cart to orders: split by supplier, held, frozen, and all of it or nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.domain.catalog.models import Offer, PolicyTag
from sunlit.domain.market import queries, services
from sunlit.domain.market.models import CartLine, Order, OrderLine
from sunlit.domain.market.modes.supermarket import contents_hash, place
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning.models import Hold
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.town import NOON, Town, an_order, build, in_cart, terms


def check_out(town: Town, *lines: CartLine, key: str = "k1") -> list[Order]:
    chosen: dict[str, Any] = {"quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk}
    return services.checkout(key=key, line_ids=[line.pk for line in lines], purpose="教学", by=town.aygul, at=NOON, **chosen)


def nothing_happened(town: Town) -> None:
    town.quota.refresh_from_db()
    assert town.quota.held == 0
    assert (
        Order.objects.count(),
        OrderLine.objects.count(),
        Hold.objects.count(),
        Entry.objects.filter(act__startswith="order.").count(),
    ) == (0, 0, 0, 0)
    assert list(Offer.objects.order_by("number").values_list("stock", flat=True)) == [50, 5, 1000]


def refused(town: Town, *lines: CartLine) -> list[str]:
    with pytest.raises(Refused) as no:
        check_out(town, *lines)
    nothing_happened(town)
    return no.value.codes


def test_a_cart_of_two_suppliers_becomes_two_orders(town: Town) -> None:
    orders = check_out(town, in_cart(town, town.paper, 10), in_cart(town, town.laptop_corner, 2))
    assert [(o.supplier_id, str(o.total), o.state) for o in orders] == [
        (town.corner.pk, "9798.00", "placed"),
        (town.shop.pk, "1285.00", "placed"),
    ]
    town.quota.refresh_from_db()
    assert (town.quota.held, town.quota.available) == (Decimal("11083.00"), Decimal("88917.00"))
    assert sorted(Hold.objects.values_list("reference", flat=True)) == sorted(f"order/{o.number}" for o in orders)
    assert list(Offer.objects.order_by("number").values_list("stock", "sold")) == [(50, 0), (3, 2), (990, 10)]
    assert CartLine.objects.count() == 0
    assert sorted(Entry.objects.filter(act="order.place").values_list("subject", flat=True)) == sorted(f"order/{o.number}" for o in orders)
    assert ProcrastinateJob.objects.filter(task_name="deliver", args__event="OrderMoved", args__data__verb="place").exists()


def test_the_supplier_has_two_working_days_to_confirm(town: Town) -> None:
    order = an_order(town)
    assert order.confirm_until is not None
    assert order.confirm_until.isoformat() == "2026-03-04T16:00:00+00:00"  # the end of Wednesday in Shanghai


def test_the_snapshot_is_frozen_and_hashed(town: Town) -> None:
    order = an_order(town, offer=town.laptop)
    Offer.objects.filter(pk=town.laptop.pk).update(title="改了名", price=Decimal("1.00"))
    line = OrderLine.objects.get(order=order)
    assert (line.snapshot["title"], line.snapshot["price"], line.snapshot["attributes"]) == (
        "孔雀 KQ-14 便携式计算机",
        "4999.00",
        {"memory": "16"},
    )
    assert order.contents_hash == contents_hash([line])


def test_the_snapshot_keeps_the_policy_tags_that_were_proven_that_day(town: Town) -> None:
    today = NOON.date()
    told = [("energy_saving", "SLC-1", today), ("environmental_label", "SLC-2", today - timedelta(days=1)), ("sme", "", None)]
    for tag, certificate, until in told:
        PolicyTag.objects.create(offer=town.laptop, tag=tag, certificate=certificate, expires_on=until)
    order = an_order(town, offer=town.laptop)
    PolicyTag.objects.all().delete()  # whatever becomes of them later
    line = OrderLine.objects.get(order=order)
    assert (line.snapshot["v"], line.snapshot["tags"]) == (
        2,
        [{"tag": "energy_saving", "certificate": "SLC-1", "until": "2026-03-02"}, {"tag": "sme", "certificate": "", "until": ""}],
    )
    assert order.contents_hash == contents_hash([line])


def test_the_same_form_twice_makes_the_same_orders_once(town: Town) -> None:
    line = in_cart(town, town.paper, 10)
    first = check_out(town, line)
    again = check_out(town, line)
    assert [o.number for o in first] == [o.number for o in again]
    assert Order.objects.count() == 1


def test_a_price_that_changed_since_the_cart_is_told_and_never_applied(town: Town) -> None:
    line = in_cart(town, town.paper, 10)
    Offer.objects.filter(pk=town.paper.pk).update(price=Decimal("130.00"))
    assert refused(town, line) == ["ORD-014"]
    assert queries.cart(town.aygul).problems[0].params == {"title": "孔雀 A4-70 复印纸", "seen": "¥128.50", "now": "¥130.00"}
    services.accept_new_prices({line.pk: Decimal("129.00")}, by=town.aygul)  # what an older page showed
    assert refused(town, line) == ["ORD-014"]
    services.accept_new_prices({line.pk: Decimal("130.00")}, by=town.ma)  # somebody else's cart
    assert refused(town, line) == ["ORD-014"]
    services.accept_new_prices({line.pk: Decimal("130.00")}, by=town.aygul)
    [order] = check_out(town, line, key="k2")
    assert order.total == Decimal("1300.00")


def test_more_than_the_stock_is_refused(town: Town) -> None:
    assert refused(town, in_cart(town, town.laptop_corner, 6)) == ["ORD-016"]


def test_more_than_the_offers_own_limit_is_refused(town: Town) -> None:
    Offer.objects.filter(pk=town.paper.pk).update(quantity_most=9)
    assert refused(town, in_cart(town, town.paper, 10)) == ["ORD-018"]


def test_what_is_frozen_or_not_delivered_there_is_refused_with_every_problem_at_once(town: Town) -> None:
    lines = [in_cart(town, town.paper), in_cart(town, town.laptop)]
    Offer.objects.filter(pk=town.paper.pk).update(state="frozen", reason="价格异常")
    Offer.objects.filter(pk=town.laptop.pk).update(delivery_regions=["652823"])
    assert sorted(refused(town, *lines)) == ["ORD-015", "ORD-019"]


def test_a_suspended_supplier_takes_no_orders(town: Town) -> None:
    line = in_cart(town, town.paper)
    supplier = town.shop.supplier
    type(supplier).objects.filter(pk=supplier.pk).update(state="suspended", reason="违约", suspended_until=NOON)
    assert refused(town, line) == ["ORD-012"]


def test_one_fen_over_the_budget_is_refused_for_all_orders_of_the_checkout(town: Town) -> None:
    type(town.quota).objects.filter(pk=town.quota.pk).update(total=Decimal("11082.99"))
    assert refused(town, in_cart(town, town.paper, 10), in_cart(town, town.laptop_corner, 2)) == ["BUD-001"]


def test_another_organisations_address_title_and_quota_are_refused(town: Town) -> None:
    line = in_cart(town, town.paper)
    with pytest.raises(Refused) as no:
        services.checkout(key="k", line_ids=[line.pk], quota_id=town.hospital_quota.pk, address_id=0, title_id=0, by=town.aygul, at=NOON)
    assert no.value.codes == ["ORD-022", "ORD-023"]
    with pytest.raises(Refused) as no:
        place(
            key="k",
            wishes=[Wish(town.paper.pk, 1, town.paper.price)],
            terms=terms(town, quota_id=town.hospital_quota.pk),
            by=town.aygul,
            at=NOON,
        )
    assert no.value.codes == ["BUD-002"]
    nothing_happened(town)


def test_somebody_elses_cart_is_empty_for_me(town: Town) -> None:
    line = in_cart(town, town.paper)
    with pytest.raises(Refused) as no:
        services.checkout(key="k", line_ids=[line.pk], quota_id=town.quota.pk, address_id=1, title_id=1, by=town.ma, at=NOON)
    assert no.value.codes == ["ORD-013"]


def test_only_an_orderer_orders(town: Town) -> None:
    for nobody in (town.batu, town.li, town.chen, town.zheng):
        with pytest.raises(Refused) as no:
            place(key="k", wishes=[Wish(town.paper.pk, 1, town.paper.price)], terms=terms(town), by=nobody, at=NOON)
        assert no.value.codes == ["LIF-002"]
    nothing_happened(town)


def test_above_the_organisations_limit_the_lead_approves_and_not_the_orderer(town: Town) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("1000.00"))
    order = an_order(town, quantity=10)
    assert (order.state, order.confirm_until) == ("awaiting_approval", None)
    assert queries.order(order.number, seen_by=town.chen) is None  # not the supplier's business yet
    with pytest.raises(Refused) as no:
        services.approve(order, by=town.aygul, at=NOON)
    assert no.value.codes == ["LIF-002"]
    order = services.approve(order, by=town.zhou, at=NOON)
    assert (order.state, order.approver_id) == ("placed", town.zhou.user_id)
    assert queries.order(order.number, seen_by=town.chen) is not None


def test_a_lead_does_not_approve_an_own_order(town: Town) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("1000.00"))
    order = an_order(town, quantity=10, by=town.zhou)
    with pytest.raises(Refused) as no:
        services.approve(order, by=town.zhou, at=NOON)
    assert no.value.codes == ["ORD-004"]


def test_dearer_than_the_like_for_like_median_brings_a_warning_with_its_figures(town: Town) -> None:
    Offer.objects.filter(pk=town.laptop_corner.pk).update(price=Decimal("3999.00"))
    order = an_order(town, offer=town.laptop)
    told = {r["reason"]["code"]: (r["verdict"], r["figures"]) for r in order.rulings if r["reason"]["code"]}
    assert told == {"ORD-027": ("warned", {"title": "孔雀 KQ-14 便携式计算机", "price": "4999.00", "median": "4499.00", "percent": "11.1"})}


def test_the_same_category_again_and_again_just_under_the_limit_brings_a_warning(town: Town) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("5500.00"))
    first, second, third = (an_order(town, key=f"k{n}", offer=town.laptop) for n in range(3))
    codes = [[r["reason"]["code"] for r in order.rulings if r["verdict"] == "warned"] for order in (first, second, third)]
    assert codes == [[], [], ["ORD-026"]]
    [warned] = [r for r in third.rulings if r["reason"]["code"] == "ORD-026"]
    assert warned["figures"] == {"count": 3, "days": 30, "sum": "14997.00", "limit": "5500.00"}


@pytest.mark.django_db(transaction=True)
def test_twenty_people_want_the_last_five_pieces() -> None:
    town = build()

    def one(number: int) -> str:
        try:
            an_order(town, key=f"k{number}", offer=town.laptop_corner)
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()
        return "placed"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(20)))
    assert sorted(answers) == ["ORD-016"] * 15 + ["placed"] * 5
    assert Offer.objects.get(pk=town.laptop_corner.pk).stock == 0
    town.quota.refresh_from_db()
    assert town.quota.held == Decimal("24495.00")


@pytest.mark.django_db(transaction=True)
def test_the_same_form_ten_times_at_once_is_one_order() -> None:
    town = build()
    line = in_cart(town, town.paper, 3)

    def one(_number: int) -> list[str]:
        try:
            return [order.number for order in check_out(town, line)]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(10)))
    assert len({tuple(answer) for answer in answers}) == 1
    assert Order.objects.count() == 1
    town.quota.refresh_from_db()
    assert town.quota.held == Decimal("385.50")


def test_nobody_can_take_the_key_that_somebody_else_will_use(town: Town) -> None:
    assert check_out(town, in_cart(town, town.paper), key="api:1:k1")
    assert place(key="api:1:k1", wishes=[Wish(town.paper.pk, 1, town.paper.price)], terms=terms(town), by=town.aygul, at=NOON)
    assert Order.objects.count() == 2
