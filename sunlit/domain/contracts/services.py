"""Verbs from goods to money: accept or reject, send back, invoice, pay, rate. Each moves the order and keeps its paper, together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from sunlit.domain.contracts import queries, rules
from sunlit.domain.contracts.events import PaymentOrdered, Rated
from sunlit.domain.contracts.models import AcceptanceSheet, Invoice, Payment, Rating
from sunlit.domain.market import queries as orders
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order, OrderLine, Return
from sunlit.domain.planning import services as planning
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import templates
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.files.models import File
from sunlit.foundation.gateways.bank import Bank, BankDisagrees, BankReceipt, BankUnreachable, PaymentOrder
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PHOTOS_A_SHEET, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest, move
from sunlit.foundation.outbox.events import announce

Items = Sequence[Mapping[str, Any]]
Forms = Mapping[int, Mapping[str, Any]] | Sequence[tuple[int, Mapping[str, Any]]]
Filled = list[dict[str, Any]]
SETTLE_A_ROUND = 100

log = structlog.stdlib.get_logger("sunlit.payments")


# Acceptance


@transaction.atomic
def accept(
    order: Order,
    *,
    items: Items,
    forms: Forms = (),
    remark: str = "",
    photos: Sequence[File] = (),
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> Order:
    """Accept the delivery line by line (条例45): the sheet is kept, the hold becomes a commitment, the time to pay begins.

    `items` are {position, quantity, conforms, remark}; `forms` what was typed into the templates that the lines were ordered under, by the template's
    number. Refused: CON-001 … CON-004, CON-014, CON-015, TPL-*, ORD-005, LIF-*.
    """
    lines = _lines(order)
    filled, problems = _read_forms(lines, dict(forms), accepting=True)
    check((*_sheet_problems(lines, items, remark, photos, accepting=True), *problems))
    order = market.mark(order, "accept", by=by, at=at, expected=expected, facts=_sheet_facts(items, filled, photos))
    _keep_sheet(order, True, items, filled, remark, photos, by, at)
    for line in lines:
        OrderLine.objects.filter(pk=line.pk).update(accepted=line.quantity)
    planning.commit(reference=f"order/{order.number}", at=at)
    return order


@transaction.atomic
def reject(
    order: Order,
    *,
    items: Items,
    reason: str,
    forms: Forms = (),
    photos: Sequence[File] = (),
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> Order:
    """Do not accept the delivery, with the lines that do not conform and evidence. The goods are then returned or exchanged."""
    lines = _lines(order)
    filled, problems = _read_forms(lines, dict(forms), accepting=False)
    check((*_sheet_problems(lines, items, reason, photos, accepting=False), *problems))
    facts = {"reason": reason.strip(), **_sheet_facts(items, filled, photos)}
    order = market.mark(order, "reject", by=by, at=at, expected=expected, change={"reason": reason.strip()}, facts=facts)
    _keep_sheet(order, False, items, filled, reason, photos, by, at)
    return order


@transaction.atomic
def ask_return(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """Send the rejected goods back for the money."""
    order = market.mark(
        order, "ask_return", by=by, at=at, expected=expected, change={"reason": reason.strip()}, facts={"reason": reason.strip()}
    )
    Return.objects.create(order=order, kind="return", reason=reason.strip(), asked_at=at)
    return order


@transaction.atomic
def ask_exchange(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """Send the rejected goods back for other ones."""
    order = market.mark(
        order, "ask_exchange", by=by, at=at, expected=expected, change={"reason": reason.strip()}, facts={"reason": reason.strip()}
    )
    Return.objects.create(order=order, kind="exchange", reason=reason.strip(), asked_at=at)
    return order


# Invoice and payment


@transaction.atomic
def invoice(
    order: Order,
    *,
    number: str,
    amount: Decimal,
    issued_on: date,
    file: File | None = None,
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> Order:
    """Record the supplier's invoice. Refused: ORD-009 another amount than accepted, ORD-010 no number, CON-010 a day ahead, CON-013 an invoice of another order."""
    if issued_on > local_day(at):
        raise Refused(Problem(rules.INVOICE_DAY_AHEAD, {"day": issued_on}, on="issued_on"))
    facts = {"invoice": number.strip(), "amount": amount}
    order = market.mark(order, "invoice", by=by, at=at, expected=expected, facts=facts)
    kept: dict[str, Any] = {"number": number.strip(), "amount": amount, "issued_on": issued_on, "file": file, "at": at}
    try:
        with transaction.atomic():
            Invoice.objects.create(order=order, supplier_id=order.supplier_id, **kept)
    except IntegrityError as error:
        if "an_invoice_pays_one_order" not in str(error):
            raise
        raise Refused(Problem(rules.INVOICE_USED, {"number": number.strip()}, on="invoice_number")) from None
    return order


@transaction.atomic
def request_payment(order: Order, *, by: Actor, at: datetime, expected: int | None = None) -> Payment:
    """The buyer's finance orders the payment; it goes to the bank after this transaction, once."""
    order = market.mark(order, "request_payment", by=by, at=at, expected=expected, facts={"total": order.total})
    payment = Payment(
        number=new_number("FK", at),
        region_path=order.region_path,
        order=order,
        amount=order.total,
        payee=order.supplier.name_zh,
        payee_account=order.supplier.credit_code,
        ordered_by_id=by.person,
        ordered_at=at,
    )
    told = PaymentOrdered(number=payment.number, order_number=order.number)
    return move(payment, "order", by=by, at=at, facts={"amount": order.total}, announces=lambda _payment: (told,))


def send(payment: Payment, *, bank: Bank, at: datetime) -> Payment:
    """Hand the payment to the bank and take its answer. The bank carries one number out once, so this may be repeated at will."""
    order = payment.order
    told = PaymentOrder(
        reference=payment.number,
        payer_name=order.buyer.name_zh,
        payer_account=order.buyer.number,
        payee_name=payment.payee,
        payee_account=payment.payee_account,
        amount=payment.amount,
        purpose=order.number,
    )
    return answered(payment, bank.submit(told), at=at)


def answered(payment: Payment, receipt: BankReceipt, *, at: datetime) -> Payment:
    """What the bank said becomes what we record: with the bank, settled or refused. The same answer again changes nothing."""
    match receipt.state:
        case "settled":
            return _settled(payment, receipt, at)
        case "refused":
            return _failed(payment, receipt, at)
    if payment.state == "ordered":
        return move(payment, "send", by=CLOCK, at=at)
    return payment


def settle_due(*, bank: Bank, at: datetime) -> int:
    """Ask the bank about payments that are not settled yet; send the ones it has not heard of. Returns how many moved.

    A round takes those never or longest not asked about: however many wait, each has its turn. A payment about which the bank and we
    disagree is a matter for the operator; it does not keep the others waiting.
    """
    moved = 0
    waiting = Payment.objects.select_related("order__buyer").filter(state__in=["ordered", "sent"])
    turn = F("asked_at").asc(nulls_first=True), "ordered_at", "pk"
    for payment in waiting.order_by(*turn)[:SETTLE_A_ROUND]:
        Payment.objects.filter(pk=payment.pk).update(asked_at=at)  # before the bank is asked: who makes it fall silent goes to the end too
        before = payment.state
        try:
            receipt = bank.status(payment.number)
            after = answered(payment, receipt, at=at) if receipt else send(payment, bank=bank, at=at)
        except BankUnreachable:
            break
        except BankDisagrees:
            log.exception("the bank disagrees about a payment", payment=payment.number)
            continue
        except Refused:  # somebody else heard the bank's answer at the same moment
            continue
        moved += after.state != before
    return moved


@transaction.atomic
def _settled(payment: Payment, receipt: BankReceipt, at: datetime) -> Payment:
    order = Order.objects.select_for_update().get(pk=payment.order_id)  # always the order first: no waiting crosswise
    it = Payment.objects.select_for_update().get(pk=payment.pk)
    if it.state in ("paid", "failed"):
        return it
    it = move(
        it, "settle", by=CLOCK, at=at, change={"receipt": receipt.bank_number}, facts={"receipt": receipt.bank_number, "amount": it.amount}
    )
    order = market.mark(order, "pay", by=CLOCK, at=at, facts={"receipt": receipt.bank_number, "total": order.total})
    planning.spend(reference=f"order/{order.number}", at=at)
    return it


@transaction.atomic
def _failed(payment: Payment, receipt: BankReceipt, at: datetime) -> Payment:
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    it = Payment.objects.select_for_update().get(pk=payment.pk)
    if it.state in ("paid", "failed"):
        return it
    it = move(it, "fail", by=CLOCK, at=at, change={"reason": receipt.reason}, facts={"reason": receipt.reason})
    market.mark(order, "bounce", by=CLOCK, at=at, change={"reason": receipt.reason}, facts={"reason": receipt.reason})
    return it


# Rating


@transaction.atomic
def rate(
    order: Order, *, quality: int, delivery: int, service: int, comment: str = "", by: Actor, at: datetime, expected: int | None = None
) -> Order:
    """Rate the supplier by the fixed criteria, 1 to 5 stars each. Refused: CON-005, CON-004."""
    check(_rating_problems((quality, delivery, service), comment))
    given = {"quality": quality, "delivery": delivery, "service": service}
    it = Rating(order=order, supplier_id=order.supplier_id, at=at, comment=comment.strip(), **given)
    order = market.mark(order, "rate", by=by, at=at, expected=expected, facts={"stars": str(it.stars), **given})
    it.save()
    announce(Rated(order_number=order.number, supplier_id=order.supplier_id, stars=quality + delivery + service))
    return order


@transaction.atomic
def reply(rating: Rating, *, text: str, by: Actor, at: datetime) -> Rating:
    """The rated supplier answers, once and in its time. Refused: CON-006 … CON-008, CON-016."""
    it = Rating.objects.select_for_update(of=("self",)).select_related("order").get(pk=rating.pk)
    if not orders.answers_for_the_seller(it.order, by):
        raise Refused(Problem(rules.NOT_YOUR_RATING))
    check(_reply_problems(it, text, at))
    it.reply, it.replied_at = text.strip(), at
    it.save(update_fields=["reply", "replied_at"])
    facts = {"number": it.order.number, "actor": by.user_name, "organisation": by.organisation_name, "reply": digest(it.reply)}
    ledger.record(act="rating.reply", subject=f"order/{it.order.number}", by=by, at=at, facts=facts, region=it.order.region_path)
    return it


# Behind the verbs


def _lines(order: Order) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))


def _sheet_problems(lines: Sequence[OrderLine], items: Items, remark: str, photos: Sequence[File], *, accepting: bool) -> Iterator[Problem]:
    if sorted(int(item["position"]) for item in items) != [line.position for line in lines]:
        yield Problem(rules.POSITIONS_DIFFER, on="items")
        return
    quantities = {line.position: line.quantity for line in lines}
    wrong = [item for item in items if not item["conforms"] or int(item["quantity"]) != quantities[int(item["position"])]]
    if accepting:
        yield from (Problem(rules.NOT_CONFORMING, {"position": item["position"]}, on=f"conforms_{item['position']}") for item in wrong)
    elif not wrong:
        yield Problem(rules.EVERYTHING_CONFORMS, on="items")
    if len(photos) > PHOTOS_A_SHEET:
        yield Problem(rules.TOO_MANY_PHOTOS, {"most": PHOTOS_A_SHEET}, on="photos")
    if len(remark) > TEXT_CHARS:
        yield Problem(rules.TEXT_LONG, {"most": TEXT_CHARS}, on="remark")


def _read_forms(lines: Sequence[OrderLine], forms: Mapping[int, Mapping[str, Any]], *, accepting: bool) -> tuple[Filled, list[Problem]]:
    """What the templates' forms say. A rejection may leave things open; an acceptance says everything, and nothing in it failed."""
    asked = {form.template.id: form for form in queries.acceptance_forms(lines)}
    problems = [Problem(rules.NOT_THIS_FORM, {"template": id}, on="forms") for id in forms if id not in asked]
    filled: Filled = []
    for form in (asked[id] for id in forms if id in asked):
        template = form.template
        found = templates.read(template, forms[template.id], prefix=form.prefix, complete=accepting)
        problems += found.problems
        if accepting:
            problems += [
                Problem(rules.ITEM_FAILED, {"item": it.label}, form.prefix + it.key) for it in templates.failed(template, found.values)
            ]
        told = {"template": template.id, "positions": list(form.positions), "values": found.values}
        filled.append({**told, "digest": templates.values_digest(template, found.values)})
    return filled, problems


def _sheet_facts(items: Items, filled: Filled, photos: Sequence[File]) -> dict[str, Any]:
    facts: dict[str, Any] = {"sheet": digest(list(items)), "photos": [photo.sha256 for photo in photos]}
    return {**facts, "forms": [form["digest"] for form in filled]} if filled else facts


def _keep_sheet(
    order: Order, accepted: bool, items: Items, filled: Filled, remark: str, photos: Sequence[File], by: Actor, at: datetime
) -> None:
    told = {"accepted": accepted, "items": [dict(item) for item in items], "forms": filled, "remark": remark.strip()}
    sheet = AcceptanceSheet.objects.create(order=order, inspector_id=by.person, at=at, **told)
    sheet.photos.set(photos)


def _rating_problems(stars: Sequence[int], comment: str) -> Iterator[Problem]:
    for field, value in zip(("quality", "delivery", "service"), stars, strict=True):
        if value not in range(1, 6):
            yield Problem(rules.STARS_WRONG, on=field)
    if len(comment) > TEXT_CHARS:
        yield Problem(rules.TEXT_LONG, {"most": TEXT_CHARS}, on="comment")


def _reply_problems(rating: Rating, text: str, at: datetime) -> Iterator[Problem]:
    until = rating.order.reply_until
    if until is not None and not rulebook.in_time(until, at):
        yield Problem(rules.REPLY_TOO_LATE, {"until": until}, on="reply")
    if rating.replied_at is not None:
        yield Problem(rules.REPLIED, on="reply")
    if not text.strip():
        yield Problem(rules.REPLY_EMPTY, on="reply")
    if len(text) > TEXT_CHARS:
        yield Problem(rules.TEXT_LONG, {"most": TEXT_CHARS}, on="reply")
