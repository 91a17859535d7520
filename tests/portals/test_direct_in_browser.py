"""Direct purchase in a real Chromium: from the manufacturer, and from unit to unit with both at their windows; each with what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from sunlit.domain.catalog.models import PolicyTag
from sunlit.domain.market.models import Order, UnitOffer, UnitRequest
from sunlit.foundation.kernel import clock
from tests.domain.market.test_units import TELESCOPES, hospital
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.portals.windows import Windows
from tests.town import NOON, Town, build

pytestmark = in_browser


class Street(Windows):
    """Everybody at a window of their own, in the small town."""

    def __init__(self, chromium: Browser, url: str, town: Town) -> None:
        super().__init__(chromium, url)
        self.town = town


@pytest.fixture
def street(chromium: Browser, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Street:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return Street(chromium, live_server.url, build())


def test_direct_from_the_manufacturer_unless_the_proof_has_ended(street: Street) -> None:
    town = street.town
    proof = {"tag": "manufacturer_direct", "certificate": "SCXK-2025-017", "expires_on": date(2026, 12, 31)}
    PolicyTag.objects.create(offer=town.laptop, **proof)
    aygul = street.seat(town.aygul, 390)
    street.go(aygul, "/buyer/direct/")
    expect(aygul.locator("main")).to_contain_text("SCXK-2025-017")
    aygul.click("main form:has(input[name=direct]) button")
    PolicyTag.objects.update(expires_on=NOON.date() - timedelta(days=1))
    street.go(aygul, "/buyer/cart/")
    aygul.click("#go button[type=submit], #go button")
    aygul.click("button[form=place]")
    expect(aygul.locator("main [data-code=ORD-038]").first).to_be_visible()
    street.go(aygul, "/buyer/cart/")
    aygul.click("main button[name=ordinary]")
    expect(aygul.locator("main button[name=ordinary]")).to_have_count(0)
    PolicyTag.objects.update(expires_on=NOON.date())
    street.go(aygul, "/buyer/direct/")
    aygul.click("main form:has(input[name=direct]) button")
    street.go(aygul, "/buyer/cart/")
    aygul.click("#go button[type=submit], #go button")
    aygul.click("button[form=place]")
    expect(aygul.locator("main [data-state=placed]").first).to_be_visible()
    assert Order.objects.get().mode == "direct"


def test_a_unit_offers_another_asks_and_both_see_it_through(street: Street) -> None:
    town = street.town
    hospital(town)
    zhou, ma, surina, anybody = street.seat(town.zhou), street.seat(town.ma, 390), street.seat(town.surina), street.seat(None, 390)

    # 1. The lead offers; what stands above its paper, or without approval, is refused at its field.
    street.go(zhou, "/buyer/unit-offers/?list=own")
    zhou.click("main a[href='/buyer/unit-offers/new/']")
    for name in ("title", "category", "quantity", "unit", "delivery_days", "basis_amount", "basis_paper", "valid_until"):
        zhou.fill(f"#f-{name}", TELESCOPES[name])
    zhou.fill("#f-price", "1700")
    zhou.check("#f-asset")
    zhou.check(f"input[name=scope][value='{TELESCOPES['scope']}']")
    zhou.click("main form.form button.button-go")
    expect(zhou.locator("main [data-code='UNI-006']").first).to_be_visible()
    expect(zhou.locator("main [data-code='UNI-007']").first).to_be_visible()
    zhou.fill("#f-price", TELESCOPES["price"])
    zhou.fill("#f-approval", TELESCOPES["approval"])
    zhou.click("main form.form button.button-go")
    expect(zhou.locator("main [data-state=offered]").first).to_be_visible()
    offer = UnitOffer.objects.get()
    for path in ("/unit-offers/", f"/unit-offers/{offer.number}/"):
        street.go(anybody, path)
        expect(anybody.locator("main")).to_contain_text(offer.title)

    # 2. Another unit asks from a telephone: for too many, then for four.
    street.go(ma, "/buyer/unit-offers/")
    street.go(ma, f"/buyer/unit-offers/{offer.number}/")
    ma.fill("#f-purpose", "护理部移动查房，性能已足够。")
    ma.fill("#f-quantity", "11")
    ma.click("main form.form button.button-go")
    expect(ma.locator("main [data-code='UNI-023']").first).to_be_visible()
    ma.fill("#f-quantity", "4")
    ma.click("main form.form button.button-go")
    expect(ma.locator("main [data-state=requested]").first).to_be_visible()
    request = UnitRequest.objects.get()

    # 3. The lead confirms; the order is there, handed over under its sheet.
    street.go(zhou, "/buyer/unit-offers/?list=received")
    street.go(zhou, f"/buyer/unit-requests/{request.number}/")
    zhou.click("main button[name=verb][value=confirm], main form:has(input[name=verb][value=confirm]) button")
    expect(zhou.locator("main [data-state=confirmed]").first).to_be_visible()
    order = Order.objects.get()
    street.go(zhou, f"/buyer/unit-sales/{order.number}/")
    zhou.fill("#f-waybill", "交接单1")
    zhou.click("main form:has(input[name=verb][value=dispatch]) button.button-go")
    expect(zhou.locator("main [data-state=dispatched]").first).to_be_visible()
    street.go(ma, f"/buyer/orders/{order.number}/")
    expect(ma.locator("main")).to_contain_text("单位直购")

    # 4. The regulator sees both and stops what is left.
    for path in ("/regulator/unit-offers/", "/regulator/unit-offers/?list=requests", f"/regulator/unit-requests/{request.number}/"):
        street.go(surina, path)
    street.go(surina, f"/regulator/unit-offers/{offer.number}/")
    surina.click("main details.reasoned summary")
    surina.fill("main details.reasoned textarea", "资产处置批复不符，停止供给。")
    surina.click("main details.reasoned form button")
    expect(surina.locator("main [data-state=halted]").first).to_be_visible()
