"""The supplier's orders: answer them, send the goods, take goods back, send the invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import queries, services
from sunlit.domain.market.states import orders as states
from sunlit.foundation.accounts.rules import AMOUNT_WRONG
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.uploads import kept
from sunlit.portals.ui import handover
from sunlit.portals.ui.orders import Verb, expected, order_page, plain, reasoned
from sunlit.portals.ui.toasts import tell

SENDERS = ("sales", "admin")
INVOICERS = ("finance", "sales", "admin")
CARRIERS = ("顺丰速运", "京东物流", "中国邮政EMS", "中通快递", "圆通速递", "韵达快递", "德邦快递", "自有车辆")


@door(kind="supplier", methods=("GET",))
def orders(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip() for name in ("group", "state", "q")}
    after = request.GET.get("after", "")
    page = queries.orders(seen_by=request.actor, **asked, after=row_id(after))
    names = {state: label for state, label in states.order.states.items() if state not in UNSEEN}
    context = {
        "page": page,
        "counts": queries.counts(seen_by=request.actor),
        "asked": asked,
        "states": names,
        "lines": queries.lines_of(page.orders),
    }
    return render(
        request, "supplier/orders.html", context | {"deadlines": {it.pk: queries.deadline_of(it) for it in page.orders}, "now": request.now}
    )


UNSEEN = (states.AWAITING_APPROVAL, states.DISAPPROVED)  # these never reached the supplier


@door(kind="supplier", methods=("GET",))
def order(request: Request, number: str) -> HttpResponse:
    return render(request, "supplier/order.html", order_page(request, number))


VERBS: dict[str, Verb] = {
    "confirm": plain(services.confirm),
    "decline": reasoned(services.decline),
    "agree_cancel": plain(services.agree_cancel),
    "refuse_cancel": reasoned(services.refuse_cancel),
    "take_back": plain(services.take_back),
}


@door(kind="supplier", methods=("POST",))
def act_on_order(request: Request, number: str) -> HttpResponse:
    """One verb on one order; a refusal shows the order again, told what is wrong."""
    it = found_or_404(queries.order(number, seen_by=request.actor))
    verb = found_or_404(VERBS.get(request.POST.get("verb", "")))
    try:
        verb(request, it)
    except Refused as refused:
        context = order_page(request, number) | {"problems": refused.problems}
        return render(request, "supplier/order.html", context, status=refused.status)
    tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.order.moves[request.POST["verb"]].label, "number": number})
    return see_other("supplier:order", number)


# Goods


@door(kind="supplier", roles=SENDERS)
def dispatch(request: Request, number: str) -> HttpResponse:
    """Send a parcel: carrier, waybill, and how many pieces of each line are in it."""
    context = order_page(request, number)

    def act() -> HttpResponse:
        parcel = handover.parcel(request, context["lines"])
        it = services.dispatch(
            context["order"], **handover.waybill(request), parcel=parcel, by=request.actor, at=request.now, expected=expected(request)
        )
        words = _("Order %(number)s is on its way.") if it.state == states.DISPATCHED else _("A part of order %(number)s is on its way.")
        tell(request, words % {"number": number})
        return see_other("supplier:order", number)

    more = {"still": handover.still_open(context["lines"]), "carriers": CARRIERS}
    return form_page(request, "supplier/dispatch.html", context | more, act)


@door(kind="supplier", roles=SENDERS)
def redeliver(request: Request, number: str) -> HttpResponse:
    """Send other goods for those that came back."""
    context = order_page(request, number)

    def act() -> HttpResponse:
        services.redeliver(context["order"], **handover.waybill(request), by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Other goods for order %(number)s are on their way.") % {"number": number})
        return see_other("supplier:order", number)

    return form_page(request, "supplier/redeliver.html", context | {"carriers": CARRIERS}, act)


# Money


@door(kind="supplier", roles=INVOICERS)
def invoice(request: Request, number: str) -> HttpResponse:
    """Record the invoice: number, amount, day and the file."""
    context = order_page(request, number)

    def act() -> HttpResponse:
        told = _invoice(request)
        files = kept(request, "file", purpose="document", owner=request.actor.organisation_id, by=request.actor)
        given: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        contracts.invoice(context["order"], **told, file=files[0] if files else None, **given)
        tell(request, _("The invoice for order %(number)s was sent to the buyer.") % {"number": number})
        return see_other("supplier:order", number)

    return form_page(request, "supplier/invoice.html", context | {"today": local_day(request.now)}, act)


def _invoice(request: Request) -> dict[str, Any]:
    """The figures of the invoice; everything that cannot be read is told together."""
    problems: list[Problem] = []
    amount = _amount(request.POST.get("amount", ""), problems)
    day = handover.day(request.POST.get("issued_on", ""), problems, on="issued_on")
    check(problems)
    return {"number": request.POST.get("invoice_number", "").strip()[:100], "amount": amount, "issued_on": day}


def _amount(text: str, problems: list[Problem]) -> Decimal | None:
    try:
        return money.yuan(text)
    except money.NotMoney:
        problems.append(Problem(AMOUNT_WRONG, {"amount": text}, on="amount"))
        return None
