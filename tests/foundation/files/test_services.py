"""Keeping files: checked, cleaned, once, seen by the right people, and gone when their time is over."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.files import purposes, queries, services, stores
from sunlit.foundation.files.models import File
from sunlit.foundation.files.purposes import DOCUMENT, MIB, Purpose
from sunlit.foundation.kernel.refusals import Refused
from tests.foundation.files.conftest import NOON
from tests.foundation.files.samples import gif, jpeg, pdf, picture, png, webp, workbook

DRAFT = purposes.declare(Purpose("test-draft", frozenset({DOCUMENT}), bytes_most=1 * MIB, kept_for=timedelta(days=30)))


def keep(by: Actor, data: bytes, name: str, purpose: str = "document", **more: bool) -> File:
    return services.keep(ContentFile(data, name=name), purpose=purpose, owner=by.organisation_id, by=by, at=NOON, **more)


def blobs(store: Path) -> set[str]:
    return {path.name for path in store.rglob("*") if path.is_file()} if store.exists() else set()


def test_a_document_is_kept_under_its_hash(alice: Actor, own_store: Path) -> None:
    file = keep(alice, pdf(), r"D:\证照\营业执照.PDF")
    sha256 = hashlib.sha256(pdf()).hexdigest()
    assert (file.name, file.kind, file.media_type, file.size, file.sha256) == (
        "营业执照.pdf",
        "document",
        "application/pdf",
        len(pdf()),
        sha256,
    )
    assert (file.owner_id, file.kept_by_id, file.created_at, file.retention_until) == (alice.organisation_id, alice.user_id, NOON, None)
    assert (own_store / sha256[:2] / sha256[2:4] / sha256).read_bytes() == pdf()
    with queries.content(file) as content:
        assert content.read() == pdf()


def test_the_same_file_twice_is_one_row(alice: Actor, own_store: Path) -> None:
    first = keep(alice, pdf(), "a.pdf")
    assert keep(alice, pdf(), "a.pdf") == first
    assert keep(alice, pdf(), "b.pdf") != first
    assert len(blobs(own_store)) == 1


def test_the_platforms_own_file_twice_is_one_row(alice: Actor) -> None:
    first = services.keep(ContentFile(pdf(), name="a.pdf"), purpose="document", owner=None, by=alice, at=NOON)
    assert services.keep(ContentFile(pdf(), name="a.pdf"), purpose="document", owner=None, by=alice, at=NOON) == first


def test_a_picture_loses_place_camera_and_appendix(alice: Actor) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6  # lies on its side
    file = keep(alice, jpeg(exif=exif) + b"<script>alert(1)</script>", "photo.jpg", "image")
    with queries.content(file) as content:
        data = content.read()
    assert b"SecretCamera" not in data
    assert b"script" not in data
    assert (file.width, file.height) == (20, 30)


@pytest.mark.parametrize(("data", "media_type"), [(jpeg(), "image/jpeg"), (png(), "image/png"), (webp(), "image/webp")])
def test_a_picture_keeps_its_format_and_gets_two_copies(alice: Actor, own_store: Path, data: bytes, media_type: str) -> None:
    file = keep(alice, data, "x.bin", "image")
    assert file.media_type == media_type
    assert blobs(own_store) == {file.sha256, file.small_sha256, file.medium_sha256}


def test_copies_are_small_and_large_pictures_are_reduced(alice: Actor) -> None:
    file = keep(alice, picture("JPEG", (3000, 1000)), "wide.jpg", "image")
    assert (file.width, file.height) == (2400, 800)
    for size, expected in (("small", (160, 53)), ("medium", (640, 213))):
        with closing(queries.serve(file, size=size)) as answer:
            assert Image.open(io.BytesIO(answer.getvalue())).size == expected
            assert answer["Content-Type"] == "image/webp"


def test_a_see_through_picture_stays_so(alice: Actor) -> None:
    out = io.BytesIO()
    Image.new("LA", (4, 4), (0, 0)).save(out, "PNG")
    with queries.content(keep(alice, out.getvalue(), "logo.png", "image")) as content:
        assert Image.open(content).getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("data", "name", "purpose", "code"),
    [
        (b"", "empty.pdf", "document", "FIL-001"),
        (pdf() + bytes(10 * MIB), "big.pdf", "document", "FIL-002"),
        (pdf(b" " * MIB), "big.pdf", "test-draft", "FIL-002"),
        (b"MZ\x90\x00 program", "invoice.pdf", "document", "FIL-003"),
        (gif(), "moving.jpg", "image", "FIL-003"),
        (pdf(), "really.jpg", "image", "FIL-003"),
        (b"a,b\n", "table.pdf", "document", "FIL-003"),
        (workbook(), "book.csv", "image", "FIL-003"),
        (png(), "png.xlsx", "sheet", "FIL-003"),
        (b"<svg onload='alert(1)'/>", "logo.png", "image", "FIL-004"),
        (b"<html><body>", "table.csv", "sheet", "FIL-004"),
        (pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "p.pdf", "document", "FIL-005"),
        (pdf(b"/Launch "), "p.pdf", "document", "FIL-005"),
        (pdf()[:-8], "cut.pdf", "document", "FIL-006"),
        (b"a,b\n\x00\x01", "table.csv", "sheet", "FIL-007"),
        (picture("PNG", (8000, 5001)), "huge.png", "image", "FIL-010"),
        (jpeg()[:200], "cut.jpg", "image", "FIL-011"),
        (workbook(extra={"xl/vbaProject.bin": b"x"}), "m.xlsx", "sheet", "FIL-023"),
    ],
)
def test_what_is_refused_leaves_nothing(alice: Actor, own_store: Path, data: bytes, name: str, purpose: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        keep(alice, data, name, purpose)
    assert refused.value.codes == [code]
    assert refused.value.problems[0].on == "file"
    assert name in refused.value.problems[0].message
    assert not File.objects.exists()
    assert blobs(own_store) == set()


def test_everybody_sees_public_files_an_organisation_its_own(alice: Actor, bob: Actor) -> None:
    shown = keep(alice, png(), "paper.png", "image", public=True)
    own = keep(alice, pdf(), "licence.pdf")
    assert queries.get(own.pk, seen_by=alice) == own
    assert queries.get(shown.pk, seen_by=NOBODY) == shown
    for stranger in (bob, NOBODY):
        with pytest.raises(File.DoesNotExist):
            queries.get(own.pk, seen_by=stranger)


def test_the_platforms_private_files_are_nobodys(alice: Actor) -> None:
    file = services.keep(ContentFile(pdf(), name="a.pdf"), purpose="document", owner=None, by=alice, at=NOON)
    with pytest.raises(File.DoesNotExist):
        queries.get(file.pk, seen_by=NOBODY)


def test_an_answer_that_no_browser_will_run(alice: Actor) -> None:
    with closing(queries.serve(keep(alice, pdf(), "营业执照.pdf"))) as answer:
        assert answer.getvalue() == pdf()
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E8%90%A5%E4%B8%9A%E6%89%A7%E7%85%A7.pdf"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_public_picture_is_shown_in_the_page_and_cached_by_all(alice: Actor) -> None:
    with closing(queries.serve(keep(alice, png(), "paper.png", "image", public=True))) as answer:
        assert answer["Content-Disposition"] == 'inline; filename="paper.png"'
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


def test_what_is_over_is_forgotten_unless_another_row_names_it(
    alice: Actor, bob: Actor, own_store: Path, django_capture_on_commit_callbacks
) -> None:
    draft, other = keep(alice, pdf(), "draft.pdf", "test-draft"), keep(bob, pdf(b"/Other 1"), "other.pdf", "test-draft")
    kept = keep(bob, pdf(), "contract.pdf")
    assert draft.retention_until == NOON + timedelta(days=30)
    assert services.forget_expired(at=NOON + timedelta(days=29)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert services.forget_expired(at=NOON + timedelta(days=30)) == 2
    assert list(File.objects.all()) == [kept]
    assert other.sha256 != kept.sha256
    assert blobs(own_store) == {kept.sha256}


def test_a_half_written_file_is_never_there(own_store: Path, monkeypatch) -> None:
    def no_space(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        stores.FileSystemStore(own_store).put("a" * 64, b"data")
    assert blobs(own_store) == set()
