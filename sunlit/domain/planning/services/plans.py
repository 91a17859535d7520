"""Verbs of the plan: written part by part, handed in, reviewed, filed or approved, carried out, finished; or sent back, refused, withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import translation

from sunlit.domain.planning.events import PlanMoved, PlanReady
from sunlit.domain.planning.models import Plan, PlanItem, PlanObjection
from sunlit.domain.planning.queries import plans as queries
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.planning.services import plan_money, plan_parts
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.lifecycle import digest, move
from sunlit.foundation.outbox.events import Event

RECORD_LANGUAGE: Final = "zh-hans"
PARTS: Final = ("what", "money", "how", "policy")


# Writing


@transaction.atomic
def draft_plan(told: Mapping[str, Any], *, by: Actor, at: datetime) -> Plan:
    """Begin a plan with what it is for. Refused: PLN-001 … PLN-010 at their fields."""
    change, items = plan_parts.what(told, by.party)
    it = Plan(number=new_number("JH", at), region_path=by.region_path, buyer_id=by.party, drafters=[by.person], **change)
    it.contents_hash = _digest(it, items)
    it = move(it, "draft", by=by, at=at, facts={"contents": it.contents_hash}, within=True)
    _write(it, items)
    return it


@transaction.atomic
def write_plan(it: Plan, part: str, told: Mapping[str, Any], *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Write one of the PARTS of the draft anew. Refused: PLN-… at their fields, LIF-001 it is no draft, LIF-003 somebody else wrote meanwhile."""
    assert part in PARTS, part
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=it.pk)
    items: list[PlanItem] | None = None
    change: dict[str, Any] = {}
    if part == "what":
        change, items = plan_parts.what(told, held.buyer_id)
        _keep_quotas(held, items)
        change |= _reserved_anew(held, change)
    elif part == "money":
        items = plan_parts.quotas(told, held)
    elif part == "how":
        change = plan_parts.how(told)
    else:
        change = plan_parts.policy(told, held)
    for name, value in change.items():
        setattr(held, name, value)
    change["contents_hash"] = _digest(held, items if items is not None else list(held.items.all()))
    change["drafters"] = sorted({*held.drafters, by.person}) if by.user_id else held.drafters
    held = move(held, "revise", by=by, at=at, change=change, facts={"part": part, "contents": change["contents_hash"]}, expected=expected)
    if items is not None:
        held.items.all().delete()
        _write(held, items)
    return held


# Review within the buyer


@transaction.atomic
def hand_in_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """To the review, with what the rulebook says of it. Refused: PLN-012 … PLN-024 what is missing, and what the rulebook refuses."""
    held, found, kept = _looked_at(it, at)
    until = rulebook.deadline("plan.review_limit", start=at, region_path=held.region_path, on=local_day(at))
    change = {"rulings": kept, "reason": "", "review": {}, "review_until": until, **_NOT_REVIEWED}
    facts = {"total": held.total, "count": len([told for told in kept if told["verdict"] != "allowed"]), "contents": held.contents_hash}
    return move(held, "hand_in", by=by, at=at, change=change, facts=facts, handed=found, expected=expected, announces=_moved("hand_in"))


def take_back_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The authors take their plan back before it is reviewed."""
    return move(it, "take_back", by=by, at=at, expected=expected)


def review_plan(it: Plan, *, points: Collection[str], opinion: str = "", by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The general review (art. 31). Refused: PLN-030 who wrote in it, PLN-031 a point is open."""
    return _reviewed(it, "review", rules.REVIEW_POINTS, points, opinion, by=by, at=at, expected=expected)


def review_key_plan(it: Plan, *, points: Collection[str], opinion: str = "", by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The key review (art. 32). Refused: PLN-033 it needs none, PLN-030 who wrote in it, PLN-031 a point is open."""
    return _reviewed(it, "review_key", rules.KEY_POINTS, points, opinion, by=by, at=at, expected=expected)


def send_back_plan(it: Plan, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Refused: PLN-036 no reason, PLN-030 who wrote in it."""
    told = {"reason": reason.strip()}
    change = {**told, "review": {}, **_NOT_REVIEWED}
    return move(it, "send_back", by=by, at=at, change=change, facts=told, expected=expected, announces=_moved("send_back", told["reason"]))


# The consent of the lead unit


@transaction.atomic
def ask_plan_consent(it: Plan, *, lead_unit: int | None, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Lay the plan before the lead unit. Refused: PLN-070 it needs none, PLN-072 no other buyer, LIF-001 … 003."""
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=it.pk)
    unit = Organisation.objects.filter(pk=lead_unit, kind="buyer", active=True).first() if lead_unit else None
    handed = {"consent": queries.needs_consent(held, at), "lead_unit": unit.pk if unit else None}
    change = {"lead_unit": unit, "consented_at": None, "reason": ""}
    facts = {"lead": unit.name_zh if unit else ""}
    return move(
        held, "ask_consent", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=_moved("ask_consent")
    )


def consent_to_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The lead unit consents. Refused: PLN-073 it was not asked, LIF-002 not its lead."""
    return move(it, "consent", by=by, at=at, expected=expected, announces=_moved("consent"))


def refuse_plan_consent(it: Plan, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The lead unit does not: the plan goes back to its authors. Refused: PLN-036 no reason, PLN-073 it was not asked, LIF-002 not its lead."""
    told = {"reason": reason.strip()}
    change = {**told, "review": {}, **_NOT_REVIEWED}
    announces = _moved("refuse_consent", told["reason"])
    return move(it, "refuse_consent", by=by, at=at, change=change, facts=told, expected=expected, announces=announces)


# A single source is told to the public


@transaction.atomic
def publicise_plan(it: Plan, source: Mapping[str, str], *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Tell the public of the one supplier (TL-036): SOURCE_FIELDS of `source`. Refused: PLN-060 not needed, PLN-064 a field, PLN-067 it is told."""
    told = {name: " ".join(str(source.get(name, "")).split())[:TEXT_CHARS] for name in rules.SOURCE_FIELDS}
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=it.pk)
    until = rulebook.deadline("TL-036", start=at, region_path=held.region_path, on=local_day(at))
    handed = {"public_notice": queries.needs_notice(held, at), "source": told}
    change = {"source": told, "notice_until": until}
    facts = {"supplier": told["supplier"], "until": until, "source": digest(told)}
    return move(
        held, "publicise", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=_moved("publicise")
    )


@transaction.atomic
def object_to_plan(it: Plan, *, text: str, by: Actor, at: datetime) -> PlanObjection:
    """A supplier objects while the notice runs. Refused: PLN-065 it is over, PLN-036 no reason, PLN-066 it did already, LIF-002 no supplier."""
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=it.pk)
    said = text.strip()[:TEXT_CHARS]
    held = move(held, "object", by=by, at=at, facts={"text": said}, announces=_moved("object"))
    assert held.noticed_at is not None, "a notice that runs was published"
    try:
        with transaction.atomic():
            return PlanObjection.objects.create(plan=held, organisation_id=by.party, noticed_at=held.noticed_at, text=said, at=at)
    except IntegrityError:
        raise Refused(Problem(rules.OBJECTED)) from None


@transaction.atomic
def answer_objection(it: PlanObjection, *, answer: str, by: Actor, at: datetime) -> PlanObjection:
    """The buyer answers, in time or late: both stand in the record (TL-037). Refused: PLN-036 it says nothing, LIF-001 the plan went on."""
    held = PlanObjection.objects.select_for_update(of=("self",), no_key=True).select_related("plan", "organisation").get(pk=it.pk)
    said = answer.strip()[:TEXT_CHARS]
    facts = {"answer": said, "objector": held.organisation.name_zh, "until": queries.answer_until(held.plan)}
    move(held.plan, "answer_objection", by=by, at=at, facts=facts)
    held.answer, held.answered_at = said, at
    held.save(update_fields=["answer", "answered_at"])
    return held


# To the regulator


@transaction.atomic
def file_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """File it: looked at once more, its money is earmarked, and the purchase may begin.

    Refused: PLN-032 the key review, PLN-034 it needs approval, PLN-012 … as at handing in, BUD-001 the money went elsewhere meanwhile.
    """
    held, found, kept = _looked_at(it, at)
    facts = {"total": held.total, "method": held.method, "contents": held.contents_hash}
    held = move(
        held, "file", by=by, at=at, change={"rulings": kept}, facts=facts, handed=found, expected=expected, announces=_ready("file")
    )
    plan_money.earmark(held, at=at)
    return held


@transaction.atomic
def ask_plan_approval(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Ask the prefecture's finance bureau for the method; the money is earmarked while it decides. Refused: PLN-035 it needs none, else as `file_plan`."""
    held, found, kept = _looked_at(it, at)
    until = rulebook.deadline("plan.approval_limit", start=at, region_path=held.region_path, on=local_day(at))
    facts = {"total": held.total, "method": held.method, "contents": held.contents_hash}
    change = {"rulings": kept, "decide_until": until, "reason": ""}
    held = move(
        held, "ask_approval", by=by, at=at, change=change, facts=facts, handed=found, expected=expected, announces=_moved("ask_approval")
    )
    plan_money.earmark(held, at=at)
    return held


def approve_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The finance bureau lets the method be used. Refused: LIF-002 not of the prefecture, LIF-001 decided meanwhile."""
    return move(it, "approve", by=by, at=at, facts={"method": it.method}, expected=expected, announces=_ready("approve"))


@transaction.atomic
def refuse_plan(it: Plan, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The finance bureau does not; the money is free again. Refused: PLN-036 no reason."""
    told = {"reason": reason.strip()}
    it = move(it, "refuse", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("refuse", told["reason"]))
    plan_money.free(it, at=at)
    return it


def reopen_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Change a refused plan and hand it in anew."""
    return move(
        it, "reopen", by=by, at=at, change={**_NOT_REVIEWED, "review": {}, "asked_at": None, "decide_until": None}, expected=expected
    )


# Its execution


def begin_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """The purchase begins."""
    return move(it, "begin", by=by, at=at, expected=expected, announces=_moved("begin"))


@transaction.atomic
def finish_plan(it: Plan, *, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """All that was planned is bought; what is left of the money is free again."""
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=it.pk)
    facts = {"used": plan_money.used(held)}
    held = move(held, "finish", by=by, at=at, facts=facts, expected=expected, announces=_moved("finish"))
    plan_money.free(held, at=at)
    return held


@transaction.atomic
def withdraw_plan(it: Plan, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Plan:
    """Give the plan up; its money is free again. Refused: PLN-036 no reason, PLN-037 something is bought already."""
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=it.pk)
    told = {"reason": reason.strip()}
    handed = {"used": plan_money.used(held)}
    held = move(
        held,
        "withdraw",
        by=by,
        at=at,
        change=told,
        facts=told,
        handed=handed,
        expected=expected,
        announces=_moved("withdraw", told["reason"]),
    )
    plan_money.free(held, at=at)
    return held


# Behind the verbs

_NOT_REVIEWED: Final[dict[str, Any]] = {
    "reviewer": None, "reviewed_at": None, "key_reviewer": None, "key_reviewed_at": None,
    "source": {}, "noticed_at": None, "notice_until": None, "lead_unit": None, "consent_asked_at": None, "consented_at": None,
}  # fmt: skip


def _looked_at(it: Plan, at: datetime) -> tuple[Plan, dict[str, Any], list[dict[str, Any]]]:
    """The plan locked, what its rules are handed, and the rulings as they are kept: in the language of the record."""
    held = Plan.objects.select_for_update(of=("self",), no_key=True).select_related("intention_item__intention").get(pk=it.pk)
    with translation.override(RECORD_LANGUAGE):
        found = queries.check_plan(held, at)
        kept = [ruling.to_json() for ruling in found.rulings]
    handed = {"problems": found.all_problems, "key": queries.is_key_project(held, at), "approval": queries.needs_approval(held, at)}
    open_objections = held.objections.filter(answered_at=None, noticed_at=held.noticed_at).count() if held.noticed_at else 0
    handed |= {
        "public_notice": queries.needs_notice(held, at),
        "open_objections": open_objections,
        "consent": queries.needs_consent(held, at),
    }
    return held, handed, kept


def _reviewed(
    it: Plan, verb: str, wanted: Mapping[str, Any], points: Collection[str], opinion: str, *, by: Actor, at: datetime, expected: int | None
) -> Plan:
    """One of the two reviews, with the points that its reviewer stands for."""
    confirmed = [point for point in wanted if point in points]
    told = {"points": confirmed, "opinion": opinion.strip()[:TEXT_CHARS]}
    role = {"review": "reviewer", "review_key": "key_reviewer"}[verb]
    change = {role + "_id": by.user_id, "review": {**it.review, verb: {**told, "by": by.user_name, "at": at.isoformat()}}}
    handed = {"wanted": list(wanted), "key": queries.is_key_project(it, at)}
    return move(it, verb, by=by, at=at, change=change, facts=told, handed=handed, expected=expected, announces=_moved(verb))


def _write(it: Plan, items: Sequence[PlanItem]) -> None:
    for item in items:
        item.pk, item.plan = None, it
    PlanItem.objects.bulk_create(items)


def _keep_quotas(it: Plan, items: Sequence[PlanItem]) -> None:
    """An object that is only rewritten is paid as before."""
    before = {item.position: item.quota_id for item in it.items.all()}
    for item in items:
        item.quota_id = before.get(item.position)


def _reserved_anew(it: Plan, change: Mapping[str, Any]) -> dict[str, Any]:
    """What is reserved of a total that changes: the whole stays the whole, a share never exceeds it."""
    reserved = change["total"] if it.set_aside == "whole" else min(it.reserved, change["total"])
    return {"reserved": reserved, "reserved_small": min(it.reserved_small, reserved)}


def _digest(it: Plan, items: Sequence[PlanItem]) -> str:
    """Digest of what the plan says."""
    told = [
        it.name, it.purpose, it.kind, it.starts_on, it.demand_number, it.public_interest, it.complex, it.intention_item_id, it.no_intention,
        it.no_intention_reason, it.form, it.method, it.grounds, it.ground_reason, it.original, it.added, it.set_aside, it.reserved,
        it.reserved_small, it.exemption, it.exemption_reason, it.imported, it.authorisation, it.authorisation_file_id,
    ]  # fmt: skip
    lines = [[item.category.code, item.name, item.quantity, item.unit, item.amount, item.quota_id] for item in items]
    return digest([told, lines])


def _moved(verb: str, reason: str = "") -> Callable[[Plan], list[Event]]:
    return lambda it: [
        PlanMoved(
            number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id, region_path=it.region_path, reason=reason, version=it.version
        )
    ]


def _ready(verb: str) -> Callable[[Plan], list[Event]]:
    """The plan may be carried out: every mode that it names listens."""
    return lambda it: [
        *_moved(verb)(it),
        PlanReady(number=it.number, method=it.method, kind=it.kind, total=str(it.total), buyer_id=it.buyer_id, region_path=it.region_path),
    ]
