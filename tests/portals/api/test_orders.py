"""A purchase by programs: placed, confirmed, dispatched, received, accepted, invoiced, paid, rated; and the ways out of it."""

from __future__ import annotations

from decimal import Decimal

from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import Payment
from sunlit.domain.market.models import Order
from sunlit.domain.market.states import orders as states
from sunlit.foundation.gateways.bank import BankReceipt
from sunlit.foundation.ledger.models import Entry
from sunlit.portals.api.api import api
from tests.portals.api.conftest import Program, key_of, placed, wanted
from tests.town import NOON, Town, an_order

ITEMS = [{"position": 1, "quantity": 10, "conforms": True}]


def test_a_whole_purchase_by_programs(town: Town, aygul: Program, batu: Program, li: Program, chen: Program) -> None:
    response = aygul.call("POST", "orders", wanted(town), once="k-1")
    assert response.status_code == 201
    [order] = response.json()["orders"]
    assert (order["state"], order["total"], order["placed_at"]) == ("placed", "1285.00", "2026-03-02T04:00:00.000Z")
    assert order["lines"][0] | {"snapshot": {}} == {
        "position": 1, "offer": "SP-3", "product": "SPU-2", "quantity": 10, "price": "128.50", "amount": "1285.00", "dispatched": 0, "accepted": 0, "snapshot": {},
    }  # fmt: skip
    assert order["lines"][0]["snapshot"]["model"] == "A4-70"
    assert [link["verb"] for link in order["verbs"]] == ["withdraw"]
    number = order["number"]

    seen = chen.get(f"orders/{number}")
    assert [(link["verb"], link["href"]) for link in seen["verbs"]] == [
        ("confirm", f"/api/v1/orders/{number}/confirm"),
        ("decline", f"/api/v1/orders/{number}/decline"),
    ]
    assert chen.do(number, "confirm", {"version": seen["version"]})["state"] == "confirmed"
    part = chen.do(number, "dispatch", {"carrier": "天山速运", "waybill": "TS-1", "contents": [{"position": 1, "quantity": 4}]})
    assert (part["state"], part["lines"][0]["dispatched"]) == ("partly_dispatched", 4)
    assert chen.do(number, "dispatch", {"carrier": "天山速运", "waybill": "TS-2"})["state"] == "dispatched"
    assert batu.do(number, "receive")["state"] == "received"
    accepted = batu.do(number, "accept", {"items": ITEMS, "remark": "齐全"})
    assert (accepted["state"], accepted["sheets"][0]["inspector"], accepted["lines"][0]["accepted"]) == (
        "accepted",
        town.batu.user_name,
        10,
    )
    invoiced = chen.do(number, "invoice", {"number": "FP-1", "amount": "1285.00", "issued_on": "2026-03-02"})
    assert invoiced["invoice"] == {"number": "FP-1", "amount": "1285.00", "issued_on": "2026-03-02"}
    paying = li.do(number, "request_payment")
    assert (paying["state"], paying["payments"][0]["amount"]) == ("paying", "1285.00")
    payment = Payment.objects.select_related("order__buyer").get()
    contracts.answered(payment, BankReceipt(payment.number, "SB1", "settled", payment.amount, "", NOON), at=NOON)
    rated = aygul.do(number, "rate", {"quality": 5, "delivery": 4, "service": 5, "comment": "好"})
    assert (rated["state"], rated["rating"]["delivery"], rated["payments"][0]["receipt"]) == ("rated", 4, "SB1")

    town.quota.refresh_from_db()
    assert (town.quota.held, town.quota.spent) == (Decimal("0.00"), Decimal("1285.00"))
    assert list(Entry.objects.filter(subject=f"order/{number}").order_by("pk").values_list("act", flat=True)) == [
        "order.place", "order.confirm", "order.dispatch_part", "order.dispatch", "order.receive", "order.accept",
        "order.invoice", "order.request_payment", "order.pay", "order.rate",
    ]  # fmt: skip


def test_goods_that_do_not_conform_are_exchanged_and_returned(town: Town, aygul: Program, batu: Program, chen: Program) -> None:
    number = placed(aygul, town)
    wrong = [{"position": 1, "quantity": 10, "conforms": False, "remark": "受潮"}]
    chen.do(number, "confirm")
    chen.do(number, "dispatch", {"carrier": "天山速运", "waybill": "TS-1"})
    batu.do(number, "receive")
    assert batu.do(number, "reject", {"items": wrong, "reason": "纸张受潮"})["state"] == "rejected"
    assert batu.do(number, "ask_exchange", {"reason": "请更换一批"})["state"] == "exchanging"
    assert chen.do(number, "redeliver", {"carrier": "天山速运", "waybill": "TS-2"})["state"] == "dispatched"
    batu.do(number, "receive")
    batu.do(number, "reject", {"items": wrong, "reason": "仍然受潮"})
    assert batu.do(number, "ask_return", {"reason": "不再需要了"})["state"] == "returning"
    assert chen.do(number, "take_back")["state"] == "returned"
    town.quota.refresh_from_db()
    assert town.quota.held == 0


def test_the_ways_out_before_delivery(town: Town, aygul: Program, chen: Program) -> None:
    declined, withdrawn, cancelled, kept = (placed(aygul, town, f"k-{n}") for n in range(4))
    assert chen.do(declined, "decline", {"reason": "缺货无法供应"})["state"] == "declined"
    assert aygul.do(withdrawn, "withdraw", {"reason": "不再需要了"})["state"] == "cancelled"
    for number in (cancelled, kept):
        chen.do(number, "confirm")
        assert aygul.do(number, "ask_cancel", {"reason": "预算有变化"})["state"] == "cancel_asked"
    assert chen.do(cancelled, "agree_cancel")["state"] == "cancelled"
    assert chen.do(kept, "refuse_cancel", {"reason": "已经备好货"})["state"] == "confirmed"
    town.paper.refresh_from_db()
    assert town.paper.stock == 990


def test_orders_above_the_limit_wait_for_the_lead_and_are_hidden_from_the_supplier(
    town: Town, aygul: Program, zhou: Program, chen: Program
) -> None:
    town.school.approval_limit = Decimal("1000.00")
    town.school.save(update_fields=["approval_limit"])
    first, second = placed(aygul, town, "k-1"), placed(aygul, town, "k-2")
    assert chen.call("GET", f"orders/{first}").status_code == 404
    assert zhou.do(first, "approve")["state"] == "placed"
    assert zhou.do(second, "disapprove", {"reason": "超出本月计划"})["state"] == "disapproved"
    assert [order["number"] for order in chen.get("orders")["orders"]] == [first]


def test_every_verb_of_the_table_has_its_call() -> None:
    """All but what the clock does, what the checkout, the award and the settlement of another mode do, and the part of a dispatch."""
    offered = {operation.operation_id for _method, path, operation in api.operations() if path.startswith("orders/{number}/")}
    table = {move.verb for move in states.order.moves.values() if move.by.name != "clock"}
    assert offered == table - {"request", "place", "award", "settle", "dispatch_part"}


def test_another_organisations_order_is_not_there(town: Town, aygul: Program, nurlan: Program) -> None:
    number = an_order(town).number
    hospital = Program(key_of(town.ma))
    for stranger in (hospital, nurlan):
        assert stranger.get("orders")["orders"] == []
        for response in (
            stranger.call("GET", f"orders/{number}"),
            stranger.call("POST", f"orders/{number}/withdraw", {"reason": "看看而已"}),
        ):
            assert (response.status_code, response.json()["code"]) == (404, "API-004")
    assert Order.objects.get(number=number).version == 1


def test_lists_are_paged_by_key_and_filtered(town: Town, aygul: Program, chen: Program) -> None:
    numbers = [placed(aygul, town, f"k-{n}") for n in range(5)]
    chen.do(numbers[0], "confirm")
    first = aygul.get("orders?limit=2")
    second = aygul.get(f"orders?limit=2&after={first['next']}")
    last = aygul.get(f"orders?limit=2&after={second['next']}")
    assert [order["number"] for page in (first, second, last) for order in page["orders"]] == numbers[::-1]
    assert last["next"] == ""
    assert [order["number"] for order in aygul.get("orders?state=confirmed")["orders"]] == [numbers[0]]
    assert aygul.get(f"orders?q={numbers[3]}")["orders"][0]["number"] == numbers[3]
    assert aygul.call("GET", "orders?after=x").json()["code"] == "API-021"


def test_the_organisation_and_its_budget(town: Town, aygul: Program) -> None:
    placed(aygul, town)
    own = aygul.get("organisation")
    assert (own["number"], own["addresses"][0]["id"], own["invoice_titles"][0]["title"]) == ("CG-0001", town.address.pk, "梨城实验中学")
    [quota] = aygul.get("quotas")["quotas"]
    assert quota == aygul.get("quotas/ZB-2026-001")
    assert (quota["total"], quota["held"], quota["available"]) == ("100000.00", "1285.00", "98715.00")
    assert aygul.call("GET", "quotas/ZB-2026-002").status_code == 404
    assert aygul.get("quotas?year=2025") == {"quotas": [], "next": ""}
