"""What a unit delivers to others, by programs: listed apart, handed over and invoiced by its number, and nobody else's."""

from __future__ import annotations

from sunlit.domain.market.models import Order
from tests.domain.market.test_unit_sales import seat, sold
from tests.portals.api.conftest import Program, key_of
from tests.town import Town, an_order


def test_a_unit_lists_reads_and_delivers_what_it_sold(town: Town, aygul: Program, zhou: Program) -> None:
    it, bought = sold(town), an_order(town)
    [told] = aygul.get("sales")["orders"]
    assert (told["number"], told["mode"], told["state"], told["total"]) == (it.number, "unit", "confirmed", "6000.00")
    assert (told["buyer"]["number"], told["supplier"]["number"]) == (town.hospital.number, town.school.number)
    assert [one["number"] for one in aygul.get("orders")["orders"]] == [bought.number]
    assert aygul.get("sales?group=delivery")["orders"] == aygul.get("sales?state=paid")["orders"] == []
    assert [one["number"] for one in aygul.get(f"sales?q={it.number}&limit=1")["orders"]] == [it.number]
    whole = zhou.get(f"orders/{it.number}")
    assert (whole["quota"], whole["lines"][0]["quantity"]) == ("", 4)
    assert [link["verb"] for link in whole["verbs"]] == ["dispatch"]
    part = aygul.do(it.number, "dispatch", {"carrier": "自行交接", "waybill": "1", "contents": [{"position": 1, "quantity": 3}]})
    assert (part["state"], part["lines"][0]["dispatched"]) == ("partly_dispatched", 3)
    assert aygul.do(it.number, "dispatch", {"carrier": "自行交接", "waybill": "2"})["state"] == "dispatched"
    receiver = Program(key_of(seat(town, town.hospital, "receiver", "receiver")))
    assert receiver.get("sales")["orders"] == []
    assert receiver.do(it.number, "receive")["state"] == "received"
    items = [{"position": 1, "quantity": 4, "conforms": True}]
    accepted = receiver.do(it.number, "accept", {"items": items})
    assert (accepted["state"], accepted["quota"]) == ("accepted", town.hospital_quota.number)
    voucher = {"number": "非税00018", "amount": "6000.00", "issued_on": "2026-03-02"}
    assert zhou.do(it.number, "invoice", voucher)["state"] == "invoiced"


def test_who_is_no_party_finds_no_sale(town: Town, aygul: Program, batu: Program, chen: Program) -> None:
    it = sold(town)
    assert chen.get("sales")["orders"] == []
    for verb, body in (("dispatch", {"carrier": "自行交接", "waybill": "1"}), ("agree_cancel", {})):
        assert chen.call("POST", f"orders/{it.number}/{verb}", body).status_code == 404
        refused = batu.call("POST", f"orders/{it.number}/{verb}", body)
        assert refused.status_code in (403, 409), "the school's receiver does not deliver"
    assert chen.call("GET", f"orders/{it.number}").status_code == 404
    own = aygul.call("POST", f"orders/{it.number}/ask_cancel", {"reason": "暂不需要这批设备"})
    assert (own.status_code, own.json()["code"]) == (403, "LIF-002"), "that is for who buys"
    assert Order.objects.get().state == "confirmed"


def test_a_key_that_may_not_read_orders_reads_no_sales(town: Town) -> None:
    sold(town)
    assert Program(key_of(town.aygul, "catalog:read")).call("GET", "sales").status_code == 403
