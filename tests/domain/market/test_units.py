"""From unit to unit: offered on a paper's price, asked for with the money held, confirmed into an order that the unit delivers; and every no."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.contracts import services as contracts
from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.market import queries, reactions, services
from sunlit.domain.market.events import OrderMoved, UnitRequestMoved
from sunlit.domain.market.models import Order, UnitOffer, UnitRequest
from sunlit.domain.market.queries import units as unit_queries
from sunlit.domain.market.services import units
from sunlit.domain.planning.models import BudgetQuota, Hold, Purchase
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Address, InvoiceTitle, Organisation, Seat, User
from sunlit.foundation.kernel.money import ZERO
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
from tests.domain.planning.plans import LAPTOPS, filed
from tests.town import NOON, Town, build

LATER = NOON + timedelta(hours=2)
TELESCOPES = {
    "title": "实验室闲置便携式计算机",
    "category": "A02010108",
    "description": "2023年购置，运行正常，含电源。",
    "unit": "台",
    "quantity": "10",
    "delivery_days": "5",
    "price": "1500",
    "basis": "appraisal",
    "basis_amount": "1600",
    "basis_paper": "巴评报字〔2026〕12号",
    "asset": "yes",
    "approval": "库财资〔2026〕8号",
    "scope": "652800",
    "valid_until": "2026-04-30",
}


def offered(town: Town, at: datetime = NOON, **more: str) -> UnitOffer:
    """The school's lead offers laptops that it has no use for."""
    return units.publish_offer({**TELESCOPES, **more}, by=town.zhou, at=at)


def hospital(town: Town) -> dict[str, int]:
    """Where the hospital pays from and where its goods go."""
    place = {"receiver": "马玉兰", "phone": "0996-0900002", "text": "胡杨路2号"}
    address = Address.objects.filter(organisation=town.hospital).first() or Address.objects.create(
        organisation=town.hospital, region=town.hospital.region, **place
    )
    title = InvoiceTitle.objects.filter(organisation=town.hospital).first() or InvoiceTitle.objects.create(
        organisation=town.hospital, title=town.hospital.name_zh, tax_number=town.hospital.credit_code
    )
    return {"quota_id": town.hospital_quota.pk, "address_id": address.pk, "title_id": title.pk}


def asked(town: Town, offer: UnitOffer, quantity: str = "4", at: datetime = NOON, **more: Any) -> UnitRequest:
    told: dict[str, Any] = {**hospital(town), "purpose": "护理部移动查房，性能已足够。", "by": town.ma, **more}
    return units.request_of_unit(offer, quantity=quantity, at=at, **told)


def codes(call: Any, *args: Any, **more: Any) -> list[str]:
    with pytest.raises(Refused) as no:
        call(*args, **more)
    return list(no.value.codes)


def held(town: Town) -> Decimal:
    return BudgetQuota.objects.get(pk=town.hospital_quota.pk).held


def second_lead(town: Town) -> Actor:
    """Ma Yulan also leads at the school."""
    seat = Seat.objects.create(user=User.objects.get(pk=town.ma.person), organisation=town.school, roles=["lead"])
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=seat.pk))


def test_from_the_offer_to_the_money(town: Town) -> None:
    offer = offered(town)
    request = asked(town, offer)
    assert (request.state, request.amount, held(town)) == ("requested", Decimal("6000.00"), Decimal("6000.00"))
    assert unit_queries.left_of(offer) == 6
    assert offer.valid_until.isoformat() == "2026-04-30T16:00:00+00:00"
    request = units.confirm_request(request, by=town.zhou, at=LATER)
    order = Order.objects.get()
    assert (request.state, request.order_number) == ("confirmed", order.number)
    assert (order.mode, order.origin, order.state, order.total) == ("unit", request.number, "confirmed", Decimal("6000.00"))
    assert (order.buyer, order.supplier) == (town.hospital, town.school)
    assert list(Hold.objects.filter(state="held").values_list("reference", flat=True)) == [f"order/{order.number}"]
    assert [(it.method, it.supplier_id) for it in Purchase.objects.filter(reference=f"order/{order.number}")] == [("unit", town.school.pk)]
    assert order.lines.get().snapshot["attributes"]["资产处置批复"] == "库财资〔2026〕8号"
    # The school delivers, the hospital accepts and pays
    assert unit_queries.sale(order.number, seen_by=town.zhou) == order
    assert unit_queries.sale(order.number, seen_by=town.ma) is None
    assert queries.order(order.number, seen_by=town.zhou) is None, "what a unit sells does not stand among what it buys"
    handed: dict[str, Any] = {"carrier": "自行交接", "waybill": "交接单1", "parcel": {1: 4}}
    assert codes(services.dispatch, order, **handed, by=town.li, at=LATER) == ["LIF-002"]
    assert codes(services.dispatch, order, **handed, by=town.ma, at=LATER) == ["LIF-002"]
    order = services.dispatch(order, **handed, by=town.aygul, at=LATER)
    receiver = _receiver(town)
    order = services.receive(order, by=receiver, at=LATER)
    items = [{"position": 1, "quantity": 4, "conforms": True, "remark": ""}]
    order = contracts.accept(order, items=items, by=receiver, at=LATER)
    told: dict[str, Any] = {"number": "非税00018", "amount": Decimal("6000.00"), "issued_on": NOON.date()}
    order = contracts.invoice(order, **told, by=town.li, at=LATER)
    assert order.state == "invoiced"
    notice = disclosure.publish_deal(order, at=LATER)
    assert (notice.supplier, notice.total) == (town.school, Decimal("6000.00"))
    assert queries.suppliers_of(town.hospital.pk) == []


def _receiver(town: Town) -> Actor:
    user = User.objects.create(login="receiver", name_zh="古丽", created_at=NOON, password="!")
    seat = Seat.objects.create(user=user, organisation=town.hospital, roles=["receiver"])
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=seat.pk))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"title": "x"}, "UNI-001"),
        ({"category": "A"}, "UNI-002"),
        ({"quantity": "0"}, "UNI-003"),
        ({"price": "viel"}, "UNI-004"),
        ({"basis": "friendship"}, "UNI-005"),
        ({"basis_paper": ""}, "UNI-005"),
        ({"price": "1600.01"}, "UNI-006"),
        ({"approval": ""}, "UNI-007"),
        ({"valid_until": "2026-03-02"}, "UNI-008"),
        ({"valid_until": "2027-03-02"}, "UNI-008"),
        ({"scope": "652800/652823"}, "UNI-009"),
        ({"delivery_days": "x"}, "UNI-010"),
    ],
)
def test_an_offer_that_is_not_in_order(town: Town, more: dict[str, str], code: str) -> None:
    assert codes(offered, town, **more) == [code]
    assert not UnitOffer.objects.exists()


def test_only_the_lead_offers(town: Town) -> None:
    for nobody in (town.aygul, town.batu, town.li, town.chen, town.surina):
        assert codes(units.publish_offer, TELESCOPES, by=nobody, at=NOON)[0] in ("LIF-002", "UNI-009")
    assert not UnitOffer.objects.exists()


def test_a_service_needs_no_approval_and_a_region_decides_how_far_the_price_goes(town: Town) -> None:
    Rule.objects.filter(key="unit.price_over_basis").update(value={"percent": "10"})
    book.forget()
    offer = offered(town, title="印刷厂承印", asset="", approval="", basis="cost", price="1760")
    assert [told["verdict"] for told in offer.rulings] == ["allowed"]
    assert codes(offered, town, price="1760.01") == ["UNI-006"]


def test_who_may_not_ask(town: Town) -> None:
    offer = offered(town)
    own: dict[str, Any] = {"quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk, "by": town.aygul}
    assert codes(asked, town, offer, **own) == ["UNI-020"]
    for nobody in (town.batu, town.li):
        assert "LIF-002" in codes(asked, town, offer, **{**own, "by": nobody})
    near = offered(town, title="会议室使用", scope="652800/652801", asset="", approval="")
    assert codes(asked, town, near) == ["UNI-022"]
    assert codes(asked, town, offer, at=NOON + timedelta(days=90)) == ["UNI-021"]
    assert codes(asked, town, offer, "11") == ["UNI-023"]
    most: dict[str, Any] = {"price": "99999999999.99", "basis_amount": "99999999999.99", "quantity": "1000000"}
    assert "UNI-027" in codes(asked, town, offered(town, **most), "1000000")
    assert codes(asked, town, offer, "x") == ["UNI-003"]
    assert codes(asked, town, offer, purpose="用") == ["UNI-026"]
    assert codes(asked, town, offer, quota_id=town.quota.pk) == ["BUD-002"]
    Organisation.objects.filter(pk=town.hospital.pk).update(approval_limit=Decimal("5999.99"))
    assert codes(asked, town, offer) == ["UNI-025"]
    Organisation.objects.filter(pk=town.hospital.pk).update(approval_limit=None)
    BudgetQuota.objects.filter(pk=town.hospital_quota.pk).update(total=Decimal("5999.99"))
    assert codes(asked, town, offer) == ["BUD-001"]
    assert not UnitRequest.objects.exists()
    assert held(town) == 0


def test_a_unit_asks_once_at_a_time_and_for_no_more_than_is_left(town: Town) -> None:
    offer = offered(town)
    first = asked(town, offer)
    assert codes(asked, town, offer, "1") == ["UNI-024"]
    units.confirm_request(first, by=town.zhou, at=NOON)
    assert codes(asked, town, offer, "7") == ["UNI-023"]
    assert asked(town, offer, "6").amount == Decimal("9000.00")
    assert unit_queries.left_of(offer) == 0


def test_from_the_threshold_on_it_belongs_to_a_plan(town: Town) -> None:
    Rule.objects.filter(key="threshold.procurement", kind="goods").update(value={"yuan": "6000.00"}, binding=True)
    book.forget()
    offer = offered(town)
    assert codes(asked, town, offer) == ["ORD-025"]
    assert codes(asked, town, offer, plan="CG-0") == ["ORD-035", "ORD-025"]
    assert asked(town, offer, "3").state == "requested"


def test_a_plan_pays_for_it_and_is_told_of_the_way(town: Town) -> None:
    offer = units.publish_offer({**TELESCOPES}, by=_lead_of_the_hospital(town), at=NOON)
    it = filed(town, {**LAPTOPS, "amount": "30000"})
    way = next(way for way in queries.ways_for(it, at=NOON) if way.mode == "unit")
    assert (way.proposed, way.past.deals) == (False, 0)
    more: dict[str, Any] = {
        "quota_id": town.quota.pk,
        "address_id": town.address.pk,
        "title_id": town.title.pk,
        "plan": it.number,
        "by": town.aygul,
    }
    request = asked(town, offer, **more)
    assert request.plan == it
    units.refuse_request(request, reason="设备已另有安排，抱歉。", by=_lead_of_the_hospital(town), at=NOON)
    it.refresh_from_db()
    assert sum(line.used for line in it.lines.all()) == 0
    assert not [way for way in queries.ways_for(it, at=NOON + timedelta(days=90)) if way.mode == "unit"]


def _lead_of_the_hospital(town: Town) -> Actor:
    user, _new = User.objects.get_or_create(login="lead2", defaults={"name_zh": "努尔", "created_at": NOON, "password": "!"})
    seat, _new = Seat.objects.get_or_create(user=user, organisation=town.hospital, defaults={"roles": ["lead"]})
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=seat.pk))


def test_the_unit_says_no_and_the_money_is_free(town: Town) -> None:
    request = asked(town, offered(town))
    assert codes(units.refuse_request, request, reason="不", by=town.zhou, at=NOON) == ["UNI-034"]
    assert codes(units.refuse_request, request, reason="设备已另有安排，抱歉。", by=town.aygul, at=NOON) == ["LIF-002"]
    request = units.refuse_request(request, reason="设备已另有安排，抱歉。", by=town.zhou, at=NOON)
    assert (request.state, held(town), unit_queries.left_of(request.offer)) == ("refused", ZERO, 10)
    assert codes(units.confirm_request, request, by=town.zhou, at=NOON) == ["LIF-001"]
    again = asked(town, request.offer)
    again = units.withdraw_request(again, reason="改为在网上超市采购。", by=town.ma, at=NOON)
    assert (again.state, held(town)) == ("withdrawn", ZERO)


def test_who_asked_does_not_answer_and_no_other_unit_does(town: Town) -> None:
    request = asked(town, offered(town))
    assert codes(units.confirm_request, request, by=town.ma, at=NOON) == ["LIF-002"]
    assert codes(units.confirm_request, request, by=second_lead(town), at=NOON) == ["UNI-030"]
    assert codes(units.confirm_request, request, by=_lead_of_the_hospital(town), at=NOON) == ["LIF-002"]
    assert not Order.objects.exists()


def test_nobody_answers_in_time(town: Town) -> None:
    request = asked(town, offered(town))
    assert request.answer_until > NOON + timedelta(days=2)
    assert units.lapse_requests_due(request.answer_until - timedelta(minutes=1)) == 0
    assert codes(units.confirm_request, request, by=town.zhou, at=request.answer_until) == ["UNI-031"]
    assert units.lapse_requests_due(request.answer_until) == 1
    request.refresh_from_db()
    assert (request.state, held(town)) == ("lapsed", ZERO)


def test_an_offer_that_is_withdrawn_or_stopped_gives_everybody_the_money_back(town: Town) -> None:
    for verb, by in ((units.withdraw_offer, town.zhou), (units.halt_offer, town.surina)):
        offer = offered(town)
        request = asked(town, offer)
        assert codes(verb, offer, reason="设备须留用，暂停供给。", by=town.ma, at=NOON) == ["LIF-002"]
        verb(offer, reason="设备须留用，暂停供给。", by=by, at=NOON)
        request.refresh_from_db()
        assert (request.state, held(town)) == ("lapsed", ZERO)
        assert codes(asked, town, offer) == ["UNI-021"]


def test_the_term_ends_and_what_was_asked_before_is_still_answered(town: Town) -> None:
    offer = offered(town, valid_until="2026-03-03")
    request = asked(town, offer)
    assert units.end_offers_due(NOON) == 0
    after = NOON + timedelta(days=1, hours=13)
    assert units.end_offers_due(after) == 1
    assert units.confirm_request(request, by=town.zhou, at=after).state == "confirmed"


def test_the_units_are_told(town: Town) -> None:
    request = units.confirm_request(asked(town, offered(town)), by=town.zhou, at=LATER)
    told: dict[str, Any] = {
        "number": request.number,
        "offer": request.offer.number,
        "title": request.offer.title,
        "reason": "",
        "version": 1,
    }
    parties: dict[str, Any] = {"seller_id": town.school.pk, "buyer_id": town.hospital.pk}
    for verb in ("request", "confirm"):
        reactions.tell_of_a_request_between_units(UnitRequestMoved(verb=verb, order=request.order_number, **told, **parties))
    assert set(Message.objects.values_list("user__login", flat=True)) == {"zhou", "ma"}
    order = Order.objects.get()
    moved: dict[str, Any] = {"number": order.number, "state": order.state, "total": "6000.00", "reason": "", "orderer_id": order.orderer_id}
    for verb in ("award", "accept"):
        reactions.tell_who_must_act(
            OrderMoved(verb=verb, buyer_id=town.hospital.pk, supplier_id=town.school.pk, version=order.version, **moved)
        )
    links = set(Message.objects.filter(kind__startswith="order.").values_list("link", flat=True))
    assert links == {f"/buyer/unit-sales/{order.number}/"}


@pytest.mark.django_db(transaction=True)
def test_two_units_want_the_last_of_it_at_once() -> None:
    town = build()
    offer = offered(town, quantity="5", scope="652800")
    third = Organisation.objects.create(
        kind="buyer", number="CG-0003", name_zh="若羌图书馆", credit_code="", region=town.hospital.region, created_at=NOON
    )
    user = User.objects.create(login="third", name_zh="阿依", created_at=NOON, password="!")
    Seat.objects.create(user=user, organisation=third, roles=["orderer"])
    other = actor_in(Seat.objects.select_related("user", "organisation__region").get(user=user))
    quota = BudgetQuota.objects.create(
        number="ZB-3", buyer=third, year=2026, name="设备", region_path=third.region.path, total=Decimal("9000.00"), created_at=NOON
    )
    address = Address.objects.create(organisation=third, region=third.region, receiver="阿依", phone="1", text="1")
    title = InvoiceTitle.objects.create(organisation=third, title="若羌图书馆", tax_number="1")
    theirs: dict[str, Any] = {"quota_id": quota.pk, "address_id": address.pk, "title_id": title.pk, "by": other}
    hospital(town)

    def one(who: str) -> str:
        try:
            return asked(town, offer, "3", **(theirs if who == "library" else {})).state
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, ["hospital", "library"]))
    assert sorted(answers) == ["UNI-023", "requested"]
    assert unit_queries.left_of(offer) == 2
    assert Hold.objects.filter(state="held").count() == 1


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_withdrawn_at_once_is_one_of_both() -> None:
    town = build()
    request = asked(town, offered(town))

    def one(who: str) -> str:
        try:
            if who == "seller":
                return units.confirm_request(request, by=town.zhou, at=LATER).state
            return units.withdraw_request(request, reason="改为在网上超市采购。", by=town.ma, at=LATER).state
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, ["seller", "buyer"]))
    request.refresh_from_db()
    assert answers in (["confirmed", "LIF-001"], ["LIF-001", "withdrawn"])
    assert held(town) == (Decimal("6000.00") if request.state == "confirmed" else 0)
    assert Order.objects.count() == (request.state == "confirmed")
