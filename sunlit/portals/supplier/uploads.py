"""What comes in as a file, kept, with what is wrong told at the field that it came in by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request

UPLOADS_MOST = 20  # taken from one field; the rules of each page are stricter


def kept(request: Request, field: str, *, purpose: str, owner: int | None, by: Actor, public: bool = False) -> list[File]:
    """Every file of the field, kept. Refused: FIL-… at the field, for all files at once."""
    given: Sequence[Any] = request.FILES.getlist(field)[:UPLOADS_MOST]
    found: list[File] = []
    problems: list[Problem] = []
    for upload in given:
        try:
            found.append(files.keep(upload, purpose=purpose, owner=owner, by=by, at=request.now, public=public))
        except Refused as refused:
            problems += (Problem(it.reason, it.params, field) for it in refused.problems)
    if problems:
        raise Refused(*problems)
    return found
