"""From an award to an order: the money that lies ready while a price forms, and the order in which every way of buying ends.

A procedure holds its ceiling under a reference of its own (`quotation/XJ-…`). Its award turns it into the order's own hold, over what was
really won, in one transaction; a procedure that comes to nothing frees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from sunlit.domain.catalog.models import Category, Offer
from sunlit.domain.market.models import Order, OrderLine
from sunlit.domain.market.modes.supermarket import SNAPSHOT_VERSION, Terms, contents_hash, frozen_tags, moved
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.planning.queries.splitting import Part, by_category
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import templates
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.templates import Template
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.money import ZERO
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.lifecycle import move


@dataclass(frozen=True)
class AwardedLine:
    """One line as it was won. `offer` only where it is one of the library; `attributes` are parameters by key or by name."""

    category: Category
    name: str
    unit: str
    quantity: int
    price: Decimal  # of one unit, in yuan
    brand: str = ""
    model: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    warranty_months: int = 0
    offer: Offer | None = None

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


def parts_of(lines: Sequence[AwardedLine], *, mode: str, supplier_id: int | None = None) -> list[Part]:
    """What the lines take of the budget, one part a category."""
    return by_category(Part(line.category.code, line.category.kind, line.amount, supplier_id, mode) for line in lines)


def reserve(
    reference: str, *, buyer: Organisation, quota_id: int, plan: Plan | None, parts: Sequence[Part], by: Actor, at: datetime
) -> None:
    """Lay the money of a procedure ready under its reference: what the plan holds for it, else of the quota of this year.

    Refused as a hold is (BUD-001, BUD-002, BUD-016), or as the use of a plan (PLN-040 … PLN-043).
    """
    if plan is not None:
        planning.use_plan(plan.number, quota_id=quota_id, reference=reference, parts=parts, buyer_id=buyer.pk, by=by, at=at)
        return
    amount, year = sum((part.amount for part in parts), ZERO), local_day(at).year
    planning.hold(quota_id=quota_id, buyer_id=buyer.pk, year=year, reference=reference, amount=amount, at=at, parts=parts)


def free(reference: str, *, at: datetime) -> None:
    """A procedure came to nothing: its money lies for the plan again, or is free."""
    planning.give_back(reference=reference, at=at)


@transaction.atomic
def order_from_award(
    *,
    mode: str,
    origin: str,
    reference: str = "",
    buyer: Organisation,
    supplier: Organisation,
    orderer_id: int,
    lines: Sequence[AwardedLine],
    terms: Terms,
    delivery_days: int,
    rulings: Sequence[Ruling] = (),
    done: bool = False,
    by: Actor,
    at: datetime,
) -> Order:
    """The order that an award leads to: placed with the winner, its money held. Asked twice for one origin and supplier, the first one stays.

    `origin` is the number of the paper it was won by; `reference` the hold of the procedure, which is freed first where it has one.
    `done`: a service was rendered already; nothing is left to confirm or to send, and the order waits for its acceptance.
    Refused as a hold is: BUD-001, BUD-002, BUD-016, PLN-040 … PLN-043.
    """
    key = f"award:{origin}"
    known = Order.objects.filter(checkout_key=key, supplier=supplier).first()
    if known is not None:
        return known
    if reference:
        free(reference, at=at)
    plan = Plan.objects.filter(number=terms.plan, buyer=buyer).first() if terms.plan else None
    order = _placed(key, mode, origin, buyer, supplier, orderer_id, lines, terms, plan, delivery_days, rulings, done, by, at)
    parts = parts_of(lines, mode=mode, supplier_id=supplier.pk)
    reserve(f"order/{order.number}", buyer=buyer, quota_id=terms.quota_id, plan=plan, parts=parts, by=by, at=at)
    return order


def _placed(
    key: str,
    mode: str,
    origin: str,
    buyer: Organisation,
    supplier: Organisation,
    orderer_id: int,
    won: Sequence[AwardedLine],
    terms: Terms,
    plan: Plan | None,
    delivery_days: int,
    rulings: Sequence[Ruling],
    done: bool,
    by: Actor,
    at: datetime,
) -> Order:
    sheets = templates.among(templates.ACCEPTANCE, region_path=buyer.region.path, on=local_day(at))
    lines = [_line(position, line, sheets, delivery_days, local_day(at)) for position, line in enumerate(won, 1)]
    order = Order(
        number=new_number("DD", at),
        region_path=buyer.region.path,
        mode=mode,
        origin=origin,
        checkout_key=key,
        buyer=buyer,
        supplier=supplier,
        orderer_id=orderer_id,
        quota_id=terms.quota_id,
        plan=plan,
        parties=[buyer.number, supplier.number],
        total=sum((line.amount for line in lines), ZERO),
        contents_hash=contents_hash(lines),
        delivery=dict(terms.delivery),
        invoice_title=dict(terms.invoice_title),
        purpose=terms.purpose,
        note=terms.note,
        rulings=[ruling.to_json() for ruling in rulings],
        delivery_days=delivery_days,
        placed_at=at,
        confirm_until=at
        if done
        else rulebook.deadline("order.supplier_confirm_limit", start=at, region_path=buyer.region.path, on=local_day(at)),
    )
    if done:
        order.confirmed_at = order.dispatched_at = at
        order.accept_until = rulebook.deadline("order.acceptance_limit", start=at, region_path=buyer.region.path, on=local_day(at))
    facts = {"total": order.total, "contents": order.contents_hash, "parties": order.parties, "origin": origin, "mode": mode}
    if plan is not None:
        facts["plan"] = plan.number
    verb = "settle" if done else "award"
    order = move(order, verb, by=by, at=at, facts=facts, announces=moved(verb), within=True)
    for line in lines:
        line.order, line.dispatched = order, line.quantity if done else 0
    OrderLine.objects.bulk_create(lines)
    return order


def _line(position: int, won: AwardedLine, sheets: Mapping[str, Template], delivery_days: int, day: date) -> OrderLine:
    sheet = templates.chosen(sheets, category_path=won.category.path)
    product = won.offer.product if won.offer else None
    return OrderLine(
        position=position,
        offer=won.offer,
        product=product,
        category_code=won.category.code,
        snapshot={**_snapshot(won, delivery_days, day), **({"acceptance": sheet.id} if sheet else {})},
        price=won.price,
        quantity=won.quantity,
        amount=won.amount,
    )


def _snapshot(won: AwardedLine, delivery_days: int, day: date) -> dict[str, Any]:
    """The line in the form of a product of the library, with its numbers empty where it is none: its policy tags are not known then."""
    category, offer = won.category, won.offer
    return {
        "v": SNAPSHOT_VERSION,
        "offer": offer.number if offer else "",
        "product": offer.product.number if offer else "",
        "sku": offer.sku_code if offer else "",
        "title": won.name,
        "name": won.name,
        "name_en": "",
        "brand": won.brand,
        "model": won.model,
        "category": {"code": category.code, "name": category.name_zh, "name_en": category.name_en, "icon": category.icon},
        "unit": won.unit,
        "attributes": dict(won.attributes),
        "price": str(won.price),
        "image": "",
        "warranty_months": won.warranty_months,
        "delivery_days": delivery_days,
        **({"tags": frozen_tags(offer, on=day)} if offer else {}),
    }
