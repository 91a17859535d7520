"""Demand surveys that the supplier was invited to: what is asked, until when, and the own answer. What others said is not shown."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Survey
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.toasts import tell


@door(kind="supplier", methods=("GET",))
def surveys(request: Request) -> HttpResponse:
    page = queries.surveys_page(seen_by=request.actor, after=request.GET.get("after", ""))
    answered = queries.answered_by(request.actor.party, page.surveys)
    return render(request, "supplier/surveys.html", {"page": page, "answered": answered, "now": request.now})


@door(kind="supplier")
def survey(request: Request, number: str) -> HttpResponse:
    """Answer, or answer anew while there is time."""
    it: Survey = found_or_404(queries.survey(number, seen_by=request.actor))
    own = queries.answer_of(it, request.actor.party)
    names = [f"answer-{n}" for n in range(len(it.questions))]

    def act() -> HttpResponse:
        services.answer_survey(it, answers=[request.POST.get(name, "") for name in names], by=request.actor, at=request.now)
        tell(request, _("Your answer to survey %(number)s was handed in.") % {"number": it.number})
        return see_other("supplier:survey", it.number)

    said = [request.POST.get(name, "") for name in names] if request.method == "POST" else own.answers if own else [""] * len(names)
    context = {
        "it": it,
        "own": own,
        "asked": list(zip(names, it.questions, said, strict=True)),
        "may_answer": "answer" in {move.verb for move in states.survey.open_to(it, request.actor)} and request.now < it.answer_until,
        "now": request.now,
    }
    return form_page(request, "supplier/survey.html", context, act)
