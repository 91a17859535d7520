"""What waits for a person at a buyer: its own orders, and what its unit owes other units, in one list by deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.contracts import queries as contracts
from sunlit.domain.contracts.models import Rating
from sunlit.domain.market import queries as market
from sunlit.domain.market import states
from sunlit.domain.market.models import UnitRequest
from sunlit.domain.market.queries import Task, units
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation

# Verbs that have a page of their own
PLACES = {"accept": "buyer:acceptance", "rate": "buyer:rate"}


@dataclass(frozen=True)
class Waiting:
    """One thing to do: with whom, about how much, until when; `address` tells of it, `place` is where it is done. `sold`: the own unit delivers."""

    number: str
    address: str
    place: str
    other: Organisation
    amount: Decimal
    state: str
    label: str | Promise
    until: datetime | None
    what: tuple[str | Promise, ...]
    sold: bool = False


def waiting_for(actor: Actor, *, at: datetime) -> list[Waiting]:
    """The nearest deadline first. A fixed number of queries."""
    found = [_bought(task) for task in market.desk_of(actor)]
    found += [_asked(it) for it in units.requests_to_answer(actor)]
    found += [_sold(task) for task in units.sales_to_do(actor)]
    found += [_rated(it) for it in contracts.ratings_to_answer(actor.party, at=at) if contracts.may_reply(it, by=actor, at=at)]
    return sorted(found, key=lambda one: (one.until is None, one.until or at, one.number))


def _bought(task: Task) -> Waiting:
    it = task.order
    page = next((PLACES[move.verb] for move in task.moves if move.verb in PLACES), "buyer:order")
    return _of_an_order(task, it.supplier, reverse("buyer:order", args=[it.number]), reverse(page, args=[it.number]), sold=False)


def _sold(task: Task) -> Waiting:
    page = reverse("buyer:unit_sale", args=[task.order.number])
    return _of_an_order(task, task.order.buyer, page, page, sold=True)


def _of_an_order(task: Task, other: Organisation, address: str, place: str, *, sold: bool) -> Waiting:
    it = task.order
    what = tuple(move.label for move in task.moves)
    return Waiting(it.number, address, place, other, it.total, it.state, states.order.states[it.state], task.until, what, sold)


def _asked(it: UnitRequest) -> Waiting:
    page = reverse("buyer:unit_request", args=[it.number])
    what = tuple(states.unit_request.moves[verb].label for verb in ("confirm", "refuse"))
    return Waiting(
        it.number, page, page, it.buyer, it.amount, it.state, states.unit_request.states[it.state], it.answer_until, what, sold=True
    )


def _rated(it: Rating) -> Waiting:
    order = it.order
    page = reverse("buyer:unit_sale", args=[order.number])
    label = states.order.states[order.state]
    return Waiting(
        order.number, page, page, order.buyer, order.total, order.state, label, order.reply_until, (_("Answer the rating"),), sold=True
    )
