"""Direct from the manufacturer on the buyer's pages: found, put into the cart, refused when the proof ended, ordered in a way of its own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sunlit.domain.catalog.models import PolicyTag
from sunlit.domain.market.models import CartLine, Order
from sunlit.foundation.kernel import clock
from tests.domain.planning.plans import PAPER, filed
from tests.portals.clients import browser, once
from tests.town import NOON, Town

PROOF: dict[str, Any] = {"tag": "manufacturer_direct", "certificate": "SCXK-2025-017", "expires_on": date(2026, 12, 31)}


@pytest.fixture
def works(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    PolicyTag.objects.create(offer=town.laptop, **PROOF)
    PolicyTag.objects.create(offer=town.paper, **PROOF)
    return town


def test_from_the_list_to_an_order_of_its_own(works: Town) -> None:
    clerk = browser(works.aygul)
    page = clerk.get("/buyer/direct/").content.decode()
    assert page.count("SCXK-2025-017") == 2
    assert "4,899.00" in page
    assert "他处更低" in page
    assert 'name="direct"' not in browser(works.li).get("/buyer/direct/").content.decode()
    assert "SCXK" not in clerk.get("/buyer/direct/?q=nothing").content.decode()
    assert clerk.post("/buyer/cart/add/", {"offer": works.laptop.number, "direct": "1"}).status_code == 303
    line = CartLine.objects.get()
    assert "改按普通采购下单" in clerk.get("/buyer/cart/").content.decode()
    PolicyTag.objects.filter(offer=works.laptop).update(expires_on=NOON.date() - timedelta(days=1))
    told = clerk.get(f"/buyer/checkout/?line={line.pk}").content.decode()
    assert "ORD-038" in told
    form = {"line": line.pk, "quota": works.quota.pk, "address": works.address.pk, "title": works.title.pk}
    answer = clerk.post("/buyer/checkout/", once("a", **form))
    assert (answer.status_code, Order.objects.count()) == (422, 0)
    assert "ORD-038" in answer.content.decode()
    PolicyTag.objects.filter(offer=works.laptop).update(expires_on=NOON.date())
    assert clerk.post("/buyer/checkout/", once("b", **form)).status_code == 302
    order = Order.objects.get()
    assert order.mode == "direct"
    for reader, portal in ((works.aygul, "buyer"), (works.chen, "supplier"), (works.surina, "regulator")):
        assert "厂家直销" in browser(reader).get(f"/{portal}/orders/{order.number}/").content.decode()


def test_a_line_becomes_an_ordinary_purchase(works: Town) -> None:
    clerk = browser(works.aygul)
    clerk.post("/buyer/cart/add/", {"offer": works.laptop.number, "direct": "1"})
    line = CartLine.objects.get()
    assert clerk.post("/buyer/cart/change/", {"line": line.pk, "ordinary": "1"}).status_code == 303
    line.refresh_from_db()
    assert not line.direct
    PolicyTag.objects.all().delete()
    answer = clerk.post("/buyer/cart/add/", {"offer": works.laptop.number, "direct": "1"})
    assert (answer.status_code, "ORD-041" in answer.content.decode()) == (409, True)


def test_a_plan_leads_to_the_manufacturers(works: Town) -> None:
    clerk, it = browser(works.aygul), filed(works, PAPER)
    assert 'data-way="direct"' in clerk.get(f"/buyer/plans/{it.number}/").content.decode()
    answer = clerk.post(f"/buyer/plans/{it.number}/buy/", {"way": "direct"})
    assert answer["Location"] == "/buyer/direct/"
    assert it.number in clerk.get("/buyer/direct/").content.decode()
