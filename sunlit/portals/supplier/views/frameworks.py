"""Framework agreements at the supplier's: what is solicited, the own responses, signing, and the agreement while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import Framework, FrameworkDealer, FrameworkEntry, Package
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.queries import parties
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import parties as party_rules
from sunlit.domain.market.rules import workorders as work_rules
from sunlit.domain.market.services import frameworks as services
from sunlit.domain.market.services import open_frameworks as open_services
from sunlit.domain.market.services import parties as services_of_parties
from sunlit.domain.market.services.drafts import paper_handed_in
from sunlit.domain.market.states import frameworks as life
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views import drafts
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.frameworks import framework_page
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.workorders import rate_text

FIELDS: Final = ("name", "brand", "model", "description", "capacity", "quoted", "consumables", "consumable_years")
SALES: Final = ("sales", "admin")
REASONED: Final[dict[str, Callable[..., FrameworkEntry]]] = {"decline": services.decline_entry, "ask_leave": services.ask_leave}

FREELY: Final[dict[str, Callable[..., FrameworkEntry]]] = {
    "take_back": open_services.take_back_application,
    "leave": open_services.leave_framework,
}
DEALING: Final[dict[str, Callable[..., FrameworkDealer]]] = {
    "decline": services_of_parties.decline_dealing,
    "end": services_of_parties.end_dealing,
}


@door(kind="supplier", methods=("GET",))
def frameworks(request: Request) -> HttpResponse:
    """Solicitations that are open first, and the own responses."""
    state = request.GET.get("state", life.OPEN).strip()[:20]
    context = {
        "page": queries.frameworks_page(
            seen_by=request.actor, state="" if state == "all" else state, after=row_id(request.GET.get("after", ""))
        ),
        "asked": state,
        "states": [("all", _("All")), *((key, label) for key, label in states.framework.states.items() if key in life.PUBLIC)],
        "dealings": parties.my_dealings(request.actor.party),
        "mine": queries.my_entries(request.actor.party),
        "now": request.now,
    }
    return render(request, "supplier/frameworks.html", context)


@door(kind="supplier", methods=("GET",))
def framework(request: Request, number: str) -> HttpResponse:
    """What is solicited, package by package, with the own response to each."""
    it: Framework = found_or_404(queries.framework(number, seen_by=request.actor))
    context = framework_page(request, it)
    answered = {view.package.pk for view in context["packages"] for entry in view.entries if entry.state != life.WITHDRAWN}
    if it.is_open_form:
        mine = [entry for view in context["packages"] for entry in view.entries]
        answered = {entry.package_id for entry in mine if entry.state in (life.APPLIED, life.SIGNED)}
    context |= {
        "may_respond": it.state == life.OPEN and request.actor.has(*SALES),
        "may_apply": it.takes_applications_at(request.now) and request.actor.has(*SALES),
        "answered": answered,
    }
    return render(request, "supplier/framework.html", context)


@door(kind="supplier", roles=SALES)
def respond(request: Request, number: str, position: int) -> HttpResponse:
    """Answer a package, or change the answer while there is time; of an open agreement, apply to join."""
    it: Framework = found_or_404(queries.framework(number, seen_by=request.actor))
    package: Package = found_or_404(queries.package(it, position))
    own = next((one for one in queries.my_entries(request.actor.party) if one.package_id == package.pk), None)
    if it.is_open_form:
        own = own if own is not None and own.state in (life.APPLIED, life.SIGNED) else None

    draft = drafts.draft_of(request, "framework", number, position)

    def act() -> HttpResponse:
        if request.POST.get("verb") == "draft":
            drafts.keep(request, "framework", number, position)
            return see_other("supplier:respond", number, position)
        told = {name: request.POST.get(name, "") for name in FIELDS}
        proof = _paper(request) or paper_handed_in("framework", number, "proof", part=position, by=request.actor, at=request.now)
        said: dict[str, Any] = {"proof": proof, "by": request.actor, "at": request.now}
        if it.is_open_form:
            open_services.apply_to_join(package, told, **said)
            tell(request, _("Your application was handed in. The solicitor answers within the legal term."))
            return see_other("supplier:framework", number)
        if own is None:
            services.respond(package, told, **said)
        else:
            services.revise_response(own, told, **said, expected=expected(request))
        tell(request, _("Your response was handed in. Nobody else can read it before the deadline."))
        return see_other("supplier:framework", number)

    begun = drafts.filled(request, draft)
    context = {
        "it": it,
        "package": package,
        "own": own,
        "pricing_forms": work_rules.FORMS,
        "rate_text": rate_text,
        "draft": draft,
        "told": {name: begun.get(name, "") if begun else getattr(own, name, "") for name in FIELDS},
        "capacities": [(key, rules.CAPACITIES[key]) for key in rules.OF_KIND[it.kind]],
        "open": it.takes_applications_at(request.now) and own is None if it.is_open_form else it.state == life.OPEN,
        "now": request.now,
    }
    return form_page(request, "supplier/framework_response.html", context, act)


@door(kind="supplier")
def framework_entry(request: Request, number: str, response: str) -> HttpResponse:
    """The own response: withdrawn before the deadline, signed when it is shortlisted, its price lowered while the agreement runs."""
    it: FrameworkEntry = found_or_404(queries.entry(response, seen_by=request.actor))
    found_or_404(it if it.package.framework.number == number else None)

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb == "withdraw":
            services.withdraw_response(it, **told)
        elif verb == "sign":
            services.sign_entry(it, **told)
        elif verb in FREELY:
            FREELY[verb](it, **told)
        elif verb in REASONED:
            REASONED[verb](it, reason=request.POST.get("reason", ""), **told)
        elif verb in ("name", "ask", "withdraw_upgrade"):
            _as_a_party(request, it, verb)
            return see_other("supplier:framework_entry", number, response)
        else:
            found_or_404(True if verb == "reduce" else None)
            services.reduce_price(it, price=request.POST.get("price", ""), **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.entry.moves[verb].label, "number": it.number})
        return see_other("supplier:framework", number)

    framework_state = it.package.framework.state
    running = ("reduce", *(() if it.leave_until else ("ask_leave",)))
    if it.package.framework.is_open_form:
        running = tuple(FREELY)
    here = {life.OPEN: ("withdraw",), life.SHORTLISTED: ("sign", "decline"), life.IN_FORCE: running}.get(framework_state, ())
    may = it.state in (life.LISTED, life.SIGNED) and framework_state in (life.SHORTLISTED, life.IN_FORCE) and request.actor.has(*SALES)
    upgrades = parties.upgrades_of(it)
    context = {
        "it": it.package.framework,
        "entry": it,
        "dealers": parties.dealers_of(it, seen_by=request.actor),
        "places": [(one.code, lang(one)) for one in accounts.regions() if (one.path + "/").startswith(it.region_path + "/")],
        "chosen_places": request.POST.getlist("regions"),
        "may_name": may and it.package.framework.kind == "goods",
        "upgrades": upgrades,
        "may_upgrade": may and it.state == life.SIGNED and not any(one.state == "asked" for one in upgrades),
        "rows": range(1, party_rules.PARAMETERS_MOST + 1),
        "sales": request.actor.has(*SALES),
        "moves": {move.verb: move for move in states.entry.open_to(it, request.actor) if move.verb in here},
        "findings": rules.FINDINGS,
        "removals": rules.REMOVALS,
        "capacities": rules.CAPACITIES,
        "history": history_of(f"framework_entry/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "supplier/framework_entry.html", context, act)


@door(kind="supplier")
def framework_dealer(request: Request, number: str) -> HttpResponse:
    """One dealer of a party, as party and dealer see it: taken on, declined, ended."""
    it: FrameworkDealer = found_or_404(parties.dealer(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb == "accept":
            services_of_parties.accept_dealing(it, **told)
        else:
            found_or_404(DEALING.get(verb))(it, reason=request.POST.get("reason", ""), **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.dealer.moves[verb].label, "number": it.number})
        return see_other("supplier:framework_dealer", number)

    context = {
        "dealer": it,
        "it": it.entry.package.framework,
        "own": it.entry.supplier_id == request.actor.party,
        "moves": {move.verb: move for move in states.dealer.open_to(it, request.actor)},
        "history": history_of(f"framework_dealer/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "supplier/framework_dealer.html", context, act)


def _as_a_party(request: Request, it: FrameworkEntry, verb: str) -> None:
    """Name a dealer, ask for an upgrade, or take it back."""
    post = request.POST
    told: dict[str, Any] = {"by": request.actor, "at": request.now}
    if verb == "name":
        services_of_parties.name_dealer(
            it, {"dealer": post.get("dealer", ""), "regions": post.getlist("regions")}, paper=_paper(request, "paper"), **told
        )
    elif verb == "ask":
        rows = [
            {name: post.get(f"{name}_{n}", "") for name in ("parameter", "before", "after")}
            for n in range(1, party_rules.PARAMETERS_MOST + 1)
        ]
        said = {name: post.get(name, "") for name in (*services_of_parties.PRODUCT, "price")}
        services_of_parties.ask_upgrade(it, said, rows=rows, proof=_paper(request), **told)
    else:
        services_of_parties.withdraw_upgrade(found_or_404(parties.upgrade(post.get("upgrade", ""), entry=it)), **told)


def _paper(request: Request, name: str = "proof") -> File | None:
    """The paper that was handed in, kept for the supplier. Refused: FIL-… at its field."""
    upload = request.FILES.get(name)
    if upload is None:
        return None
    try:
        return files.keep(upload, purpose="document", owner=request.actor.organisation_id, by=request.actor, at=request.now)
    except Refused as refused:
        raise Refused(*(Problem(it.reason, it.params, name) for it in refused.problems)) from None
