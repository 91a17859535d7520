"""An order as a page: what buyer, supplier and regulator see of it alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Attribute
from sunlit.domain.contracts import queries as contracts
from sunlit.domain.market import queries as market
from sunlit.domain.market.models import Order
from sunlit.domain.market.policies import facts_for
from sunlit.domain.market.queries.parties import delivered_for
from sunlit.domain.market.states import orders as states
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.ledger.models import Entry
from sunlit.portals.doors import Request, found_or_404
from sunlit.portals.ui.filters import chinese, lang
from sunlit.portals.ui.history import history_of

# Verbs that need nothing but the decision, and those that need a reason. The others have forms of their own.
PLAIN = frozenset({"approve", "confirm", "agree_cancel", "receive", "take_back", "request_payment"})
REASONED = frozenset({"disapprove", "withdraw", "decline", "ask_cancel", "refuse_cancel", "ask_return", "ask_exchange"})
WAYS_OUT = frozenset({"withdraw", "ask_cancel"})  # open to the buyer while it is the supplier's turn
ENDED_BADLY = frozenset({*states.ENDED_WITHOUT_DEAL, states.REJECTED, states.RETURNING, states.CANCEL_ASKED})

# What happens next and whose turn it is, told under the state.
NEXT: dict[str, str | Promise] = {
    states.AWAITING_APPROVAL: _("The buyer's lead approves it or not; then it goes to the supplier."),
    states.PLACED: _("The supplier confirms or declines it. Without an answer in time it lapses and the budget is free again."),
    states.CONFIRMED: _("The supplier dispatches the goods."),
    states.PARTLY_DISPATCHED: _("The supplier dispatches what is still open."),
    states.DISPATCHED: _("The buyer's receiver confirms the receipt."),
    states.RECEIVED: _("The buyer's receiver inspects the goods, then accepts or rejects them."),
    states.REJECTED: _("The buyer returns the goods or has them exchanged."),
    states.RETURNING: _("The supplier confirms that the goods are back; then the budget is free again."),
    states.EXCHANGING: _("The supplier dispatches other goods."),
    states.CANCEL_ASKED: _("The supplier agrees to cancel, or holds on to the order."),
    states.ACCEPTED: _("The supplier sends the invoice."),
    states.INVOICED: _("The buyer's finance orders the payment."),
    states.PAYING: _("The bank carries the payment out."),
    states.PAID: _("The orderer rates the supplier; after the term the order is closed."),
    states.RATED: _("Everything is done; the order is closed by itself."),
    states.CLOSED: _("Everything is done."),
    **dict.fromkeys(states.ENDED_WITHOUT_DEAL, _("Ended without a deal: budget and stock are free again.")),
}

# The same where another unit sells (单位直购): it is nobody's supplier.
NEXT_BETWEEN_UNITS: dict[str, str | Promise] = {
    **NEXT,
    states.CONFIRMED: _("The selling unit hands it over."),
    states.PARTLY_DISPATCHED: _("The selling unit hands over what is still open."),
    states.RETURNING: _("The selling unit confirms that it is back; then the budget is free again."),
    states.EXCHANGING: _("The selling unit hands over another one."),
    states.CANCEL_ASKED: _("The selling unit agrees to cancel, or holds on to the order."),
    states.ACCEPTED: _("The selling unit sends the voucher."),
    states.PAID: _("The orderer rates the deal; after the term the order is closed."),
}

# The ways of buying as people call them, and the page, the same in the buyer's, the supplier's and the regulator's portal, of what was won.
WAYS: dict[str, str | Promise] = {
    "supermarket": pgettext_lazy("way of buying", "Online supermarket"),
    "direct": pgettext_lazy("way of buying", "Direct from the manufacturer"),
    "framework": pgettext_lazy("way of buying", "Framework agreement"),
    "service": pgettext_lazy("way of buying", "Designated service"),
    "batch": pgettext_lazy("way of buying", "Batch purchase"),
    "quotation": pgettext_lazy("way of buying", "Online quotation"),
    "auction": pgettext_lazy("way of buying", "Reverse auction"),
    "unit": pgettext_lazy("way of buying", "From another unit"),
}
ORIGIN_PAGES: dict[str, str] = {
    "quotation": "quotation",
    "framework": "calloff",
    "service": "work_order",
    "auction": "auction",
    "batch": "batch_of",
    "unit": "unit_request",
}

# The acts that finish a step of the way: whoever did the last of them stands under the step.
FINISHES = {
    "order.request": "placed",
    "order.place": "placed",
    "order.award": "placed",
    "order.settle": "received",
    "order.approve": "approved",
    "order.confirm": "confirmed",
    "order.dispatch": "dispatched",
    "order.redeliver": "dispatched",
    "order.receive": "received",
    "order.accept": "accepted",
    "order.invoice": "invoiced",
    "order.pay": "paid",
    "order.rate": "rated",
}

REASON_COUNTS = ENDED_BADLY | {states.EXCHANGING, states.CONFIRMED}  # elsewhere the reason of an earlier state is over


def order_page(request: Request, number: str) -> dict[str, Any]:
    """Everything that the page of an order shows. 404 for an order that the actor may not see."""
    return page_of_order(request, found_or_404(market.order(number, seen_by=request.actor)))


def page_of_order(request: Request, order: Order) -> dict[str, Any]:
    """The same of an order at hand. What the buyer keeps to itself is not for who sells, also where that is another unit."""
    inside = request.actor.kind != "supplier" and order.supplier_id != request.actor.organisation_id
    moves = states.order.open_to(order, request.actor)
    history = history_of(f"order/{order.number}")
    for entry in history:
        entry.facts = facts_for(request.actor, entry.act, entry.facts)
    paper = contracts.paper(order)
    page = ORIGIN_PAGES.get(order.mode)
    return {
        "way": WAYS.get(order.mode, order.mode),
        "origin_page": f"{request.actor.kind}:{page}" if page and order.origin else "",
        "origin_number": order.origin.partition(".")[0],  # an auction that fell to the next bidder has papers NUMBER.2, NUMBER.3
        "order": order,
        "delivers_for": delivered_for(order),
        "inside": inside,
        "lines": list(order.lines.all()),
        "parameters": {line.position: parameters(line.snapshot) for line in order.lines.all()},
        "paper": paper,
        "sheet_forms": {sheet.pk: contracts.filled_forms(sheet) for sheet in paper.sheets},
        "steps": _steps(order, history),
        "history": history,
        "rulings": [Ruling.from_json(told) for told in market.rulings_of(order, seen_by=request.actor)],
        "explanation": order.explanation if inside else "",
        "moves": moves,
        "plain": [move for move in moves if move.verb in PLAIN],
        "reasoned": [move for move in moves if move.verb in REASONED],
        "verbs": {move.verb for move in moves},
        "mine": any(move.verb not in WAYS_OUT for move in moves),
        "until": market.deadline_of(order),
        "state_label": states.order.states[order.state],
        "next": (NEXT_BETWEEN_UNITS if order.mode == states.UNIT else NEXT)[order.state],
        "reason": order.reason if order.state in REASON_COUNTS else "",
        "now": request.now,
    }


def parameters(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The frozen parameters of a product by their names in the reader's language, in the order of the category's template."""
    category, told = catalog.category(snapshot["category"]["code"]), dict(snapshot["attributes"])
    lines = catalog.template(category) if category else ()
    known = [(lang(line), _valued(line, str(told.pop(line.key)))) for line in lines if line.key in told]
    return known + [(name, str(value)) for name, value in told.items()]


def _valued(line: Attribute, value: str) -> str:
    """A choice in the reader's words; a figure with its unit."""
    if not chinese() and line.choices_en and value in line.choices:
        return line.choices_en[line.choices.index(value)]
    unit = line.unit if chinese() else line.unit_en or line.unit
    return f"{value} {unit}" if unit and not value.endswith(unit) else value


def expected(request: Request) -> int | None:
    """The version of the order that the form was made from."""
    return row_id(request.POST.get("expected", ""))


Verb = Callable[[Request, Order], Any]


def plain(service: Callable[..., Any]) -> Verb:
    """A verb that needs nothing but the decision."""
    return lambda request, it: service(it, by=request.actor, at=request.now, expected=expected(request))


def reasoned(service: Callable[..., Any]) -> Verb:
    """A verb with the reason that was typed."""
    return lambda request, it: service(
        it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request)
    )


def _steps(order: Order, history: Iterable[Entry]) -> list[dict[str, Any]]:
    """The way with who, when and what comes next; where it ended badly, up to there."""
    who = {FINISHES[entry.act]: entry.facts.get("actor", "") for entry in history if entry.act in FINISHES}
    told = []
    for step in market.steps_of(order):
        state = "done" if step.at else "current" if step.current else "todo"
        told.append(
            {"label": step.label, "state": state, "at": step.at, "next": _until(step.until), "who": who.get(step.key) if step.at else ""}
        )
    if order.state in ENDED_BADLY:
        told = [step for step in told if step["state"] == "done"]
        told.append({"label": states.order.states[order.state], "state": "bad", "at": order.ended_at, "next": "", "who": ""})
    return told


def _until(until: datetime | None) -> str:
    """The last day that still belongs to the term."""
    return gettext("until %(day)s") % {"day": f"{local_day(until - timedelta(minutes=1)):%m-%d}"} if until else ""
