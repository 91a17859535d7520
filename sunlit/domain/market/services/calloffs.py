"""Verbs of buying under a framework agreement: select, invite bids, ask in turn, buy outside the list when it is cheaper and nobody matches."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from sunlit.domain.market.events import CallOffMoved
from sunlit.domain.market.models import CallOff, CallOffBid, Framework, FrameworkDealer, FrameworkEntry, Package
from sunlit.domain.market.modes.supermarket import Terms, terms_of
from sunlit.domain.market.queries import calloffs as queries
from sunlit.domain.market.queries import parties as parties_queries
from sunlit.domain.market.rules import calloffs as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules.orders import PLAN_UNKNOWN
from sunlit.domain.market.rules.workorders import BY_WORK_ORDER
from sunlit.domain.market.services import awards, stops
from sunlit.domain.market.services.drafts import discard_draft
from sunlit.domain.market.services.parties import dealer_named
from sunlit.domain.market.states import calloffs as states
from sunlit.domain.planning.models import Plan
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Ruling, Verdict
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import SHANGHAI, local_day
from sunlit.foundation.kernel.limits import QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import Case, digest, move
from sunlit.foundation.outbox.events import Event

MODE: Final = "framework"
RECORD_LANGUAGE: Final = "zh-hans"
DUE_A_ROUND: Final = 100
MONEY: Final = ("BUD-", "PLN-")  # refusals of the budget, and of the plan that the money lies ready for
NONCE_BYTES: Final = 16
TERMS: Final = {"bidding": "fw.second_bid_window", "rotation": "framework.rotation_answer", "outside": "framework.match_limit"}


@transaction.atomic
def call_off(
    package: Package,
    *,
    mode: str,
    quantity: str,
    quota_id: int,
    address_id: int,
    title_id: int,
    plan: str = "",
    purpose: str = "",
    note: str = "",
    reason: str = "",
    entry: str = "",
    dealer: str = "",
    outside: Mapping[str, str] | None = None,
    proof: File | None = None,
    by: Actor,
    at: datetime,
) -> CallOff:
    """Buy under a package. Direct selection places the order at once; in the other ways the money lies ready while the parties answer.

    `entry` is the number of the party selected; `outside` names the supplier (`supplier`, its number) and the `price` of the cheaper offer, with its
    `proof`; `dealer` is the number of who takes the order for the party selected; `plan` that of the plan whose money it takes, where there is one.
    Refused: CAL-001 … CAL-007, CAL-014 … CAL-016, CAL-020, ORD-022, ORD-023, ORD-035 no such plan at their fields, BUD-001 the money is short,
    PLN-040 … PLN-043, FWP-008 the dealer does not deliver there.
    """
    framework = Framework.objects.select_for_update(of=("self",)).get(pk=package.framework_id)
    planned = plan.strip().upper()
    terms = terms_of(quota_id=quota_id, address_id=address_id, title_id=title_id, purpose=purpose, note=note, plan=planned, by=by)
    parties = queries.parties_of(package)
    buyer = Organisation.objects.select_related("region").get(pk=by.party)
    problems = _common_problems(framework, package, mode, parties, buyer, at)
    count = _count(quantity, problems)
    if planned and not Plan.objects.filter(number=planned, buyer=buyer).exists():
        problems.append(Problem(PLAN_UNKNOWN, on="plan"))
    it = CallOff(
        number=new_number("KC", at), region_path=buyer.region.path, package=package, buyer=buyer, orderer_id=by.person, mode=mode,
        quantity=max(count, 1), quota_id=quota_id, terms=_kept(terms), invited=[party.pk for party in parties], begun_at=at,
    )  # fmt: skip
    check(problems)
    begin = {"direct": _select, "bidding": _invite, "rotation": _ask, "outside": _seek_match}[mode]
    return begin(
        it,
        parties,
        {"entry": entry, "dealer": dealer, "reason": reason.strip(), "outside": outside or {}, "proof": _own(proof, by)},
        by,
        at,
    )


@transaction.atomic
def bid(it: CallOff, *, price: str, dealer: str = "", by: Actor, at: datetime) -> CallOff:
    """A party bids, or bids anew, below its agreement's price (outside the list: at most the price to match). Nobody else sees it until the deadline.

    Refused: CAL-001 the agreement was voided, CAL-008 above its price, CAL-009 no amount, CAL-010 too late, CAL-012 not asked, CAL-017 no match,
    CAL-020 no dealer of its, FWP-008 it does not deliver there.
    """
    held = _locked(it)
    _not_voided(held)
    entry = FrameworkEntry.objects.filter(pk__in=held.invited, supplier_id=by.organisation_id, state="signed").first()
    amount = _yuan(price)
    problems = list(_bid_problems(held, entry, amount, price))
    delivers, wrong = dealer_named(entry, dealer, to=held.terms["delivery"])
    problems += wrong
    if not states.party.allows(by, held):
        raise Refused(Problem(rules.NOT_INVITED))
    nonce = secrets.token_hex(NONCE_BYTES)
    facts = {"commitment": digest([by.organisation_number, amount, nonce])}
    held = move(held, "bid", by=CLOCK, at=at, facts=facts, handed={"problems": problems})  # the record does not say who bid
    CallOffBid.objects.update_or_create(calloff=held, entry=entry, defaults={"price": amount, "dealer": delivers, "nonce": nonce, "at": at})
    discard_draft("calloff", held.number, by=by)
    return held


@transaction.atomic
def settle(it: CallOff, *, by: Actor, at: datetime) -> CallOff:
    """The time is over: the lowest bid wins, of equals the earlier; where nobody matched, the offer from outside, if its supplier may still deliver;
    else it came to nothing.

    Refused: CAL-011 the time still runs.
    """
    held = _locked(it)
    check(rules.time_is_over(Case(held, CLOCK, at, {})))
    parties = {entry.pk: entry for entry in queries.parties_of(held.package)}
    if held.package.framework.state == "voided":
        return _failed(held, by, at)
    bids = [rules.Bid(one.entry_id, one.price, (one.at, one.pk)) for one in held.bids.all() if one.entry_id in parties]
    won = rules.lowest(bids)
    if won is not None:
        entry = parties[won.entry]
        assert entry.price is not None
        named = held.bids.get(entry=entry).dealer_id
        delivers = next((one for one in parties_queries.who_delivers([entry]) if one.pk == named), None)  # else the party itself
        return _awarded(held, entry, entry.supplier, min(won.price, entry.price), by, at, delivers)
    if held.outside_supplier is not None and held.outside_price is not None and registry.standing(held.outside_supplier.pk) == "active":
        return _awarded(held, None, held.outside_supplier, held.outside_price, by, at)
    return _failed(held, by, at)


@transaction.atomic
def accept_turn(it: CallOff, *, dealer: str = "", by: Actor, at: datetime) -> CallOff:
    """The supplier whose turn it is takes the order at its agreement's price.

    Refused: CAL-001 the agreement was voided, CAL-010 too late, CAL-012 not its turn, or it is no party any more, CAL-020 and FWP-008 the dealer.
    """
    held = _locked(it)
    check(rules.is_in_time(Case(held, by, at, {})))
    _not_voided(held)
    entry = next((one for one in queries.parties_of(held.package) if one.pk == held.entry_id), None)
    if entry is None or entry.supplier_id != by.organisation_id or entry.price is None:
        raise Refused(Problem(rules.NOT_INVITED))
    delivers, wrong = dealer_named(entry, dealer, to=held.terms["delivery"])
    check(wrong)
    return _awarded(held, entry, entry.supplier, entry.price, by, at, delivers)


@transaction.atomic
def refuse_turn(it: CallOff, *, ground: str, note: str, by: Actor, at: datetime) -> CallOff:
    """The supplier whose turn it is refuses it for a lawful reason; the next one is asked. Refused: CAL-013 no lawful reason, CAL-010 too late."""
    held = _locked(it)
    said = {"ground": ground, "note": note.strip()[:TEXT_CHARS]}
    check([*rules.is_in_time(Case(held, by, at, {})), *rules.ground_is_lawful(Case(held, by, at, said))])
    return _passed_on(held, said, by, at)


@transaction.atomic
def withdraw_calloff(it: CallOff, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> CallOff:
    """Before the deadline the buyer may take it back; its money is free. Refused: CAL-018 no reason, CAL-010 too late."""
    told = {"reason": reason.strip()}
    it = move(it, "withdraw", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("withdraw"))
    awards.free(it.reference, at=at)
    return it


def suspend_calloff(it: CallOff, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> CallOff:
    """The regulator stops it: no bid or answer comes in, none is compared, and the money goes on lying ready. Refused: STP-001, STP-003."""
    return stops.suspend(it, reason=reason, by=by, at=at, expected=expected, announces=_moved("suspend"))


@transaction.atomic
def resume_calloff(it: CallOff, *, by: Actor, at: datetime, expected: int | None = None) -> CallOff:
    """It goes on with the time that was left. Refused: STP-002."""
    return stops.resume(_locked(it), by=by, at=at, expected=expected, announces=_moved("resume"))


@transaction.atomic
def void_calloff(it: CallOff, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> CallOff:
    """The regulator ends it for good: no order comes of it, no bid is read, and the money is free. Refused: STP-003 no reason."""
    told = reason.strip()[:TEXT_CHARS]
    change = {"stop_reason": told, "suspended_at": None}
    it = move(it, "void", by=by, at=at, change=change, facts={"reason": told}, expected=expected, announces=_moved("void"))
    awards.free(it.reference, at=at)
    return it


def settle_due(at: datetime) -> int:
    """Bids whose time is over are compared, turns that nobody answered or whose party left pass on, and what a voided agreement
    carried comes to nothing; returns how many.
    """
    done = 0
    left = Q(state="offered") & ~Q(entry__state="signed")
    due = Q(answer_until__lte=at) | Q(package__framework__state="voided") | left
    goes_on = Q(suspended_at=None) | Q(package__framework__state="voided")
    for it in CallOff.objects.filter(due, goes_on, state__in=states.LIVE).order_by("answer_until", "pk")[:DUE_A_ROUND]:
        try:
            _settled_by_the_clock(it, at)
        except Refused:  # somebody else moved it meanwhile
            continue
        done += 1
    return done


# Behind the verbs


def _select(it: CallOff, parties: Sequence[FrameworkEntry], told: Mapping[str, Any], by: Actor, at: datetime) -> CallOff:
    entry = next((party for party in parties if party.number == told["entry"]), None)
    problems = [] if entry else [Problem(rules.CHOOSE_PARTY, on="entry")]
    if len(told["reason"]) < rules.REASON_LEAST:
        problems.append(Problem(rules.REASON_SHORT, {"least": rules.REASON_LEAST}, on="reason"))
    it.dealer, wrong = dealer_named(entry, told["dealer"], to=it.terms["delivery"])
    check([*problems, *wrong])
    assert entry is not None
    assert entry.price is not None
    it.rulings, it.entry, it.price, it.reason = _judged(it, entry.price, at), entry, entry.price, told["reason"]
    order = _order(it, entry, it.dealer.dealer if it.dealer else entry.supplier, entry.price, by, at)
    it.order_number = order.number
    facts = {
        "supplier": entry.supplier.name_zh, "framework": it.package.framework.number, "total": order.total, "reason": it.reason, "order": order.number,
    }  # fmt: skip
    return move(it, "select", by=by, at=at, facts=facts, announces=_moved("select"))


def _invite(it: CallOff, parties: Sequence[FrameworkEntry], told: Mapping[str, Any], by: Actor, at: datetime) -> CallOff:
    return _opened(it, "invite", max(party.price or money.ZERO for party in parties), by, at)


def _ask(it: CallOff, parties: Sequence[FrameworkEntry], told: Mapping[str, Any], by: Actor, at: datetime) -> CallOff:
    it.entry = queries.turn_of(it.package, parties)
    return _opened(it, "ask", max(party.price or money.ZERO for party in parties), by, at)


def _seek_match(it: CallOff, parties: Sequence[FrameworkEntry], told: Mapping[str, Any], by: Actor, at: datetime) -> CallOff:
    """The same goods are cheaper outside the list: the parties are asked whether they match before anything is bought there."""
    number, price = told["outside"].get("supplier", "").strip().upper(), _yuan(told["outside"].get("price", ""))
    least = min(party.price or money.ZERO for party in parties)
    supplier = Organisation.objects.filter(number=number, kind="supplier").exclude(pk__in=[party.supplier_id for party in parties]).first()
    problems = []
    if supplier is None or registry.standing(supplier.pk) != "active":
        problems.append(Problem(rules.OUTSIDE_UNKNOWN, {"number": number}, on="outside_supplier"))
    if price <= 0:
        problems.append(Problem(rules.PRICE_WRONG, {"text": told["outside"].get("price", "")}, on="outside_price"))
    elif price >= least:
        problems.append(Problem(rules.NOT_CHEAPER, {"price": price, "least": least}, on="outside_price"))
    if told["proof"] is None:
        problems.append(Problem(rules.PROOF_MISSING, on="proof"))
    check(problems)
    it.outside_supplier, it.outside_price, it.proof, it.reason = supplier, price, told["proof"], told["reason"][:TEXT_CHARS]
    return _opened(it, "invite", price, by, at)


def _opened(it: CallOff, verb: str, cap: Decimal, by: Actor, at: datetime) -> CallOff:
    """Lay the money ready at the highest price it can come to, and give the parties their time."""
    it.rulings = _judged(it, cap, at)
    it.answer_until = rulebook.deadline(TERMS[it.mode], start=at, region_path=it.region_path, on=local_day(at))
    until = f"{it.answer_until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    facts = {"framework": it.package.framework.number, "count": len(it.invited), "until": until, "mode": it.mode}
    parts = awards.parts_of([_line(it, None, cap)], mode=MODE)
    it = move(it, verb, by=by, at=at, facts=facts, announces=_moved(verb))
    plan = Plan.objects.filter(number=it.terms.get("plan", ""), buyer=it.buyer).first()
    awards.reserve(it.reference, buyer=it.buyer, quota_id=it.quota_id, plan=plan, parts=parts, by=by, at=at)
    return it


def _awarded(
    it: CallOff,
    entry: FrameworkEntry | None,
    supplier: Organisation,
    price: Decimal,
    by: Actor,
    at: datetime,
    dealer: FrameworkDealer | None = None,
) -> CallOff:
    """The order, with the winner or with the dealer that takes it for the winner."""
    order = _order(it, entry, dealer.dealer if dealer else supplier, price, by, at)
    change = {"entry": entry, "dealer": dealer, "price": price, "order_number": order.number}
    facts = {"supplier": supplier.name_zh, "total": order.total, "order": order.number}
    return move(it, "award", by=by, at=at, change=change, facts=facts, announces=_moved("award"))


def _failed(it: CallOff, by: Actor, at: datetime) -> CallOff:
    over = it.package.framework.state == "voided"
    it = move(it, "fail", by=by, at=at, handed={"over": over}, announces=_moved("fail"))
    awards.free(it.reference, at=at)
    return it


def _passed_on(it: CallOff, said: Mapping[str, str], by: Actor, at: datetime) -> CallOff:
    """The next in turn has the whole time again; where everybody was asked, it came to nothing."""
    Framework.objects.select_for_update(of=("self",)).get(pk=it.package.framework_id)
    assert it.entry is not None
    passed = [*it.passed, it.entry.pk]
    asked = [party for party in queries.parties_of(it.package) if party.pk in it.invited]
    following = queries.turn_of(it.package, asked, passed)
    with translation.override(RECORD_LANGUAGE):
        ground = str(rules.GROUNDS.get(said["ground"], rules.SILENT if it.entry.state == "signed" else rules.GONE))
    facts = {"ground": ground, "note": said["note"], "supplier": it.entry.supplier.name_zh}
    if following is None:
        it = move(it, "pass_on", by=by, at=at, change={"passed": passed}, facts=facts)
        return _failed(it, by if by.kind == "clock" else CLOCK, at)
    until = rulebook.deadline(TERMS["rotation"], start=at, region_path=it.region_path, on=local_day(at))
    change = {"passed": passed, "entry": following, "answer_until": until}
    return move(it, "pass_on", by=by, at=at, change=change, facts=facts, announces=_moved("pass_on"))


@transaction.atomic
def _settled_by_the_clock(it: CallOff, at: datetime) -> None:
    held = _locked(it)
    if held.package.framework.state == "voided" and held.state in ("bidding", "offered"):
        _failed(held, CLOCK, at)
        return
    if it.mode == "rotation":
        if held.entry is None or held.entry.state == "signed":
            check(rules.time_is_over(Case(held, CLOCK, at, {})))
        _passed_on(held, {"ground": "", "note": ""}, CLOCK, at)
        return
    try:
        with transaction.atomic():
            settle(it, by=CLOCK, at=at)
    except Refused as refused:
        if not any(problem.code.startswith(MONEY) for problem in refused.problems):
            raise
        _failed(_locked(it), CLOCK, at)  # the budget or the plan closed meanwhile: nothing can be ordered from it


def _order(it: CallOff, entry: FrameworkEntry | None, supplier: Organisation, price: Decimal, by: Actor, at: datetime) -> Any:
    """The order at the price that was won. Where a supplier's answer or the clock decided, the clock places what the buyer called off."""
    days = rulebook.rule("order.delivery_limit", region_path=it.region_path, on=local_day(at)).n
    terms = Terms(quota_id=it.quota_id, **it.terms)
    return awards.order_from_award(
        mode=MODE,
        origin=it.number,
        reference=it.reference if it.mode != "direct" else "",
        buyer=it.buyer,
        supplier=supplier,
        orderer_id=it.orderer_id,
        lines=[_line(it, entry, price)],
        terms=terms,
        delivery_days=days,
        rulings=[Ruling.from_json(told) for told in it.rulings],
        by=by if by.kind == "buyer" else CLOCK,
        at=at,
    )


def _line(it: CallOff, entry: FrameworkEntry | None, price: Decimal) -> awards.AwardedLine:
    package = it.package
    name = entry.name if entry else package.name
    brand, model = (entry.brand, entry.model) if entry else ("", "")
    return awards.AwardedLine(
        category=package.category, name=name, unit=package.unit, quantity=it.quantity, price=price, brand=brand, model=model
    )


def _judged(it: CallOff, price: Decimal, at: datetime) -> list[dict[str, Any]]:
    """The ruling on the size of the purchase, kept with it. Refused: CAL-006 it reaches the threshold."""
    with translation.override(RECORD_LANGUAGE):
        ruling = queries.threshold(it.package, price * it.quantity, region_path=it.region_path, at=at)
    if ruling.verdict == Verdict.REFUSED:
        raise Refused(ruling.problem(on="quantity"))
    return [ruling.to_json()]


def _common_problems(
    framework: Framework, package: Package, mode: str, parties: Sequence[FrameworkEntry], buyer: Organisation, at: datetime
) -> list[Problem]:
    within = (buyer.region.path + "/").startswith(framework.region_path + "/")
    found = [] if framework.runs_at(at) and within else [Problem(rules.NOT_RUNNING, {"number": framework.number})]
    if package.service:
        found.append(Problem(BY_WORK_ORDER))
    if mode not in rules.MODES or (mode != "outside" and mode not in framework.second_stage):
        found.append(Problem(rules.MODE_NOT_AGREED, on="mode"))
    if mode == "outside" and framework.is_open_form:
        found.append(Problem(open_rules.NO_OUTSIDE, on="mode"))
    if not parties:
        found.append(Problem(rules.NO_PARTY))
    return found


def _bid_problems(it: CallOff, entry: FrameworkEntry | None, amount: Decimal, text: str) -> list[Problem]:
    if entry is None or entry.price is None:
        return [Problem(rules.NOT_INVITED)]
    if amount <= 0:
        return [Problem(rules.PRICE_WRONG, {"text": text}, on="price")]
    if it.outside_price is not None and amount > it.outside_price:
        return [Problem(rules.NOT_MATCHED, {"price": amount, "most": it.outside_price}, on="price")]
    return [Problem(rules.ABOVE_PRICE, {"price": amount, "most": entry.price}, on="price")] if amount > entry.price else []


def _not_voided(it: CallOff) -> None:
    framework = it.package.framework
    if framework.state == "voided":
        raise Refused(Problem(rules.NOT_RUNNING, {"number": framework.number}))


def _locked(it: CallOff) -> CallOff:
    rows = CallOff.objects.select_for_update(of=("self",))
    return rows.select_related("package__framework", "package__category", "buyer__region", "entry__supplier", "outside_supplier").get(
        pk=it.pk
    )


def _kept(terms: Terms) -> dict[str, Any]:
    told = {"delivery": dict(terms.delivery), "invoice_title": dict(terms.invoice_title), "purpose": terms.purpose, "note": terms.note}
    return {**told, "plan": terms.plan} if terms.plan else told


def _count(text: str, problems: list[Problem]) -> int:
    text = text.strip()
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= count <= QUANTITY_MOST:
        problems.append(Problem(rules.QUANTITY_WRONG, {"most": QUANTITY_MOST}, on="quantity"))
    return count


def _yuan(text: str) -> Decimal:
    try:
        return money.yuan(text)
    except money.NotMoney:
        return money.ZERO


def _own(proof: File | None, by: Actor) -> File | None:
    return proof if proof is not None and proof.owner_id == by.organisation_id else None


def _moved(verb: str) -> Callable[[CallOff], list[Event]]:
    return lambda it: [
        CallOffMoved(number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id, orderer_id=it.orderer_id, version=it.version)
    ]
