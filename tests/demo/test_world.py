"""The demonstration region: its size, its determinism, and that everything in it holds together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sunlit.demo import cast, deals, shelf, world
from sunlit.demo.hours import moment, working_minutes
from sunlit.demo.shapes import World
from sunlit.foundation.kernel import credit_code

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module", name="region")
def _region() -> World:
    return world.build(AT)


def test_it_has_the_size_that_the_readme_promises(region: World):
    assert len(region.regions) == 11
    assert Counter(party.kind for party in region.organisations) == {"regulator": 11, "operator": 1, "bank": 1, "buyer": 40, "supplier": 69}
    assert len(region.brands) == 127
    assert len(region.products) == 1508
    assert 4_500 <= len(region.offers) <= 5_500
    assert len(region.orders) == 600
    assert len(region.applications) == 11


def test_the_same_seed_gives_the_same_world_and_another_seed_another(region: World):
    assert world.digest(world.build(AT)) == world.digest(region)
    assert world.digest(world.build(AT, seed=7)) != world.digest(region)


def test_scale_multiplies_and_keeps_names_codes_and_models_apart():
    double = world.build(AT, scale=2, orders=50)
    assert Counter(party.kind for party in double.organisations)["buyer"] == 80
    assert len(double.products) == 2 * 1508
    assert len(double.orders) == 50
    _all_different([party.name_zh for party in double.organisations])
    _all_different([party.credit_code for party in double.organisations])
    _all_different([(it.category, it.brand, it.model.casefold()) for it in double.products])


def test_every_organisation_has_a_valid_credit_code_of_its_own(region: World):
    codes = [*(party.credit_code for party in region.organisations), *(it.credit_code for it in region.applications)]
    assert [code for code in codes if credit_code.validate(code)] == []
    _all_different(codes)
    _all_different([party.name_zh for party in region.organisations])


def test_the_cast_has_twelve_people_in_their_seats(region: World):
    personas = [person for person in region.people if person.persona]
    assert [person.login for person in personas] == [
        "aygul",
        "zhou",
        "batu",
        "li",
        "ma",
        "chen",
        "wu",
        "nurlan",
        "surina",
        "zheng",
        "he",
        "tang",
    ]
    kinds = {party.key: party.kind for party in region.organisations}
    assert Counter(kinds[person.organisation] for person in personas) == {
        "buyer": 5,
        "supplier": 3,
        "regulator": 2,
        "operator": 1,
        "bank": 1,
    }
    _all_different([person.login for person in region.people])


def test_every_buyer_has_four_people_so_that_duties_can_be_kept_apart(region: World):
    for buyer in region.of_kind("buyer"):
        seats = {role: person.login for person in region.people if person.organisation == buyer.key for role in person.roles}
        assert {"orderer", "lead", "receiver", "finance"} <= set(seats), buyer.name_zh
        assert len({seats[role] for role in ("orderer", "lead", "receiver", "finance")}) == 4, buyer.name_zh


def test_every_product_fills_its_template(region: World):
    templates = shelf.templates_of_the_tree()
    for product in region.products:
        lines = {line["key"]: line for line in templates[product.category]}
        assert list(product.attributes) == list(lines), product.key
        for key, value in product.attributes.items():
            assert value, (product.key, key)
            if lines[key]["type"] == "number":
                assert Decimal(value) >= 0
            elif lines[key]["type"] == "choice":
                assert value in lines[key]["choices"], (product.key, key)


def test_better_parameters_cost_more(region: World):
    laptops = [product for product in region.products if product.category == "A02010108"]
    small = [product.price for product in laptops if product.attributes["memory"] == "8"]
    large = [product.price for product in laptops if product.attributes["memory"] == "32"]
    assert sum(small) / len(small) < sum(large) / len(large)


def test_names_are_whole_and_unlike(region: World):
    assert [product.name_zh for product in region.products if "{" in product.name_zh + product.name_en] == []
    _all_different([product.name_zh for product in region.products])
    assert max(len(product.name_zh) for product in region.products) <= 60
    assert [
        product.name_zh for product in region.products if any(word in product.name_zh for word in ("专供", "特供", "特配", "政采版"))
    ] == []


def test_a_supplier_offers_a_product_once_and_only_what_its_trade_sells(region: World):
    families = {party.key: party.families for party in region.organisations}
    goods = {product.key: product for product in region.products}
    _all_different([(offer.supplier, offer.product) for offer in region.offers])
    _all_different([(offer.supplier, offer.sku_code) for offer in region.offers])
    assert all(goods[offer.product].family in families[offer.supplier] for offer in region.offers)


def test_offers_have_a_long_tail_of_shops(region: World):
    shops = Counter(Counter(offer.product for offer in region.offers).values())
    assert min(shops) == 1
    assert 9 <= max(shops) <= 12
    assert shops[1] > shops[5] > shops[9]


def test_offers_on_sale_keep_below_every_reference_price(region: World):
    lowest: dict[str, Decimal] = {}
    for reference in region.references:
        lowest[reference.product] = min(reference.price, lowest.get(reference.product, reference.price))
    above = [offer.key for offer in region.offers if offer.state == "listed" and offer.price > lowest.get(offer.product, offer.price)]
    assert above == []


def test_prices_have_two_places_and_a_history_in_order(region: World):
    for offer in region.offers:
        assert all(point.price > 0 and point.price == point.price.quantize(Decimal("0.01")) for point in offer.prices)
        moments = [point.at for point in offer.prices]
        assert moments == sorted(moments), offer.key
        assert moments[0] == offer.created_at
        assert moments[-1] <= AT
    assert sum(len(offer.prices) > 1 for offer in region.offers) > 3_000


def test_what_is_not_on_sale_says_why(region: World):
    states = Counter(offer.state for offer in region.offers)
    assert set(states) == {"listed", "review", "refused", "frozen", "unfreeze_review", "delisted", "draft"}
    assert [offer.key for offer in region.offers if offer.state in {"refused", "frozen", "unfreeze_review"} and not offer.reason] == []


def test_certified_tags_carry_a_certificate_and_a_day(region: World):
    tags = [tag for offer in region.offers for tag in offer.tags]
    assert {tag.tag for tag in tags} == {
        "energy_saving", "environmental_label", "sme", "small_micro", "disabled_welfare_unit", "prison_enterprise", "domestic_product", "platform_832",
        "manufacturer_direct",
    }  # fmt: skip
    assert [
        tag
        for tag in tags
        if (tag.tag in {"energy_saving", "environmental_label", "manufacturer_direct", "platform_832"})
        != bool(tag.certificate and tag.expires_on)
    ] == []


def test_orders_stand_in_every_state_and_end_now(region: World):
    assert {order.state for order in region.orders} == {deals.ENDS.get(fate, fate) for fate in deals.FATES}
    for order in region.orders:
        moments = [step.at for step in order.steps]
        assert moments == sorted(moments), order.key
        assert moments[-1] <= AT
        assert moments[0] > AT - timedelta(days=366)
    assert [order.steps[0].at for order in region.orders] == sorted(order.steps[0].at for order in region.orders)


def test_orders_that_wait_for_their_supplier_are_not_two_working_days_old(region: World):
    waiting = [order for order in region.orders if order.state == "placed"]
    assert len(waiting) > 10
    assert max(working_minutes(AT) - working_minutes(order.steps[-1].at) for order in waiting) < 2 * 570


def test_orders_add_up_and_whoever_ordered_does_not_receive(region: World):
    offers = {offer.key: offer for offer in region.offers}
    bought: Counter[str] = Counter()
    for order in region.orders:
        at = order.steps[0].at
        assert {offers[key].supplier for key, _ in order.lines} == {order.supplier}
        assert sum(offers[key].price_at(at) * quantity for key, quantity in order.lines) == order.total
        assert order.total < deals.TOTAL_MOST
        assert order.orderer not in {step.by for step in order.steps if deals.BUYERS_PART.get(step.verb) in {"receiver", "lead"}}
        bought.update(dict(order.lines))
    assert [key for key, quantity in bought.items() if quantity > offers[key].stock] == []


def test_an_order_above_the_limit_of_its_buyer_was_approved(region: World):
    limits = {party.key: party.approval_limit for party in region.organisations}
    for order in region.orders:
        limit = limits[order.buyer]
        assert limit is not None
        assert (order.steps[0].verb == "request") == (order.total > limit), order.key


def test_budgets_cover_what_was_ordered(region: World):
    needed: Counter[str] = Counter()
    for order in region.orders:
        needed[order.budget] += order.total  # type: ignore[assignment]
    totals = {budget.key: budget.total for budget in region.budgets}
    assert [key for key, amount in needed.items() if amount > totals[key]] == []
    assert {budget.year for budget in region.budgets} == {2025, 2026}


def test_the_cast_has_something_to_do_in_every_state(region: World):
    mine = {order.state for order in region.orders if order.buyer == cast.MAIN_BUYER}
    assert mine >= deals.ALIVE
    shop = Counter(order.state for order in region.orders if order.supplier == cast.MAIN_SUPPLIER)
    assert shop["closed"] > 10


def test_office_minutes_count_only_weekdays_and_office_hours():
    friday = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)  # 19:30 in Beijing
    monday = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)  # 10:30
    assert working_minutes(monday) - working_minutes(friday) == 30
    assert working_minutes(datetime(2026, 11, 22, 6, 0, tzinfo=UTC)) == working_minutes(friday)
    assert moment(working_minutes(monday)) == monday


def test_nobody_orders_in_the_national_holiday():
    evening = datetime(2025, 9, 30, 11, 30, tzinfo=UTC)
    assert moment(working_minutes(evening) + 1) == datetime(2025, 10, 9, 2, 1, tzinfo=UTC)


def _all_different(values: Sequence[object]) -> None:
    assert [value for value, times in Counter(values).items() if times > 1] == []
