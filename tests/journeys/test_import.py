"""Many offers from one table: the template is filled in, checked in the background, bad rows come back as a file, good ones are carried out."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
from playwright.sync_api import expect

from tests.journeys.conftest import People
from tests.journeys.house import House

SHREDDER = "A02021301"
WRONG_PRICES = ("-5", "12.345", "很便宜")
GOOD, BAD = 30, len(WRONG_PRICES)


def filled_in(template: Path, to: Path) -> Path:
    """The example row of the template again and again with other models; in three rows something is wrong."""
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    _words, keys, example = ([cell.value for cell in row] for row in sheet.iter_rows(max_row=3))
    sheet.delete_rows(3)
    for number in range(1, GOOD + BAD + 1):
        price = f"{400 + number}.00" if number <= GOOD else WRONG_PRICES[number - GOOD - 1]
        told = {
            "sku_code": f"WU-{number:04d}",
            "title": f"雪岭 WL-{number:03d} 碎纸机",
            "brand": "雪岭",
            "model": f"WL-{number:03d}",
            "price": price,
        }
        sheet.append([told.get(key, value) for key, value in zip(keys, example, strict=True)])
    book.save(to)
    return to


def test_a_table_with_good_and_bad_rows(house: House, people: People, tmp_path: Path) -> None:
    wu = people("wu")
    wu.go("/supplier/imports/")
    wu.page.select_option("#template-category", SHREDDER)
    template = wu.download(lambda: wu.page.click("form:has(#template-category) button"), tmp_path / "template.xlsx")

    # Handed in, it is checked by the worker while the page shows how far that is.
    wu.page.select_option("#f-category", SHREDDER)
    wu.page.set_input_files("input[name=file]", filled_in(template, tmp_path / "碎纸机.xlsx"))
    wu.page.click("form:has(input[name=file]) button:not([type=button])")
    expect(wu.page).to_have_url(re.compile(r"/supplier/imports/DR-[0-9A-Z-]+/$"))
    path = wu.path
    wu.find_soon(path, "main .badge[data-state=checked]")
    expect(wu.page.locator("main [data-code]")).to_have_count(BAD)
    wu.in_order()
    for code in ("CAT-012", "CAT-013", "CAT-014"):
        wu.refused(code)

    # The bad rows come back as a table with what is wrong beside them.
    bad = wu.download(lambda: wu.page.locator("main .acts a[href^='/files/']").click(), tmp_path / "bad.xlsx")
    sheet = openpyxl.load_workbook(bad).worksheets[0]
    text = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
    assert [f"WU-{number:04d}" in text for number in (GOOD, GOOD + 1, GOOD + 2, GOOD + 3)] == [False, True, True, True]

    # The good ones are carried out, once.
    before = house.one("SELECT count(*) FROM catalog_offer WHERE sku_code LIKE 'WU-%%'")
    wu.verb("carry_out")
    wu.find_soon(path, "main .badge[data-state=done]")
    after = house.one("SELECT count(*) FROM catalog_offer WHERE sku_code LIKE 'WU-%%' AND state = 'review'")
    assert (before, after) == (0, GOOD)
    wu.go("/supplier/offers/?state=review&q=WU-0001")
    wu.sees("雪岭 WL-001 碎纸机")

    # Three of them were a mistake: chosen together, they are taken off sale together.
    wu.go("/supplier/offers/?state=review&q=雪岭")
    boxes = wu.page.locator("input[type=checkbox][name=offer]")
    for number in range(3):
        boxes.nth(number).check()
    wu.page.click("button[form=chosen]")
    expect(wu.page.locator("main tbody tr")).to_have_count(3)
    wu.in_order()
    wu.page.click("form[action='/supplier/offers/delist/'] button")
    wu.at("/supplier/offers/")
    assert house.one("SELECT count(*) FROM catalog_offer WHERE sku_code LIKE 'WU-%%' AND state = 'delisted'") == 3
