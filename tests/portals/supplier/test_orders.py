"""Orders: confirmed, declined, sent in parts, invoiced; what is wrong stands at its field and changes nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import Invoice
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Dispatch, Order
from sunlit.foundation.ledger import sealer
from sunlit.foundation.ledger.models import Entry
from tests.portals.supplier.conftest import Seated, a_pdf, accepted, codes, confirmed, dispatched
from tests.town import NOON, Town, an_order


def act(client: Client, order: Order, **given: Any) -> Any:
    return client.post(reverse("supplier:act_on_order", args=[order.number]), {"expected": order.version, **given})


def state_of(order: Order) -> str:
    return str(Order.objects.values_list("state", flat=True).get(pk=order.pk))


def test_chen_confirms(town: Town, chen: Client) -> None:
    order = an_order(town)
    answer = act(chen, order, verb="confirm")
    assert (answer.status_code, answer["Location"]) == (303, reverse("supplier:order", args=[order.number]))
    assert state_of(order) == "confirmed"
    assert "confirmed order" in chen.get(answer["Location"]).content.decode()


def test_who_approved_within_the_buyer_is_not_told_to_the_supplier(town: Town, chen: Client, seated: Seated) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("100.00"))
    order = market.approve(an_order(town), by=town.zhou, at=NOON)
    while sealer.seal_once(at=NOON):
        pass
    entry = Entry.objects.get(act="order.approve")
    pages = [reverse("supplier:order", args=[order.number]), f"/verify/?number={order.number}", f"/verify/?number={entry.pk}"]
    told = ["Licheng Experimental Middle School", "梨城实验中学", "梨城实验中学"]  # the page of verifying shows names as they were recorded
    for page, organisation in zip(pages, told, strict=True):
        text = chen.get(page).content.decode()
        assert (f"{organisation} approved order" in text, town.zhou.user_name in text, town.zhou.user_name_en in text) == (
            True,
            False,
            False,
        )
    proof = json.loads(chen.get(f"/verify/{entry.pk}/proof.json").content)
    assert ("facts" in proof, "order.approve" in proof["body"]) == (False, True)
    inside = seated(town.aygul)
    assert town.zhou.user_name_en in inside.get(reverse("buyer:order", args=[order.number])).content.decode()
    assert town.zhou.user_name in json.loads(inside.get(f"/verify/{entry.pk}/proof.json").content)["facts"]


def test_wu_of_the_catalogue_may_not_confirm(town: Town, wu: Client) -> None:
    order = an_order(town)
    assert act(wu, order, verb="confirm").status_code == 403
    assert state_of(order) == "placed"


def test_a_stale_page_decides_nothing(town: Town, chen: Client) -> None:
    order = an_order(town)
    answer = chen.post(reverse("supplier:act_on_order", args=[order.number]), {"expected": order.version - 1, "verb": "confirm"})
    assert (answer.status_code, codes(answer), state_of(order)) == (409, {("LIF-003", "")}, "placed")


def test_declining_takes_a_reason(town: Town, chen: Client) -> None:
    order = an_order(town)
    answer = act(chen, order, verb="decline", reason="no")
    assert (codes(answer), state_of(order)) == ({("ORD-001", "reason")}, "placed")
    assert act(chen, order, verb="decline", reason="缺货，两周后到").status_code == 303
    assert state_of(order) == "declined"


def test_verbs_of_others_do_not_exist_here(town: Town, chen: Client) -> None:
    order = an_order(town)
    assert act(chen, order, verb="approve").status_code == 404
    assert act(chen, order, verb="lapse").status_code == 404


def test_cancelling_needs_both_sides(town: Town, chen: Client) -> None:
    order = market.ask_cancel(confirmed(town), reason="订错型号了", by=town.aygul, at=NOON)
    assert act(chen, order, verb="refuse_cancel", reason="货已备好").status_code == 303
    assert state_of(order) == "confirmed"


def send(client: Client, order: Order, **given: Any) -> Any:
    return client.post(
        reverse("supplier:dispatch", args=[order.number]), {"expected": order.version, "carrier": "顺丰速运", "waybill": "SF-9", **given}
    )


def test_the_parcel_is_filled_with_what_is_open(town: Town, chen: Client) -> None:
    order = confirmed(town, quantity=3)
    assert 'name="quantity_1"' in (page := chen.get(reverse("supplier:dispatch", args=[order.number])).content.decode())
    assert 'value="3"' in page
    assert send(chen, order, quantity_1="2").status_code == 303
    assert state_of(order) == "partly_dispatched"
    order.refresh_from_db()
    assert chen.get(reverse("supplier:dispatch", args=[order.number])).context["still"] == {1: 1}
    assert send(chen, order, quantity_1="1", waybill="SF-10").status_code == 303
    assert state_of(order) == "dispatched"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"quantity_1": "4"}, {("ORD-008", "quantity_1")}),
        ({"quantity_1": "two"}, {("ORD-017", "quantity_1")}),
        ({"quantity_1": "-1"}, {("ORD-017", "quantity_1")}),
        ({"quantity_1": "0"}, {("ORD-007", "quantity")}),
        ({"quantity_1": "1", "waybill": " "}, {("ORD-006", "waybill")}),
        ({"quantity_1": "1", "carrier": "", "waybill": ""}, {("ORD-006", "waybill"), ("ORD-006", "carrier")}),
    ],
)
def test_a_wrong_parcel_is_refused_at_its_field(given: dict[str, str], expected: set[tuple[str, str]], town: Town, chen: Client) -> None:
    order = confirmed(town)
    answer = send(chen, order, **given)
    assert (answer.status_code, codes(answer)) == (422, expected)
    assert (state_of(order), Dispatch.objects.count()) == ("confirmed", 0)


def test_the_same_waybill_twice_on_one_order_is_refused(town: Town, chen: Client) -> None:
    order = confirmed(town)
    send(chen, order, quantity_1="1")
    order.refresh_from_db()
    answer = send(chen, order, quantity_1="1")
    assert codes(answer) == {("ORD-033", "waybill")}
    assert Dispatch.objects.count() == 1


def bill(client: Client, order: Order, **given: Any) -> Any:
    told = {"expected": order.version, "invoice_number": "FP-1", "amount": "385.50", "issued_on": "2026-03-02", **given}
    return client.post(reverse("supplier:invoice", args=[order.number]), told)


def test_the_invoice_is_kept_with_its_file(town: Town, chen: Client) -> None:
    order = accepted(town)
    assert "385.50" in chen.get(reverse("supplier:invoice", args=[order.number])).content.decode()
    assert bill(chen, order, file=a_pdf("invoice.pdf")).status_code == 303
    kept = Invoice.objects.get(order=order)
    assert (kept.number, str(kept.amount), kept.file and kept.file.name) == ("FP-1", "385.50", "invoice.pdf")
    assert state_of(order) == "invoiced"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"amount": "385.00"}, {("ORD-009", "amount")}),
        ({"amount": "385.505"}, {("ACC-016", "amount")}),
        ({"amount": "much", "issued_on": "soon"}, {("ACC-016", "amount"), ("CAT-022", "issued_on")}),
        ({"issued_on": "2026-03-03"}, {("CON-010", "issued_on")}),
        ({"invoice_number": " "}, {("ORD-010", "invoice_number")}),
    ],
)
def test_a_wrong_invoice_is_refused_at_its_field(given: dict[str, str], expected: set[tuple[str, str]], town: Town, chen: Client) -> None:
    order = accepted(town)
    answer = bill(chen, order, **given)
    assert (answer.status_code, codes(answer)) == (422, expected)
    assert (state_of(order), Invoice.objects.count()) == ("accepted", 0)


def test_a_file_that_is_none_is_told_at_the_file(town: Town, chen: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    order = accepted(town)
    answer = bill(chen, order, file=SimpleUploadedFile("invoice.pdf", b"<html>no</html>", content_type="application/pdf"))
    assert codes(answer) == {("FIL-004", "file")}
    assert Invoice.objects.count() == 0


def test_the_list_filters_and_costs_a_fixed_number_of_queries(town: Town, chen: Client, django_assert_max_num_queries: Any) -> None:
    first, second = an_order(town, key="a"), confirmed(town, "b")
    page = chen.get(reverse("supplier:orders"), {"state": "confirmed"})
    assert [it.number for it in page.context["page"].orders] == [second.number]
    assert [it.number for it in chen.get(reverse("supplier:orders"), {"q": first.number}).context["page"].orders] == [first.number]
    with django_assert_max_num_queries(9):
        chen.get(reverse("supplier:orders"))
    with django_assert_max_num_queries(22):
        chen.get(reverse("supplier:order", args=[second.number]))


def rejected(town: Town) -> Order:
    order = market.receive(dispatched(town), by=town.batu, at=NOON)
    items = [{"position": 1, "quantity": 3, "conforms": False, "remark": "受潮"}]
    return contracts.reject(order, items=items, reason="纸张受潮，不能用", by=town.batu, at=NOON)


def test_other_goods_go_out_under_a_new_waybill(town: Town, chen: Client) -> None:
    order = contracts.ask_exchange(rejected(town), reason="请换干燥的", by=town.batu, at=NOON)
    address = reverse("supplier:redeliver", args=[order.number])
    assert "请换干燥的" in chen.get(address).content.decode()
    told = {"expected": order.version, "carrier": "顺丰", "waybill": "SF-1"}
    assert codes(chen.post(address, told)) == {("ORD-033", "waybill")}
    assert chen.post(address, {**told, "waybill": "SF-2"}).status_code == 303
    assert state_of(order) == "dispatched"


def test_goods_that_came_back_are_taken(town: Town, chen: Client) -> None:
    order = contracts.ask_return(rejected(town), reason="不需要了", by=town.batu, at=NOON)
    assert act(chen, order, verb="take_back").status_code == 303
    assert state_of(order) == "returned"
    town.paper.refresh_from_db()
    assert town.paper.stock == 1000


def test_the_buyers_own_affairs_are_not_shown(town: Town, chen: Client) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit="130.00")
    order = an_order(town)
    assert any(told["rule"]["key"] == "order.repeat_count" for told in order.rulings)
    answer = chen.get(reverse("supplier:order", args=[order.number]))
    assert [ruling.key for ruling in answer.context["rulings"] if ruling.key == "order.repeat_count"] == []
    assert town.quota.number not in answer.content.decode()
