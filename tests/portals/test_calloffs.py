"""Buying under a framework agreement on the pages of both sides: selected, bid for, in turn, outside the list, and told to the public."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.disclosure import reactions as told_to_the_public
from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.market import reactions
from sunlit.domain.market.events import CallOffMoved, FrameworkMoved
from sunlit.domain.market.models import CallOff, Order
from sunlit.domain.market.services import calloffs as services
from sunlit.domain.market.services import frameworks
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.models import Message
from tests.domain.market.test_calloffs import THEN, Agreed, agreed, called
from tests.portals.clients import at_field, browser, once
from tests.town import build


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agreed:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: THEN)
    return agreed(build())


def form(house: Agreed, key: str, **more: Any) -> dict[str, Any]:
    town = house.town
    return once(
        key, **{"quantity": "10", "quota": town.quota.pk, "address": town.address.pk, "title": town.title.pk, "purpose": "教学", **more}
    )


def test_a_purchase_by_selection_and_one_by_bids(house: Agreed, monkeypatch: pytest.MonkeyPatch) -> None:
    town, framework = house.town, house.package.framework
    clerk, own = browser(town.aygul), f"/buyer/frameworks/{framework.number}/"
    address = f"{own}packages/1/"
    assert address in clerk.get(own).content.decode()
    assert address not in browser(town.li).get(own).content.decode()  # who pays does not order
    page = clerk.get(address).content.decode()
    assert all(entry.number in page for entry in house.parties)
    # Direct selection
    answer = clerk.post(address, form(house, "a", mode="direct", entry=house.parties[0].number, reason=""))
    assert (answer.status_code, at_field(answer, "reason")) == (422, ["CAL-005"])
    assert clerk.post(address, form(house, "b", mode="direct", entry=house.parties[0].number, reason="价格最低，送货快")).status_code == 303
    order = Order.objects.get()
    page = clerk.get(f"/buyer/orders/{order.number}/").content.decode()
    assert f"/buyer/calloffs/{order.origin}/" in page
    assert browser(town.surina).get(f"/regulator/calloffs/{order.origin}/").status_code == 200
    # Bids
    assert clerk.post(address, form(house, "c", mode="bidding")).status_code == 303
    it = CallOff.objects.get(state="bidding")
    one, two = (browser(actor) for actor in house.people[:2])
    theirs = f"/supplier/calloffs/{it.number}/"
    assert it.number in one.get("/supplier/calloffs/").content.decode()
    assert browser(town.chen).get(theirs).status_code == 404
    assert at_field(one.post(theirs, {"verb": "bid", "price": "121"}), "price") == ["CAL-008"]
    assert one.post(theirs, {"verb": "bid", "price": "113.37"}).status_code == 303
    assert two.post(theirs, {"verb": "bid", "price": "114"}).status_code == 303
    assert "113.37" in one.get(theirs).content.decode()
    for other in (
        clerk.get(f"/buyer/calloffs/{it.number}/"),
        two.get(theirs),
        browser(town.zheng).get(f"/regulator/calloffs/{it.number}/"),
    ):
        assert other.status_code == 200
        assert "113.37" not in other.content.decode()
    page = clerk.get(f"/buyer/calloffs/{it.number}/").content.decode()
    assert not any(actor.organisation_name in page for actor in house.people)  # nor who bid
    until = it.answer_until
    assert until is not None
    monkeypatch.setattr(clock, "now", lambda: until)
    assert clerk.post(f"/buyer/calloffs/{it.number}/", {"verb": "award"}).status_code == 303
    page = clerk.get(f"/buyer/calloffs/{it.number}/").content.decode()
    it.refresh_from_db()
    assert f"/buyer/orders/{it.order_number}/" in page
    assert "113.37" in page
    assert browser(house.people[0]).get(f"/supplier/orders/{it.order_number}/").status_code == 200
    assert it.number in browser(town.zhou).get("/buyer/calloffs/").content.decode()


def test_a_withdrawal_says_why(house: Agreed) -> None:
    it, clerk = called(house, "bidding"), browser(house.town.aygul)
    answer = clerk.post(f"/buyer/calloffs/{it.number}/", {"verb": "withdraw", "reason": ""})
    assert (answer.status_code, at_field(answer, "reason")) == (422, ["CAL-018"])
    assert clerk.post(f"/buyer/calloffs/{it.number}/", {"verb": "withdraw", "reason": "需求取消"}).status_code == 303
    assert "需求取消" in clerk.get(f"/buyer/calloffs/{it.number}/").content.decode()


def test_deals_are_public_one_by_one_and_summed_up_at_the_end(house: Agreed) -> None:
    framework = house.package.framework
    called(house, "direct", entry=house.parties[0].number, reason="本地现货，服务好")
    it = called(house, "bidding")
    services.bid(it, price="112.00", by=house.people[1], at=THEN)
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    it.refresh_from_db()
    event = CallOffMoved(
        number=it.number, verb="award", state="awarded", buyer_id=it.buyer_id, orderer_id=it.orderer_id, version=it.version
    )
    for _twice in range(2):
        told_to_the_public.tell_the_call_off(event)
        reactions.tell_who_is_asked(event)
    assert Notice.objects.filter(kind="framework_deal").count() == 1
    assert Message.objects.filter(kind="calloff.award.buyer").count() == 1
    Order.objects.filter(number=it.order_number).update(accepted_at=THEN + timedelta(days=20))
    assert framework.valid_until is not None
    frameworks.end_due(framework.valid_until)
    disclosure.tell_framework(framework, at=THEN)
    framework.refresh_from_db()
    told_to_the_public.tell_the_framework(
        FrameworkMoved(
            number=framework.number, verb="end", state="ended", solicitor_id=framework.solicitor_id, region_path="", reason="", version=9
        )
    )
    page = browser().get(f"/frameworks/{framework.number}/").content.decode()
    assert re.search(r"112\.00", page)
    assert Notice.objects.get(kind="framework_summary").content["suppliers"][0]["total"] == "1120.00"
    assert "1120.00" in page


def test_those_who_may_bid_are_told(house: Agreed) -> None:
    it = called(house, "bidding")
    reactions.tell_who_is_asked(
        CallOffMoved(number=it.number, verb="invite", state="bidding", buyer_id=it.buyer_id, orderer_id=it.orderer_id, version=1)
    )
    told = Message.objects.filter(kind="calloff.invite.supplier").values_list("organisation_id", flat=True)
    assert set(told) == {entry.supplier_id for entry in house.parties}


def test_a_bid_is_begun_continued_and_handed_in(house: Agreed) -> None:
    it = called(house, "bidding")
    one, there = browser(house.people[0]), f"/supplier/calloffs/{it.number}/"
    assert one.post(there, {"verb": "draft", "draft": "0", "price": "118.37", "_once": "d"}).status_code == 303
    page = one.get(there).content.decode()
    assert 'value="118.37"' in page
    assert "草稿（未提交）" in page
    assert f'href="{there}"' in one.get("/supplier/opportunities/mine/").content.decode()
    assert "118.37" not in browser(house.people[1]).get(there).content.decode()
    assert at_field(one.post(there, {"verb": "bid", "price": "121", "_once": "e"}), "price") == ["CAL-008"]
    assert 'value="118.37"' in one.get(there).content.decode(), "a refused attempt keeps it"
    assert one.post(there, {"verb": "bid", "price": "118.37", "_once": "f"}).status_code == 303
    assert "草稿（未提交）" not in one.get(there).content.decode()
