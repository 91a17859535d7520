"""Purchases between units as pages: what buyer, selling unit, regulator and the public see of an offer and of a request."""

from __future__ import annotations

from typing import Any

from sunlit.domain.market import states
from sunlit.domain.market.models import UnitOffer, UnitRequest
from sunlit.domain.market.rules import units as rules
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts import queries as accounts
from sunlit.portals.doors import Request
from sunlit.portals.ui.history import history_of


def told(request: Request) -> dict[str, Any]:
    """What every table of offers and requests needs."""
    return {
        "bases": rules.BASES,
        "offer_states": states.unit_offer.states,
        "request_states": states.unit_request.states,
        "now": request.now,
    }


def offer_page(request: Request, it: UnitOffer) -> dict[str, Any]:
    """One offer with the basis of its price, its area, what is left and what happened to it."""
    return {
        **told(request),
        "it": it,
        "scope": accounts.region(it.scope_path.rpartition("/")[2]),
        "over": it.state == "offered" and request.now >= it.valid_until,
        "rulings": [Ruling.from_json(ruling) for ruling in it.rulings],
        "moves": {move.verb: move for move in states.unit_offer.open_to(it, request.actor)},
        "history": history_of(f"unit_offer/{it.number}"),
    }


def request_page(request: Request, it: UnitRequest) -> dict[str, Any]:
    """One request between two units; budget and rulings of the buyer are not for the unit that sells."""
    inside = it.seller_id != request.actor.organisation_id
    return {
        **told(request),
        "it": it,
        "inside": inside,
        "rulings": [Ruling.from_json(ruling) for ruling in it.rulings] if inside else [],
        "moves": {move.verb: move for move in states.unit_request.open_to(it, request.actor)},
        "history": history_of(f"unit_request/{it.number}"),
    }
