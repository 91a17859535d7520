"""The life of an offer, with the price discipline as rulings."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Offer, PriceChange, Product
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.accounts.actors import NOBODY
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.catalog.conftest import RAW, a_draft, a_reference, in_review, laptops, on_sale
from tests.town import NOON, Town


def codes(refused: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def test_wu_drafts_submits_and_surina_lists(shelf: Town) -> None:
    offer = a_draft(shelf)
    assert (offer.state, offer.price, offer.stock, offer.price_changed_at) == ("draft", Decimal("3999.00"), 20, None)
    assert offer.product.attributes == {"memory": "16", "system": "银河麒麟"}
    assert (offer.product.brand.key, offer.product.model_key, offer.product.unit) == ("天鹅", "TE15", "件")
    assert not PriceChange.objects.filter(offer=offer).exists()

    offer = services.submit_offer(offer, by=shelf.wu, at=NOON)
    assert offer.state == "review"
    assert offer.review_until is not None
    assert offer.review_until.isoformat() == "2026-03-09T16:00:00+00:00"  # five working days after a Monday
    assert list(PriceChange.objects.filter(offer=offer).values_list("price", "at")) == [(Decimal("3999.00"), NOON)]

    offer = services.approve_offer(offer, by=shelf.surina, at=NOON + timedelta(hours=1))
    assert (offer.state, offer.listed_at) == ("listed", NOON + timedelta(hours=1))
    assert list(Entry.objects.filter(subject=f"offer/{offer.number}").order_by("pk").values_list("act", flat=True)) == [
        "offer.draft",
        "offer.submit",
        "offer.approve",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"price": "-1"}, [("CAT-014", "price")]),
        ({"price": "0"}, [("CAT-014", "price")]),
        ({"price": "12.345"}, [("CAT-013", "price")]),
        ({"price": "twelve"}, [("CAT-012", "price")]),
        ({"price": "NaN"}, [("CAT-014", "price")]),
        ({"price": ""}, [("CAT-010", "price")]),
        ({"title": ""}, [("CAT-010", "title")]),
        ({"title": "长" * 201}, [("CAT-011", "title")]),
        ({"detail": "长" * 2049}, [("CAT-011", "detail")]),
        ({"brand": "--"}, [("CAT-010", "brand")]),
        ({"stock": "2.5"}, [("CAT-015", "stock")]),
        ({"delivery_days": "0"}, [("CAT-015", "delivery_days")]),
        ({"delivery_regions": "652801 999999"}, [("CAT-018", "delivery_regions")]),
        ({"tags": ["sme", "best"]}, [("CAT-019", "tags")]),
        ({"attr.memory": "many"}, [("CAT-017", "attr.memory")]),
        ({"attr.system": "DOS"}, [("CAT-016", "attr.system")]),
        ({"attr.colour": "长" * 65}, [("CAT-011", "attr.colour")]),
        ({"attr." + "名" * 21: "x"}, [("CAT-023", "attr." + "名" * 21)]),
        ({"energy_saving_certificate": "JN-1", "energy_saving_expires_on": "soon"}, [("CAT-022", "energy_saving_expires_on")]),
        ({"price": "1.234", "stock": "x"}, [("CAT-013", "price"), ("CAT-015", "stock")]),
        ({"title": "内部编号\x00\u200b"}, []),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_written(
    shelf: Town, change: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    if not expected:
        assert a_draft(shelf, **change).title == "内部编号"
        return
    before = (Offer.objects.count(), Product.objects.count(), Entry.objects.count())
    with pytest.raises(Refused) as refused:
        a_draft(shelf, **change)
    assert codes(refused) == expected
    assert (Offer.objects.count(), Product.objects.count(), Entry.objects.count()) == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"attr.memory": ""}, [("CAT-010", "attr.memory")]),
        ({"tags": "energy_saving"}, [("CAT-020", "energy_saving_certificate")]),
        ({"energy_saving_certificate": "JN-1", "energy_saving_expires_on": "2026-03-01"}, [("CAT-021", "energy_saving_expires_on")]),
        ({"title": "天鹅 政采 专 供 TE-15"}, [("CAT-033", "title")]),
        ({"detail": "政府特供机型"}, [("CAT-033", "title")]),
    ],
)
def test_a_draft_may_be_incomplete_but_is_not_submitted(shelf: Town, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    offer = a_draft(shelf, **change)
    with pytest.raises(Refused) as refused:
        services.submit_offer(offer, by=shelf.wu, at=NOON)
    assert codes(refused) == expected
    offer.refresh_from_db()
    assert (offer.state, offer.version) == ("draft", 1)


def test_a_certificate_is_good_on_its_last_day(shelf: Town) -> None:
    offer = in_review(shelf, energy_saving_certificate="JN-1", energy_saving_expires_on=date(2026, 3, 2))
    assert [(tag.tag, tag.certificate, tag.expires_on) for tag in offer.tags.all()] == [("energy_saving", "JN-1", date(2026, 3, 2))]


def test_a_price_above_the_fresh_reference_is_refused_with_its_figures(shelf: Town) -> None:
    offer = a_draft(shelf)
    a_reference(offer, "3900.00")
    a_reference(offer, "4100.00", source="电商乙")
    with pytest.raises(Refused) as refused:
        services.submit_offer(offer, by=shelf.wu, at=NOON)
    assert codes(refused) == [("CAT-030", "price")]
    told = refused.value.problems[0].params
    assert (told["price"], told["reference"], told["ceiling"], told["sources"], told["percent"]) == (
        "¥3,999.00",
        "¥3,900.00",
        "¥3,900.00",
        2,
        "0",
    )

    a_reference(offer, "3999.00", source="电商甲", hours_ago=0)  # the newer figure of the same source counts
    offer = services.submit_offer(offer, by=shelf.wu, at=NOON)
    ruling = next(told for told in offer.rulings if told["rule"]["key"] == "price.vs_reference_tolerance")
    assert (ruling["verdict"], ruling["figures"]["reference"], ruling["evidence"]) == ("allowed", "3999.00", "P")


@pytest.mark.parametrize(("formula", "verdict"), [("min", "refused"), ("mean", "allowed"), ("median", "allowed")])
def test_the_formula_of_the_reference_is_the_rulebooks(shelf: Town, formula: str, verdict: str) -> None:
    Rule.objects.filter(key="price.reference_formula").update(value={"choice": formula})
    rulebook.forget()
    offer = a_draft(shelf)
    for source, price in (("甲", "3900.00"), ("乙", "4000.00"), ("丙", "4300.00")):
        a_reference(offer, price, source=source)
    if verdict == "refused":
        with pytest.raises(Refused):
            services.submit_offer(offer, by=shelf.wu, at=NOON)
    else:
        assert services.submit_offer(offer, by=shelf.wu, at=NOON).state == "review"


def test_an_old_reference_is_flagged_but_does_not_block(shelf: Town) -> None:
    offer = a_draft(shelf)
    a_reference(offer, "3000.00", hours_ago=25)
    offer = services.submit_offer(offer, by=shelf.wu, at=NOON)
    told = {ruling["rule"]["key"]: (ruling["verdict"], ruling["reason"]["code"]) for ruling in offer.rulings}
    assert told["price.reference_max_age"] == ("warned", "CAT-031")
    assert told["price.vs_reference_tolerance"] == ("warned", "CAT-030")


def test_a_rise_within_a_day_is_warned_and_refused_where_the_row_binds(shelf: Town) -> None:
    offer = on_sale(shelf)
    offer = services.reprice(offer, price="3899.00", by=shelf.wu, at=NOON + timedelta(hours=2))
    offer = services.reprice(offer, price="3999.00", by=shelf.wu, at=NOON + timedelta(hours=3))
    assert [(r["verdict"], r["reason"]["code"]) for r in offer.rulings if r["rule"]["key"] == "price.raise_cooldown"] == [
        ("warned", "CAT-032")
    ]
    assert list(PriceChange.objects.filter(offer=offer).order_by("at").values_list("price", flat=True)) == [
        Decimal("3999.00"),
        Decimal("3899.00"),
        Decimal("3999.00"),
    ]

    Rule.objects.filter(key="price.raise_cooldown").update(binding=True)
    rulebook.forget()
    with pytest.raises(Refused) as refused:
        services.reprice(offer, price="4100.00", by=shelf.wu, at=NOON + timedelta(hours=26, minutes=59))
    assert codes(refused) == [("CAT-032", "price")]
    offer.refresh_from_db()
    assert offer.price == Decimal("3999.00")
    assert services.reprice(offer, price="4100.00", by=shelf.wu, at=NOON + timedelta(hours=27)).price == Decimal("4100.00")


def test_the_same_product_is_offered_once_by_a_supplier_however_it_is_spelt(shelf: Town) -> None:
    on_sale(shelf)
    with pytest.raises(Refused) as refused:
        a_draft(shelf, sku_code="TS-101", brand="天 鹅", model="te 15")
    assert codes(refused) == [("CAT-034", "model")]
    with pytest.raises(Refused) as refused:
        a_draft(shelf, model="TE-16")
    assert codes(refused) == [("CAT-042", "sku_code")]
    assert Offer.objects.filter(supplier=shelf.shop).count() == 3  # two of the town's shelf


def test_two_suppliers_meet_on_one_product_and_must_agree_on_its_key_parameters(shelf: Town) -> None:
    ours = on_sale(shelf)
    theirs = services.draft_offer({**RAW, "attr.colour": "银"}, category=laptops(), by=shelf.nurlan, at=NOON)
    assert theirs.product_id == ours.product_id
    assert Product.objects.get(pk=ours.product_id).attributes == {"memory": "16", "system": "银河麒麟", "colour": "银"}
    with pytest.raises(Refused) as refused:
        services.edit_offer(theirs, {**RAW, "attr.memory": "32"}, by=shelf.nurlan, at=NOON)
    assert codes(refused) == [("CAT-036", "attr.memory")]


def test_alone_on_a_product_a_supplier_corrects_it(shelf: Town) -> None:
    offer = on_sale(shelf)
    offer = services.revise_offer(
        offer, {**RAW, "attr.memory": "32 GB", "title": "天鹅 TE-15 高配", "price": "4500"}, by=shelf.wu, at=NOON + timedelta(days=2)
    )
    assert (offer.state, offer.title, offer.price) == ("review", "天鹅 TE-15 高配", Decimal("4500.00"))
    product = Product.objects.get(pk=offer.product_id)
    assert (product.attributes["memory"], product.name_zh) == ("32", "天鹅 TE-15 高配")


def test_a_name_much_like_another_with_the_same_parameters_is_flagged(shelf: Town) -> None:
    on_sale(shelf, title="天鹅 TE-15 便携式计算机 轻薄办公本 十四英寸 银色 国产", model="TE-15")
    other = in_review(shelf, sku_code="TS-101", title="天鹅 TE-15X 便携式计算机 轻薄办公本 十四英寸 银色 国产", model="TE-15X")
    assert [(r["verdict"], r["figures"]["sku"]) for r in other.rulings if r["rule"]["key"] == "listing.duplicate_similarity"] == [
        ("warned", "TS-100")
    ]


def test_frozen_appealed_kept_frozen_and_released_with_reasons(shelf: Town) -> None:
    offer = on_sale(shelf)
    with pytest.raises(Refused) as refused:
        services.freeze(offer, reason="坏", by=shelf.surina, at=NOON)
    assert codes(refused) == [("CAT-001", "reason")]
    offer = services.freeze(offer, reason="价格异常，高于市场", by=shelf.surina, at=NOON)
    assert (offer.state, offer.reason) == ("frozen", "价格异常，高于市场")
    offer = services.appeal(offer, reason="已调整价格", by=shelf.wu, at=NOON)
    offer = services.keep_frozen(offer, reason="仍然高于市场价", by=shelf.surina, at=NOON)
    assert (offer.state, offer.reason) == ("frozen", "仍然高于市场价")
    offer = services.release(offer, reason="复核通过", by=shelf.surina, at=NOON)
    assert (offer.state, offer.reason) == ("listed", "复核通过")


def test_only_the_own_clerk_writes_and_only_the_own_regulator_decides(shelf: Town) -> None:
    offer = in_review(shelf)
    for attempt in (
        lambda: services.approve_offer(offer, by=shelf.wu, at=NOON),
        lambda: services.approve_offer(offer, by=replace(shelf.surina, roles=frozenset({"admin"})), at=NOON),
        lambda: services.edit_offer(offer, RAW, by=shelf.nurlan, at=NOON),
        lambda: services.draft_offer(RAW, category=laptops(), by=shelf.aygul, at=NOON),
        lambda: services.draft_offer(RAW, category=laptops(), by=NOBODY, at=NOON),
        lambda: services.upsert_offers([RAW], by=shelf.surina, at=NOON),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.codes == ["LIF-002"]
    theirs = services.submit_offer(services.draft_offer(RAW, category=laptops(), by=shelf.nurlan, at=NOON), by=shelf.nurlan, at=NOON)
    with pytest.raises(Refused) as refused:
        services.approve_offer(theirs, by=shelf.surina, at=NOON)  # of another county
    assert refused.value.codes == ["LIF-002"]
    assert services.approve_offer(theirs, by=shelf.zheng, at=NOON).state == "listed"


def test_who_sees_what(shelf: Town) -> None:
    offer = in_review(shelf)
    assert queries.offer(offer.number, seen_by=shelf.wu) == offer
    assert queries.offer(offer.number, seen_by=shelf.surina) == offer
    for stranger in (shelf.nurlan, shelf.aygul, NOBODY):
        assert queries.offer(offer.number, seen_by=stranger) is None
    assert [o.number for o in queries.offers_to_review(seen_by=shelf.surina).offers] == [offer.number]
    assert queries.to_review_count(seen_by=shelf.zheng) == 1
    services.approve_offer(offer, by=shelf.surina, at=NOON)
    assert queries.offer(offer.number, seen_by=NOBODY) == offer


def test_a_stale_form_is_refused(shelf: Town) -> None:
    offer = on_sale(shelf)
    services.restock(offer, stock="7", by=shelf.wu, at=NOON, expected=offer.version)
    with pytest.raises(Refused) as refused:
        services.restock(offer, stock="9", by=shelf.wu, at=NOON, expected=offer.version)
    assert refused.value.codes == ["LIF-003"]
    offer.refresh_from_db()
    assert offer.stock == 7


def test_terms_change_together(shelf: Town) -> None:
    offer = on_sale(shelf)
    offer = services.update_offer(
        offer, terms={"price": "3800", "stock": 3, "delivery_regions": "652823;652801"}, by=shelf.wu, at=NOON + timedelta(hours=1)
    )
    assert (offer.price, offer.stock, offer.delivery_regions, offer.state) == (Decimal("3800.00"), 3, ["652801", "652823"], "listed")
    assert PriceChange.objects.filter(offer=offer).count() == 2
    with pytest.raises(Refused) as refused:
        services.update_offer(offer, terms={"price": "1.999", "stock": -1}, by=shelf.wu, at=NOON)
    assert codes(refused) == [("CAT-013", "price"), ("CAT-015", "stock")]


def test_many_are_listed_with_one_entry_and_the_wrong_ones_held_back(shelf: Town) -> None:
    good, bad = in_review(shelf), in_review(shelf, sku_code="TS-101", model="TE-16")
    a_reference(bad, "100.00")
    done = services.approve_offers([good.number, bad.number, "SK-none"], by=shelf.surina, at=NOON)
    assert (
        [offer.number for offer in done.listed],
        [(offer.number, [p.code for p in problems]) for offer, problems in done.held_back],
    ) == (
        [good.number],
        [(bad.number, ["CAT-030"])],
    )
    entry = Entry.objects.get(act="offer.approve_many")
    assert (entry.facts["count"], list(entry.facts["rows"])) == (1, [good.number])


def test_stock_is_taken_and_returned_in_one_statement_each(shelf: Town, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        services.take_stock({shelf.laptop.pk: 3, shelf.paper.pk: 10})
    shelf.laptop.refresh_from_db()
    assert (shelf.laptop.stock, shelf.laptop.sold) == (47, 3)
    with django_assert_num_queries(1):
        services.return_stock({shelf.laptop.pk: 3})
    shelf.laptop.refresh_from_db()
    assert (shelf.laptop.stock, shelf.laptop.sold) == (50, 0)


def test_the_median_is_exact(shelf: Town) -> None:
    assert queries.medians([shelf.laptop.product_id, shelf.paper.product_id]) == {
        shelf.laptop.product_id: Decimal("4949.00"),
        shelf.paper.product_id: Decimal("128.50"),
    }
