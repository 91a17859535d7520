"""Publishing: a notice for every deal, from the frozen order, with what it saved against the reference prices of its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.market.models import Order, OrderLine
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest

sentences.say("deal.publish", _("The deal of order {order} was published as notice {number}"))
sentences.say("deals.take_over", _("{organisation} took over {count} published deals with {number}; digest {digest}"))


@transaction.atomic
def publish_deal(order: Order, *, at: datetime) -> DealNotice:
    """Publish the deal of an accepted order; asked twice, the first notice stays."""
    known = DealNotice.objects.filter(order_number=order.number).first()
    if known is not None:
        return known
    lines = list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))
    references = catalog.references([line.product_id for line in lines], on=order.placed_at, region_path=order.region_path)
    reference_total, compared_total = _compared(lines, references)
    told = [_told(line, references.get(line.product_id)) for line in lines]
    assert order.accepted_at is not None
    notice, new = DealNotice.objects.get_or_create(
        order_number=order.number,
        defaults={
            "number": new_number("GG", at),
            "buyer_id": order.buyer_id,
            "supplier_id": order.supplier_id,
            "region_path": order.region_path,
            "title_zh": _title(lines, "name", "等{n}项"),
            "title_en": _title(lines, "name_en", " and {n} more"),
            "lines": told,
            "total": order.total,
            "reference_total": reference_total,
            "compared_total": compared_total,
            "placed_at": order.placed_at,
            "accepted_at": order.accepted_at,
            "published_at": at,
        },
    )
    if new:
        facts = {"number": notice.number, "order": order.number, "total": order.total, "lines": digest(told)}
        ledger.record(act="deal.publish", subject=f"deal/{notice.number}", by=CLOCK, at=at, facts=facts, region=order.region_path)
    return notice


def _told(line: OrderLine, reference: Decimal | None) -> dict[str, Any]:
    kept = {name: line.snapshot[name] for name in ("name", "name_en", "brand", "model", "category", "unit", "product")}
    figures = {"quantity": line.quantity, "price": str(line.price), "amount": str(line.amount)}
    return {**kept, **figures, "reference": str(reference) if reference is not None else None}


def _compared(lines: list[OrderLine], references: Mapping[int, Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """What the goods with a known reference price cost there, and here."""
    known = [line for line in lines if line.product_id in references]
    if not known:
        return None, None
    there = sum((references[line.product_id] * line.quantity for line in known), Decimal("0.00"))
    return there, sum((line.amount for line in known), Decimal("0.00"))


def _title(lines: list[OrderLine], name: str, more: str) -> str:
    first = str(lines[0].snapshot[name] or lines[0].snapshot["name"])
    return first + more.format(n=len(lines) if name == "name" else len(lines) - 1) if len(lines) > 1 else first
