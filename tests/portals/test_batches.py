"""A batch purchase on the pages of everybody: opened, demanded, confirmed, bid for unseen, taken and told to the public; and one that came to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.disclosure import reactions as told_to_the_public
from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.market import reactions
from sunlit.domain.market.events import BatchMoved, FrameworkMoved
from sunlit.domain.market.models import Batch, BatchDemand, Order
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.queries import parties
from sunlit.domain.market.services import frameworks
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.models import Message
from tests.domain.market.pooling import CLOSES, THEN, TICK, Buyer, Pool, held, pool
from tests.domain.planning.plans import PAPER, filed
from tests.portals.clients import at_field, browser, codes, once


class Now:
    """The clock of the pages."""

    at: datetime = THEN


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    shown = Now()
    monkeypatch.setattr(clock, "now", lambda: shown.at)
    return shown


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: Now) -> Pool:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    return pool()


def demand_form(who: Buyer, key: str, **more: Any) -> dict[str, Any]:
    picked = {"quota": who.quota.pk, "address": who.address.pk, "title": who.title.pk}
    return once(key, **{"verb": "submit_demand", "quantity": "10", "purpose": "办公", **picked, **more})


def event(it: Batch, verb: str, **more: Any) -> BatchMoved:
    told: dict[str, Any] = {"buyers": [], "suppliers": [], "cause": "", "reason": "", **more}
    return BatchMoved(
        number=it.number,
        title=str(it),
        verb=verb,
        state=it.state,
        version=it.version,
        solicitor_id=it.solicitor_id,
        region_path=it.region_path,
        until=it.until.isoformat(),
        **told,
    )


def test_a_demand_for_a_plan_is_chosen_on_the_page_and_leads_to_it_and_back(house: Pool, now: Now) -> None:
    plan = filed(house.town, {**PAPER, "amount": "5000"})
    it, clerk = house.open(), browser(house.town.aygul)
    page = f"/buyer/batches/{it.number}/"
    assert f'<option value="{plan.number}"' in clerk.get(page).content.decode()
    assert clerk.post(page, demand_form(house.buyers[0], "p1", plan=plan.number, quantity="60")).status_code == 409  # more than it has left
    assert clerk.post(page, demand_form(house.buyers[0], "p2", plan=plan.number)).status_code == 303
    assert f"/buyer/plans/{plan.number}/" in clerk.get(page).content.decode()
    [mine] = BatchDemand.objects.all()
    assert f"/buyer/batches/of/{mine.number}/" in clerk.get(f"/buyer/plans/{plan.number}/").content.decode()


def test_from_the_opening_to_one_order_a_buyer(house: Pool, now: Now) -> None:
    town, second = house.town, house.buyers[1]
    lead, clerk, other = browser(town.zhou), browser(town.aygul), browser(second.actor)
    assert "/buyer/batches/new/" in lead.get("/buyer/batches/").content.decode()
    assert "/buyer/batches/new/" not in other.get("/buyer/batches/").content.decode()  # who solicited nothing opens nothing
    form = {"package": house.package.pk, "configuration": "A4，70克，白度95以上"}
    answer = lead.post("/buyer/batches/new/", once("a", **form, period="2026-01"))
    assert (answer.status_code, at_field(answer, "period")) == (422, ["BAT-003"])
    assert lead.post("/buyer/batches/new/", once("b", **form, period="2026-04")).status_code == 303
    it = Batch.objects.get()
    own = f"/buyer/batches/{it.number}/"
    # Demands
    answer = clerk.post(own, demand_form(house.buyers[0], "c", quantity="0"))
    assert (answer.status_code, at_field(answer, "quantity")) == (422, ["BAT-007"])
    assert clerk.post(own, demand_form(house.buyers[0], "d")).status_code == 303
    assert codes(clerk.post(own, demand_form(house.buyers[0], "e"))) == ["BAT-008"]
    assert "confirm_demand" not in clerk.get(own).content.decode()
    assert "confirm_demand" in lead.get(own).content.decode()
    assert lead.post(own, once("f", verb="confirm_demand")).status_code == 303
    assert other.post(own, demand_form(second, "g", quantity="20")).status_code == 303
    assert codes(other.post(own, once("h", verb="withdraw_demand", reason=""))) == ["BAT-016"]
    assert other.post(own, once("i", verb="confirm_demand")).status_code == 303
    numbers = list(BatchDemand.objects.values_list("number", flat=True))
    assert all(number in lead.get(own).content.decode() for number in numbers)
    assert numbers[0] not in other.get(own).content.decode()  # what another buyer needs is its own affair
    assert numbers[0] not in browser().get(f"/batches/{it.number}/").content.decode()
    # The clock, the solicitor, the parties
    now.at = CLOSES
    mode.go_on_due(now.at)
    assert lead.post(own, once("j", verb="publish")).status_code == 303
    one, two = (browser(actor) for actor in house.people[:2])
    theirs = f"/supplier/batches/{it.number}/"
    assert it.number in one.get("/supplier/batches/").content.decode()
    assert browser(town.chen).get(theirs).status_code == 404
    assert at_field(one.post(theirs, {"verb": "bid", "price": "121"}), "price") == ["BAT-014"]
    assert one.post(theirs, {"verb": "bid", "price": "113.37", "note": "白度96"}).status_code == 303
    assert two.post(theirs, {"verb": "bid", "price": "114.21"}).status_code == 303
    assert "113.37" in one.get(theirs).content.decode()
    unseen = (
        lead.get(own),
        two.get(theirs),
        browser(town.surina).get(f"/regulator/batches/{it.number}/"),
        browser().get(f"/batches/{it.number}/"),
    )
    for seen in unseen:
        assert seen.status_code == 200
        assert "113.37" not in seen.content.decode()
    it.refresh_from_db()
    now.at = it.until
    mode.go_on_due(now.at)
    for seen in (lead.get(own), two.get(theirs), browser().get(f"/batches/{it.number}/")):
        assert "113.37" in seen.content.decode()
    assert codes(lead.post(own, once("k", verb="exclude", supplier=house.people[0].organisation_number, cause="", reason=""))) == [
        "BAT-015",
        "BAT-016",
    ]
    assert lead.post(own, once("l", verb="confirm")).status_code == 303
    assert codes(two.post(theirs, {"verb": "take"})) == ["BAT-018"]
    assert one.post(theirs, {"verb": "take"}).status_code == 303
    # Orders and what everybody sees of them
    orders = {order.buyer_id: order for order in Order.objects.all()}
    mine = orders[town.school.pk]
    assert (len(orders), str(mine.total), held()["order"]) == (2, "1133.70", sum(order.total for order in orders.values()))
    assert mine.number in lead.get(own).content.decode()
    page = clerk.get(f"/buyer/orders/{mine.number}/").content.decode()
    assert f"/buyer/batches/of/{mine.origin}/" in page
    assert clerk.get(f"/buyer/batches/of/{mine.origin}/").headers["Location"] == own
    assert one.get(f"/supplier/batches/of/{mine.origin}/").headers["Location"] == theirs
    assert two.get(f"/supplier/batches/of/{mine.origin}/").status_code == 404
    assert browser(town.surina).get(f"/regulator/batches/of/{mine.origin}/").status_code == 303
    it.refresh_from_db()
    disclosure.tell_framework(house.package.framework, at=now.at)
    told_to_the_public.tell_the_deals_of_a_batch(event(it, "take"))
    told_to_the_public.tell_the_deals_of_a_batch(event(it, "take"))
    assert sorted(Notice.objects.filter(kind="framework_deal").values_list("about", flat=True)) == sorted(numbers)
    page = browser().get(f"/frameworks/{house.package.framework.number}/").content.decode()
    assert page.count("批量集中采购") >= 2
    for language in ("zh-hans", "en"):
        for address in ("/batches/", f"/batches/{it.number}/"):
            assert browser(language=language).get(address).status_code == 200


def test_a_dealer_of_the_winner_takes_the_orders_of_a_region(house: Pool, now: Now) -> None:
    town, dealer = house.town, house.dealer(0, "652801")
    it = house.offered("110.00", "111.00")
    now.at = it.until - TICK
    maker, shop = browser(house.people[0]), browser(town.chen)
    page = f"/supplier/batches/{it.number}/"
    assert shop.get(page).status_code == 404
    assert all(told in maker.get(page).content.decode() for told in ("dealer_652801", dealer.number, town.shop.name_zh))
    answer = maker.post(page, {"verb": "take", "dealer_652801": "KD-0"})
    assert (answer.status_code, at_field(answer, "dealer_652801")) == (422, ["CAL-020"])
    assert maker.post(page, {"verb": "take", "dealer_652801": dealer.number}).status_code == 303
    order = Order.objects.get(buyer=town.school)
    assert order.supplier_id == town.shop.pk
    for who, address in (
        (browser(town.aygul), f"/buyer/batches/{it.number}/"),
        (browser(house.buyers[1].actor), f"/buyer/batches/{it.number}/"),
        (shop, page),
        (maker, page),
        (browser(town.surina), f"/regulator/batches/{it.number}/"),
    ):
        assert town.shop.name_zh in who.get(address).content.decode()
    assert f"/supplier/orders/{order.number}/" in shop.get(page).content.decode()
    assert f"/supplier/orders/{order.number}/" not in maker.get(page).content.decode()  # it reads its number, the order is the dealer's
    assert shop.get(f"/supplier/batches/of/{order.origin}/").headers["Location"] == page
    party = house.parties[0].supplier
    assert parties.delivered_for(order) == party
    for who, kind in ((browser(town.aygul), "buyer"), (shop, "supplier"), (browser(town.surina), "regulator")):
        assert f"受托代理（责任方）</dt><dd>{party.name_zh}" in who.get(f"/{kind}/orders/{order.number}/").content.decode()
    it.refresh_from_db()
    disclosure.tell_framework(house.package.framework, at=now.at)
    told_to_the_public.tell_the_deals_of_a_batch(event(it, "take"))
    assert f"{party.name_zh}的代理商" in browser().get(f"/frameworks/{house.package.framework.number}/").content.decode()
    for notice in Notice.objects.filter(kind="framework_deal"):
        assert (notice.content["supplier"]["name"], notice.content["dealer_of"]) == (
            town.shop.name_zh,
            it.entry.supplier.name_zh if it.entry else "",
        )


def test_the_regulator_voids_it_and_every_buyer_reads_why(house: Pool, now: Now) -> None:
    it = house.bidding(5, 6)
    now.at = CLOSES
    regulator, address = browser(house.town.surina), f"/regulator/batches/{it.number}/"
    assert it.number in regulator.get("/regulator/batches/?state=bidding").content.decode()
    assert at_field(regulator.post(address, once("a", verb="void", reason="")), "reason") == ["BAT-016"]
    assert regulator.post(address, once("b", verb="void", reason="配置指向特定品牌")).status_code == 303
    assert held() == {}
    page = browser(house.buyers[1].actor).get(f"/buyer/batches/{it.number}/").content.decode()
    assert "监管部门认定无效" in page
    assert "配置指向特定品牌" in page
    assert browser(house.town.surina).post(address, once("c", verb="take")).status_code == 404


def test_the_solicitor_cancels_and_the_winner_declines(house: Pool, now: Now) -> None:
    it = house.offered("118.00", "119.00")
    now.at = it.until - TICK
    one, theirs = browser(house.people[0]), f"/supplier/batches/{it.number}/"
    assert at_field(one.post(theirs, {"verb": "pass_on", "reason": ""}), "reason") == ["BAT-016"]
    assert one.post(theirs, {"verb": "pass_on", "reason": "生产线停产检修"}).status_code == 303
    it.refresh_from_db()
    assert it.entry == house.parties[1]
    again = house.open(period="2026-05", at=THEN)
    now.at = THEN + timedelta(hours=1)
    lead, own = browser(house.town.zhou), f"/buyer/batches/{again.number}/"
    assert lead.post(own, once("a", verb="cancel", reason="采购需求发生重大变化")).status_code == 303
    again.refresh_from_db()
    assert again.state == "cancelled"


def test_everybody_concerned_is_told(house: Pool, now: Now) -> None:
    it = house.open()
    reactions.tell_of_a_batch(event(it, "open"))
    reactions.tell_of_a_batch(event(it, "open"))
    assert Message.objects.filter(kind="batch.open.every_buyer").values("organisation").distinct().count() == 3
    one, two = house.buyers[1].actor.party, house.people[0].party
    for verb, told in reactions.BATCH_TOLD.items():
        more = {"cause": "no_bid"} if verb == "fail" else {"reason": "理由"}
        reactions.tell_of_a_batch(event(it, verb, buyers=[one], suppliers=[two], **more))
        for whom, _roles, _text in told:
            assert Message.objects.filter(kind=f"batch.{verb}.{whom}").exists()
            assert {"number"} <= templates.named(f"batch.{verb}.{whom}").fields <= {"number", "title", "until", "why", "reason"}
    why = browser(house.buyers[1].actor).get("/messages/").content.decode()
    assert "无供应商报价" in why


def test_the_round_of_every_minute_carries_it_on(house: Pool, now: Now) -> None:
    it = house.open()
    house.confirmed(it, 10)
    now.at = CLOSES
    reactions.look_after_batches()
    it.refresh_from_db()
    assert (it.state, it.pooled) == ("pooled", 10)
    now.at = it.until
    reactions.look_after_batches()
    it.refresh_from_db()
    assert (it.state, it.cause, held()) == ("failed", "not_published", {})


def test_the_summary_of_an_agreement_counts_the_orders_of_its_batches(house: Pool, now: Now) -> None:
    it = house.offered("118.00")
    it = mode.take_orders(it, by=house.people[0], at=it.until - TICK)
    Order.objects.update(accepted_at=now.at)
    framework = house.package.framework
    assert framework.valid_until is not None
    frameworks.end_due(framework.valid_until)
    framework.refresh_from_db()
    told_to_the_public.tell_the_framework(
        FrameworkMoved(
            number=framework.number,
            verb="end",
            state="ended",
            solicitor_id=framework.solicitor_id,
            region_path=framework.region_path,
            reason="",
            version=1,
        )
    )
    [supplier] = Notice.objects.get(kind="framework_summary").content["suppliers"]
    assert (supplier["count"], supplier["total"]) == (3, "7080.00")
