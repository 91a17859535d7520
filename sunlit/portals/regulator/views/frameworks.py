"""Framework agreements of the region: plans to review, what runs, and the verbs of intervention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.market import states
from sunlit.domain.market.models import CallOff, Framework, WorkOrder
from sunlit.domain.market.queries import calloffs, workorders
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.services import calloffs as calloff_services
from sunlit.domain.market.services import frameworks as services
from sunlit.domain.market.services import workorders as work_services
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.frameworks import calloff_page, framework_page
from sunlit.portals.ui.verbs import carry_out
from sunlit.portals.ui.workorders import work_page

PLAIN: Final[dict[str, Callable[..., Framework]]] = {"approve": services.approve_framework}
REASONED: Final[dict[str, Callable[..., Framework]]] = {
    "send_back": services.send_back_framework,
    "warn": services.warn_framework,
    "void": services.void_framework,
}
STOPS_OF_CALLOFFS: Final[dict[str, Callable[..., CallOff]]] = {
    "suspend": calloff_services.suspend_calloff,
    "void": calloff_services.void_calloff,
}
STOPS_OF_WORK: Final[dict[str, Callable[..., WorkOrder]]] = {"suspend": work_services.suspend_work, "void": work_services.void_work}


@door(kind="regulator", methods=("GET",))
def frameworks(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("state", "q")}
    context = {
        "page": queries.frameworks_page(seen_by=request.actor, **asked, after=row_id(request.GET.get("after", ""))),
        "asked": asked,
        "states": states.framework.states.items(),
        "now": request.now,
    }
    return render(request, "regulator/frameworks.html", context)


@door(kind="regulator")
def framework(request: Request, number: str) -> HttpResponse:
    """One framework: review its plan, warn its solicitor, or void it."""
    it: Framework = found_or_404(queries.framework(number, seen_by=request.actor))

    def act() -> HttpResponse:
        carry_out(request, it, states.framework, plain=PLAIN, reasoned=REASONED)
        return see_other("regulator:framework", number)

    context: dict[str, Any] = framework_page(request, it)
    return form_page(request, "regulator/framework.html", context, act)


@door(kind="regulator", methods=("GET",))
def work_orders(request: Request) -> HttpResponse:
    """The work orders of the region; those that their units were to settle before stand apart."""
    asked = {name: request.GET.get(name, "").strip()[:40] for name in ("state", "late")}
    late = request.now if asked["late"] == "1" else None
    page = workorders.work_orders_page(
        seen_by=request.actor, state=asked["state"], late_at=late, after=row_id(request.GET.get("after", ""))
    )
    context = {
        "page": page,
        "asked": asked,
        "states": states.work_order.states.items(),
        "services": rules.SERVICES,
        "now": request.now,
    }
    return render(request, "regulator/work_orders.html", context)


@door(kind="regulator")
def work_order(request: Request, number: str) -> HttpResponse:
    """One work order under an agreement: quoted, approved, evidenced, settled; until then it can be suspended or voided."""
    it: WorkOrder = found_or_404(workorders.work_order(number, seen_by=request.actor))
    own = queries.framework(it.package.framework.number, seen_by=request.actor) is not None

    def act() -> HttpResponse:
        carry_out(request, it, states.work_order, plain={"resume": work_services.resume_work}, reasoned=STOPS_OF_WORK)
        return see_other("regulator:work_order", number)

    return form_page(request, "regulator/work_order.html", {**work_page(request, it), "shows_framework": own}, act)


@door(kind="regulator")
def calloff(request: Request, number: str) -> HttpResponse:
    """One purchase under an agreement: who was asked, what was bid, which order came of it; until then it can be suspended or voided."""
    it: CallOff = found_or_404(calloffs.calloff(number, seen_by=request.actor))
    own = queries.framework(it.package.framework.number, seen_by=request.actor) is not None

    def act() -> HttpResponse:
        carry_out(request, it, states.calloff, plain={"resume": calloff_services.resume_calloff}, reasoned=STOPS_OF_CALLOFFS)
        return see_other("regulator:calloff", number)

    return form_page(request, "regulator/calloff.html", {**calloff_page(request, it), "shows_framework": own}, act)
