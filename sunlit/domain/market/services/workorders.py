"""Verbs of designated services: ask, quote by the rate sheet, approve, ask for more, report with evidence, settle into an order; and every way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import translation

from sunlit.domain.market.events import WorkOrderMoved
from sunlit.domain.market.models import Framework, FrameworkEntry, Package, ServiceObject, WorkLine, WorkOrder, WorkPaper
from sunlit.domain.market.modes.supermarket import Terms, terms_of
from sunlit.domain.market.queries import calloffs
from sunlit.domain.market.queries import workorders as queries
from sunlit.domain.market.queries.rulings import approval_limit
from sunlit.domain.market.rules import calloffs as agreed
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.rules.orders import PLAN_UNKNOWN
from sunlit.domain.market.services import awards, stops
from sunlit.domain.market.states import workorders as states
from sunlit.domain.planning import queries as plans
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import Hold, Plan
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Ruling, Verdict
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import Case, digest, move
from sunlit.foundation.outbox.events import Event

MODE: Final = "service"
RECORD_LANGUAGE: Final = "zh-hans"
DUE_A_ROUND: Final = 100
DONE_UNIT: Final = "项"  # a settled line of an order: what was done, as a whole

Rows = Sequence[
    Mapping[str, str]
]  # {row, item, quantity, rate, base, basis}: what a form says of one line; `row` ends the names of its fields


# The request


@transaction.atomic
def ask_service(
    package: Package,
    *,
    mode: str,
    target: str,
    need: str,
    quota_id: int,
    address_id: int,
    title_id: int,
    plan: str = "",
    purpose: str = "",
    note: str = "",
    reason: str = "",
    entry: str = "",
    by: Actor,
    at: datetime,
) -> WorkOrder:
    """Ask a party of the agreement, chosen with a reason or in turn, to quote for a service. Nothing is held before a quote is approved.

    `target` names what is served (a plate, a building …); `plan` is the number of the plan whose money an approval takes, where there is one.
    Refused: CAL-001, CAL-003, CAL-005, CAL-007, WKO-010 … WKO-012, ORD-022, ORD-023, ORD-035 no such plan, PLN-040, PLN-042, PLN-043 it does not pay.
    """
    framework = Framework.objects.select_for_update(of=("self",)).get(pk=package.framework_id)  # turns are given one after the other
    terms = terms_of(quota_id=quota_id, address_id=address_id, title_id=title_id, purpose=purpose, note=note, by=by)
    buyer = Organisation.objects.select_related("region").get(pk=by.party)
    parties = queries.parties_of(package)
    planned = Plan.objects.filter(number=plan.strip().upper(), buyer=buyer).first() if plan.strip() else None
    unknown = [Problem(PLAN_UNKNOWN, on="plan")] if plan.strip() and planned is None else []
    check([*_not_to_be_had(framework, package, buyer, parties, mode, at), *_said(target, need), *unknown])
    if planned is not None:
        planning.check_plan_pays(planned.number, quota_id=quota_id, categories=[package.category.code], buyer_id=buyer.pk)
    asked = _asked(package, parties, mode=mode, entry=entry, reason=reason)
    until = rulebook.deadline("service.answer_limit", start=at, region_path=buyer.region.path, on=local_day(at))
    it = WorkOrder(
        number=new_number("GD", at), region_path=buyer.region.path, package=package, buyer=buyer, orderer_id=by.person, mode=mode,
        target=_object(package, buyer, target, at), year=local_day(at).year, need=need.strip(), plan=planned, quota_id=quota_id, terms=_kept(terms),
        reason=reason.strip(), entry=asked, answer_until=until,
    )  # fmt: skip
    facts = {
        "supplier": asked.supplier.name_zh, "target": it.target.name, "framework": framework.number, "mode": mode,
        "reason": it.reason or _zh(rules.MODES["rotation"]), **({"plan": planned.number} if planned else {}),
    }  # fmt: skip
    return move(it, "request", by=by, at=at, facts=facts, announces=_moved("request"))


# The supplier's answer


@transaction.atomic
def quote_work(it: WorkOrder, rows: Rows, *, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """Quote by the rate sheet, or anew as long as nobody approved it. A rate that is left empty is the agreement's.

    Refused: WKO-020 … WKO-026 at their fields, WKO-027 too late.
    """
    held = _locked(it)
    lines, problems = _priced(held, rows)
    total = sum((line.amount for line in lines), money.ZERO)
    facts = {"total": total, "edition": held.edition + 1, "lines": _digest(lines)}
    change = {"edition": held.edition + 1}
    held = move(
        held, "quote", by=by, at=at, change=change, facts=facts, handed={"problems": problems}, expected=expected, announces=_moved("quote")
    )
    _write(held, lines)
    return held


@transaction.atomic
def decline_work(it: WorkOrder, *, ground: str, note: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The supplier declines for a lawful reason, even after the approval; in turn, the next one is asked. Refused: CAL-013 no lawful reason."""
    held = _locked(it)
    said = {"ground": ground, "note": note.strip()[:TEXT_CHARS]}
    problems = list(agreed.ground_is_lawful(Case(held, by, at, said)))
    if held.mode == "rotation" and held.state == states.REQUESTED and not problems:
        return _passed_on(held, said, by, at, expected)
    reference, holding = held.reference, held.state in states.HOLDING
    facts = {"ground": _ground(ground), "note": said["note"]}
    held = move(
        held, "decline", by=by, at=at, change={"reason": said["note"]}, facts=facts, handed={"problems": problems}, expected=expected,
        announces=_moved("decline", said["note"]),
    )  # fmt: skip
    if holding:
        awards.free(reference, at=at)
    return held


# The buyer's decision


@transaction.atomic
def send_back_quote(it: WorkOrder, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The buyer wants another quote; the supplier has its whole time again. Refused: WKO-045 no reason."""
    until = rulebook.deadline("service.answer_limit", start=at, region_path=it.region_path, on=local_day(at))
    return _reasoned(it, "send_back", reason, by=by, at=at, expected=expected, change={"answer_until": until})


@transaction.atomic
def approve_work(it: WorkOrder, *, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The quote is approved and its amount held, from what lies for its plan where it has one.

    Refused: WKO-030 not by whoever asked, WKO-031 not without the lead, WKO-032 over the cap of the object, WKO-033 rates fell, CAL-001 the agreement
    does not run, CAL-006 the procurement threshold, BUD-001 the money is short, PLN-040 the plan is over, PLN-041 too little is left of it.
    """
    held = _locked(it)
    lines = queries.lines_of(held, held.edition)
    problems = [*_still_agreed(held, lines, at)]
    return _approved(held, "approve", lines, problems, by=by, at=at, expected=expected)


@transaction.atomic
def cancel_work(it: WorkOrder, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """Before it is reported done the buyer may cancel; its money lies for its plan again, or is free. Refused: WKO-045 no reason."""
    held = _locked(it)
    reference, holding = held.reference, held.state in states.HOLDING
    held = _reasoned(held, "cancel", reason, by=by, at=at, expected=expected)
    if holding:
        awards.free(reference, at=at)
    return held


# More than was approved


@transaction.atomic
def ask_supplement(it: WorkOrder, rows: Rows, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """More is needed than was approved: all lines anew, with the reason. Refused: WKO-020 … WKO-026, WKO-043 it is not more, WKO-045 no reason."""
    held = _locked(it)
    lines, problems = _priced(held, rows)
    total = sum((line.amount for line in lines), money.ZERO)
    if held.amount is not None and total <= held.amount:
        problems.append(Problem(rules.NO_SUPPLEMENT, {"amount": total, "approved": held.amount}))
    told = reason.strip()[:TEXT_CHARS]
    facts = {"total": total, "edition": held.edition + 1, "lines": _digest(lines), "reason": told}
    change = {"edition": held.edition + 1, "supplement": told}
    held = move(
        held, "ask_supplement", by=by, at=at, change=change, facts=facts, handed={"problems": problems}, expected=expected,
        announces=_moved("ask_supplement", told),
    )  # fmt: skip
    _write(held, lines)
    return held


@transaction.atomic
def approve_supplement(it: WorkOrder, *, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The greater amount is approved and held in place of the former. Refused as the approval is."""
    held = _locked(it)
    lines = queries.lines_of(held, held.edition)
    return _approved(held, "approve_supplement", lines, list(_above_agreed(held, lines)), by=by, at=at, expected=expected)


@transaction.atomic
def refuse_supplement(it: WorkOrder, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """What was approved stands; the work is done within it, or cancelled, or declined. Refused: WKO-045 no reason."""
    return _reasoned(it, "refuse_supplement", reason, by=by, at=at, expected=expected)


# Execution and settlement


@transaction.atomic
def report_work(
    it: WorkOrder,
    quantities: Mapping[int, str],
    *,
    done: str,
    reading: str,
    papers: Sequence[File],
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> WorkOrder:
    """What was really done: the quantity of each approved line by its position, at its approved rate, from what it was read, and the papers.

    Refused: WKO-020, WKO-021 at their fields, WKO-026 nothing was done, WKO-040 more than approved, WKO-041, WKO-042, WKO-044 the evidence is short.
    """
    held = _locked(it)
    lines, problems = _measured(held, quantities)
    total = sum((line.amount for line in lines), money.ZERO)
    if held.amount is not None and total > held.amount:
        problems.append(Problem(rules.OVER_APPROVED, {"amount": total, "approved": held.amount}))
    kept = [file for file in papers if file.owner_id == by.organisation_id]
    problems += _evidence_problems(done, reading, kept)
    told = {"done": done.strip()[:TEXT_CHARS], "reading": reading.strip()[:NAME_CHARS]}
    facts = {"total": total, "reading": told["reading"], "lines": _digest(lines), "papers": [file.sha256 for file in kept]}
    until = rulebook.deadline("service.settle_limit", start=at, region_path=held.region_path, on=local_day(at))
    change = {**told, "edition": held.edition + 1, "settle_until": until}
    held = move(
        held,
        "report",
        by=by,
        at=at,
        change=change,
        facts=facts,
        handed={"problems": problems},
        expected=expected,
        announces=_moved("report"),
    )
    _write(held, lines)
    WorkPaper.objects.bulk_create(WorkPaper(work_order=held, edition=held.edition, file=file) for file in kept)
    return held


@transaction.atomic
def return_report(it: WorkOrder, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The buyer does not recognise the report: the supplier reports anew. Refused: WKO-045 no reason."""
    return _reasoned(it, "return_report", reason, by=by, at=at, expected=expected, change={"settle_until": None})


@transaction.atomic
def settle_work(it: WorkOrder, *, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """What was done becomes an order over its amount, to be accepted, invoiced, paid and rated as every other; the rest of the money lies
    for its plan again, or is free.

    Refused: LIF-001 it is not reported, BUD-… and PLN-… as every hold is.
    """
    held = _locked(it)
    lines = queries.lines_of(held, held.edition)
    total = sum((line.amount for line in lines), money.ZERO)
    over = held.amount is not None and total > held.amount
    problems = [Problem(rules.OVER_APPROVED, {"amount": total, "approved": held.amount})] if over else []
    number = "" if problems or held.state != states.EXECUTED else _order(held, lines, by, at)
    change = {"settled": total, "order_number": number}
    facts = {"total": total, "order": number}
    return move(
        held,
        "settle",
        by=by,
        at=at,
        change=change,
        facts=facts,
        handed={"problems": problems},
        expected=expected,
        announces=_moved("settle"),
    )


# The regulator


def suspend_work(it: WorkOrder, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The regulator stops it where it is; what was approved goes on lying ready. Refused: STP-001, STP-003."""
    return stops.suspend(it, reason=reason, by=by, at=at, expected=expected, announces=_moved("suspend", reason.strip()[:TEXT_CHARS]))


@transaction.atomic
def resume_work(it: WorkOrder, *, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """It goes on with the time that was left. Refused: STP-002."""
    return stops.resume(_locked(it), by=by, at=at, expected=expected, announces=_moved("resume"))


@transaction.atomic
def void_work(it: WorkOrder, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The regulator ends it before anything was reported done: nothing is owed, and the approved amount is free. Refused: STP-003 no reason."""
    held, told = _locked(it), reason.strip()[:TEXT_CHARS]
    laid_ready = held.reference if held.state in states.HOLDING else ""
    change = {"stop_reason": told, "suspended_at": None}
    held = move(held, "void", by=by, at=at, change=change, facts={"reason": told}, expected=expected, announces=_moved("void", told))
    if laid_ready:
        awards.free(laid_ready, at=at)
    return held


# The clock


def lapse_work_due(at: datetime) -> int:
    """Requests that nobody answered lapse; in turn, the next one is asked. Returns how many."""
    done = 0
    for it in WorkOrder.objects.filter(state=states.REQUESTED, answer_until__lte=at, suspended_at=None).order_by("answer_until", "pk")[
        :DUE_A_ROUND
    ]:
        try:
            _lapsed(it, at)
        except Refused:  # somebody else moved it meanwhile
            continue
        done += 1
    return done


@transaction.atomic
def _lapsed(it: WorkOrder, at: datetime) -> WorkOrder:
    held = _locked(it)
    check(rules.time_is_over(Case(held, CLOCK, at, {})))
    if held.mode == "rotation" and held.state == states.REQUESTED:
        return _passed_on(held, {"ground": "", "note": ""}, CLOCK, at)
    return move(held, "lapse", by=CLOCK, at=at, announces=_moved("lapse"))


def _passed_on(it: WorkOrder, said: Mapping[str, str], by: Actor, at: datetime, expected: int | None = None) -> WorkOrder:
    """The next in turn has the whole time; where everybody was asked, it ends."""
    Framework.objects.select_for_update(of=("self",)).get(pk=it.package.framework_id)
    passed = [*it.passed, it.entry_id]
    following = queries.turn_of(it.package, queries.parties_of(it.package), passed)
    told = {"ground": _ground(said["ground"]), "note": said["note"], "supplier": it.entry.supplier.name_zh}
    if following is None:
        verb = "lapse" if by.kind == "clock" else "decline"
        told_of = {"passed": passed, "reason": said["note"]}
        return move(it, verb, by=by, at=at, change=told_of, facts=told, expected=expected, announces=_moved(verb, said["note"]))
    until = rulebook.deadline("service.answer_limit", start=at, region_path=it.region_path, on=local_day(at))
    change: dict[str, Any] = {"passed": passed, "entry": following, "answer_until": until}
    return move(it, "pass_on", by=by, at=at, change=change, facts=told, expected=expected, announces=_moved("pass_on"))


# Behind the verbs


def _approved(
    it: WorkOrder, verb: str, lines: Sequence[WorkLine], problems: list[Problem], *, by: Actor, at: datetime, expected: int | None
) -> WorkOrder:
    """Lock the object, look at its cap, then hold the amount; a former hold is freed in the same transaction."""
    ServiceObject.objects.select_for_update().get(pk=it.target_id)
    total, began = sum((line.amount for line in lines), money.ZERO), it.requested_at
    with translation.override(RECORD_LANGUAGE):
        ruling = calloffs.threshold(it.package, total, region_path=it.region_path, at=at)
    if ruling.verdict == Verdict.REFUSED:
        problems = [*problems, ruling.problem()]
    handed = {
        "problems": problems,
        "limit": approval_limit(it.buyer, at=began),
        "apart": rulebook.rule("service.second_person", region_path=it.region_path, on=local_day(began)).choice,
        "used": queries.used_of(it.target, it.package.service, it.year, but=it),
        "cap": queries.cap_of(it.package.service, region_path=it.region_path, at=began),
        "target": it.target.name,
    }
    former = it.reference if it.state in states.HOLDING else ""
    change = {"approved_edition": it.edition, "amount": total, "approver_id": by.person, "rulings": [ruling.to_json()]}
    facts = {"total": total, "edition": it.edition}
    it = move(it, verb, by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=_moved(verb))
    quota = _quota_of(former, it.quota_id)
    if former:
        awards.free(former, at=at)
    parts = awards.parts_of([_whole(it, total)], mode=MODE, supplier_id=it.entry.supplier_id)
    awards.reserve(it.reference, buyer=it.buyer, quota_id=quota, plan=it.plan, parts=parts, by=by, at=at)
    return it


def _order(it: WorkOrder, lines: Sequence[WorkLine], by: Actor, at: datetime) -> str:
    """The order over what was done, in the place of the approved amount."""
    quota = _quota_of(it.reference, it.quota_id)
    order = awards.order_from_award(
        mode=MODE,
        origin=it.number,
        reference=it.reference,
        buyer=it.buyer,
        supplier=it.entry.supplier,
        orderer_id=it.orderer_id,
        lines=[_done(it, line) for line in lines if line.amount > 0],
        terms=Terms(quota_id=quota, plan=_plan_that_pays(it), **it.terms),
        delivery_days=0,
        rulings=[Ruling.from_json(told) for told in it.rulings],
        done=True,
        by=by,
        at=at,
    )
    return order.number


def _plan_that_pays(it: WorkOrder) -> str:
    """The number of its plan, locked; what was done for a plan that was finished meanwhile is paid from the quota alone."""
    if it.plan is None:
        return ""
    planning.lock_plans([it.plan.pk])
    it.plan.refresh_from_db()
    return it.plan.number if plans.goes_on(it.plan) else ""


def _quota_of(reference: str, otherwise: int) -> int:
    """Where the money lies now: at the end of a year it may have been carried over."""
    return Hold.objects.filter(reference=reference, state="held").values_list("quota_id", flat=True).first() or otherwise


def _whole(it: WorkOrder, total: Decimal) -> awards.AwardedLine:
    return awards.AwardedLine(category=it.package.category, name=it.package.name, unit=DONE_UNIT, quantity=1, price=total)


def _done(it: WorkOrder, line: WorkLine) -> awards.AwardedLine:
    """A line of the order: what it came to, with how it was computed."""
    form = rules.FORMS[line.item.form]
    rate = f"{line.rate.normalize():f}"
    told = {"数量": f"{line.quantity} {form.unit}", "费率": f"{rate}%" if form.percent else f"{rate} 元/{form.unit}"}
    if form.percent:
        told["目录价或保费"] = f"{line.base} 元"
        told["依据"] = line.basis
    return awards.AwardedLine(
        category=it.package.category, name=line.item.name, unit=DONE_UNIT, quantity=1, price=line.amount, attributes=told
    )


def _not_to_be_had(
    framework: Framework, package: Package, buyer: Organisation, parties: Sequence[FrameworkEntry], mode: str, at: datetime
) -> list[Problem]:
    within = (buyer.region.path + "/").startswith(framework.region_path + "/")
    found = [] if framework.runs_at(at) and within and package.service else [Problem(agreed.NOT_RUNNING, {"number": framework.number})]
    if mode not in rules.MODES or mode not in framework.second_stage:
        found.append(Problem(rules.MODE_NOT_AGREED, on="mode"))
    if not parties:
        found.append(Problem(agreed.NO_PARTY))
    return found


def _said(target: str, need: str) -> list[Problem]:
    found = []
    if not rules.OBJECT_CHARS_LEAST <= len(rules.code_of(target)) <= rules.OBJECT_CHARS_MOST or len(target) > rules.OBJECT_CHARS_MOST:
        most = {"least": rules.OBJECT_CHARS_LEAST, "most": rules.OBJECT_CHARS_MOST}
        found.append(Problem(rules.OBJECT_MISSING, most, on="target"))
    if not REASON_CHARS_LEAST <= len(need.strip()) <= TEXT_CHARS:
        found.append(Problem(rules.NEED_SHORT, {"least": REASON_CHARS_LEAST}, on="need"))
    return found


def _asked(package: Package, parties: Sequence[FrameworkEntry], *, mode: str, entry: str, reason: str) -> FrameworkEntry:
    """Whom the unit asks: its choice with the reason, or whoever is next."""
    if mode == "rotation":
        following = queries.turn_of(package, parties)
        assert following is not None, "somebody is next as long as there are parties"
        return following
    chosen = next((party for party in parties if party.number == entry), None)
    problems = [] if chosen else [Problem(agreed.CHOOSE_PARTY, on="entry")]
    if not agreed.REASON_LEAST <= len(reason.strip()) <= TEXT_CHARS:
        problems.append(Problem(agreed.REASON_SHORT, {"least": agreed.REASON_LEAST}, on="reason"))
    check(problems)
    assert chosen is not None
    return chosen


def _object(package: Package, buyer: Organisation, name: str, at: datetime) -> ServiceObject:
    kind, code = rules.SERVICES[package.service].target, rules.code_of(name)
    told = {"name": name.strip(), "at": at}
    return ServiceObject.objects.get_or_create(buyer=buyer, kind=kind, code=code, defaults=told)[0]


def _priced(it: WorkOrder, rows: Rows) -> tuple[list[WorkLine], list[Problem]]:
    """The lines that a form tells, priced; rows without a quantity do not count."""
    rates = {str(rate.item.position): rate for rate in queries.rates_of(it.entry)}
    lines: list[WorkLine] = []
    problems: list[Problem] = []
    for row in rows[: rules.LINES_MOST]:
        rate = rates.get(row.get("item", ""))
        if rate is None:
            continue
        end = row.get("row", row["item"])
        quantity = _quantity(row.get("quantity", ""), rate.form, f"quantity_{end}", problems)
        if quantity > 0:
            told = _line(row, rate, end, problems)
            priced = rules.Line(rate.item.form, quantity, told["rate"], told["base"])
            lines.append(WorkLine(position=len(lines) + 1, item=rate.item, quantity=quantity, amount=rules.amount_of(priced), **told))
    if not problems and not any(line.amount > 0 for line in lines):
        problems.append(Problem(rules.NOTHING_QUOTED))
    if sum((line.amount for line in lines), money.ZERO) > money.MOST:
        problems.append(Problem(rules.TOTAL_TOO_HIGH, {"most": money.MOST}))
    return lines, problems


def _line(row: Mapping[str, str], rate: queries.Rate, end: str, problems: list[Problem]) -> dict[str, Any]:
    """Rate, base and basis of one row; its rate is the agreement's where none is written."""
    said = row.get("rate", "").strip()
    quoted = rules.rate_in(said) if said else rate.rate
    if quoted is None:
        problems.append(Problem(rules.RATE_WRONG, {"text": said}, on=f"rate_{end}"))
    elif quoted > rate.rate:
        told = {"rate": f"{quoted.normalize():f}", "most": f"{rate.rate.normalize():f}", "item": rate.item.name}
        problems.append(Problem(rules.ABOVE_RATE, told, on=f"rate_{end}"))
    base, basis = None, row.get("basis", "").strip()[:NAME_CHARS]
    if rate.form.percent:
        base = _yuan(row.get("base", ""))
        if base <= 0:
            problems.append(Problem(rules.BASE_WRONG, {"text": row.get("base", "")}, on=f"base_{end}"))
        if not basis:
            problems.append(Problem(rules.BASIS_MISSING, on=f"basis_{end}"))
    return {"rate": quoted or rate.rate, "base": base, "basis": basis}


def _measured(it: WorkOrder, quantities: Mapping[int, str]) -> tuple[list[WorkLine], list[Problem]]:
    """The approved lines with the quantities that were really done."""
    lines: list[WorkLine] = []
    problems: list[Problem] = []
    for line in queries.lines_of(it, it.approved_edition):
        form = rules.FORMS[line.item.form]
        quantity = _quantity(quantities.get(line.position, ""), form, f"quantity_{line.position}", problems)
        amount = rules.amount_of(rules.Line(line.item.form, quantity, line.rate, line.base))
        lines.append(
            WorkLine(
                position=line.position, item=line.item, quantity=quantity, rate=line.rate, base=line.base, basis=line.basis, amount=amount
            )
        )
    if not problems and not any(line.amount > 0 for line in lines):
        problems.append(Problem(rules.NOTHING_QUOTED))
    return lines, problems


def _quantity(text: str, form: rules.Form, on: str, problems: list[Problem]) -> Decimal:
    found = rules.quantity_in(text)
    if found is None:
        problems.append(Problem(rules.QUANTITY_WRONG, {"text": text, "most": rules.QUANTITY_MOST}, on=on))
    elif form.whole and found != found.to_integral_value():
        problems.append(Problem(rules.QUANTITY_BROKEN, {"text": text}, on=on))
    return found or money.ZERO


def _evidence_problems(done: str, reading: str, papers: Sequence[File]) -> list[Problem]:
    found = []
    if len(done.strip()) < REASON_CHARS_LEAST:
        found.append(Problem(rules.DONE_MISSING, {"least": REASON_CHARS_LEAST}, on="done"))
    if not reading.strip():
        found.append(Problem(rules.READING_MISSING, on="reading"))
    if not 0 < len(papers) <= rules.PAPERS_MOST:
        found.append(Problem(rules.NO_EVIDENCE, {"most": rules.PAPERS_MOST}, on="papers"))
    return found


def _still_agreed(it: WorkOrder, lines: Sequence[WorkLine], at: datetime) -> list[Problem]:
    """The agreement runs, its party is in good standing, and no rate is above what is agreed now."""
    framework = it.package.framework
    found = [] if framework.runs_at(at) else [Problem(agreed.NOT_RUNNING, {"number": framework.number})]
    if it.entry_id not in {party.pk for party in queries.parties_of(it.package)}:
        found.append(Problem(agreed.NO_PARTY))
    return [*found, *_above_agreed(it, lines)]


def _above_agreed(it: WorkOrder, lines: Sequence[WorkLine]) -> list[Problem]:
    rates = {rate.item.pk: rate.rate for rate in queries.rates_of(it.entry)}
    fell = [line for line in lines if line.rate > rates[line.item_id]]
    return [Problem(rules.RATE_FELL, {"item": line.item.name, "most": f"{rates[line.item_id].normalize():f}"}) for line in fell]


def _reasoned(
    it: WorkOrder, verb: str, reason: str, *, by: Actor, at: datetime, expected: int | None, change: Mapping[str, Any] | None = None
) -> WorkOrder:
    told = {"reason": reason.strip()[:TEXT_CHARS]}
    return move(
        it, verb, by=by, at=at, change={**told, **(change or {})}, facts=told, expected=expected, announces=_moved(verb, told["reason"])
    )


def _write(it: WorkOrder, lines: Sequence[WorkLine]) -> None:
    for line in lines:
        line.work_order, line.edition = it, it.edition
    WorkLine.objects.bulk_create(lines)


def _digest(lines: Sequence[WorkLine]) -> str:
    return digest([[line.item.name, line.quantity, line.base, line.basis, line.rate, line.amount] for line in lines])


def _locked(it: WorkOrder) -> WorkOrder:
    rows = WorkOrder.objects.select_for_update(of=("self",))
    return rows.select_related(
        "package__framework", "package__category", "buyer__region", "entry__supplier", "entry__package", "target", "plan"
    ).get(pk=it.pk)


def _kept(terms: Terms) -> dict[str, Any]:
    return {"delivery": dict(terms.delivery), "invoice_title": dict(terms.invoice_title), "purpose": terms.purpose, "note": terms.note}


def _ground(key: str) -> str:
    return _zh(agreed.GROUNDS.get(key, agreed.SILENT))


def _zh(text: Any) -> str:
    with translation.override(RECORD_LANGUAGE):
        return str(text)


def _yuan(text: str) -> Decimal:
    try:
        return money.yuan(text)
    except money.NotMoney:
        return money.ZERO


def _moved(verb: str, reason: str = "") -> Callable[[WorkOrder], list[Event]]:
    return lambda it: [
        WorkOrderMoved(
            number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id, orderer_id=it.orderer_id,
            supplier_id=it.entry.supplier_id, reason=reason, version=it.version,
        )
    ]  # fmt: skip
