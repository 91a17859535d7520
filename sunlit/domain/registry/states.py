"""The lives of an application and of a supplier's standing."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.domain.registry import rules
from sunlit.domain.registry.models import Application, Supplier
from sunlit.foundation.access import Grant, clock, holds, operator, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger import sentences
from sunlit.foundation.lifecycle import Life, Move

DRAFT, SUBMITTED, RETURNED, APPROVED, REFUSED, WITHDRAWN = "draft", "submitted", "returned", "approved", "refused", "withdrawn"
ACTIVE, SUSPENDED, LEFT = "active", "suspended", "left"


def _is_applicant(actor: Actor, application: Application) -> bool:
    return actor.user_id is not None and actor.user_id == application.applicant_id


applicant = Grant("applicant", _is_applicant, _("the applicant"))
regulator = regulates()

application = Life(
    "application",
    Application,
    [
        Move("begin", (), DRAFT, applicant, _("{actor} began the entry application {number}"), _("Begin")),
        Move("edit", (DRAFT, RETURNED), None, applicant, _("{actor} changed the entry application {number}"), _("Save")),
        Move(
            "submit",
            (DRAFT, RETURNED),
            SUBMITTED,
            applicant,
            _("{actor} submitted the entry application {number}"),
            _("Submit"),
            (rules.application_is_complete,),
            "submitted_at",
        ),
        Move(
            "withdraw",
            (DRAFT, SUBMITTED, RETURNED),
            WITHDRAWN,
            applicant,
            _("{actor} withdrew the entry application {number}"),
            _("Withdraw"),
        ),
        Move(
            "approve",
            SUBMITTED,
            APPROVED,
            regulator,
            _("{organisation} admitted the supplier of application {number}"),
            _("Approve"),
            (rules.decider_is_not_applicant,),
            "decided_at",
        ),
        Move(
            "return",
            SUBMITTED,
            RETURNED,
            regulator,
            _("{organisation} returned application {number}: {reason}"),
            _("Return"),
            (rules.reason_is_given,),
            "decided_at",
        ),
        Move(
            "refuse",
            SUBMITTED,
            REFUSED,
            regulator,
            _("{organisation} refused application {number}: {reason}"),
            _("Refuse"),
            (rules.reason_is_given,),
            "decided_at",
        ),
    ],
    states={
        DRAFT: _("draft"),
        SUBMITTED: _("under review"),
        RETURNED: _("returned"),
        APPROVED: _("approved"),
        REFUSED: _("refused"),
        WITHDRAWN: _("withdrawn"),
    },
)

supplier = Life(
    "supplier",
    Supplier,
    [
        Move("admit", (), ACTIVE, regulator | operator, _("{organisation} admitted supplier {number}"), _("Admit")),
        Move("readmit", LEFT, ACTIVE, regulator | operator, _("{organisation} admitted supplier {number} again"), _("Admit again")),
        Move(
            "suspend",
            ACTIVE,
            SUSPENDED,
            regulator,
            _("{organisation} suspended supplier {number} until {until}: {reason}"),
            _("Suspend"),
            (rules.reason_is_given, rules.term_lies_ahead),
        ),
        Move(
            "reinstate",
            SUSPENDED,
            ACTIVE,
            regulator,
            _("{organisation} lifted the suspension of supplier {number}: {reason}"),
            _("Lift the suspension"),
            (rules.reason_is_given,),
        ),
        Move(
            "serve_out",
            SUSPENDED,
            ACTIVE,
            clock,
            _("The suspension of supplier {number} ended"),
            _("End the suspension"),
            (rules.term_is_over,),
        ),
        Move(
            "leave",
            ACTIVE,
            LEFT,
            holds("admin", of="organisation_id"),
            _("{actor} took supplier {number} out of the marketplace"),
            _("Leave the marketplace"),
            (rules.nothing_is_open,),
            "left_at",
        ),
    ],
    states={ACTIVE: _("active"), SUSPENDED: _("suspended"), LEFT: _("left")},
)

sentences.say("supplier.take_over_many", _("{organisation} took over {count} suppliers with {number}; digest {digest}"))
