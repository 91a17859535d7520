"""Buying under a framework agreement: how the supplier is found, on which terms, and what became of it."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import CallOff, Framework, Package
from sunlit.domain.market.queries import calloffs as queries
from sunlit.domain.market.queries import frameworks
from sunlit.domain.market.queries import parties as party_queries
from sunlit.domain.market.rules import calloffs as rules
from sunlit.domain.market.services import calloffs as services
from sunlit.domain.planning import queries as planning
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import area, lang, yuan
from sunlit.portals.ui.frameworks import calloff_page
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

TEXTS: Final = ("mode", "quantity", "plan", "purpose", "note", "reason", "entry", "dealer", "outside_supplier", "outside_price")


@door(kind="buyer", methods=("GET",))
def calloffs(request: Request) -> HttpResponse:
    """What the organisation bought and buys under agreements; a solicitor sees all that is bought under its own."""
    page = queries.calloffs_page(seen_by=request.actor, after=reading.after(request))
    return render(request, "buyer/calloffs.html", {"page": page, "modes": rules.MODES, "now": request.now})


@door(kind="buyer", roles=ORDERERS)
def call_off(request: Request, number: str, position: int) -> HttpResponse:
    """Buy under one package of an agreement in force."""
    it: Framework = found_or_404(frameworks.framework(number, seen_by=request.actor))
    package: Package = found_or_404(frameworks.package(it, position))
    parties = queries.parties_of(package)

    def act() -> HttpResponse:
        told: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS}
        outside = {name: told.pop(f"outside_{name}") for name in ("supplier", "price")}
        made = services.call_off(
            package, **told, **terms.chosen(request), outside=outside, proof=_paper(request), by=request.actor, at=request.now
        )
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": rules.MODES[made.mode], "number": made.number})
        return see_other("buyer:calloff", made.number)

    choices = terms.choices(request)
    context = {
        "it": it,
        "package": package,
        "parties": parties,
        "modes": [(key, rules.MODES[key]) for key in (*it.second_stage, *(() if it.is_open_form else ("outside",)))],
        "entries": [(entry.number, f"{lang(entry.supplier)} · {entry.name} · {yuan(entry.price)}") for entry in parties if entry.price],
        "dealers": [
            (
                one.number,
                _("%(dealer)s, for %(party)s · %(area)s")
                % {"dealer": lang(one.dealer), "party": lang(one.entry.supplier), "area": area(one)},
            )
            for one in party_queries.who_delivers(parties)
        ],
        "plans": [(one.number, f"{one.number} {one.name}") for one in planning.plans_for_orders(request.actor.party)],
        "chosen_plan": request.POST.get("plan", request.GET.get("plan", "")),
        **choices,
        "picked": terms.picked(request, choices),
        "turn": queries.turn_of(package, parties) if "rotation" in it.second_stage else None,
    }
    return form_page(request, "buyer/call_off.html", context, act)


@door(kind="buyer")
def calloff(request: Request, number: str) -> HttpResponse:
    """One purchase under an agreement: who was asked, what was bid, which order came of it."""
    it: CallOff = found_or_404(queries.calloff(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        if verb == "award":
            services.settle(it, by=request.actor, at=request.now)
        else:
            found_or_404(True if verb == "withdraw" else None)
            services.withdraw_calloff(
                it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request)
            )
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.calloff.moves[verb].label, "number": number})
        return see_other("buyer:calloff", number)

    context = calloff_page(request, it)
    over = it.answer_until is not None and request.now >= it.answer_until
    hidden = {"fail", "withdraw" if over else "award"} | ({"award"} if it.mode == "rotation" else set())
    context["moves"] = {verb: move for verb, move in context["moves"].items() if verb not in hidden}
    return form_page(request, "buyer/calloff.html", context, act)


def _paper(request: Request) -> File | None:
    """The paper with the cheaper offer, kept for the buyer. Refused: FIL-… at its field."""
    upload = request.FILES.get("proof")
    if upload is None:
        return None
    try:
        return files.keep(upload, purpose="document", owner=request.actor.organisation_id, by=request.actor, at=request.now)
    except Refused as refused:
        raise Refused(*(Problem(it.reason, it.params, "proof") for it in refused.problems)) from None
