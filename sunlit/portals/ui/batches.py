"""A batch purchase as a page: what buyer, solicitor, supplier, regulator and the public see of it, each as far as it may."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.market import states
from sunlit.domain.market.models import Batch, BatchDemand
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.rules import batches as rules
from sunlit.domain.market.states import batches as life
from sunlit.domain.market.states.stops import open_to
from sunlit.foundation.accounts.actors import Actor
from sunlit.portals.doors import Request
from sunlit.portals.ui.history import history_of

NEXT: Final[dict[str, str | Promise]] = {
    life.COLLECTING: gettext_lazy("Buyers of the region submit what they need and confirm it. Their money lies ready at the cap."),
    life.POOLED: gettext_lazy("The solicitor puts the pooled quantity out to all parties of the agreement."),
    life.BIDDING: gettext_lazy("The parties bid one unit price for all of it. Nobody sees the bid of another before the deadline."),
    life.COMPARED: gettext_lazy(
        "The solicitor looks whether the lowest bid conforms and confirms it. Nobody chooses; without a word the clock confirms."
    ),
    life.OFFERED: gettext_lazy("The winner takes the orders, or says why not; then the next lowest moves up."),
    life.AWARDED: gettext_lazy("Every buyer has its own order at the price that won."),
    life.FAILED: gettext_lazy("No order was placed; all money is free again."),
    life.CANCELLED: gettext_lazy("No order was placed; all money is free again."),
    life.VOIDED: gettext_lazy("No order was placed; all money is free again."),
}
UNTIL: Final[dict[str, str | Promise]] = {
    life.COLLECTING: gettext_lazy("Demands until"),
    life.POOLED: gettext_lazy("To be put out until"),
    life.BIDDING: gettext_lazy("Bids until"),
    life.COMPARED: gettext_lazy("To be confirmed until"),
    life.OFFERED: gettext_lazy("To be taken until"),
}


def batch_page(request: Request, it: Batch) -> dict[str, Any]:
    """Everything that the page of a batch shows to this reader."""
    moves, demands = open_to(states.batch, it, request.actor), queries.demands_of(it, seen_by=request.actor)
    return {
        "it": it,
        "framework": it.package.framework,
        "pool": queries.pool_of(it),
        "demands": demands,
        "bids": queries.bids_of(it, seen_by=request.actor),
        "read": {one.number for one in demands if _reads_order(request.actor, it, one)},
        "moves": moves,
        "over": request.now >= it.until,
        "steps": _steps(it),
        "next": NEXT[it.state],
        "until": UNTIL.get(it.state, ""),
        "why": _(rules.CAUSES[it.cause]) if it.cause else "",
        "causes": {key: _(text) for key, text in rules.CAUSES.items()},
        "exclusions": rules.EXCLUSIONS,
        "history": history_of(f"batch_purchase/{it.number}"),
        "now": request.now,
    }


def _reads_order(actor: Actor, it: Batch, demand: BatchDemand) -> bool:
    """An order is for its buyer and for who delivers it: the solicitor, and a winner whose dealer delivers, read its number."""
    sells = demand.dealer.dealer_id if demand.dealer else it.entry.supplier_id if it.entry else None
    return actor.organisation_id in {"buyer": (demand.buyer_id,), "supplier": (sells,)}.get(actor.kind, (actor.organisation_id,))


def _steps(it: Batch) -> list[dict[str, Any]]:
    """The way: demands, pooled, bids, compared, confirmed and taken."""
    told = [
        (_("Batch opened"), it.opened_at, ()),
        (_("Demands pooled"), it.closed_at, (life.COLLECTING,)),
        (_("Put out to the parties"), it.published_at, (life.POOLED,)),
        (_("Bids compared"), it.compared_at, (life.BIDDING,)),
        (_("Ordered"), it.awarded_at, (life.COMPARED, life.OFFERED)),
    ]
    steps = [
        {"label": label, "state": "done" if at else "current" if it.state in before else "todo", "at": at} for label, at, before in told
    ]
    if it.state not in life.RUNNING and it.state != life.AWARDED:
        steps = [step for step in steps if step["state"] == "done"]
        steps.append({"label": str(states.batch.states[it.state]), "state": "bad", "at": it.ended_at})
    return steps
