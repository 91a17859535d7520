"""Publishing: a notice for every deal, from the frozen order, with what it saved against the reference prices of its day; and what buyers mean to buy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Tag
from sunlit.domain.disclosure.models import DealNotice, Notice
from sunlit.domain.market import queries as market
from sunlit.domain.market.models import (
    BatchDemand,
    CallOff,
    Framework,
    FrameworkDealer,
    FrameworkEntry,
    Order,
    OrderLine,
    Package,
    Quotation,
    WorkOrder,
)
from sunlit.domain.market.queries import parties as market_parties
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


@transaction.atomic
def tell_single_source(plan: Plan, *, at: datetime) -> Notice:
    """The public notice before a single source (notice_types.json, SINGLE_SOURCE). It stays as it was told; a plan that is told anew is another one."""
    assert plan.noticed_at is not None, "only what is told to the public"
    return _published(f"{plan.number}/{plan.noticed_at:%Y%m%d%H%M%S}", lambda: _notice_of_source(plan), at=at)


@transaction.atomic
def tell_framework(it: Framework, *, at: datetime) -> Notice:
    """Bring the notice of a solicitation in line with it: published, and withdrawn where it was given up or voided. Asked twice, nothing is left to do."""
    assert it.published_at is not None, "nothing is told of a framework that is not solicited"
    notice = _published(it.number, lambda: _notice_of_framework(it, at), at=at)
    gone = it.state in ("cancelled", "voided")
    told = {"withdrawn_at": it.ended_at, "reason": it.reason}
    if gone and Notice.objects.filter(pk=notice.pk, withdrawn_at=None).update(**told) == 1:
        facts = {"number": notice.number, "about": notice.about, "reason": it.reason}
        ledger.record(act="notice.withdraw", subject=f"notice/{notice.number}", by=CLOCK, at=at, facts=facts, region=notice.region_path)
    return notice


@transaction.atomic
def tell_shortlist(it: Framework, *, at: datetime) -> Notice:
    """The result of the first stage (FW_SHORTLIST): who is listed, with what, at which price, and who reviewed. It stays as it was told."""
    return _published(f"{it.number}/result", lambda: _notice_of_shortlist(it, at), at=at)


@transaction.atomic
def tell_quotation(it: Quotation, *, at: datetime) -> Notice:
    """Publish what a buyer asks prices for, and, once it has ended, what came of it: who quoted what, how each quote was judged and why."""
    assert it.published_at is not None, "nothing is told of a draft"
    notice = _published(it.number, lambda: _notice_of_quotation(it, at), at=at)
    if it.ended_at is not None:
        _published(f"{it.number}/result", lambda: _result_of_quotation(it, at), at=at)
    return notice


@transaction.atomic
def tell_framework_summary(it: Framework, *, at: datetime) -> Notice:
    """What was bought under an agreement whose term is over (FW_CALLOFF_SUMMARY)."""
    return _published(f"{it.number}/summary", lambda: _notice_of_summary(it, at), at=at)


@transaction.atomic
def tell_framework_change(entry: FrameworkEntry, verb: str, version: int, *, at: datetime) -> Notice:
    """What became of one party while the agreement runs: it left and why, or offers now for less or something better. Asked twice, the first stays."""
    about = f"{entry.package.framework.number}/change/{entry.number}/{version}"
    return _published(about, lambda: _notice_of_change(entry, verb, at), at=at)


@transaction.atomic
def tell_framework_dealer(it: FrameworkDealer, verb: str, *, at: datetime) -> Notice:
    """Somebody delivers for a party from now on, or no more. Asked twice, the first notice stays."""
    about = f"{it.entry.package.framework.number}/dealer/{it.number}/{verb}"
    return _published(about, lambda: _notice_of_change(it.entry, f"dealer_{verb}", at, it), at=at)


@transaction.atomic
def tell_work_order(it: WorkOrder, *, at: datetime) -> Notice:
    """One settled work order whose supplier was found in turn (FW_CALLOFF). Asked twice, the first notice stays."""
    return _published(it.number, lambda: _notice_of_work_order(it), at=at)


@transaction.atomic
def tell_void(it: CallOff | WorkOrder, *, at: datetime) -> Notice:
    """A purchase under an agreement that a regulator voided, and why. Asked twice, the first notice stays."""
    return _published(f"{it.number}/void", lambda: _notice_of_void(it), at=at)


@transaction.atomic
def tell_calloff(it: CallOff, *, at: datetime) -> Notice:
    """One deal of the second stage that was found by bids, in turn or outside the list (FW_CALLOFF). Asked twice, the first notice stays."""
    return _published(it.number, lambda: _notice_of_calloff(it, at), at=at)


@transaction.atomic
def tell_batch_deal(it: BatchDemand, *, at: datetime) -> Notice:
    """One buyer's share of a batch, a deal of the second stage that was found by bids (FW_CALLOFF). Asked twice, the first notice stays."""
    return _published(it.number, lambda: _notice_of_batch_deal(it, at), at=at)


def _published(about: str, content: Callable[[], dict[str, Any]], *, at: datetime) -> Notice:
    notice, new = Notice.objects.filter(about=about).first(), False
    if notice is None:
        notice, new = Notice.objects.get_or_create(about=about, defaults=content())
    if new:
        facts = {"number": notice.number, "about": about, "content": digest(notice.content)}
        ledger.record(act="notice.publish", subject=f"notice/{notice.number}", by=CLOCK, at=at, facts=facts, region=notice.region_path)
    return notice


def _told_of(thing: Intention | Plan, content: Callable[[], dict[str, Any]], *, at: datetime) -> Notice:
    notice = _published(thing.number, content, at=at)
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


def _notice_of_source(plan: Plan) -> dict[str, Any]:
    """The standard fields of a single-source notice: who, what, for how much, why, from whom, until when, and what experts say."""
    buyer = plan.buyer
    assert plan.noticed_at is not None
    assert plan.notice_until is not None
    items = [
        {"name": it.name, "quantity": it.quantity, "unit": it.unit, "amount": str(it.amount)} for it in plan.items.order_by("position")
    ]
    told = {
        "plan": plan.number,
        "unit": buyer.name_zh,
        "project": plan.name,
        "purpose": plan.purpose,
        "items": items,
        "reason": plan.ground_reason,
        "grounds": plan.grounds,
        **{name: plan.source.get(name, "") for name in ("supplier", "address", "opinion")},
        "until": plan.notice_until.isoformat(),
        "contact": {"name": buyer.contact, "phone": buyer.phone, "address": buyer.address},
    }
    return {
        "number": new_number("GG", plan.noticed_at),
        "kind": "single_source",
        "buyer": buyer,
        "region_path": plan.region_path,
        "title_zh": f"{buyer.name_zh}{plan.name}单一来源采购公示",
        "title_en": f"{buyer.name_en or buyer.name_zh}: single source for {plan.name}",
        "content": told,
        "words": "\n".join([plan.name, plan.number, buyer.name_zh, buyer.name_en, plan.source.get("supplier", "")]),
        "amount": plan.total,
        "published_at": plan.noticed_at,
    }


def _framework_notice(
    it: Framework, kind: str, content: dict[str, Any], title_zh: str, title_en: str, published_at: datetime
) -> dict[str, Any]:
    solicitor = it.solicitor
    party = {"name": solicitor.name_zh, "address": solicitor.address, "contact": solicitor.contact, "phone": solicitor.phone}
    return {
        "number": new_number("GG", published_at),
        "kind": kind,
        "buyer": solicitor,
        "region_path": it.region_path,
        "title_zh": title_zh,
        "title_en": title_en,
        "content": {"number": it.number, "name": it.title, "solicitor": party, **content},
        "words": "\n".join([it.title, it.number, solicitor.name_zh, solicitor.name_en, *it.packages.values_list("name", flat=True)]),
        "amount": it.yearly,
        "published_at": published_at,
    }


def _notice_of_framework(it: Framework, at: datetime) -> dict[str, Any]:
    """The standard fields of a solicitation (notice_types.json, FW_SOLICITATION)."""
    assert it.published_at is not None
    assert it.respond_until is not None
    content = {
        "kind": it.kind,
        "agency": it.agency,
        "ground": it.ground,
        "method": it.method,
        "second_stage": it.second_stage,
        "months": it.months,
        "scope": it.solicitor.region.name_zh,
        "standard": it.standard,
        "qualifications": it.qualifications,
        "respond_until": it.respond_until.isoformat(),
        "packages": [_package_told(package) for package in it.packages.select_related("category").order_by("position")],
    }
    if it.is_open_form:
        content |= {"form": it.form, "open_ground": it.open_ground, "fee_standard": it.fee_standard, "clearing": it.clearing}
    content |= {"supplements": it.supplements.number if it.supplements else "", "supplement_reason": it.supplement_reason}
    title_zh = f"{it.title}补充征集公告" if it.supplements else f"{it.title}征集公告"
    title_en = f"Supplementary solicitation: {it.title}" if it.supplements else f"Solicitation: {it.title}"
    if it.is_open_form:
        title_zh, title_en = f"{it.title}（开放式）征集公告", f"Open invitation: {it.title}"
    return _framework_notice(it, "framework", content, title_zh, title_en, it.published_at)


def _notice_of_shortlist(it: Framework, at: datetime) -> dict[str, Any]:
    """The standard fields of a result (notice_types.json, FW_SHORTLIST), package by package."""
    assert it.listed_at is not None
    entries = (
        FrameworkEntry.objects.filter(package__framework=it, listed_at__isnull=False).select_related("supplier").order_by("rank", "pk")
    )
    packages = []
    for package in it.packages.select_related("category").order_by("position"):
        listed = [_entry_told(entry) for entry in entries if entry.package_id == package.pk]
        packages.append({**_package_told(package), "failed": package.failed, "suppliers": listed})
    content = {"method": it.method, "panel": it.panel, "packages": packages}
    return _framework_notice(it, "framework_result", content, f"{it.title}入围结果公告", f"Shortlist: {it.title}", it.listed_at)


def _notice_of_summary(it: Framework, at: datetime) -> dict[str, Any]:
    """Who was bought from under the agreement, how often and for how much: orders that came to a deal."""
    assert it.ended_at is not None
    called = Q(mode="framework", origin__in=CallOff.objects.filter(package__framework=it, state="awarded").values("number"))
    pooled = Q(mode="batch", origin__in=BatchDemand.objects.filter(batch__package__framework=it, state="ordered").values("number"))
    works = WorkOrder.objects.filter(package__framework=it, state="concluded").values("number")
    served = Q(mode="service", origin__in=works)
    made = Order.objects.filter(called | pooled | served, accepted_at__isnull=False)
    sums: dict[int, dict[str, Any]] = {}
    for order in made.select_related("supplier").order_by("pk"):
        told = sums.setdefault(
            order.supplier_id, {"name": order.supplier.name_zh, "address": order.supplier.address, "count": 0, "total": Decimal(0)}
        )
        told["count"] += 1
        told["total"] += order.total
    suppliers = [{**told, "total": str(told["total"])} for told in sums.values()]
    return _framework_notice(
        it, "framework_summary", {"suppliers": suppliers}, f"{it.title}成交结果汇总公告", f"Summary: {it.title}", it.ended_at
    )


def _notice_of_change(entry: FrameworkEntry, verb: str, at: datetime, dealer: FrameworkDealer | None = None) -> dict[str, Any]:
    framework = entry.package.framework
    content = {
        "change": verb,
        "package": entry.package.position,
        **_entry_told(entry),
        "price": str(entry.price),
        "removal": entry.removal,
        "reason": dealer.reason if dealer else entry.reason if verb in ("clear_out", "release") else "",
        "dealer": _dealer_told(dealer) if dealer else None,
    }
    title_zh, title_en = f"{framework.title}入围供应商变更公告", f"Change of a party: {framework.title}"
    if verb == "admit":
        title_zh, title_en = f"{framework.title}入围结果公告", f"Admitted: {framework.title}"
    elif verb == "leave":
        title_zh, title_en = f"{framework.title}入围供应商退出公告", f"A party left: {framework.title}"
    return _framework_notice(framework, "framework_change", content, title_zh, title_en, at)


def _dealer_told(it: FrameworkDealer) -> dict[str, str]:
    area_en = ", ".join(one.name_en for one in market_parties.where(it.regions, it.region_path))
    return {"name": it.dealer.name_zh, "name_en": it.dealer.name_en, "area": it.area, "area_en": area_en}


def _notice_of_void(it: CallOff | WorkOrder) -> dict[str, Any]:
    assert it.ended_at is not None
    framework, buyer = it.package.framework, it.buyer
    content = {
        "purchase": it.number,
        "package": str(it.package),
        "mode": it.mode,
        "buyer": {"name": buyer.name_zh, "name_en": buyer.name_en},
        "reason": it.stop_reason,
    }
    title_zh, title_en = f"{framework.title}项下采购活动终止公告", f"A purchase was voided: {framework.title}"
    return _framework_notice(framework, "framework_void", content, title_zh, title_en, it.ended_at)


def _notice_of_calloff(it: CallOff, at: datetime) -> dict[str, Any]:
    """The standard fields of one deal under a framework (notice_types.json, FW_CALLOFF)."""
    assert it.awarded_at is not None
    order = Order.objects.get(number=it.order_number)
    dealer_of = it.entry.supplier.name_zh if it.entry and it.dealer else ""
    return _deal_notice(it.package.framework, order, it.number, it.mode, it.awarded_at, dealer_of=dealer_of)


def _notice_of_batch_deal(it: BatchDemand, at: datetime) -> dict[str, Any]:
    """The same fields of one buyer's order of a batch."""
    assert it.ended_at is not None
    order = Order.objects.get(number=it.order_number)
    dealer_of = it.batch.entry.supplier.name_zh if it.batch.entry and it.dealer else ""
    return _deal_notice(it.batch.package.framework, order, it.number, "batch", it.ended_at, dealer_of=dealer_of)


def _notice_of_work_order(it: WorkOrder) -> dict[str, Any]:
    """The same fields for a settled service, as one whole: its lines are the buyer's and the supplier's affair."""
    assert it.settled_at is not None
    order = Order.objects.get(number=it.order_number)
    thing = {"name": str(it.package), "brand": "", "model": "", "unit": "项"}
    what = {"thing": thing, "quantity": 1, "price": str(order.total)}
    return _deal_notice(it.package.framework, order, it.number, it.mode, it.settled_at, what=what)


def _what_was_bought(order: Order) -> dict[str, Any]:
    line = order.lines.get()
    thing = {name: line.snapshot[name] for name in ("name", "brand", "model", "unit")}
    return {"thing": thing, "quantity": line.quantity, "price": str(line.price)}


def _deal_notice(
    framework: Framework, order: Order, about: str, mode: str, at: datetime, *, dealer_of: str = "", what: dict[str, Any] | None = None
) -> dict[str, Any]:
    buyer = order.buyer
    content = {
        "calloff": about,
        "mode": mode,
        "buyer": {"name": buyer.name_zh, "name_en": buyer.name_en, "address": buyer.address, "phone": buyer.phone},
        "supplier": {"name": order.supplier.name_zh, "name_en": order.supplier.name_en, "address": order.supplier.address},
        **(what or _what_was_bought(order)),
        "total": str(order.total),
        "dealer_of": dealer_of,
    }
    told = _framework_notice(framework, "framework_deal", content, f"{framework.title}成交结果公告", f"Deal under {framework.title}", at)
    return {**told, "region_path": order.region_path, "amount": order.total}


def _package_told(package: Package) -> dict[str, Any]:
    category = package.category
    return {
        "position": package.position,
        "name": package.name,
        "grade": package.grade,
        "category": {"code": category.code, "name": category.name_zh, "name_en": category.name_en},
        "unit": package.unit,
        "ceiling": str(package.ceiling),
        "requirement": package.requirement,
        **({"service": package.service, "rates": _sheet_told(package)} if package.service else {}),
    }


def _sheet_told(package: Package) -> list[dict[str, str]]:
    """The rate sheet of a designated service: ceilings in yuan, or in percent of a list price or premium."""
    return [{"name": item.name, "form": item.form, "ceiling": str(item.ceiling)} for item in package.sheet.order_by("position")]


def _entry_told(entry: FrameworkEntry) -> dict[str, Any]:
    supplier = entry.supplier
    party = {"number": supplier.number, "name": supplier.name_zh, "name_en": supplier.name_en, "address": supplier.address}
    product = {"product": entry.name, "brand": entry.brand, "model": entry.model, "description": entry.description}
    score = str(entry.score) if entry.score is not None else ""
    return {"rank": entry.rank, "supplier": party, **product, "price": str(entry.quoted), "score": score}


def _notice_of_quotation(it: Quotation, at: datetime) -> dict[str, Any]:
    """What is asked, at most for how much, until when it could be quoted at its publication."""
    lines = [
        {
            "position": line.position,
            "name": line.name,
            "category": {"code": line.category.code, "name": line.category.name_zh, "name_en": line.category.name_en},
            "quantity": line.quantity,
            "unit": line.unit,
            "ceiling": str(line.ceiling),
            "parameters": line.parameters,
            "brands": line.brands,
        }
        for line in market.lines_of_quotation(it)
    ]
    told = {
        "unit": it.buyer.name_zh,
        "purpose": it.purpose,
        "note": it.note,
        "until": it.quote_until.isoformat(),
        "delivery_days": it.delivery_days,
        "open": not it.invited,
        "least": it.least,
        "run": it.run,
        "lines": lines,
    }
    return {
        "number": new_number("GG", at),
        "kind": "quotation",
        "buyer": it.buyer,
        "region_path": it.region_path,
        "title_zh": f"{it.buyer.name_zh}{it.title}在线询价公告",
        "title_en": f"{it.buyer.name_en or it.buyer.name_zh}: request for quotes, {it.title}",
        "content": told,
        "words": "\n".join([it.title, it.buyer.name_zh, it.buyer.name_en, it.purpose, *(str(line["name"]) for line in lines)]),
        "amount": it.ceiling,
        "published_at": it.published_at,
    }


def _result_of_quotation(it: Quotation, at: datetime) -> dict[str, Any]:
    """Who won and for how much, or why nobody did; every opened quote with its judgement and the reason of every exclusion."""
    quotes = [
        {
            "number": quote.number,
            "supplier": quote.supplier.name_zh,
            "supplier_en": quote.supplier.name_en,
            "total": str(quote.total) if quote.total is not None else "",
            "state": quote.state,
            "cause": quote.cause,
            "reason": quote.reason,
            "digest": quote.digest,
        }
        for quote in market.quotes_opened(it)
    ]
    told = {
        "unit": it.buyer.name_zh,
        "outcome": it.state,
        "winner": it.winner.name_zh if it.winner else "",
        "winner_en": it.winner.name_en if it.winner else "",
        "award": str(it.award) if it.award is not None else "",
        "order": it.order.number if it.order else "",
        "cause": it.cause,
        "reason": it.reason,
        "quotes": quotes,
    }
    return {
        "number": new_number("GG", at),
        "kind": "quotation_result",
        "buyer": it.buyer,
        "region_path": it.region_path,
        "title_zh": f"{it.buyer.name_zh}{it.title}在线询价结果公告",
        "title_en": f"{it.buyer.name_en or it.buyer.name_zh}: result of the request for quotes, {it.title}",
        "content": told,
        "words": "\n".join([it.title, it.buyer.name_zh, it.buyer.name_en, it.winner.name_zh if it.winner else ""]),
        "amount": it.award if it.award is not None else it.ceiling,
        "published_at": it.ended_at,
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
