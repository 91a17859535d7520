"""Verbs of an open framework agreement: the invitation that stays open for the whole term, applications, admission, and leaving at any time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation

from sunlit.domain.market.models import Framework, FrameworkEntry, Package
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.services import framework_forms as forms
from sunlit.domain.market.services.drafts import discard_draft
from sunlit.domain.market.services.frameworks import (
    NONCE_BYTES,
    RECORD_LANGUAGE,
    entry_moved,
    framework_handed,
    locked_framework,
    months_on,
    moved,
    own_paper,
    response_problems,
    shown_at,
)
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import end_of_day, local_day
from sunlit.foundation.kernel.limits import TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.lifecycle import move


def invite_suppliers(it: Framework, *, by: Actor, at: datetime, expected: int | None = None) -> Framework:
    """Publish the invitation: the agreement runs from now on, and any supplier may apply until its end. Refused: OFW-006 it is a closed one."""
    until = end_of_day(months_on(local_day(at), it.months))
    file_until = rulebook.deadline("TL-043", start=at, region_path=it.region_path, on=local_day(at))
    change = {"respond_until": until, "valid_until": until, "file_until": file_until, "signed_at": at}
    facts = {"until": shown_at(until), "contents": it.contents_hash}
    return move(it, "invite", by=by, at=at, change=change, facts=facts, expected=expected, announces=moved("invite"))


@transaction.atomic
def apply_to_join(package: Package, told: Mapping[str, Any], *, proof: File | None = None, by: Actor, at: datetime) -> FrameworkEntry:
    """A supplier applies for a package with what it offers, at the fee that all are paid. The solicitor answers within the legal term.

    Refused: OFW-007 the agreement takes no applications, OFW-008 cleared out of it before, FWK-042 not active, FWK-043 applied already or a party,
    FWK-001, FWK-044, FWK-045, FWK-046, FWK-049 at their fields.
    """
    framework = locked_framework(package.framework_id)
    change = forms.response({**told, "quoted": str(package.ceiling)}, package, proof=own_paper(proof, by))
    until = rulebook.deadline("TL-045", start=at, region_path=framework.region_path, on=local_day(at))
    it = FrameworkEntry(
        number=new_number("KX", at),
        region_path=framework.region_path,
        package=package,
        supplier_id=by.party,
        nonce=secrets.token_hex(NONCE_BYTES),
        submitted_at=at,
        decide_until=until,
        **change,
    )
    problems = list(response_problems(it, framework, by, at))
    if FrameworkEntry.objects.filter(package__framework=framework, supplier_id=by.party, state="cleared_out").exists():
        problems.append(Problem(open_rules.CLEARED_OUT))
    facts = {"framework": framework.number, "until": shown_at(until)}
    handed = {"framework": framework, "problems": problems}
    discard_draft("framework", framework.number, part=package.position, by=by)
    try:
        with transaction.atomic():
            return move(it, "apply", by=by, at=at, facts=facts, handed=handed, announces=entry_moved("apply", framework), within=True)
    except IntegrityError as error:
        if "one_response_a_package_and_supplier" not in str(error):
            raise
        raise Refused(Problem(rules.ANSWERED_ALREADY)) from None


def take_back_application(it: FrameworkEntry, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """Before the answer; another one may follow."""
    return move(it, "take_back", by=by, at=at, expected=expected)


@transaction.atomic
def admit_supplier(it: FrameworkEntry, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """It meets the requirements and is a party from now on, at the fee of the invitation; the public notice stands for a signed agreement.

    Refused: OFW-007 the agreement is over, FWK-042 the supplier is not active now.
    """
    framework = locked_framework(it.package.framework_id)
    last = it.package.entries.aggregate(last=Max("rank"))["last"] or 0
    problems = [] if registry.standing(it.supplier_id) == "active" else [Problem(rules.NOT_ACTIVE)]
    change = {"price": it.quoted, "rank": last + 1, "judged_at": at, "listed_at": at}
    facts = {"supplier": it.supplier.name_zh, "framework": framework.number, "price": it.quoted}
    handed = {"framework": framework, "problems": problems}
    return move(
        it, "admit", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=entry_moved("admit", framework)
    )


@transaction.atomic
def turn_down_supplier(
    it: FrameworkEntry, *, finding: str, note: str, by: Actor, at: datetime, expected: int | None = None
) -> FrameworkEntry:
    """It does not meet the requirements: the finding and the facts are its written answer, and it may apply again.

    Refused: FWK-047 no finding, FWK-020 no words, OFW-007 the agreement is over.
    """
    framework = locked_framework(it.package.framework_id)
    said = {"finding": finding, "note": note.strip()[:TEXT_CHARS]}
    with translation.override(RECORD_LANGUAGE):
        facts = {**said, "finding": str(rules.FINDINGS.get(finding, "")).rstrip("。")}
    handed = {"framework": framework, "finding": finding}
    announces = entry_moved("turn_down", framework, said["note"])
    return move(it, "turn_down", by=by, at=at, change=said, facts=facts, handed=handed, expected=expected, announces=announces)


@transaction.atomic
def leave_framework(it: FrameworkEntry, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkEntry:
    """A party leaves an open agreement when it wants to; orders that were placed are performed. Refused: OFW-006 it is a closed one."""
    framework = locked_framework(it.package.framework_id)
    facts = {"framework": framework.number}
    announces = entry_moved("leave", framework)
    return move(it, "leave", by=by, at=at, facts=facts, handed=framework_handed(framework), expected=expected, announces=announces)
