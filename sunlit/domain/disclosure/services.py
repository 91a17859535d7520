"""Publishing: a notice for every deal, from the frozen order, with what it saved against the reference prices of its day; and what buyers mean to buy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Tag
from sunlit.domain.disclosure.models import DealNotice, Notice
from sunlit.domain.market.models import Order, OrderLine
from sunlit.domain.planning.models import Intention, Plan
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest

GREEN = {Tag.ENERGY_SAVING, Tag.ENVIRONMENTAL_LABEL}  # 财库〔2019〕9号

sentences.say("deal.publish", _("The deal of order {order} was published as notice {number}"))
sentences.say("notice.publish", _("{about} was published as notice {number}"))
sentences.say("notice.withdraw", _("Notice {number} of {about} was withdrawn: {reason}"))
sentences.say("deals.take_over", _("{organisation} took over {count} published deals with {number}; digest {digest}"))


@transaction.atomic
def publish_deal(order: Order, *, at: datetime) -> DealNotice:
    """Publish the deal of an accepted order; asked twice, the first notice stays."""
    known = DealNotice.objects.filter(order_number=order.number).first()
    if known is not None:
        return known
    lines = list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))
    references = catalog.references(
        [line.product_id for line in lines if line.product_id], on=order.placed_at, region_path=order.region_path
    )
    reference_total, compared_total = _compared(lines, references)
    told = [_told(line, references.get(line.product_id or 0)) for line in lines]
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
            **green_sums(told),
            "placed_at": order.placed_at,
            "accepted_at": order.accepted_at,
            "published_at": at,
        },
    )
    if new:
        facts = {"number": notice.number, "order": order.number, "total": order.total, "lines": digest(told)}
        ledger.record(act="deal.publish", subject=f"deal/{notice.number}", by=CLOCK, at=at, facts=facts, region=order.region_path)
    return notice


@transaction.atomic
def tell_intention(intention: Intention, *, at: datetime) -> Notice:
    """Bring the public notice in line with the intention: published, and withdrawn when it was. Asked twice, nothing is left to do."""
    assert intention.published_at is not None, "nothing is told of a draft"
    return _told_of(intention, lambda: _notice_of(intention, at), at=at)


@transaction.atomic
def tell_plan(plan: Plan, *, at: datetime) -> Notice:
    """Bring the public notice in line with the plan: told when it was filed, and withdrawn when it was. Asked twice, nothing is left to do."""
    assert plan.filed_at is not None, "nothing is told of a plan that is not filed"
    return _told_of(plan, lambda: _notice_of_plan(plan, at), at=at)


def _told_of(thing: Intention | Plan, content: Callable[[], dict[str, Any]], *, at: datetime) -> Notice:
    notice, new = Notice.objects.filter(about=thing.number).first(), False
    if notice is None:
        notice, new = Notice.objects.get_or_create(about=thing.number, defaults=content())
    if new:
        facts = {"number": notice.number, "about": notice.about, "content": digest(notice.content)}
        ledger.record(act="notice.publish", subject=f"notice/{notice.number}", by=CLOCK, at=at, facts=facts, region=notice.region_path)
    if thing.state == "withdrawn" and _withdrawn(notice, thing):
        facts = {"number": notice.number, "about": notice.about, "reason": thing.reason}
        ledger.record(act="notice.withdraw", subject=f"notice/{notice.number}", by=CLOCK, at=at, facts=facts, region=notice.region_path)
    return notice


def _withdrawn(notice: Notice, thing: Intention | Plan) -> bool:
    """True for the one that marks it."""
    told = {"withdrawn_at": thing.ended_at, "reason": thing.reason}
    return Notice.objects.filter(pk=notice.pk, withdrawn_at=None).update(**told) == 1


def _notice_of(intention: Intention, at: datetime) -> dict[str, Any]:
    """The standard fields of an intention notice (notice_types.json, INTENTION)."""
    buyer = intention.buyer
    items = [
        {
            "position": it.position,
            "name": it.name,
            "outline": it.outline,
            "budget": str(it.budget),
            "month": f"{it.month:%Y-%m}",
            "note": it.note,
        }
        for it in intention.items.order_by("position")
    ]
    period = {"from": f"{intention.period_from:%Y-%m}", "to": f"{intention.period_to:%Y-%m}"}
    one_month = intention.period_from == intention.period_to
    first, last = intention.period_from, intention.period_to
    title_zh = f"{buyer.name_zh}{first.year}年{first.month}月" + ("" if one_month else f"至{last.year}年{last.month}月") + "政府采购意向"
    title_en = f"{buyer.name_en or buyer.name_zh}: procurement intentions, {first:%Y-%m}" + ("" if one_month else f" to {last:%Y-%m}")
    return {
        "number": new_number("GG", at),
        "kind": "intention",
        "buyer": buyer,
        "region_path": intention.region_path,
        "title_zh": title_zh,
        "title_en": title_en,
        "content": {"unit": buyer.name_zh, "period": period, "items": items},
        "words": "\n".join([title_zh, title_en, *(f"{it['name']} {it['outline']}" for it in items)]),
        "amount": intention.total,
        "published_at": intention.published_at,
        "corrects": tell_intention(intention.corrects, at=at) if intention.corrects else None,
    }


def _notice_of_plan(plan: Plan, at: datetime) -> dict[str, Any]:
    """What is filed of a plan (财库〔2021〕22号 art. 26), without the names of people and the numbers of quotas."""
    buyer = plan.buyer
    items = [
        {
            "position": it.position,
            "name": it.name,
            "category": {"code": it.category.code, "name": it.category.name_zh, "name_en": it.category.name_en},
            "quantity": it.quantity,
            "unit": it.unit,
            "amount": str(it.amount),
        }
        for it in plan.items.select_related("category").order_by("position")
    ]
    item = plan.intention_item
    told = {
        "unit": buyer.name_zh,
        "purpose": plan.purpose,
        "form": plan.form,
        "method": plan.method,
        "grounds": plan.grounds,
        "starts_on": f"{plan.starts_on:%Y-%m-%d}" if plan.starts_on else "",
        "approved": plan.asked_at is not None,
        "set_aside": plan.set_aside,
        "reserved": str(plan.reserved),
        "reserved_small": str(plan.reserved_small),
        "imported": plan.imported,
        "intention": item.intention.number if item else "",
        "no_intention": plan.no_intention,
        "items": items,
    }
    return {
        "number": new_number("GG", at),
        "kind": "plan",
        "buyer": buyer,
        "region_path": plan.region_path,
        "title_zh": f"{buyer.name_zh}{plan.name}采购实施计划",
        "title_en": f"{buyer.name_en or buyer.name_zh}: plan for {plan.name}",
        "content": told,
        "words": "\n".join([plan.name, buyer.name_zh, buyer.name_en, plan.purpose, *(str(it["name"]) for it in items)]),
        "amount": plan.total,
        "published_at": plan.filed_at,
    }


def _told(line: OrderLine, reference: Decimal | None) -> dict[str, Any]:
    kept = {name: line.snapshot[name] for name in ("name", "name_en", "brand", "model", "category", "unit", "product")}
    figures = {"quantity": line.quantity, "price": str(line.price), "amount": str(line.amount)}
    return {**kept, **figures, "reference": str(reference) if reference is not None else None, **policies_of(line.snapshot)}


def policies_of(snapshot: Mapping[str, Any]) -> dict[str, list[str]]:
    """The policy tags that a line froze, for its notice; nothing where the snapshot did not tell them (version 1)."""
    return {"tags": [it["tag"] for it in snapshot["tags"]]} if "tags" in snapshot else {}


def green_sums(told: Sequence[Mapping[str, Any]]) -> dict[str, Decimal | None]:
    """What the lines of a notice with an energy-saving or an environmental certificate come to; not known where a line does not tell its tags."""
    wanted = {"energy_saving": {Tag.ENERGY_SAVING}, "environmental": {Tag.ENVIRONMENTAL_LABEL}, "green": GREEN}
    if not all("tags" in line for line in told):
        return dict.fromkeys(wanted)
    return {
        name: sum((Decimal(line["amount"]) for line in told if tags & set(line["tags"])), Decimal("0.00")) for name, tags in wanted.items()
    }


def _compared(lines: list[OrderLine], references: Mapping[int, Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """What the goods with a known reference price cost there, and here."""
    known = [(line, reference) for line in lines if (reference := references.get(line.product_id or 0)) is not None]
    if not known:
        return None, None
    there = sum((reference * line.quantity for line, reference in known), Decimal("0.00"))
    return there, sum((line.amount for line, _reference in known), Decimal("0.00"))


def _title(lines: list[OrderLine], name: str, more: str) -> str:
    first = str(lines[0].snapshot[name] or lines[0].snapshot["name"])
    return first + more.format(n=len(lines) if name == "name" else len(lines) - 1) if len(lines) > 1 else first
