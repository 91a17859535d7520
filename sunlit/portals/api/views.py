"""What people read about the API: its operations, its reasons, its description for programs."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from sunlit.foundation.kernel.refusals import Problem, catalogue
from sunlit.portals.api import problems
from sunlit.portals.api.api import ROOT, api, scope_of
from sunlit.portals.doors import Request, door

ONE_HOUR = "public, max-age=3600"
TITLES = {
    "buying": _("Buying"),
    "catalog": _("Product library"),
    "feed": _("Change feed"),
    "opportunities": _("Opportunities"),
    "orders": _("Orders"),
    "verbs": _("What is done to an order"),
}


@door(public=True, methods=("GET",))
def guide(request: Request) -> HttpResponse:
    """Every operation with its scope, by subject."""
    subjects: dict[str, list[dict[str, Any]]] = {}
    for method, path, operation in api.operations():
        told = {"method": method, "path": f"{ROOT}{path}", "summary": translated(operation.summary), "scope": scope_of(operation)}
        subjects.setdefault(operation.tags[0], []).append(told)
    return render(request, "api/guide.html", {"subjects": subjects, "titles": TITLES})


@door(public=True, methods=("GET",))
def reasons(request: Request) -> HttpResponse:
    """Every reason for which the platform refuses: where the `type` of a problem leads."""
    return render(request, "api/reasons.html", {"reasons": list(catalogue().values())})


@door(public=True, methods=("GET",))
def description(request: Request) -> HttpResponse:
    """OpenAPI 3.1."""
    return HttpResponse(_description(), content_type="application/json; charset=utf-8", headers={"Cache-Control": ONE_HOUR})


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Everything else below /api/ is nothing, and says so to programs."""
    return problems.answer([Problem(problems.NO_SUCH_THING, {"path": request.path})])


@cache
def _description() -> str:
    return json.dumps(api.get_openapi_schema(path_prefix=ROOT), ensure_ascii=False)
