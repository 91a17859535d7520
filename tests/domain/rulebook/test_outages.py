"""Fairness of deadlines: the platform proves its own outages, and what fell into one is put off for all alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models
from hypothesis import given, settings
from hypothesis import strategies as st

from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import Extension, Outage, Pulse
from sunlit.domain.rulebook.rules.outages import owed
from sunlit.foundation import deadlines
from sunlit.foundation.kernel.clock import end_of_day
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import lives, row_digest
from sunlit.foundation.outbox import queue, rounds
from tests.town import NOON, Town, an_order, build

MINUTE = timedelta(minutes=1)


@pytest.fixture
def town(db: None) -> Town:
    return build()


def pulses(*at: datetime, web: bool = True) -> None:
    for each in at:
        assert services.beat(web=web, at=each)


def test_a_steady_pulse_is_no_outage(town: Town) -> None:
    pulses(*(NOON + n * MINUTE for n in range(5)), NOON + 14 * MINUTE)  # ten minutes are still a restart
    assert Outage.objects.count() == 0
    assert Pulse.objects.count() == 12


def test_a_deadline_in_an_outage_is_put_off_and_does_not_lapse(town: Town) -> None:
    order = an_order(town)
    assert order.confirm_until == datetime(2026, 3, 4, 16, tzinfo=UTC)  # two working days: the end of Wednesday in China
    away, back = order.confirm_until - timedelta(hours=3), order.confirm_until + timedelta(hours=2)
    pulses(away)
    pulses(back)
    order.refresh_from_db()
    assert order.confirm_until == datetime(2026, 3, 5, 16, tzinfo=UTC)  # five hours later is Thursday: its end
    assert market.lapse_due(back) == 0
    outage = Outage.objects.get()
    assert (outage.since, outage.until, outage.kinds, outage.count) == (away, back, ["web", "worker"], 1)
    told = Extension.objects.get(outage=outage)
    assert (told.kind, told.number, told.field) == ("order", order.number, "confirm_until")
    entry = Entry.objects.get(subject=f"order/{order.number}", act="deadline.extend")
    assert entry.facts["outage"] == outage.number
    assert entry.facts["row"] == row_digest(order)  # the audit holds sealed columns against it
    assert (entry.facts["before"], entry.facts["after"]) == ("2026-03-04 24:00", "2026-03-05 24:00")
    assert Entry.objects.get(subject=f"outage/{outage.number}").facts["digest"] == outage.digest
    assert market.lapse_due(order.confirm_until) == 1


def test_three_days_down_are_caught_up_at_once(town: Town) -> None:
    order = an_order(town)
    pulses(NOON)
    back = NOON + timedelta(days=3)
    pulses(back)
    order.refresh_from_db()
    # Wednesday's end and three days are Saturday's: Monday
    assert order.confirm_until == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert market.lapse_due(back) == 0


@pytest.mark.parametrize(
    ("hours_before", "hours_after", "moved"),
    [(3, -1, True), (-2, 4, False), (4, -2, True), (5, -2.5, False)],
    ids=[
        "in the hours left there were fewer",
        "ended before it",
        "as many hours left as it took, less one instant",
        "enough time after it",
    ],
)
def test_who_had_as_long_again_after_it_is_not_put_off(town: Town, hours_before: float, hours_after: float, moved: bool) -> None:
    order = an_order(town)
    until = order.confirm_until
    assert until is not None
    since, back = until - timedelta(hours=hours_before), until + timedelta(hours=hours_after)
    if hours_before == 4:
        back += MINUTE
    Pulse.objects.create(kind="worker", at=since)
    services.beat(web=False, at=back)
    order.refresh_from_db()
    assert (order.confirm_until != until) is moved


def test_while_the_web_is_away_the_rounds_wait(town: Town) -> None:
    assert services.beat(web=False, at=NOON - MINUTE)  # one that never answered is not expected to
    pulses(NOON)
    told = [services.beat(web=False, at=NOON + n * MINUTE) for n in range(1, 13)]
    assert told == [False] * 12
    assert services.beat(web=True, at=NOON + 13 * MINUTE)
    outage = Outage.objects.get()
    assert (outage.kinds, outage.since, outage.until) == (["web"], NOON, NOON + 13 * MINUTE)


def test_a_platform_without_a_rulebook_is_not_watched(db: None) -> None:
    queries.forget()
    assert services.beat(web=True, at=NOON)
    assert Pulse.objects.count() == 0


def test_old_pulses_are_forgotten_but_the_last(town: Town) -> None:
    pulses(NOON, NOON + MINUTE)
    assert services.forget_pulses(at=NOON + timedelta(days=91)) == 2
    assert {(it.kind, it.at) for it in Pulse.objects.all()} == {("worker", NOON + MINUTE), ("web", NOON + MINUTE)}


def test_a_deadline_at_an_instant_moves_exactly(town: Town) -> None:
    assert queries.moved_on(NOON, timedelta(hours=5), region_path="") == NOON + timedelta(hours=5)
    friday = end_of_day(datetime(2026, 3, 6).date())
    assert queries.moved_on(friday, timedelta(hours=1), region_path="") == end_of_day(datetime(2026, 3, 9).date())


seconds = st.integers(0, 40)


@settings(max_examples=400, deadline=None)
@given(since=seconds, lasts=seconds, suspended=seconds, held=seconds, left=st.integers(1, 40), late=seconds)
def test_a_suspension_and_an_outage_put_off_the_same_in_any_order(
    since: int, lasts: int, suspended: int, held: int, left: int, late: int
) -> None:
    """Against a model that counts second by second. The deadline ran when it was suspended; the outage is confirmed before it goes on, or after."""

    def at(second: int) -> datetime:
        return NOON + timedelta(seconds=second)

    until, resumed, deadline, confirmed = since + lasts, suspended + held, suspended + left, since + lasts + late
    running = [second not in range(suspended, resumed) for second in range(200)]
    lost = sum(running[since:until])
    harmed = sum(running[:since]) <= deadline < sum(running[:until]) + lost
    away, pause = (at(since), at(until)), (at(suspended), at(resumed))
    if confirmed <= suspended:
        said = owed(at(deadline), away, still=[], suspended=[])
    elif confirmed < resumed:
        said = owed(at(deadline), away, still=[], suspended=[(at(suspended), at(confirmed))])
    else:
        said = owed(at(deadline + held), away, still=[pause], suspended=[])
    assert said == timedelta(seconds=lost if harmed else 0)


# The order of the clock


def test_the_look_comes_before_every_round(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    answers = iter([False, True])

    def look() -> bool:
        done.append("look")
        return next(answers)

    monkeypatch.setattr(rounds, "_first", {"look": look})
    monkeypatch.setattr(rounds, "_minutely", {"lapse": lambda: done.append("lapse"), "sweep": lambda: done.append("sweep")})
    monkeypatch.setattr(rounds, "_waiting", {"lapse"})
    queue.make_rounds(0)
    assert done == ["look", "sweep"]  # only what lets deadlines lapse waits
    queue.make_rounds(60)
    assert done == ["look", "sweep", "look", "lapse", "sweep"]


def test_while_the_web_is_away_payments_go_on_and_no_deadline_lapses() -> None:
    waiting = set(rounds.minutely()) - set(rounds.minutely(well=False))
    assert waiting == {
        "domain.market.reactions.make_the_round",
        "domain.market.reactions.end_the_terms_to_quote",
        "domain.market.reactions.look_after_auctions",
        "domain.market.reactions.look_after_batches",
        "domain.supervision.reactions.mind_the_terms",
    }
    assert "domain.contracts.reactions.ask_after_payments" in rounds.minutely(well=False)


def test_a_web_that_is_silent_for_longer_than_a_break_is_told(town: Town) -> None:
    assert queries.web_pulse(at=NOON) == (None, False)
    pulses(NOON)
    assert queries.web_pulse(at=NOON + 10 * MINUTE) == (NOON, False)
    assert queries.web_pulse(at=NOON + 11 * MINUTE) == (NOON, True)


def test_a_look_that_fails_keeps_the_rounds_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble() -> bool:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(rounds, "_first", {"look": stumble})
    assert not queue.may_go_round()


def test_the_pulse_is_felt_first() -> None:
    assert "domain.rulebook.reactions.feel_the_pulse" in rounds.first()


# Everybody's deadlines


def test_every_deadline_is_declared_or_said_to_stand() -> None:
    columns = {(life.model, it.name) for life in lives().values() for it in life.model._meta.get_fields() if it.name.endswith("_until")}
    assert [f"{model.__name__}.{name}" for model, name in columns if not deadlines.is_told(model, name)] == []
    for each in deadlines.all_of_them():
        assert isinstance(each.model._meta.get_field(each.field), models.DateTimeField)
        assert set(each.while_in) <= set(next(life for life in lives().values() if life.model is each.model).states)


@pytest.mark.django_db(transaction=True)
def test_two_workers_establish_an_outage_once() -> None:
    town = build()
    order = an_order(town)
    pulses(NOON)
    until: Any = order.confirm_until

    def come_back(seconds: int) -> bool:
        try:
            return services.beat(web=True, at=until + timedelta(seconds=seconds))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(come_back, (0, 1))) == [True, True]
    assert Outage.objects.count() == 1
    assert Extension.objects.filter(number=order.number).count() == 1
    assert Order.objects.get().confirm_until > until
