"""Programs buy direct from the manufacturer under the same rulings as people, and read how every order came about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sunlit.domain.catalog.models import MakerDeclaration, PolicyTag
from sunlit.domain.market.models import Order
from sunlit.domain.market.services import units
from tests.domain.market.test_direct import proven
from tests.domain.market.test_units import asked, offered
from tests.portals.api.conftest import Program, key_of, wanted
from tests.town import NOON, Town


def boxes(town: Town, **more: Any) -> dict[str, Any]:
    return {"offer": town.paper.number, "quantity": 2, "price": "128.50", **more}


def laptop(town: Town) -> dict[str, Any]:
    return {"offer": town.laptop.number, "quantity": 1, "price": "4999.00"}


def test_direct_and_ordinary_become_orders_of_their_own(town: Town, aygul: Program) -> None:
    proven(town.paper)
    body = wanted(town, boxes(town, direct=True), laptop(town))
    response = aygul.call("POST", "orders", body, once="k-1")
    assert response.status_code == 201, response.content.decode()
    made = {order["mode"]: order for order in response.json()["orders"]}
    assert {mode: (order["total"], order["origin"]) for mode, order in made.items()} == {
        "direct": ("257.00", ""),
        "supermarket": ("4999.00", ""),
    }
    [proof] = [told for told in made["direct"]["rulings"] if told["rule"]["key"] == "direct.proof"]
    assert (proof["verdict"], proof["figures"]["certificate"]) == ("allowed", "SCXK-2025-017")
    again = aygul.call("POST", "orders", body, once="k-1").json()["orders"]
    assert {order["number"] for order in again} == {order["number"] for order in made.values()}
    assert Order.objects.count() == 2
    listed = aygul.get("orders")["orders"]
    assert {order["mode"] for order in listed} == {"direct", "supermarket"}


def refused(town: Town, aygul: Program) -> list[tuple[str, str]]:
    response = aygul.call("POST", "orders", wanted(town, laptop(town), boxes(town, direct=True)), once="k-1")
    assert not Order.objects.exists()
    town.quota.refresh_from_db()
    assert town.quota.held == 0
    return [(e["code"], e["field"]) for e in response.json()["errors"]]


def test_the_same_rulings_refuse_it_at_its_line(town: Town, aygul: Program) -> None:
    assert refused(town, aygul) == [("ORD-037", "lines.1")]
    proven(town.paper, NOON.date() - timedelta(days=1))
    assert refused(town, aygul) == [("ORD-038", "lines.1")]
    proven(town.paper)
    figures: dict[str, Any] = {"year": 2025, "industry": "INDUSTRY", "staff": 20, "revenue": 1, "assets": 1, "size": "small"}
    told = {"maker": "博湖苇编制品厂", **figures, "counts_as": "small", "declared_at": NOON, "declared_by_id": town.wu.person}
    MakerDeclaration.objects.create(offer=town.paper, **told)
    assert refused(town, aygul) == [("ORD-039", "lines.1")]
    PolicyTag.objects.filter(offer=town.paper).delete()
    ordinary = aygul.call("POST", "orders", wanted(town, boxes(town)), once="k-2")
    assert [order["mode"] for order in ordinary.json()["orders"]] == ["supermarket"]


@pytest.mark.parametrize("flag", ["yes please", 2, None])
def test_the_flag_is_true_or_false(town: Town, aygul: Program, flag: Any) -> None:
    response = aygul.call("POST", "orders", wanted(town, boxes(town, direct=flag)), once="k-1")
    assert response.status_code == 422
    assert not Order.objects.exists()


def test_what_was_won_tells_what_it_was_won_by(town: Town) -> None:
    request = units.confirm_request(asked(town, offered(town)), by=town.zhou, at=NOON)
    seen = Program(key_of(town.ma)).get(f"orders/{request.order_number}")
    assert (seen["mode"], seen["origin"], seen["supplier"]["number"]) == ("unit", request.number, town.school.number)
    sold = Program(key_of(town.zhou)).get(f"orders/{request.order_number}")
    assert (sold["origin"], sold["quota"]) == (request.number, ""), "the unit that sells reads it too, but for the money of the other"
    assert Program(key_of(town.chen)).call("GET", f"orders/{request.order_number}").status_code == 404
