"""Purchases between units on the pages of both units, of the regulator and of the public: the whole way, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sunlit.domain.market.models import Order, UnitOffer, UnitRequest
from sunlit.foundation.kernel import clock
from tests.domain.market.test_units import TELESCOPES, asked, hospital, offered
from tests.domain.planning.plans import LAPTOPS, filed
from tests.portals.clients import at_field, browser, once
from tests.town import NOON, Town, build


@pytest.fixture
def units(db: None, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return build()


def form(town: Town, key: str, **more: Any) -> dict[str, Any]:
    place = hospital(town)
    picked = {"quota": place["quota_id"], "address": place["address_id"], "title": place["title_id"]}
    return once(key, **{**picked, "quantity": "4", "purpose": "护理部移动查房，性能已足够。", **more})


def test_from_the_offer_to_the_voucher(units: Town) -> None:
    lead, clerk, nurse = browser(units.zhou), browser(units.aygul), browser(units.ma)
    assert "unit-offers/new" in lead.get("/buyer/unit-offers/").content.decode()
    assert "unit-offers/new" not in clerk.get("/buyer/unit-offers/").content.decode()
    answer = lead.post("/buyer/unit-offers/new/", once("a", **{**TELESCOPES, "price": "1700", "approval": ""}))
    assert answer.status_code == 422
    assert (at_field(answer, "price"), at_field(answer, "approval")) == (["UNI-006"], ["UNI-007"])
    category = f"{TELESCOPES['category']} 便携式计算机"
    assert lead.post("/buyer/unit-offers/new/", once("b", **{**TELESCOPES, "category": category})).status_code == 303
    offer = UnitOffer.objects.get()
    address = f"/buyer/unit-offers/{offer.number}/"
    # In public, at the other unit, at the own one
    for page in ("/unit-offers/", f"/unit-offers/{offer.number}/"):
        assert TELESCOPES["title"] in browser(None).get(page).content.decode()
    assert offer.number in nurse.get("/buyer/unit-offers/").content.decode()
    assert offer.number not in clerk.get("/buyer/unit-offers/").content.decode(), "the own unit's stand in their own list"
    assert offer.number in clerk.get("/buyer/unit-offers/?list=own").content.decode()
    assert 'name="purpose"' not in clerk.get(address).content.decode()
    assert 'name="purpose"' in nurse.get(address).content.decode()
    # Asked for, and refused what cannot be
    answer = nurse.post(address, form(units, "c", quantity="11", purpose="用"))
    assert (answer.status_code, at_field(answer, "quantity"), at_field(answer, "purpose")) == (409, ["UNI-023"], ["UNI-026"])
    answer = clerk.post(address, form(units, "d", quota=units.quota.pk, address=units.address.pk, title=units.title.pk))
    assert (answer.status_code, "UNI-020" in answer.content.decode()) == (403, True)
    assert nurse.post(address, form(units, "e")).status_code == 303
    request = UnitRequest.objects.get()
    theirs = f"/buyer/unit-requests/{request.number}/"
    assert units.hospital_quota.number in nurse.get(theirs).content.decode()
    assert units.hospital_quota.number not in lead.get(theirs).content.decode(), "the budget of the other unit"
    assert request.number in lead.get("/buyer/unit-offers/?list=received").content.decode()
    assert request.number in nurse.get("/buyer/unit-offers/?list=asked").content.decode()
    # The answer
    assert clerk.post(theirs, once("f", verb="confirm", expected=str(request.version))).status_code == 403
    assert lead.post(theirs, once("g", verb="nothing", expected="0")).status_code == 404
    assert lead.post(theirs, once("h", verb="confirm", expected=str(request.version))).status_code == 303
    order = Order.objects.get()
    sale = f"/buyer/unit-sales/{order.number}/"
    assert browser(units.ma).get(sale).status_code == 404
    assert clerk.get(f"/buyer/orders/{order.number}/").status_code == 404
    shown = clerk.get(sale).content.decode()
    assert units.hospital_quota.number not in shown
    assert "自行交接" in shown
    assert theirs in nurse.get(f"/buyer/orders/{order.number}/").content.decode()
    # Delivery
    answer = clerk.post(sale, once("i", verb="dispatch", carrier="自行交接", waybill="", expected=str(order.version)))
    assert (answer.status_code, at_field(answer, "waybill")) == (422, ["ORD-006"])
    assert (
        clerk.post(
            sale, once("j", verb="dispatch", carrier="自行交接", waybill="1", quantity_1="4", expected=str(order.version))
        ).status_code
        == 303
    )
    order.refresh_from_db()
    assert order.state == "dispatched"
    assert clerk.get(f"/papers/orders/{order.number}/order.pdf").status_code == 200
    # The regulators of both sides
    for regulator in (units.surina, units.zheng):
        assert browser(regulator).get(f"/regulator/unit-requests/{request.number}/").status_code == 200
    assert offer.number in browser(units.surina).get("/regulator/unit-offers/").content.decode()
    assert request.number in browser(units.zheng).get("/regulator/unit-offers/?list=requests").content.decode()


def test_the_regulator_stops_an_offer(units: Town) -> None:
    offer = offered(units)
    request = asked(units, offer)
    address = f"/regulator/unit-offers/{offer.number}/"
    officer = browser(units.surina)
    answer = officer.post(address, once("a", verb="halt", reason="x", expected=str(offer.version)))
    assert (answer.status_code, at_field(answer, "reason")) == (422, ["UNI-034"])
    assert (
        officer.post(address, once("b", verb="halt", reason="资产处置批复不符，停止供给。", expected=str(offer.version))).status_code == 303
    )
    request.refresh_from_db()
    assert request.state == "lapsed"
    assert "资产处置批复不符" in browser(units.ma).get(f"/buyer/unit-requests/{request.number}/").content.decode()
    assert 'name="purpose"' not in browser(units.ma).get(f"/buyer/unit-offers/{offer.number}/").content.decode()


def test_withdrawn_and_refused_on_the_pages(units: Town) -> None:
    offer = offered(units)
    request = asked(units, offer)
    page = f"/buyer/unit-requests/{request.number}/"
    answer = browser(units.zhou).post(page, once("a", verb="refuse", reason="设备已另有安排，抱歉。", expected=str(request.version)))
    assert answer.status_code == 303
    assert "设备已另有安排" in browser(units.ma).get(page).content.decode()
    again = asked(units, offer)
    page = f"/buyer/unit-requests/{again.number}/"
    assert browser(units.ma).post(page, once("b", verb="withdraw", reason="改为在网上超市采购。", expected="1")).status_code == 303
    own = f"/buyer/unit-offers/{offer.number}/"
    assert again.number in browser(units.zhou).get(own).content.decode()
    answer = browser(units.zhou).post(own, once("c", verb="withdraw", reason="设备须留用，停止供给。", expected=str(offer.version)))
    assert answer.status_code == 303
    assert browser(units.chen).get(page).status_code == 403


def test_a_plan_leads_to_the_units(units: Town) -> None:
    it = filed(units, {**LAPTOPS, "amount": "30000"})
    assert 'data-way="unit"' not in browser(units.aygul).get(f"/buyer/plans/{it.number}/").content.decode()
    offer = offered(units)
    UnitOffer.objects.filter(pk=offer.pk).update(seller=units.hospital)
    assert 'data-way="unit"' in browser(units.aygul).get(f"/buyer/plans/{it.number}/").content.decode()
    assert it.number in browser(units.aygul).get(f"/buyer/unit-offers/{offer.number}/").content.decode()


def test_an_offer_whose_term_is_over_says_so_before_the_clock_came(units: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = offered(units, valid_until="2026-03-03")
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=2))
    assert "有效期已满" in browser(units.ma).get(f"/buyer/unit-offers/{offer.number}/").content.decode()
