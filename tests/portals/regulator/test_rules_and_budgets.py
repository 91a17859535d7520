"""The regulator's pen: rules with their versions, days off, and budgets by hand and by file."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from sunlit.domain.market.models import Order
from sunlit.domain.planning import services
from sunlit.domain.planning.models import BudgetQuota, QuotaChange
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Holiday, Rule, RuleDraft
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.portals.regulator.conftest import codes, wrong_fields
from tests.town import NOON, Town, an_order

KEY = "order.supplier_confirm_limit"  # 2 working days; a region may choose 1 to 5
CITY = "652800/652801"
SET = {
    "verb": "set",
    "kind": "",
    "region": "652801",
    "value": "4",
    "effective_from": "2026-03-10",
    "source": "库财采〔2026〕12号",
    "reason": "延长供应商确认时间",
}


# Rules


def number_of(answer: Any) -> str:
    """The draft that a form led to."""
    assert answer.status_code == 303, answer.content.decode()[:500]
    found = re.fullmatch(r"/regulator/drafts/(GZ-[0-9A-Z-]+)/", answer["Location"])
    assert found is not None
    return found[1]


def decide(client: Client, number: str, verb: str, **more: str) -> Any:
    return client.post(f"/regulator/drafts/{number}/", {"verb": verb, **more})


def held(on: date) -> int:
    return rulebook.rule(KEY, region_path=CITY, on=on).n


def test_a_new_value_is_drafted_reviewed_and_holds_from_its_day(town: Town, surina: Client, zheng: Client) -> None:
    number = number_of(surina.post(f"/regulator/rules/{KEY}/", SET))
    assert held(date(2026, 3, 10)) == 2
    page = surina.get(f"/regulator/drafts/{number}/").content.decode()
    assert "<del>2 working days</del>" in page
    assert "<ins>4 working days</ins>" in page
    assert 'value="hand_in"' in page
    assert decide(surina, number, "hand_in").status_code == 303
    page = surina.get(f"/regulator/drafts/{number}/").content.decode()
    assert "who drafted a change does not approve it" in page
    assert 'value="approve"' not in page
    assert "waits for your review" in zheng.get("/regulator/drafts/").content.decode()
    assert decide(zheng, number, "approve", expected="2").status_code == 303
    before, after = (rulebook.rule(KEY, region_path=CITY, on=day) for day in (date(2026, 3, 9), date(2026, 3, 10)))
    assert (before.n, after.n, after.source, after.evidence, after.set_by) == (2, 4, "库财采〔2026〕12号", "V", "JG-0001")
    page = surina.get(f"/regulator/rules/{KEY}/").content.decode()
    assert "<del>2 working days</del> → <ins>4 working days</ins>" in page
    assert 'data-evidence="K"' in page
    assert "coming" in page


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"value": "9"}, "RUL-005", "value"),
        ({"value": "many"}, "RUL-006", "value"),
        ({"value": ""}, "RUL-006", "value"),
        ({"effective_from": "2026-03-02"}, "RUL-003", "effective_from"),
        ({"effective_from": "tomorrow"}, "RUL-003", "effective_from"),
        ({"reason": " "}, "RUL-030", "reason"),
    ],
)
def test_what_may_not_be_set_stands_at_its_field(change: dict[str, str], code: str, field: str, town: Town, surina: Client) -> None:
    answer = surina.post(f"/regulator/rules/{KEY}/", SET | change)
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, {code}, {field})
    assert not RuleDraft.objects.exists()
    assert not Entry.objects.filter(act__startswith="rule").exists()


def test_nobody_approves_the_own_draft_and_nobody_sees_those_of_another_region(town: Town, surina: Client, zheng: Client) -> None:
    number = number_of(zheng.post(f"/regulator/rules/{KEY}/", SET | {"region": "652823"}))
    decide(zheng, number, "hand_in")
    answer = decide(zheng, number, "approve")
    assert (answer.status_code, codes(answer)) == (403, {"LIF-002"})
    assert surina.get(f"/regulator/drafts/{number}/").status_code == 404
    assert decide(surina, number, "approve").status_code == 404
    assert surina.post(f"/regulator/rules/{KEY}/", SET | {"region": "652823"}).status_code == 404
    assert decide(zheng, number, "enter").status_code == 404
    assert not Rule.objects.filter(set_by="JG-0000").exists()


def test_sent_back_revised_and_withdrawn(town: Town, surina: Client, zheng: Client) -> None:
    number = number_of(surina.post(f"/regulator/rules/{KEY}/", SET))
    decide(surina, number, "hand_in")
    answer = decide(zheng, number, "send_back", reason="")
    assert (answer.status_code, codes(answer)) == (422, {"RUL-030"})
    assert decide(zheng, number, "send_back", reason="请附上会议纪要").status_code == 303
    page = surina.get(f"/regulator/drafts/{number}/").content.decode()
    assert "请附上会议纪要" in page
    revised = {"value": "5", "effective_from": "2026-03-11", "source": "库财采〔2026〕13号", "reason": "延长供应商确认时间"}
    answer = decide(surina, number, "revise", **{**revised, "value": "9"})
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, {"RUL-005"}, {"value"})
    assert decide(surina, number, "revise", **revised).status_code == 303
    assert RuleDraft.objects.get(number=number).value == {"n": 5, "unit": "working_day"}
    stale = decide(surina, number, "withdraw", expected="1")
    assert (stale.status_code, codes(stale)) == (409, {"LIF-003"})
    assert decide(surina, number, "withdraw").status_code == 303
    assert "withdrawn" in surina.get("/regulator/drafts/?state=withdrawn").content.decode().lower()


def test_the_own_version_is_ended_after_review(town: Town, surina: Client, zheng: Client) -> None:
    for form in (SET, {"verb": "end", "kind": "", "region": "652801", "effective_from": "2026-03-20", "reason": "恢复州级规定"}):
        number = number_of(surina.post(f"/regulator/rules/{KEY}/", form))
        decide(surina, number, "hand_in")
        assert decide(zheng, number, "approve").status_code == 303
    assert [held(day) for day in (date(2026, 3, 19), date(2026, 3, 20))] == [4, 2]


def test_purchases_before_and_after_a_change_are_judged_by_their_own_versions(town: Town, surina: Client, zheng: Client) -> None:
    change = {"kind": "goods", "value": "1000", "effective_from": "2026-03-10", "source": "新财购〔2026〕1号"}
    number = number_of(surina.post("/regulator/rules/threshold.procurement/", SET | change))
    decide(surina, number, "hand_in")
    decide(zheng, number, "approve")
    town.paper.refresh_from_db()
    many = int(Decimal("1000.00") / town.paper.price) + 1

    def judged_by(order: Order) -> tuple[int, str, str]:
        [told] = [told for told in order.rulings if told["rule"]["key"] == "threshold.procurement"]
        return told["rule"]["id"], told["verdict"], told["figures"]["threshold"]

    old, new = (rulebook.rule("threshold.procurement", kind="goods", region_path=CITY, on=date(2026, 3, day)) for day in (9, 10))
    before = an_order(town, key="before", quantity=many, at=datetime(2026, 3, 9, 15, 59, tzinfo=UTC))
    after = an_order(town, key="after", at=datetime(2026, 3, 9, 16, 1, tzinfo=UTC))
    assert judged_by(before) == (old.id, "allowed", "300000.00")
    assert judged_by(after) == (new.id, "allowed", "1000.00")
    with pytest.raises(Refused, match="ORD-025"):
        an_order(town, key="too much", quantity=many, at=datetime(2026, 3, 9, 16, 2, tzinfo=UTC))
    before.refresh_from_db()
    assert judged_by(before) == (old.id, "allowed", "300000.00")


def test_two_drafts_of_one_rule_know_of_each_other(town: Town, surina: Client, zheng: Client) -> None:
    one, other = (number_of(surina.post(f"/regulator/rules/{KEY}/", SET | {"value": value})) for value in ("3", "4"))
    assert f"/regulator/drafts/{one}/" in surina.get(f"/regulator/drafts/{other}/").content.decode()
    page = zheng.get(f"/regulator/rules/{KEY}/?region=652801").content.decode()
    assert one in page
    assert other in page
    for number in (one, other):
        decide(surina, number, "hand_in")
    decide(zheng, one, "approve")
    answer = decide(zheng, other, "approve")
    assert (answer.status_code, codes(answer)) == (409, {"RUL-032"})


def test_a_fixed_rule_offers_no_form(town: Town, surina: Client) -> None:
    page = surina.get("/regulator/rules/NR-001/").content.decode()
    assert 'name="value"' not in page
    assert surina.get("/regulator/rules/NR-999/").status_code == 404


def test_the_list_is_sifted(town: Town, surina: Client) -> None:
    subjects = surina.get("/regulator/rules/").content.decode()
    time_limits = surina.get("/regulator/rules/?group=TL").content.decode()
    unverified = surina.get("/regulator/rules/?evidence=other&group=order").content.decode()
    methods = surina.get("/regulator/rules/?group=method").content.decode()
    assert "?group=TL" in subjects
    assert "/regulator/rules/TL-021/" not in subjects
    assert "/regulator/rules/TL-021/" in time_limits
    assert "/regulator/rules/order.receipt_limit/" in surina.get("/regulator/rules/?q=receipt_limit").content.decode()
    assert "evidence=other&amp;group=order" in surina.get("/regulator/rules/?evidence=other").content.decode()
    assert "/regulator/rules/TL-021/" not in unverified
    assert "/regulator/rules/order.receipt_limit/" in unverified
    assert "/regulator/rules/order.receipt_limit/" not in methods
    assert "kind=inquiry.not_goods" in methods
    assert "No rule found" in surina.get("/regulator/rules/?owner=own&group=method").content.decode()


def test_a_row_of_a_table_is_told_in_words(town: Town, surina: Client) -> None:
    page = surina.get("/regulator/rules/method.lawful/?kind=approval.other_method").content.decode()
    assert "budget ≥ Open-tender threshold" in page
    assert 'name="value"' not in page


def test_a_region_announces_its_own_day_off_after_review(town: Town, zheng: Client, surina: Client) -> None:
    form = {
        "day": "2026-03-20",
        "working": "0",
        "name": "肉孜节",
        "source": "巴政办〔2026〕3号",
        "region": "652801",
        "reason": "自治区法定假日",
    }
    number = number_of(surina.post("/regulator/calendar/", form))
    decide(surina, number, "hand_in")
    assert rulebook.calendar_for(CITY).is_working_day(date(2026, 3, 20))
    assert "肉孜节" in zheng.get(f"/regulator/drafts/{number}/").content.decode()
    decide(zheng, number, "approve")
    assert not rulebook.calendar_for(CITY).is_working_day(date(2026, 3, 20))
    assert "肉孜节" in surina.get("/regulator/calendar/?year=2026").content.decode()


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": " "}, "RUL-011", "name"),
        ({"source": ""}, "RUL-011", "source"),
        ({"day": "2026-03-01"}, "RUL-003", "day"),
        ({"day": "x"}, "RUL-003", "day"),
    ],
)
def test_a_day_without_its_announcement_is_refused(change: dict[str, str], code: str, field: str, town: Town, zheng: Client) -> None:
    form = {
        "day": "2026-03-20",
        "working": "0",
        "name": "肉孜节",
        "source": "巴政办〔2026〕3号",
        "region": "652800",
        "reason": "自治区法定假日",
    }
    answer = zheng.post("/regulator/calendar/", form | change)
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, {code}, {field})
    assert not Holiday.objects.filter(set_by="JG-0000").exists()
    assert not RuleDraft.objects.exists()


# Budgets


def test_a_total_is_set_with_a_reason(town: Town, surina: Client) -> None:
    form = {"verb": "set", "total": "80000.00", "reason": "年中压减"}
    assert surina.post("/regulator/budgets/ZB-2026-001/", form).status_code == 303
    quota = BudgetQuota.objects.get(number="ZB-2026-001")
    [change] = QuotaChange.objects.filter(quota=quota)
    assert (quota.total, change.before, change.reason, change.by) == (Decimal("80000.00"), Decimal("100000.00"), "年中压减", "JG-0001")


@pytest.mark.parametrize(
    ("form", "expected", "fields"),
    [
        ({"total": "10.005", "reason": "年中压减"}, {"ACC-016"}, {"total"}),
        ({"total": "ten", "reason": "年中压减"}, {"ACC-016"}, {"total"}),
        ({"total": "4999.99", "reason": ""}, {"BUD-003", "BUD-011"}, {"total", "reason"}),
    ],
)
def test_a_total_below_what_is_used_or_without_reason_is_refused(
    form: dict[str, str], expected: set[str], fields: set[str], town: Town, surina: Client
) -> None:
    BudgetQuota.objects.filter(number="ZB-2026-001").update(held=Decimal("5000.00"))
    answer = surina.post("/regulator/budgets/ZB-2026-001/", {"verb": "set", **form})
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, expected, fields)
    assert BudgetQuota.objects.get(number="ZB-2026-001").total == Decimal("100000.00")


HEAD = "指标编号,采购人编号,预算年度,指标名称,经济分类,指标金额\n"


def sheet(text: str, name: str = "quotas.csv", encoding: str = "utf-8") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_quotas_come_in_by_csv(encoding: str, town: Town, surina: Client) -> None:
    text = HEAD + "ZB-9,CG-0001,2026,图书购置,30299,12000.50\nZB-2026-001,CG-0001,2026,办公设备购置,,90000\n"
    assert surina.post("/regulator/budgets/import/", {"file": sheet(text, encoding=encoding)}).status_code == 303
    assert dict(BudgetQuota.objects.filter(buyer=town.school).values_list("number", "total")) == {
        "ZB-9": Decimal("12000.50"),
        "ZB-2026-001": Decimal("90000.00"),
    }


def test_quotas_come_in_by_workbook(town: Town, surina: Client) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["number", "buyer", "year", "name", "economic_category", "total"], ["ZB-9", "CG-0001", 2026, "图书购置", "30299", 12000.5]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert surina.post("/regulator/budgets/import/", {"file": SimpleUploadedFile("q.xlsx", out.getvalue())}).status_code == 303
    assert BudgetQuota.objects.get(number="ZB-9").total == Decimal("12000.50")
    made_from = File.objects.get()
    assert made_from.retention_until is not None
    assert (made_from.purpose, made_from.retention_until.year) == ("quotas", 2041)


def test_every_wrong_row_is_told_and_no_row_comes_in(town: Town, surina: Client) -> None:
    text = HEAD + "ZB-9,CG-0001,2026,图书购置,,100\n,CG-0001,2026,无号,,100\nZB-8,CG-0002,2026,外地,,100\nZB-7,CG-0001,26,年份,,1.234\n"
    answer = surina.post("/regulator/budgets/import/", {"file": sheet(text)})
    assert answer.status_code == 422
    assert codes(answer) == {"BUD-004", "BUD-005", "BUD-006", "BUD-007"}
    page = answer.content.decode()
    assert "Row 3: the quota has no number." in page
    assert "Row 4: there is no buyer with the number CG-0002 in your region." in page
    assert (BudgetQuota.objects.filter(number="ZB-9").exists(), File.objects.exists()) == (False, False)


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (None, "BUD-012"),
        (sheet("number,buyer\nA,B\n"), "BUD-014"),
        (sheet(HEAD), "BUD-012"),
        (SimpleUploadedFile("q.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64), "FIL-003"),
    ],
)
def test_a_file_that_is_no_table_of_quotas_is_refused(upload: SimpleUploadedFile | None, code: str, town: Town, surina: Client) -> None:
    answer = surina.post("/regulator/budgets/import/", {"file": upload} if upload else {})
    assert (answer.status_code, code in codes(answer), wrong_fields(answer)) == (422, True, {"file"})
    assert BudgetQuota.objects.count() == 2


def test_the_template_names_the_columns(town: Town, surina: Client) -> None:
    answer = surina.get("/regulator/budgets/template/")
    assert answer.content.decode("utf-8-sig") == "指标编号,采购人编号,预算年度,指标名称,预算项目,经济分类,指标金额\r\n"


# Transfers, the end of the year, the treasury's statements


@pytest.fixture
def furniture(town: Town) -> BudgetQuota:
    same = {"buyer": town.school, "year": 2026, "region_path": CITY, "created_at": NOON}
    return BudgetQuota.objects.create(number="ZB-2026-009", name="办公家具", total=Decimal("20000.00"), **same)


def test_money_is_moved_on_the_page_of_the_quota(town: Town, furniture: BudgetQuota, surina: Client) -> None:
    page = surina.get("/regulator/budgets/ZB-2026-001/").content.decode()
    assert '<option value="ZB-2026-009">' in page
    form = {"verb": "transfer", "target": "ZB-2026-009", "amount": "5000", "reason": "调剂办公家具", "document": "库财预〔2026〕7号"}
    assert surina.post("/regulator/budgets/ZB-2026-001/", form).status_code == 303
    furniture.refresh_from_db()
    assert furniture.total == Decimal("25000.00")
    page = surina.get("/regulator/budgets/ZB-2026-009/").content.decode()
    assert "库财预〔2026〕7号" in page
    assert "ZB-2026-001" in page


@pytest.mark.parametrize(
    ("change", "expected", "field"),
    [
        ({"amount": "100000.01"}, {"BUD-001"}, "amount"),
        ({"amount": "viel"}, {"ACC-016"}, "amount"),
        ({"target": "ZB-2026-002"}, {"BUD-018"}, "target"),
        ({"target": ""}, {"BUD-018"}, "target"),
        ({"reason": ""}, {"BUD-011"}, "reason"),
    ],
)
def test_a_transfer_that_cannot_be_is_told_at_its_field(
    town: Town, furniture: BudgetQuota, surina: Client, change: dict[str, str], expected: set[str], field: str
) -> None:
    form = {"verb": "transfer", "target": "ZB-2026-009", "amount": "1.00", "reason": "调剂办公家具", **change}
    answer = surina.post("/regulator/budgets/ZB-2026-001/", form)
    assert (answer.status_code in {409, 422}, codes(answer), wrong_fields(answer)) == (True, expected, {field})
    assert not QuotaChange.objects.exists()


def test_the_year_is_closed_and_what_is_left_goes_on(town: Town, surina: Client) -> None:
    close = {"verb": "close", "document": "库财〔2026〕99号"}
    assert 'name="reason"' not in surina.get("/regulator/budgets/?year=2026").content.decode()  # none is asked for, none is kept
    assert surina.post("/regulator/budgets/?year=2026", close)["Location"] == "/regulator/budgets/?year=2026"
    page = surina.get("/regulator/budgets/?year=2026").content.decode()
    assert "库财〔2026〕99号" in page
    again = surina.post("/regulator/budgets/?year=2026", close)
    assert (again.status_code, codes(again)) == (409, {"BUD-021"})
    nothing = surina.post("/regulator/budgets/?year=2026", {"verb": "carry_over", "reason": "按规定结转"})
    assert (nothing.status_code, codes(nothing)) == (422, {"BUD-032"})
    carry = {"verb": "carry_over", "reason": "按规定结转", "what": ["available", "running"]}
    silent = surina.post("/regulator/budgets/?year=2026", {**carry, "reason": ""})
    assert (codes(silent), silent.content.decode().count("checked")) == ({"BUD-011"}, 2)  # what was ticked stays ticked
    assert surina.post("/regulator/budgets/?year=2026", carry).status_code == 303
    page = surina.get("/regulator/budgets/ZB-2026-001-J2027/").content.decode()
    assert "ZB-2026-001" in page
    successor = BudgetQuota.objects.get(number="ZB-2026-001-J2027")
    assert successor.total == successor.available + successor.held + successor.committed > 0


@pytest.mark.parametrize(
    ("reference", "leads_to"),
    [
        ("order/DD-1", "/regulator/orders/DD-1/"),
        ("order/DD-1@2025", "/regulator/orders/DD-1/"),
        ("plan/JH-1/7.2", "/regulator/plans/JH-1/"),
        ("auction/JJ-1.2", "/regulator/auctions/JJ-1/"),
        ("quotation/BJ-1", "/regulator/quotations/BJ-1/"),
        ("something/XX-1", ""),
    ],
)
def test_whatever_lies_on_a_quota_is_shown_and_leads_to_its_page(town: Town, surina: Client, reference: str, leads_to: str) -> None:
    services.hold(quota_id=town.quota.pk, buyer_id=town.school.pk, year=2026, reference=reference, amount=Decimal("1.00"), at=NOON)
    page = surina.get("/regulator/budgets/ZB-2026-001/").content.decode()
    assert (f'href="{leads_to}"' in page) if leads_to else ("XX-1" in page)


def test_one_quota_goes_on_from_its_own_page(town: Town, surina: Client) -> None:
    surina.post("/regulator/budgets/?year=2026", {"verb": "close", "reason": ""})
    carry = {"verb": "carry_over", "reason": "按规定结转", "what": ["available"]}
    assert surina.post("/regulator/budgets/ZB-2026-001/", carry)["Location"] == "/regulator/budgets/ZB-2026-001-J2027/"
    again = surina.post("/regulator/budgets/ZB-2026-001/", carry)
    assert (again.status_code, codes(again)) == (409, {"BUD-023"})


STATEMENT = "指标编号,支付金额,支付日期,凭证号\nZB-2026-001,7.00,2026-03-02,V1\n"


def test_a_statement_is_compared_and_its_difference_explained(town: Town, surina: Client) -> None:
    def upload() -> SimpleUploadedFile:
        return SimpleUploadedFile("statement.csv", STATEMENT.encode(), "text/csv")

    answer = surina.post("/regulator/budgets/statements/?year=2026", {"file": upload()})
    assert answer.status_code == 303
    page = surina.get(answer["Location"]).content.decode()
    assert "ZB-2026-001" in page
    explained = surina.post(answer["Location"], {"quota": "ZB-2026-001", "explanation": "上年挂账本年支付"})
    assert explained.status_code == 303
    assert "上年挂账本年支付" in surina.get(answer["Location"]).content.decode()
    missing = surina.post(answer["Location"], {"quota": "ZB-2026-001", "explanation": ""})
    assert (missing.status_code, codes(missing)) == (422, {"BUD-011"})


def test_a_statement_without_file_is_refused(town: Town, surina: Client) -> None:
    answer = surina.post("/regulator/budgets/statements/?year=2026", {})
    assert (answer.status_code, codes(answer)) == (422, {"BUD-012"})


def test_our_side_is_a_table(town: Town, surina: Client) -> None:
    answer = surina.get("/regulator/budgets/our-side/?year=2026")
    assert answer["Content-Disposition"] == 'attachment; filename="quotas-2026.csv"'
    assert "ZB-2026-001,CG-0001,2026" in answer.content.decode()
