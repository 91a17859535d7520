"""The online supermarket (网上超市), and what is bought off its shelf direct from the manufacturer (厂家直销): from the cart to placed orders.

One order a supplier and way, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as catalog_services
from sunlit.domain.catalog.models import Offer
from sunlit.domain.market.events import OrderMoved
from sunlit.domain.market.models import CartLine, Order, OrderLine
from sunlit.domain.market.queries import rulings
from sunlit.domain.market.queries.wishes import Wish, line_problems
from sunlit.domain.market.rules import orders as rules
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import templates
from sunlit.domain.rulebook.rules import Ruling, Verdict
from sunlit.domain.rulebook.rules.templates import Template
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Address, InvoiceTitle, Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import ORDER_LINES, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import digest, move

MODE, DIRECT = rulings.SUPERMARKET, rulings.DIRECT
SNAPSHOT_VERSION = 2  # 1 told no policy tags: whether such a line had any is not known


@dataclass(frozen=True)
class Terms:
    """What holds for all orders of one checkout."""

    quota_id: int
    delivery: Mapping[str, str]
    invoice_title: Mapping[str, str]
    purpose: str = ""
    note: str = ""
    explanation: str = ""  # why the buyer goes on although it was warned of splitting
    plan: str = ""  # the number of the plan that it is bought for


def checkout(
    *,
    key: str,
    line_ids: Sequence[int],
    quota_id: int,
    address_id: int,
    title_id: int,
    purpose: str = "",
    note: str = "",
    explanation: str = "",
    plan: str = "",
    by: Actor,
    at: datetime,
) -> list[Order]:
    """Turn chosen cart lines into orders, one a supplier and way. The same key again returns the same orders and does nothing.

    Refused (ORD-013 … ORD-040, BUD-001/002, SPL-001 … SPL-005, PLN-040 … PLN-043) with every problem at its line or field; nothing is ordered then.
    """
    key = f"cart:{by.person}:{key}"  # the form names it: nobody can take a key that somebody else, or a program, will use
    lines = list(CartLine.objects.filter(pk__in=line_ids, user_id=by.person, buyer_id=by.party).order_by("pk"))
    if not lines:
        done = orders_of_checkout(key, by)
        if done:
            return done
        raise Refused(Problem(rules.CART_EMPTY, on="lines"))
    wishes = [Wish(line.offer_id, line.quantity, line.price_seen, line.direct) for line in lines]
    texts = {"purpose": purpose, "note": note, "explanation": explanation, "plan": plan}
    terms = terms_of(quota_id=quota_id, address_id=address_id, title_id=title_id, **texts, by=by)
    orders = place(key=key, wishes=wishes, terms=terms, by=by, at=at)
    CartLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    return orders


def terms_of(
    *, quota_id: int, address_id: int, title_id: int, purpose: str, note: str, explanation: str = "", plan: str = "", by: Actor
) -> Terms:
    """The terms with the organisation's own address and invoice title copied in. Refused: ORD-022, ORD-023, ORD-029, ORD-032."""
    address = Address.objects.select_related("region").filter(pk=address_id, organisation_id=by.party).first()
    title = InvoiceTitle.objects.filter(pk=title_id, organisation_id=by.party).first()
    check(_terms_problems(address, title, {"purpose": purpose, "note": note, "explanation": explanation}))
    assert address is not None
    assert title is not None
    delivery = {
        "receiver": address.receiver,
        "phone": address.phone,
        "address": address.text,
        "region": address.region.code,
        "region_name": address.region.name_zh,
        "region_path": address.region.path,
    }
    invoice = {"title": title.title, "tax_number": title.tax_number, "bank": title.bank, "account": title.account}
    return Terms(quota_id, delivery, invoice, purpose.strip(), note.strip(), explanation.strip(), plan.strip())


def place(*, key: str, wishes: Sequence[Wish], terms: Terms, by: Actor, at: datetime) -> list[Order]:
    """Place the orders: offers locked in one order, budget held, stock taken, snapshots frozen, acts recorded. All of it or nothing."""
    try:
        with transaction.atomic():
            return _place(key, wishes, terms, by, at)
    except IntegrityError as error:
        if "one_order_per_checkout_and_supplier" not in str(error):
            raise
    done = orders_of_checkout(key, by)  # the same form came twice at the same instant
    if not done:
        raise Refused(Problem(rules.NOT_ONE_CHECKOUT))
    return done


def orders_of_checkout(key: str, by: Actor) -> list[Order]:
    """The orders that this checkout already made."""
    keys = [_key_of(key, direct) for direct in (False, True)]
    return list(Order.objects.filter(checkout_key__in=keys, buyer_id=by.party, orderer_id=by.person).order_by("pk"))


def snapshot(offer: Offer, *, on: date) -> dict[str, Any]:
    """The product as it is now, frozen into the order with the policy tags that are proven today: the evidence in any later dispute."""
    product = offer.product
    return {
        "v": SNAPSHOT_VERSION,
        "offer": offer.number,
        "product": product.number,
        "sku": offer.sku_code,
        "title": offer.title,
        "name": product.name_zh,
        "name_en": product.name_en,
        "brand": product.brand.name_zh,
        "model": product.model,
        "category": {
            "code": product.category.code,
            "name": product.category.name_zh,
            "name_en": product.category.name_en,
            "icon": product.category.icon,
        },
        "unit": product.unit,
        "attributes": product.attributes,
        "price": str(offer.price),
        "image": product.image.sha256 if product.image else "",
        "warranty_months": offer.warranty_months,
        "delivery_days": offer.delivery_days,
        "tags": frozen_tags(offer, on=on),
    }


def frozen_tags(offer: Offer, *, on: date) -> list[dict[str, str]]:
    """The policy tags that are proven on the day, as a snapshot keeps them."""
    proven = catalog.tags_in_force(offer, on=on)
    return [tag_cell(it.tag, it.certificate, it.expires_on.isoformat() if it.expires_on else "") for it in proven]


def tag_cell(tag: str, certificate: str, until: str) -> dict[str, str]:
    """A policy tag as a snapshot keeps it; `until` is the last day of its proof, or ""."""
    return {"tag": tag, "certificate": certificate, "until": until}


def _place(key: str, wishes: Sequence[Wish], terms: Terms, by: Actor, at: datetime) -> list[Order]:
    # 1. Lock the offers, always in the order of their ids: two checkouts never wait for each other crosswise.
    wanted = {wish.offer_id: wish for wish in wishes}
    offers = catalog.locked_for_order(sorted(wanted))
    problems = [p for offer in offers for p in line_problems(offer, wanted[offer.pk], terms.delivery["region_path"])]
    groups = _by_supplier(offers, wanted)
    problems += [Problem(rules.ORDER_FULL, {"most": ORDER_LINES}, on="lines") for group in groups.values() if len(group) > ORDER_LINES]
    if not offers or len(offers) != len(wanted):
        problems.append(Problem(rules.CART_EMPTY, on="lines"))
    check(problems)
    # 2. Ask the rulebook, before anything is written.
    buyer = Organisation.objects.select_related("region").get(pk=by.party)
    plan = Plan.objects.filter(number=terms.plan, buyer=buyer).first() if terms.plan else None
    if terms.plan:
        check(rulings.plan_problems(offers, plan))
    baskets = [[(offer, wanted[offer.pk].quantity) for offer in group] for group in groups.values()]
    medians = catalog.medians([offer.product_id for offer in offers])
    asked = rulings.on_placing(baskets, buyer=buyer, medians=medians, plan=plan, direct=[direct for _supplier, direct in groups], at=at)
    lines = {offer.title: f"line_{offer.pk}" for offer in offers}  # what is said of one offer stands at its line, the rest at the plan
    refused = [ruling for said in asked for ruling in said if ruling.verdict == Verdict.REFUSED]
    check(ruling.problem(on=lines.get(str(ruling.figures.get("title", "")), "plan")) for ruling in refused)
    # 3. Write: orders first (the double form stops here), then stock; the budget's hot row last.
    orders = [
        _order(_key_of(key, direct), DIRECT if direct else MODE, group, wanted, terms, plan, buyer, judged, medians, by, at)
        for ((_supplier, direct), group), judged in zip(groups.items(), asked, strict=True)
    ]
    catalog_services.take_stock({offer.pk: wanted[offer.pk].quantity for offer in offers})
    for order, basket in zip(orders, baskets, strict=True):
        reference, parts = f"order/{order.number}", rulings.parts_of(basket, order.mode)
        if plan is not None:  # its money lies ready for it and is passed on
            planning.use_plan(plan.number, quota_id=terms.quota_id, reference=reference, parts=parts, by=by, at=at)
            continue
        year = local_day(at).year
        planning.hold(quota_id=terms.quota_id, buyer_id=buyer.pk, year=year, reference=reference, amount=order.total, at=at, parts=parts)
    # 4. Judge the sums while the budget's row is ours: of two checkouts at once, the later one sees the earlier.
    _judge_sums(orders, baskets, terms, buyer, at)
    return orders


def _judge_sums(orders: Sequence[Order], baskets: Sequence[rulings.Basket], terms: Terms, buyer: Organisation, at: datetime) -> None:
    """What the law forbids is refused; who was warned of splitting goes on with a reason. Refused: SPL-001 … SPL-005."""
    but = [f"order/{order.number}" for order in orders]
    asked = rulings.on_sums(baskets, buyer=buyer, quota_id=terms.quota_id, at=at, but=but)
    check(ruling.problem(on="quota") for said in asked for ruling in said if ruling.verdict == Verdict.REFUSED)
    check(rulings.reason_problems([ruling for said in asked for ruling in said], terms.explanation))
    for order, said in zip(orders, asked, strict=True):
        if said:
            order.rulings = [*order.rulings, *(ruling.to_json() for ruling in said)]
            order.explanation = terms.explanation if any(rulings.asks_for_a_reason(ruling) for ruling in said) else ""
            order.save(update_fields=["rulings", "explanation"])


def _by_supplier(offers: Sequence[Offer], wanted: Mapping[int, Wish]) -> dict[tuple[int, bool], list[Offer]]:
    """The offers by supplier and by whether they are bought direct from the manufacturer: each group becomes one order."""
    groups: dict[tuple[int, bool], list[Offer]] = {}
    for offer in offers:
        groups.setdefault((offer.supplier_id, wanted[offer.pk].direct), []).append(offer)
    return groups


def _key_of(key: str, direct: bool) -> str:
    """The checkout as the order knows it: one supplier may get two orders of it, one of either way."""
    return f"{key}:{DIRECT}" if direct else key


def _order(
    key: str,
    mode: str,
    group: Sequence[Offer],
    wanted: Mapping[int, Wish],
    terms: Terms,
    plan: Plan | None,
    buyer: Organisation,
    judged: Sequence[Ruling],
    medians: Mapping[int, Decimal],
    by: Actor,
    at: datetime,
) -> Order:
    sheets = templates.among(templates.ACCEPTANCE, region_path=buyer.region.path, on=local_day(at))
    lines = [_line(position, offer, wanted[offer.pk].quantity, sheets, medians, local_day(at)) for position, offer in enumerate(group, 1)]
    total = sum((line.amount for line in lines), Decimal("0.00"))
    order = Order(
        number=new_number("DD", at),
        region_path=buyer.region.path,
        mode=mode,
        checkout_key=key,
        buyer=buyer,
        supplier_id=group[0].supplier_id,
        orderer_id=by.person,
        quota_id=terms.quota_id,
        plan=plan,
        parties=[buyer.number, group[0].supplier.number],
        total=total,
        contents_hash=contents_hash(lines),
        delivery=dict(terms.delivery),
        invoice_title=dict(terms.invoice_title),
        purpose=terms.purpose,
        note=terms.note,
        rulings=[ruling.to_json() for ruling in judged],
        delivery_days=max(offer.delivery_days for offer in group),
        placed_at=at,
    )
    limit = rulings.approval_limit(buyer, at=at)
    verb = "request" if total > limit else "place"
    field, rule = ("confirm_until", "order.supplier_confirm_limit") if verb == "place" else ("answer_until", "order.approval_wait_limit")
    setattr(order, field, rulebook.deadline(rule, start=at, region_path=buyer.region.path, on=local_day(at)))
    order = move(
        order,
        verb,
        by=by,
        at=at,
        facts={
            "total": total,
            "contents": order.contents_hash,
            "parties": order.known_to,
            **({"plan": plan.number} if plan else {}),
            **({"mode": mode} if mode != MODE else {}),
        },
        announces=moved(verb),
        within=True,
    )
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)
    return order


def _line(
    position: int, offer: Offer, quantity: int, sheets: Mapping[str, Template], medians: Mapping[int, Decimal], day: date
) -> OrderLine:
    """The line with its product frozen, with the acceptance template that it is ordered under and the median that its price was held against."""
    sheet = templates.chosen(sheets, category_path=offer.product.category.path)
    return OrderLine(
        position=position,
        offer=offer,
        product_id=offer.product_id,
        category_code=offer.product.category.code,
        snapshot={**snapshot(offer, on=day), **({"acceptance": sheet.id} if sheet else {})},
        price=offer.price,
        median=medians.get(offer.product_id),
        quantity=quantity,
        amount=offer.price * quantity,
    )


def contents_hash(lines: Sequence[OrderLine]) -> str:
    """Digest of what was bought: positions, snapshots, quantities, prices and amounts."""
    return digest([[line.position, line.snapshot, line.quantity, line.price, line.amount] for line in lines])


def moved(verb: str, reason: str = "") -> Any:
    """The announcement of a verb on an order."""

    def announcements(order: Order) -> list[OrderMoved]:
        parties = {"buyer_id": order.buyer_id, "supplier_id": order.supplier_id, "orderer_id": order.orderer_id}
        return [
            OrderMoved(
                number=order.number, verb=verb, state=order.state, total=str(order.total), reason=reason, version=order.version, **parties
            )
        ]

    return announcements


def _terms_problems(address: Address | None, title: InvoiceTitle | None, texts: Mapping[str, str]) -> Iterator[Problem]:
    if address is None:
        yield Problem(rules.ADDRESS_MISSING, on="address")
    if title is None:
        yield Problem(rules.TITLE_MISSING, on="title")
    for field, text in texts.items():
        if len(text) > TEXT_CHARS:
            yield Problem(rules.RATING_TEXT_LONG, {"most": TEXT_CHARS}, on=field)
