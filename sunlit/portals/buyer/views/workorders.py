"""Designated services at the unit: what can be ordered, how much is left of each cap, and the work order from request to settlement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import Framework, Package, WorkOrder
from sunlit.domain.market.queries import frameworks
from sunlit.domain.market.queries import workorders as queries
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.services import workorders as services
from sunlit.domain.planning import queries as planning
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.verbs import carry_out
from sunlit.portals.ui.workorders import rate_text, work_page

TEXTS: Final = ("mode", "target", "need", "plan", "purpose", "note", "reason", "entry")
PLAIN: Final[dict[str, Callable[..., WorkOrder]]] = {
    "approve": services.approve_work,
    "approve_supplement": services.approve_supplement,
    "settle": services.settle_work,
}
REASONED: Final[dict[str, Callable[..., WorkOrder]]] = {
    "send_back": services.send_back_quote,
    "cancel": services.cancel_work,
    "refuse_supplement": services.refuse_supplement,
    "return_report": services.return_report,
}


@door(kind="buyer", methods=("GET",))
def work_orders(request: Request) -> HttpResponse:
    """The services that can be ordered now, the work orders, and what each object has used of its cap this year."""
    actor, state = request.actor, request.GET.get("state", "").strip()[:40]
    context = {
        "page": queries.work_orders_page(seen_by=actor, state=state, after=reading.after(request)),
        "asked": state,
        "states": states.work_order.states.items(),
        "offered": queries.services_for(actor, at=request.now),
        "spent": queries.objects_of(actor.party, region_path=actor.region_path, year=local_day(request.now).year, at=request.now),
        "services": rules.SERVICES,
        "year": local_day(request.now).year,
        "may_order": actor.has(*ORDERERS),
        "now": request.now,
    }
    return render(request, "buyer/work_orders.html", context)


@door(kind="buyer", roles=ORDERERS)
def ask_service(request: Request, number: str, position: int) -> HttpResponse:
    """Ask a party for a service: what is served, what is to be done, whom and why."""
    it: Framework = found_or_404(frameworks.framework(number, seen_by=request.actor))
    package: Package = found_or_404(frameworks.package(it, position))
    found_or_404(package if package.service else None)
    parties = queries.parties_of(package)

    def act() -> HttpResponse:
        told: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS}
        made = services.ask_service(package, **told, **terms.chosen(request), by=request.actor, at=request.now)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.work_order.moves["request"].label, "number": made.number})
        return see_other("buyer:work_order", made.number)

    choices = terms.choices(request)
    context = {**choices, "picked": terms.picked(request, choices), **_planned(request, package), **_asked(request, it, package, parties)}
    return form_page(request, "buyer/ask_service.html", context, act)


@door(kind="buyer")
def work_order(request: Request, number: str) -> HttpResponse:
    """One work order: the quote, the decision, the evidence, the settlement."""
    it: WorkOrder = found_or_404(queries.work_order(number, seen_by=request.actor))

    def act() -> HttpResponse:
        carry_out(request, it, states.work_order, plain=PLAIN, reasoned=REASONED)
        return see_other("buyer:work_order", number)

    context = work_page(request, it)
    context |= {
        "plain": [move for verb, move in context["moves"].items() if verb in PLAIN],
        "reasoned": [move for verb, move in context["moves"].items() if verb in REASONED],
        "own": it.buyer_id == request.actor.organisation_id,
    }
    return form_page(request, "buyer/work_order.html", context, act)


def _asked(request: Request, it: Framework, package: Package, parties: list[Any]) -> dict[str, Any]:
    service = rules.SERVICES[package.service]
    for party in parties:
        party.package = package
    return {
        "it": it,
        "package": package,
        "service": service,
        "modes": [(key, label) for key, label in rules.MODES.items() if key in it.second_stage],
        "entries": [(party.number, f"{lang(party.supplier)} · {party.price}%") for party in parties],
        "parties": parties,
        "sheet": [
            (item, [rules.agreed_rate(item.ceiling, party.price) for party in parties]) for item in package.sheet.order_by("position")
        ],
        "turn": queries.turn_of(package, parties) if "rotation" in it.second_stage else None,
        "targets": queries.targets_of(request.actor.party, service.target),
        "cap": queries.cap_of(package.service, region_path=request.actor.region_path, at=request.now),
        "pricing_forms": rules.FORMS,
        "rate_text": rate_text,
    }


def _planned(request: Request, package: Package) -> dict[str, Any]:
    """The plans that could pay; who comes from one finds its line written in."""
    plans, chosen = planning.plans_for_orders(request.actor.party), request.POST.get("plan", request.GET.get("plan", ""))
    items = [one for plan in plans if plan.number == chosen for one in plan.items.all() if one.category_id == package.category_id]
    return {
        "plans": [(one.number, f"{one.number} {one.name}") for one in plans],
        "chosen_plan": chosen,
        "planned": items[0] if items else None,
    }
