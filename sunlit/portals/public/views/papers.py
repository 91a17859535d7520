"""The papers of a purchase as PDF, for whoever may see the purchase."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.market import queries as market
from sunlit.domain.market.models import Order
from sunlit.domain.market.queries import units
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry.models import Declaration
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui import papers
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.plan_papers import plan_paper


@door(methods=("GET",))
def declaration(request: Request, number: str) -> HttpResponse:
    """A supplier's declaration as it is signed: by itself and the regulators of its region."""
    it: Declaration = found_or_404(registry.declaration(number, seen_by=request.actor))
    paper = papers.filled_paper(
        request,
        registry.declaration_template(it),
        it.answers,
        number=it.number,
        subject=it.supplier.number,
        issuer=lang(it.supplier.organisation),
        at=it.declared_at,
        signers=(_("Enterprise (seal)"), _("Legal representative")),
    )
    return papers.answer(paper)


@door(methods=("GET",))
def plan(request: Request, number: str) -> HttpResponse:
    it: Plan = found_or_404(planning.plan(number, seen_by=request.actor))
    return papers.answer(plan_paper(request, it))


@door(methods=("GET",))
def order(request: Request, number: str) -> HttpResponse:
    it = _order(request, number)
    return papers.answer(papers.order_paper(request, it))


@door(methods=("GET",))
def acceptance(request: Request, number: str, pk: int) -> HttpResponse:
    it = _order(request, number)
    sheet = found_or_404(it.acceptance_sheets.select_related("inspector").filter(pk=pk).first())
    return papers.answer(papers.acceptance_paper(request, it, sheet))


def _order(request: Request, number: str) -> Order:
    """For its parties: also the unit that sells to another one."""
    it: Order = found_or_404(market.order(number, seen_by=request.actor) or units.sale(number, seen_by=request.actor))
    return it
