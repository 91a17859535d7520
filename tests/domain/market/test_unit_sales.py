"""What a unit does that delivers to another: in parts, with its papers, until it answers its rating; and what waits for whom of its people."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import reactions as told
from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import Rating
from sunlit.domain.market import services
from sunlit.domain.market.models import Dispatch, Order, UnitRequest
from sunlit.domain.market.queries import units as unit_queries
from sunlit.domain.market.services import units
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Seat, User
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import clock
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.messages.models import Message
from tests.domain.market.test_life import PaperBank
from tests.domain.market.test_units import LATER, asked, codes, offered
from tests.town import NOON, Town

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PARTS: dict[str, Any] = {"carrier": "自行交接", "at": LATER}


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))


def seat(town: Town, organisation: Organisation, login: str, *roles: str) -> Actor:
    """Somebody of a unit in these roles."""
    user, _new = User.objects.get_or_create(login=login, defaults={"name_zh": login, "created_at": NOON, "password": "!"})
    found, _new = Seat.objects.get_or_create(user=user, organisation=organisation, defaults={"roles": list(roles)})
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=found.pk))


def sheet(town: Town, name: str = "交接单.pdf") -> File:
    upload = SimpleUploadedFile(name, PDF, content_type="application/pdf")
    return files.keep(upload, purpose="document", owner=town.school.pk, by=town.aygul, at=NOON)


def sold(town: Town) -> Order:
    """Four laptops of the school that the hospital was promised."""
    request: UnitRequest = units.confirm_request(asked(town, offered(town)), by=town.zhou, at=NOON)
    return Order.objects.get(number=request.order_number)


def accepted(town: Town) -> Order:
    order = services.dispatch(sold(town), waybill="1", parcel={1: 4}, by=town.aygul, **PARTS)
    receiver = seat(town, town.hospital, "receiver", "receiver")
    order = services.receive(order, by=receiver, at=LATER)
    items = [{"position": 1, "quantity": 4, "conforms": True, "remark": ""}]
    return contracts.accept(order, items=items, by=receiver, at=LATER)


def rated(town: Town) -> Rating:
    voucher: dict[str, Any] = {"number": "非税00018", "amount": Decimal("6000.00"), "issued_on": NOON.date()}
    order = contracts.invoice(accepted(town), **voucher, file=sheet(town), by=town.zhou, at=LATER)
    payment = contracts.request_payment(order, by=seat(town, town.hospital, "payer", "finance"), at=LATER)
    contracts.send(payment, bank=PaperBank("settled"), at=LATER)
    order.refresh_from_db()
    contracts.rate(order, quality=5, delivery=4, service=4, comment="设备完好", by=town.ma, at=LATER)
    return Rating.objects.select_related("order").get()


def test_it_is_handed_over_in_parts_each_with_its_sheet(town: Town) -> None:
    order = sold(town)
    paper = sheet(town)
    order = services.dispatch(order, waybill="交接单1", parcel={1: 3}, paper=paper, by=town.aygul, **PARTS)
    assert (order.state, [task.order for task in unit_queries.sales_to_do(town.aygul)]) == ("partly_dispatched", [order])
    assert codes(services.dispatch, order, waybill="交接单2", parcel={1: 2}, by=town.aygul, **PARTS) == ["ORD-008"]
    assert codes(services.dispatch, order, waybill="交接单1", parcel={1: 1}, by=town.aygul, **PARTS) == ["ORD-033"]
    assert Dispatch.objects.count() == 1
    order = services.dispatch(order, waybill="交接单2", parcel={1: 1}, by=town.zhou, **PARTS)
    assert (order.state, unit_queries.sales_to_do(town.aygul)) == ("dispatched", [])
    assert [(it.contents, it.paper) for it in Dispatch.objects.order_by("pk")] == [({"1": 3}, paper), ({"1": 1}, None)]
    [told_of, without] = Entry.objects.filter(act__startswith="order.dispatch").order_by("pk")
    assert (told_of.facts["paper"], "paper" in without.facts) == (paper.sha256, False)


def test_the_paper_of_the_price_is_kept_with_the_offer(town: Town) -> None:
    paper = sheet(town, "评估报告.pdf")
    offer = units.publish_offer(OFFER, paper=paper, by=town.zhou, at=NOON)
    assert offer.paper == paper
    assert Entry.objects.get(act="unit_offer.publish").facts["file"] == paper.sha256


OFFER = {
    "title": "学术报告厅使用（半天）", "category": "A02010108", "description": "", "unit": "场", "quantity": "3", "delivery_days": "1", "price": "600",
    "basis": "tariff", "basis_amount": "600", "basis_paper": "州发改价〔2025〕31号", "asset": "", "approval": "", "scope": "652800",
    "valid_until": "2026-04-30",
}  # fmt: skip


def test_who_answers_for_the_unit_answers_its_rating_once(town: Town) -> None:
    rating = rated(town)
    assert rating.stars == Decimal("4.3")
    assert papers.ratings_to_answer(town.school.pk, at=LATER) == [rating]
    for nobody in (town.ma, town.batu, town.li, town.chen, town.surina):
        assert not papers.may_reply(rating, by=nobody, at=LATER)
        assert codes(contracts.reply, rating, text="谢谢", by=nobody, at=LATER) == ["CON-008"]
    until = rating.order.reply_until
    assert until is not None
    assert codes(contracts.reply, rating, text="", by=town.aygul, at=until) == ["CON-016", "CON-006"]
    assert not Rating.objects.get().reply
    assert papers.may_reply(rating, by=town.aygul, at=LATER)
    rating = contracts.reply(rating, text="谢谢，后续提供技术支持。", by=town.aygul, at=LATER)
    assert (rating.reply, rating.replied_at) == ("谢谢，后续提供技术支持。", LATER)
    assert codes(contracts.reply, rating, text="再次感谢", by=town.zhou, at=LATER) == ["CON-007"]
    assert papers.ratings_to_answer(town.school.pk, at=LATER) == []


def test_the_unit_is_reminded_of_its_rating_where_it_answers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    rating = rated(town)
    until = rating.order.reply_until
    assert until is not None
    monkeypatch.setattr(clock, "now", lambda: until - timedelta(days=1))
    told.remind_of_replies()
    found = Message.objects.filter(kind="rating.reply_due")
    assert set(found.values_list("user__login", flat=True)) == {"aygul", "zhou"}
    assert set(found.values_list("link", flat=True)) == {f"/buyer/unit-sales/{rating.order.number}/"}


def test_what_waits_for_whom(town: Town) -> None:
    request = asked(town, offered(town))
    assert unit_queries.requests_to_answer(town.zhou) == [request]
    for nobody in (town.aygul, town.li, town.ma):
        assert unit_queries.requests_to_answer(nobody) == []
    units.confirm_request(request, by=town.zhou, at=NOON)
    assert unit_queries.requests_to_answer(town.zhou) == []
    order = Order.objects.get()
    for hands in (town.aygul, town.zhou):
        assert [[move.verb for move in task.moves] for task in unit_queries.sales_to_do(hands)] == [["dispatch_part", "dispatch"]]
    for nobody in (town.li, town.batu, town.ma, town.chen):
        assert unit_queries.sales_to_do(nobody) == []
    services.ask_cancel(order, reason="预算调整，申请取消。", by=town.ma, at=NOON)
    assert [[move.verb for move in task.moves] for task in unit_queries.sales_to_do(town.aygul)] == [["agree_cancel", "refuse_cancel"]]


def test_finance_is_told_to_send_the_voucher(town: Town) -> None:
    order = accepted(town)
    assert [(task.order, task.moves[0].verb) for task in unit_queries.sales_to_do(town.li)] == [(order, "invoice")]
    assert unit_queries.sales_to_do(town.batu) == []
