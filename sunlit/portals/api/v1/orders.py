"""Orders as a program reads them: lists, one with its lines, papers and the verbs that are open to the caller now."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field

from sunlit.domain.contracts import queries as contracts
from sunlit.domain.contracts.queries import Paper
from sunlit.domain.market import queries as market
from sunlit.domain.market.models import Order, OrderLine
from sunlit.domain.market.queries import units
from sunlit.domain.market.states import orders as states
from sunlit.foundation.accounts.actors import Actor
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import ROWS, After, Rows, Time, Told, Yuan
from sunlit.portals.api.v1.catalog import number_of
from sunlit.portals.doors import found_or_404
from sunlit.portals.ui.orders import WAYS

router = Router(tags=["orders"])
READ = Needs("orders:read")

OFFERED_AS = {"dispatch_part": "dispatch"}  # one call: whether the parcel is the last one follows from what is in it


TIMES = (
    "placed_at",
    "approved_at",
    "confirm_until",
    "confirmed_at",
    "deliver_until",
    "dispatched_at",
    "receive_until",
    "received_at",
    "accept_until",
    "accepted_at",
    "invoice_until",
    "invoiced_at",
    "pay_until",
    "paying_at",
    "paid_at",
    "rate_until",
    "rated_at",
    "reply_until",
    "ended_at",
)


NO_PAPER = Paper([], None, [], None)


class Party(Told):
    number: str
    name_zh: str
    name_en: str


class OrderOut(Told):
    number: str
    state: str
    mode: str = Field(description=f"How it was bought: {', '.join(WAYS)}.")
    origin: str = Field(
        description="The number of what it was won by: a quotation, an auction, a call-off …; “” for a purchase off the shelf."
    )
    version: int
    buyer: Party
    supplier: Party
    orderer: str
    total: Yuan
    placed_at: Time
    until: Time | None = Field(description="The running deadline, if there is one.")


class Orders(Told):
    orders: list[OrderOut]
    next: str


class LineOut(Told):
    position: int
    offer: str
    product: str
    quantity: int
    price: Yuan
    amount: Yuan
    dispatched: int
    accepted: int
    snapshot: dict[str, Any] = Field(description="The product as it was when it was ordered; its digest is sealed in the ledger.")


class ParcelOut(Told):
    carrier: str
    waybill: str
    contents: dict[str, int]
    at: Time


class SheetOut(Told):
    accepted: bool
    items: list[dict[str, Any]]
    remark: str
    inspector: str
    at: Time


class InvoiceOut(Told):
    number: str
    amount: Yuan
    issued_on: date


class PaymentOut(Told):
    number: str
    state: str
    amount: Yuan
    receipt: str
    ordered_at: Time
    settled_at: Time | None


class RatingOut(Told):
    quality: int
    delivery: int
    service: int
    comment: str
    reply: str


class Link(Told):
    verb: str
    label: str
    method: str
    href: str


class OrderWithAll(OrderOut):
    purpose: str
    note: str
    reason: str
    quota: str = Field(description="The buyer's budget quota; “” for who sells.")
    delivery: dict[str, str]
    invoice_title: dict[str, str]
    rulings: list[dict[str, Any]]
    contents_hash: str
    times: dict[str, Time] = Field(description="When each step was done, and until when the next is due.")
    lines: list[LineOut]
    parcels: list[ParcelOut]
    sheets: list[SheetOut]
    invoice: InvoiceOut | None
    payments: list[PaymentOut]
    rating: RatingOut | None
    verbs: list[Link] = Field(description="What the caller can do now, read from the table of the order's life.")


@router.get("orders", auth=READ, response=Orders, operation_id="orders", summary=_("Orders of the organisation, newest first"))
def orders(request: Call, state: str = "", group: str = "", q: str = "", after: After = "", limit: Rows = ROWS) -> Orders:
    """`group` is waiting, moving, money, done or ended; `q` an order number or a part of a party's name."""
    page = market.orders(seen_by=request.actor, state=state, group=group, q=q, after=number_of(after) or None, rows=limit)
    return Orders(orders=[OrderOut(**_brief(it)) for it in page.orders], next=str(page.after or ""))


@router.get(
    "sales", auth=READ, response=Orders, operation_id="sales", summary=_("Orders that the unit delivers to other units, newest first")
)
def sales(request: Call, state: str = "", group: str = "", q: str = "", after: After = "", limit: Rows = ROWS) -> Orders:
    """For units: what they buy themselves stands under `orders`. Read and acted on by their numbers like those."""
    page = units.sales(seen_by=request.actor, state=state, group=group, q=q, after=number_of(after) or None, rows=limit)
    return Orders(orders=[OrderOut(**_brief(it)) for it in page.orders], next=str(page.after or ""))


@router.get(
    "orders/{number}", auth=READ, response=OrderWithAll, operation_id="order", summary=_("One order with lines, papers and open verbs")
)
def order(request: Call, number: str) -> OrderWithAll:
    return whole(party_to(number, request.actor), request.actor)


def party_to(number: str, actor: Actor) -> Order:
    """The order as who bought, sold or watches it may read it; also what a unit delivers to another."""
    found: Order = found_or_404(market.order(number, seen_by=actor) or units.sale(number, seen_by=actor))
    return found


def whole(it: Order, actor: Actor) -> OrderWithAll:
    """The order with everything about it. Give it an order read by `party_to`."""
    same = {name: getattr(it, name) for name in ("purpose", "note", "reason", "delivery", "invoice_title", "contents_hash")}
    return OrderWithAll(
        **_brief(it),
        **same,
        **_papers(contracts.paper(it) if it.dispatched_at or it.received_at else NO_PAPER),  # before there is a delivery nothing is written
        rulings=market.rulings_of(it, seen_by=actor),
        quota="" if it.supplier_id == actor.organisation_id else it.quota.number,
        times=_times(it),
        lines=[_line(line) for line in it.lines.all()],
        parcels=[ParcelOut(carrier=p.carrier, waybill=p.waybill, contents=p.contents, at=p.at) for p in it.dispatches.all()],
        verbs=links(it, actor),
    )


def links(it: Order, actor: Actor) -> list[Link]:
    """The verbs that the table of the order's life opens to the caller."""
    found: dict[str, Link] = {}
    for move in states.order.open_to(it, actor):
        verb = OFFERED_AS.get(move.verb, move.verb)
        found[verb] = Link(verb=verb, label=str(move.label), method="POST", href=f"/api/v1/orders/{it.number}/{verb}")
    return list(found.values())


def _brief(it: Order) -> dict[str, Any]:
    parties = {
        name: Party(number=p.number, name_zh=p.name_zh, name_en=p.name_en) for name, p in (("buyer", it.buyer), ("supplier", it.supplier))
    }
    same = {name: getattr(it, name) for name in ("number", "state", "mode", "origin", "version", "total", "placed_at")}
    return {**same, **parties, "orderer": it.orderer.name_zh, "until": market.deadline_of(it)}


def _times(it: Order) -> dict[str, Any]:
    return {name: at for name in TIMES if (at := getattr(it, name)) is not None}


def _line(line: OrderLine) -> LineOut:
    same = {name: getattr(line, name) for name in ("position", "quantity", "price", "amount", "dispatched", "accepted", "snapshot")}
    return LineOut(offer=line.snapshot["offer"], product=line.snapshot["product"], **same)


def _papers(paper: Paper) -> dict[str, Any]:
    invoice, rating = paper.invoice, paper.rating
    payments = [PaymentOut(**{name: getattr(p, name) for name in PaymentOut.model_fields}) for p in paper.payments]
    sheets = [SheetOut(accepted=s.accepted, items=s.items, remark=s.remark, inspector=s.inspector.name_zh, at=s.at) for s in paper.sheets]
    return {
        "sheets": sheets,
        "payments": payments,
        "invoice": InvoiceOut(number=invoice.number, amount=invoice.amount, issued_on=invoice.issued_on) if invoice else None,
        "rating": RatingOut(**{name: getattr(rating, name) for name in RatingOut.model_fields}) if rating else None,
    }
