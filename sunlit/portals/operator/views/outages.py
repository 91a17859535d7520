"""Outages that no pulse shows: declared here with their evidence, for the top region's regulator to decide."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.rulebook import queries, services
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel.clock import typed_moment
from sunlit.portals.doors import Request, door, form_page, see_other
from sunlit.portals.ui.toasts import tell


@door(kind="operator")
def outages(request: Request) -> HttpResponse:
    """What was declared, and the form to declare another."""

    def act() -> HttpResponse:
        given, upload = request.POST, request.FILES.get("file")
        kept: Any = None
        if upload is not None:
            kept = files.keep(upload, purpose="document", owner=request.actor.party, by=request.actor, at=request.now)
        made = services.declare_outage(
            since=typed_moment(given.get("since", "")),
            until=typed_moment(given.get("until", "")),
            evidence=given.get("evidence", ""),
            file=kept,
            by=request.actor,
            at=request.now,
        )
        tell(request, _("Outage %(number)s is declared; the regulator decides.") % {"number": made.number})
        return see_other("operator:outages")

    return form_page(request, "operator/outages.html", {"reports": queries.outage_reports()}, act)
