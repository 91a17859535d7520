"""The gate: keys, scopes, rates, idempotency, and problems that programs can read, in both languages."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from sunlit.config import goldens
from sunlit.config.security import Brake
from sunlit.domain.market.models import Order
from sunlit.domain.planning.models import Hold
from sunlit.foundation.accounts.models import ApiToken
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox.models import Once
from sunlit.portals.api import keys
from sunlit.portals.api.api import api, scope_of
from tests.portals.api.conftest import Program, key_of, placed, wanted
from tests.town import NOON, Town, build


def test_without_a_valid_key_nobody_comes_in(town: Town) -> None:
    valid = key_of(town.aygul)
    for sent in ({}, {"Authorization": "Bearer slt_wrong"}, {"Authorization": f"Basic {valid}"}, {"Authorization": valid}):
        response = Client().get("/api/v1/orders", headers=sent)
        assert (response.status_code, response.json()["code"], response.headers["Content-Type"]) == (
            401,
            "API-002",
            "application/problem+json",
        )
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="Sunlit"'
    ApiToken.objects.update(revoked_at=NOON)
    assert Program(valid).call("GET", "orders").status_code == 401


def test_a_key_ends(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(key_of(town.aygul))
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=366))
    assert program.call("GET", "orders").status_code == 401


def test_a_session_opens_nothing(town: Town) -> None:
    client = Client()
    client.cookies["sunlit_session"] = "x" * 32
    assert client.get("/api/v1/orders").status_code == 401


@pytest.mark.parametrize(("method", "path", "scope"), [(m, p, scope_of(o)) for m, p, o in api.operations() if scope_of(o)])
def test_every_operation_asks_for_its_scope(town: Town, method: str, path: str, scope: str) -> None:
    others = [each for each in ("catalog:read", "catalog:write", "orders:read", "orders:write", "feed:read") if each != scope]
    address = path.replace("{number}", "SP-3").replace("{code}", "A")
    response = Program(key_of(town.aygul, *others)).call(method, address, {} if method != "GET" else None)
    assert (response.status_code, response.json()["code"]) == (403, "API-003")
    assert f'scope="{scope}"' in response.headers["WWW-Authenticate"]


def test_the_same_call_twice_is_carried_out_once(town: Town, aygul: Program) -> None:
    first = aygul.call("POST", "orders", wanted(town), once="k-1")
    second = aygul.call("POST", "orders", wanted(town), once="k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert (Order.objects.count(), Hold.objects.count()) == (1, 1)


def test_a_verb_twice_is_carried_out_once(town: Town, aygul: Program, chen: Program) -> None:
    number = placed(aygul, town)
    assert chen.do(number, "confirm", once="c-1") == chen.do(number, "confirm", once="c-1")
    assert chen.call("POST", f"orders/{number}/confirm", {}, once="c-2").json()["code"] == "LIF-001"
    assert Order.objects.get(number=number).version == 2


def test_another_body_under_the_same_key_is_refused(town: Town, aygul: Program) -> None:
    placed(aygul, town, "k-1")
    other = aygul.call("POST", "orders", wanted(town, note="另一单"), once="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "API-006")
    assert Order.objects.count() == 1


def test_keys_of_two_organisations_do_not_meet(town: Town, aygul: Program, chen: Program) -> None:
    number = placed(aygul, town, "same")
    assert chen.do(number, "confirm", once="same")["state"] == "confirmed"


def test_a_kept_answer_is_for_the_token_method_and_address_it_was_given_to(town: Town, aygul: Program, chen: Program) -> None:
    first, second = placed(aygul, town, "same"), placed(Program(key_of(town.aygul)), town, "same")
    assert (first == second, Order.objects.count()) == (False, 2)  # two tokens of one seat
    confirmed = [chen.call("POST", f"orders/{number}/confirm", {}, once="same") for number in (first, second, first)]
    assert [answer.json()["number"] for answer in confirmed] == [first, second, first]
    assert ["Idempotency-Replayed" in answer.headers for answer in confirmed] == [False, False, True]
    assert chen.call("PATCH", "offers/SP-3", {"stock": 7}, once="same").json()["stock"] == 7


def test_a_kept_answer_asks_for_the_scope_and_the_seat_again(town: Town, aygul: Program) -> None:
    placed(aygul, town, "k-1")
    ApiToken.objects.update(scopes=["orders:read"])
    answer = aygul.call("POST", "orders", wanted(town), once="k-1")
    assert (answer.status_code, answer.json()["code"], "Idempotency-Replayed" in answer.headers) == (403, "API-003", False)
    ApiToken.objects.update(scopes=["orders:write"])
    assert aygul.call("POST", "orders", wanted(town), once="k-1").headers["Idempotency-Replayed"] == "true"
    town.school.seats.filter(user_id=town.aygul.person).update(active=False)
    assert aygul.call("POST", "orders", wanted(town), once="k-1").json()["code"] == "API-002"


def test_a_long_address_is_a_missing_one(town: Town, aygul: Program) -> None:
    assert aygul.call("POST", f"orders/{'x' * 4000}/confirm", {}, once="k-1").json()["code"] == "API-004"


def test_a_refusal_is_not_remembered(town: Town, aygul: Program) -> None:
    seen = {"offer": "SP-3", "quantity": 1, "price": "99.00"}
    refused = aygul.call("POST", "orders", wanted(town, seen), once="k-1")
    assert [(e["code"], e["field"]) for e in refused.json()["errors"]] == [("ORD-014", "lines.0")]
    assert (refused.status_code, Once.objects.count()) == (409, 0)
    town.paper.price = 99
    town.paper.save(update_fields=["price"])
    assert aygul.call("POST", "orders", wanted(town, seen), once="k-1").status_code == 201


def test_an_order_wants_a_key(town: Town, aygul: Program) -> None:
    assert aygul.call("POST", "orders", wanted(town)).json()["code"] == "API-007"
    assert aygul.call("POST", "orders", wanted(town), once="x" * 201).json()["code"] == "API-008"
    assert Order.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_call_at_the_same_instant_is_carried_out_once() -> None:
    town = build()
    key = key_of(town.aygul)
    programs = [Program(key) for _ in range(4)]

    def call(program: Program) -> tuple[int, str]:
        try:
            response = program.call("POST", "orders", wanted(town), once="k-1")
            return response.status_code, response.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, programs))
    assert {status for status, _body in answers} == {201}
    assert len({body for _status, body in answers}) == 1
    assert (Order.objects.count(), Hold.objects.count(), Once.objects.count()) == (1, 1, 1)


def test_problems_are_told_in_both_languages(town: Town, aygul: Program) -> None:
    body = wanted(town, {"offer": "SP-3", "quantity": 2000, "price": "128.50"})
    english = aygul.call("POST", "orders", body, once="k-1")
    assert english.json() == {
        "type": "/api/reasons/#ORD-016",
        "title": "Not possible now",
        "status": 409,
        "detail": "“孔雀 A4-70 复印纸”: 2000 wanted, 1000 in stock.",
        "code": "ORD-016",
        "errors": [{"code": "ORD-016", "detail": "“孔雀 A4-70 复印纸”: 2000 wanted, 1000 in stock.", "field": "lines.0"}],
    }
    chinese = Program(aygul.key, language="zh-CN").call("POST", "orders", body, once="k-1")
    assert (chinese.json()["title"], chinese.headers["Content-Language"]) == ("当前状态不可操作", "zh-hans")
    assert chinese.json()["detail"] != english.json()["detail"]


def test_every_wrong_field_is_told_at_once(town: Town, aygul: Program) -> None:
    body = wanted(
        town, {"offer": "SP-3", "quantity": 1.5, "price": "1.234"}, {"offer": "SP-1", "quantity": 0, "price": 4999.0, "colour": "red"}
    )
    del body["quota"]
    body["address"] = "there"
    response = aygul.call("POST", "orders", body, once="k-1")
    assert response.status_code == 422
    assert {(e["field"], e["code"]) for e in response.json()["errors"]} == {
        ("lines.0.quantity", "API-013"),
        ("lines.0.price", "API-017"),
        ("lines.1.quantity", "API-014"),
        ("lines.1.price", "API-016"),
        ("lines.1.colour", "API-012"),
        ("quota", "API-011"),
        ("address", "API-013"),
    }
    assert Order.objects.count() == 0


def test_offers_that_are_not_there_and_named_twice(town: Town, aygul: Program) -> None:
    paper = {"offer": "SP-3", "quantity": 1, "price": "128.50"}
    response = aygul.call("POST", "orders", wanted(town, paper, {**paper, "offer": "SP-9"}, paper), once="k-1")
    assert [(e["code"], e["field"]) for e in response.json()["errors"]] == [("API-018", "lines.1.offer"), ("API-019", "lines.2.offer")]
    foreign = aygul.call("POST", "orders", wanted(town, quota="ZB-2026-002"), once="k-1")
    assert [(e["code"], e["field"]) for e in foreign.json()["errors"]] == [("API-020", "quota")]


@pytest.mark.parametrize("body", ["{", "", "[1,2", "\u0000", '{"lines": NaN'])
def test_what_is_no_json_is_refused(town: Town, aygul: Program, body: str) -> None:
    response = aygul.call("POST", "orders", body, once="k-1")
    assert response.status_code in (400, 422)
    assert response.json()["code"] in ("API-001", "API-011")


def test_addresses_and_methods_that_do_not_exist(town: Town, aygul: Program) -> None:
    missing = aygul.call("GET", "nothing")
    assert (missing.status_code, missing.json()["code"], missing.json()["errors"][0]["field"]) == (404, "API-004", "")
    wrong = aygul.call("DELETE", "orders")
    assert (wrong.status_code, wrong.json()["code"], sorted(wrong.headers["Allow"].split(", "))) == (405, "API-005", ["GET", "POST"])


def test_a_body_that_is_too_large_is_told_as_a_problem(town: Town, aygul: Program) -> None:
    response = aygul.call("POST", "orders", "{}", once="k-1", **{"Content-Length": str(13 * 1024 * 1024)})
    assert (response.status_code, response.json()["code"], response.headers["Content-Type"]) == (413, "SEC-001", "application/problem+json")


def test_an_eager_caller_waits(town: Town, aygul: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "brake", Brake(per_minute=60, burst=2))
    assert aygul.call("GET", "organisation").headers["RateLimit"] == '"key";r=1;t=12'
    aygul.get("organisation")
    stopped = aygul.call("GET", "organisation")
    assert (stopped.status_code, stopped.json()["code"], stopped.headers["Retry-After"]) == (429, "SEC-003", "1")
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=1))
    assert aygul.call("GET", "organisation").status_code == 200
    assert Program(key_of(town.batu)).call("GET", "organisation").status_code == 200


def test_whoever_tries_keys_is_slowed_down(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "wrong_keys", Brake(per_minute=60, burst=2))
    codes = [Program(f"slt_{n}").call("GET", "orders").status_code for n in range(3)]
    assert codes == [401, 401, 429]
    assert Program(key_of(town.aygul)).call("GET", "orders").status_code == 200


def test_a_fault_of_ours_is_told_without_its_inside(town: Town, aygul: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("sunlit.portals.api.v1.orders.market.orders", broken)
    response = aygul.call("GET", "orders")
    assert (response.status_code, response.json()["code"]) == (500, "API-009")
    assert "secret" not in response.content.decode()


def test_the_description_is_whole_and_always_the_same(db: None) -> None:
    told = Client().get("/api/v1/openapi.json")
    assert told.status_code == 200
    described = told.json()
    assert described["openapi"] == "3.1.0"
    assert json.loads(goldens.openapi()) == described
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["security"][0]["key"] or path.endswith("/organisation")
            assert operation["responses"]["default"]["content"]["application/problem+json"]


def test_people_can_read_about_it(town: Town) -> None:
    for language in ("en", "zh-hans"):
        guide = Client(headers={"Accept-Language": language}).get("/api/")
        assert (guide.status_code, guide.content.decode().count("<h1")) == (200, 1)
        assert "/api/v1/orders/{number}/dispatch" in guide.content.decode()
        assert 'id="ORD-016"' in Client(headers={"Accept-Language": language}).get("/api/reasons/").content.decode()
