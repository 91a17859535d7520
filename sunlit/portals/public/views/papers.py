"""The papers of a purchase as PDF, for whoever may see the purchase."""

from __future__ import annotations

from django.http import HttpResponse

from sunlit.domain.market import queries as market
from sunlit.domain.market.models import Order
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning.models import Plan
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui import papers
from sunlit.portals.ui.plan_papers import plan_paper


@door(methods=("GET",))
def plan(request: Request, number: str) -> HttpResponse:
    it: Plan = found_or_404(planning.plan(number, seen_by=request.actor))
    return papers.answer(plan_paper(request, it))


@door(methods=("GET",))
def order(request: Request, number: str) -> HttpResponse:
    it: Order = found_or_404(market.order(number, seen_by=request.actor))
    return papers.answer(papers.order_paper(request, it))


@door(methods=("GET",))
def acceptance(request: Request, number: str, pk: int) -> HttpResponse:
    it: Order = found_or_404(market.order(number, seen_by=request.actor))
    sheet = found_or_404(it.acceptance_sheets.select_related("inspector").filter(pk=pk).first())
    return papers.answer(papers.acceptance_paper(request, it, sheet))
