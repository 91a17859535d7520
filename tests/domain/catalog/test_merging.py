"""Products that are one and the same become one: offers, prices and readers follow, orders do not; and what is several is split again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from sunlit.domain.catalog import queries, reactions, services
from sunlit.domain.catalog.events import OfferSetAside, ProductsMerged
from sunlit.domain.catalog.models import Brand, Offer, Product, ReferencePrice
from sunlit.domain.catalog.queries import machines
from sunlit.domain.catalog.services import indexing
from sunlit.domain.market import reactions as market_reactions
from sunlit.domain.market import services as market
from sunlit.domain.market.models import CartLine, Favourite, OrderLine
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.messages.models import Message
from tests.domain.catalog.conftest import LAPTOPS, TEMPLATE, a_draft, laptops, on_sale
from tests.domain.catalog.test_together import at_once
from tests.town import NOON, Town, an_order, build, in_cart

LATER = NOON + timedelta(days=1)
SAME = "同一型号的两种写法"


def twin(town: Town, *, number: str = "SPU-7", model: str = "KQ 14 (新款)", unit: str = "台", category: Any = None, **more: Any) -> Product:
    """Another entry for the town's laptop."""
    own = town.laptop.product
    return Product.objects.create(
        number=number,
        category=category or own.category,
        brand=own.brand,
        model=model,
        model_key=queries.key_of(model),
        name_zh=f"孔雀 {model}",
        unit=unit,
        created_at=NOON,
        **more,
    )


def sold_as(town: Town, product: Product, offer: Offer) -> Offer:
    """The offer hangs on this product instead."""
    Offer.objects.filter(pk=offer.pk).update(product=product)
    offer.refresh_from_db()
    return offer


@pytest.fixture
def two(shelf: Town) -> Product:
    """The corner shop lists its laptop under another product than the shop."""
    other = twin(shelf, attributes={"memory": "32", "weight": "1.4"}, gtin="06901234567892")
    sold_as(shelf, other, shelf.laptop_corner)
    return other


def merged(town: Town, other: Product, *, by: Actor | None = None, **more: Any) -> Product:
    return services.merge_products(other, town.laptop.product, reason=SAME, by=by or town.zheng, at=LATER, **more)


def test_offers_reference_prices_and_parameters_follow(shelf: Town, two: Product) -> None:
    for product, source, price in ((two, "电商甲", "5000.00"), (two, "电商乙", "5100.00"), (shelf.laptop.product, "电商甲", "4950.00")):
        ReferencePrice.objects.create(product=product, source=source, price=Decimal(price), captured_at=NOON)
    into = merged(shelf, two)
    assert set(Offer.objects.filter(product=into).values_list("number", flat=True)) == {"SP-1", "SP-2"}
    found = ReferencePrice.objects.order_by("source").values_list("product__number", "source", "price")
    assert list(found) == [("SPU-1", "电商乙", Decimal("5100.00")), ("SPU-1", "电商甲", Decimal("4950.00"))]  # what was known stays
    into.refresh_from_db()
    assert (into.attributes, into.gtin) == ({"memory": "16", "weight": "1.4"}, "06901234567892")
    two.refresh_from_db()
    assert (two.merged_into, two.merged_at) == (into, LATER)


def test_both_acts_stand_in_the_ledger_with_what_they_concern(shelf: Town, two: Product) -> None:
    merged(shelf, two)
    act = Entry.objects.get(act="product.merge")
    assert (act.subject, act.facts["products"], act.facts["offers"]) == ("product/SPU-1", ["SPU-1", "SPU-7"], ["SP-1", "SP-2"])
    assert (act.facts["reason"], act.facts["count"], act.facts["set_aside"]) == (SAME, 1, [])
    moved = Entry.objects.get(act="offer.regroup_many")
    assert list(moved.facts["rows"]) == ["SP-2"]


def test_the_index_reads_both_products_again(shelf: Town, two: Product) -> None:
    """The one that is gone must leave the search, though no offer leads to it any more."""
    merged(shelf, two)
    acts = [
        Act(place, entry.pk, entry.at, entry.act, entry.subject, entry.organisation, entry.region, entry.facts)
        for place, entry in enumerate(Entry.objects.filter(act__startswith="product."))
    ]
    concerned = {number for numbers in indexing._products_of(acts) for number in numbers}
    assert {"SPU-1", "SPU-7"} <= concerned


def test_the_old_number_leads_to_the_product(shelf: Town, two: Product) -> None:
    third = twin(shelf, number="SPU-6", model="KQ14B")
    services.merge_products(third, two, reason=SAME, by=shelf.he, at=NOON)
    merged(shelf, two)
    for number in ("SPU-1", "SPU-6", "SPU-7"):
        page = queries.product(number, at=LATER)
        assert page is not None
        assert (page.product.number, page.numbers) == ("SPU-1", ["SPU-1", "SPU-7", "SPU-6"])
        assert queries.product_to_offer(number) == shelf.laptop.product
    assert [each.number for each in machines.products_after()] == ["SPU-1", "SPU-2"]
    assert [each.product.number for each in queries.compare(["SPU-7", "SPU-1", "SPU-2"]).products] == ["SPU-1", "SPU-2"]
    assert [each.number for each in queries.products_like("KQ")] == ["SPU-1"]


def test_an_order_keeps_what_it_froze_and_a_cart_keeps_its_offer(shelf: Town, two: Product) -> None:
    order = an_order(shelf, offer=shelf.laptop_corner)
    line = OrderLine.objects.get(order=order)
    before = dict(line.snapshot)
    in_cart(shelf, shelf.laptop_corner)
    merged(shelf, two)
    line.refresh_from_db()
    assert (line.snapshot, line.product_id) == (before, two.pk)
    assert CartLine.objects.get().offer.product == shelf.laptop.product


def test_favourites_follow_once(shelf: Town, two: Product) -> None:
    market.keep_product(two, by=shelf.aygul, at=NOON)
    market.keep_product(two, by=shelf.ma, at=NOON)
    market.keep_product(shelf.laptop.product, by=shelf.ma, at=NOON)
    into = merged(shelf, two)
    for _twice in range(2):
        market_reactions.keep_what_it_became(ProductsMerged(merged_id=two.pk, into_id=into.pk))
    found = Favourite.objects.order_by("buyer__number").values_list("buyer__number", "product__number")
    assert list(found) == [("CG-0001", "SPU-1"), ("CG-0002", "SPU-1")]
    two.refresh_from_db()
    market.keep_product(two, by=shelf.aygul, at=LATER)  # from a page that was still open
    assert Favourite.objects.count() == 2


@pytest.mark.parametrize(
    ("who", "codes"), [("surina", ["CAT-080"]), ("wu", ["CAT-080"]), ("aygul", ["CAT-080"]), ("zheng", []), ("he", [])]
)
def test_only_the_library_desk_merges(shelf: Town, two: Product, who: str, codes: list[str]) -> None:
    if not codes:
        assert merged(shelf, two, by=getattr(shelf, who)).number == "SPU-1"
        return
    with pytest.raises(Refused) as refused:
        merged(shelf, two, by=getattr(shelf, who))
    assert refused.value.codes == codes
    assert not Product.objects.filter(merged_into__isnull=False).exists()


def test_what_cannot_be_one_is_refused_and_nothing_changes(shelf: Town, two: Product) -> None:
    box = twin(shelf, number="SPU-5", model="X", unit="箱")
    paper = shelf.paper.product

    def refused(act: Callable[[], Any]) -> list[str]:
        with pytest.raises(Refused) as told:
            act()
        return told.value.codes

    at: dict[str, Any] = {"by": shelf.zheng, "at": LATER}
    assert refused(lambda: services.merge_products(two, two, reason=SAME, **at)) == ["CAT-081"]
    assert refused(lambda: services.merge_products(two, paper, reason=SAME, **at)) == ["CAT-083"]
    assert refused(lambda: services.merge_products(box, two, reason=SAME, **at)) == ["CAT-084"]
    assert refused(lambda: services.merge_products(two, shelf.laptop.product, reason=" 是 ", **at)) == ["CAT-001"]
    merged(shelf, two)
    assert refused(lambda: merged(shelf, two)) == ["CAT-082"]
    assert refused(lambda: services.merge_products(shelf.laptop.product, two, reason=SAME, **at)) == ["CAT-082"]
    assert Entry.objects.filter(act="product.merge").count() == 1


def test_a_supplier_that_offers_both_needs_a_choice(shelf: Town, two: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    own = on_sale(shelf, sku_code="TS-2", model="KQ-15", brand="Kongque", title="孔雀 KQ-15 便携式计算机")
    sold_as(shelf, two, own)  # Tianshan offers SP-1 of the one and this of the other
    with pytest.raises(Refused) as refused:
        merged(shelf, two)
    assert [(problem.code, problem.on) for problem in refused.value.problems] == [("CAT-085", "keep_GY-0001")]
    assert "SP-1（¥4,999.00）" in refused.value.problems[0].message
    with pytest.raises(Refused):
        merged(shelf, two, keep=["SP-1", own.number])  # both is no choice
    merged(shelf, two, keep=[own.number])
    shelf.laptop.refresh_from_db()
    own.refresh_from_db()
    assert (shelf.laptop.state, own.state, own.product) == ("delisted", "listed", shelf.laptop.product)
    act = Entry.objects.get(act="product.merge")
    assert act.facts["set_aside"] == ["SP-1"]
    event = OfferSetAside(number="SP-1", kept=own.number, supplier_id=shelf.shop.pk)
    reactions.tell_the_supplier_of_a_duplicate(event)
    assert Message.objects.filter(kind="offer.set_aside").count() > 0
    with pytest.raises(Refused) as back:  # what was set aside does not come back beside it
        services.submit_offer(shelf.laptop, by=shelf.wu, at=LATER)
    assert "CAT-034" in back.value.codes


def test_a_new_offer_of_the_merged_model_stands_beside_the_others(shelf: Town, two: Product) -> None:
    merged(shelf, two)
    Offer.objects.filter(number="SP-1").update(state="delisted")
    it = a_draft(shelf, sku_code="TS-9", brand="Kongque", model="KQ-14（新款）", title="孔雀 KQ-14 新款")
    assert it.product == shelf.laptop.product


def test_two_spellings_of_one_product_in_one_batch_are_told(shelf: Town, two: Product) -> None:
    merged(shelf, two)
    Offer.objects.filter(number="SP-1").update(state="delisted")
    base = {"category": LAPTOPS, "brand": "Kongque", "price": "4000.00", "attributes": {"memory": "16", "system": "银河麒麟"}}
    rows = [
        {**base, "sku_code": "B-1", "model": "KQ-14", "title": "孔雀 KQ-14"},
        {**base, "sku_code": "B-2", "model": "KQ-14（新款）", "title": "孔雀 KQ-14 新款"},
    ]
    results = services.upsert_offers(rows, by=shelf.wu, at=LATER)
    assert [(row.fate, [problem.code for problem in row.problems]) for row in results] == [("new", []), ("kept_out", ["CAT-034"])]


# Splitting


def split(town: Town, offers: list[str], **more: Any) -> Product:
    told = {"model": "KQ-14S", "name_zh": "孔雀 KQ-14S 便携式计算机", "reason": "键盘布局不同", "by": town.zheng, "at": LATER, **more}
    return services.split_product(town.laptop.product, offers, **told)


def test_offers_that_are_of_another_model_get_a_product_of_their_own(shelf: Town) -> None:
    own = split(shelf, ["SP-2"], attributes={"memory": "32"})
    assert (own.model_key, own.attributes, own.split_from, own.unit) == ("KQ14S", {"memory": "32"}, shelf.laptop.product, "台")
    assert list(Offer.objects.filter(product=own).values_list("number", flat=True)) == ["SP-2"]
    act = Entry.objects.get(act="product.split")
    assert (act.facts["products"], act.facts["moved"], act.facts["offers"]) == (["SPU-1", own.number], ["SP-2"], ["SP-1", "SP-2"])


def test_a_split_that_undoes_a_merge_revives_the_old_number(shelf: Town, two: Product) -> None:
    merged(shelf, two)
    own = split(shelf, ["SP-2"], model=two.model, name_zh=two.name_zh)
    assert (own.number, own.merged_into, own.split_from) == ("SPU-7", None, None)
    page = queries.product("SPU-7", at=LATER)
    assert page is not None
    assert page.product.number == "SPU-7"


@pytest.mark.parametrize(
    ("offers", "more", "codes"),
    [
        ([], {}, ["CAT-089"]),
        (["SP-1", "SP-2"], {}, ["CAT-089"]),
        (["SP-3"], {}, ["CAT-088"]),
        (["SP-2"], {"model": " - "}, ["CAT-091"]),
        (["SP-2"], {"name_zh": ""}, ["CAT-091"]),
        (["SP-2"], {"model": "kq-14"}, ["CAT-090"]),
        (["SP-2"], {"reason": "x"}, ["CAT-001"]),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(shelf: Town, offers: list[str], more: dict[str, str], codes: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        split(shelf, offers, **more)
    assert refused.value.codes == codes
    assert Product.objects.count() == 2


# Several at once


@pytest.fixture
def open_town(transactional_db: None) -> Town:
    town = build()
    services.load_templates({LAPTOPS: TEMPLATE}, by=CLOCK, at=NOON)
    return town


RAW = {"price": "4000.00", "brand": "Kongque", "title": "孔雀 便携式计算机", "attr.memory": "16", "attr.system": "银河麒麟"}


@pytest.mark.django_db(transaction=True)
def test_an_offer_that_is_being_written_comes_along(open_town: Town) -> None:
    """The supplier's transaction is open with an offer of the losing product: the merge waits for it and takes the offer with it."""
    other = twin(open_town)
    written, go_on, answers = threading.Event(), threading.Event(), list[Any]()

    def write() -> None:
        try:
            with transaction.atomic():
                services.draft_offer({**RAW, "sku_code": "N-1", "model": other.model}, category=laptops(), by=open_town.nurlan, at=NOON)
                written.set()
                go_on.wait(20)
        finally:
            connection.close()

    def merge() -> None:
        try:
            answers.append(merged(open_town, other, keep=["SP-2"]).number)
        except Refused as refused:
            answers.append(refused.codes)
        finally:
            connection.close()

    writer, merger = threading.Thread(target=write), threading.Thread(target=merge)
    writer.start()
    assert written.wait(20)
    merger.start()
    merger.join(0.5)
    assert merger.is_alive()  # it waits
    go_on.set()
    writer.join(20)
    merger.join(20)
    assert answers == ["SPU-1"]
    assert set(Offer.objects.filter(product__number="SPU-7")) == set()
    assert Offer.objects.get(sku_code="N-1").product.number == "SPU-1"


@pytest.mark.django_db(transaction=True)
def test_an_offer_that_comes_during_a_merge_follows_it(open_town: Town) -> None:
    """However the two meet, no offer is left on the product that was merged, and no supplier has two."""
    other = twin(open_town)
    Offer.objects.filter(number="SP-2").update(state="delisted")
    answers = at_once(
        lambda: merged(open_town, other).number,
        lambda: (
            services.draft_offer({**RAW, "sku_code": "N-1", "model": other.model}, category=laptops(), by=open_town.nurlan, at=NOON).number
        ),
        lambda: (
            services.upsert_offers([{**RAW, "category": LAPTOPS, "sku_code": "N-2", "model": other.model}], by=open_town.wu, at=NOON)[
                0
            ].fate
        ),
    )
    assert not [answer for answer in answers if isinstance(answer, BaseException)], answers
    assert not Offer.objects.filter(product__number="SPU-7").exists() or not Product.objects.get(number="SPU-7").merged_into_id
    living = Offer.objects.exclude(state="delisted").filter(product__number="SPU-1").values_list("supplier__number", flat=True)
    assert len(living) == len(set(living))


@pytest.mark.django_db(transaction=True)
def test_two_desks_merge_two_products_into_each_other_once(open_town: Town) -> None:
    other = twin(open_town)
    own = open_town.laptop.product
    answers = at_once(
        lambda: services.merge_products(other, own, reason=SAME, by=open_town.zheng, at=LATER).number,
        lambda: services.merge_products(own, other, reason=SAME, by=open_town.he, at=LATER).number,
    )
    assert sorted(map(str, answers)) in (
        ["SPU-1", "['CAT-082']"],
        ["SPU-7", "['CAT-082']"],
        ["['CAT-082']", "SPU-1"],
        ["['CAT-082']", "SPU-7"],
    )
    assert Product.objects.filter(merged_into__isnull=False).count() == 1
    assert Entry.objects.filter(act="product.merge").count() == 1


def test_brands_of_two_names_may_be_merged(shelf: Town) -> None:
    latin = Brand.objects.create(key="PEACOCK", name_zh="Peacock")
    own = shelf.laptop.product
    other = Product.objects.create(
        number="SPU-4",
        category=own.category,
        brand=latin,
        model="KQ-14",
        model_key="KQ14",
        name_zh="Peacock KQ-14",
        unit="台",
        created_at=NOON,
    )
    assert merged(shelf, other).number == "SPU-1"
