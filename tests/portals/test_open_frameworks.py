"""An open framework agreement on the pages of everybody: planned, invited, applied for, admitted or not, bought under, left, public."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.market.models import CallOff, Framework, FrameworkEntry, Order
from sunlit.foundation.kernel import clock
from tests.domain.market import frames
from tests.domain.market.test_open_frameworks import OPEN
from tests.portals.clients import at_field, browser, codes, once
from tests.portals.test_frameworks import a_paper, plan
from tests.town import NOON, Town, build

APPLICATION = {name: value for name, value in frames.offer().items() if name != "quoted"}


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return build()


def told(it: FrameworkEntry, verb: str) -> None:
    fresh = FrameworkEntry.objects.select_related("supplier", "package__framework__solicitor__region").get(pk=it.pk)
    disclosure.tell_framework_change(fresh, verb, fresh.version, at=NOON)


def test_the_whole_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A05040101")
    lead, regulator, clerk = browser(town.zhou), browser(town.surina), browser(town.aygul)
    # The plan
    answer = lead.post("/buyer/frameworks/new/", once("a", **plan(**{**OPEN, "fee_standard": ""})))
    assert (answer.status_code, at_field(answer, "fee_standard")) == (422, ["FWK-001"])
    assert lead.post("/buyer/frameworks/new/", once("b", **plan(**{**OPEN, "open_ground": ""}))).status_code == 303
    it = Framework.objects.get()
    own = f"/buyer/frameworks/{it.number}/"
    assert codes(lead.post(own, {"verb": "ask_review"})) == ["OFW-001"]
    assert lead.post(f"{own}edit/", once("c", **plan(**OPEN))).status_code == 303
    assert OPEN["fee_standard"] in lead.get(f"{own}edit/").content.decode()
    assert lead.post(own, {"verb": "ask_review"}).status_code == 303
    regulator.post(f"/regulator/frameworks/{it.number}/", {"verb": "approve"})
    page = lead.get(own).content.decode()
    assert 'value="invite"' in page
    assert 'value="publish"' not in page
    assert lead.post(own, {"verb": "invite"}).status_code == 303
    it.refresh_from_db()
    disclosure.tell_framework(it, at=NOON)
    # The applications
    seller, rival = browser(town.chen), browser(town.nurlan)
    theirs = f"/supplier/frameworks/{it.number}/"
    assert f"{theirs}packages/1/" in seller.get(theirs).content.decode()
    assert 'name="quoted"' not in seller.get(f"{theirs}packages/1/").content.decode()
    answer = seller.post(f"{theirs}packages/1/", once("d", **APPLICATION))
    assert (answer.status_code, at_field(answer, "proof")) == (422, ["FWK-044"])
    assert seller.post(f"{theirs}packages/1/", once("e", **APPLICATION, proof=a_paper())).status_code == 303
    assert rival.post(f"{theirs}packages/1/", once("f", **APPLICATION, proof=a_paper())).status_code == 303
    mine, other = FrameworkEntry.objects.get(supplier=town.shop), FrameworkEntry.objects.get(supplier=town.corner)
    assert f"{theirs}packages/1/" not in seller.get(theirs).content.decode()
    assert rival.get(f"{theirs}responses/{mine.number}/").status_code == 404
    # The answers
    page = lead.get(f"{own}responses/{mine.number}/").content.decode()
    assert 'value="admit"' in page
    assert 'value="release"' not in page
    assert codes(lead.post(f"{own}responses/{other.number}/", {"verb": "turn_down", "note": ""})) == ["FWK-047", "FWK-020"]
    assert lead.post(f"{own}responses/{mine.number}/", {"verb": "admit"}).status_code == 303
    refused = {"verb": "turn_down", "finding": "below_standard", "note": "白度实测为93，低于95"}
    assert lead.post(f"{own}responses/{other.number}/", refused).status_code == 303
    told(mine, "admit")
    assert "白度实测为93" in rival.get(f"{theirs}responses/{other.number}/").content.decode()
    page = browser().get(f"/frameworks/{it.number}/").content.decode()
    assert all(text in page for text in (town.shop.name_zh, OPEN["fee_standard"], OPEN["clearing"]))
    assert town.corner.name_zh not in page
    assert it.number in browser().get("/frameworks/?q=复印纸").content.decode()
    # It is bought under: one of the parties is selected, nothing else is offered
    address = f"{own}packages/1/"
    assert address in clerk.get(own).content.decode()
    page = clerk.get(address).content.decode()
    assert 'value="direct"' in page
    assert 'value="outside"' not in page
    where = {"quota": town.quota.pk, "address": town.address.pk, "title": town.title.pk}
    purchase = {"mode": "direct", "quantity": "2", "purpose": "教师备课", "reason": "距离最近，当天送达", "entry": mine.number, **where}
    assert at_field(clerk.post(address, once("g", **{**purchase, "mode": "outside"})), "mode") == ["OFW-010"]
    assert clerk.post(address, once("h", **purchase)).status_code == 303
    bought = CallOff.objects.get()
    assert Order.objects.get(number=bought.order_number).total == 300
    # The party leaves when it wants to
    mine.refresh_from_db()
    page = seller.get(f"{theirs}responses/{mine.number}/").content.decode()
    assert 'value="leave"' in page
    assert 'value="reduce"' not in page
    assert seller.post(f"{theirs}responses/{mine.number}/", {"verb": "leave", "expected": mine.version}).status_code == 303
    told(mine, "leave")
    page = browser().get(f"/frameworks/{it.number}/").content.decode()
    assert "退出" in page
    assert f"{theirs}packages/1/" in seller.get(theirs).content.decode()  # it may apply again
    assert regulator.get(f"/regulator/frameworks/{it.number}/").status_code == 200
    # Its term over, nobody comes in
    assert it.valid_until is not None
    monkeypatch.setattr(clock, "now", lambda: it.valid_until + timedelta(minutes=1))
    assert codes(rival.post(f"{theirs}packages/1/", once("i", **APPLICATION, proof=a_paper()))) == ["OFW-007"]


def test_who_is_no_party_cannot_leave_and_what_is_closed_is_not_left(town: Town) -> None:
    people = frames.sellers(3)
    it, parties = frames.in_force(town, "120.00", "121.00", "122.00", by=people)
    address = f"/supplier/frameworks/{it.number}/responses/{parties[0].number}/"
    assert codes(browser(people[0]).post(address, {"verb": "leave"})) == ["OFW-006"]
    assert browser(people[1]).post(address, {"verb": "leave"}).status_code == 404
