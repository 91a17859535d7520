"""A unit's desk and the page of what it delivers: parts, papers that the other side reads, the voucher, the answer to its rating; and every no."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import Invoice, Rating
from sunlit.domain.market.models import Dispatch, Order, UnitOffer
from sunlit.domain.market.services import units as units_of
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel import clock
from tests.domain.market.test_life import PaperBank
from tests.domain.market.test_unit_sales import PDF, accepted, rated, seat, sold
from tests.domain.market.test_units import LATER, TELESCOPES, asked, offered
from tests.portals.clients import at_field, browser, once
from tests.town import Town, build


@pytest.fixture
def units(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return build()


def a_pdf(name: str = "交接单.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def fetched(reader: Any, pk: int) -> int:
    """The answer to somebody who asks for a file."""
    answer: Any = browser(reader).get(f"/files/{pk}/")
    if answer.streaming:
        b"".join(answer.streaming_content)
    return int(answer.status_code)


def desk(actor: Any) -> str:
    return browser(actor).get("/buyer/").content.decode()


def test_parts_with_their_sheets_and_the_voucher(units: Town) -> None:
    order = sold(units)
    sale = f"/buyer/unit-sales/{order.number}/"
    assert sale in desk(units.aygul)
    assert "本单位供给" in desk(units.zhou)
    for nobody in (units.li, units.batu, units.ma):
        assert sale not in desk(nobody)
    clerk = browser(units.aygul)
    given = {"verb": "dispatch", "carrier": "自行交接", "expected": str(order.version)}
    answer = clerk.post(sale, once("a", **given, waybill="1", quantity_1="x"))
    assert (answer.status_code, at_field(answer, "quantity_1")) == (422, ["ORD-017"])
    answer = clerk.post(sale, once("b", **given, waybill="1", quantity_1="5"))
    assert (answer.status_code, "ORD-008" in answer.content.decode()) == (422, True)
    answer = clerk.post(sale, once("c", **given, waybill="1", quantity_1="3", file=a_pdf(content=b"<html>")))
    assert (answer.status_code, at_field(answer, "file")) == (422, ["FIL-004"])
    assert not Dispatch.objects.exists()
    assert clerk.post(sale, once("d", **given, waybill="1", quantity_1="3", file=a_pdf())).status_code == 303
    order.refresh_from_db()
    assert order.state == "partly_dispatched"
    shown = clerk.get(sale).content.decode()
    assert "未发 1" in shown
    assert "第 1 行：3 件" in shown
    assert "待供给单位交付其余部分" in shown
    assert "待供应商" not in shown
    paper = Dispatch.objects.get().paper
    assert paper is not None
    for reader, status in ((units.ma, 200), (units.aygul, 200), (units.zheng, 200), (units.chen, 404), (None, 404)):
        assert fetched(reader, paper.pk) == status, reader
    given["expected"] = str(order.version)
    assert clerk.post(sale, once("e", **given, waybill="2", quantity_1="1")).status_code == 303
    order.refresh_from_db()
    assert order.state == "dispatched"
    assert sale not in desk(units.aygul)


def test_the_voucher_goes_with_its_file(units: Town) -> None:
    order = accepted(units)
    sale = f"/buyer/unit-sales/{order.number}/"
    assert sale in desk(units.li)
    clerk = browser(units.li)
    given = {"verb": "invoice", "expected": str(order.version)}
    answer = clerk.post(sale, once("a", **given, invoice_number="非税00018", issued_on="someday"))
    assert (answer.status_code, at_field(answer, "issued_on")) == (422, ["CAT-022"])
    answer = clerk.post(sale, once("b", **given, invoice_number="非税00018", issued_on="2026-03-09"))
    assert (answer.status_code, at_field(answer, "issued_on")) == (422, ["CON-010"])
    answer = clerk.post(sale, once("c", **given, invoice_number="", issued_on="2026-03-02", file=a_pdf("收据.pdf")))
    assert (answer.status_code, at_field(answer, "invoice_number")) == (422, ["ORD-010"])
    assert not Invoice.objects.exists()
    assert (
        clerk.post(sale, once("d", **given, invoice_number="非税00018", issued_on="2026-03-02", file=a_pdf("收据.pdf"))).status_code == 303
    )
    file = Invoice.objects.get().file
    assert file is not None
    assert "收据.pdf" in browser(units.ma).get(f"/buyer/orders/{order.number}/").content.decode()
    for reader, status in ((units.ma, 200), (units.aygul, 200), (units.chen, 404)):
        assert fetched(reader, file.pk) == status, reader
    # What the buyer photographed when it accepted is for the unit that sold as well
    sheet = order.acceptance_sheets.get()
    photo = files.keep(a_pdf("瑕疵.pdf"), purpose="document", owner=units.hospital.pk, by=units.ma, at=LATER)
    sheet.photos.add(photo)
    assert [fetched(who, photo.pk) for who in (units.aygul, units.chen)] == [200, 404]


def test_the_rating_is_answered_on_the_page(units: Town) -> None:
    rating = rated(units)
    sale = f"/buyer/unit-sales/{rating.order.number}/"
    assert "回复评价" in desk(units.aygul)
    assert "回复评价" not in desk(units.li)
    assert 'name="reply"' not in browser(units.li).get(sale).content.decode()
    answer = browser(units.li).post(sale, once("a", verb="reply", reply="谢谢"))
    assert (answer.status_code, "CON-008" in answer.content.decode()) == (403, True)
    clerk = browser(units.aygul)
    assert "设备完好" in clerk.get(sale).content.decode()
    answer = clerk.post(sale, once("b", verb="reply", reply=" "))
    assert (answer.status_code, at_field(answer, "reply")) == (422, ["CON-006"])
    assert not Rating.objects.get().reply
    assert clerk.post(sale, once("c", verb="reply", reply="谢谢，后续提供技术支持。")).status_code == 303
    assert 'name="reply"' not in clerk.get(sale).content.decode()
    assert "后续提供技术支持" in browser(units.ma).get(f"/buyer/orders/{rating.order.number}/").content.decode()
    assert "回复评价" not in desk(units.aygul)


def test_requests_stand_on_the_desk_of_who_answers_them(units: Town) -> None:
    request = asked(units, offered(units))
    page = f"/buyer/unit-requests/{request.number}/"
    assert page in desk(units.zhou)
    assert page not in desk(units.aygul)
    assert page not in desk(units.ma)
    units_of.refuse_request(request, reason="设备已另有安排，抱歉。", by=units.zhou, at=LATER)
    assert page not in desk(units.zhou)


def test_the_paper_of_the_price_is_public_with_the_offer(units: Town) -> None:
    lead = browser(units.zhou)
    told = {**TELESCOPES, "category": f"{TELESCOPES['category']} 便携式计算机"}
    answer = lead.post("/buyer/unit-offers/new/", once("a", **told, file=a_pdf(content=b"")))
    assert (answer.status_code, at_field(answer, "file")) == (422, ["FIL-001"])
    assert not UnitOffer.objects.exists()
    assert lead.post("/buyer/unit-offers/new/", once("b", **told, file=a_pdf("评估报告.pdf"))).status_code == 303
    offer = UnitOffer.objects.get()
    assert offer.paper is not None
    for reader in (None, units.ma, units.surina):
        assert fetched(reader, offer.paper.pk) == 200
    assert "评估报告.pdf" in browser(None).get(f"/unit-offers/{offer.number}/").content.decode()


def test_who_bought_sees_what_waits_as_before(units: Town) -> None:
    order = accepted(units)
    contracts.invoice(order, number="1", amount=order.total, issued_on=LATER.date(), by=units.zhou, at=LATER)
    payer = seat(units, units.hospital, "payer", "finance")
    assert f"/buyer/orders/{order.number}/" in desk(payer)
    payment = contracts.request_payment(Order.objects.get(), by=payer, at=LATER)
    contracts.send(payment, bank=PaperBank("settled"), at=LATER)
    assert f"/buyer/orders/{order.number}/rating/" in desk(units.ma)
