"""New offers find the product they belong to: certain matches join by themselves, unsure ones are proposed once, with figures, and people decide."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.catalog import queries, reactions, services
from sunlit.domain.catalog.events import CorrectionDecided
from sunlit.domain.catalog.models import Brand, Offer, Product, ProductCorrection, ProductMatch
from sunlit.domain.catalog.queries import brands
from sunlit.domain.catalog.rules.matching import core_of
from sunlit.domain.catalog.rules.reading import Wrong, gtin_of, key_of
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.messages.models import Message
from tests.domain.catalog.conftest import LAPTOPS, a_draft
from tests.town import NOON, Town

EAN = "6901234567892"


def codes(act: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.codes


# Barcodes


@pytest.mark.parametrize(
    ("written", "known"),
    [
        (EAN, "06901234567892"),
        ("690-1234 567892", "06901234567892"),
        ("６９０１２３４５６７８９２", "06901234567892"),
        (6901234567892.0, "06901234567892"),
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("10614141000415", "10614141000415"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_barcode_is_kept_in_fourteen_figures(written: Any, known: str) -> None:
    assert gtin_of(written) == known


@pytest.mark.parametrize(
    ("written", "code"), [("6901234567890", "CAT-093"), ("123", "CAT-092"), ("69012345678AB", "CAT-092"), ("٦٩٠١٢٣٤٥", "CAT-092")]
)
def test_a_wrong_barcode_is_told(written: str, code: str) -> None:
    with pytest.raises(Wrong) as wrong:
        gtin_of(written)
    assert (wrong.value.problem.code, wrong.value.problem.on) == (code, "gtin")


@given(st.integers(0, 10**12 - 1), st.integers(0, 11), st.integers(1, 9))
def test_every_single_slip_in_a_barcode_is_noticed(body: int, place: int, by: int) -> None:
    text = f"{body:012d}"
    digit = next(d for d in "0123456789" if not _is_wrong(text + d))
    slipped = text[:place] + str((int(text[place]) + by) % 10) + text[place + 1 :]
    assert _is_wrong(slipped + digit)


def _is_wrong(text: str) -> bool:
    try:
        return gtin_of(text) == ""
    except Wrong:
        return True


# Names of brands, cores of models


def test_a_brand_is_one_under_all_its_names(shelf: Town) -> None:
    Brand.objects.create(key="HP", name_zh="HP")
    brands.forget()
    known = brands.names()
    assert {known.key(name) for name in ("惠普", "HP", "hp", "ＨＰ", "惠普（HP）", "HP/惠普", "Hewlett-Packard")} == {"惠普"}
    assert known.key("Peacock") == known.key("孔雀") == "KONGQUE"
    assert known.key("无名氏") == "无名氏"
    assert known.key("惠普/联想") == key_of("惠普/联想")  # two brands are no brand


@pytest.mark.parametrize(
    ("model", "core"),
    [
        ("M126a", "M126"),
        ("M126nw", "M126"),
        ("TL-SG1024DT", "T1SG1024"),
        ("KQ-14（新款）", "KQ14"),
        ("型号M2O0-Q5", "M200Q5"),
        ("银河", ""),
        ("A4-70 500张", "A470500"),
    ],
)
def test_the_core_of_a_model_is_the_same_here_and_in_the_database(db: None, model: str, core: str) -> None:
    assert core_of(key_of(model)) == core
    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT translate(coalesce(substring(regexp_replace(%s, '\([^)]*\)|[^A-Z0-9]', '', 'g') from '^.*[0-9]'), ''), 'OIL', '011')",
            [key_of(model)],
        )
        assert cursor.fetchone() == (core,)


# Certain matches


@pytest.mark.parametrize(
    "told",
    [
        {"brand": "孔雀", "model": "KQ-14"},
        {"brand": "Peacock", "model": "kq 14"},
        {"brand": "孔雀（Peacock）", "model": "ＫＱ－１４"},
        {"brand": "孔雀", "model": "孔雀 KQ-14"},
    ],
)
def test_a_certain_match_joins_by_itself(shelf: Town, told: dict[str, str]) -> None:
    Offer.objects.filter(number="SP-1").update(state="delisted")
    assert a_draft(shelf, **told).product == shelf.laptop.product
    assert not ProductMatch.objects.exists()
    assert Brand.objects.count() == 1


def test_the_same_barcode_brand_and_category_is_the_same_product(shelf: Town) -> None:
    Offer.objects.filter(number="SP-1").update(state="delisted")
    Product.objects.filter(number="SPU-1").update(gtin="06901234567892")
    it = a_draft(shelf, brand="Peacock", model="KongQue-XIV", gtin=EAN)
    assert it.product == shelf.laptop.product
    other = a_draft(shelf, sku_code="TS-2", brand="孔雀", model="KQ-99", gtin=EAN, **{"attr.memory": "32"})
    assert other.product != shelf.laptop.product  # a key parameter speaks against it


def test_another_barcode_than_the_library_has_is_refused(shelf: Town) -> None:
    Offer.objects.filter(number="SP-1").update(state="delisted")
    Product.objects.filter(number="SPU-1").update(gtin="00000096385074")
    assert codes(lambda: a_draft(shelf, brand="孔雀", model="KQ-14", gtin=EAN)) == ["CAT-094"]
    assert codes(lambda: a_draft(shelf, gtin="6901234567890")) == ["CAT-093"]


def test_a_barcode_fills_a_gap_of_the_product(shelf: Town) -> None:
    Offer.objects.filter(number="SP-1").update(state="delisted")
    assert a_draft(shelf, brand="孔雀", model="KQ-14", gtin=EAN).product.gtin == "06901234567892"


# Proposals


def proposed(shelf: Town, model: str = "KQ-14A", **more: str) -> ProductMatch:
    """Wu brings a laptop whose model differs from the town's in its last letter."""
    a_draft(shelf, brand="孔雀", model=model, title=f"孔雀 {model}", unit="台", **more)
    return ProductMatch.objects.get()


def test_an_unsure_match_is_proposed_with_its_figures(shelf: Town) -> None:
    it = proposed(shelf)
    assert (it.state, it.one.number, it.other.model, it.score) == ("proposed", "SPU-1", "KQ-14A", 92)
    assert it.reasons == [
        {"why": "brand", "one": "孔雀", "other": "孔雀"},
        {"why": "model", "one": "KQ-14", "other": "KQ-14A", "percent": 88},
        {"why": "keys", "same": 1, "known": 1},
    ]
    act = Entry.objects.get(act="match.find_many")
    assert (act.facts["count"], list(act.facts["rows"])) == (1, [it.number])
    assert queries.library_counts() == {"matches": 1, "corrections": 0}


def test_what_a_key_parameter_speaks_against_is_not_proposed(shelf: Town) -> None:
    a_draft(shelf, brand="孔雀", model="KQ-14A", unit="台", **{"attr.memory": "64"})
    assert not ProductMatch.objects.exists()


def test_rows_of_a_batch_are_matched_with_a_fixed_number_of_questions(shelf: Town, django_assert_max_num_queries: Any) -> None:
    row = {"category": LAPTOPS, "brand": "孔雀", "unit": "台", "price": "4000.00", "attributes": {"memory": "16", "system": "银河麒麟"}}
    rows = [{**row, "sku_code": f"B-{n}", "model": f"KQ-14{letter}", "title": f"孔雀 KQ-14{letter}"} for n, letter in enumerate("ABCDEFGH")]
    queries.tree()
    with django_assert_max_num_queries(40):
        services.upsert_offers(rows, by=shelf.wu, at=NOON)
    assert ProductMatch.objects.filter(one__number="SPU-1").count() > 0
    assert all(match.one_id < match.other_id for match in ProductMatch.objects.all())


def test_the_desk_joins_them(shelf: Town) -> None:
    it = proposed(shelf)
    other = it.other
    assert codes(lambda: services.join_match(it, reason="同一型号", by=shelf.surina, at=NOON)) == ["CAT-080"]
    assert codes(lambda: services.join_match(it, reason="同一型号", by=shelf.he, at=NOON)) == ["CAT-085"]  # the shop offers both
    kept = Offer.objects.get(product=other)
    it = services.join_match(it, reason="同一型号", keep=[kept.number], by=shelf.he, at=NOON, expected=it.version)
    assert (it.state, it.reason) == ("joined", "同一型号")
    other.refresh_from_db()
    assert other.merged_into == shelf.laptop.product
    assert codes(lambda: services.join_match(it, reason="同一型号", by=shelf.he, at=NOON)) == ["CAT-082"]
    assert Entry.objects.filter(act__in=["match.join", "product.merge"]).count() == 2


def test_kept_apart_is_remembered(shelf: Town) -> None:
    it = proposed(shelf)
    assert codes(lambda: services.keep_apart(it, reason="", by=shelf.zheng, at=NOON)) == ["CAT-001"]
    assert codes(lambda: services.keep_apart(it, reason="不同型号", by=shelf.surina, at=NOON)) == ["LIF-002"]
    services.keep_apart(it, reason="屏幕不同", by=shelf.zheng, at=NOON)
    assert services.propose([it.other], at=NOON) == []
    assert codes(lambda: services.keep_apart(it, reason="再想想", by=shelf.zheng, at=NOON)) == ["LIF-001"]
    assert ProductMatch.objects.get().state == "kept_apart"


def test_a_decision_on_an_old_page_is_refused(shelf: Town) -> None:
    it = proposed(shelf)
    kept = Offer.objects.get(product=it.other)
    assert codes(lambda: services.join_match(it, reason="同一型号", keep=[kept.number], by=shelf.he, at=NOON, expected=7)) == ["LIF-003"]
    assert not Product.objects.filter(merged_into__isnull=False).exists()


def test_a_merge_by_hand_settles_its_proposals(shelf: Town) -> None:
    it = proposed(shelf)
    services.propose([a_draft(shelf, sku_code="TS-3", brand="孔雀", model="KQ-14B", title="孔雀 KQ-14B", unit="台").product], at=NOON)
    Offer.objects.filter(number="SP-1").update(state="delisted")
    services.merge_products(it.other, it.one, reason="同一型号", by=shelf.zheng, at=NOON)
    it.refresh_from_db()
    assert it.state == "joined"
    others = ProductMatch.objects.exclude(pk=it.pk)
    assert {match.state for match in others if it.other_id in (match.one_id, match.other_id)} <= {"lapsed"}


# Corrections


def correction(shelf: Town, **changes: str) -> ProductCorrection:
    """Nurlan of the corner shop finds a parameter wrong that both shops' laptop has."""
    given = {"memory": "32", **changes}
    return services.propose_correction(shelf.laptop.product, given, why="铭牌为 32 GB", by=shelf.nurlan, at=NOON)


def test_a_correction_of_a_shared_product_is_proposed_and_accepted(shelf: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    it = correction(shelf, colour="银色", unknown="x")
    assert (it.state, it.changes) == ("proposed", {"memory": ["16", "32"], "colour": ["", "银色"]})
    shelf.laptop.product.refresh_from_db()
    assert shelf.laptop.product.attributes == {"memory": "16"}
    assert codes(lambda: services.accept_correction(it, by=shelf.surina, at=NOON)) == ["LIF-002"]
    it = services.accept_correction(it, by=shelf.zheng, at=NOON, expected=it.version)
    shelf.laptop.product.refresh_from_db()
    assert shelf.laptop.product.attributes == {"memory": "32", "colour": "银色"}
    act = Entry.objects.get(act="product.correct")
    assert (act.subject, act.facts["products"], act.facts["offers"]) == ("product/SPU-1", ["SPU-1"], ["SP-1", "SP-2"])
    reactions.tell_about_a_correction(
        CorrectionDecided(number=it.number, supplier_id=it.supplier_id, product_id=it.product_id, state=it.state, reason="")
    )
    assert Message.objects.filter(kind="correction.accepted").exists()


def test_what_cannot_be_proposed_is_refused(shelf: Town) -> None:
    def propose(given: dict[str, str], *, why: str = "铭牌如此", by: Any = None) -> Any:
        return lambda: services.propose_correction(shelf.laptop.product, given, why=why, by=by or shelf.nurlan, at=NOON)

    assert codes(propose({"memory": "viel"})) == ["CAT-017"]
    assert codes(propose({"memory": "16"})) == ["CAT-096"]
    assert codes(propose({"memory": ""})) == ["CAT-096"]
    assert codes(propose({"memory": "32"}, why="x")) == ["CAT-001"]
    assert codes(propose({"memory": "32"}, by=shelf.aygul)) == ["CAT-097"]
    correction(shelf)
    assert codes(propose({"memory": "64"})) == ["CAT-098"]
    assert ProductCorrection.objects.count() == 1


def test_a_correction_that_no_longer_fits_is_refused_and_can_be_withdrawn(shelf: Town) -> None:
    it = correction(shelf)
    Product.objects.filter(number="SPU-1").update(attributes={"memory": "8"})
    assert codes(lambda: services.accept_correction(it, by=shelf.he, at=NOON)) == ["CAT-095"]
    assert codes(lambda: services.withdraw_correction(it, by=shelf.wu, at=NOON)) == ["LIF-002"]
    assert services.withdraw_correction(it, by=shelf.nurlan, at=NOON).state == "withdrawn"
    again = services.propose_correction(shelf.laptop.product, {"memory": "32"}, why="铭牌为 32 GB", by=shelf.nurlan, at=NOON)
    assert codes(lambda: services.refuse_correction(again, reason="", by=shelf.he, at=NOON)) == ["CAT-001"]
    assert services.refuse_correction(again, reason="铭牌照片不清", by=shelf.he, at=NOON).state == "refused"


def test_a_correction_of_a_merged_product_leads_on(shelf: Town) -> None:
    it = correction(shelf)
    own = shelf.laptop.product
    other = Product.objects.create(
        number="SPU-9", category=own.category, brand=own.brand, model="KQ9", model_key="KQ9", name_zh="KQ9", unit="台", created_at=NOON
    )
    services.merge_products(own, other, reason="同一型号", by=shelf.zheng, at=NOON)
    assert codes(lambda: services.accept_correction(it, by=shelf.he, at=NOON)) == ["CAT-099"]
    own.refresh_from_db()
    assert codes(lambda: services.propose_correction(own, {"memory": "8"}, why="铭牌如此", by=shelf.nurlan, at=NOON)) == ["CAT-099"]
