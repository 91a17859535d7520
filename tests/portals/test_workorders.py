"""Designated services on the pages of the unit, the supplier, the lead unit and the regulator: the whole way, and what is refused."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sunlit.domain.disclosure import reactions as told_to_the_public
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.market import reactions
from sunlit.domain.market.events import WorkOrderMoved
from sunlit.domain.market.models import Framework, Order, WorkOrder
from sunlit.domain.market.services import frameworks
from sunlit.domain.market.services import workorders as services
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.models import Message
from tests.domain.market import frames
from tests.domain.market.workshop import PLATE, SHEET, THEN, Workshop, approved, asked, opened, quoted, reported, row
from tests.domain.planning.plans import filed
from tests.portals.clients import at_field, browser, once
from tests.town import NOON, build


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: THEN)
    return opened(build())


def form(shop: Workshop, key: str, **more: Any) -> dict[str, Any]:
    town = shop.town
    start = {"mode": "direct", "entry": shop.parties[0].number, "reason": "距离最近，随到随修", "target": PLATE, "need": "发动机异响"}
    return once(key, **{**start, "quota": town.quota.pk, "address": town.address.pk, "title": town.title.pk, **more})


def test_a_plan_leads_to_its_work_order_with_its_line_written_in_and_back(shop: Workshop) -> None:
    clerk = browser(shop.town.aygul)
    plan = filed(shop.town, {"category": "C0814", "name": "公务用车年度维修", "quantity": "1", "unit": "项", "amount": "5000"})
    address = f"/buyer/frameworks/{shop.package.framework.number}/packages/1/service/?plan={plan.number}"
    page = clerk.get(f"/buyer/plans/{plan.number}/").content.decode()
    assert ('data-way="service" data-proposed' in page, address in page) == (True, True)
    page = clerk.get(address).content.decode()
    assert (f'<option value="{plan.number}" selected' in page, "公务用车年度维修</textarea>" in page) == (True, True)
    answer = clerk.post(address, form(shop, "p1", plan="JH-NONE"))
    assert (answer.status_code, at_field(answer, "plan")) == (422, ["ORD-035"])
    assert clerk.post(address, form(shop, "p2", plan=plan.number)).status_code == 303
    it = WorkOrder.objects.get()
    own = f"/buyer/work-orders/{it.number}/"
    assert f"/buyer/plans/{plan.number}/" in clerk.get(own).content.decode()
    quoted(shop, it)
    assert clerk.post(own, once("p3", verb="approve")).status_code == 303
    for who, kind in ((clerk, "buyer"), (browser(shop.town.surina), "regulator")):
        assert f"/{kind}/work-orders/{it.number}/" in who.get(f"/{kind}/plans/{plan.number}/").content.decode()


def test_a_repair_from_request_to_settlement(shop: Workshop) -> None:
    town, clerk, seller = shop.town, browser(shop.town.aygul), browser(shop.people[0])
    number = shop.package.framework.number
    page = clerk.get("/buyer/work-orders/").content.decode()
    address = f"/buyer/frameworks/{number}/packages/1/service/"
    assert address in page
    assert address not in browser(town.li).get("/buyer/work-orders/").content.decode()
    page = clerk.get(address).content.decode()
    assert "¥102" in page
    assert "80.75%" in page
    answer = clerk.post(address, form(shop, "a", target="", reason="近"))
    assert (answer.status_code, at_field(answer, "target")) == (422, ["WKO-011"])
    assert clerk.post(address, form(shop, "b")).status_code == 303
    it = WorkOrder.objects.get()
    own, theirs = f"/buyer/work-orders/{it.number}/", f"/supplier/work-orders/{it.number}/"
    # The quote
    assert it.number in seller.get("/supplier/work-orders/").content.decode()
    assert browser(shop.people[1]).get(theirs).status_code == 404
    told = {"verb": "quote", "quantity_1": "2.5", "quantity_3_1": "1", "base_3_1": "1000", "basis_3_1": "2026年目录"}
    assert at_field(seller.post(theirs, {**told, "rate_1": "120"}), "rate_1") == ["WKO-025"]
    assert seller.post(theirs, told).status_code == 303
    assert "1,062.50" in clerk.get(own).content.decode()
    # The decision
    assert clerk.post(own, once("c", verb="approve")).status_code == 303
    assert clerk.post(own, once("d", verb="award")).status_code == 404
    # The report
    report: dict[str, Any] = {"verb": "report", "quantity_1": "3", "quantity_2": "1", "done": "更换皮带", "reading": "里程表 86240"}
    answer = seller.post(theirs, {**report, "papers": _upload()})
    assert answer.status_code == 422
    assert "WKO-040" in answer.content.decode()
    assert at_field(seller.post(theirs, {**report, "quantity_1": "2"}), "papers") == ["WKO-041"]
    assert seller.post(theirs, {**report, "quantity_1": "2", "papers": _upload()}).status_code == 303
    paper = it.papers.get().file_id
    for reader, code in ((clerk, 200), (seller, 200), (browser(town.surina), 200), (browser(shop.people[1]), 404)):
        answer = reader.get(f"/files/{paper}/")
        assert answer.status_code == code
        assert code == 404 or answer.getvalue()[:4] == b"\x89PNG"
    # The settlement
    it.refresh_from_db()
    WorkOrder.objects.filter(pk=it.pk).update(settle_until=it.executed_at)
    regulator = browser(town.surina)
    assert it.number in regulator.get("/regulator/work-orders/?late=1").content.decode()
    assert it.number in regulator.get("/regulator/work-orders/?state=executed").content.decode()
    assert it.number not in regulator.get("/regulator/work-orders/?state=quoted").content.decode()
    assert clerk.post(own, once("e", verb="settle")).status_code == 303
    order = Order.objects.get()
    assert (order.state, order.total, order.origin) == ("received", Decimal("1011.50"), it.number)
    page = clerk.get(f"/buyer/orders/{order.number}/").content.decode()
    assert own in page
    assert browser(town.surina).get(f"/regulator/work-orders/{it.number}/").status_code == 200
    assert seller.get(f"/supplier/orders/{order.number}/").status_code == 200
    assert "1,011.50" in clerk.get("/buyer/work-orders/").content.decode()
    assert browser(town.batu).get(f"/buyer/orders/{order.number}/acceptance/").status_code == 200


def _upload() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return SimpleUploadedFile("派工单.png", buffer.getvalue())


def test_the_ways_out_and_a_supplement_on_the_pages(shop: Workshop) -> None:
    clerk, seller = browser(shop.town.aygul), browser(shop.people[0])
    it = approved(shop)
    own, theirs = f"/buyer/work-orders/{it.number}/", f"/supplier/work-orders/{it.number}/"
    more = {"verb": "ask_supplement", "quantity_1": "4", "reason": "拆检后确认必须更换"}
    assert seller.post(theirs, more).status_code == 303
    assert clerk.post(own, once("a", verb="refuse_supplement", reason="先按原报价修")).status_code == 303
    answer = seller.post(theirs, {"verb": "decline", "ground": "", "note": "忙"})
    assert at_field(answer, "ground") == ["CAL-013"]
    assert seller.post(theirs, {"verb": "decline", "ground": "force_majeure", "note": "厂房失火停业"}).status_code == 303
    it.refresh_from_db()
    assert it.state == "declined"
    it = quoted(shop, asked(shop))
    own = f"/buyer/work-orders/{it.number}/"
    assert clerk.post(own, once("b", verb="send_back", reason="请核减工时")).status_code == 303
    answer = clerk.post(own, once("c", verb="cancel", reason=""))
    assert at_field(answer, "reason") == ["WKO-045"]
    assert clerk.post(own, once("d", verb="cancel", reason="车辆已报废")).status_code == 303


def test_a_stale_page_approves_nothing(shop: Workshop) -> None:
    it = quoted(shop, asked(shop))
    seen = it.version
    quoted(shop, it, "9")
    answer = browser(shop.town.aygul).post(f"/buyer/work-orders/{it.number}/", once("a", verb="approve", expected=str(seen)))
    assert answer.status_code in (409, 422)
    it.refresh_from_db()
    assert it.state == "quoted"


def test_the_lead_unit_writes_the_rate_sheet_and_suppliers_answer_with_a_share(shop: Workshop) -> None:
    clerk = browser(shop.town.zhou)
    plan = {**frames.told(kind="services", packages=[])}
    plan.pop("packages")
    told = {**plan, **{f"{name}_1": value for name, value in row(1, "工时费").items()}}
    assert at_field(clerk.post("/buyer/frameworks/new/", {**once("a"), **told}), "rates_1") == ["WKO-001"]
    assert clerk.post("/buyer/frameworks/new/", {**once("b"), **told, "rates_1": SHEET}).status_code == 303
    it = Framework.objects.latest("pk")
    assert it.packages.get().sheet.count() == 4
    page = clerk.get(f"/buyer/frameworks/{it.number}/edit/").content.decode()
    assert "| 6.5" in page
    assert "工时费" in clerk.get(f"/buyer/frameworks/{it.number}/").content.decode()
    it = frameworks.ask_framework_review(it, by=shop.town.zhou, at=THEN)
    it = frameworks.approve_framework(it, by=shop.town.surina, at=THEN)
    frameworks.publish_framework(it, until=frames.UNTIL + (frames.UNTIL - NOON), by=shop.town.zhou, at=THEN)
    address = f"/supplier/frameworks/{it.number}/packages/1/"
    assert "救援拖车" in browser(shop.people[3]).get(address).content.decode()


def test_people_are_told_and_a_turn_is_public(shop: Workshop) -> None:
    it = asked(shop, "rotation")
    it = services.approve_work(quoted(shop, it), by=shop.town.aygul, at=THEN)
    it = services.settle_work(reported(shop, it, {1: "2"}), by=shop.town.aygul, at=THEN)
    for verb in ("request", "quote", "settle"):
        event = WorkOrderMoved(
            number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id, orderer_id=it.orderer_id,
            supplier_id=it.entry.supplier_id, reason="", version=it.version,
        )  # fmt: skip
        reactions.tell_of_a_work_order(event)
        reactions.tell_of_a_work_order(event)
        told_to_the_public.tell_the_work_order(event)
    assert set(Message.objects.filter(kind__startswith="work_order.").values_list("kind", flat=True)) == {
        "work_order.request.supplier", "work_order.quote.buyer", "work_order.settle.supplier",
    }  # fmt: skip
    notice = Notice.objects.get(kind="framework_deal")
    assert (notice.content["calloff"], notice.content["total"], notice.content["mode"]) == (it.number, "204.00", "rotation")
