"""The life of a work order: asked for, quoted by the rate sheet, approved, carried out, settled into an order, or ended with nothing owed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import WorkOrder
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.states.stops import stoppable
from sunlit.foundation.access import Grant, clock, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

REQUESTED, QUOTED, APPROVED, SUPPLEMENT, EXECUTED = "requested", "quoted", "approved", "supplement_asked", "executed"
SETTLED, DECLINED, LAPSED, CANCELLED, VOIDED = "concluded", "declined", "lapsed", "cancelled", "voided"

HOLDING = (APPROVED, SUPPLEMENT, EXECUTED)  # the approved amount lies ready
RUNNING = (REQUESTED, QUOTED, *HOLDING)
VOIDABLE = (REQUESTED, QUOTED, APPROVED, SUPPLEMENT)  # what was done is paid for or returned


def _is_asked(actor: Actor, subject: Any) -> bool:
    return actor.kind == "supplier" and subject.entry.supplier_id == actor.organisation_id and actor.has("sales", "admin")


buyer = holds("orderer", "lead", of="buyer_id")
supplier = Grant("supplier that is asked", _is_asked, _("sales or administrator of the supplier that is asked"))
reasoned = (rules.reason_is_given,)
ordered = (rules.is_in_order,)

work_order = Life(
    "work_order",
    WorkOrder,
    stoppable(
        [
            # Request and quote
            Move(
                "request",
                (),
                REQUESTED,
                buyer,
                _("{actor} of {organisation} asked {supplier} for a service for {target} under framework {framework}: {reason}"),
                _("Ask for the service"),
                ordered,
                "requested_at",
            ),
            Move(
                "quote",
                (REQUESTED, QUOTED),
                QUOTED,
                supplier,
                _("{organisation} quoted ¥{total} for work order {number}, edition {edition}"),
                _("Quote"),
                (rules.is_in_time, rules.is_in_order),
                "quoted_at",
            ),
            Move(
                "send_back",
                QUOTED,
                REQUESTED,
                buyer,
                _("{actor} sent the quote of work order {number} back: {reason}"),
                _("Send the quote back"),
                reasoned,
            ),
            Move(
                "decline",
                (REQUESTED, QUOTED, APPROVED),
                DECLINED,
                supplier,
                _("{organisation} declined work order {number}: {ground}. {note}"),
                _("Decline"),
                ordered,
                "ended_at",
            ),
            Move(
                "pass_on",
                REQUESTED,
                None,
                supplier | clock,
                _("The turn of work order {number} passed from {supplier}: {ground}. {note}"),
                _("Pass the turn on"),
                ordered,
            ),
            Move(
                "lapse",
                REQUESTED,
                LAPSED,
                clock,
                _("Work order {number} lapsed: it was not answered in time"),
                _("Lapse"),
                (rules.time_is_over,),
                "ended_at",
            ),
            # Approval
            Move(
                "approve",
                QUOTED,
                APPROVED,
                buyer,
                _("{actor} approved work order {number} for ¥{total}"),
                _("Approve"),
                rules.APPROVING,
                "approved_at",
            ),
            Move(
                "cancel",
                (REQUESTED, QUOTED, APPROVED),
                CANCELLED,
                buyer,
                _("{actor} cancelled work order {number}: {reason}"),
                _("Cancel"),
                reasoned,
                "ended_at",
            ),
            Move(
                "ask_supplement",
                APPROVED,
                SUPPLEMENT,
                supplier,
                _("{organisation} asked for a supplement to work order {number}, to ¥{total}: {reason}"),
                _("Ask for a supplement"),
                (rules.is_in_order, rules.reason_is_given),
            ),
            Move(
                "approve_supplement",
                SUPPLEMENT,
                APPROVED,
                buyer,
                _("{actor} approved the supplement to work order {number}: ¥{total}"),
                _("Approve the supplement"),
                rules.APPROVING,
                "approved_at",
            ),
            Move(
                "refuse_supplement",
                SUPPLEMENT,
                APPROVED,
                buyer,
                _("{actor} did not approve the supplement to work order {number}: {reason}"),
                _("Do not approve the supplement"),
                reasoned,
            ),
            # Execution and settlement
            Move(
                "report",
                APPROVED,
                EXECUTED,
                supplier,
                _("{organisation} reported work order {number} done for ¥{total}; read from {reading}"),
                _("Report it done"),
                ordered,
                "executed_at",
            ),
            Move(
                "return_report",
                EXECUTED,
                APPROVED,
                buyer,
                _("{actor} returned the report of work order {number}: {reason}"),
                _("Return the report"),
                reasoned,
            ),
            Move(
                "settle",
                EXECUTED,
                SETTLED,
                buyer,
                _("{actor} settled work order {number} for ¥{total}: order {order}"),
                _("Settle by what was done"),
                ordered,
                "settled_at",
            ),
        ],
        RUNNING,
        voided=VOIDED,
        voidable=VOIDABLE,
    ),
    states={
        REQUESTED: _("asked for, waiting for the quote"),
        QUOTED: _("quoted, waiting for approval"),
        APPROVED: _("approved, to be carried out"),
        SUPPLEMENT: _("waiting for the decision on a supplement"),
        EXECUTED: _("reported done, to be settled"),
        SETTLED: _("settled, an order was made of it"),
        DECLINED: _("declined"),
        LAPSED: _("lapsed"),
        CANCELLED: _("cancelled"),
        VOIDED: _("voided"),
    },
)
