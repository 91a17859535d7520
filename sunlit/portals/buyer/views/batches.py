"""Batch purchases at the buyer's: what is pooled in the region, the own demand in it, and at the solicitor's the batch itself from its opening to its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import Batch, BatchDemand, Package
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.services import batches as services
from sunlit.domain.market.states import batches as life
from sunlit.domain.planning import queries as planning
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import QUANTITY_MOST
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.batches import UNTIL, batch_page
from sunlit.portals.ui.filters import yuan
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

OF_THE_DEMAND: Final = ("submit_demand", "confirm_demand", "withdraw_demand")


@door(kind="buyer", methods=("GET",))
def batches(request: Request) -> HttpResponse:
    """What is and was pooled in the region; who solicited agreements opens batches here."""
    state = request.GET.get("state", "").strip()[:20]
    context = {
        "page": queries.batches_page(seen_by=request.actor, state=state, after=reading.after(request)),
        "asked": state,
        "states": list(states.batch.states.items()),
        "until": UNTIL,
        "may_open": request.actor.has(*ORDERERS) and bool(queries.packages_to_pool(request.actor, at=request.now)),
        "now": request.now,
    }
    return render(request, "buyer/batches.html", context)


@door(kind="buyer", roles=ORDERERS)
def new_batch(request: Request) -> HttpResponse:
    """Open a period of a package to the buyers of the region."""
    packages = queries.packages_to_pool(request.actor, at=request.now)

    def act() -> HttpResponse:
        key = request.POST.get("package", "")
        package: Package = found_or_404(next((one for one in packages if str(one.pk) == key), None))
        told = {name: request.POST.get(name, "") for name in ("period", "configuration")}
        made = services.open_batch(package, **told, by=request.actor, at=request.now)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.batch.moves["open"].label, "number": made.number})
        return see_other("buyer:batch", made.number)

    periods = queries.coming_periods(request.actor.region_path, at=request.now)
    context = {
        "packages": [(str(one.pk), f"{one} · {one.framework.number} · {one.requirement}") for one in packages],
        "periods": [(one.code, one.code) for one in periods],
        "calendar": periods,
    }
    return form_page(request, "buyer/batch_new.html", context, act)


@door(kind="buyer")
def batch(request: Request, number: str) -> HttpResponse:
    """One batch: the own demand, and at the solicitor's all verbs of the batch."""
    it: Batch = found_or_404(queries.batch(number, seen_by=request.actor))
    own = _own_demand(request, it)

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        if verb in OF_THE_DEMAND:
            made = _act_on_demand(request, verb, it, own)
            verb = verb.removesuffix("_demand")
            tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.demand.moves[verb].label, "number": made.number})
            return see_other("buyer:batch", number)
        found_or_404(_SOLICITORS.get(verb))(request, it)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.batch.moves[verb].label, "number": number})
        return see_other("buyer:batch", number)

    context = batch_page(request, it)
    solicits = it.solicitor_id == request.actor.organisation_id
    open_ = it.state == life.COLLECTING and not context["over"]
    alive = own is not None and own.state in (*life.OPEN_DEMANDS, life.ORDERED)
    context |= {
        "own": own,
        "rulings": [Ruling.from_json(told) for told in own.rulings] if own is not None else [],
        "held": it.cap * own.quantity if own is not None and own.state in life.OPEN_DEMANDS else None,
        "own_moves": {move.verb for move in states.demand.open_to(own, request.actor)} if own is not None and open_ else set(),
        "own_labels": {verb: move.label for verb, move in states.demand.moves.items()},
        "solicits": solicits,
        "may_demand": open_ and not alive and request.actor.has(*ORDERERS) and _within(request, it),
        "most": QUANTITY_MOST,
    }
    if context["may_demand"]:
        context |= _choices(request)
    return form_page(request, "buyer/batch.html", context, act)


@door(kind="buyer", methods=("GET",))
def batch_of(request: Request, number: str) -> HttpResponse:
    """From the demand that an order came of to its batch."""
    return see_other("buyer:batch", found_or_404(queries.batch_of_demand(number, seen_by=request.actor)))


def _act_on_demand(request: Request, verb: str, it: Batch, own: BatchDemand | None) -> BatchDemand:
    post = request.POST
    told: dict[str, Any] = {"by": request.actor, "at": request.now}
    if verb == "submit_demand":
        texts: dict[str, Any] = {name: post.get(name, "") for name in ("quantity", "plan", "purpose", "note")}
        return services.submit_demand(it, **texts, **terms.chosen(request), **told)
    mine: BatchDemand = found_or_404(own)
    told["expected"] = expected(request)
    if verb == "confirm_demand":
        return services.confirm_demand(mine, **told)
    return services.withdraw_demand(mine, reason=post.get("reason", ""), **told)


def _publish(request: Request, it: Batch) -> Batch:
    return services.publish_batch(it, by=request.actor, at=request.now, expected=expected(request))


def _confirm(request: Request, it: Batch) -> Batch:
    return mode.confirm_result(it, by=request.actor, at=request.now, expected=expected(request))


def _cancel(request: Request, it: Batch) -> Batch:
    return services.cancel_batch(it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request))


def _exclude(request: Request, it: Batch) -> Batch:
    told = {name: request.POST.get(name, "") for name in ("supplier", "cause", "reason")}
    return mode.exclude_bid(it, **told, by=request.actor, at=request.now, expected=expected(request))


_SOLICITORS: Final[dict[str, Callable[[Request, Batch], Batch]]] = {
    "publish": _publish,
    "confirm": _confirm,
    "cancel": _cancel,
    "exclude": _exclude,
}


def _own_demand(request: Request, it: Batch) -> BatchDemand | None:
    """The organisation's last demand in the batch."""
    mine = [one for one in queries.demands_of(it, seen_by=request.actor) if one.buyer_id == request.actor.organisation_id]
    return mine[-1] if mine else None


def _within(request: Request, it: Batch) -> bool:
    return (request.actor.region_path + "/").startswith(it.region_path + "/")


def _choices(request: Request) -> dict[str, Any]:
    """Quotas, addresses and invoice titles to choose from, the first of each picked."""
    choices = terms.choices(request)
    plans = planning.plans_for_orders(request.actor.party)
    left = {it.number: yuan(sum((line.left for line in it.lines.all()), money.ZERO)) for it in plans}
    told = [(it.number, f"{it.number} {it.name} · {left[it.number]}") for it in plans]
    return {**choices, "picked": terms.picked(request, choices), "plans": told}
