"""Cases of splitting: opened and kept in step with what was bought, explained by buyers, decided by regulators.

On the feed and at night the same function looks, so both agree. One writer at a time compares what is found with the open cases; behind it stands
`one_open_case_of_splitting_a_subject`. What was decided is not found again until another purchase goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.db import connection, transaction

from sunlit.domain.planning.models import BudgetQuota, Purchase
from sunlit.domain.planning.queries.findings import Finding, findings
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.supervision import states
from sunlit.domain.supervision.events import SplittingMoved
from sunlit.domain.supervision.models import SplittingCase
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.lifecycle import move

WRITERS: Final = 0x5B1  # the lock under which cases of splitting are opened and closed
DUE_MOST: Final = 500
TERM: Final = "splitting.answer_limit"
ORDERED: Final = frozenset(  # acts that buy something or give it back
    f"order.{verb}" for verb in ("request", "place", "disapprove", "withdraw", "decline", "agree_cancel", "lapse", "take_back")
)
DECIDED: Final = (states.CLEARED, states.DISMISSED, states.UPHELD)


@dataclass
class Looked:
    """What a look did."""

    found: int = 0
    opened: int = 0
    grown: int = 0
    corrected: int = 0


def look_at_splitting(*, at: datetime, under: str, buyers: Sequence[int] | None = None) -> Looked:
    """Open, continue and close cases as the purchases of all buyers, or of these, stand now. `under` names the act or sweep that asks."""
    if buyers is not None and not buyers:
        return Looked()
    if not _differs(findings(at=at, buyers=buyers), buyers, at):
        return Looked()
    return _write(at=at, under=under, buyers=buyers)


def buyers_of(references: Iterable[str]) -> list[int]:
    """Whose purchases these are, by "order/DD-…"."""
    return list(Purchase.objects.filter(reference__in=list(references)).order_by("buyer_id").values_list("buyer_id", flat=True).distinct())


def follow_purchases(acts: Sequence[Act], *, at: datetime) -> Looked:
    """Look at the buyers whose orders or quotas these acts moved. Being told twice does no harm."""
    orders = [act.subject for act in acts if act.act in ORDERED]
    quotas = [act.subject.partition("/")[2] for act in acts if act.act == "quota.set_total"]
    buyers = set(buyers_of(orders)) | set(BudgetQuota.objects.filter(number__in=quotas).values_list("buyer_id", flat=True))
    return look_at_splitting(at=at, under=f"act/{acts[-1].index}", buyers=sorted(buyers))


def explain_splitting(it: SplittingCase, *, explanation: str, by: Actor, at: datetime, expected: int | None = None) -> SplittingCase:
    """The buyer says why the purchases were not made together. Refused: WAT-005, LIF-001, LIF-002, LIF-003."""
    told = {"explanation": explanation.strip()}
    return move(it, "explain", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("explain"))


def clear_splitting(it: SplittingCase, *, by: Actor, at: datetime, expected: int | None = None) -> SplittingCase:
    """Accept the explanation: it is found again only when another purchase goes on."""
    return move(it, "clear", by=by, at=at, expected=expected, announces=_moved("clear"))


def dismiss_splitting(it: SplittingCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> SplittingCase:
    """Nothing is wrong: a false alarm. Refused: WAT-001."""
    return _decide(it, "dismiss", reason, by, at, expected)


def uphold_splitting(it: SplittingCase, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> SplittingCase:
    """State that the purchases were divided to avoid open tender (条例28). Refused: WAT-001."""
    return _decide(it, "uphold", reason, by, at, expected)


def splitting_falls_due(*, at: datetime) -> int:
    """Note the cases whose buyer did not answer in time; returns how many. Called by the clock."""
    due = SplittingCase.objects.filter(state=states.NOTIFIED, answer_until__lte=at).order_by("answer_until", "pk")[:DUE_MOST]
    return sum(_fell_due(it, at) for it in due)


def _decide(it: SplittingCase, verb: str, reason: str, by: Actor, at: datetime, expected: int | None) -> SplittingCase:
    told = {"reason": reason.strip()}
    return move(it, verb, by=by, at=at, change=told, facts=told, expected=expected, announces=_moved(verb))


def _fell_due(it: SplittingCase, at: datetime) -> int:
    try:
        move(it, "fall_due", by=CLOCK, at=at, announces=_moved("fall_due"))
    except Refused:  # answered or corrected at this moment
        return 0
    return 1


def _differs(found: Sequence[Finding], buyers: Sequence[int] | None, at: datetime) -> bool:
    """Whether what is found is not what the cases say: asked without a lock, for most looks change nothing."""
    new, grown, gone = _compared(_watched(found, at), buyers, at)
    return bool(new or grown or gone)


@transaction.atomic
def _write(*, at: datetime, under: str, buyers: Sequence[int] | None) -> Looked:
    """Look again, alone, and write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS])
    found = _watched(findings(at=at, buyers=buyers), at)
    new, grown, gone = _compared(found, buyers, at)
    names = dict(Organisation.objects.filter(pk__in={it.buyer_id for it in new}).values_list("pk", "name_zh"))
    for finding in new:
        _open(finding, names[finding.buyer_id], under=under, at=at)
    for case, finding in grown:
        facts = {"amount": _amount(finding), "under": under}
        move(case, "grow", by=CLOCK, at=at, change=_content(finding), facts=facts, within=True, announces=_moved("grow"))
    for case in gone:
        move(case, "correct", by=CLOCK, at=at, facts={"under": under}, within=True, announces=_moved("correct"))
    return Looked(len(found), len(new), len(grown), len(gone))


def _watched(found: Sequence[Finding], at: datetime) -> list[Finding]:
    """What the region watches; a kind without a switch in force is not watched yet."""
    return [finding for finding in found if _setting("watch.switch", finding, at) == "on"]


def _setting(key: str, finding: Finding, at: datetime) -> str:
    try:
        return rulebook.rule(key, region_path=finding.region_path, kind=finding.kind, on=local_day(at)).choice
    except Refused:
        return ""


def _compared(
    found: Sequence[Finding], buyers: Sequence[int] | None, at: datetime
) -> tuple[list[Finding], list[tuple[SplittingCase, Finding]], list[SplittingCase]]:
    """What is new, which open cases went on, and which are over."""
    rows = SplittingCase.objects.order_by("pk")
    rows = rows if buyers is None else rows.filter(buyer_id__in=buyers)
    held = {(it.buyer_id, it.kind, it.subject): it for it in rows.filter(ended_at=None).select_related("quota")}
    keys = {finding.key: finding for finding in found}
    decided = _decided(rows, [key for key in keys if key not in held])
    new = [it for key, it in keys.items() if key not in held and (key not in decided or it.last_at > decided[key])]
    grown = [(held[key], it) for key, it in keys.items() if key in held and _went_on(held[key], it)]
    gone = [case for key, case in held.items() if key not in keys and _is_over(case, at)]
    return new, grown, gone


def _decided(rows: Any, keys: Sequence[tuple[int, str, str]]) -> dict[tuple[int, str, str], datetime]:
    """Up to which purchase the last decision on a subject goes."""
    done = rows.filter(state__in=DECIDED, buyer_id__in={buyer for buyer, _kind, _subject in keys})
    return {(buyer, kind, subject): last for buyer, kind, subject, last in done.values_list("buyer_id", "kind", "subject", "last_at")}


def _went_on(case: SplittingCase, finding: Finding) -> bool:
    return finding.last_at > case.last_at or Decimal(_amount(finding)) != case.amount


def _is_over(case: SplittingCase, at: datetime) -> bool:
    """A sum that is no longer passed in its year is put right. What lay within days stays found, unless a purchase was taken back."""
    if case.quota is not None:
        return case.quota.year == local_day(at).year
    references = [reference for reference, _amount, _at in case.purchases]
    return Purchase.objects.filter(reference__in=references, category_code=case.category_code, struck_at__isnull=False).exists()


def _open(finding: Finding, buyer: str, *, under: str, at: datetime) -> SplittingCase:
    term = rulebook.rule(TERM, region_path=finding.region_path, on=local_day(at))
    case = SplittingCase(
        number=new_number("CF", at),
        region_path=finding.region_path,
        buyer_id=finding.buyer_id,
        kind=finding.kind,
        subject=finding.subject,
        severity=_setting("watch.severity", finding, at),
        category_code=finding.category_code,
        quota_id=finding.quota_id,
        supplier_id=finding.supplier_id,
        answer_until=rulebook.end_of(term, start=at, region_path=finding.region_path),
        found_by=under,
        found_at=at,
        **_content(finding),
    )
    facts = {"amount": _amount(finding), "buyer": buyer, "kind": finding.kind, "subject": finding.subject, "under": under}
    return move(case, "open", by=CLOCK, at=at, facts=facts, within=True, announces=_moved("open"))


def _content(finding: Finding) -> Mapping[str, Any]:
    return {
        "amount": Decimal(_amount(finding)),
        "ruling": finding.ruling.to_json(),
        "purchases": [[it.reference, str(it.amount), it.at.isoformat()] for it in finding.purchases],
        "last_at": finding.last_at,
    }


def _amount(finding: Finding) -> str:
    return str(finding.ruling.figures["sum"])


def _told(verb: str, case: SplittingCase) -> list[SplittingMoved]:
    until = case.answer_until.isoformat()
    return [SplittingMoved(case.number, case.buyer_id, case.region_path, verb, str(case.amount), until, case.reason, case.version)]


def _moved(verb: str) -> partial[list[SplittingMoved]]:
    return partial(_told, verb)
