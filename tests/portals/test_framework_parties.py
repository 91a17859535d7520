"""Dealers, upgrades, leaving and clearing out on the pages of both sides, and as the public reads of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from django.test import Client

from sunlit.domain.disclosure import reactions as told_to_the_public
from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.market import reactions
from sunlit.domain.market.events import FrameworkDealerMoved, FrameworkEntryMoved, FrameworkUpgradeMoved
from sunlit.domain.market.models import FrameworkDealer, Order
from sunlit.domain.market.services import frameworks, parties
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.models import Message
from tests.domain.market.frames import proof
from tests.domain.market.test_calloffs import THEN, Agreed, agreed
from tests.domain.market.test_framework_parties import NEWER, ROWS
from tests.portals.clients import at_field, browser, once
from tests.portals.test_calloffs import form
from tests.portals.test_frameworks import a_paper
from tests.town import build


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agreed:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: THEN)
    return agreed(build())


def reads(reader: Client, file: int | None) -> bool:
    answer = reader.get(f"/files/{file}/")
    return answer.status_code == 200 and bool(b"".join(cast(Any, answer).streaming_content))


def test_a_dealer_is_named_takes_it_on_and_delivers(house: Agreed) -> None:
    town, framework, entry = house.town, house.package.framework, house.parties[0]
    maker, shop = browser(house.people[0]), browser(town.chen)
    own = f"/supplier/frameworks/{framework.number}/responses/{entry.number}/"
    answer = maker.post(own, once("a", verb="name", dealer=town.shop.number, regions=["652801"]))
    assert (answer.status_code, at_field(answer, "paper")) == (422, ["FWP-003"])
    assert maker.post(own, once("b", verb="name", dealer=town.shop.number, regions=["652801"], paper=a_paper())).status_code == 303
    it = FrameworkDealer.objects.get()
    page = f"/supplier/frameworks/dealers/{it.number}/"
    assert page in shop.get("/supplier/frameworks/").content.decode()
    assert reads(shop, it.paper_id)
    assert browser(house.people[1]).get(page).status_code == 404
    assert maker.post(page, once("c", verb="accept", expected=it.version)).status_code == 403
    assert shop.post(page, once("d", verb="accept", expected=it.version)).status_code == 303
    clerk, address = browser(town.aygul), f"/buyer/frameworks/{framework.number}/packages/1/"
    assert it.number in clerk.get(address).content.decode()
    told = {"mode": "direct", "entry": entry.number, "dealer": it.number, "reason": "本地有库存，当天送达"}
    assert clerk.post(address, form(house, "e", **told)).status_code == 303
    order = Order.objects.get()
    assert order.supplier_id == town.shop.pk
    for who, kind in ((shop, "supplier"), (maker, "supplier"), (clerk, "buyer")):
        assert town.shop.name_zh in who.get(f"/{kind}/calloffs/{order.origin}/").content.decode()
    assert maker.post(page, once("f", verb="end", reason="委托期满")).status_code == 303
    assert it.number not in clerk.get(address).content.decode()


def test_an_upgrade_is_asked_for_and_approved(house: Agreed) -> None:
    town, framework, entry = house.town, house.package.framework, house.parties[0]
    maker, lead = browser(house.people[0]), browser(town.zhou)
    path = f"frameworks/{framework.number}/responses/{entry.number}/"
    told = {"verb": "ask", "name": "孔雀复印纸", "brand": "孔雀", "model": "A4-70B", "description": "白度98", "price": "121.00"}
    row = {"parameter_1": "白度", "before_1": "96", "after_1": "98"}
    answer = maker.post(f"/supplier/{path}", once("a", **told, **row))
    assert (answer.status_code, at_field(answer, "price")) == (422, ["FWP-012"])
    assert maker.post(f"/supplier/{path}", once("b", **{**told, "price": "120.00"}, **row, proof=a_paper())).status_code == 303
    it = entry.upgrades.get()
    page = lead.get(f"/buyer/{path}").content.decode()
    assert (it.number in page, "A4-70B" in page, reads(lead, it.proof_id)) == (True, True, True)
    assert browser(town.li).post(f"/buyer/{path}", once("c", verb="approve", upgrade=it.number)).status_code == 403
    answer = lead.post(f"/buyer/{path}", once("d", verb="refuse", upgrade=it.number, reason=""))
    assert at_field(answer, "reason") == ["FWP-014"]
    assert lead.post(f"/buyer/{path}", once("e", verb="approve", upgrade=it.number, expected=it.version)).status_code == 303
    entry.refresh_from_db()
    assert entry.model == "A4-70B"


def test_who_leaves_and_who_is_cleared_out(house: Agreed) -> None:
    town, framework = house.town, house.package.framework
    one, two = (f"frameworks/{framework.number}/responses/{entry.number}/" for entry in house.parties[:2])
    maker, lead = browser(house.people[0]), browser(town.zhou)
    assert maker.post(f"/supplier/{one}", once("a", verb="ask_leave", reason="厂房被征收，已停产")).status_code == 303
    assert "厂房被征收" in lead.get(f"/buyer/{one}").content.decode()
    assert lead.post(f"/buyer/{one}", once("b", verb="release", reason="情况属实")).status_code == 303
    answer = lead.post(f"/buyer/{two}", once("c", verb="clear_out", removal="", reason="三次拒绝供货"))
    assert (answer.status_code, at_field(answer, "removal")) == (422, ["FWK-053"])
    assert lead.post(f"/buyer/{two}", once("d", verb="clear_out", removal="refused_orders", reason="三次拒绝供货")).status_code == 303
    assert [entry.state for entry in house.package.entries.order_by("rank")] == ["left", "cleared_out", "signed", "eliminated"]


def test_the_public_and_those_concerned_read_of_it(house: Agreed) -> None:
    town, framework, entry, by = house.town, house.package.framework, house.parties[0], house.people[0]
    it = parties.name_dealer(entry, {"dealer": town.shop.number, "regions": []}, paper=proof(by), by=by, at=THEN)
    it = parties.accept_dealing(it, by=town.chen, at=THEN)
    upgrade = parties.ask_upgrade(entry, NEWER, rows=ROWS, by=by, at=THEN)
    parties.approve_upgrade(upgrade, by=town.zhou, at=THEN)
    frameworks.clear_out_entry(entry, reason="三次拒绝供货", removal="refused_orders", by=town.zhou, at=THEN)
    about: dict[str, Any] = {"framework": framework.number, "supplier_id": entry.supplier_id, "reason": "三次拒绝供货"}
    for _twice in range(2):
        for verb in ("name", "accept"):
            event = FrameworkDealerMoved(
                number=it.number, verb=verb, entry=entry.number, dealer_id=it.dealer_id, version=it.version, **about
            )
            reactions.tell_of_a_dealer(event)
            told_to_the_public.tell_who_delivers(event)
        for verb in ("ask", "approve"):
            reactions.tell_of_an_upgrade(
                FrameworkUpgradeMoved(
                    number=upgrade.number, verb=verb, entry=entry.number, solicitor_id=framework.solicitor_id, version=len(verb), **about
                )
            )
        for verb in ("upgrade", "clear_out", "ask_leave"):
            left = FrameworkEntryMoved(number=entry.number, verb=verb, solicitor_id=framework.solicitor_id, version=len(verb), **about)
            reactions.tell_of_a_party(left)
            told_to_the_public.tell_what_changed(left)
    kinds = {
        "framework_dealer.name", "framework_dealer.accept", "framework_upgrade.ask", "framework_upgrade.approve",
        "framework_entry.ask_leave", "framework_entry.clear_out",
    }  # fmt: skip
    assert kinds <= set(Message.objects.values_list("kind", flat=True))
    changes = [notice.content["change"] for notice in Notice.objects.filter(kind="framework_change").order_by("pk")]
    assert changes == ["dealer_accept", "upgrade", "clear_out"]
    disclosure.tell_framework(framework, at=THEN)
    page = browser().get(f"/frameworks/{framework.number}/").content.decode()
    assert ("三次拒绝供货" in page, town.shop.name_zh in page, "A4-70B" in page) == (True, True, True)
