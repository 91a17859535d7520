"""The regulator's verbs on what runs under agreements: suspended, let go on and voided on their pages, read by everybody concerned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.market.models import CallOff, WorkOrder
from sunlit.foundation.kernel import clock
from tests.domain.market import pooling, workshop
from tests.domain.market.test_calloffs import THEN, agreed, called, held
from tests.portals.clients import at_field, browser, codes
from tests.town import build


@pytest.fixture(autouse=True)
def house(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: THEN)


def test_a_bidding_is_suspended_let_go_on_and_voided() -> None:
    agreement = agreed(build())
    town, it = agreement.town, called(agreement, "bidding")
    regulator, clerk, seller = browser(town.surina), browser(town.aygul), browser(agreement.people[0])
    page, own, theirs = (f"/{who}/calloffs/{it.number}/" for who in ("regulator", "buyer", "supplier"))
    told = regulator.get(page).content.decode()
    assert ('value="suspend"' in told, 'value="void"' in told, 'value="resume"' in told) == (True, True, False)
    assert at_field(regulator.post(page, {"verb": "suspend", "reason": "查"}), "reason") == ["STP-003"]
    assert regulator.post(page, {"verb": "award"}).status_code == 404
    assert regulator.post(page, {"verb": "suspend", "reason": "接到投诉，核查需求", "expected": it.version}).status_code == 303
    assert codes(regulator.post(page, {"verb": "void", "reason": "指向特定品牌", "expected": it.version})) == ["LIF-003"]
    for reader in (clerk.get(own), seller.get(theirs), regulator.get(page)):
        assert "接到投诉，核查需求" in reader.content.decode()
    assert 'value="withdraw"' not in clerk.get(own).content.decode()
    assert 'value="bid"' not in seller.get(theirs).content.decode()
    assert codes(seller.post(theirs, {"verb": "bid", "price": "119"})) == ["STP-001"]
    assert f"/regulator/calloffs/{it.number}/" in regulator.get("/regulator/running/").content.decode()
    assert regulator.post(page, {"verb": "resume"}).status_code == 303
    assert 'value="bid"' in seller.get(theirs).content.decode()
    assert regulator.post(page, {"verb": "void", "reason": "采购需求指向特定品牌"}).status_code == 303
    it = CallOff.objects.select_related("buyer", "package__framework__solicitor").get()
    assert (it.state, held()) == ("voided", {})
    disclosure.tell_framework(it.package.framework, at=THEN)
    disclosure.tell_void(it, at=THEN)
    assert "采购需求指向特定品牌" in browser().get(f"/frameworks/{it.package.framework.number}/").content.decode()


def test_a_work_order_is_suspended_and_let_go_on() -> None:
    shop = workshop.opened(build())
    it = workshop.asked(shop)
    regulator, seller = browser(shop.town.surina), browser(shop.people[0])
    page = f"/regulator/work-orders/{it.number}/"
    assert regulator.post(page, {"verb": "suspend", "reason": "核查服务对象"}).status_code == 303
    assert "核查服务对象" in seller.get(f"/supplier/work-orders/{it.number}/").content.decode()
    assert regulator.post(page, {"verb": "resume"}).status_code == 303
    assert regulator.post(page, {"verb": "void", "reason": "服务对象不是公务用车"}).status_code == 303
    assert WorkOrder.objects.get().state == "voided"
    assert 'value="void"' not in regulator.get(page).content.decode()


def test_a_batch_is_suspended_and_let_go_on() -> None:
    house = pooling.pool()
    it = house.open()
    regulator = browser(house.town.surina)
    page = f"/regulator/batches/{it.number}/"
    assert regulator.post(page, {"verb": "suspend", "reason": "核查配置要求"}).status_code == 303
    assert "核查配置要求" in browser(house.buyers[0].actor).get(f"/buyer/batches/{it.number}/").content.decode()
    assert regulator.post(page, {"verb": "resume"}).status_code == 303
    assert 'value="suspend"' in regulator.get(page).content.decode()
