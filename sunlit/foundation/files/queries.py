"""Asking for files, and handing one out over HTTP."""

from __future__ import annotations

from typing import BinaryIO

from django.http import FileResponse

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files.models import File
from sunlit.foundation.files.policies import visible_to
from sunlit.foundation.files.purposes import IMAGE
from sunlit.foundation.files.stores import the_store

__all__ = ["File", "content", "get", "serve"]

YEAR_SECONDS = 31_536_000


def get(pk: int, *, seen_by: Actor) -> File:
    """The file, when the actor may see it; raises File.DoesNotExist otherwise."""
    return visible_to(seen_by).get(pk=pk)


def content(file: File) -> BinaryIO:
    """The bytes, to be read and closed by the caller."""
    return the_store().open(file.sha256)


def serve(file: File, *, size: str = "") -> FileResponse:
    """The file as an answer that no browser will run. `size` 'small' (160 px) or 'medium' (640 px) gives an image's WebP copy."""
    copy = {"small": file.small_sha256, "medium": file.medium_sha256}.get(size, "")
    sha256, media_type = (copy, "image/webp") if copy else (file.sha256, file.media_type)
    is_image = file.kind == IMAGE
    name = f"{file.name.rpartition('.')[0]}.webp" if copy else file.name
    answer = FileResponse(the_store().open(sha256), as_attachment=not is_image, filename=name, content_type=media_type)
    answer["Cache-Control"] = f"{'public' if file.public else 'private'}, max-age={YEAR_SECONDS}, immutable"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["ETag"] = f'"{sha256}"'
    return answer
