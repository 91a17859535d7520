"""What must hold for a procurement plan (条例29, 财库〔2021〕22号, 财库〔2020〕10号, 财库〔2020〕46号)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case

# What a form says
NAME_MISSING = Reason("PLN-001", _("Give the plan the name of its project."))
NO_ITEMS = Reason("PLN-002", _("Fill in at least one object."))
CATEGORY_UNKNOWN = Reason("PLN-003", _("Object {row}: “{code}” is no item of the procurement catalogue."))
OBJECT_NAMELESS = Reason("PLN-004", _("Object {row}: say what it is."))
QUANTITY_WRONG = Reason("PLN-005", _("Object {row}: the quantity must be a whole number from 1 to {most}."))
AMOUNT_WRONG = Reason("PLN-006", _("“{amount}” is not an amount in yuan above zero with at most two places."))
TOO_MANY_ITEMS = Reason("PLN-007", _("At most {most} objects in one plan."))
TEXT_LONG = Reason("PLN-008", _("At most {most} characters."))
DAY_WRONG = Reason("PLN-009", _("“{day}” is not a day, like 2026-09-01."))
CHOICE_WRONG = Reason("PLN-010", _("Choose one of the possibilities."))
QUOTA_NOT_YOURS = Reason("PLN-011", _("Object {row}: choose one of your organisation's budget quotas."))

# What is still missing when the plan is handed in
START_MISSING = Reason("PLN-012", _("Say when the purchase is to begin."))
QUOTA_MISSING = Reason(
    "PLN-013", _("Object {row}: choose the quota that pays for it. Nothing is bought without a budget (政府采购法 art. 33).")
)
QUOTA_SHORT = Reason("PLN-014", _("Quota {quota}: {available} available, {wanted} planned."))
METHOD_MISSING = Reason("PLN-015", _("Choose how it is bought."))
GROUND_MISSING = Reason("PLN-016", _("Say in at least {least} characters which facts carry this method: the regulator reads it."))
SET_ASIDE_MISSING = Reason("PLN-017", _("Answer what is reserved for small and medium-sized enterprises."))
EXEMPTION_MISSING = Reason("PLN-018", _("Say why nothing is reserved, with the facts in at least {least} characters."))
AUTHORISATION_MISSING = Reason(
    "PLN-019", _("Imports are authorised before they are bought: give the number of the authorisation and its paper.")
)
RESERVED_WRONG = Reason(
    "PLN-020", _("Reserved is {reserved}, of it {small} for small and micro enterprises: neither can exceed what it is a part of.")
)
INTENTION_LOST = Reason("PLN-021", _("Notice {number} does not stand any more: choose its correction, or another notice."))
INTENTION_REASON = Reason("PLN-022", _("Say in at least {least} characters why the need is urgent and could not be foreseen."))
DEMAND_LOST = Reason("PLN-023", _("Demand {number} is not settled. Settle it first, or take another one."))
FORM_MISSING = Reason("PLN-024", _("Choose the organisation form."))

# Who and when
SAME_PERSON = Reason("PLN-030", _("You wrote in this plan yourself: somebody else must review it (财库〔2021〕22号 art. 33)."), FORBIDDEN)
POINTS_OPEN = Reason("PLN-031", _("Confirm every point of the review, or send the plan back."))
KEY_REVIEW_MISSING = Reason("PLN-032", _("This project needs the key review as well (财库〔2021〕22号 art. 11, 32)."), CONFLICT)
NO_KEY_REVIEW = Reason("PLN-033", _("This project needs no key review."), CONFLICT)
APPROVAL_NEEDED = Reason(
    "PLN-034", _("This method needs the approval of the prefecture's finance bureau before the purchase begins: ask for it."), CONFLICT
)
NO_APPROVAL_NEEDED = Reason("PLN-035", _("This method needs no approval: file the plan."), CONFLICT)
REASON_MISSING = Reason("PLN-036", _("Give a reason of at least {least} characters: the other side reads it."))
BOUGHT_ALREADY = Reason("PLN-037", _("{used} of this plan is bought already: it can be finished, not withdrawn."), CONFLICT)

# Buying for it
NOT_FOR_ORDERS = Reason("PLN-040", _("Choose a filed plan of your organisation that buys in the marketplace."))
LINE_SHORT = Reason("PLN-041", _("Plan {plan}: {left} is left of quota {quota}, the order comes to {wanted}."), CONFLICT)
NOT_PLANNED = Reason("PLN-042", _("“{category}” is not in plan {plan}: take it out of the cart, or plan it."))
OTHER_QUOTA = Reason("PLN-043", _("Plan {plan} is paid from {quotas}: choose it here."))

# What the rulebook's rows are told with
NO_INTENTION = Reason(
    "PLN-050",
    _(
        "No intention was published for this project. Publish it at least {days} days before the purchase begins, or say why none is needed."
    ),
)
INTENTION_LATE = Reason(
    "PLN-051", _("The intention has been public since {since}: with {days} days the purchase may begin on {earliest}, not on {starts}.")
)
DEMAND_MISSING = Reason(
    "PLN-052", _("This project needs a demand with its survey first (财库〔2021〕22号 art. 11): settle one and name it here.")
)
NOT_CENTRAL = Reason(
    "PLN-054", _("“{category}” stands in the centralised catalogue: its purchase is organised centrally (政府采购法 art. 18).")
)
NOT_RESERVED = Reason(
    "PLN-055",
    _(
        "With {total} it stays within {limit}: such a project is reserved for small and medium-sized enterprises as a whole, or says why not."
    ),
)
RESERVED_SHORT = Reason("PLN-056", _("{reserved} of {total} is reserved, {percent} %; the year as a whole needs at least {least} %."))
SMALL_SHORT = Reason(
    "PLN-057",
    _("{small} of what is reserved goes to small and micro enterprises, {percent} %; the year as a whole needs at least {least} %."),
)

OVER_INTENTION = Reason(
    "PLN-058", _("{total} is planned, notice {number} told of {budget}: publish a correction, or plan within what was told.")
)
OTHER_INTENTION = Reason(
    "PLN-059", _("“{objects}” is not what notice {number} told of with “{project}”: name the notice of this project, or correct it.")
)

NO_NOTICE_NEEDED = Reason("PLN-060", _("This method is not told to the public beforehand."), CONFLICT)
NOTICE_MISSING = Reason(
    "PLN-061",
    _("A single source from the open-tender threshold on is told to the public first (条例 art. 38): publish its notice."),
    CONFLICT,
)
NOTICE_RUNS = Reason("PLN-062", _("The notice is public until {until}: the approval can be asked for afterwards."), CONFLICT)
OBJECTIONS_OPEN = Reason("PLN-063", _("{count} objections wait for your answer."), CONFLICT)
NOTICE_FIELD = Reason("PLN-064", _("This belongs into the notice, in at least {least} characters."))
NOTICE_OVER = Reason("PLN-065", _("Objections could be made until {until}."), CONFLICT)
OBJECTED = Reason("PLN-066", _("Your organisation has objected to this notice already."), CONFLICT)
NOTICE_STANDS = Reason("PLN-067", _("The notice is public already."), CONFLICT)

NO_CONSENT_NEEDED = Reason("PLN-070", _("This method needs no consent of a lead unit."), CONFLICT)
CONSENT_MISSING = Reason("PLN-071", _("This method needs the consent of the lead unit first (财库〔2024〕13号): ask for it."), CONFLICT)
LEAD_UNIT_WRONG = Reason("PLN-072", _("Choose the lead unit: another buyer than yourselves."))
CONSENT_NOT_ASKED = Reason("PLN-073", _("Nobody waits for this consent."), CONFLICT)

SOURCE_FIELDS: Final = ("supplier", "address", "opinion")
RANKS: Final = frozenset({"prefecture", "province", "nation"})  # who approves methods: 设区的市、自治州以上 (政府采购法 art. 27)
OPINION_CHARS_LEAST: Final = 10
NO_INTENTION_BECAUSE: Final[dict[str, str | Promise]] = {
    "sporadic": _("small sporadic purchases by agreement or at designated suppliers"),
    "batch": _("batch centralised procurement"),
    "urgent": _("an urgent need that could not be foreseen"),
}
FORMS: Final[dict[str, str | Promise]] = {
    "central": _("centralised procurement"),
    "departmental": _("departmental centralised procurement"),
    "dispersed": _("dispersed procurement"),
}
SET_ASIDES: Final[dict[str, str | Promise]] = {
    "whole": _("the whole project"),
    "package": _("whole packages"),
    "consortium": _("a share within joint bids"),
    "subcontract": _("a share that must be subcontracted"),
    "none": _("nothing"),
}
REVIEW_POINTS: Final[dict[str, str | Promise]] = {
    "budget": _("It follows the rules of the budget and stays within the quotas."),
    "method": _("The reason for the method holds, and approvals that it needs are asked for."),
    "complete": _("Contents and papers are complete; the demand fits what the unit needs."),
}
KEY_POINTS: Final[dict[str, str | Promise]] = {
    "fair": _("Nothing in it favours or discriminates against a supplier."),
    "competition": _("It leaves competition as much room as the object allows."),
    "policy": _("Procurement policies are carried out: SMEs, green products, domestic products."),
    "risk": _("Payment, acceptance and what may go wrong in performance are provided for."),
}


def speaks_of(told: str, *names: str) -> bool:
    """Two characters in a row of one of the names stand in what was told: names of goods in Chinese share that much, or nothing."""
    pairs = {name[n : n + 2] for name in names for n in range(len(name) - 1)}
    return any(pair in told for pair in pairs)


def is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the look at the whole plan found: what is missing, and what the rulebook refuses."""
    yield from case.facts.get("problems", ())


def reason_is_given(case: Case) -> Iterator[Problem]:
    """Who sends back, refuses or withdraws says why."""
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def reviewer_did_not_draft(case: Case) -> Iterator[Problem]:
    """Who drafted does not review (财库〔2021〕22号 art. 33)."""
    if case.by.user_id in case.it.drafters:
        yield Problem(SAME_PERSON)


def points_are_confirmed(case: Case) -> Iterator[Problem]:
    """A review that leaves a point open is none."""
    confirmed: Collection[str] = case.facts.get("points", ())
    if set(case.facts.get("wanted", ())) - set(confirmed):
        yield Problem(POINTS_OPEN, on="points")


def is_key_project(case: Case) -> Iterator[Problem]:
    """Only projects of art. 11 have a key review."""
    if not case.facts.get("key"):
        yield Problem(NO_KEY_REVIEW)


def key_review_is_done(case: Case) -> Iterator[Problem]:
    """Key review is compulsory for projects of art. 11 (财库〔2021〕22号 art. 32)."""
    if case.facts.get("key") and case.it.key_reviewed_at is None:
        yield Problem(KEY_REVIEW_MISSING)


def needs_no_approval(case: Case) -> Iterator[Problem]:
    """What is only filed is lawful without anybody's leave."""
    if case.facts.get("approval"):
        yield Problem(APPROVAL_NEEDED)


def needs_approval(case: Case) -> Iterator[Problem]:
    """Nobody is asked for leave who has none to give (条例23: only from the open-tender threshold on)."""
    if not case.facts.get("approval"):
        yield Problem(NO_APPROVAL_NEEDED)


def needs_consent(case: Case) -> Iterator[Problem]:
    """Only what the rulebook lets depend on the lead unit is laid before it; and nobody consents to the own plan."""
    if not case.facts.get("consent"):
        yield Problem(NO_CONSENT_NEEDED)
    if case.facts.get("lead_unit") in (None, case.it.buyer_id):
        yield Problem(LEAD_UNIT_WRONG, on="lead_unit")


def consent_is_asked(case: Case) -> Iterator[Problem]:
    """The lead unit answers what it was asked, once."""
    if case.it.consent_asked_at is None or case.it.consented_at is not None:
        yield Problem(CONSENT_NOT_ASKED)


def consent_is_given(case: Case) -> Iterator[Problem]:
    """What needs the lead unit's consent is not filed without it (财库〔2024〕13号)."""
    if case.facts.get("consent") and case.it.consented_at is None:
        yield Problem(CONSENT_MISSING)


def needs_a_notice(case: Case) -> Iterator[Problem]:
    """What the law does not want told is not told; what is told already is not told twice."""
    if not case.facts.get("public_notice"):
        yield Problem(NO_NOTICE_NEEDED)
    if case.it.noticed_at is not None:
        yield Problem(NOTICE_STANDS)


def notice_is_complete(case: Case) -> Iterator[Problem]:
    """The notice names the one supplier with its address, and what experts say to it (条例 art. 38; 74号令 art. 38)."""
    for field in SOURCE_FIELDS:
        least = REASON_CHARS_LEAST if field != "opinion" else OPINION_CHARS_LEAST
        if len(str(case.facts["source"].get(field, ""))) < least:
            yield Problem(NOTICE_FIELD, {"least": least}, on=field)


def notice_is_over(case: Case) -> Iterator[Problem]:
    """The public had its days, and whoever objected has an answer, before approval is asked for (条例 art. 38)."""
    if not case.facts.get("public_notice"):
        return
    if case.it.notice_until is None:
        yield Problem(NOTICE_MISSING)
    elif case.at < case.it.notice_until:
        yield Problem(NOTICE_RUNS, {"until": case.it.notice_until})
    if count := case.facts.get("open_objections", 0):
        yield Problem(OBJECTIONS_OPEN, {"count": count})


def notice_runs(case: Case) -> Iterator[Problem]:
    """Objections are made while the notice runs."""
    if case.it.notice_until is None or case.at >= case.it.notice_until:
        yield Problem(NOTICE_OVER, {"until": case.it.notice_until or "—"})


def objection_says_why(case: Case) -> Iterator[Problem]:
    """An objection, and the answer to it, give their facts."""
    for field in ("text", "answer"):
        if field in case.facts and len(str(case.facts[field])) < REASON_CHARS_LEAST:
            yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on=field)


def nothing_is_bought(case: Case) -> Iterator[Problem]:
    """What was bought was bought for a plan, and keeps it."""
    if used := case.facts.get("used"):
        yield Problem(BOUGHT_ALREADY, {"used": used})
