"""Trials are asked for in the request and worked out by the worker: once at a time, told how far they are, given up when the worker is gone."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.domain.insight import services
from sunlit.domain.insight.models import Trial
from sunlit.domain.insight.queries import trials
from sunlit.domain.insight.services import trying
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import move, row_digest
from tests.town import NOON, Town, an_order, build

CHANGE: dict[str, Any] = {"key": "threshold.procurement", "kind": "goods", "region": "652801", "value": "60000", "months": 6}
AT = NOON + timedelta(days=1)
LATER = AT + timedelta(seconds=4)


def asked(town: Town, **more: Any) -> Trial:
    return services.ask(**{**CHANGE, "by": town.surina, "at": AT, **more})


def letters() -> int:
    return ProcrastinateJob.objects.filter(args__event="TrialAsked").count()


def test_a_trial_is_asked_for_and_the_worker_works_it_out(town: Town) -> None:
    an_order(town, key="b", quantity=50)
    it = asked(town, draft="GZ-1")
    assert (it.state, it.draft, it.done, it.steps, it.taken_at, letters()) == ("asked", "GZ-1", 0, 5, None, 1)
    done = services.work_out(it.number, at=LATER)
    assert (done.state, done.done, done.taken_at, done.purchases) == ("tried", 5, LATER, 1)
    assert done.until == AT.date()  # as it was when it was asked
    assert done.seconds is not None
    assert done.seconds > Decimal(0)
    assert [entry.act for entry in Entry.objects.filter(subject=f"trial/{it.number}").order_by("id")] == ["trial.ask", "trial.finish"]


def test_told_twice_the_worker_works_it_out_once(town: Town) -> None:
    it = asked(town)
    first = services.work_out(it.number, at=LATER)
    again = services.work_out(it.number, at=LATER + timedelta(minutes=1))
    assert (again.taken_at, again.version) == (first.taken_at, first.version)


def test_who_asks_again_meanwhile_gets_the_trial_under_way(town: Town) -> None:
    it = asked(town)
    assert asked(town).number == it.number
    assert asked(town, months=12).number != it.number
    assert letters() == 2
    services.work_out(it.number, at=LATER)
    assert asked(town).number != it.number


def test_how_far_it_is_can_be_read_at_every_step(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    an_order(town, key="b", quantity=50)
    it, seen = asked(town), []
    told = trying._sign

    def look(*args: Any) -> None:
        told(*args)
        now = Trial.objects.get(pk=it.pk)
        seen.append((now.done, now.sign_at is not None and now.sign_at >= LATER))

    monkeypatch.setattr(trying, "_sign", look)
    services.work_out(it.number, at=LATER)
    assert seen == [(1, True), (2, True), (3, True), (4, True)]


def test_a_worker_that_died_is_told_and_the_trial_can_be_asked_again(town: Town) -> None:
    it = asked(town)
    Trial.objects.filter(pk=it.pk).update(taken_at=LATER, sign_at=LATER, done=2)  # and then it was gone
    assert services.work_out(it.number, at=LATER + timedelta(minutes=2)).done == 2  # its letter comes again: nothing is begun anew
    assert services.give_up(at=LATER + trying.SILENT) == 0
    assert services.give_up(at=LATER + trying.SILENT + timedelta(seconds=1)) == 1
    it.refresh_from_db()
    assert (it.state, it.code) == ("failed", "SIM-005")
    assert asked(town, at=LATER + timedelta(minutes=5)).number != it.number


def test_what_nobody_takes_up_is_given_up_after_an_hour(town: Town) -> None:
    it = asked(town)
    assert services.give_up(at=AT + trying.UNTAKEN) == 0
    assert services.give_up(at=AT + trying.UNTAKEN + timedelta(seconds=1)) == 1
    it.refresh_from_db()
    assert (it.state, it.code) == ("failed", "SIM-008")
    assert services.work_out(it.number, at=AT + timedelta(hours=2)).state == "failed"


def test_a_worker_that_was_only_slow_does_not_overrule_the_clock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    it = asked(town)
    replay = services.replay

    def slow(*args: Any, **more: Any) -> Any:
        told = replay(*args, **more)
        assert services.give_up(at=LATER + timedelta(hours=1)) == 1
        return told

    monkeypatch.setattr(trying, "replay", slow)
    assert services.work_out(it.number, at=LATER).state == "failed"


def test_what_breaks_is_told_to_who_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    it = asked(town)

    def broken(*_args: Any, **_more: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(trying, "replay", broken)
    with pytest.raises(MemoryError):
        services.work_out(it.number, at=LATER)
    it.refresh_from_db()
    assert (it.state, it.code) == ("failed", "SIM-006")
    assert services.work_out(it.number, at=LATER).state == "failed"  # the queue tries once more: it is done with


def test_the_command_line_does_not_wait_for_a_worker(town: Town) -> None:
    it = asked(town)
    Trial.objects.filter(pk=it.pk).update(taken_at=AT, sign_at=AT)
    with pytest.raises(Refused) as no:
        services.simulate(**CHANGE, by=town.surina, at=AT)
    assert no.value.codes == ["SIM-007"]


def test_only_the_region_s_regulator_and_the_operator_ask(town: Town) -> None:
    for who in (town.aygul, town.chen, CLOCK):
        with pytest.raises(Refused) as no:
            asked(town, by=who)
        assert no.value.codes == ["SIM-003"]
    assert asked(town, by=town.he).state == "asked"
    it = Trial.objects.get()
    for verb in ("finish", "fail"):
        with pytest.raises(Refused) as no:
            move(it, verb, by=town.surina, at=AT)
        assert no.value.codes == ["LIF-002"]


def test_a_rule_that_cannot_be_tried_says_why(town: Town) -> None:
    def why(key: str, kind: str = "") -> str:
        return trials.why_not(rulebook.rule(key, region_path="652800/652801", kind=kind, on=AT.date()))

    translation.activate("en")
    assert why("price.above_median_warn") == ""
    assert why("order.delivery_limit") == "It sets a term: what is under way keeps the term it began with."
    assert why("watch.switch", "bait_price") == "It judges offers on the shelf, not purchases."
    assert why("NR-014") == "It belongs to a stage that no purchase of the marketplace passes through."


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_instant_make_one_trial() -> None:
    town = build()
    gate, numbers = threading.Barrier(2), []

    def click() -> None:
        try:
            gate.wait()
            numbers.append(asked(town).number)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _each in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(60)
    assert len(numbers) == 2
    assert len(set(numbers)) == Trial.objects.count() == letters() == 1


def test_progress_leaves_the_row_as_its_last_act_left_it(town: Town) -> None:
    it = asked(town)
    for done in range(1, 3):
        trying._sign(it, LATER, 0.0, done)
    it.refresh_from_db()
    assert it.done == 2
    entry = Entry.objects.get(act="trial.ask", subject=f"trial/{it.number}")
    assert entry.facts["row"] == row_digest(it)
