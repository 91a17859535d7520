"""Refusals for programs: problem JSON (RFC 9457), every problem at once, each at its field, in the caller's language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as told
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from sunlit.config.security import TOO_FAST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason, Refused

MEDIA_TYPE: Final = "application/problem+json"

UNREADABLE = Reason("API-001", _("The body is not JSON: {why}."), 400)
NO_KEY = Reason("API-002", _("Send a valid key: “Authorization: Bearer slt_…”. This one is missing, unknown, expired or revoked."), 401)
SCOPE_MISSING = Reason(
    "API-003", _("The key lacks the scope “{scope}”. An administrator of your organisation can make another."), FORBIDDEN
)
NO_SUCH_THING = Reason("API-004", _("There is nothing at {path}, or your organisation may not see it."), 404)
NO_SUCH_METHOD = Reason("API-005", _("{method} is not possible here; possible: {methods}."), 405)
OTHER_BODY = Reason("API-006", _("The idempotency key was used for another request. Take a new key for a new request."))
KEY_MISSING = Reason("API-007", _("An order needs an Idempotency-Key: so that it is placed once, however often the call is repeated."), 400)
KEY_WRONG = Reason("API-008", _("An Idempotency-Key has 1 to {most} letters, digits or marks."), 400)
OUR_FAULT = Reason(
    "API-009", _("Something failed on our side, and nothing was changed. Try again; tell the help desk the request number."), 500
)
AWAY = Reason("API-010", _("The database does not answer at this moment. Repeat the call with the same Idempotency-Key."), 503)
MISSING = Reason("API-011", _("This field is missing."))
UNKNOWN_FIELD = Reason("API-012", _("There is no such field."))
WRONG_KIND = Reason("API-013", _("This must be {kind}."))
OUT_OF_RANGE = Reason("API-014", _("This is out of range: {why}."))
NOT_A_CHOICE = Reason("API-015", _("This must be one of: {choices}."))
NOT_MONEY = Reason("API-016", _('“{value}” is not an amount: write yuan as text, such as "1299.00".'))
MONEY_PLACES = Reason("API-017", _("“{value}” has more than two places after the point: amounts are in yuan and fen."))
NO_SUCH_OFFER = Reason("API-018", _("There is no offer {number} that you may see."))
NAMED_TWICE = Reason("API-019", _("{number} is named twice."))
NO_SUCH_QUOTA = Reason("API-020", _("There is no quota {number} of your organisation."))
WRONG_PAGE = Reason("API-021", _("“{after}” is no key of a page: hand back what “next” said."))
NOTHING_GIVEN = Reason("API-022", _("Give a price, a stock or both."))
BODY_NEEDED = Reason("API-023", _("This call needs a body of JSON."), 400)
STILL_UNDER_WAY = Reason("API-024", _("The first call with this key is still under way. Repeat it in a moment."), CONFLICT)

TITLES: Final[Mapping[int, str]] = {
    400: gettext_noop("The request cannot be read"),
    401: gettext_noop("A key is needed"),
    403: gettext_noop("Not allowed"),
    404: gettext_noop("Not found"),
    405: gettext_noop("Not possible at this address"),
    409: gettext_noop("Not possible now"),
    411: gettext_noop("The length is missing"),
    413: gettext_noop("Too large"),
    422: gettext_noop("Something in the request is wrong"),
    429: gettext_noop("Too many requests"),
    500: gettext_noop("Our fault"),
    503: gettext_noop("Not available at this moment"),
}

KINDS: Final[Mapping[str, str]] = {
    "string": gettext_noop("text"),
    "int": gettext_noop("a whole number"),
    "bool": gettext_noop("true or false"),
    "list": gettext_noop("a list"),
    "dict": gettext_noop("an object"),
    "model": gettext_noop("an object"),
    "date": gettext_noop("a day such as 2026-12-31"),
}

SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457. `errors` holds every problem: its code, what is wrong, and the field it belongs to (“” for the whole).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "description": "Where the code is explained."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["ORD-016"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail", "field"],
                "properties": {"code": {"type": "string"}, "detail": {"type": "string"}, "field": {"type": "string"}},
            },
        },
    },
}


def as_json(problem: Problem) -> dict[str, str]:
    """One problem: its code, its sentence in the active language, its field."""
    return {"code": problem.code, "detail": problem.message, "field": problem.on}


def answer(problems: Iterable[Problem], *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The problem document; its status is that of the first problem."""
    errors = tuple(problems)
    first = errors[0]
    document = {
        "type": f"/api/reasons/#{first.code}",
        "title": told(TITLES.get(first.reason.status, TITLES[422])),
        "status": first.reason.status,
        "detail": first.message if len(errors) == 1 else " ".join(problem.message for problem in errors),
        "code": first.code,
        "errors": [as_json(problem) for problem in errors],
    }
    content = json.dumps(document, ensure_ascii=False)
    language = {"Content-Language": get_language() or ""}
    return HttpResponse(
        content, status=first.reason.status, content_type=MEDIA_TYPE, headers={**language, **_advice(first), **(headers or {})}
    )


def _advice(problem: Problem) -> dict[str, str]:
    """What the headers tell the program to do."""
    if problem.reason is NO_KEY:
        return {"WWW-Authenticate": 'Bearer realm="Sunlit"'}
    if problem.reason is SCOPE_MISSING:
        return {"WWW-Authenticate": f'Bearer realm="Sunlit", error="insufficient_scope", scope="{problem.params["scope"]}"'}
    if problem.reason is TOO_FAST:
        return {"Retry-After": str(problem.params["seconds"])}
    return {}


def answer_with(api: NinjaAPI) -> None:
    """Let the API answer every refusal with a problem document."""

    def refused(_request: HttpRequest, error: Any) -> HttpResponse:
        return answer(error.problems)

    def missing(request: HttpRequest, _error: Any) -> HttpResponse:
        return answer([Problem(NO_SUCH_THING, {"path": request.path})])

    def invalid(_request: HttpRequest, error: Any) -> HttpResponse:
        return answer([read(each) for each in error.errors])

    def unreadable(_request: HttpRequest, error: Any) -> HttpResponse:
        return answer([unreadable_body(error)])

    api.add_exception_handler(Refused, refused)
    api.add_exception_handler(Http404, missing)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(HttpError, unreadable)


def unreadable_body(error: BaseException) -> Problem:
    """What the parser of JSON said, without our own words around it."""
    why = error.__cause__ or error.__context__
    return Problem(UNREADABLE, {"why": str(why).strip() or "?"} if why else {"why": str(error)})


def read(error: Mapping[str, Any]) -> Problem:
    """One finding of the schema as one of our problems."""
    kind, given = str(error["type"]), error.get("ctx") or {}
    field = field_of(error["loc"])
    if kind == "missing":
        return Problem(MISSING, on=field)
    if kind == "extra_forbidden":
        return Problem(UNKNOWN_FIELD, on=field)
    if kind in ("money", "money_places"):
        return Problem(MONEY_PLACES if kind == "money_places" else NOT_MONEY, {"value": given["value"]}, on=field)
    if kind in ("literal_error", "enum"):
        return Problem(NOT_A_CHOICE, {"choices": str(given.get("expected", "")).replace("'", "")}, on=field)
    if bounds := _bounds(given):
        return Problem(OUT_OF_RANGE, {"why": bounds}, on=field)
    return Problem(WRONG_KIND, {"kind": told(KINDS.get(_kind(kind), KINDS["string"]))}, on=field)


def _kind(error: str) -> str:
    return re.sub(
        r"_(type|parsing|from_datetime_parsing|from_datetime_inexact|attributes_type|parsing_size)$|_attributes_type$|_from_float$",
        "",
        error,
    )


def _bounds(given: Mapping[str, Any]) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "≥", "max_length": "≤"}
    return ", ".join(f"{sign} {given[name]}" for name, sign in signs.items() if name in given)


def field_of(place: Iterable[str | int]) -> str:
    """`("body", "wanted", "lines", 0, "price")` → `lines.0.price`."""
    parts = [str(part) for part in place]
    return ".".join(parts[2:] if parts[0] == "body" else parts[1:])
