"""What must hold for an open framework agreement (开放式框架协议, 110号令): when it is lawful, applications, admission, leaving. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

GROUND_MISSING = Reason("OFW-001", _("Say why the agreement may be open: the closed form is the rule."))
GROUND_WRONG = Reason("OFW-002", _("“{ground}” permits an open agreement only for this case: {case}."))
MANY_SUPPLIERS = Reason(
    "OFW-003", _("There are {count} suppliers; few suppliers permit an open agreement only where there are at most {most}.")
)
DIRECT_ONLY = Reason("OFW-004", _("Under an open agreement buyers select directly: there is neither a second bidding nor a rotation."))
OPEN_FORM = Reason("OFW-005", _("Framework {number} is open: suppliers come and go while it runs, and this is not part of it."), CONFLICT)
CLOSED_FORM = Reason("OFW-006", _("Framework {number} is closed: this belongs to open ones."), CONFLICT)
NOT_TAKING = Reason("OFW-007", _("Framework {number} takes no applications: they may come in while an open agreement runs."), CONFLICT)
CLEARED_OUT = Reason("OFW-008", _("Who was cleared out of an open agreement does not apply to it again."), CONFLICT)
UNIFORM = Reason("OFW-009", _("The fee of {price} is the same for all parties of an open agreement."))
NO_OUTSIDE = Reason("OFW-010", _("Under an open agreement one of its parties is selected; whoever is cheaper may apply to it."))

FORMS: Final[dict[str, str | Promise]] = {
    "closed": pgettext_lazy("form of a framework", "Closed"),
    "open": pgettext_lazy("form of a framework", "Open"),
}
GROUNDS: Final[dict[str, str | Promise]] = {
    "policy": _("policy of the government makes an elimination unsuitable"),
    "few_suppliers": _("infrastructure, licences or rights leave few suppliers, and an elimination is unsuitable"),
    "unified_fee": _("the fee is uniform, and for the users' convenience every willing supplier comes in"),
}
OF_CASE: Final = {"policy": "catalogue_sporadic", "few_suppliers": "catalogue_sporadic", "unified_fee": "user_choice"}  # the case of art. 3
SECOND_STAGE: Final = ["direct"]


def is_open_form(case: Case) -> Iterator[Problem]:
    """Of the agreement itself, or of that which a response belongs to."""
    framework = case.facts.get("framework", case.it)
    if not framework.is_open_form:
        yield Problem(CLOSED_FORM, {"number": framework.number})


def is_closed_form(case: Case) -> Iterator[Problem]:
    framework = case.facts.get("framework", case.it)
    if framework.is_open_form:
        yield Problem(OPEN_FORM, {"number": framework.number})


def takes_applications(case: Case) -> Iterator[Problem]:
    """At any time from the invitation to the end (110号令)."""
    framework = case.facts["framework"]
    if not framework.takes_applications_at(case.at):
        yield Problem(NOT_TAKING, {"number": framework.number})
