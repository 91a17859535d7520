"""A reverse auction through the pages of all four: buyer, suppliers, regulator and public."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test.client import FakePayload

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, Order
from sunlit.domain.market.rules.auctions import POINTS
from sunlit.foundation.kernel import clock
from tests.domain.market.auctioning import ENTRY_ENDS, MINUTE, SECOND, START, announced, bid, enter, entered, entry_of, sellers
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town, build

JSON = {"Accept": "application/json"}


class Hands:
    """The hands of the clock."""

    at = NOON


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> type[Hands]:
    Hands.at = NOON
    monkeypatch.setattr(clock, "now", lambda: Hands.at)
    return Hands


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hands: type[Hands]) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    return build()


def form(town: Town, **more: str) -> dict[str, str]:
    told = {
        "title": "教学用便携式计算机", "purpose": "教学", "requirements": "14英寸，三年质保", "quota": str(town.quota.pk),
        "address": str(town.address.pk), "invoice_title": str(town.title.pk), "delivery_days": "10", "starts_at": "2026-03-05T10:00",
        "minutes": "30", "step": "1", "step_kind": "percent", "extension_minutes": "5", "extensions_most": "",
        "visibility": "own_rank_and_current_low", "category_1": "A02010108 便携式计算机", "name_1": "便携式计算机", "quantity_1": "10",
        "unit_1": "台", "cap_1": "5000",
    }  # fmt: skip
    return {**told, **more}


def offer(it: Auction, person: Any, price: str, *, key: str = "", **headers: str) -> Any:
    data = {"price": price, "key": key or f"{person.organisation_number}:{price}"}
    return browser(person).post(f"/supplier/auctions/{it.number}/lots/1/bid/", data, headers=headers or JSON)


def test_the_buyer_drafts_and_announces(town: Town) -> None:
    aygul, zhou = browser(town.aygul), browser(town.zhou)
    wrong = aygul.post("/buyer/auctions/new/", once("a", **form(town, minutes="5", cap_1="")))
    assert (wrong.status_code, at_field(wrong, "minutes"), at_field(wrong, "cap_1")) == (422, ["AUC-006"], ["AUC-004"])
    made = aygul.post("/buyer/auctions/new/", once("b", **form(town)))
    it = Auction.objects.get()
    page = f"/buyer/auctions/{it.number}/"
    assert (made.status_code, made["Location"]) == (302, page) or made.status_code == 303
    assert aygul.get(page + "edit/").status_code == 200
    assert browser(town.ma).get(page).status_code == 404
    assert browser().get(f"/auctions/{it.number}/").status_code == 404
    assert aygul.post(page, once("c", verb="publish", expected=str(it.version))).status_code == 403
    assert zhou.post(page, once("d", verb="publish", expected=str(it.version))).status_code == 303
    assert it.number in browser().get("/auctions/").content.decode()
    assert it.number in browser(town.chen).get("/supplier/auctions/").content.decode()


def test_a_supplier_enters_bids_and_is_told_why_not(town: Town, hands: type[Hands]) -> None:
    chen, nurlan, _third = people = sellers(town)
    it = announced(town)
    page = f"/supplier/auctions/{it.number}/"
    missing = browser(chen).post(page, once("a", verb="enter", points=["alone"], lot_1="1", brand_1="孔雀", model_1=""))
    assert (missing.status_code, codes(missing)) == (422, ["AUC-011", "AUC-013"])
    for person in people:
        told = once("b", verb="enter", points=list(POINTS), lot_1="1", brand_1="孔雀", model_1="KQ-14")
        assert browser(person).post(page, told).status_code == 303
    assert offer(it, chen, "5000").json()["problems"][0]["code"] == "AUC-018"
    hands.at = START
    first = offer(it, chen, "5000", key="message-1")
    assert (first.status_code, first.json()["place"], first.json()["next"]) == (200, 1, "4950.00")
    assert offer(it, chen, "5000", key="message-1").json()["again"] is True
    late = offer(it, nurlan, "5000")
    assert (late.status_code, late.json()["problems"][0]["code"]) == (409, "AUC-023")
    plain = browser(nurlan).post(f"{page}lots/1/bid/", {"price": "4900", "key": "without-script"})
    assert plain.status_code == 303
    again = browser(nurlan).post(f"{page}lots/1/bid/", {"price": "4900", "key": "without-script-2"})
    assert (again.status_code, codes(again)) == (422, ["AUC-024"])
    sealed = browser(chen).post(f"{page}lots/1/floor/", once("f", floor="4500"))
    assert sealed.status_code == 303
    shown = browser(chen).get(page).content.decode()
    assert "¥4,850.00" in shown
    assert "¥4,500.00" in shown
    assert "4,500.00" not in browser(nurlan).get(page).content.decode()


def test_a_bid_counts_when_it_is_there_as_a_whole(town: Town, hands: type[Hands]) -> None:
    it = entered(town, sellers(town))
    hands.at = START + 30 * MINUTE - SECOND

    class HeldBack(FakePayload):
        """The price comes when the time is over."""

        def read(self, *size: int) -> bytes:
            hands.at = START + 30 * MINUTE + SECOND
            return super().read(*size)

    said = urlencode({"price": "4000.00", "key": "begun-in-time"}).encode()
    line: dict[str, Any] = {
        "wsgi.input": HeldBack(said),
        "CONTENT_LENGTH": str(len(said)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
    }
    answer = browser(town.chen).generic("POST", f"/supplier/auctions/{it.number}/lots/1/bid/", headers=JSON, **line)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "AUC-019")


def test_names_are_masked_until_the_end_and_told_afterwards(town: Town, hands: type[Hands]) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    for person, price in ((chen, "4900.00"), (nurlan, "4800.00"), (third, "4700.00")):
        bid(it, person, price, START)
    hands.at = START + 5 * MINUTE
    pages = {
        "public": browser().get(f"/auctions/{it.number}/"),
        "buyer": browser(town.zhou).get(f"/buyer/auctions/{it.number}/"),
        "regulator": browser(town.surina).get(f"/regulator/auctions/{it.number}/"),
        "rival": browser(nurlan).get(f"/supplier/auctions/{it.number}/"),
    }
    for page in pages.values():
        text = page.content.decode()
        assert page.status_code == 200
        assert "¥4,700.00" in text
        assert third.organisation_name not in text
        assert third.organisation_number not in text
    assert browser().get(f"/auctions/{it.number}/result.json").status_code == 404
    services.close_auctions_due(START + 31 * MINUTE)
    hands.at = START + 32 * MINUTE
    assert third.organisation_name in browser().get(f"/auctions/{it.number}/").content.decode()
    told = json.loads(browser().get(f"/auctions/{it.number}/result.json").content)
    assert (told["lots"][0]["outcome"], len(told["bidders"])) == ("won", 3)
    done = browser(town.zhou).post(f"/buyer/auctions/{it.number}/", once("z", verb="award", expected=str(Auction.objects.get().version)))
    assert done.status_code == 303
    assert "¥47,000.00" in browser(town.zhou).get(f"/buyer/auctions/{it.number}/").content.decode()


def test_an_order_leads_back_to_the_auction_also_that_of_the_next_bidder(town: Town, hands: type[Hands]) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    for person, price in ((chen, "4900.00"), (nurlan, "4800.00"), (third, "4700.00")):
        bid(it, person, price, START)
    after = START + 31 * MINUTE
    services.close_auctions_due(after)
    for winner, paper in ((third, it.number), (nurlan, f"{it.number}.2")):
        services.award_auction(it, by=town.zhou, at=after)
        order = Order.objects.get(origin=paper)
        for person, portal in ((town.zhou, "buyer"), (winner, "supplier"), (town.surina, "regulator")):
            assert f'href="/{portal}/auctions/{it.number}/"' in browser(person).get(f"/{portal}/orders/{order.number}/").content.decode()
        services.decline(order, reason="厂家断货，无法供应", by=winner, at=after)
        services.go_to_next(order.number, at=after)


def test_prices_that_nobody_sees_stand_on_no_page_before_the_end(town: Town, hands: type[Hands]) -> None:
    chen, nurlan, _third = people = sellers(town)
    it = entered(town, people, visibility="rank_only")
    bid(it, chen, "4321.00", START)
    hands.at = START + MINUTE
    for client, path in ((browser(), "/auctions/"), (browser(nurlan), "/supplier/auctions/")):
        text = client.get(f"{path}{it.number}/").content.decode()
        assert "4321" not in text
        assert "4,321" not in text
        assert "4321" not in client.get(path).content.decode()
    assert "4,321.00" in browser(chen).get(f"/supplier/auctions/{it.number}/").content.decode()
    assert "4,321.00" in browser(town.zhou).get(f"/buyer/auctions/{it.number}/").content.decode()


def test_the_regulator_stops_the_clock_and_lets_it_go_on(town: Town, hands: type[Hands]) -> None:
    it = entered(town, sellers(town))
    surina, page = browser(town.surina), f"/regulator/auctions/{it.number}/"
    hands.at = START + 10 * MINUTE
    assert codes(surina.post(page, once("a", verb="pause", reason=""))) == ["ORD-001"]
    assert surina.post(page, once("b", verb="pause", reason="核实举报情况")).status_code == 303
    assert offer(it, town.chen, "5000").json()["problems"][0]["code"] == "AUC-020"
    hands.at = START + 20 * MINUTE
    assert surina.post(page, once("c", verb="resume")).status_code == 303
    assert offer(it, town.chen, "5000").status_code == 200
    assert surina.post(page, once("d", verb="void", reason="采购文件违法")).status_code == 303
    assert Auction.objects.get().state == "voided"


def test_by_rounds_every_page_tells_whose_turn_it_is(town: Town, hands: type[Hands]) -> None:
    zhou = browser(town.zhou)
    zhou.post("/buyer/auctions/new/", form(town, form="rounds", **once("a")))
    it = Auction.objects.get()
    assert (it.rounds, 'value="rounds" selected' in zhou.get(f"/buyer/auctions/{it.number}/edit/").content.decode()) == (3, True)
    it = services.publish_auction(it, by=town.zhou, at=NOON)
    people = sellers(town)
    for person in people:
        enter(it, person)
    first = min(people, key=lambda person: entry_of(it, person).bidder.mask)
    mask = entry_of(it, first).bidder.mask
    for minutes, told in ((1, "第 1 轮开始"), (5, f"轮到竞价方 {mask} 报价")):
        hands.at = START + minutes * MINUTE
        for client, path in ((browser(), ""), (zhou, "/buyer"), (browser(town.surina), "/regulator")):
            assert told in client.get(f"{path}/auctions/{it.number}/").content.decode()
    assert "轮到您报价" in browser(first).get(f"/supplier/auctions/{it.number}/").content.decode()
    assert offer(it, first, "4900").json()["place"] == 1
    other = next(person for person in people if person is not first)
    assert offer(it, other, "4800").json()["problems"][0]["code"] == "AUC-042"


def test_each_step_has_its_page(town: Town, hands: type[Hands]) -> None:
    people = sellers(town)
    it = announced(town)
    for person in people:
        enter(it, person)
    looks: tuple[tuple[datetime, str], ...] = (
        (NOON, "notice"),
        (ENTRY_ENDS, "countdown"),
        (START, "running"),
        (START + 30 * MINUTE, "settling"),
    )
    for at, state in looks:
        hands.at = at
        for client, path in (
            (browser(), ""),
            (browser(town.zhou), "/buyer"),
            (browser(people[0]), "/supplier"),
            (browser(town.surina), "/regulator"),
        ):
            for language in ("zh-hans", "en"):
                client.cookies["sunlit_language"] = language
                page = client.get(f"{path}/auctions/{it.number}/")
                assert (page.status_code, f'data-state="{state}"' in page.content.decode()) == (200, True)
