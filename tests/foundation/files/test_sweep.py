"""Uploads that came to nothing are let go after a day; what a record names stays, whoever hands in or names at the same moment."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction

from sunlit.foundation.files import services
from sunlit.foundation.files.models import File
from sunlit.foundation.files.stores import the_store
from tests.foundation.files.samples import pdf, png
from tests.foundation.files.test_services import DRAFT, blobs
from tests.town import NOON, Town, build

HOUR = timedelta(hours=1)
NEXT_NIGHT = NOON + timedelta(days=1, hours=1)


def hand_in(town: Town, data: bytes, *, purpose: str = "document", at: datetime = NOON) -> File:
    upload = ContentFile(data, name="upload")
    return services.keep(upload, purpose=purpose, owner=town.shop.pk, by=town.chen, at=at)


def age(store: Path, at: datetime = NOON) -> None:
    """As if everything in the store had been put at this time."""
    for path in store.rglob("*"):
        if path.is_file():
            os.utime(path, (at.timestamp(), at.timestamp()))


def put(data: bytes) -> str:
    """Bytes whose row was never written: the transaction failed after them."""
    name = services._hash(data)
    the_store().put(name, data)
    return name


@pytest.mark.django_db
def test_rows_and_bytes_that_nothing_names_go_after_a_day(own_store: Path) -> None:
    town = build()
    by_table, by_field = hand_in(town, png(), purpose="image"), hand_in(town, pdf(b"/Product 1"))
    town.paper.images.add(by_table)
    town.paper.product.image = by_field
    town.paper.product.save(update_fields=["image"])
    draft, fresh = hand_in(town, pdf(b"/Draft 1"), purpose=DRAFT.name), hand_in(town, pdf(b"/Fresh 1"), at=NEXT_NIGHT - HOUR)
    hand_in(town, pdf(b"/Refused 1"))
    put(b"lost")
    age(own_store)
    late = put(b"late")
    (own_store / late[:2] / late[2:4] / ".new-half").write_bytes(b"ha")
    os.utime(own_store / late[:2] / late[2:4] / ".new-half", (NOON.timestamp(), NOON.timestamp()))
    os.utime(own_store / late[:2] / late[2:4] / late, (NEXT_NIGHT.timestamp(), NEXT_NIGHT.timestamp()))
    assert services.sweep(at=NOON + timedelta(days=1)) == 0  # one moment too early
    assert services.sweep(at=NEXT_NIGHT) == 4  # a row and its bytes, the lost bytes, half a file
    assert set(File.objects.all()) == {by_table, by_field, draft, fresh}
    left = {each for file in (by_table, by_field, draft, fresh) for each in services._hashes_of([file])}
    assert blobs(own_store) == {*left, late}


@pytest.mark.django_db
def test_what_is_handed_in_again_has_another_day(own_store: Path) -> None:
    town = build()
    file = hand_in(town, pdf())
    assert hand_in(town, pdf(), at=NEXT_NIGHT - HOUR) == file
    age(own_store)
    assert services.sweep(at=NEXT_NIGHT) == 0
    assert (File.objects.get().created_at, File.objects.get().handed_in_at) == (NOON, NEXT_NIGHT - HOUR)
    assert file.sha256 in blobs(own_store)


def sweep() -> int:
    """A sweep on a connection of its own."""
    try:
        return services.sweep(at=NEXT_NIGHT)
    finally:
        connection.close()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_what_is_handed_in_and_named_while_the_sweep_runs_stays(own_store: Path) -> None:
    town = build()
    file = hand_in(town, pdf())
    age(own_store)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert hand_in(town, pdf(), at=NEXT_NIGHT) == file
            swept = pool.submit(sweep)
            while not (somebody_waits() or swept.done()):
                pass
            assert not swept.done()  # it waits for this transaction
            town.paper.images.add(file)
        assert swept.result() == 0
    assert (list(town.paper.images.all()), blobs(own_store)) == ([file], {file.sha256})


@pytest.mark.django_db(transaction=True)
def test_who_names_an_old_upload_while_it_goes_fails_and_nothing_dangles(own_store: Path) -> None:
    town = build()
    file = hand_in(town, pdf())
    age(own_store)
    with pytest.raises(IntegrityError):
        _name_while_it_goes(town, file)
    assert (File.objects.count(), town.paper.images.count(), blobs(own_store)) == (0, 0, set())


def _name_while_it_goes(town: Town, file: File) -> None:
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        town.paper.images.add(file)
        assert pool.submit(sweep).result() == 2  # the row and its bytes
