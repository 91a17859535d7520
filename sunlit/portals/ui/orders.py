"""An order as a page: what buyer, supplier and regulator see of it alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sunlit.domain.contracts import queries as contracts
from sunlit.domain.market import queries as market
from sunlit.domain.market import states
from sunlit.domain.market.models import Order
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, found_or_404

# Verbs that need nothing but the decision, and those that need a reason. The others have forms of their own.
PLAIN = frozenset({"approve", "confirm", "agree_cancel", "receive", "take_back", "request_payment"})
REASONED = frozenset({"disapprove", "withdraw", "decline", "ask_cancel", "refuse_cancel", "ask_return", "ask_exchange"})
ENDED_BADLY = frozenset({*states.ENDED_WITHOUT_DEAL, states.REJECTED, states.RETURNING, states.CANCEL_ASKED})


def order_page(request: Request, number: str) -> dict[str, Any]:
    """Everything that the page of an order shows. 404 for an order that the actor may not see."""
    order: Order = found_or_404(market.order(number, seen_by=request.actor))
    moves = states.order.open_to(order, request.actor)
    return {
        "order": order,
        "lines": list(order.lines.all()),
        "paper": contracts.paper(order),
        "steps": _steps(order),
        "history": ledger.history_of(f"order/{order.number}"),
        "rulings": [Ruling.from_json(told) for told in order.rulings],
        "moves": moves,
        "plain": [move for move in moves if move.verb in PLAIN],
        "reasoned": [move for move in moves if move.verb in REASONED],
        "verbs": {move.verb for move in moves},
        "until": market.deadline_of(order),
        "state_label": states.order.states[order.state],
        "now": request.now,
    }


def expected(request: Request) -> int | None:
    """The version of the order that the form was made from."""
    text = request.POST.get("expected", "")
    return int(text) if text.isdigit() else None


def _steps(order: Order) -> list[dict[str, Any]]:
    told = []
    for step in market.steps_of(order):
        state = "done" if step.at else "current" if step.current else "todo"
        upto = _("until %(day)s") % {"day": step.until.astimezone().strftime("%m-%d")} if step.until else ""
        told.append({"label": step.label, "state": state, "at": step.at, "next": upto, "who": ""})
    if order.state in ENDED_BADLY:
        told = [step for step in told if step["state"] == "done"]
        told.append({"label": states.order.states[order.state], "state": "bad", "at": order.ended_at, "next": "", "who": ""})
    return told
