"""Verbs of a framework agreement: its plan, the solicitation, responses, review, shortlist, signing, filing, and its end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation

from sunlit.domain.market.events import FrameworkEntryMoved, FrameworkMoved
from sunlit.domain.market.models import Framework, FrameworkEntry, Package, ServiceItem
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules.workorders import SHARE_UNIT
from sunlit.domain.market.services import framework_forms as forms
from sunlit.domain.market.services.drafts import discard_draft
from sunlit.domain.market.states import frameworks as states
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Verdict
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import SHANGHAI, end_of_day, local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.lifecycle import NOT_YOURS, digest, life_of, move
from sunlit.foundation.outbox.events import Event

RECORD_LANGUAGE: Final = "zh-hans"
DUE_A_ROUND: Final = 100
NONCE_BYTES: Final = 16
SAME: Final = (
    "solicitor", "agency", "title", "kind", "ground", "method", "quality_ground", "second_stage", "months", "yearly", "standard", "qualifications",
    "price_basis", "surveyed_buyers", "surveyed_suppliers",
)  # fmt: skip


# The plan


@transaction.atomic
def draft_framework(told: Mapping[str, Any], *, by: Actor, at: datetime) -> Framework:
    """Begin a framework. Refused: FWK-001 … FWK-006 at their fields, FWK-007 the rulebook names no such solicitor."""
    agency = _solicits_as(by, at)
    change, packages = forms.plan(told)
    it = Framework(number=new_number("KJ", at), region_path=by.region_path, solicitor_id=by.party, agency=agency, **change)
    it.contents_hash = _digest(it, packages)
    it = move(it, "draft", by=by, at=at, facts={"contents": it.contents_hash}, within=True)
    _write(it, packages)
    return it


@transaction.atomic
def write_framework(it: Framework, told: Mapping[str, Any], *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """Write the draft anew. Refused: FWK-001 … FWK-006 at their fields, LIF-001 it is no draft any more."""
    change, packages = forms.plan(told)
    held = Framework.objects.select_for_update(of=("self",)).get(pk=it.pk)
    for name, value in change.items():
        setattr(held, name, value)
    change["contents_hash"] = _digest(held, packages)
    held = move(held, "revise", by=by, at=at, change=change, facts={"contents": change["contents_hash"]}, expected=expected)
    held.packages.all().delete()
    _write(held, packages)
    return held


@transaction.atomic
def ask_framework_review(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """A central agency's plan goes to the finance department. Refused: FWK-022 it is a lead unit's, FWK-008 … FWK-014 what the rulebook refuses."""
    held, handed, kept = _looked_at(it, at)
    until = rulebook.deadline("framework.review_limit", start=at, region_path=held.region_path, on=local_day(at))
    change = {"rulings": kept, "decide_until": until, "reason": ""}
    facts = {"contents": held.contents_hash}
    return move(
        held, "ask_review", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=moved("ask_review")
    )


def approve_framework(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """The finance department lets the plan be carried out."""
    return move(it, "approve", by=by, at=at, facts={"contents": it.contents_hash}, expected=expected, announces=moved("approve"))


def send_back_framework(it: Framework, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """The finance department wants it otherwise. Refused: FWK-020 no reason."""
    return _reasoned(it, "send_back", reason, by=by, at=at, expected=expected)


@transaction.atomic
def file_framework_plan(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """A lead unit's plan is filed. Refused: FWK-021 it is an agency's, FWK-008 … FWK-014 what the rulebook refuses."""
    held, handed, kept = _looked_at(it, at)
    change = {"rulings": kept, "asked_at": at, "reason": ""}
    facts = {"contents": held.contents_hash}
    return move(held, "file_plan", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=moved("file_plan"))


# The solicitation


def publish_framework(it: Framework, *, until: datetime | None, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """Solicit until an instant. Refused: FWK-023 none is given, FWK-031 too little time."""
    if until is None:
        raise Refused(Problem(rules.DEADLINE_WRONG, {"text": ""}, on="until"))
    rule = rulebook.rule("framework.respond_least", region_path=it.region_path, on=local_day(at))
    told = rulebook.judge_term(rule, start=at, end=until, region_path=it.region_path)
    earliest = rulebook.end_of(rule, start=at, region_path=it.region_path)
    short = Problem(rules.DEADLINE_SHORT, {"least": rule.shown, "earliest": earliest}, on="until")
    problems = [short] if told.verdict == Verdict.REFUSED else []
    facts = {"until": shown_at(until), "contents": it.contents_hash}
    change = {"respond_until": until}
    return move(
        it,
        "publish",
        by=by,
        at=at,
        change=change,
        facts=facts,
        handed={"problems": problems},
        expected=expected,
        announces=moved("publish"),
    )


def cancel_framework(it: Framework, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """Give it up before anybody is shortlisted. Refused: FWK-020 no reason."""
    return _reasoned(it, "cancel", reason, by=by, at=at, expected=expected)


@transaction.atomic
def respond(package: Package, told: Mapping[str, Any], *, proof: File | None = None, by: Actor, at: datetime) -> FrameworkEntry:
    """A supplier answers a package with one product or service. What it says is closed to everybody else until the deadline.

    Refused: FWK-040 too late, FWK-041 above the ceiling, FWK-042 not active, FWK-043 answered already, FWK-044 … FWK-049 at their fields.
    """
    framework = locked_framework(package.framework_id)
    change = forms.response(told, package, proof=own_paper(proof, by))
    it = FrameworkEntry(
        number=new_number("KX", at),
        region_path=framework.region_path,
        package=package,
        supplier_id=by.party,
        nonce=secrets.token_hex(NONCE_BYTES),
        submitted_at=at,
        **change,
    )
    handed = {"framework": framework, "problems": list(response_problems(it, framework, by, at))}
    discard_draft("framework", framework.number, part=package.position, by=by)
    try:
        with transaction.atomic():
            return _unnamed(it, "submit", by=by, at=at, handed=handed, within=True)
    except IntegrityError as error:
        if "one_response_a_package_and_supplier" not in str(error):
            raise
        raise Refused(Problem(rules.ANSWERED_ALREADY)) from None


@transaction.atomic
def revise_response(
    it: FrameworkEntry, told: Mapping[str, Any], *, proof: File | None = None, by: Actor, at: datetime, expected: int | None = None
) -> FrameworkEntry:
    """Change it before the deadline; a paper that is not handed in anew stays. Refused: as `respond`."""
    framework = locked_framework(it.package.framework_id)
    change = forms.response(told, it.package, proof=own_paper(proof, by) or it.proof)
    changed = FrameworkEntry(package=it.package, supplier_id=it.supplier_id, **change)
    problems = list(response_problems(changed, framework, by, at))
    change["nonce"] = secrets.token_hex(NONCE_BYTES)
    handed = {"framework": framework, "problems": problems}
    discard_draft("framework", framework.number, part=it.package.position, by=by)
    return _unnamed(it, "revise", by=by, at=at, change=change, handed=handed, expected=expected)


@transaction.atomic
def withdraw_response(it: FrameworkEntry, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """Before the deadline; another one may follow."""
    framework = locked_framework(it.package.framework_id)
    return _unnamed(it, "withdraw", by=by, at=at, handed={"framework": framework}, expected=expected)


@transaction.atomic
def open_framework(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """The deadline is over: everything is opened together. Refused: FWK-024 it is not."""
    found = FrameworkEntry.objects.filter(package__framework_id=it.pk, state="submitted")
    facts = {"count": found.count(), "suppliers": found.values("supplier_id").distinct().count()}
    return move(it, "open", by=by, at=at, facts=facts, expected=expected, announces=moved("open"))


# Review and shortlist


@transaction.atomic
def judge_response(
    it: FrameworkEntry,
    *,
    conforms: bool,
    finding: str = "",
    note: str = "",
    score: str = "",
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> FrameworkEntry:
    """It conforms (with its score where quality comes first), or it does not, with the reason. Until the shortlist is settled it may be judged anew.

    Refused: FWK-047 no finding, FWK-020 no words, FWK-048 no score, FWK-052 the framework is not under review.
    """
    framework = locked_framework(it.package.framework_id)
    handed = framework_handed(framework)
    if conforms:
        points = _score(score)
        told = {"score": points if framework.method == "quality" else None}
        change = {**told, "finding": "", "note": note.strip()[:TEXT_CHARS]}
        return move(it, "accept", by=by, at=at, change=change, facts=told, handed=handed, expected=expected)
    said = {"finding": finding, "note": note.strip()[:TEXT_CHARS]}
    with translation.override(RECORD_LANGUAGE):
        facts = {**said, "finding": str(rules.FINDINGS.get(finding, "")).rstrip("。")}
    handed["finding"] = finding
    return move(it, "exclude", by=by, at=at, change={**said, "score": None}, facts=facts, handed=handed, expected=expected)


@transaction.atomic
def settle_shortlist(it: Framework, *, panel: Sequence[str], by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """Rank every package, eliminate the tail, shortlist the rest; or record that the framework failed where no package has enough.

    Refused: FWK-025 something is not judged, FWK-026 the panel.
    """
    held = locked_framework(it.pk)
    named = [" ".join(name.split())[:NAME_CHARS] for name in panel if name.strip()]
    least = rulebook.rule("NR-012", region_path=held.region_path, on=local_day(at)).n
    entries = list(FrameworkEntry.objects.select_for_update(of=("self",)).filter(package__framework=held).order_by("pk"))
    unjudged = sum(entry.state == "submitted" for entry in entries)
    handed = {"open": unjudged, "panel": named, "panel_least": least}
    outcomes = {package.pk: queries.ranked(package, entries, at=at) for package in held.packages.all()}
    known = {entry.pk: entry for entry in entries}
    for package_id, outcome in outcomes.items():  # first the responses, then the framework, which is announced with its result
        Package.objects.filter(pk=package_id).update(failed=outcome.failed)
        _ranked(outcome, known, by=by, at=at)
    facts: dict[str, Any] = {"panel": len(named)}
    if any(not outcome.failed for outcome in outcomes.values()):
        until = rulebook.deadline("TL-042", start=at, region_path=held.region_path, on=local_day(at))
        facts |= {name: sum(len(getattr(outcome, name)) for outcome in outcomes.values()) for name in ("listed", "eliminated")}
        change = {"panel": named, "sign_until": until}
        held = move(
            held, "shortlist", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=moved("shortlist")
        )
    else:
        told = {"panel": named, "reason": _why_failed(outcomes.values())}
        facts |= {"why": told["reason"]}
        held = move(held, "fail", by=by, at=at, change=told, facts=facts, handed=handed, expected=expected, announces=moved("fail"))
    return held


# Signing, filing, the run of the agreement


@transaction.atomic
def sign_entry(it: FrameworkEntry, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """The supplier signs; its unit price becomes the agreement's. Refused: FWK-050 too late."""
    framework = locked_framework(it.package.framework_id)
    change = {"price": it.quoted}
    return move(it, "sign", by=by, at=at, change=change, facts=change, handed=framework_handed(framework), expected=expected)


@transaction.atomic
def decline_entry(it: FrameworkEntry, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """The supplier does not sign, and says why. Refused: FWK-020 no reason."""
    handed = framework_handed(locked_framework(it.package.framework_id))
    told = {"reason": reason.strip()}
    return move(it, "decline", by=by, at=at, change=told, facts=told, handed=handed, expected=expected)


@transaction.atomic
def supplement_framework(it: Framework, *, reason: str, by: Actor, at: datetime) -> Framework:
    """Solicit anew for the packages in which too few are left (补充征集): on the conditions, by the procedure and the shares of the first time,
    and for the rest of its term. Until then it is bought under the agreement as before.

    Refused: FWK-056 enough are left, FWK-020 not said how the performance suffers, FWK-057 one is under way, FWK-060 it does not run.
    """
    held = locked_framework(it.pk)
    share = rulebook.rule("NR-034", region_path=held.region_path, on=local_day(at)).percent
    short = [one for one in held.packages.select_related("category").order_by("position") if queries.is_short(one, share)]
    made = Framework(
        number=new_number("KJ", at), region_path=held.region_path, supplements=held, supplement_reason=reason.strip(), rulings=held.rulings,
        asked_at=held.asked_at, cleared_at=at, **{name: getattr(held, name) for name in SAME},
    )  # fmt: skip
    sheets = [forms.Sheet(one, list(one.sheet.all())) for one in short]
    made.contents_hash = _digest(made, sheets)
    facts = {"agreement": held.number, "reason": reason.strip(), "contents": made.contents_hash}
    handed = {"agreement": held, "short": short, "percent": f"{share:f}"}
    try:
        with transaction.atomic():
            made = move(made, "supplement", by=by, at=at, facts=facts, handed=handed, announces=moved("supplement"), within=True)
            _write(made, sheets)
    except IntegrityError as error:
        if "one_supplementary_solicitation_at_a_time" not in str(error):
            raise
        raise Refused(Problem(rules.SUPPLEMENTED_ALREADY)) from None
    return made


@transaction.atomic
def join_framework(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """Who signed in a supplementary solicitation is a party to the agreement from now on, until its end, behind those of the first time.

    Refused: FWK-027 nobody signed, FWK-028 others may still sign, FWK-060 the agreement does not run.
    """
    assert it.supplements_id is not None
    agreement, held = locked_framework(it.supplements_id), locked_framework(it.pk)
    entries = list(FrameworkEntry.objects.filter(package__framework=held, state__in=["shortlisted", "signed"]).order_by("package", "rank"))
    signed = [entry for entry in entries if entry.state == "signed"]
    places = {one.position: one for one in agreement.packages.all()}
    packages = {one.pk: places[one.position] for one in held.packages.all()}
    until = rulebook.deadline("TL-043", start=at, region_path=held.region_path, on=local_day(at))
    assert agreement.valid_until is not None
    facts = {"signed": len(signed), "agreement": agreement.number, "until": shown_at(agreement.valid_until)}
    handed = {"agreement": agreement, "unsigned": len(entries) - len(signed)}
    change = {"valid_until": agreement.valid_until, "file_until": until}
    held = move(held, "join", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=moved("join"))
    for entry in entries:
        if entry.state == "shortlisted":
            move(entry, "lapse", by=by, at=at, within=True)
            continue
        package = packages[entry.package_id]
        last = package.entries.aggregate(last=Max("rank"))["last"] or 0
        told = {"rank": last + 1, "agreement": agreement.number}
        place = {"package": package, "solicited_in_id": entry.package_id, "rank": last + 1}
        move(entry, "join", by=by, at=at, change=place, facts=told, within=True, announces=entry_moved("join", agreement))
    return held


@transaction.atomic
def conclude_framework(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """The agreement takes effect for those who signed. Refused: FWK-027 nobody has, FWK-028 others may still sign."""
    held = locked_framework(it.pk)
    entries = list(FrameworkEntry.objects.filter(package__framework=held, state__in=["shortlisted", "signed"]).order_by("pk"))
    unsigned = [entry for entry in entries if entry.state == "shortlisted"]
    signed = len(entries) - len(unsigned)
    until = end_of_day(months_on(local_day(at), held.months))
    change = {"valid_until": until, "file_until": rulebook.deadline("TL-043", start=at, region_path=held.region_path, on=local_day(at))}
    facts = {"signed": signed, "until": shown_at(until)}
    handed = {"unsigned": len(unsigned)}
    held = move(held, "conclude", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=moved("conclude"))
    for entry in unsigned:
        move(entry, "lapse", by=by, at=at, within=True)
    return held


def file_framework(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """A copy of the agreement goes to the finance department. Refused: FWK-030 it is there."""
    return move(it, "file", by=by, at=at, expected=expected, announces=moved("file"))


@transaction.atomic
def reduce_price(it: FrameworkEntry, *, price: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """A party to the agreement lowers its price. Refused: FWK-003 no amount, FWK-051 not lower."""
    try:
        new = money.yuan(price)
    except money.NotMoney:
        new = money.ZERO
    if new <= 0:
        raise Refused(Problem(rules.AMOUNT_WRONG, {"amount": price}, on="price"))
    framework = locked_framework(it.package.framework_id)
    held = FrameworkEntry.objects.select_for_update(of=("self",)).get(pk=it.pk)
    handed = {**framework_handed(framework), "new_price": new}
    facts = {"before": _as_told(held.package, held.price), "price": _as_told(held.package, new)}
    announces = entry_moved("reduce", framework)
    return move(held, "reduce", by=by, at=at, change={"price": new}, facts=facts, handed=handed, expected=expected, announces=announces)


def _as_told(package: Package, price: Decimal | None) -> str:
    """A unit price in yuan, or a share of the rate sheet."""
    return f"{price}{SHARE_UNIT}" if package.service else f"¥{price}"


def clear_out_entry(
    it: FrameworkEntry, *, reason: str, removal: str = "agreed", by: Actor, at: datetime, expected: int | None = None
) -> FrameworkEntry:
    """Who broke the agreement leaves it (清退), on one of the grounds of 110号令: orders that were placed are performed, its bids count no more
    and its turns pass on. Refused: FWK-053 no ground, FWK-020 no reason.
    """
    return _parted(it, "clear_out", {"reason": reason.strip(), "removal": removal}, by=by, at=at, expected=expected)


@transaction.atomic
def ask_leave(it: FrameworkEntry, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """Nobody leaves freely while a closed agreement runs: a party asks, and the solicitor answers within the term.

    Refused: FWK-020 no reason, FWK-054 it asked already.
    """
    framework, said = locked_framework(it.package.framework_id), reason.strip()
    until = rulebook.deadline("framework.leave_answer", start=at, region_path=it.region_path, on=local_day(at))
    change = {"leave_reason": said, "leave_until": until}
    facts = {"reason": said, "until": shown_at(until)}
    handed = framework_handed(framework)
    announces = entry_moved("ask_leave", framework, said)
    return move(it, "ask_leave", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=announces)


def keep_entry(it: FrameworkEntry, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """The solicitor does not let go who asked to leave. Refused: FWK-055 it did not ask, FWK-020 no reason."""
    return _parted(it, "keep", {"reason": reason.strip(), "leave_until": None}, by=by, at=at, expected=expected)


def release_entry(it: FrameworkEntry, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """The solicitor lets a party go that has a reason; orders that were placed are performed. Refused: FWK-020 no reason."""
    return _parted(it, "release", {"reason": reason.strip(), "leave_until": None}, by=by, at=at, expected=expected)


def warn_framework(it: Framework, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """The regulator tells the solicitor what is wrong; it goes on. Refused: FWK-020 no reason."""
    told = {"reason": reason.strip()}
    return move(it, "warn", by=by, at=at, facts=told, expected=expected, announces=moved("warn", told["reason"]))


def void_framework(it: Framework, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """The regulator ends it: nothing more is bought under it; orders that were placed stand. Refused: FWK-020 no reason."""
    with transaction.atomic():
        it = _reasoned(it, "void", reason, by=by, at=at, expected=expected)
        _fall(it, by, at)
        _expire(it, by, at)
        return it


# The clock


def open_due(at: datetime) -> int:
    """Solicitations whose deadline is over are opened; returns how many."""
    return _each(Framework.objects.filter(state="open", respond_until__lte=at), lambda it: open_framework(it, by=CLOCK, at=at))


def collapse_due(at: datetime) -> int:
    """Where nobody signed in time the framework failed; returns how many."""
    due = Framework.objects.filter(state="shortlisted", sign_until__lte=at).exclude(packages__entries__state="signed")
    return _each(due, lambda it: _collapse(it, at))


def end_due(at: datetime) -> int:
    """Agreements whose term is over end; returns how many."""
    due = Framework.objects.filter(state="in_force", valid_until__lte=at)
    return _each(due, lambda it: _end(it, at))


# Behind the verbs


@transaction.atomic
def _end(it: Framework, at: datetime) -> None:
    it = move(it, "end", by=CLOCK, at=at, announces=moved("end"))
    _fall(it, CLOCK, at)
    _expire(it, CLOCK, at)


def _expire(agreement: Framework, by: Actor, at: datetime) -> None:
    """Applications that were not answered end with an open agreement."""
    for one in FrameworkEntry.objects.filter(package__framework=agreement, state="applied").order_by("pk"):
        move(one, "expire", by=by, at=at, facts={"framework": agreement.number}, announces=entry_moved("expire", agreement), within=True)


def _fall(agreement: Framework, by: Actor, at: datetime) -> None:
    """What is solicited anew for an agreement ends with it."""
    for one in agreement.supplementary.filter(state__in=("cleared_to_publish", "open", "opened", "shortlisted")):
        with translation.override(RECORD_LANGUAGE):
            change = {"reason": str(rules.FELL)}
        move(one, "fall", by=by, at=at, change=change, facts={"agreement": agreement.number}, announces=moved("fall"))


@transaction.atomic
def _collapse(it: Framework, at: datetime) -> None:
    unsigned = list(FrameworkEntry.objects.filter(package__framework=it, state="shortlisted").order_by("pk"))
    move(it, "collapse", by=CLOCK, at=at, handed={"unsigned": len(unsigned)}, announces=moved("collapse"))
    for entry in unsigned:
        move(entry, "lapse", by=CLOCK, at=at, within=True)


def _each(due: Any, act: Callable[[Framework], Any]) -> int:
    done = 0
    for it in due.order_by("pk")[:DUE_A_ROUND]:
        try:
            act(it)
        except Refused:  # somebody else moved it meanwhile
            continue
        done += 1
    return done


def _solicits_as(by: Actor, at: datetime) -> bool:
    """True for a central agency, False for a lead unit."""
    for key, agency in (("framework.central_agencies", True), ("framework.lead_units", False)):
        if by.organisation_number in rulebook.rule(key, region_path=by.region_path, on=local_day(at)).words:
            return agency
    raise Refused(Problem(rules.NOT_A_SOLICITOR, {"number": by.organisation_number}))


def _looked_at(it: Framework, at: datetime) -> tuple[Framework, dict[str, Any], list[dict[str, Any]]]:
    """The framework locked, what its rules are handed, and the rulings as they are kept: in the language of the record."""
    held = locked_framework(it.pk)
    with translation.override(RECORD_LANGUAGE):
        problems, rulings = queries.check_plan(held, at)
        kept = [ruling.to_json() for ruling in rulings]
    return held, {"problems": problems}, kept


def response_problems(it: FrameworkEntry, framework: Framework, by: Actor, at: datetime) -> Iterator[Problem]:
    """Why the response cannot stand: who responds, its words, its consumables."""
    day = local_day(at)
    if registry.standing(by.party) != "active":
        yield Problem(rules.NOT_ACTIVE)
    if framework.supplements_id is not None:
        yield from _newcomer_problems(it, framework, by)
    for name, word in banned_words(it, region_path=framework.region_path, at=at):
        yield Problem(rules.BANNED_WORD, {"word": word}, on=name)
    years = rulebook.rule("NR-036", region_path=framework.region_path, on=day).n
    if it.package.consumables and it.consumable_years < years:
        yield Problem(rules.CONSUMABLES_SHORT, {"least": years}, on="consumable_years")


def _newcomer_problems(it: FrameworkEntry, framework: Framework, by: Actor) -> Iterator[Problem]:
    """Who was cleared out does not come in again, and a party is one already (110号令)."""
    own = FrameworkEntry.objects.filter(package__framework=framework.supplements_id, supplier_id=by.party)
    if own.filter(state__in=("cleared_out", "left")).exists():
        yield Problem(rules.LEFT_BEFORE)
    if own.filter(state="signed", package__position=it.package.position).exists():
        yield Problem(rules.PARTY_ALREADY)


def banned_words(it: Any, *, region_path: str, at: datetime) -> Iterator[tuple[str, str]]:
    """Where a product is called made for government procurement alone: field and word."""
    banned = rulebook.rule("listing.banned_words", region_path=region_path, on=local_day(at)).words
    for name in ("name", "brand", "model", "description"):
        word = next((word for word in banned if word in getattr(it, name)), "")
        if word:
            yield name, word


def _unnamed(it: FrameworkEntry, verb: str, *, by: Actor, at: datetime, **told: Any) -> FrameworkEntry:
    """What its supplier does with a response while others must not know of it: the public record tells that it happened, not by whom."""
    if not states.sales.allows(by, it):
        step = states.entry.moves[verb]
        raise Refused(Problem(NOT_YOURS, {"verb": step.label, "who": states.sales.label}))
    return move(it, verb, by=CLOCK, at=at, **told)


def _ranked(outcome: queries.Outcome, known: Mapping[int, FrameworkEntry], *, by: Actor, at: datetime) -> None:
    for rank, key in enumerate([*outcome.listed, *outcome.eliminated], 1):
        verb = "list" if key in outcome.listed else "eliminate"
        move(known[key], verb, by=by, at=at, change={"rank": rank}, facts={"rank": rank}, within=True)


def _why_failed(outcomes: Collection[queries.Outcome]) -> str:
    with translation.override(RECORD_LANGUAGE):
        return " ".join(dict.fromkeys(str(rules.FAILURES[outcome.failed]) for outcome in outcomes))


def _parted(it: FrameworkEntry, verb: str, change: Mapping[str, Any], *, by: Actor, at: datetime, expected: int | None) -> FrameworkEntry:
    """The end, or not, of a party's time in the agreement."""
    with transaction.atomic():
        framework = locked_framework(it.package.framework_id)
        handed = {**framework_handed(framework), "removal": change.get("removal", "")}
        with translation.override(RECORD_LANGUAGE):
            facts = {"reason": change["reason"], "ground": str(rules.REMOVALS.get(change.get("removal", ""), ""))}
        announces = entry_moved(verb, framework, change["reason"])
        return move(it, verb, by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=announces)


def _reasoned(it: Framework, verb: str, reason: str, *, by: Actor, at: datetime, expected: int | None) -> Framework:
    told = {"reason": reason.strip()}
    return move(it, verb, by=by, at=at, change=told, facts=told, expected=expected, announces=moved(verb, told["reason"]))


def locked_framework(key: int) -> Framework:
    """The framework's row first, then its responses: all verbs take their locks in this order."""
    return Framework.objects.select_for_update(of=("self",)).get(pk=key)


def framework_handed(framework: Framework) -> dict[str, Any]:
    return {"framework": framework, "framework_state": str(life_of(framework).states[framework.state])}


def shown_at(at: datetime) -> str:
    """An instant as the record tells it, in China's time."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def own_paper(proof: File | None, by: Actor) -> File | None:
    return proof if proof is not None and proof.owner_id == by.organisation_id else None


def _score(text: str) -> Decimal | None:
    try:
        return money.yuan(text)
    except money.NotMoney:
        return None


def months_on(day: Any, months: int) -> Any:
    """The same day some months later, or the last day of that month."""
    total = day.month - 1 + months
    year, month = day.year + total // 12, total % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month, day=last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _write(it: Framework, sheets: Sequence[forms.Sheet]) -> None:
    packages = [copy(sheet.package) for sheet in sheets]
    for package in packages:
        package.pk, package.framework = None, it
    Package.objects.bulk_create(packages)
    items = [(package, copy(item)) for package, sheet in zip(packages, sheets, strict=True) for item in sheet.items]
    for package, item in items:
        item.pk, item.package = None, package
    ServiceItem.objects.bulk_create([item for _package, item in items])


def _digest(it: Framework, sheets: Sequence[forms.Sheet]) -> str:
    """Digest of what the plan says."""
    told = [
        it.title, it.kind, it.ground, it.method, it.quality_ground, it.second_stage, it.months, it.yearly, it.standard, it.qualifications,
        it.price_basis, it.surveyed_buyers, it.surveyed_suppliers,
    ]  # fmt: skip
    if it.is_open_form:
        told += [it.form, it.open_ground, it.suppliers_known, it.fee_standard, it.clearing]
    packages = [sheet.package for sheet in sheets]
    lines = [[one.name, one.grade, one.category.code, one.unit, one.ceiling, one.requirement, one.consumables] for one in packages]
    rates = [[sheet.package.service, [[item.name, item.form, item.ceiling] for item in sheet.items]] for sheet in sheets if sheet.items]
    return digest([told, lines, rates] if rates else [told, lines])


def moved(verb: str, reason: str = "") -> Callable[[Framework], list[Event]]:
    return lambda it: [
        FrameworkMoved(
            number=it.number,
            verb=verb,
            state=it.state,
            solicitor_id=it.solicitor_id,
            region_path=it.region_path,
            reason=reason,
            version=it.version,
        )
    ]


def entry_moved(verb: str, framework: Framework, reason: str = "") -> Callable[[FrameworkEntry], list[Event]]:
    return lambda it: [
        FrameworkEntryMoved(
            number=it.number,
            verb=verb,
            framework=framework.number,
            solicitor_id=framework.solicitor_id,
            supplier_id=it.supplier_id,
            reason=reason,
            version=it.version,
        )
    ]
