"""What must hold when suppliers enter, are suspended and leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import Problem, Reason
from sunlit.foundation.lifecycle import Case

REASON_MISSING = Reason("REG-001", _("Give a reason of at least {least} characters: the other side reads it."))
FIELD_MISSING = Reason("REG-002", _("This must be filled in before the application can be submitted."))
DOCUMENT_MISSING = Reason("REG-003", _("Attach at least one document, such as the business licence."))
CATEGORY_MISSING = Reason("REG-004", _("Choose at least one category that you supply."))
TERM_PAST = Reason("REG-005", _("The suspension must end on a later day than today."))
TERM_RUNNING = Reason("REG-006", _("The suspension still runs until {until}."))
STILL_OPEN = Reason("REG-007", _("{count} orders are still open: finish them first."))
CREDIT_CODE_TAKEN = Reason("REG-009", _("A supplier with the code {code} is already admitted or under review."))
CATEGORY_UNKNOWN = Reason("REG-010", _("There is no category “{code}”."))
REGION_UNKNOWN = Reason("REG-011", _("There is no region “{code}” in this net."))
NOT_YOUR_REGION = Reason("REG-012", _("{region} lies outside your region."), 403)
LOGIN_TAKEN = Reason("REG-013", _("The login “{login}” is taken."))
NOT_ADMITTED = Reason("REG-014", _("Supplier {number} is {state}: nothing can be sold by it now."))
TEXT_LONG = Reason("REG-015", _("At most {most} characters."))
STAFF_WRONG = Reason("REG-016", _("“{value}” is not a number of staff: a whole number up to {most}."))
TOO_MANY_DOCUMENTS = Reason("REG-017", _("At most {most} documents."))
OWN_APPLICATION = Reason("REG-019", _("This is your own application: somebody else must decide it."), 403)
DOCUMENT_UNKNOWN = Reason("REG-018", _("Attach documents that you uploaded yourself."))


def reason_is_given(case: Case) -> Iterator[Problem]:
    """Who is returned, refused or suspended is told why (政府采购法实施条例 art. 63: records state the facts)."""
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def decider_is_not_applicant(case: Case) -> Iterator[Problem]:
    """Nobody decides an own application (内部控制: 不相容岗位分离)."""
    if case.by.user_id == case.it.applicant_id:
        yield Problem(OWN_APPLICATION)


def application_is_complete(case: Case) -> Iterator[Problem]:
    """Name, representative, contact, telephone, address, categories and one document at least."""
    for field in ("name_zh", "legal_representative", "contact", "phone", "address"):
        if not getattr(case.it, field).strip():
            yield Problem(FIELD_MISSING, on=field)
    if not case.it.category_codes:
        yield Problem(CATEGORY_MISSING, on="category_codes")
    if not case.facts.get("documents"):
        yield Problem(DOCUMENT_MISSING, on="documents")


def term_lies_ahead(case: Case) -> Iterator[Problem]:
    """A suspension has an end that lies ahead."""
    until = case.facts.get("ends_at")
    if until is None or until <= case.at:
        yield Problem(TERM_PAST, on="until")


def term_is_over(case: Case) -> Iterator[Problem]:
    """Only time ends a suspension by itself."""
    if case.it.suspended_until > case.at:
        yield Problem(TERM_RUNNING, {"until": case.it.suspended_until})


def nothing_is_open(case: Case) -> Iterator[Problem]:
    """A supplier leaves when it owes nobody anything."""
    if case.facts.get("open_orders", 0):
        yield Problem(STILL_OPEN, {"count": case.facts["open_orders"]})


# Size

INDUSTRY_UNKNOWN = Reason("REG-020", _("There is no branch of industry “{value}”."))
FIGURE_WRONG = Reason("REG-021", _("“{value}” is not a figure: nought or more, at most {most}."))
YEAR_WRONG = Reason("REG-022", _("Figures of one of the last {years} full years are declared, not of “{value}”."))
MORE_THAN_STAFF = Reason("REG-023", _("{disabled} staff with disabilities are more than the staff of {staff}."))
TRUTH_MISSING = Reason("REG-024", _("Tick the box: whoever declares something untrue is liable for it (政府采购法 art. 77)."))
OTHER_SIZE = Reason(
    "REG-025", _("Row {row}: by the figures that stand there “{enterprise}” is {size}, not {claimed} (工信部联企业〔2011〕300号).")
)
OWN_OTHER_SIZE = Reason(
    "REG-026",
    _("Row {row}: your organisation declared figures by which it counts as {size}, not {claimed}. Declare the new figures first."),
)
SMALL: Final = ("small", "micro")


def counts_as(size: str, *, large_affiliate: bool, prison: bool, welfare: bool) -> str:
    """What the policies take an enterprise for: prisons' and welfare enterprises for small ones, affiliates of large ones for large (财库〔2020〕46号)."""
    if prison or welfare:
        return size if size in SMALL else SMALL[0]
    return "large" if large_affiliate else size


def policies_open_to(counts_as: str, *, prison: bool, welfare: bool) -> frozenset[str]:
    """The policies (tags of offers) that an enterprise of this size has a part in."""
    told = {"sme": counts_as != "large", "small_micro": counts_as in SMALL, "prison_enterprise": prison, "disabled_welfare_unit": welfare}
    return frozenset(policy for policy, holds in told.items() if holds)


def figures_count_until(year: int, *, years: int) -> date:
    """The last day on which the figures of this year still stand for the enterprise, when they do for so many full years."""
    return date(year + years, 12, 31)
