"""The buyer's intention notices: draft, publish, correct, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Intention
from sunlit.domain.planning.states import intentions as life
from sunlit.portals.buyer import reading
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

FIELDS = ("name", "outline", "budget", "month", "note")
BLANK_ROWS = 3  # below those that are filled in
ROWS_MOST = 60  # read from one form


@door(kind="buyer", methods=("GET",))
def intentions(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("state", "q")}
    page = queries.intentions_page(seen_by=request.actor, **asked, after=reading.after(request))
    return render(request, "buyer/intentions.html", {"page": page, "asked": asked, "states": states.intention.states})


VERBS: dict[str, Callable[..., Intention]] = {
    "publish": services.publish_intention,
    "discard": services.discard_intention,
    "withdraw": services.withdraw_intention,
}


@door(kind="buyer")
def intention(request: Request, number: str) -> HttpResponse:
    """One notice: what it says, what corrects it, what happened to it; publish, discard or withdraw it."""
    it: Intention = found_or_404(queries.intention(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        service = found_or_404(VERBS.get(verb))
        reason = {"reason": request.POST.get("reason", "")} if verb == "withdraw" else {}
        service(it, **reason, by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.intention.moves[verb].label, "number": number})
        return see_other("buyer:intention", number)

    moves = {move.verb: move for move in states.intention.open_to(it, request.actor)}
    context: dict[str, Any] = {
        "it": it,
        "items": list(it.items.all()),
        "correction": next(iter(it.corrections.all()), None),
        "moves": moves,
        "may_correct": it.state == life.PUBLISHED and request.actor.has(*ORDERERS) and not it.corrections.all(),
        "may_plan": it.state == life.PUBLISHED and request.actor.has(*ORDERERS) and not it.corrections.all(),
        "history": history_of(f"intention/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "buyer/intention.html", context, act)


@door(kind="buyer", roles=ORDERERS)
def new_intention(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        it = services.draft_intention(_rows(request.POST), by=request.actor, at=request.now)
        return see_other("buyer:intention", it.number)

    return form_page(request, "buyer/intention_form.html", {"it": None, "rows": _shown(request, []), "correcting": None}, act)


@door(kind="buyer", roles=ORDERERS)
def edit_intention(request: Request, number: str) -> HttpResponse:
    """Rewrite a draft; what is public is corrected instead."""
    it: Intention = found_or_404(queries.intention(number, seen_by=request.actor))
    if it.state != life.DRAFT:
        return see_other("buyer:intention", number)

    def act() -> HttpResponse:
        services.revise_intention(it, _rows(request.POST), by=request.actor, at=request.now, expected=expected(request))
        return see_other("buyer:intention", it.number)

    context = {"it": it, "rows": _shown(request, _told(it)), "correcting": it.corrects}
    return form_page(request, "buyer/intention_form.html", context, act)


@door(kind="buyer", roles=ORDERERS)
def correct_intention(request: Request, number: str) -> HttpResponse:
    """Begin the correction of a published notice, filled in with what that one says."""
    it: Intention = found_or_404(queries.intention(number, seen_by=request.actor))

    def act() -> HttpResponse:
        correction = services.draft_intention(_rows(request.POST), by=request.actor, at=request.now, corrects=it)
        return see_other("buyer:intention", correction.number)

    context = {"it": None, "rows": _shown(request, _told(it)), "correcting": it}
    return form_page(request, "buyer/intention_form.html", context, act)


def _rows(posted: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of the form in their order; rows left empty stay empty, so that problems are told at the right one."""
    numbers = [n for n in range(1, ROWS_MOST + 1) if f"name_{n}" in posted]
    return [{field: posted.get(f"{field}_{n}", "") for field in FIELDS} for n in numbers]


def _told(it: Intention) -> list[dict[str, str]]:
    return [
        {"name": row.name, "outline": row.outline, "budget": f"{row.budget}", "month": f"{row.month:%Y-%m}", "note": row.note}
        for row in it.items.all()
    ]


def _shown(request: Request, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """What stands in the form: what was posted, or the rows with empty ones below."""
    if request.method == "POST":
        return _rows(request.POST)
    return rows + [dict.fromkeys(FIELDS, "") for _n in range(BLANK_ROWS)]
