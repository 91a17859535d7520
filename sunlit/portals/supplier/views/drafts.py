"""Answers that were begun: kept from the form of any mode, continued there, or discarded."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final, cast

from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.market.queries import workbench
from sunlit.domain.market.rules.opportunities import DRAFTED, PAPERS
from sunlit.domain.market.services import drafts as services
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404, see_other
from sunlit.portals.ui.toasts import tell

SALES: Final = ("sales", "admin")
OF_THE_PAGE: Final = ("csrfmiddlewaretoken", "verb", "_once", "expected", "draft")  # what a form posts beside its fields


def draft_of(request: Request, mode: str, number: str, part: int = 0) -> workbench.Draft | None:
    """The own organisation's draft, for those who may hand it in."""
    return workbench.draft(mode, number, part, seen_by=request.actor) if request.actor.has(*SALES) else None


def filled(request: Request, draft: workbench.Draft | None) -> Mapping[str, Any]:
    """What the fields of a form say: as posted, else as the draft has it."""
    return request.POST if request.method == "POST" else draft.told if draft else {}


def keep(request: Request, mode: str, number: str, part: int = 0) -> None:
    """Keep what was filled in so far."""
    told = {name: str(value) for name, value in request.POST.items() if name not in OF_THE_PAGE}
    papers: dict[str, Any] = {name: request.FILES[name] for name in PAPERS.get(mode, ()) if name in request.FILES}
    seen = row_id(request.POST.get("draft", "")) or 0
    services.save_draft(mode, number, told, papers=papers, part=part, seen=seen, by=request.actor, at=request.now)
    tell(request, _("The draft is saved. It is not handed in: do that before the deadline."))


@door(kind="supplier", roles=SALES, methods=("GET",))
def paper(request: Request, mode: str, number: str, part: int, field: str) -> HttpResponse:
    """A file that the own draft keeps, to be saved: no browser runs it, none keeps it."""
    found: workbench.Paper = found_or_404(workbench.paper(mode, number, field, part, seen_by=request.actor))
    answer = FileResponse(BytesIO(found.data), as_attachment=True, filename=found.name, content_type="application/octet-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return cast(HttpResponse, answer)


@door(kind="supplier", roles=SALES, methods=("POST",))
def discard(request: Request, mode: str, number: str, part: int) -> HttpResponse:
    found_or_404(mode in DRAFTED or None)
    found_or_404(services.discard_draft(mode, number, part=part, by=request.actor) or None)
    tell(request, _("The draft was discarded."))
    return see_other("supplier:entries")
