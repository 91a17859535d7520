"""Reference prices: what came in, how they are formed into one, and bringing them in by file, after a dry run."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.supervision import services
from sunlit.foundation.files import queries as kept
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, see_other
from sunlit.portals.ui.toasts import tell

PROBLEMS_SHOWN: Final = 100


@door(kind=("regulator", "operator"))
def references(request: Request) -> HttpResponse:
    """The reference prices as they came in; a file is checked first, then brought in: all rows or none."""
    checked: list[str] = []

    def act() -> HttpResponse:
        dry = request.POST.get("verb") != "import"
        done = services.import_references(*_table(request), by=request.actor, at=request.now, dry_run=dry)
        told = ngettext("%(num)s row is new", "%(num)s rows are new", done.added) % {"num": done.added}
        known = ngettext("%(num)s was known", "%(num)s were known", done.known) % {"num": done.known}
        if dry:
            checked.append(_("The file is in order: %(new)s, %(known)s. Nothing was kept yet.") % {"new": told, "known": known})
            return form_page(_as_read(request), "regulator/references.html", {**context, "checked": checked[0]}, act)
        tell(request, _("Brought in: %(new)s, %(known)s.") % {"new": told, "known": known})
        return see_other("regulator:references")

    q = request.GET.get("q", "").strip()[:100]
    page = catalog.reference_page(q=q, after=request.GET.get("after", "")[:100])
    context: dict[str, Any] = {
        "page": page,
        "q": q,
        "columns": services.HEADINGS,
        "shown": PROBLEMS_SHOWN,
        "formula": catalog.discipline_of(request.actor.region_path, local_day(request.now)).formula,
        "checked": "",
    }
    return form_page(request, "regulator/references.html", context, act)


def _as_read(request: Request) -> Request:
    """After a dry run the page is shown again, as if it had only been looked at."""
    request.method = "GET"
    return request


def _table(request: Request) -> tuple[bytes, str]:
    """The content of the upload, which is kept as what the import was made from."""
    upload: Any = request.FILES.get("file")
    if upload is None:
        raise Refused(Problem(services.EMPTY_FILE, on="file"))
    file = files.keep(upload, purpose="sheet", owner=request.actor.party, by=request.actor, at=request.now)
    with kept.content(file) as content:
        return content.read(), file.media_type


@door(kind=("regulator", "operator"), methods=("GET",))
def reference_template(_request: Request) -> HttpResponse:
    answer = HttpResponse(services.template(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="reference-prices.csv"'
    return answer
