"""Locks with real keepers: made, put off, opened by those who answer; what is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sunlit.foundation.gateways.keepers import the_keepers
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.seals import services
from sunlit.foundation.seals.envelopes import CannotOpen
from sunlit.foundation.seals.models import Envelope, Lock
from tests import town as towns
from tests.keepers import Keepers, on_duty

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
OPENS = NOON + timedelta(days=2)


@pytest.fixture
def keepers(tmp_path: Path) -> Iterator[Keepers]:
    with on_duty(tmp_path, NOON) as keepers:
        yield keepers


@pytest.fixture
def town() -> towns.Town:
    return towns.build()


def a_lock() -> Lock:
    return services.make_lock("XJ-1", opens_at=OPENS, region_path="652800", at=NOON)


def told(act: str) -> list[dict[str, object]]:
    return [entry.facts for entry in Entry.objects.filter(act=act).order_by("id")]


def test_nothing_opens_before_its_time_and_two_of_three_do_then(keepers: Keepers, town: towns.Town) -> None:
    lock = a_lock()
    envelope = services.put_in(lock, b"1280.00", owner_id=town.shop.pk, at=NOON)
    early = services.gather(lock, at=NOON)
    assert (early.enough, [name for name, _why in early.missing]) == (False, ["notary", "court", "archive"])
    with pytest.raises(CannotOpen, match="0 of 2"):
        services.open_envelope(envelope, list(lock.releases.all()))
    keepers.now = OPENS
    keepers.shut("court")
    opening = services.gather(lock, at=OPENS)
    assert opening.enough
    assert [name for name, _why in opening.missing] == ["court"]
    assert services.open_envelope(envelope, list(lock.releases.all())) == b"1280.00"
    assert [facts["keeper"] for facts in told("seal.release")] == ["notary", "archive"]


def test_with_two_keepers_away_the_opening_waits_and_says_for_whom(keepers: Keepers) -> None:
    lock = a_lock()
    keepers.now = OPENS
    keepers.shut("court", "archive")
    waiting = services.gather(lock, at=OPENS)
    assert not waiting.enough
    assert {name: why.split(":")[1].strip() for name, why in waiting.missing} == {"court": "ConnectError", "archive": "ConnectError"}
    keepers.open("archive")
    assert services.gather(lock, at=OPENS).enough
    assert services.gather(lock, at=OPENS).enough  # asked again, nobody is told twice
    assert len(told("seal.release")) == 2


def test_a_keeper_whose_clock_is_slow_is_waited_for_or_done_without(keepers: Keepers) -> None:
    lock = a_lock()
    keepers.now = OPENS
    keepers.clock["notary"] = OPENS - timedelta(minutes=3)
    opening = services.gather(lock, at=OPENS)
    assert (opening.enough, opening.missing) == (True, (("notary", "opens at 2026-03-04 04:00:00Z"),))


def test_a_keeper_whose_clock_is_fast_opens_nothing_alone(keepers: Keepers, town: towns.Town) -> None:
    lock = a_lock()
    envelope = services.put_in(lock, b"1280.00", owner_id=town.shop.pk, at=NOON)
    keepers.clock["notary"] = OPENS + timedelta(days=1)
    assert not services.gather(lock, at=NOON).enough
    with pytest.raises(CannotOpen, match="1 of 2"):
        services.open_envelope(envelope, list(lock.releases.all()))


def test_another_key_than_the_announced_one_is_not_taken(keepers: Keepers) -> None:
    lock = a_lock()
    (keepers.folder / "court.sqlite3").unlink()
    keepers.shut("court")
    keepers.open("court")
    services.make_lock("XJ-2", opens_at=OPENS, region_path="", at=NOON)
    next(it for it in the_keepers() if it.name == "court").make("XJ-1", OPENS)  # it lost its book, and made a new key
    keepers.now = OPENS
    opening = services.gather(lock, at=OPENS)
    assert (opening.enough, opening.missing) == (True, (("court", "the key is not the one that was announced"),))


def test_no_lock_without_all_keepers(keepers: Keepers) -> None:
    keepers.shut("archive")
    with pytest.raises(Refused) as refused:
        a_lock()
    assert refused.value.codes == ["SEA-001"]
    assert not Lock.objects.exists()
    keepers.open("archive")
    assert [row["keeper"] for row in a_lock().recipients] == ["notary", "court", "archive"]
    [facts] = told("seal.lock")
    assert (facts["needed"], facts["opens_at"]) == (2, "2026-03-04T04:00:00.000000Z")


def test_it_is_put_off_at_every_keeper_or_not_at_all(keepers: Keepers) -> None:
    lock, later = a_lock(), OPENS + timedelta(days=1)
    keepers.shut("archive")
    with pytest.raises(Refused) as refused:
        services.put_off(lock, opens_at=later, at=NOON)
    assert refused.value.codes == ["SEA-002"]
    assert Lock.objects.get().opens_at == OPENS
    keepers.open("archive")
    assert services.put_off(lock, opens_at=later, at=NOON).opens_at == later
    keepers.now = OPENS
    assert not services.gather(lock, at=OPENS).enough


def test_a_new_envelope_destroys_the_old_one_and_a_swapped_one_is_noticed(keepers: Keepers, town: towns.Town) -> None:
    lock = a_lock()
    services.put_in(lock, b"first", owner_id=town.shop.pk, at=NOON)
    mine = services.put_in(lock, b"second", owner_id=town.shop.pk, at=NOON)
    others = services.put_in(lock, b"third", owner_id=town.corner.pk, at=NOON)
    assert Envelope.objects.count() == 2
    keepers.now = OPENS
    services.gather(lock, at=OPENS)
    releases = list(lock.releases.all())
    assert services.open_envelope(mine, releases) == b"second"
    mine.content = others.content
    with pytest.raises(CannotOpen, match="not the envelope that came in"):
        services.open_envelope(mine, releases)
    mine.digest = others.digest
    with pytest.raises(CannotOpen, match="another's"):
        services.open_envelope(mine, releases)
    assert json.loads(bytes(others.content))["needed"] == 2
    services.destroy(lock)
    assert not Envelope.objects.exists()
