"""What is asked of purchases between units: what is offered and how much of it is left, requests, and the orders that a unit delivers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from sunlit.domain.market import policies
from sunlit.domain.market.models import Dispatch, Order, UnitOffer, UnitRequest
from sunlit.domain.market.queries.orders import DESK_ROWS, OrderPage, Task, counts_of, deadline_of, page_of
from sunlit.domain.market.states import orders as order_states
from sunlit.domain.market.states import units as states
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

MODE: Final = order_states.UNIT
SALES_WAIT: Final = {
    **dict.fromkeys(
        (
            order_states.CONFIRMED,
            order_states.PARTLY_DISPATCHED,
            order_states.CANCEL_ASKED,
            order_states.RETURNING,
            order_states.EXCHANGING,
        ),
        ("orderer", "lead"),
    ),
    order_states.ACCEPTED: ("finance", "orderer", "lead"),
}
_PARCELS: Final = Prefetch("dispatches", Dispatch.objects.select_related("paper").order_by("at", "id"))


@dataclass(frozen=True)
class UnitOfferPage:
    """A page of offers, newest first, each with `left`; `after` is the key to ask the next page with, or None."""

    offers: list[UnitOffer]
    after: int | None


@dataclass(frozen=True)
class UnitRequestPage:
    """A page of requests, newest first; `after` is the key to ask the next page with, or None."""

    requests: list[UnitRequest]
    after: int | None


def unit_offer(number: str) -> UnitOffer | None:
    """One offer with `left`: every offer is public."""
    return _offers().filter(number=number).first()


def left_of(it: UnitOffer) -> int:
    """How much of it nobody asked for yet. Ask under the lock of its row."""
    taken = UnitRequest.objects.filter(offer=it, state__in=states.TAKEN).aggregate(n=Sum("quantity"))["n"] or 0
    return it.quantity - int(taken)


def offers_page(
    *,
    at: datetime,
    region_path: str = "",
    q: str = "",
    seller_id: int | None = None,
    but: int | None = None,
    after: int | None = None,
    rows: int = PAGE_ROWS,
) -> UnitOfferPage:
    """Offers with `left`, newest first: those of a seller, whatever became of them; else those in term that a region's units may ask for, but for
    those of one unit."""
    found = _offers()
    if seller_id is not None:
        found = found.filter(seller=seller_id)
    else:
        found = found.filter(state=states.OFFERED, valid_until__gt=at).exclude(seller=but)
        if region_path:
            found = found.filter(scope_path__in=_line(region_path))
    if words := q.strip():
        found = found.filter(
            Q(title__icontains=words) | Q(seller__name_zh__icontains=words) | Q(seller__name_en__icontains=words) | Q(number=words.upper())
        )
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return UnitOfferPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def offers_in_region(*, seen_by: Actor, state: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> UnitOfferPage:
    """The offers of a regulator's units, in every state, newest first."""
    here = Q(region_path=seen_by.region_path) | Q(region_path__startswith=seen_by.region_path + "/")
    found = _offers().filter(here, **({"state": state} if state else {}))
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return UnitOfferPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def offered_for(codes: Sequence[str], *, region_path: str, but: int, at: datetime) -> int:
    """How many offers of other units, in term and with something left, fit one of the categories. One query."""
    within = Q(pk__in=[])
    for code in codes:
        within |= Q(category__code=code) | Q(category__path__contains=f"{code}/")
    found = _offers().filter(within, state=states.OFFERED, valid_until__gt=at, scope_path__in=_line(region_path))
    return sum(it.left > 0 for it in found.exclude(seller=but))


def unit_request(number: str, *, seen_by: Actor) -> UnitRequest | None:
    found = policies.unit_requests_visible_to(seen_by).select_related(
        "offer__seller__region", "offer__category", "buyer__region", "orderer", "quota", "plan"
    )
    return found.filter(number=number).first()


def requests_page(
    *, seen_by: Actor, side: str = "", offer: UnitOffer | None = None, after: int | None = None, rows: int = PAGE_ROWS
) -> UnitRequestPage:
    """The requests that the actor may see, newest first; `side`: "buyer" for what it asked for, "seller" for what it is asked."""
    found = policies.unit_requests_visible_to(seen_by).select_related("offer__seller", "offer__category", "buyer")
    if side:
        own = {"buyer": Q(buyer_id=seen_by.organisation_id), "seller": Q(offer__seller_id=seen_by.organisation_id)}
        found = found.filter(own[side])
    if offer is not None:
        found = found.filter(offer=offer)
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return UnitRequestPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def waiting_requests(actor: Actor) -> int:
    """How many requests wait for this unit's answer."""
    return UnitRequest.objects.filter(offer__seller_id=actor.organisation_id, state=states.REQUESTED).count()


def sale(number: str, *, seen_by: Actor) -> Order | None:
    """An order that the actor's unit delivers to another one; None for everybody else."""
    found = policies.sales_visible_to(seen_by).filter(number=number)
    return found.select_related("buyer", "supplier", "orderer").prefetch_related("lines", _PARCELS, "returns").first()


def sales(*, seen_by: Actor, after: int | None = None, rows: int = PAGE_ROWS, state: str = "", group: str = "", q: str = "") -> OrderPage:
    """The orders that the actor's unit delivers to other units, newest first; `q` is an order number or a part of a unit's name."""
    return page_of(policies.sales_visible_to(seen_by), after=after, rows=rows, state=state, group=group, q=q)


def sales_counts(*, seen_by: Actor) -> dict[str, int]:
    """How many of them there are in each group of states."""
    return counts_of(policies.sales_visible_to(seen_by))


def requests_to_answer(actor: Actor) -> list[UnitRequest]:
    """The requests that wait for this person's word, the nearest deadline first."""
    if not actor.has("lead"):
        return []
    found = UnitRequest.objects.filter(offer__seller_id=actor.organisation_id, state=states.REQUESTED)
    return list(found.select_related("offer__seller", "buyer").order_by("answer_until", "pk")[:DESK_ROWS])


def sales_to_do(actor: Actor) -> list[Task]:
    """What waits for this person at the orders that its unit delivers: to hand over, to answer, to send the voucher."""
    turn = [state for state, roles in SALES_WAIT.items() if actor.has(*roles)]
    found = policies.sales_visible_to(actor).filter(state__in=turn).select_related("buyer", "supplier").order_by("-pk")[:DESK_ROWS]
    tasks = (Task(it, order_states.order.open_to(it, actor), deadline_of(it)) for it in found)
    return [task for task in tasks if task.moves]


def _offers() -> QuerySet[UnitOffer]:
    taken = UnitRequest.objects.filter(offer=OuterRef("pk"), state__in=states.TAKEN).order_by().values("offer").annotate(n=Sum("quantity"))
    counted = Coalesce(Subquery(taken.values("n"), output_field=IntegerField()), 0)
    return UnitOffer.objects.annotate(taken=counted).select_related("seller__region", "category", "paper")


def _line(region_path: str) -> Iterable[str]:
    """The region and those above it, by path."""
    codes = region_path.split("/")
    return ["/".join(codes[:n]) for n in range(1, len(codes) + 1)]
