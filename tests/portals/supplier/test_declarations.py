"""Declarations for a purchase: filled in by the rulebook's template, held against the figures, printed, and read by the regulator."""

from __future__ import annotations

from typing import Any

import pytest

from sunlit.domain.registry import queries
from sunlit.domain.registry.models import Declaration
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.ledger.models import Entry
from tests.portals.clients import at_field, browser, codes, once
from tests.portals.supplier.conftest import SOON, Seated
from tests.town import Town, declare_size

QUALIFIED = {
    "buyer": "梨城实验中学",
    "project": "教师备课用便携式计算机",
    "enterprise": "库尔勒天山办公科技有限公司",
    "code": "91652801MA00000000",
    "person": "陈强",
    "agreed": "yes",
    "day": "2026-03-02",
}
AT = "/supplier/declarations/"


def sme(**row: str) -> dict[str, Any]:
    """The declaration of size that Chen's shop can make: a small retailer by its figures."""
    told = {
        "item": "便携式计算机",
        "industry": "RETAIL",
        "enterprise": "库尔勒天山办公科技有限公司",
        "staff": "23",
        "revenue": "299",
        "assets": "90",
        "size": "small",
    }
    head = {
        "buyer": "梨城实验中学",
        "project": "教师备课用便携式计算机",
        "independent": "yes",
        "enterprise": "库尔勒天山办公科技有限公司",
        "day": "2026-03-02",
    }
    return head | {f"items.0.{name}": value for name, value in {**told, **row}.items()}


def test_a_declaration_is_made_kept_under_its_version_and_printed(seated: Seated, town: Town) -> None:
    chen = seated(town.chen)
    page = chen.get(f"{AT}new/qualification/").content.decode()
    assert town.shop.name_zh in page  # what is known stands there
    answer = chen.post(f"{AT}new/qualification/", once("a", **{**QUALIFIED, "agreed": ""}))
    assert (answer.status_code, at_field(answer, "agreed"), Declaration.objects.count()) == (422, ["TPL-002"], 0)
    answer = chen.post(f"{AT}new/qualification/", once("b", **QUALIFIED))
    it = Declaration.objects.get()
    assert answer["Location"] == f"{AT}{it.number}/"
    assert (it.template.key, it.answers["project"]) == ("template.declaration.qualification", "教师备课用便携式计算机")
    entry = Entry.objects.get(act="supplier.declare")
    assert (entry.subject, entry.facts["digest"]) == (f"supplier/{town.shop.number}", it.digest)
    assert "Declaration of qualification" in chen.get(f"{AT}{it.number}/").content.decode()
    assert it.number in chen.get(AT).content.decode()
    pdf = chen.get(f"/papers/declarations/{it.number}/declaration.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def test_the_regulator_of_the_region_reads_it_and_nobody_else(seated: Seated, town: Town) -> None:
    seated(town.chen).post(f"{AT}new/qualification/", once("a", **QUALIFIED))
    it = Declaration.objects.get()
    paper = f"/papers/declarations/{it.number}/declaration.pdf"
    regulator = browser(town.zheng)
    assert paper in regulator.get(f"/regulator/suppliers/{town.shop.number}/").content.decode()
    assert regulator.get(paper).status_code == 200
    for actor in (town.nurlan, town.aygul, town.he):
        assert browser(actor).get(paper).status_code == 404
    assert seated(town.nurlan).get(f"{AT}{it.number}/").status_code == 404
    assert seated(town.wu).get(AT).status_code == 403


def test_figures_fill_themselves_in_and_deny_another_size(seated: Seated, town: Town) -> None:
    declare_size(town)
    chen = seated(town.chen)
    page = chen.get(f"{AT}new/sme-goods/").content.decode()
    assert 'value="299.00"' in page
    answer = chen.post(f"{AT}new/sme-goods/", once("a", **sme(size="micro")))
    assert (answer.status_code, at_field(answer, "items.0.size")) == (422, ["REG-025", "REG-026"])
    answer = chen.post(f"{AT}new/sme-goods/", once("b", **sme(enterprise="乌鲁木齐远方制造厂", staff="2000", revenue="999999", assets="1")))
    assert at_field(answer, "items.0.size") == ["REG-025"]
    assert Declaration.objects.count() == 0
    chen.post(f"{AT}new/sme-goods/", once("c", **sme()))
    it = Declaration.objects.get()
    assert it.answers["items"][0] | {"size": "small"} == it.answers["items"][0]


def test_a_row_that_says_no_size_is_told_so_at_its_fields(seated: Seated, town: Town) -> None:
    answer = seated(town.chen).post(f"{AT}new/sme-goods/", once("a", **sme(size="huge", industry="", staff="many")))
    assert answer.status_code == 422
    assert all(at_field(answer, f"items.0.{name}") for name in ("size", "industry", "staff"))


def test_what_is_no_declaration_of_sizes_is_held_against_none(seated: Seated, town: Town) -> None:
    chen = seated(town.chen)
    row = {
        "product": "便携式计算机",
        "maker": "新疆孔雀电子制造厂",
        "address": "库尔勒市开发区1号",
        "share": "85",
        "components": "yes",
        "processes": "yes",
    }
    told = {name: QUALIFIED[name] for name in ("buyer", "project", "enterprise", "agreed", "day")}
    answer = chen.post(f"{AT}new/domestic/", once("a", **told, **{f"items.0.{name}": value for name, value in row.items()}))
    assert answer.status_code == 303, codes(answer)
    assert Declaration.objects.get().answers["items"][0]["product"] == "便携式计算机"


@pytest.mark.parametrize("kind", ["sme", "nothing", "template.declaration.sme"])
def test_what_no_template_is_there_for_cannot_be_declared(seated: Seated, town: Town, kind: str) -> None:
    assert seated(town.chen).get(f"{AT}new/{kind}/").status_code == 404


def test_one_more_row_keeps_what_was_typed(seated: Seated, town: Town) -> None:
    page = seated(town.chen).post(f"{AT}new/sme-goods/", {**sme(), "_more": "items"}).content.decode()
    assert 'name="items.1.item"' in page
    assert 'value="教师备课用便携式计算机"' in page
    assert Declaration.objects.count() == 0


def test_every_declaration_in_force_can_be_chosen(town: Town) -> None:
    supplier = queries.supplier(town.shop.number)
    assert supplier is not None
    kinds = queries.declaration_templates(supplier, on=SOON.date())
    assert sorted(kinds) == ["domestic", "qualification", "sme-goods", "sme-services", "sme-works", "welfare"]
    assert Rule.objects.filter(pk=kinds["welfare"].id, key="template.declaration.welfare").exists()
