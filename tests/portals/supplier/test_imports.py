"""A file of offers: handed in, checked, its problems row by row, carried out or discarded."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Import, Offer
from tests.domain.catalog.conftest import LAPTOPS
from tests.domain.catalog.test_imports import a_row, xlsx
from tests.portals.supplier.conftest import SOON, codes
from tests.town import Town

IMPORTS = "/supplier/imports/"


def a_file(*rows: Any, name: str = "offers.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, xlsx(rows))


def handed_in(client: Client, *rows: Any) -> Import:
    answer = client.post(IMPORTS, {"category": LAPTOPS, "file": a_file(*rows)})
    assert answer.status_code == 303, codes(answer)
    it = Import.objects.get()
    assert answer["Location"] == f"{IMPORTS}{it.number}/"
    return it


def test_the_table_of_a_category_is_there_to_fill_in(town: Town, wu: Client) -> None:
    answer = wu.get(reverse("supplier:import_template"), {"category": LAPTOPS})
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert "attr.memory" in [cell.value for cell in sheet[2]]
    assert wu.get(reverse("supplier:import_template"), {"category": "A"}).status_code == 404


def test_a_file_is_checked_while_the_page_watches_then_carried_out(town: Town, wu: Client) -> None:
    it = handed_in(wu, a_row(1), a_row(2, price="1.234"), a_row(3))
    assert wu.get(f"{IMPORTS}{it.number}/").context["working"] is True
    assert "hx-get" in wu.get(f"{IMPORTS}{it.number}/progress/").content.decode()
    services.check_import(it.number, by=town.wu, at=SOON)
    done = wu.get(f"{IMPORTS}{it.number}/progress/")
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
    page = wu.get(f"{IMPORTS}{it.number}/")
    assert [(row["row"], row["column"], row["code"]) for row in page.context["rows"]] == [(3, "Price (yuan)", "CAT-013")]
    it.refresh_from_db()
    assert (it.state, it.good, it.bad) == ("checked", 2, 1)
    answer = wu.post(f"{IMPORTS}{it.number}/do/", {"verb": "carry_out", "expected": it.version})
    assert answer.status_code == 303
    services.carry_on_import(it.number, by=town.wu, at=SOON)
    assert sorted(Offer.objects.filter(sku_code__startswith="R-").values_list("sku_code", flat=True)) == ["R-1", "R-3"]
    assert wu.get(f"{IMPORTS}{it.number}/").context["it"].state == "done"


def test_a_file_is_discarded_and_nothing_of_it_remains_on_the_shelf(town: Town, wu: Client) -> None:
    it = handed_in(wu, a_row(1))
    it = services.check_import(it.number, by=town.wu, at=SOON)
    assert wu.post(f"{IMPORTS}{it.number}/do/", {"verb": "discard", "expected": it.version}).status_code == 303
    assert (Import.objects.get().state, Offer.objects.count()) == ("discarded", 3)
    again = wu.post(f"{IMPORTS}{it.number}/do/", {"verb": "carry_out"})
    assert (again.status_code, codes(again)) == (409, {("LIF-001", "")})


def test_without_a_good_row_there_is_nothing_to_carry_out(town: Town, wu: Client) -> None:
    it = handed_in(wu, a_row(1, price="free"))
    it = services.check_import(it.number, by=town.wu, at=SOON)
    assert 'value="carry_out"' not in wu.get(f"{IMPORTS}{it.number}/").content.decode()
    assert codes(wu.post(f"{IMPORTS}{it.number}/do/", {"verb": "carry_out", "expected": it.version})) == {("CAT-062", "")}


def test_what_is_wrong_with_the_hand_in_stands_at_its_field(town: Town, wu: Client) -> None:
    assert codes(wu.post(IMPORTS, {"category": "A"})) == {("SUP-004", "category"), ("SUP-003", "file")}
    html = SimpleUploadedFile("offers.xlsx", b"<html></html>")
    assert codes(wu.post(IMPORTS, {"category": LAPTOPS, "file": html})) == {("FIL-004", "file")}
    empty = SimpleUploadedFile("offers.csv", b"")
    assert wu.post(IMPORTS, {"category": LAPTOPS, "file": empty}).status_code == 422
    assert not Import.objects.exists()


def test_a_file_that_cannot_be_read_says_so(town: Town, wu: Client) -> None:
    answer = wu.post(IMPORTS, {"category": "several", "file": SimpleUploadedFile("offers.csv", "名称,价格\nx,1\n".encode())})
    it = Import.objects.get()
    services.check_import(it.number, by=town.wu, at=SOON)
    page = wu.get(answer["Location"])
    assert page.context["it"].state == "failed"
    assert page.context["rows"]


def test_files_of_others_do_not_exist(town: Town, wu: Client, seated: Any) -> None:
    it = handed_in(wu, a_row(1))
    nurlan = seated(town.nurlan)
    assert nurlan.get(f"{IMPORTS}{it.number}/").status_code == 404
    assert nurlan.post(f"{IMPORTS}{it.number}/do/", {"verb": "discard"}).status_code == 404


def test_the_list_costs_a_fixed_number_of_queries(town: Town, wu: Client, django_assert_max_num_queries: Any) -> None:
    handed_in(wu, a_row(1))
    wu.get(IMPORTS)
    with django_assert_max_num_queries(7):
        assert len(wu.get(IMPORTS).context["page"].imports) == 1
