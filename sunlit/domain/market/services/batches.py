"""Verbs of batch purchases until the bids are compared: opened, demanded, confirmed, put out to the parties, bid for; cancelled or voided."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import translation

from sunlit.domain.market.events import BatchMoved
from sunlit.domain.market.models import Batch, BatchBid, BatchDemand, Framework, FrameworkEntry, Package
from sunlit.domain.market.modes.supermarket import Terms, terms_of
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.queries import calloffs
from sunlit.domain.market.rules import batches as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules.orders import PLAN_UNKNOWN
from sunlit.domain.market.rules.workorders import BY_WORK_ORDER
from sunlit.domain.market.services import awards, stops
from sunlit.domain.market.services.awards import AwardedLine
from sunlit.domain.market.services.drafts import discard_draft
from sunlit.domain.market.states import batches as states
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Verdict
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import digest, move
from sunlit.foundation.outbox.events import Event, announce

MODE: Final = "batch"
RECORD_LANGUAGE: Final = "zh-hans"
NONCE_BYTES: Final = 16


# The solicitor


@transaction.atomic
def open_batch(package: Package, *, period: str, configuration: str = "", by: Actor, at: datetime) -> Batch:
    """Open a period of a package to the buyers of the region. `configuration` says what all order alike; empty, it is the package's requirement.

    Refused: BAT-001 not the solicitor, BAT-002 the agreement does not run, BAT-003, BAT-004, BAT-005 at their fields, BAT-006 too few parties, WKO-004 a designated service.
    """
    framework = Framework.objects.select_for_update(of=("self",)).get(pk=package.framework_id)
    package.framework = framework
    if by.organisation_id != framework.solicitor_id:
        raise Refused(Problem(rules.NOT_THE_SOLICITOR))
    parties, text = calloffs.parties_of(package), configuration.strip()[:TEXT_CHARS] or package.requirement
    least = rulebook.rule("batch.suppliers_least", region_path=framework.region_path, on=local_day(at)).n
    chosen = next((one for one in queries.coming_periods(framework.region_path, at=at) if one.code == period), None)
    taken = Batch.objects.filter(package=package, period=period, state__in=[*states.RUNNING, states.AWARDED]).first()
    problems = [] if framework.runs_at(at) else [Problem(rules.NOT_RUNNING, {"number": framework.number})]
    if package.service:
        problems.append(Problem(BY_WORK_ORDER))
    if framework.is_open_form:
        problems.append(Problem(open_rules.DIRECT_ONLY))
    if chosen is None:
        problems.append(Problem(rules.PERIOD_WRONG, on="period"))
    if taken is not None:
        problems.append(Problem(rules.PERIOD_TAKEN, {"period": period, "number": taken.number}, on="period"))
    if not text:
        problems.append(Problem(rules.CONFIGURATION_MISSING, on="configuration"))
    if len(parties) < least:
        problems.append(Problem(rules.FEW_PARTIES, {"count": len(parties), "least": least}))
    check(problems)
    assert chosen is not None
    it = Batch(
        number=new_number("PL", at), region_path=framework.region_path, package=package, solicitor_id=framework.solicitor_id, author_id=by.person,
        period=period, configuration=text, cap=max(party.price or money.ZERO for party in parties), least=least, until=chosen.demands_until,
        opened_at=at,
    )  # fmt: skip
    facts = {"period": period, "until": it.until, "framework": framework.number, "package": package.position, "cap": it.cap}
    return move(it, "open", by=by, at=at, facts=facts, announces=moved("open"))


@transaction.atomic
def publish_batch(it: Batch, *, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """Put what was pooled out to all parties of the agreement: the highest bid is each one's agreement price, and nobody's bid is seen before the deadline.

    Refused: BAT-002 the agreement does not run, BAT-006 too few parties, BAT-010 too late.
    """
    held = locked(it)
    framework, parties = held.package.framework, calloffs.parties_of(held.package)
    problems = [] if framework.runs_at(at) else [Problem(rules.NOT_RUNNING, {"number": framework.number})]
    if len(parties) < held.least:
        problems.append(Problem(rules.FEW_PARTIES, {"count": len(parties), "least": held.least}))
    until = rulebook.deadline("batch.bid_window", start=at, region_path=held.region_path, on=local_day(at))
    change = {"until": until, "invited": [party.pk for party in parties]}
    facts = {"count": len(parties), "until": until, "quantity": held.pooled}
    suppliers = [party.supplier_id for party in parties]
    return move(
        held, "publish", by=by, at=at, change=change, facts=facts, handed={"problems": problems}, expected=expected,
        announces=moved("publish", suppliers=suppliers),
    )  # fmt: skip


@transaction.atomic
def cancel_batch(it: Batch, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """Before the bids are compared the solicitor may call it off; every buyer's money is free. Refused: BAT-016 no reason, BAT-010 too late."""
    return _stopped(it, "cancel", "cancelled", reason, by, at, expected)


# The regulator


@transaction.atomic
def void_batch(it: Batch, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """The regulator ends it before orders were placed; every buyer's money is free. Refused: BAT-016 no reason."""
    return _stopped(it, "void", "voided", reason, by, at, expected)


def suspend_batch(it: Batch, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """The regulator stops it at the stage that it is in; all money goes on lying ready. Refused: STP-001, STP-003."""
    told = _concerned(it) | {"reason": reason.strip()[:TEXT_CHARS]}
    return stops.suspend(it, reason=reason, by=by, at=at, expected=expected, announces=moved("suspend", **told))


@transaction.atomic
def resume_batch(it: Batch, *, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """It goes on with the time that was left of its stage. Refused: STP-002."""
    return stops.resume(locked(it), by=by, at=at, expected=expected, announces=moved("resume", **_concerned(it)))


# The buyers


@transaction.atomic
def submit_demand(
    it: Batch,
    *,
    quantity: str,
    quota_id: int,
    address_id: int,
    title_id: int,
    plan: str = "",
    purpose: str = "",
    note: str = "",
    by: Actor,
    at: datetime,
) -> BatchDemand:
    """Say how much the own organisation needs; its money is held at the cap until the orders are placed. The organisation's lead confirms it.

    `plan` is the number of the plan whose money it takes; without one the ruling on the threshold, kept with the demand, says why none is needed.
    Refused: BAT-002 the agreement was voided, BAT-007 … BAT-009, BAT-019 the period is closed, CAL-006 it reaches the threshold, ORD-022, ORD-023,
    ORD-035 no such plan, BUD-001, BUD-002, BUD-016, PLN-040 … PLN-043.
    """
    held = locked(it)
    terms = terms_of(quota_id=quota_id, address_id=address_id, title_id=title_id, purpose=purpose, note=note, by=by)
    buyer = Organisation.objects.select_related("region").get(pk=by.party)
    known = held.demands.filter(buyer=buyer, state__in=[*states.OPEN_DEMANDS, states.ORDERED]).first()
    problems = _not_voided(held)
    count = _count(quantity, problems)
    if known is not None:
        problems.append(Problem(rules.DEMAND_TWICE, {"number": known.number}))
    if not (buyer.region.path + "/").startswith(held.region_path + "/"):
        problems.append(Problem(rules.OUTSIDE_REGION))
    planned = Plan.objects.filter(number=plan.strip().upper(), buyer=buyer).first() if plan.strip() else None
    if plan.strip() and planned is None:
        problems.append(Problem(PLAN_UNKNOWN, on="plan"))
    demand = BatchDemand(
        number=new_number("PX", at), region_path=buyer.region.path, batch=held, buyer=buyer, orderer_id=by.person, quantity=max(count, 1),
        plan=planned, quota_id=quota_id, terms=_kept(terms), submitted_at=at,
    )  # fmt: skip
    most = held.cap * demand.quantity
    if not problems:
        demand.rulings = _judged(held, demand, most, at)
    facts = {"quantity": demand.quantity, "batch": held.number, "held": most, **({"plan": planned.number} if planned else {})}
    demand = move(
        demand, "submit", by=by, at=at, facts=facts, handed={"problems": problems}, announces=lambda made: [_about(made, "submit")]
    )
    parts = awards.parts_of([awarded_line(held, None, held.cap, demand.quantity)], mode=MODE)
    awards.reserve(demand.reference, buyer=buyer, quota_id=quota_id, plan=planned, parts=parts, by=by, at=at)
    return demand


@transaction.atomic
def confirm_demand(it: BatchDemand, *, by: Actor, at: datetime, expected: int | None = None) -> BatchDemand:
    """The buyer's lead stands by it: only confirmed demands are pooled. Refused: BAT-019 the period is closed."""
    locked(it.batch)
    return move(it, "confirm", by=by, at=at, expected=expected)


@transaction.atomic
def withdraw_demand(it: BatchDemand, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> BatchDemand:
    """While the period runs the buyer may take it back, and submit another. Refused: BAT-016 no reason, BAT-019 the period is closed."""
    locked(it.batch)
    told = {"reason": reason.strip()[:TEXT_CHARS]}
    it = move(it, "withdraw", by=by, at=at, change=told, facts=told, expected=expected)
    awards.free(it.reference, at=at)
    return it


# The parties


@transaction.atomic
def bid_for_batch(it: Batch, *, price: str, note: str = "", by: Actor, at: datetime) -> Batch:
    """A party bids for all that was pooled, or bids anew. Nobody else sees it before the deadline; the record does not say who bid.

    Refused: BAT-002 the agreement was voided, BAT-010 too late, BAT-012 not a party, BAT-013 no amount, BAT-014 above its agreement's price.
    """
    held = locked(it)
    if not states.party.allows(by, held):
        raise Refused(Problem(rules.NOT_INVITED))
    check(_not_voided(held))
    entry = FrameworkEntry.objects.filter(pk__in=held.invited, supplier_id=by.organisation_id, state="signed").first()
    amount, said = _yuan(price), note.strip()[:TEXT_CHARS]
    nonce = secrets.token_hex(NONCE_BYTES)
    facts = {"commitment": digest([by.organisation_number, amount, said, nonce])}
    held = move(held, "bid", by=CLOCK, at=at, facts=facts, handed={"problems": _bid_problems(held, entry, amount, price)})
    told = {"price": amount, "note": said, "nonce": nonce, "at": at}
    BatchBid.objects.update_or_create(batch=held, entry=entry, defaults=told)
    discard_draft("batch", held.number, by=by)
    return held


# What the verbs after the deadline share


def locked(it: Batch) -> Batch:
    """The batch's row, always before its demands and their money: all verbs take their locks in this order."""
    rows = Batch.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("package__framework", "package__category", "solicitor", "entry__supplier").get(pk=it.pk)


def open_demands(it: Batch) -> list[BatchDemand]:
    """What still waits for an order, in the order in which their budgets are locked; the plans behind them are locked before any of these."""
    found = list(
        it.demands.select_related("buyer__region", "batch", "plan").filter(state__in=states.OPEN_DEMANDS).order_by("quota_id", "pk")
    )
    planning.lock_plans({demand.plan_id for demand in found if demand.plan_id is not None})
    return found


def come_to_nothing(it: Batch, verb: str, cause: str, *, demands: Sequence[BatchDemand], at: datetime, reason: str = "") -> Batch:
    """Every buyer that still waited has its money back and is told why; those who bid are told too."""
    for demand in demands:
        give_back(demand, cause, at=at, reason=reason)
    buyers = sorted({demand.buyer_id for demand in demands})
    announce(*moved(verb, buyers=buyers, suppliers=_bidders(it), cause=cause, reason=reason)(it))
    return it


def give_back(demand: BatchDemand, cause: str, *, at: datetime, reason: str = "") -> BatchDemand:
    """Nothing came of a demand: it says why, and its money is free."""
    change = {"cause": cause, "reason": reason}
    demand = move(demand, "give_back", by=CLOCK, at=at, change=change, facts={**change, "why": why(cause)}, within=True)
    awards.free(demand.reference, at=at)
    return demand


def failed(it: Batch, cause: str, *, at: datetime) -> Batch:
    """It came to nothing by itself."""
    demands = open_demands(it)
    it = move(
        it,
        "fail",
        by=CLOCK,
        at=at,
        change={"cause": cause},
        facts={"cause": cause, "why": why(cause)},
        handed={"over": cause == "agreement_ended"},
        within=True,
    )
    return come_to_nothing(it, "fail", cause, demands=demands, at=at)


def why(cause: str) -> str:
    """A cause in the language of the record."""
    with translation.override(RECORD_LANGUAGE):
        return translation.gettext(rules.CAUSES[cause])


def awarded_line(it: Batch, entry: FrameworkEntry | None, price: Decimal, quantity: int) -> AwardedLine:
    package = it.package
    name, brand, model = (entry.name, entry.brand, entry.model) if entry else (package.name, "", "")
    return AwardedLine(category=package.category, name=name, unit=package.unit, quantity=quantity, price=price, brand=brand, model=model)


def moved(
    verb: str, *, buyers: Sequence[int] = (), suppliers: Sequence[int] = (), cause: str = "", reason: str = ""
) -> Callable[[Batch], list[Event]]:
    return lambda it: [
        BatchMoved(
            number=it.number,
            title=str(it),
            verb=verb,
            state=it.state,
            version=it.version,
            solicitor_id=it.solicitor_id,
            region_path=it.region_path,
            buyers=list(buyers),
            suppliers=list(suppliers),
            until=it.until.isoformat(),
            cause=cause,
            reason=reason,
        )
    ]


# Behind the verbs


def _stopped(it: Batch, verb: str, cause: str, reason: str, by: Actor, at: datetime, expected: int | None) -> Batch:
    held, told = locked(it), reason.strip()[:TEXT_CHARS]
    demands = open_demands(held)
    held = move(held, verb, by=by, at=at, change={"cause": cause, "reason": told}, facts={"reason": told}, expected=expected)
    return come_to_nothing(held, verb, cause, demands=demands, at=at, reason=told)


def _about(it: BatchDemand, verb: str) -> Event:
    return moved(verb, buyers=[it.buyer_id])(it.batch)[0]


def _concerned(it: Batch) -> dict[str, Any]:
    """The buyers whose demands wait, and the parties that may bid."""
    buyers = it.demands.filter(state__in=states.OPEN_DEMANDS).values_list("buyer_id", flat=True)
    parties = FrameworkEntry.objects.filter(pk__in=it.invited).values_list("supplier_id", flat=True)
    return {"buyers": sorted(set(buyers)), "suppliers": sorted(set(parties))}


def _bidders(it: Batch) -> list[int]:
    return sorted(it.bids.values_list("entry__supplier_id", flat=True))


def _judged(it: Batch, demand: BatchDemand, most: Decimal, at: datetime) -> list[dict[str, Any]]:
    """The ruling on the size of one buyer's purchase, kept with it. Refused: CAL-006 it reaches the threshold."""
    with translation.override(RECORD_LANGUAGE):
        ruling = calloffs.threshold(it.package, most, region_path=demand.region_path, at=at)
    if ruling.verdict == Verdict.REFUSED:
        raise Refused(ruling.problem(on="quantity"))
    return [ruling.to_json()]


def _not_voided(it: Batch) -> list[Problem]:
    framework = it.package.framework
    return [Problem(rules.NOT_RUNNING, {"number": framework.number})] if framework.state == "voided" else []


def _bid_problems(it: Batch, entry: FrameworkEntry | None, amount: Decimal, text: str) -> list[Problem]:
    if entry is None or entry.price is None:
        return [Problem(rules.NOT_INVITED)]
    if amount <= 0:
        return [Problem(rules.PRICE_WRONG, {"text": text}, on="price")]
    most = min(entry.price, it.cap)
    return [Problem(rules.ABOVE_PRICE, {"price": amount, "most": most}, on="price")] if amount > most else []


def _kept(terms: Terms) -> dict[str, Any]:
    return {"delivery": dict(terms.delivery), "invoice_title": dict(terms.invoice_title), "purpose": terms.purpose, "note": terms.note}


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
