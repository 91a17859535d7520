"""Bought direct from the manufacturer: an order of its own, with its proof looked at on the day, and what dealers ask told beside it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as shelf
from sunlit.domain.catalog.models import MakerDeclaration, Offer, PolicyTag
from sunlit.domain.market import queries, services
from sunlit.domain.market.models import CartLine, Order
from sunlit.domain.planning.models import Purchase
from sunlit.domain.registry.models import Supplier
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.planning.plans import LAPTOPS, PAPER, filed
from tests.town import NOON, Town, build

UNTIL = date(2026, 12, 31)


def proven(offer: Offer, until: date = UNTIL) -> Offer:
    PolicyTag.objects.update_or_create(
        offer=offer, tag="manufacturer_direct", defaults={"certificate": "SCXK-2025-017", "expires_on": until}
    )
    return offer


@pytest.fixture
def works(town: Town) -> Town:
    """The shop makes its paper and its laptops itself."""
    proven(town.paper)
    proven(town.laptop)
    return town


def direct_line(town: Town, offer: Offer, quantity: int = 1) -> CartLine:
    return services.add_to_cart(offer, quantity=quantity, direct=True, by=town.aygul, at=NOON)


def check_out(town: Town, *lines: CartLine, key: str = "k1", **more: Any) -> list[Order]:
    chosen: dict[str, Any] = {"quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk}
    return services.checkout(key=key, line_ids=[line.pk for line in lines], purpose="教学", by=town.aygul, **{"at": NOON, **chosen, **more})


def refused(town: Town, *lines: CartLine, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    with pytest.raises(Refused) as no:
        check_out(town, *lines, **more)
    assert Order.objects.count() == 0
    town.quota.refresh_from_db()
    assert town.quota.held == 0
    return [(problem.code, dict(problem.params)) for problem in no.value.problems]


def warned(order: Order) -> dict[str, dict[str, Any]]:
    return {told["reason"]["code"]: told["figures"] for told in order.rulings if told["verdict"] == "warned"}


def test_a_direct_purchase_is_an_order_of_its_own_beside_the_ordinary_one(works: Town) -> None:
    lines = [direct_line(works, works.paper, 2), services.add_to_cart(works.laptop, quantity=1, by=works.aygul, at=NOON)]
    assert [(group.direct, len(group.items)) for group in queries.cart(works.aygul).groups] == [(False, 1), (True, 1)]
    orders = check_out(works, *lines)
    assert {(order.mode, order.total, order.supplier_id) for order in orders} == {
        ("direct", Decimal("257.00"), works.shop.pk),
        ("supermarket", Decimal("4999.00"), works.shop.pk),
    }
    assert [order.number for order in check_out(works, *lines)] == [order.number for order in orders], "the same form again"
    bought = next(order for order in orders if order.mode == "direct")
    [proof] = [told for told in bought.rulings if told["rule"]["key"] == "direct.proof"]
    assert (proof["verdict"], proof["figures"]["certificate"], proof["figures"]["until"]) == ("allowed", "SCXK-2025-017", "2026-12-31")
    assert [(tag["tag"], tag["until"]) for tag in bought.lines.get().snapshot["tags"]] == [("manufacturer_direct", "2026-12-31")]
    assert set(Purchase.objects.values_list("method", flat=True)) == {"direct", "supermarket"}
    assert Offer.objects.get(pk=works.paper.pk).stock == 998
    services.withdraw(bought, reason="先用库存，暂不采购。", by=works.aygul, at=NOON)
    assert Offer.objects.get(pk=works.paper.pk).stock == 1000


def test_a_proof_that_ended_before_the_order_is_refused_until_the_line_is_an_ordinary_one(works: Town) -> None:
    line = direct_line(works, works.paper)
    proven(works.paper, NOON.date() - timedelta(days=1))
    told = {"title": works.paper.title, "certificate": "SCXK-2025-017", "until": "2026-03-01"}
    assert refused(works, line) == [("ORD-038", told)]
    services.buy_ordinarily(line.pk, by=works.aygul)
    [order] = check_out(works, line)
    assert order.mode == "supermarket"


def test_the_last_day_of_the_proof_still_counts(works: Town) -> None:
    line = direct_line(works, works.paper)
    proven(works.paper, NOON.date())
    assert [order.mode for order in check_out(works, line)] == ["direct"]


def test_without_a_proof_nothing_is_put_into_the_cart_as_direct_and_one_taken_away_is_refused(works: Town) -> None:
    with pytest.raises(Refused) as no:
        direct_line(works, works.laptop_corner)
    assert no.value.codes == ["ORD-041"]
    line = direct_line(works, works.paper)
    PolicyTag.objects.filter(offer=works.paper).delete()
    assert [code for code, _told in refused(works, line)] == ["ORD-037"]


def test_a_declaration_that_names_another_maker_is_refused(works: Town) -> None:
    line = direct_line(works, works.paper)
    figures: dict[str, Any] = {"year": 2025, "industry": "INDUSTRY", "staff": 20, "revenue": 1, "assets": 1, "size": "small"}
    told = {"maker": "博湖苇编制品厂", **figures, "counts_as": "small", "declared_at": NOON, "declared_by_id": works.wu.person}
    MakerDeclaration.objects.create(offer=works.paper, **told)
    assert refused(works, line) == [("ORD-039", {"title": works.paper.title, "supplier": works.shop.name_zh, "maker": "博湖苇编制品厂"})]
    Rule.objects.filter(key="direct.seller_is_maker").update(value={"choice": "not_needed"})
    book.forget()
    assert [order.mode for order in check_out(works, line)] == ["direct"]


def test_a_region_that_does_not_ask_for_the_proof_does_not_refuse_it(works: Town) -> None:
    line = direct_line(works, works.paper)
    PolicyTag.objects.filter(offer=works.paper).delete()
    Rule.objects.filter(key="direct.proof").update(value={"choice": "not_needed"})
    book.forget()
    assert [order.mode for order in check_out(works, line)] == ["direct"]


def test_dearer_than_at_the_dealers_is_told_with_figures_and_not_refused(works: Town) -> None:
    [order] = check_out(works, direct_line(works, works.laptop))
    figures = {"title": works.laptop.title, "price": "4999.00", "lowest": "4899.00", "percent": "2.0"}
    assert warned(order) == {"ORD-040": figures}
    Supplier.objects.filter(organisation=works.corner).update(state="suspended", reason="违约", suspended_until=NOON)
    [order] = check_out(works, direct_line(works, works.laptop), key="k2")
    assert warned(order) == {}, "who may not sell does not count"


def test_the_page_shows_what_manufacturers_sell_with_their_proofs(works: Town) -> None:
    proven(works.paper, date(2026, 3, 1))
    found = catalog.direct_offers(region_path=works.school.region.path, on=NOON.date())
    assert [(it.offer, it.claim.certificate, it.elsewhere) for it in found.offers] == [(works.laptop, "SCXK-2025-017", Decimal("4899.00"))]
    assert [it.code for it in catalog.direct_categories(region_path=works.school.region.path, on=NOON.date())] == ["A02010108"]
    assert catalog.direct_offers(region_path=works.school.region.path, on=NOON.date(), q="天山").offers
    assert not catalog.direct_offers(region_path=works.school.region.path, on=NOON.date(), category="A05040101").offers
    Offer.objects.filter(pk=works.laptop.pk).update(delivery_regions=["652824"])
    assert not catalog.direct_offers(region_path=works.school.region.path, on=NOON.date()).offers


def test_a_plan_is_told_of_the_way_where_manufacturers_sell_all_of_it(works: Town) -> None:
    it = filed(works, {**PAPER, "amount": "40000"}, {**LAPTOPS, "amount": "30000"})
    ways = {way.mode: way for way in queries.ways_for(it, at=NOON)}
    assert not ways["direct"].proposed
    assert ways["direct"].past.deals == 0
    PolicyTag.objects.filter(offer=works.paper).delete()
    assert "direct" not in {way.mode for way in queries.ways_for(it, at=NOON)}


@pytest.mark.django_db(transaction=True)
def test_whoever_orders_while_the_claim_is_taken_away_gets_it_proven_or_not_at_all() -> None:
    town = build()
    line = direct_line(town, proven(town.paper))
    figures: dict[str, Any] = {"year": 2025, "industry": "INDUSTRY", "staff": 20, "revenue": "1000000", "assets": "1000000"}

    def one(who: str) -> str:
        try:
            if who == "maker":
                shelf.declare_maker(town.paper, maker="博湖苇编制品厂", **figures, truthful=True, by=town.wu, at=NOON)
                return "declared"
            return check_out(town, line)[0].mode
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, ["maker", "buyer"]))
    assert answers[0] == "declared"
    assert answers[1] in ("direct", "ORD-037")
    for order in Order.objects.all():
        assert [tag["tag"] for tag in order.lines.get().snapshot["tags"]] == ["manufacturer_direct"]
