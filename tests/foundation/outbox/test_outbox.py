"""The outbox: told if and only if the deed stands, at least once, and never lost silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.foundation.kernel.limits import EVENT_TRIES
from sunlit.foundation.messages import services as messages
from sunlit.foundation.messages.models import Message
from sunlit.foundation.outbox import events, queries, queue, rounds, services
from sunlit.foundation.outbox.events import Event, announce, event, hears
from sunlit.foundation.outbox.models import Failure
from tests.town import NOON, build


@event
class KettleBoiled(Event):
    """Only for this file."""

    kitchen: str
    litres: int


heard: list[KettleBoiled] = []
trouble: list[Exception] = []


@hears(KettleBoiled)
def make_the_tea(event: KettleBoiled) -> None:
    if trouble:
        raise trouble[0]
    heard.append(event)


@hears(KettleBoiled)
def write_it_down(event: KettleBoiled) -> None:
    """Another listener: one's trouble is not the other's."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    heard.clear()
    trouble.clear()
    yield
    trouble.clear()


def jobs() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name="deliver", args__event="KettleBoiled").order_by("pk"))


def tea_jobs() -> list[ProcrastinateJob]:
    return [job for job in jobs() if job.args["listener"].endswith("make_the_tea")]


@pytest.mark.django_db
def test_an_announcement_is_a_job_for_each_listener_with_plain_values() -> None:
    announce(KettleBoiled(kitchen="北食堂", litres=3))
    assert [(job.args["listener"].rpartition(".")[2], job.args["data"], job.status) for job in jobs()] == [
        ("make_the_tea", {"kitchen": "北食堂", "litres": 3}, "todo"),
        ("write_it_down", {"kitchen": "北食堂", "litres": 3}, "todo"),
    ]


@pytest.mark.django_db
def test_what_is_rolled_back_was_never_announced() -> None:
    with transaction.atomic():
        announce(KettleBoiled(kitchen="北食堂", litres=3))
        assert len(jobs()) == 2
        transaction.set_rollback(True)
    assert jobs() == []


@pytest.mark.django_db
def test_a_listener_gets_back_what_was_announced() -> None:
    announce(KettleBoiled(kitchen="北食堂", litres=3))
    events.deliver(**tea_jobs()[0].args)
    assert heard == [KettleBoiled(kitchen="北食堂", litres=3)]


@pytest.mark.django_db
def test_a_letter_to_a_listener_that_is_gone_is_an_error() -> None:
    with pytest.raises(KeyError):
        events.deliver(listener="nobody.at.home", event="KettleBoiled", data={"kitchen": "", "litres": 0})
    with pytest.raises(AssertionError):
        events.deliver(listener=next(name for name in events.listeners() if name.endswith("make_the_tea")), event="OrderMoved", data={})


def test_events_are_declared_once_and_hold_plain_values_only() -> None:
    with pytest.raises(AssertionError, match="declared twice"):
        event(type("KettleBoiled", (Event,), {"__annotations__": {"kitchen": "str"}}))
    with pytest.raises(AssertionError, match="not plain"):
        event(type("KettleExploded", (Event,), {"__annotations__": {"cost": "Decimal"}}))
    with pytest.raises(AssertionError, match="registered twice"):
        hears(KettleBoiled)(make_the_tea)


def test_every_reaction_is_found_when_the_house_stands() -> None:
    found = events.listeners()
    assert found["domain.market.reactions.tell_who_must_act"] == "OrderMoved"
    assert found["domain.disclosure.reactions.publish_the_deal"] == "OrderMoved"
    assert found["domain.registry.reactions.tell_the_regulators"] == "ApplicationSubmitted"


@pytest.mark.django_db
def test_a_listener_that_is_told_twice_does_it_once() -> None:
    town = build()

    def tell() -> int:
        return messages.tell(
            template="application.submitted", organisation_id=town.bureau.pk, params={"number": "RZ-1"}, at=NOON, dedupe="RZ-1/submitted/1"
        )

    assert (tell() > 0, tell(), Message.objects.filter(dedupe_key="RZ-1/submitted/1", user_id=town.surina.person).count()) == (True, 0, 1)


# With a real worker


def work() -> None:
    """Everything that is due now, by a worker that then goes home."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    app.with_connector(connector).run_worker(wait=False, install_signal_handlers=False, listen_notify=False, queues=["events"])


def let_the_pause_pass() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


@pytest.fixture
def empty_queue(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queue's tables stand outside the models: emptied by hand, before and after. The worker's threads leave no connection behind."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    _empty()
    yield
    _empty()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_workers CASCADE")


@pytest.mark.usefixtures("empty_queue")
def test_a_worker_delivers_what_was_committed() -> None:
    announce(KettleBoiled(kitchen="北食堂", litres=3))
    work()
    assert heard == [KettleBoiled(kitchen="北食堂", litres=3)]
    assert [job.status for job in jobs()] == ["succeeded", "succeeded"]


@pytest.mark.usefixtures("empty_queue")
def test_a_letter_that_nobody_can_take_is_tried_again_and_ends_among_the_dead_with_its_reason() -> None:
    trouble.append(RuntimeError("no tea left"))
    announce(KettleBoiled(kitchen="北食堂", litres=3))
    for _turn in range(EVENT_TRIES + 1):
        work()
        let_the_pause_pass()
    [dead] = tea_jobs()
    assert (dead.status, heard) == ("failed", [])
    assert dead.attempts in {EVENT_TRIES, EVENT_TRIES + 1}
    assert [job.status for job in jobs() if job.pk != dead.pk] == ["succeeded"]
    [letter] = queries.dead_letters().letters
    assert (letter.number, letter.event, letter.error, letter.data) == (
        dead.pk,
        "KettleBoiled",
        "RuntimeError: no tea left",
        {"kitchen": "北食堂", "litres": 3},
    )
    trouble.clear()
    services.retry_letter(dead.pk, by=build().he, at=NOON)
    let_the_pause_pass()
    work()
    assert heard == [KettleBoiled(kitchen="北食堂", litres=3)]
    assert queries.dead_count() == 0
    services.forget_failures()
    assert Failure.objects.count() == 0


@pytest.mark.usefixtures("empty_queue")
def test_a_short_trouble_costs_a_try_and_nothing_else() -> None:
    trouble.append(ConnectionError("the kitchen is shut"))
    announce(KettleBoiled(kitchen="北食堂", litres=3))
    work()
    [waiting] = tea_jobs()
    assert (waiting.status, waiting.attempts) == ("todo", 1)
    assert waiting.scheduled_at is not None
    trouble.clear()
    let_the_pause_pass()
    work()
    assert (heard, tea_jobs()[0].status) == ([KettleBoiled(kitchen="北食堂", litres=3)], "succeeded")


# Rounds


def test_the_rounds_are_known_by_name() -> None:
    assert {"domain.market.reactions.make_the_round", "domain.registry.reactions.end_suspensions"} <= set(rounds.minutely())
    assert "foundation.outbox.reactions.tidy_up" in rounds.daily()


def test_a_round_that_fails_does_not_keep_the_others_from_theirs() -> None:
    done: list[str] = []

    def stumble() -> None:
        raise RuntimeError("a stone on the way")

    queue._make({"first": stumble, "second": lambda: done.append("second")})
    assert done == ["second"]


def test_a_round_is_registered_once() -> None:
    known: dict[str, Any] = {}

    def walk() -> None: ...

    assert rounds._register(known, walk) is walk
    with pytest.raises(AssertionError, match="registered twice"):
        rounds._register(known, walk)


@pytest.mark.django_db
def test_the_night_forgets_what_is_over(settings: Any, tmp_path: Any) -> None:
    from datetime import timedelta

    from sunlit.foundation.accounts.models import Session
    from sunlit.foundation.kernel import clock
    from sunlit.foundation.outbox.models import Once
    from sunlit.foundation.outbox.reactions import tidy_up

    settings.DATA_DIR = tmp_path
    now = clock.now()
    for key, age in (("old", 8), ("new", 6)):
        Once.objects.create(key=key, request_hash="", at=now - timedelta(days=age))
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=7 - age))
    tidy_up()
    assert (list(Once.objects.values_list("key", flat=True)), list(Session.objects.values_list("session_key", flat=True))) == (
        ["new"],
        ["new"],
    )
