"""Files of offers: the template, the hand-in, the dry run with its problems, and the carrying out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.catalog import queries, services, states
from sunlit.domain.catalog.models import Import
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.uploads import kept
from sunlit.portals.supplier.views.offers import CLERKS, branches
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORKING = (states.WAITING, states.CARRYING_OUT)
FILE_MISSING = Reason("SUP-003", gettext_lazy("Choose a file."))
CATEGORY_UNKNOWN = Reason("SUP-004", gettext_lazy("Choose a category, or “several” when each row names its own."))
SEVERAL = "several"


@door(kind="supplier", roles=CLERKS)
def imports(request: Request) -> HttpResponse:
    """Hand a file in; see the earlier ones."""

    def act() -> HttpResponse:
        code = request.POST.get("category", "")
        category = queries.category(code)
        problems = [] if code == SEVERAL or (category and category.in_use) else [Problem(CATEGORY_UNKNOWN, on="category")]
        if not request.FILES.get("file"):
            problems.append(Problem(FILE_MISSING, on="file"))
        if problems:
            raise Refused(*problems)
        [file] = kept(request, "file", purpose="sheet", owner=request.actor.organisation_id, by=request.actor)[:1]
        it = services.hand_in_import(file, category=category, by=request.actor, at=request.now)
        return see_other("supplier:import", it.number)

    context = {
        "page": queries.imports_of(seen_by=request.actor, after=request.GET.get("after", "")),
        "branches": branches(""),
        "rows_most": rulebook.rule("import.rows_max", region_path=request.actor.region_path, on=local_day(request.now)).n,
    }
    return form_page(request, "supplier/imports.html", context, act)


@door(kind="supplier", roles=CLERKS, methods=("GET",))
def template(request: Request) -> HttpResponse:
    """The table of a category to fill in, as XLSX."""
    category = found_or_404(queries.category(request.GET.get("category", "")))
    found_or_404(category.in_use or None)
    data = services.template_workbook(category, queries.template(category))
    return HttpResponse(data, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="sunlit-{category.code}.xlsx"'})


@door(kind="supplier", roles=CLERKS, methods=("GET",))
def import_page(request: Request, number: str) -> HttpResponse:
    it = found_or_404(queries.import_(number, seen_by=request.actor))
    return render(request, "supplier/import.html", _page(request, it))


def _page(request: Request, it: Import) -> dict[str, Any]:
    lines = queries.template(it.category) if it.category else [line for each in queries.tree().in_use() for line in queries.template(each)]
    return {
        "it": it,
        "working": it.state in WORKING,
        "rows": [_row(told, lines) for told in it.problems],
        "verbs": {move.verb for move in states.import_.open_to(it, request.actor)},
        "history": history_of(f"import/{it.number}"),
        "problems": (),
        "now": request.now,
    }


def _row(told: dict[str, Any], lines: list[Any]) -> dict[str, Any]:
    problem = services.problem_of(told)
    column = services.label_of(told["on"], lines) if told["on"] else ""
    return {"row": told["row"] or None, "column": column, "problem": problem.message, "code": problem.code}


@door(kind="supplier", roles=CLERKS, methods=("GET",))
def progress(request: Request, number: str) -> HttpResponse:
    """The bar while the worker is busy; when it is done, the page loads itself anew."""
    it = found_or_404(queries.import_(number, seen_by=request.actor))
    if it.state in WORKING:
        return render(request, "supplier/import_progress.html", {"it": it})
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@door(kind="supplier", roles=CLERKS, methods=("POST",))
def act_on_import(request: Request, number: str) -> HttpResponse:
    """Carry the good rows out, or discard the file."""
    it = found_or_404(queries.import_(number, seen_by=request.actor))
    told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
    verbs: dict[str, Callable[[], Import]] = {
        "carry_out": lambda: services.carry_out_import(it, **told),
        "discard": lambda: services.discard_import(it, **told),
    }
    act = found_or_404(verbs.get(request.POST.get("verb", "")))
    try:
        it = act()
    except Refused as refused:
        return render(request, "supplier/import.html", _page(request, it) | {"problems": refused.problems}, status=refused.status)
    if it.state == states.DISCARDED:
        tell(request, _("Import %(number)s was discarded.") % {"number": number}, "now")
    return see_other("supplier:import", number)
