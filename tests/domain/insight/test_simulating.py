"""Trying a rule on past purchases: the SQL says exactly what the rulebook says in Python, side by side, by region, class and size."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from sunlit.domain.catalog.models import Offer
from sunlit.domain.insight import services
from sunlit.domain.insight.models import Trial
from sunlit.domain.insight.queries import trials
from sunlit.domain.insight.rules.trials import Change
from sunlit.domain.insight.services.simulating import Replayed, replay
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.domain.market.modes.supermarket import place
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning.models import BudgetQuota, QuotaChange
from sunlit.domain.registry.models import SizeDeclaration
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel.refusals import Refused
from tests.town import NOON, Town, an_order, terms

CITY = "652800/652801"
LATER = NOON + timedelta(days=90)
JUDGED = {"ORD-025", "ORD-026", "ORD-027", "SPL-001", "SPL-002", "SPL-003", "SPL-004"}
CHANGES = [
    ("threshold.procurement", "goods", {"yuan": "100000.00"}),
    ("threshold.open_tender", "goods", {"yuan": "900000.00"}),
    ("splitting.near_share", "", {"percent": "60"}),
    ("splitting.near_count", "", {"n": 2, "unit": "count"}),
    ("splitting.near_window", "", {"n": 5, "unit": "calendar_day"}),
    ("splitting.run_count", "", {"n": 3, "unit": "count"}),
    ("splitting.run_window", "", {"n": 20, "unit": "calendar_day"}),
    ("order.approval_limit", "", {"yuan": "150000.00"}),
    ("order.repeat_count", "", {"n": 2, "unit": "count"}),
    ("order.repeat_share", "", {"percent": "30"}),
    ("order.repeat_window", "", {"n": 3, "unit": "calendar_day"}),
    ("price.above_median_warn", "", {"percent": "1"}),
]


@pytest.fixture
def rich(town: Town) -> Town:
    BudgetQuota.objects.update(total=Decimal("999000000.00"))
    Offer.objects.update(stock=10_000_000)
    return town


def wanted(seed: int, count: int = 36) -> list[tuple[str, int, datetime]]:
    """Random purchases of the school: which goods, how many, when; many near the lines, some on the same day."""
    rng, at, found = random.Random(seed), NOON, []
    for _number in range(count):
        at += timedelta(hours=rng.choice((1, 5, 20, 40)))
        goods = rng.choice(("laptop", "laptop", "laptop_corner", "paper"))
        total = rng.choice((9_000, 41_000, 42_000, 48_000, 49_000, 95_000, 210_000, 285_000, 290_000, 299_000, 400_000))
        found.append((goods, max(1, total // {"laptop": 4999, "laptop_corner": 4899, "paper": 128}[goods]), at))
    return found


def buy_all(town: Town, seed: int) -> dict[str, set[str]]:
    """What the real checkout says to each purchase, in their order: codes of warnings, and whether the lead is asked."""
    said: dict[str, set[str]] = {}
    for number, (goods, quantity, at) in enumerate(wanted(seed)):
        offer = getattr(town, goods)
        chosen = terms(town, explanation="各批次需求不同，已说明")
        [order] = place(key=f"k{number}", wishes=[Wish(offer.pk, quantity, offer.price)], terms=chosen, by=town.aygul, at=at)
        if number == 11:
            market.withdraw(order, reason="不再需要", by=town.aygul, at=at)
        if number == 30:
            QuotaChange.objects.create(
                quota=town.quota, before=Decimal("1.00"), after=Decimal("2.00"), reason="追加", by="JG-0001", at=at + timedelta(minutes=1)
            )
        asked = {"approval"} if order.state == "awaiting_approval" else set()
        codes = {told["reason"]["code"] for told in order.rulings if told["verdict"] == "warned"} & JUDGED
        said[str(number)] = codes | asked
    return said


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    rulebook.forget()


def judged_by(key: str, codes: set[str]) -> set[str]:
    """Of all codes, those that a trial of this rule judges."""
    moved = {"threshold.procurement": {"ORD-025"}}.get(key, set())
    sums = {"SPL-001", "SPL-002"} if key in ("threshold.open_tender", "splitting.year_sum") else set()
    near = {"SPL-003"} if key.startswith(("threshold.", "splitting.near")) else set()
    run = {"SPL-004"} if key.startswith(("threshold.", "splitting.run")) else set()
    own = {"approval"} if key == "order.approval_limit" else set()
    repeat = {"ORD-026"} if key.startswith("order.") else set()
    above = {"ORD-027"} if key == "price.above_median_warn" else set()
    return codes & (moved | sums | near | run | own | repeat | above)


@pytest.mark.parametrize(("key", "kind", "value"), CHANGES, ids=[key for key, _kind, _value in CHANGES])
def test_the_replay_says_what_the_checkout_says_before_and_after(rich: Town, key: str, kind: str, value: dict[str, Any]) -> None:
    seed = len(key)
    with undone():
        Rule.objects.filter(pk=rulebook.rule(key, region_path=CITY, kind=kind, on=NOON.date()).id).update(value=value)
        rulebook.forget()
        after = buy_all(rich, seed)
    before = buy_all(rich, seed)
    told = replay(Change(key, kind, CITY, value), months=6, at=LATER, with_codes=True)
    numbers = {order.checkout_key.removeprefix("k"): order.number for order in Order.objects.exclude(state="cancelled")}
    for side, said in (("before", before), ("after", after)):
        expected = {numbers[place]: judged_by(key, codes) for place, codes in said.items() if place in numbers}
        found = {number: set(told.codes[side].get(number, ())) - {"open_tender"} for number in numbers.values()}
        assert found == expected, side
    assert any(judged_by(key, codes) for codes in [*before.values(), *after.values()]), "the town must come near the rule"


def tried(town: Town, key: str, value: str, *, kind: str = "", region: str = "652801") -> Trial:
    return services.simulate(key=key, value=value, kind=kind, region=region, months=6, by=town.surina, at=LATER)


def test_a_trial_keeps_before_and_after_by_region_class_and_size_and_what_it_rests_on(rich: Town) -> None:
    an_order(rich, key="a", quantity=100)  # 12,850.00
    order = an_order(rich, key="b", quantity=500)  # 64,250.00
    it = tried(rich, "threshold.procurement", "60000", kind="goods")
    assert it.value == {"yuan": "60000.00"}
    assert it.purchases == 2
    assert it.figures["before"] == {"allowed": [2, "77100.00"]}
    assert it.figures["after"] == {"allowed": [1, "12850.00"], "moved": [1, "64250.00"]}
    assert it.figures["moves"] == [["allowed", "moved", 1, "64250.00"]]
    assert it.figures["regions"] == [[CITY, 2, "77100.00", 0, "0.00", 1, "64250.00", 1, "64250.00"]]
    assert [row[0] for row in it.figures["classes"]] == ["A0504"]
    assert it.figures["sizes"] == [["unknown", 2, "77100.00", 0, "0.00", 1, "64250.00", 1, "64250.00"]]
    assert it.figures["sample"] == [[order.number, "64250.00", "allowed", "moved"]]
    assert ["threshold.procurement", "goods", "652800"] in [row[:3] for row in it.rules]
    assert tried(rich, "threshold.procurement", "60000", kind="goods").digest == it.digest
    assert (it.state, it.months, it.done, it.steps) == ("tried", 6, 5, 5)
    found = trials.latest(key=it.key, kind="goods", region_path=CITY, value={"yuan": "60000.00"}, seen_by=rich.zheng)
    assert found is not None
    assert found.pk > it.pk


def test_the_size_is_what_the_supplier_declared_last(rich: Town) -> None:
    an_order(rich, key="b", quantity=500)
    figures = {"year": 2025, "industry": "retail", "staff": 8, "revenue": Decimal("900000.00"), "assets": Decimal("1.00")}
    for days, size in enumerate(("small", "micro")):
        SizeDeclaration.objects.create(
            supplier=rich.shop.supplier,
            size=size,
            counts_as=size,
            declared_at=NOON + timedelta(days=days),
            declared_by_id=rich.chen.person,
            **figures,
        )
    it = tried(rich, "threshold.procurement", "60000", kind="goods")
    assert it.figures["sizes"] == [["micro", 1, "64250.00", 0, "0.00", 1, "64250.00", 1, "64250.00"]]


def test_a_purchase_of_a_region_with_its_own_rule_is_not_judged_by_a_change_above_it(rich: Town) -> None:
    an_order(rich, key="b", quantity=500)
    whole = services.simulate(
        key="threshold.procurement", value="60000", kind="goods", region="652800", months=6, by=rich.zheng, at=LATER
    ).figures["after"]
    assert whole["moved"] == [1, "64250.00"]
    own = Rule.objects.select_related("pack").get(key="threshold.procurement", kind="goods", region__code="652800", in_force__endswith=None)
    own.pk, own.region_id = None, rich.school.region_id
    own.save(force_insert=True)
    rulebook.forget()
    whole = services.simulate(
        key="threshold.procurement", value="60000", kind="goods", region="652800", months=6, by=rich.zheng, at=LATER
    ).figures["after"]
    assert whole == {"allowed": [1, "64250.00"]}


def test_where_the_threshold_is_law_a_passed_sum_is_refused(rich: Town) -> None:
    an_order(rich, key="a", offer=rich.laptop, quantity=200)  # 999,800.00
    Rule.objects.filter(key="threshold.open_tender").update(evidence="V")
    rulebook.forget()
    told: Replayed = replay(Change("threshold.open_tender", "goods", CITY, {"yuan": "900000.00"}), months=6, at=LATER)
    assert told.figures["moves"] == [["allowed", "refused", 1, "999800.00"]]


def test_what_was_bought_before_medians_were_written_down_is_counted_apart(rich: Town) -> None:
    dear = an_order(rich, key="a", offer=rich.laptop, quantity=1)  # 4,999.00 against a median of 4,949.00: 1.01 % above
    old = an_order(rich, key="b", offer=rich.laptop, quantity=2)
    assert dear.lines.get().median == Decimal("4949.00")
    old.lines.update(median=None)
    it = tried(rich, "price.above_median_warn", "1")
    assert it.figures["moves"] == [["allowed", "warned", 1, "4999.00"]]
    assert (it.figures["unjudged"], it.purchases) == (1, 2)
    assert tried(rich, "price.above_median_warn", "1.02").figures["moves"] == []


def test_what_judges_no_purchase_is_told_and_nothing_is_kept(rich: Town) -> None:
    for asked, codes in (
        ({"key": "order.delivery_limit", "value": "9"}, ["SIM-001"]),
        ({"key": "order.approval_limit", "value": "9", "months": 0}, ["SIM-002"]),
        ({"key": "order.approval_limit", "value": "9", "region": "652823"}, ["SIM-003"]),
        ({"key": "order.approval_limit", "value": "9", "region": "999999"}, ["SIM-004"]),
        ({"key": "order.approval_limit", "value": "much"}, ["RUL-006"]),
        ({"key": "no.such_rule", "value": "9"}, ["RUL-001"]),
    ):
        with pytest.raises(Refused) as no:
            services.simulate(**{"region": "652801", "by": rich.surina, "at": LATER, **asked})  # type: ignore[arg-type]
        assert no.value.codes == codes
    assert not Trial.objects.exists()


def test_who_may_not_see_a_purchase_does_not_read_its_number(rich: Town) -> None:
    an_order(rich, key="b", quantity=500)
    it = tried(rich, "threshold.procurement", "60000", kind="goods")
    assert len(trials.seen_sample(it, seen_by=rich.zheng)) == 1
    assert trials.seen_sample(it, seen_by=rich.ma) == []
    assert trials.trial(it.number, seen_by=rich.aygul) is None
