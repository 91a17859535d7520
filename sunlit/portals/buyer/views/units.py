"""Purchases between units at both of them: what others offer, what the own unit offers, requests, and the orders that the own unit delivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import queries as market
from sunlit.domain.market import services as orders
from sunlit.domain.market import states
from sunlit.domain.market.models import Order, UnitOffer, UnitRequest
from sunlit.domain.market.queries import units as queries
from sunlit.domain.market.rules import units as rules
from sunlit.domain.market.services import units as services
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, check
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui import handover
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.orders import expected, page_of_order
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.units import offer_page, request_page, told
from sunlit.portals.ui.verbs import carry_out

LISTS: Final = ("open", "own", "asked", "received")
HANDED_OVER: Final = "自行交接"
PLAIN: Final[dict[str, Callable[..., UnitRequest]]] = {"confirm": services.confirm_request}
REASONED: Final[dict[str, Callable[..., UnitRequest]]] = {"refuse": services.refuse_request, "withdraw": services.withdraw_request}
SALE_PLAIN: Final[dict[str, Callable[..., Order]]] = {"agree_cancel": orders.agree_cancel, "take_back": orders.take_back}
SALE_REASONED: Final[dict[str, Callable[..., Order]]] = {"refuse_cancel": orders.refuse_cancel}


@door(kind="buyer", methods=("GET",))
def unit_offers(request: Request) -> HttpResponse:
    """What other units offer; what mine offers; what mine asked for; what it is asked for."""
    actor, after = request.actor, reading.after(request)
    which = request.GET.get("list", "") if request.GET.get("list", "") in LISTS else "open"
    q = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {
        **told(request),
        "which": which,
        "q": q,
        "waiting": queries.waiting_requests(actor),
        "may_offer": actor.has("lead"),
    }
    if which == "open":
        context["page"] = queries.offers_page(at=request.now, region_path=actor.region_path, but=actor.party, q=q, after=after)
    elif which == "own":
        context["page"] = queries.offers_page(at=request.now, seller_id=actor.party, q=q, after=after)
    else:
        context["page"] = queries.requests_page(seen_by=actor, side="buyer" if which == "asked" else "seller", after=after)
    return render(request, "buyer/unit_offers.html", context)


@door(kind="buyer", roles=("lead",))
def new_unit_offer(request: Request) -> HttpResponse:
    """Offer something to other units: what, at which price and on what it rests, for whom, until when."""

    def act() -> HttpResponse:
        said = {name: request.POST.get(name, "") for name in services.TEXTS}
        said["category"] = said["category"].strip().partition(" ")[0]
        made = services.publish_offer(said, paper=_paper(request), by=request.actor, at=request.now)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.unit_offer.moves["publish"].label, "number": made.number})
        return see_other("buyer:unit_offer", made.number)

    codes = request.actor.region_path.split("/")
    regions = [accounts.region(code) for code in reversed(codes)]
    context = {
        "bases": rules.BASES.items(),
        "scopes": [(each.path, lang(each)) for each in regions if each],
        "categories": [f"{each.code} {lang(each)}" for each in catalog.tree().in_use()],
        "today": local_day(request.now),
    }
    return form_page(request, "buyer/unit_offer_new.html", context, act)


@door(kind="buyer")
def unit_offer(request: Request, number: str) -> HttpResponse:
    """One offer: another unit's may be asked for, the own one withdrawn."""
    it: UnitOffer = found_or_404(queries.unit_offer(number))
    own = it.seller_id == request.actor.party

    def act() -> HttpResponse:
        if request.POST.get("verb") == "withdraw":
            services.withdraw_offer(it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request))
            tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.unit_offer.moves["withdraw"].label, "number": number})
            return see_other("buyer:unit_offer", number)
        texts: dict[str, Any] = {name: request.POST.get(name, "") for name in ("quantity", "purpose", "note", "plan")}
        made = services.request_of_unit(it, **texts, **terms.chosen(request), by=request.actor, at=request.now)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.unit_request.moves["request"].label, "number": made.number})
        return see_other("buyer:unit_request", made.number)

    within = (request.actor.region_path + "/").startswith(it.scope_path + "/")
    context = offer_page(request, it)
    open_now = it.state == "offered" and not context["over"] and it.left > 0
    context |= {
        "own": own,
        "within": within,
        "may_ask": not own and within and open_now and request.actor.has(*ORDERERS),
        "received": queries.requests_page(seen_by=request.actor, side="seller", offer=it) if own else None,
    }
    if context["may_ask"]:
        context |= _choices(request)
    return form_page(request, "buyer/unit_offer.html", context, act)


@door(kind="buyer")
def unit_request(request: Request, number: str) -> HttpResponse:
    """One request: the selling unit confirms or refuses it, the buying unit may withdraw it."""
    it: UnitRequest = found_or_404(queries.unit_request(number, seen_by=request.actor))

    def act() -> HttpResponse:
        carry_out(request, it, states.unit_request, plain=PLAIN, reasoned=REASONED)
        return see_other("buyer:unit_request", number)

    context = request_page(request, it)
    context |= {
        "plain": [move for verb, move in context["moves"].items() if verb in PLAIN],
        "reasoned": [move for verb, move in context["moves"].items() if verb in REASONED],
        "order_link": "buyer:order" if context["inside"] else "buyer:unit_sale",
    }
    return form_page(request, "buyer/unit_request.html", context, act)


@door(kind="buyer", methods=("GET",))
def unit_sales(request: Request) -> HttpResponse:
    """The orders that the own unit delivers to others, by their state."""
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("group", "state", "q")}
    context = {
        "page": queries.sales(seen_by=request.actor, **asked, after=reading.after(request)),
        "counts": queries.sales_counts(seen_by=request.actor),
        "waiting": queries.waiting_requests(request.actor),
        "asked": asked,
        "states": states.order.states,
    }
    return render(request, "buyer/unit_sales.html", context)


@door(kind="buyer")
def unit_sale(request: Request, number: str) -> HttpResponse:
    """An order that the own unit delivers to another: hand over, at once or in parts, take back, send the voucher, answer the rating."""
    it: Order = found_or_404(queries.sale(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        given: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb in SALE_PLAIN:
            SALE_PLAIN[verb](it, **given)
        elif verb in SALE_REASONED:
            SALE_REASONED[verb](it, reason=request.POST.get("reason", ""), **given)
        else:
            found_or_404(SALE_FORMS.get(verb))(request, it, given)
        label = states.order.moves[verb].label if verb in states.order.moves else _("Answer the rating")
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": label, "number": number})
        return see_other("buyer:unit_sale", number)

    context = page_of_order(request, it)
    rating = context["paper"].rating
    context |= {
        "still": handover.still_open(context["lines"]),
        "today": local_day(request.now),
        "may_reply": rating is not None and papers.may_reply(rating, by=request.actor, at=request.now),
        "sale_plain": [move for move in context["moves"] if move.verb in SALE_PLAIN],
        "sale_reasoned": [move for move in context["moves"] if move.verb in SALE_REASONED],
        "handed_over": HANDED_OVER,
    }
    return form_page(request, "buyer/unit_sale.html", context, act)


def _hand_over(request: Request, it: Order, given: dict[str, Any]) -> None:
    """What is handed over now, under the number of the handover sheet or waybill."""
    parcel = handover.parcel(request, it.lines.all())
    orders.dispatch(it, **handover.waybill(request), parcel=parcel, paper=_paper(request), **given)


def _hand_over_anew(request: Request, it: Order, given: dict[str, Any]) -> None:
    orders.redeliver(it, **handover.waybill(request), paper=_paper(request), **given)


def _send_voucher(request: Request, it: Order, given: dict[str, Any]) -> None:
    """The voucher over the accepted amount."""
    problems: list[Problem] = []
    issued_on = handover.day(request.POST.get("issued_on", ""), problems, on="issued_on")
    check(problems)
    voucher: dict[str, Any] = {"number": request.POST.get("invoice_number", "").strip()[:100], "issued_on": issued_on}
    contracts.invoice(it, **voucher, amount=it.total, file=_paper(request), **given)


def _reply(request: Request, it: Order, given: dict[str, Any]) -> None:
    rating = found_or_404(papers.rating_to_answer(it.number, seen_by=request.actor))
    contracts.reply(rating, text=request.POST.get("reply", ""), by=given["by"], at=given["at"])


SALE_FORMS: Final[dict[str, Callable[[Request, Order, dict[str, Any]], None]]] = {
    "dispatch": _hand_over,
    "redeliver": _hand_over_anew,
    "invoice": _send_voucher,
    "reply": _reply,
}


def _paper(request: Request) -> File | None:
    upload = request.FILES.get("file")
    return files.keep(upload, purpose="document", owner=request.actor.party, by=request.actor, at=request.now) if upload else None


def _choices(request: Request) -> dict[str, Any]:
    """Quota, plan, place and invoice title to choose from, the first of each chosen."""
    choices = terms.choices(request)
    filled = market.cart_plan(request.actor)
    plan = request.POST.get("plan", "") if request.method == "POST" else request.GET.get("plan", filled.number if filled else "")
    return {
        **choices,
        "picked": terms.picked(request, choices) | {"plan": plan},
        "plans": [(one.number, f"{one.name} · {one.number}") for one in planning.plans_for_orders(request.actor.party)],
    }
