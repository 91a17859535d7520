"""Keeping files: checked, cleaned, stored under the hash of their content; and letting them go when their time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from django.core.files.base import File as Upload
from django.db import connection, transaction
from django.db.models import Exists, ForeignObjectRel, ManyToManyRel, OuterRef, QuerySet

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import pictures, purposes, rules
from sunlit.foundation.files.models import File
from sunlit.foundation.files.stores import the_store
from sunlit.foundation.kernel.refusals import check

FORGET_ROWS = 500
UNNAMED_FOR = timedelta(days=1)
STORE_LOCK = 0x46494C4553  # 'FILES'


def keep(upload: Upload[Any], *, purpose: str, owner: int | None, by: Actor, at: datetime, public: bool = False) -> File:
    """Check the upload by its content and keep it for the organisation `owner` (its id). The same file again gives the same row.

    Raises Refused (FIL-001 …). The bytes are durable in the store before the row that names them is written.
    """
    aim = purposes.named(purpose)
    given, data = looked_at(upload, purpose=purpose)
    media_type = rules.type_of(data)
    kind, extension = rules.TYPES[media_type]
    contents = [data]
    facts: dict[str, Any] = {"kind": kind, "media_type": media_type}
    if kind == purposes.IMAGE:
        picture = pictures.redrawn(given, data)
        contents = [picture.data, picture.small, picture.medium]
        facts |= {
            "width": picture.width,
            "height": picture.height,
            "small_sha256": _hash(picture.small),
            "medium_sha256": _hash(picture.medium),
        }
    with transaction.atomic():
        _hold_store(shared=True)
        for content in contents:
            the_store().put(_hash(content), content)
        file, created = File.objects.get_or_create(
            owner_id=owner,
            purpose=purpose,
            public=public,
            sha256=_hash(contents[0]),
            name=rules.clean_name(given, extension),
            defaults={
                **facts,
                "size": len(contents[0]),
                "kept_by_id": by.user_id,
                "created_at": at,
                "handed_in_at": at,
                "retention_until": at + aim.kept_for if aim.kept_for else None,
            },
        )
        if not created:
            File.objects.filter(pk=file.pk, handed_in_at__lt=at).update(handed_in_at=at)
    return file


def looked_at(upload: Upload[Any], *, purpose: str) -> tuple[str, bytes]:
    """Its name and its bytes, where they may be kept for this purpose. Refused (FIL-001 …) as in keeping them."""
    aim = purposes.named(purpose)
    given = str(upload.name or "file")
    check(rules.has_a_fitting_size(given, upload.size, aim))
    upload.seek(0)
    data: bytes = upload.read()
    media_type = rules.type_of(data)
    check(rules.is_of_an_accepted_type(given, data, media_type, aim))
    check(rules.is_safe_inside(given, data, media_type))
    return given, data


def forget_expired(*, at: datetime) -> int:
    """Delete the rows whose retention is over, and the bytes that no other row names. Returns how many rows went."""
    with transaction.atomic():
        gone = list(File.objects.select_for_update(skip_locked=True).filter(retention_until__lte=at).order_by("id")[:FORGET_ROWS])
        File.objects.filter(pk__in=[file.pk for file in gone]).delete()
        transaction.on_commit(lambda: _drop_unnamed(_hashes_of(gone)))
    return len(gone)


def sweep(*, at: datetime) -> int:
    """Let uploads go that came to nothing: rows that no record names, bytes that no row names, each older than a day. Returns how many rows and contents went.

    Rows with a retention of their own stay until it is over.
    """
    before = at - UNNAMED_FOR
    rows = sum(iter(lambda: _sweep_rows(before), 0))
    left = sum(_drop_unnamed(set(names)) for names in _batches(the_store().older_than(before), FORGET_ROWS))
    return rows + left + the_store().clear_away(before)


def _batches(names: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(names)
    while batch := list(islice(left, size)):
        yield batch


def _sweep_rows(before: datetime) -> int:
    """One batch. Nobody hands anything in meanwhile, so that a row cannot be handed in again and go at the same moment; whoever names one of
    these rows just now either is seen, or waits and fails: the second look comes after the rows are held.
    """
    with transaction.atomic():
        _hold_store(shared=False)
        unnamed = _unnamed(File.objects.filter(handed_in_at__lt=before, retention_until=None))
        held = list(unnamed.select_for_update(skip_locked=True).order_by("id")[:FORGET_ROWS])
        _all, rows = _unnamed(File.objects.filter(pk__in=[file.pk for file in held])).delete()
    return rows.get("files.File", 0)


def _unnamed(files: QuerySet[File]) -> QuerySet[File]:
    """Those that no record of any app names, by a field of its own or by a table between."""
    for relation in File._meta.get_fields(include_hidden=True):  # noqa: SLF001 (Django's own way to what refers to a model)
        if isinstance(relation, ForeignObjectRel) and not isinstance(relation, ManyToManyRel):
            naming: QuerySet[Any] = QuerySet(relation.related_model).filter(**{relation.field.name: OuterRef("pk")})
            files = files.filter(~Exists(naming))
    return files


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hold_store(*, shared: bool) -> None:
    """Until commit: many may add to the store at once, but nobody adds while bytes are dropped, or a row could name dropped bytes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}(%s)", [STORE_LOCK])


def _hashes_of(files: list[File]) -> set[str]:
    return set(chain.from_iterable((file.sha256, file.small_sha256, file.medium_sha256) for file in files)) - {""}


def _drop_unnamed(hashes: set[str]) -> int:
    """Remove those bytes that no row names; the second look comes while nobody adds. Returns how many went."""
    if not _without_row(hashes):
        return 0
    with transaction.atomic():
        _hold_store(shared=False)
        gone = _without_row(hashes)
        for sha256 in sorted(gone):
            the_store().remove(sha256)
    return len(gone)


def _without_row(hashes: set[str]) -> set[str]:
    for name in ("sha256", "small_sha256", "medium_sha256"):
        hashes = hashes - set(File.objects.filter(**{f"{name}__in": hashes}).values_list(name, flat=True))
    return hashes
