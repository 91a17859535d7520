"""Orders as their parties see them: one, lists, desks, and the way each has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Max, Prefetch, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Dispatch, Favourite, Order, OrderLine, Return
from sunlit.domain.market.policies import visible_to
from sunlit.domain.market.queries.board import late_at
from sunlit.domain.market.states import orders as states
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.lifecycle import Move

DESK_ROWS = 60


@dataclass(frozen=True)
class OrderPage:
    """A page of orders, newest first; `after` is the id to ask the next page with, or None."""

    orders: list[Order]
    after: int | None


class OrderRow(NamedTuple):
    """An order in a table; `buyer_id` and `supplier_id` for `accounts.named`."""

    number: str
    placed_at: datetime
    region_path: str
    buyer_id: int
    supplier_id: int
    total: Decimal
    state: str
    rulings: list[dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """Something that waits for this actor: the order, what can be done, and until when."""

    order: Order
    moves: list[Move]
    until: datetime | None


@dataclass(frozen=True)
class Step:
    """One stage of the way of an order: done when it has a time; `until` is its deadline while it is the next one."""

    key: str
    label: str | Promise
    at: datetime | None
    until: datetime | None
    current: bool


GROUPS: dict[str, tuple[str, ...]] = {
    "open": (states.AWAITING_APPROVAL, states.PLACED, states.CONFIRMED, states.CANCEL_ASKED),
    "delivery": (states.PARTLY_DISPATCHED, states.DISPATCHED, states.RECEIVED),
    "trouble": (states.REJECTED, states.RETURNING, states.EXCHANGING),
    "money": (states.ACCEPTED, states.INVOICED, states.PAYING),
    "done": states.DEALS,
    "ended": states.ENDED_WITHOUT_DEAL,
}

_DEADLINE = {
    states.PLACED: "confirm_until",
    states.CONFIRMED: "deliver_until",
    states.PARTLY_DISPATCHED: "deliver_until",
    states.DISPATCHED: "receive_until",
    states.RECEIVED: "accept_until",
    states.ACCEPTED: "invoice_until",
    states.INVOICED: "pay_until",
    states.PAID: "rate_until",
    states.AWAITING_APPROVAL: "answer_until",
    states.CANCEL_ASKED: "answer_until",
    states.REJECTED: "answer_until",
    states.RETURNING: "answer_until",
    states.EXCHANGING: "answer_until",
}


def order(number: str, *, seen_by: Actor) -> Order | None:
    """One order with its parties, lines, dispatches and returns; None when the actor may not see it. Four queries."""
    lines = Prefetch("lines", OrderLine.objects.select_related("product__image").order_by("position"))
    return (
        visible_to(seen_by)
        .select_related("buyer", "supplier", "orderer", "receiver", "approver", "quota", "plan")
        .prefetch_related(
            lines,
            Prefetch("dispatches", Dispatch.objects.select_related("paper").order_by("at", "id")),
            Prefetch("returns", Return.objects.order_by("asked_at")),
        )
        .filter(number=number)
        .first()
    )


def orders(*, seen_by: Actor, after: int | None = None, rows: int = PAGE_ROWS, **asked: Any) -> OrderPage:
    """The orders that the actor may see, newest first; `after` is the key of the page before. What can be asked: see `_narrowed`."""
    return page_of(visible_to(seen_by), after=after, rows=rows, **asked)


def page_of(found: QuerySet[Order], *, after: int | None, rows: int = PAGE_ROWS, **asked: Any) -> OrderPage:
    """A page of these orders, narrowed."""
    found = _narrowed(found, **asked).select_related("buyer", "supplier", "orderer")
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return OrderPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def order_table(*, seen_by: Actor, rows: int, **asked: Any) -> Iterator[OrderRow]:
    """The same as `orders`, the newest first, in plain rows to take away."""
    found = _narrowed(visible_to(seen_by), **asked).order_by("-pk").values_list(*OrderRow._fields)
    return map(OrderRow._make, found[:rows].iterator())


def _narrowed(
    found: QuerySet[Order],
    *,
    group: str = "",
    state: str = "",
    q: str = "",
    region_path: str = "",
    warned: bool = False,
    late: datetime | None = None,
) -> QuerySet[Order]:
    """`q` is an order number or a part of a party's name; `late` at a time: somebody was late with it then."""
    if state:
        found = found.filter(state=state)
    elif group in GROUPS:
        found = found.filter(state__in=GROUPS[group])
    if q:
        parties = accounts.ids_named(q)
        found = found.filter(Q(number=q.strip().upper()) | Q(buyer_id__in=parties) | Q(supplier_id__in=parties))
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if warned:
        found = found.filter(rulings__contains=[{"verdict": "warned"}])
    return found.filter(late_at(late)) if late else found


def lines_of(orders: Sequence[Order]) -> dict[int, list[OrderLine]]:
    """The lines of several orders, in one query."""
    by_order: dict[int, list[OrderLine]] = {}
    for line in OrderLine.objects.filter(order__in=[o.pk for o in orders]).order_by("order_id", "position"):
        by_order.setdefault(line.order_id, []).append(line)
    return by_order


def products_of(numbers: Sequence[str]) -> list[str]:
    """The numbers of the products in these orders, in one query."""
    found = OrderLine.objects.filter(order__number__in=numbers, product__isnull=False).order_by("product__number")
    return list(found.values_list("product__number", flat=True).distinct())


def numbers_seen(numbers: Sequence[str], *, seen_by: Actor) -> list[str]:
    """Those of these orders that the actor may see. One query."""
    return list(visible_to(seen_by).filter(number__in=numbers).order_by("number").values_list("number", flat=True))


def counts(*, seen_by: Actor) -> dict[str, int]:
    """How many orders there are in each group of states."""
    return counts_of(visible_to(seen_by))


def counts_of(found: QuerySet[Order]) -> dict[str, int]:
    """The same of these orders."""
    by_state = dict(found.order_by().values_list("state").annotate(n=Count("id")))
    return {group: sum(by_state.get(state, 0) for state in members) for group, members in GROUPS.items()}


def desk_of(actor: Actor) -> list[Task]:
    """What waits for this person, the nearest deadline first."""
    waiting = [state for state in states.order.states if _waits(actor, state)]
    found = visible_to(actor).select_related("buyer", "supplier", "orderer").filter(state__in=waiting).order_by("-pk")[:DESK_ROWS]
    tasks = [Task(o, states.order.open_to(o, actor), deadline_of(o)) for o in found]
    return sorted((t for t in tasks if t.moves), key=lambda t: (t.until is None, t.until, t.order.pk))


def waiting_count(actor: Actor) -> int:
    """How many orders wait for this person: the figure beside the menu."""
    waiting = [state for state in states.order.states if _waits(actor, state)]
    return visible_to(actor).filter(state__in=waiting).count() if waiting else 0


def deadline_of(it: Order) -> datetime | None:
    """Until when somebody must act now; of an invoice without a term of its own, until the payment is due."""
    field = _DEADLINE.get(it.state)
    return (getattr(it, field) or (it.pay_until if it.state == states.ACCEPTED else None)) if field else None


def steps_of(it: Order) -> list[Step]:
    """The whole way of an order as steps, with when each was done and until when the next is due."""
    way = [
        ("placed", _("Placed"), it.placed_at, None),
        ("confirmed", _("Confirmed"), it.confirmed_at, it.confirm_until),
        ("dispatched", _("Dispatched"), it.dispatched_at, it.deliver_until),
        ("received", _("Received"), it.received_at, it.receive_until),
        ("accepted", _("Accepted"), it.accepted_at, it.accept_until),
        ("invoiced", _("Invoiced"), it.invoiced_at, it.invoice_until),
        ("paid", _("Paid"), it.paid_at, it.pay_until),
        ("rated", _("Rated"), it.rated_at, it.rate_until),
    ]
    if it.approved_at or it.state in (states.AWAITING_APPROVAL, states.DISAPPROVED):
        way.insert(1, ("approved", _("Approved"), it.approved_at, None))
    ended = it.state in (*states.ENDED_WITHOUT_DEAL, states.CLOSED)
    first_open = next((i for i, step in enumerate(way) if step[2] is None), len(way))
    return [
        Step(key, label, at, until if at is None and i == first_open and not ended else None, i == first_open and not ended)
        for i, (key, label, at, until) in enumerate(way)
    ]


@dataclass(frozen=True)
class KnownSupplier:
    """A supplier that the buyer has bought from."""

    supplier_id: int
    number: str
    name_zh: str
    name_en: str
    orders: int
    amount: Decimal
    last_at: datetime


def suppliers_of(buyer_id: int, *, rows: int = PAGE_ROWS) -> list[KnownSupplier]:
    """Who this buyer bought from, the most bought first."""
    found = (
        Order.objects.filter(buyer_id=buyer_id)
        .exclude(state__in=states.ENDED_WITHOUT_DEAL)
        .exclude(mode=states.UNIT)  # another unit is no supplier of the market
        .order_by()
        .values_list("supplier_id", "supplier__number", "supplier__name_zh", "supplier__name_en")
        .annotate(n=Count("id"), amount=Sum("total"), last=Max("placed_at"))
        .order_by("-amount", "supplier_id")[:rows]
    )
    return [KnownSupplier(*row) for row in found]


def favourites(buyer_id: int) -> list[Favourite]:
    return list(
        Favourite.objects.filter(buyer_id=buyer_id)
        .select_related("product__category", "product__brand", "supplier")
        .order_by("-at", "-id")[: PAGE_ROWS * 2]
    )


def is_favourite(buyer_id: int, product_id: int) -> bool:
    return Favourite.objects.filter(buyer_id=buyer_id, product_id=product_id).exists()


def answers_for_the_seller(it: Order, actor: Actor) -> bool:
    """Whether the actor speaks for who sold: a supplier's sales, or whoever orders and leads at a unit that sells."""
    return states.sales.allows(actor, it)


def open_orders_of_supplier(supplier_id: int) -> int:
    """How many orders the supplier still owes something on."""
    over = (*states.ENDED_WITHOUT_DEAL, *states.DEALS)
    return Order.objects.filter(supplier_id=supplier_id).exclude(state__in=over).count()


_WAITS: dict[str, dict[str, tuple[str, ...]]] = {
    "buyer": {
        states.AWAITING_APPROVAL: ("lead",),
        states.DISPATCHED: ("receiver", "lead"),
        states.RECEIVED: ("receiver", "lead"),
        states.REJECTED: ("receiver", "lead"),
        states.INVOICED: ("finance",),
        states.PAID: ("orderer", "lead"),
    },
    "supplier": {
        states.PLACED: ("sales", "admin"),
        states.CONFIRMED: ("sales", "admin"),
        states.PARTLY_DISPATCHED: ("sales", "admin"),
        states.CANCEL_ASKED: ("sales", "admin"),
        states.RETURNING: ("sales", "admin"),
        states.EXCHANGING: ("sales", "admin"),
        states.ACCEPTED: ("finance", "sales", "admin"),
    },
}


def _waits(actor: Actor, state: str) -> bool:
    return actor.has(*_WAITS.get(actor.kind, {}).get(state, ()))
