"""Demand surveys: the market is asked, answers come in, and what they came to is written down."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Demand, Survey
from sunlit.domain.planning.rules import surveys as rules
from sunlit.domain.planning.states import demands as life
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell


@door(kind="buyer", roles=ORDERERS)
def new_survey(request: Request, number: str) -> HttpResponse:
    """Choose whom to ask and what; or rest the demand on an earlier survey."""
    demand: Demand = found_or_404(queries.demand(number, seen_by=request.actor))
    found_or_404(demand.state == life.DRAFT or None)

    def act() -> HttpResponse:
        if reused := request.POST.get("survey", ""):
            it: Survey = found_or_404(queries.survey(reused, seen_by=request.actor))
            services.rest_on(demand, it, by=request.actor, at=request.now)
            return see_other("buyer:demand", demand.number)
        made = services.open_survey(
            demand,
            title=request.POST.get("title", ""),
            questions=request.POST.get("questions", "").splitlines(),
            suppliers=request.POST.getlist("suppliers"),
            by=request.actor,
            at=request.now,
        )
        tell(request, _("Survey %(number)s went to %(count)s suppliers.") % {"number": made.number, "count": len(made.invited)})
        return see_other("buyer:survey", made.number)

    context = {
        "demand": demand,
        "candidates": queries.candidates(demand),
        "least": queries.respondents_least(demand.region_path, request.now),
        "questions": "\n".join(str(text) for text in rules.USUAL_QUESTIONS),
        "reusable": queries.reusable_surveys(demand, at=request.now),
    }
    return form_page(request, "buyer/survey_new.html", context, act)


@door(kind="buyer", methods=("GET",))
def survey(request: Request, number: str) -> HttpResponse:
    return render(request, "buyer/survey.html", _page(request, number) | {"problems": (), "given": {}})


def _page(request: Request, number: str) -> dict[str, Any]:
    it: Survey = found_or_404(queries.survey(number, seen_by=request.actor))
    answers = queries.answers_of(it)
    return {
        "it": it,
        "answers": answers,
        "invited": queries.invited_of(it),
        "answered": {each.supplier_id for each in answers},
        "least": queries.respondents_least(it.region_path, request.now),
        "moves": {move.verb: move for move in states.survey.open_to(it, request.actor)},
        "over": request.now >= it.answer_until,
        "history": history_of(f"survey/{it.number}"),
        "now": request.now,
    }


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def act_on_survey(request: Request, number: str) -> HttpResponse:
    """Record an answer from elsewhere, give more time, summarise, call off."""
    page = _page(request, number)
    it: Survey = page["it"]
    told: dict[str, Any] = {"by": request.actor, "at": request.now}

    def act() -> HttpResponse:
        verb, post = request.POST.get("verb", ""), request.POST
        if verb == "record":
            answers = [post.get(f"answer-{n}", "") for n in range(len(it.questions))]
            services.record_answer(it, name=post.get("name", ""), answers=answers, document=_paper(request), **told)
        elif verb == "extend":
            services.extend_survey(it, expected=expected(request), **told)
        elif verb == "summarise":
            services.summarise_survey(it, summary=post.get("summary", ""), expected=expected(request), **told)
        else:
            found_or_404(True if verb == "cancel" else None)
            services.cancel_survey(it, reason=post.get("reason", ""), expected=expected(request), **told)
        return see_other("buyer:survey", it.number)

    return form_page(request, "buyer/survey.html", page, act)


def _paper(request: Request) -> File | None:
    """The paper that was handed in, kept for the buyer. Refused: FIL-… at its field."""
    upload = request.FILES.get("document")
    if upload is None:
        return None
    try:
        return files.keep(upload, purpose="document", owner=request.actor.organisation_id, by=request.actor, at=request.now)
    except Refused as refused:
        raise Refused(*(Problem(it.reason, it.params, "document") for it in refused.problems)) from None
