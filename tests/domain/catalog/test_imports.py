"""A file's way into the library: dry run, bad rows back, good rows in, once."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from openpyxl import Workbook, load_workbook

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Category, Import, Offer, PriceChange, Product
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import queries as files
from sunlit.foundation.files import services as keeping
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.catalog.conftest import TEMPLATE, laptops, on_sale
from tests.town import NOON, Town, declare_size

KEYS = ["sku_code", "title", "brand", "model", "price", "stock", "attr.memory", "attr.system", "tags"]


def a_row(n: int, **more: Any) -> list[Any]:
    told = {
        "sku_code": f"R-{n}",
        "title": f"天鹅 TE-{n} 便携式计算机",
        "brand": "天鹅",
        "model": f"TE-{n}",
        "price": 3000 + n,
        "stock": 5,
        "attr.memory": 16,
        "attr.system": "无",
        "tags": "",
    }
    return [{**told, **more}[key] for key in KEYS]


def xlsx(rows: Sequence[Sequence[Any]], keys: Sequence[str] = KEYS) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate((keys, *rows), 1):
        sheet.append(list(row))
        for column, value in enumerate(row, 1):
            if str(value).startswith("="):
                sheet.cell(number, column).data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def uploaded(data: bytes, by: Actor, name: str = "offers.xlsx") -> File:
    return keeping.keep(ContentFile(data, name=name), purpose="sheet", owner=by.organisation_id, by=by, at=NOON)


def handed_in(data: bytes, by: Actor, *, name: str = "offers.xlsx", category: Category | None = None) -> Import:
    return services.hand_in_import(uploaded(data, by, name), category=category or laptops(), by=by, at=NOON)


def carried_out(data: bytes, by: Actor, **more: Any) -> Import:
    it = services.check_import(handed_in(data, by, **more).number, by=by, at=NOON)
    it = services.carry_out_import(it, by=by, at=NOON)
    return services.carry_on_import(it.number, by=by, at=NOON)


def content(file: File | None) -> bytes:
    assert file is not None
    with files.content(file) as stream:
        return stream.read()


def test_good_rows_go_in_and_bad_ones_come_back_with_their_problems(shelf: Town) -> None:
    rows = [
        a_row(1),
        a_row(2, price="12.345"),
        a_row(3, **{"attr.system": "DOS", "stock": -1}),
        a_row(4),
        a_row(4, title="=1+1"),
        a_row(5, model="TE-1"),
    ]
    it = services.check_import(handed_in(xlsx(rows), shelf.wu).number, by=shelf.wu, at=NOON)
    assert (it.state, it.rows, it.done, it.good, it.bad, it.new, it.changed) == ("checked", 6, 6, 2, 4, 2, 0)
    assert [(p["row"], p["on"], p["code"]) for p in it.problems] == [
        (3, "price", "CAT-013"),
        (4, "stock", "CAT-015"),
        (4, "attr.system", "CAT-016"),
        (6, "sku_code", "CAT-037"),
        (7, "model", "CAT-034"),
    ]
    assert services.problem_of(it.problems[3]).params == {"sku": "R-4", "row": 5}
    assert not Offer.objects.filter(sku_code__startswith="R-").exists()
    assert not Product.objects.filter(brand__key="天鹅").exists()

    sheet = load_workbook(io.BytesIO(content(it.bad_rows))).active
    assert sheet is not None
    back = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert (back[1][0], back[1][-1], back[2][0], back[2][4]) == ("sku_code", "problems", "R-2", "12.345")
    assert "CAT-013" in str(back[2][-1])
    assert (back[4][1], sheet.cell(5, 2).data_type) == ("=1+1", "s")

    it = services.carry_out_import(it, by=shelf.wu, at=NOON)
    it = services.carry_on_import(it.number, by=shelf.wu, at=NOON)
    assert (it.state, it.new, it.changed, it.unchanged, it.bad, it.done) == ("done", 2, 0, 0, 4, 6)
    offers = list(Offer.objects.filter(sku_code__startswith="R-").order_by("pk"))
    assert [(o.sku_code, o.price, o.state, o.stock) for o in offers] == [
        ("R-1", Decimal("3001.00"), "review", 5),
        ("R-4", Decimal("3004.00"), "review", 5),
    ]
    entry = Entry.objects.get(act="offer.enter_many")
    assert (entry.subject, entry.facts["count"], sorted(entry.facts["rows"])) == (
        f"import/{it.number}",
        2,
        sorted(o.number for o in offers),
    )
    assert Entry.objects.get(act="import.finish").facts["digest"] == it.file.sha256


def test_the_corrected_bad_rows_can_be_handed_in_again(shelf: Town) -> None:
    it = services.check_import(handed_in(xlsx([a_row(1), a_row(2, price="x")]), shelf.wu).number, by=shelf.wu, at=NOON)
    book = load_workbook(io.BytesIO(content(it.bad_rows)))
    sheet = book.active
    assert sheet is not None
    sheet.cell(3, 5, "88.80")
    out = io.BytesIO()
    book.save(out)
    assert carried_out(out.getvalue(), shelf.wu).new == 1
    assert Offer.objects.get(sku_code="R-2").price == Decimal("88.80")


def test_the_same_file_again_changes_nothing_and_a_new_price_is_one_line_of_history(shelf: Town) -> None:
    rows = [a_row(n) for n in range(1, 4)]
    carried_out(xlsx(rows), shelf.wu)
    services.approve_offers(list(Offer.objects.filter(state="review").values_list("number", flat=True)), by=shelf.surina, at=NOON)
    versions = dict(Offer.objects.values_list("number", "version"))
    again = carried_out(xlsx(rows), shelf.wu)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    assert dict(Offer.objects.values_list("number", "version")) == versions

    changed = carried_out(xlsx([a_row(1), a_row(2, price=2500, stock=9), a_row(3, title="天鹅 TE-3 新款")]), shelf.wu)
    assert (changed.new, changed.changed, changed.unchanged) == (0, 2, 1)
    states = dict(Offer.objects.filter(sku_code__startswith="R-").values_list("sku_code", "state"))
    assert states == {"R-1": "listed", "R-2": "listed", "R-3": "review"}  # what is on sale keeps its place while its terms change
    second = Offer.objects.get(sku_code="R-2")
    assert (second.price, second.stock) == (Decimal("2500.00"), 9)
    assert list(PriceChange.objects.filter(offer=second).order_by("pk").values_list("price", flat=True)) == [
        Decimal("3002.00"),
        Decimal("2500.00"),
    ]
    assert PriceChange.objects.filter(offer__sku_code="R-3").count() == 1
    assert Entry.objects.get(act="offer.update_many").facts["count"] == 1
    assert Entry.objects.get(act="offer.revise_many").facts["count"] == 1


def test_a_worker_that_died_goes_on_behind_the_last_committed_batch(shelf: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from sunlit.domain.catalog.services import imports, shelving

    monkeypatch.setattr(imports, "BATCH_ROWS", 2)
    it = services.check_import(handed_in(xlsx([a_row(n) for n in range(1, 6)]), shelf.wu).number, by=shelf.wu, at=NOON)
    it = services.carry_out_import(it, by=shelf.wu, at=NOON)
    shelve, calls = shelving.shelve, list[int]()

    def dies_at_the_second(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit
        return shelve(*args)

    monkeypatch.setattr(imports, "shelve", dies_at_the_second)
    with pytest.raises(SystemExit):
        services.carry_on_import(it.number, by=shelf.wu, at=NOON)
    it.refresh_from_db()
    assert (it.state, it.done, it.new) == ("carrying_out", 2, 2)
    it = services.carry_on_import(it.number, by=shelf.wu, at=NOON)
    assert (it.state, it.done, it.new, it.unchanged) == ("done", 5, 5, 0)
    assert services.carry_on_import(it.number, by=shelf.wu, at=NOON).version == it.version
    assert Offer.objects.filter(sku_code__startswith="R-").count() == 5
    assert Entry.objects.filter(act="offer.enter_many").count() == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_tables_of_any_office_are_read(shelf: Town, encoding: str) -> None:
    text = (
        "SKU 编码;商品名称;品牌;型号;价格（元）;库存;内存容量 (GB);操作系统;政策标签\n"
        if encoding == "gb18030"
        else "sku_code,title,brand,model,price,stock,attr.memory,attr.system,tags\n"
    )
    line = ["R-1", "天鹅 TE-1 便携式计算机", "天鹅", "TE-1", "3001.00", "5", "16", "UOS", "sme"]
    if encoding == "gb18030":
        text = "sku_code;title;brand;model;price;stock;内存容量;操作系统;tags\n"
    declare_size(shelf)
    separator = ";" if encoding == "gb18030" else ","
    it = carried_out((text + separator.join(line) + "\n").encode(encoding), shelf.wu, name="offers.csv")
    assert (it.state, it.new) == ("done", 1)
    offer = Offer.objects.get(sku_code="R-1")
    assert (offer.product.attributes["system"], [tag.tag for tag in offer.tags.all()]) == ("统信UOS", ["sme"])


@pytest.mark.parametrize(
    ("data", "name", "codes"),
    [
        (xlsx([]), "a.xlsx", ["CAT-051"]),
        (xlsx([["x"]], ["sku_code", "colour of money"]), "a.xlsx", ["CAT-052", "CAT-053", "CAT-053", "CAT-053", "CAT-053"]),
        (b"sku_code,sku_code,title,brand,model,price\n1,2,3,4,5,6\n", "a.csv", ["CAT-054"]),
    ],
)
def test_a_file_that_is_no_table_of_offers_fails_with_its_reasons(shelf: Town, data: bytes, name: str, codes: list[str]) -> None:
    it = services.check_import(handed_in(data, shelf.wu, name=name).number, by=shelf.wu, at=NOON)
    assert (it.state, [p["code"] for p in it.problems]) == ("failed", codes)
    assert it.reason
    with pytest.raises(Refused) as refused:
        services.carry_out_import(it, by=shelf.wu, at=NOON)
    assert refused.value.codes == ["LIF-001"]


def test_a_file_without_a_good_row_is_not_carried_out_and_a_checked_one_can_be_discarded(shelf: Town) -> None:
    it = services.check_import(handed_in(xlsx([a_row(1, price="")]), shelf.wu).number, by=shelf.wu, at=NOON)
    with pytest.raises(Refused) as refused:
        services.carry_out_import(it, by=shelf.wu, at=NOON)
    assert refused.value.codes == ["CAT-062"]
    assert services.discard_import(it, by=shelf.wu, at=NOON).state == "discarded"


def test_anothers_file_and_a_closed_seat_are_refused(shelf: Town) -> None:
    with pytest.raises(Refused) as refused:
        services.hand_in_import(uploaded(xlsx([a_row(1)]), shelf.nurlan), category=laptops(), by=shelf.wu, at=NOON)
    assert refused.value.codes == ["CAT-060"]
    it = handed_in(xlsx([a_row(1)]), shelf.wu)
    assert services.check_import(it.number, by=None, at=NOON).problems[0]["code"] == "CAT-063"


def test_a_suspended_supplier_imports_nothing(shelf: Town) -> None:
    it = services.check_import(handed_in(xlsx([a_row(1)]), shelf.wu).number, by=shelf.wu, at=NOON)
    it = services.carry_out_import(it, by=shelf.wu, at=NOON)
    shelf.shop.supplier.__class__.objects.filter(organisation=shelf.shop).update(state="left")
    it = services.carry_on_import(it.number, by=shelf.wu, at=NOON)
    assert (it.state, it.problems[0]["code"]) == ("failed", "CAT-002")
    assert not Offer.objects.filter(sku_code="R-1").exists()


def test_a_frozen_offer_is_kept_out_and_a_price_above_the_reference_too(shelf: Town) -> None:
    frozen = services.freeze(on_sale(shelf, sku_code="R-1", model="TE-1"), reason="价格异常", by=shelf.surina, at=NOON)
    from tests.domain.catalog.conftest import a_reference

    second = on_sale(shelf, sku_code="R-2", model="TE-2", title="天鹅 TE-2 便携式计算机")
    a_reference(second, "3999.00")
    it = services.check_import(handed_in(xlsx([a_row(1), a_row(2, price=4000), a_row(3)]), shelf.wu).number, by=shelf.wu, at=NOON)
    assert [(p["row"], p["code"]) for p in it.problems] == [(2, "CAT-040"), (3, "CAT-030")]
    assert services.problem_of(it.problems[0]).params["number"] == frozen.number


def test_the_template_is_read_back_as_it_was_written(shelf: Town) -> None:
    from sunlit.domain.catalog import queries

    data = services.template_workbook(laptops(), queries.template(laptops()))
    book = load_workbook(io.BytesIO(data))
    sheet = book["A02010108"]
    assert sheet.row_dimensions[2].hidden
    assert [sheet.cell(2, column).value for column in (1, 25, 26)] == ["sku_code", "attr.memory", "attr.system"]
    assert (sheet.cell(3, 1).value, sheet.cell(3, 26).value) == ("EXAMPLE-0001", "银河麒麟")
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ["choices!$A$1:$A$3"]
    assert [book["choices"].cell(row, 1).value for row in (1, 2, 3)] == TEMPLATE[1]["choices"]
    for column, value in enumerate(["R-1", "天鹅 TE-1", None, "天鹅", None, "TE-1", None, None, 3001], 1):
        sheet.cell(4, column, value)
    sheet.cell(4, 25, 16)
    sheet.cell(4, 26, "无")
    out = io.BytesIO()
    book.save(out)
    assert carried_out(out.getvalue(), shelf.wu).new == 1


def test_upserts_of_the_api_tell_each_row(shelf: Town) -> None:
    good = {
        "sku_code": "R-1",
        "title": "天鹅 TE-1",
        "brand": "天鹅",
        "model": "TE-1",
        "price": "3001.00",
        "category": "A02010108",
        "attributes": {"memory": 16, "system": "无"},
    }
    declare_size(shelf)
    certified = {"tag": "energy_saving", "certificate": "JN-1", "expires_on": "2027-01-01"}
    results = services.upsert_offers([good, {**good, "sku_code": "R-2", "price": "-1"}, {**good, "category": "B"}], by=shelf.wu, at=NOON)
    assert [(r.position, r.sku_code, r.fate, [p.code for p in r.problems]) for r in results] == [
        (0, "R-1", "new", []),
        (1, "R-2", "kept_out", ["CAT-014"]),
        (2, "R-1", "kept_out", ["CAT-041"]),
    ]
    [again] = services.upsert_offers([{**good, "tags": [certified, "sme"]}], by=shelf.wu, at=NOON)
    assert (again.fate, again.number) == ("revised", results[0].number)
    assert sorted(Offer.objects.get(number=again.number).tags.values_list("tag", "certificate")) == [("energy_saving", "JN-1"), ("sme", "")]
