"""Verbs between units (单位直购): offer what the unit has, ask for it with the money held, confirm it into an order or refuse it, end what time ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import translation

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.events import UnitRequestMoved
from sunlit.domain.market.models import UnitOffer, UnitRequest
from sunlit.domain.market.modes.supermarket import Terms, terms_of
from sunlit.domain.market.queries import units as queries
from sunlit.domain.market.queries.rulings import approval_limit
from sunlit.domain.market.rules import orders as order_rules
from sunlit.domain.market.rules import units as rules
from sunlit.domain.market.services import awards, orders
from sunlit.domain.market.states import units as states
from sunlit.domain.planning.models import Hold, Plan
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling, Verdict, judge
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import end_of_day, local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, QUANTITY_MOST, REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.lifecycle import move
from sunlit.foundation.outbox.events import Event

MODE: Final = queries.MODE
RECORD_LANGUAGE: Final = "zh-hans"
DUE_A_ROUND: Final = 200
NEEDED: Final = "needed"


# The selling unit


@transaction.atomic
def publish_offer(told: Mapping[str, str], *, paper: File | None = None, by: Actor, at: datetime) -> UnitOffer:
    """The unit's lead offers something to other units; it is public at once.

    `told`: title, category, description, unit, quantity, delivery_days, price, basis, basis_amount, basis_paper, asset, approval, scope, valid_until.
    `paper`: the paper itself on which the price rests, which everybody may read with the offer.
    Refused: LIF-002 not the lead, UNI-001 … UNI-010 at their fields.
    """
    seller = Organisation.objects.select_related("region").get(pk=by.party)
    problems: list[Problem] = []
    said = {name: str(told.get(name, "")).replace("\x00", "").strip() for name in TEXTS}
    it = UnitOffer(
        number=new_number("DW", at),
        region_path=seller.region.path,
        seller=seller,
        author_id=by.person,
        title=said["title"],
        description=said["description"][:TEXT_CHARS],
        unit=said["unit"][:NAME_CHARS] or "项",
        quantity=_whole(said["quantity"], 1, QUANTITY_MOST, rules.QUANTITY_WRONG, "quantity", problems),
        delivery_days=_whole(said["delivery_days"] or "0", 0, rules.DAYS_MOST, rules.DAYS_WRONG, "delivery_days", problems),
        price=_yuan(said["price"], "price", problems),
        basis=said["basis"],
        basis_amount=_yuan(said["basis_amount"], "basis_amount", problems),
        basis_paper=said["basis_paper"][:NAME_CHARS],
        paper=paper,
        asset=bool(said["asset"]),
        approval=said["approval"][:NAME_CHARS],
        scope_path=said["scope"],
        published_at=at,
    )
    category = catalog.category(said["category"])
    if category is None or not category.in_use:
        problems.append(Problem(rules.CATEGORY_UNKNOWN, on="category"))
    else:
        it.category = category
    problems += _offer_problems(it, seller)
    it.valid_until = _term(said["valid_until"], seller.region.path, at, problems)
    it.rulings = [ruling.to_json() for ruling in _judged(it, at, problems)]
    facts = {"title": it.title, "price": it.price, "basis": _zh(rules.BASES.get(it.basis, it.basis)), "paper": it.basis_paper}
    if paper is not None:
        facts["file"] = paper.sha256
    return move(it, "publish", by=by, at=at, facts=facts, handed={"problems": problems})


TEXTS: Final = (
    "title", "category", "description", "unit", "quantity", "delivery_days", "price", "basis", "basis_amount", "basis_paper", "asset", "approval",
    "scope", "valid_until",
)  # fmt: skip


def withdraw_offer(it: UnitOffer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> UnitOffer:
    """The unit offers it no more; who waits for an answer has its money back. Refused: UNI-034 no reason."""
    return _stopped(it, "withdraw", reason, by, at, expected)


def halt_offer(it: UnitOffer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> UnitOffer:
    """The regulator stops an offer; who waits for an answer has its money back. Refused: UNI-034 no reason."""
    return _stopped(it, "halt", reason, by, at, expected)


# The buying unit


@transaction.atomic
def request_of_unit(
    offer: UnitOffer,
    *,
    quantity: str,
    quota_id: int,
    address_id: int,
    title_id: int,
    purpose: str,
    note: str = "",
    plan: str = "",
    by: Actor,
    at: datetime,
) -> UnitRequest:
    """Ask another unit for what it offers; the money is held until it answers.

    Refused: UNI-003, UNI-020 … UNI-026, ORD-022, ORD-023, ORD-025 the threshold without a plan, ORD-035 no such plan, BUD-001, BUD-002, PLN-040 … PLN-043.
    """
    held = UnitOffer.objects.select_for_update(of=("self",)).select_related("seller", "category").get(pk=offer.pk)
    terms = terms_of(quota_id=quota_id, address_id=address_id, title_id=title_id, purpose=purpose, note=note, plan=plan, by=by)
    buyer = Organisation.objects.select_related("region").get(pk=by.party)
    found = Plan.objects.filter(number=terms.plan, buyer=buyer).first() if terms.plan else None
    problems = [Problem(order_rules.PLAN_UNKNOWN, on="plan")] if terms.plan and found is None else []
    wanted = _whole(quantity, 1, QUANTITY_MOST, rules.QUANTITY_WRONG, "quantity", problems)
    amount = held.price * wanted
    ruling = _threshold(held, amount, buyer.region.path, found is not None, at)
    problems += _request_problems(held, buyer, wanted, amount, terms, by, at)
    if ruling.verdict == Verdict.REFUSED:
        problems.append(ruling.problem(on="plan"))
    it = UnitRequest(
        number=new_number("DS", at),
        region_path=buyer.region.path,
        offer=held,
        buyer=buyer,
        orderer_id=by.person,
        quantity=wanted,
        price=held.price,
        amount=amount,
        quota_id=quota_id,
        plan=found,
        terms=_kept(terms),
        rulings=[ruling.to_json()],
        requested_at=at,
        answer_until=rulebook.deadline("unit.answer_limit", start=at, region_path=held.region_path, on=local_day(at)),
    )
    facts = {"seller": held.seller.name_zh, "title": held.title, "quantity": wanted, "amount": amount}
    it = move(it, "request", by=by, at=at, facts=facts, handed={"problems": problems}, announces=_moved("request"))
    parts = awards.parts_of([_line(it)], mode=MODE, supplier_id=held.seller_id)
    awards.reserve(it.reference, buyer=buyer, quota_id=quota_id, plan=found, parts=parts, by=by, at=at)
    return it


def withdraw_request(it: UnitRequest, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> UnitRequest:
    """The buyer takes the request back before it is answered; its money is free. Refused: UNI-034 no reason."""
    return _freed(it, "withdraw", reason, by=by, at=at, expected=expected)


# The answer


@transaction.atomic
def confirm_request(it: UnitRequest, *, by: Actor, at: datetime, expected: int | None = None) -> UnitRequest:
    """The selling unit's lead confirms: an order is placed with the unit over the money that lay ready, and is taken at once.

    Refused: UNI-030 … UNI-033, BUD-001, PLN-040 … PLN-043 where the buyer's money is gone meanwhile.
    """
    offer = UnitOffer.objects.select_for_update(of=("self",)).get(pk=it.offer_id)
    held = _locked(it)
    standing = states.unit_offer.states[offer.state]
    problems = [] if offer.state in (states.OFFERED, states.ENDED) else [Problem(rules.STOPPED, {"state": standing})]
    number = ""
    if held.state == states.REQUESTED and not problems and states.seller_lead.allows(by, held) and at < held.answer_until:
        number = _order(held, by, at)
    change, facts = {"order_number": number}, {"order": number}
    told = _moved("confirm")
    return move(held, "confirm", by=by, at=at, change=change, facts=facts, handed={"problems": problems}, expected=expected, announces=told)


def refuse_request(it: UnitRequest, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> UnitRequest:
    """The selling unit's lead says no, and why; the buyer's money is free. Refused: UNI-034 no reason."""
    return _freed(it, "refuse", reason, by=by, at=at, expected=expected)


# The clock


def lapse_requests_due(at: datetime) -> int:
    """Requests that nobody answered lapse with their money free; returns how many."""
    done = 0
    for it in UnitRequest.objects.filter(state=states.REQUESTED, answer_until__lte=at).order_by("answer_until", "pk")[:DUE_A_ROUND]:
        try:
            _freed(it, "lapse", None, by=CLOCK, at=at)
        except Refused:  # somebody else moved it meanwhile
            continue
        done += 1
    return done


def end_offers_due(at: datetime) -> int:
    """Offers whose term is over end; what was asked for before is still answered. Returns how many."""
    done = 0
    for it in UnitOffer.objects.filter(state=states.OFFERED, valid_until__lte=at).order_by("valid_until", "pk")[:DUE_A_ROUND]:
        try:
            move(it, "end", by=CLOCK, at=at)
        except Refused:
            continue
        done += 1
    return done


# Behind the verbs


@transaction.atomic
def _stopped(it: UnitOffer, verb: str, reason: str, by: Actor, at: datetime, expected: int | None) -> UnitOffer:
    told = {"reason": reason.strip()[:TEXT_CHARS]}
    held = move(it, verb, by=by, at=at, change=told, facts=told, expected=expected)
    for request in UnitRequest.objects.filter(offer=held, state=states.REQUESTED).order_by("pk"):
        _freed(request, "give_back", told["reason"], by=CLOCK, at=at)
    return held


@transaction.atomic
def _freed(it: UnitRequest, verb: str, reason: str | None, *, by: Actor, at: datetime, expected: int | None = None) -> UnitRequest:
    """End the request without an order: the state first (it locks and asks), then the money."""
    told = {"reason": reason.strip()[:TEXT_CHARS]} if reason is not None else {}
    held = move(_locked(it), verb, by=by, at=at, change=told, facts=told, expected=expected, announces=_moved(verb))
    awards.free(held.reference, at=at)
    return held


def _order(it: UnitRequest, by: Actor, at: datetime) -> str:
    """The order with the unit as its seller, taken in the same breath: it was asked and said yes."""
    quota = Hold.objects.filter(reference=it.reference, state="held").values_list("quota_id", flat=True).first() or it.quota_id
    order = awards.order_from_award(
        mode=MODE,
        origin=it.number,
        reference=it.reference,
        buyer=it.buyer,
        supplier=it.offer.seller,
        orderer_id=it.orderer_id,
        lines=[_line(it)],
        terms=Terms(quota_id=quota, **it.terms),
        delivery_days=it.offer.delivery_days,
        rulings=[Ruling.from_json(told) for told in it.rulings],
        by=CLOCK,
        at=at,
    )
    orders.confirm(order, by=by, at=at)
    return order.number


def _line(it: UnitRequest) -> awards.AwardedLine:
    offer = it.offer
    told = {"价格依据": f"{_zh(rules.BASES[offer.basis])} {offer.basis_paper}"}
    if offer.approval:
        told["资产处置批复"] = offer.approval
    return awards.AwardedLine(
        category=offer.category, name=offer.title, unit=offer.unit, quantity=it.quantity, price=it.price, attributes=told
    )


def _offer_problems(it: UnitOffer, seller: Organisation) -> list[Problem]:
    found = []
    if not rules.TITLE_LEAST <= len(it.title) <= NAME_CHARS:
        found.append(Problem(rules.TITLE_MISSING, {"least": rules.TITLE_LEAST, "most": NAME_CHARS}, on="title"))
    if it.basis not in rules.BASES or not it.basis_paper:
        found.append(Problem(rules.BASIS_MISSING, on="basis" if it.basis not in rules.BASES else "basis_paper"))
    if not it.scope_path or not (seller.region.path + "/").startswith(it.scope_path + "/"):
        found.append(Problem(rules.SCOPE_WRONG, on="scope"))
    return found


def _judged(it: UnitOffer, at: datetime, problems: list[Problem]) -> list[Ruling]:
    """What the rulebook says of the price and of an asset; what it refuses joins the problems."""
    place: dict[str, Any] = {"region_path": it.region_path, "on": local_day(at)}
    over, asked = rulebook.rule("unit.price_over_basis", **place), rulebook.rule("unit.asset_approval", **place)
    most = rules.most_asked(it.basis_amount, over.share)
    told = {"price": it.price, "basis_amount": it.basis_amount, "paper": it.basis_paper, "most": most}
    said = [(judge(over, ok=it.price <= most, hard=True, reason=rules.ABOVE_BASIS, figures=told), "price")]
    if it.asset and asked.choice == NEEDED:
        ok = bool(it.approval)
        said.append((judge(asked, ok=ok, hard=True, reason=rules.APPROVAL_MISSING, figures={"approval": it.approval}), "approval"))
    problems += [ruling.problem(on=field) for ruling, field in said if ruling.verdict == Verdict.REFUSED]
    return [ruling for ruling, _field in said]


def _threshold(it: UnitOffer, amount: Decimal, region_path: str, planned: bool, at: datetime) -> Ruling:
    """From the procurement threshold on a purchase belongs to a plan, whoever sells."""
    kind = "services" if it.category.kind == "services" else "goods"
    rule = rulebook.rule("threshold.procurement", region_path=region_path, kind=kind, on=local_day(at))
    told = {"total": amount, "threshold": rule.yuan}
    with translation.override(RECORD_LANGUAGE):
        return judge(rule, ok=planned or amount < rule.yuan, hard=True, reason=order_rules.OVER_THRESHOLD, figures=told)


def _request_problems(
    it: UnitOffer, buyer: Organisation, wanted: int, amount: Decimal, terms: Terms, by: Actor, at: datetime
) -> list[Problem]:
    found = []
    if it.seller_id == buyer.pk:
        found.append(Problem(rules.OWN_UNIT))
    if it.state != states.OFFERED or at >= it.valid_until:
        state = states.ENDED if it.state == states.OFFERED else it.state
        found.append(Problem(rules.OUT_OF_TERM, {"state": states.unit_offer.states[state]}))
    if not (buyer.region.path + "/").startswith(it.scope_path + "/"):
        found.append(Problem(rules.OUT_OF_SCOPE))
    if wanted > (left := queries.left_of(it)):
        found.append(Problem(rules.NOT_ENOUGH, {"wanted": wanted, "left": left}, on="quantity"))
    asked = UnitRequest.objects.filter(offer=it, buyer=buyer, state=states.REQUESTED).values_list("number", flat=True).first()
    if asked:
        found.append(Problem(rules.ASKED_ALREADY, {"number": asked}))
    if amount > money.MOST:
        found.append(Problem(rules.AMOUNT_TOO_HIGH, {"most": money.MOST}, on="quantity"))
    limit = approval_limit(buyer, at=at)
    if amount > limit and not by.has("lead"):
        found.append(Problem(rules.NEEDS_LEAD, {"amount": amount, "limit": limit}))
    if len(terms.purpose) < REASON_CHARS_LEAST:
        found.append(Problem(rules.PURPOSE_SHORT, {"least": REASON_CHARS_LEAST}, on="purpose"))
    return found


def _term(text: str, region_path: str, at: datetime, problems: list[Problem]) -> datetime:
    """The end of the last day on which it may be asked for."""
    today = local_day(at)
    most = rulebook.rule("unit.term_most", region_path=region_path, on=today).n
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not 0 < (day - today).days <= most:
        problems.append(Problem(rules.TERM_WRONG, {"days": most}, on="valid_until"))
        return at
    return end_of_day(day)


def _whole(text: str, least: int, most: int, reason: Any, on: str, problems: list[Problem]) -> int:
    text = text.strip()
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not least <= count <= most:
        problems.append(Problem(reason, {"most": most}, on=on))
        return max(least, 1)
    return count


def _yuan(text: str, on: str, problems: list[Problem]) -> Decimal:
    try:
        amount = money.yuan(text)
    except money.NotMoney:
        amount = money.ZERO
    if amount <= 0:
        problems.append(Problem(rules.PRICE_WRONG, {"text": text}, on=on))
    return amount


def _kept(terms: Terms) -> dict[str, Any]:
    return {
        "delivery": dict(terms.delivery),
        "invoice_title": dict(terms.invoice_title),
        "purpose": terms.purpose,
        "note": terms.note,
        "plan": terms.plan,
    }


def _locked(it: UnitRequest) -> UnitRequest:
    rows = UnitRequest.objects.select_for_update(of=("self",))
    return rows.select_related("offer__seller", "offer__category", "buyer__region").get(pk=it.pk)


def _zh(text: Any) -> str:
    with translation.override(RECORD_LANGUAGE):
        return str(text)


def _moved(verb: str) -> Callable[[UnitRequest], list[Event]]:
    return lambda it: [
        UnitRequestMoved(
            number=it.number,
            verb=verb,
            offer=it.offer.number,
            title=it.offer.title,
            seller_id=it.seller_id,
            buyer_id=it.buyer_id,
            order=it.order_number,
            reason=it.reason,
            version=it.version,
        )
    ]
