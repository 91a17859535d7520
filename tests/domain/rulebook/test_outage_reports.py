"""Outages that the operator declares: confirmed by a regulator of the top region, they put off as a proved one does; every no has its code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import Extension, Outage, OutageReport, Pulse
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Seat, User
from sunlit.foundation.accounts.queries import actor_of_seat
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import row_digest
from tests.foundation.files.samples import png
from tests.town import NOON, Town, an_order, build

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AFTER = NOON + 6 * HOUR


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Any) -> Town:
    settings.DATA_DIR = tmp_path
    return build()


def declared(town: Town, since: datetime | None = NOON + HOUR, until: datetime | None = NOON + 3 * HOUR, **more: Any) -> OutageReport:
    said: dict[str, Any] = {"evidence": "城域网光缆中断，各单位无法登录。", "by": town.he, "at": AFTER, **more}
    if "file" not in said:
        said["file"] = files.keep(
            ContentFile(png(), "letter.png"), purpose="document", owner=town.he.organisation_id, by=town.he, at=NOON, public=True
        )
    return services.declare_outage(since=since, until=until, **said)


def codes(act: Any, *args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(Refused) as told:
        act(*args, **kwargs)
    return [problem.code for problem in told.value.problems]


def test_confirmed_it_puts_off_as_a_proved_one(town: Town) -> None:
    order = an_order(town)
    until: Any = order.confirm_until
    report = declared(town, until - 2 * HOUR, until - HOUR / 2, at=until - MINUTE)
    order.refresh_from_db()
    assert (report.state, order.confirm_until) == ("reported", until)  # a word alone moves nothing
    done = services.confirm_outage(report, by=town.zheng, at=until - MINUTE)
    order.refresh_from_db()
    assert order.confirm_until == until + timedelta(days=1)  # an hour and a half later is the next working day: its end
    outage = Outage.objects.get()
    assert (done.state, done.outage, done.decider_id) == ("confirmed", outage, town.zheng.person)
    assert (outage.since, outage.until, outage.kinds, outage.count) == (until - 2 * HOUR, until - HOUR / 2, ["declared"], 1)
    assert Extension.objects.get().number == order.number
    acts = list(Entry.objects.filter(subject=f"outage_report/{report.number}").order_by("id").values_list("act", flat=True))
    assert acts == ["outage_report.declare", "outage_report.confirm"]
    assert Entry.objects.get(act="outage_report.confirm").facts["row"] == row_digest(OutageReport.objects.get())
    assert Entry.objects.get(subject=f"outage/{outage.number}").facts["actor"] == town.zheng.user_name


def test_refused_with_a_reason_it_moves_nothing(town: Town) -> None:
    report = declared(town)
    assert codes(services.refuse_outage, report, reason=" ", by=town.zheng, at=AFTER) == ["RUL-030"]
    done = services.refuse_outage(report, reason="运营商证明仅影响一个单位。", by=town.zheng, at=AFTER)
    assert (done.state, done.reason, done.outage) == ("refused", "运营商证明仅影响一个单位。", None)
    assert codes(services.confirm_outage, done, by=town.zheng, at=AFTER) == ["LIF-001"]
    assert Outage.objects.count() == 0
    assert declared(town).state == "reported"  # what was refused does not stand in the way of a better declaration


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ["RUL-034", "RUL-034"]),
        (NOON, NOON, ["RUL-035"]),
        (NOON, AFTER + MINUTE, ["RUL-036"]),
        (NOON, NOON + 9 * MINUTE, ["RUL-037"]),
        (AFTER - timedelta(minutes=4321), AFTER, ["RUL-038"]),
    ],
)
def test_a_time_that_cannot_be_is_refused(town: Town, since: datetime | None, until: datetime | None, expected: list[str]) -> None:
    assert codes(declared, town, since, until) == expected
    assert OutageReport.objects.count() == 0


def test_the_bounds_themselves_are_lawful(town: Town) -> None:
    assert declared(town, NOON, NOON + 10 * MINUTE).state == "reported"
    assert declared(town, NOON - timedelta(minutes=4320), NOON).state == "reported"  # ends where the other begins


def test_it_is_proved_by_words_and_a_file(town: Town) -> None:
    assert codes(declared, town, evidence=" ", file=None) == ["RUL-030", "RUL-040"]


def test_only_the_operator_declares_and_only_the_top_decides(town: Town) -> None:
    assert codes(declared, town, by=town.zheng) == ["LIF-002"]
    report = declared(town)
    for other in (town.surina, town.he, town.aygul):
        assert codes(services.confirm_outage, report, by=other, at=AFTER) == ["LIF-002"]
        assert codes(services.refuse_outage, report, reason="不属实。", by=other, at=AFTER) == ["LIF-002"]
    assert codes(services.confirm_outage, report, by=replace(town.zheng, roles=frozenset({"admin"})), at=AFTER) == ["LIF-002"]


def test_no_minute_counts_twice(town: Town) -> None:
    services.beat(web=True, at=NOON)
    services.beat(web=True, at=NOON + 2 * HOUR)  # proved
    Pulse.objects.bulk_create(Pulse(kind=kind, at=AFTER) for kind in ("web", "worker"))  # it went on
    assert codes(declared, town) == ["RUL-039"]
    later = declared(town, NOON + 2 * HOUR, NOON + 4 * HOUR)
    assert codes(declared, town, NOON + 3 * HOUR, NOON + 5 * HOUR) == ["RUL-039"]  # declared and waiting
    services.confirm_outage(later, by=town.zheng, at=AFTER)
    assert Outage.objects.count() == 2


def test_a_silence_that_goes_on_proves_itself(town: Town) -> None:
    services.beat(web=True, at=NOON + 2 * HOUR)
    assert codes(declared, town, NOON, NOON + 2 * HOUR + MINUTE) == ["RUL-050"]
    assert declared(town, NOON, NOON + 2 * HOUR).state == "reported"
    services.beat(web=True, at=AFTER)
    assert Outage.objects.get().since == NOON + 2 * HOUR


def _a_second_officer(town: Town) -> Actor:
    person = User.objects.create(login="lin", name_zh="林岚", created_at=NOON)
    seat = Seat.objects.create(user=person, organisation_id=town.zheng.party, roles=["officer"])
    actor = actor_of_seat(seat.pk, person.pk)
    assert actor is not None
    return actor


@pytest.mark.django_db(transaction=True)
def test_of_two_regulators_at_once_one_decides(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    town = build()
    order = an_order(town)
    until: Any = order.confirm_until
    report = declared(town, until - 2 * HOUR, until - HOUR / 2, at=until - MINUTE)

    def decide(by: Actor) -> str:
        try:
            services.confirm_outage(OutageReport.objects.get(pk=report.pk), by=by, at=until - MINUTE)
        except Refused as refused:
            return ",".join(problem.code for problem in refused.problems)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, (town.zheng, _a_second_officer(town)))) == ["LIF-001", "done"]
    assert Outage.objects.count() == Extension.objects.filter(number=order.number).count() == 1
    assert queries.outage_reports(state="reported") == []
