"""The pages for what could not be answered, each with a code and what to do; and the page of a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import Problem


@dataclass(frozen=True)
class Failure:
    """A status, its title and what the reader can do about it."""

    title: str | Promise
    advice: str | Promise


FAILURES: dict[int, Failure] = {
    400: Failure(_("The request could not be read"), _("Go back, check what you entered and send it again.")),
    403: Failure(
        _("Not open to you"),
        _("Your seat does not include this. Ask your organisation's administrator for the role, or sign in as somebody else."),
    ),
    404: Failure(_("Nothing is found here"), _("The address is mistyped, or it is not for your eyes. Check the number or search for it.")),
    410: Failure(_("No longer here"), _("This was withdrawn. What happened to it can still be looked up in the ledger.")),
    413: Failure(_("Too large"), _("The file or form is larger than allowed. Divide it or reduce the pictures, then send it again.")),
    429: Failure(_("Too many requests"), _("Wait a minute, then try again.")),
    500: Failure(
        _("A fault on our side"),
        _("Nothing was changed by this request. The fault is recorded; try again in a minute or tell the help desk the code."),
    ),
}


def page(request: HttpRequest, status: int, *, code: str = "", detail: str = "", request_id: str = "") -> HttpResponse:
    """The page of one status; `code` is the reason's, else `UI-404` and the like."""
    failure = FAILURES.get(status, FAILURES[400])
    facts: dict[str, Any] = {
        "status": status,
        "title": failure.title,
        "advice": failure.advice,
        "code": code or f"UI-{status}",
        "detail": detail,
        "request_id": request_id,
        "back": back_of(request),
    }
    template = "ui/500.html" if status >= 500 else "ui/error.html"
    return HttpResponse(render_to_string(template, facts, request, using="jinja2"), status=status)


def refused(request: HttpRequest, problems: Iterable[Problem], status: int) -> HttpResponse:
    """A refusal outside any form: the list of problems for htmx, a whole page otherwise."""
    facts = {"problems": tuple(problems), "back": back_of(request)}
    template = "ui/refused_fragment.html" if request.headers.get("HX-Request") == "true" else "ui/refused.html"
    return HttpResponse(render_to_string(template, facts, request, using="jinja2"), status=status)


def back_of(request: HttpRequest) -> str:
    """Where the reader came from, when that was a page of this site."""
    referer = urlsplit(request.headers.get("Referer", ""))
    same_page = referer.path == request.path and request.method == "GET"
    if referer.netloc != request.META.get("HTTP_HOST", "") or same_page:
        return ""
    return referer.path + (f"?{referer.query}" if referer.query else "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return page(request, 500)
