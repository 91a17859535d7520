"""The heart: what is not in the table cannot happen, and what happens leaves state, stamp, version, ledger and announcement together."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.domain.market.models import Order
from sunlit.domain.market.modes.supermarket import moved
from sunlit.domain.market.states import orders as states
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.access import Grant, anyone, clock, holds, operator, regulates
from sunlit.foundation.accounts.actors import CLOCK, NOBODY
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import Life, Move, lives, move, move_many, row_digest, take_over
from tests.town import NOON, Town, an_order, build


@pytest.fixture
def town(db: None) -> Town:
    return build()


def untouched(order: Order) -> None:
    now = Order.objects.get(pk=order.pk)
    assert (now.state, now.version, now.confirmed_at) == ("placed", 1, None)
    assert len(ledger.history_of(f"order/{order.number}")) == 1


def test_a_move_sets_state_stamp_and_version_and_leaves_entry_and_announcement(town: Town) -> None:
    order = an_order(town)
    before = ProcrastinateJob.objects.count()
    moved_on = move(order, "confirm", by=town.chen, at=NOON, facts={"remark": "有货"}, announces=moved("confirm"))
    assert (moved_on.state, moved_on.confirmed_at, moved_on.version) == ("confirmed", NOON, 2)
    entry = ledger.history_of(f"order/{order.number}")[-1]
    assert (entry.act, entry.organisation, entry.region) == ("order.confirm", "GY-0001", "652800/652801")
    assert {name: told for name, told in entry.facts.items() if name != "by_user"} == {
        "remark": "有货",
        "number": order.number,
        "actor": town.chen.user_name,
        "organisation": "库尔勒天山办公科技有限公司",
        "state": "confirmed",
        "row": row_digest(moved_on),
    }
    assert ProcrastinateJob.objects.count() > before


@pytest.mark.parametrize(
    ("verb", "who", "expected", "code"),
    [
        ("accept", "batu", None, "LIF-001"),
        ("confirm", "aygul", None, "LIF-002"),
        ("confirm", "nurlan", None, "LIF-002"),
        ("confirm", "chen", 7, "LIF-003"),
    ],
)
def test_unlawful_unpermitted_and_stale_moves_change_nothing(town: Town, verb: str, who: str, expected: int | None, code: str) -> None:
    order = an_order(town)
    with pytest.raises(Refused) as no:
        move(order, verb, by=getattr(town, who), at=NOON, expected=expected)
    assert no.value.codes == [code]
    untouched(order)


def test_a_rule_that_says_no_changes_nothing(town: Town) -> None:
    order = an_order(town)
    with pytest.raises(Refused) as no:
        move(order, "decline", by=town.chen, at=NOON, facts={"reason": ""})
    assert no.value.codes == ["ORD-001"]
    untouched(order)


def test_when_the_announcement_fails_nothing_happened(town: Town) -> None:
    order = an_order(town)

    def stumble(_order: Order) -> Any:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        move(order, "confirm", by=town.chen, at=NOON, announces=stumble)
    untouched(order)


def test_many_move_together_or_not_at_all(town: Town) -> None:
    shops = list(Supplier.objects.order_by("pk"))
    entries = Entry.objects.count()
    with pytest.raises(Refused) as no:  # the corner shop lies in another county
        move_many(
            shops,
            "suspend",
            under="round/1",
            by=town.surina,
            at=NOON,
            facts={"reason": "统一整改检查"},
            handed={"ends_at": NOON.replace(year=2027)},
        )
    assert no.value.codes == ["LIF-002"]
    assert (Entry.objects.count(), Supplier.objects.filter(state="active").count()) == (entries, 2)
    told = {"reason": "统一整改检查"}
    until = NOON.replace(year=2027)
    held = move_many(
        shops,
        "suspend",
        under="round/1",
        by=town.zheng,
        at=NOON,
        change=lambda _it: {**told, "suspended_until": until},
        facts=told,
        handed={"ends_at": until},
    )
    assert [(it.state, it.version) for it in held] == [("suspended", 1), ("suspended", 1)]
    [entry] = ledger.history_of("round/1")
    assert entry.facts["rows"] == {it.number: row_digest(it) for it in Supplier.objects.all()}


def test_what_began_elsewhere_is_taken_over_by_the_operator_alone(town: Town) -> None:
    rows = {it.number: row_digest(it) for it in Supplier.objects.all()}
    told: dict[str, Any] = {"under": "batch/YJ-1", "at": NOON, "region_path": "652800"}
    with pytest.raises(Refused) as no:
        take_over(Supplier, rows, by=town.zheng, **told)
    assert no.value.codes == ["LIF-002"]
    assert ledger.history_of("batch/YJ-1") == []
    take_over(Supplier, rows, by=town.he, **told)
    [entry] = ledger.history_of("batch/YJ-1")
    assert (entry.act, entry.facts["rows"], entry.facts["count"], entry.region) == ("supplier.take_over_many", rows, 2, "652800")
    assert "从原系统迁入 2 家供应商" in entry.sentence


def test_buttons_are_read_from_the_table(town: Town) -> None:
    order = an_order(town)
    seen = {
        who: [m.verb for m in states.order.open_to(order, getattr(town, who))]
        for who in ("aygul", "zhou", "batu", "chen", "wu", "nurlan", "he")
    }
    assert seen == {
        "aygul": ["withdraw"],
        "zhou": ["withdraw"],
        "batu": [],
        "chen": ["confirm", "decline"],
        "wu": [],
        "nurlan": [],
        "he": [],
    }


def test_a_life_is_declared_in_order() -> None:
    step = Move("begin", (), "draft", anyone, "{actor} began {number}", "Begin")
    with pytest.raises(AssertionError, match="told twice"):
        Life("strange", Order, [step, step], states={"draft": "draft"})
    with pytest.raises(AssertionError, match="unknown state"):
        Life("strange", Order, [step], states={"open": "open"})
    assert lives()[Order] is states.order


# Grants


def test_who_may(town: Town) -> None:
    order = an_order(town)
    everybody = {"aygul", "zhou", "chen", "nurlan", "surina", "zheng", "he", "ma"}

    def allowed(grant: Grant) -> set[str]:
        return {who for who in everybody if grant.allows(getattr(town, who), order)}

    assert allowed(holds("orderer", "lead", of="buyer_id")) == {"aygul", "zhou"}
    assert allowed(holds("sales", of="supplier_id")) == {"chen"}
    assert allowed(regulates()) == {"surina", "zheng"}
    assert allowed(operator) == {"he"}
    assert allowed(holds("lead", of="buyer_id") | regulates()) == {"zhou", "surina", "zheng"}
    assert allowed(regulates() & holds("lead", of="buyer_id")) == set()
    assert (clock.allows(CLOCK, order), clock.allows(town.he, order), anyone.allows(NOBODY, order)) == (True, False, True)


def test_a_region_is_no_prefix_of_text(town: Town) -> None:
    order = an_order(town)
    Order.objects.filter(pk=order.pk).update(region_path="652800/6528012")
    order.refresh_from_db()
    assert not regulates().allows(town.surina, order)


def test_two_who_move_at_the_same_time_wait_for_each_other(town: Town) -> None:
    order = an_order(town)
    with transaction.atomic():
        move(order, "confirm", by=town.chen, at=NOON)
        with pytest.raises(Refused):
            move(order, "confirm", by=town.chen, at=NOON)
    assert len(ledger.history_of(f"order/{order.number}")) == 2
