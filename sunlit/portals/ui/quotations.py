"""An online quotation as a page: what buyer, supplier, regulator and the public see of it alike, and what each of them sees alone."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.market import queries, states
from sunlit.domain.market.models import Quotation
from sunlit.domain.market.rules import quotations as rules
from sunlit.domain.market.states import quotations as life
from sunlit.domain.rulebook.rules import Ruling
from sunlit.portals.doors import Request
from sunlit.portals.ui.history import history_of

COMPARES: Final = ("buyer", "regulator", "operator")
NEXT: Final[dict[str, str | Promise]] = {
    life.DRAFT: gettext_lazy("The buyer publishes it; then its money is held and suppliers may quote."),
    life.OPEN: gettext_lazy("Suppliers hand in sealed quotes. Nobody can read them before the opening, not even the platform."),
    life.SUSPENDED: gettext_lazy("The regulator looks into it. Nothing is opened meanwhile, and no time is lost."),
    life.CLOSED: gettext_lazy("The key keepers give out their keys, and all quotes are opened together."),
    life.OPENED: gettext_lazy("The buyer judges which quotes conform. The lowest of them wins; nobody chooses."),
    life.HALTED: gettext_lazy("The regulator looks into the judging."),
    life.AWARDED: gettext_lazy("The order was placed with the winner."),
    life.FAILED: gettext_lazy("Nothing was awarded; the money is free. The buyer may run it again."),
    life.CANCELLED: gettext_lazy("Called off; the money is free."),
    life.VOIDED: gettext_lazy("Voided by the regulator; the money is free."),
    life.DISCARDED: gettext_lazy("The draft was discarded."),
}


def quotation_page(request: Request, it: Quotation) -> dict[str, Any]:
    """Everything that the page of a quotation shows to this reader."""
    actor = request.actor
    compares = actor.kind in COMPARES and (actor.kind != "buyer" or actor.organisation_id == it.buyer_id)
    return {
        "it": it,
        "lines": queries.lines_of_quotation(it),
        "papers": queries.papers_of(it),
        "questions": queries.questions_of(it, seen_by=actor),
        "invited": queries.invited_to(it) if compares else [],
        "count": queries.count_told_to(it, actor),
        "matrix": queries.matrix(it) if compares and it.opened_at else None,
        "opened": queries.quotes_opened(it) if it.ended_at and it.opened_at else [],
        "rulings": [Ruling.from_json(told) for told in it.rulings] if compares else [],
        "moves": {move.verb: move for move in states.quotation.open_to(it, actor)},
        "quote_states": states.quote.states,
        "steps": _steps(it),
        "next": NEXT[it.state],
        "releases": list(it.lock.releases.order_by("pk")) if it.lock else [],
        "causes": rules.CAUSES,
        "exclusions": rules.EXCLUSIONS,
        "chosen": [(key, rules.EXCLUSIONS[key]) for key in rules.CHOSEN_EXCLUSIONS],
        "cancellations": list(rules.CANCELLATIONS.items()),
        "history": history_of(f"quotation/{it.number}"),
        "now": request.now,
    }


def _steps(it: Quotation) -> list[dict[str, Any]]:
    """The way: published, quotes, opened, judged, order; or where it ended."""
    way: list[tuple[str, Any]] = [
        (_("Quotation published"), it.published_at),
        (_("Quotes come in"), it.closed_at),
        (_("Opened together"), it.opened_at),
        (_("Judged and awarded"), it.ended_at if it.state == life.AWARDED else None),
        (_("Order placed"), it.order.placed_at if it.order else None),
    ]
    first = next((n for n, (_label, at) in enumerate(way) if at is None), len(way))
    told = [
        {"label": label, "at": at, "who": "", "state": "done" if at else "current" if n == first else "todo"}
        for n, (label, at) in enumerate(way)
    ]
    if it.ended_at and it.state != life.AWARDED:
        told = [step for step in told if step["state"] == "done"]
        told.append({"label": states.quotation.states[it.state], "at": it.ended_at, "who": "", "state": "bad"})
    return told
