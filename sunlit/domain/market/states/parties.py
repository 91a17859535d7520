"""The lives of a dealer of a party to an agreement, and of an upgrade of its product."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sunlit.domain.market.models import FrameworkDealer, FrameworkUpgrade
from sunlit.domain.market.rules import parties as rules
from sunlit.foundation.access import Grant, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

NAMED, ACTIVE, DECLINED, ENDED = "named", "active", "declined", "ended"
ASKED, APPROVED, REFUSED, WITHDRAWN = "asked", "approved", "refused", "withdrawn"


def _is_the_party(actor: Actor, subject: Any) -> bool:
    return actor.kind == "supplier" and actor.organisation_id == subject.entry.supplier_id and actor.has("sales", "admin")


def _is_the_solicitor(actor: Actor, subject: Any) -> bool:
    solicitor = subject.entry.package.framework.solicitor_id
    return actor.kind == "buyer" and actor.organisation_id == solicitor and actor.has("orderer", "lead")


party = Grant("sales/admin of the party", _is_the_party, _("sales or administrator of the party to the agreement"))
judge = Grant("solicitor's orderer/lead", _is_the_solicitor, _("orderer or lead of the solicitor"))
dealing = holds("sales", "admin", of="dealer_id")

dealer = Life(
    "framework_dealer",
    FrameworkDealer,
    [
        Move(
            "name",
            (),
            NAMED,
            party,
            _("{organisation} named {dealer} to deliver for it under framework {framework}: {area}"),
            _("Name a dealer"),
            (rules.is_in_order,),
            "named_at",
        ),
        Move(
            "accept",
            NAMED,
            ACTIVE,
            dealing,
            _("{organisation} delivers for {party} under framework {framework}"),
            _("Deliver for it"),
            (rules.is_in_order,),
            "accepted_at",
        ),
        Move(
            "decline",
            NAMED,
            DECLINED,
            dealing,
            _("{organisation} does not deliver for {party} under framework {framework}: {reason}"),
            _("Do not deliver"),
            (rules.reason_is_given,),
            "ended_at",
        ),
        Move(
            "end",
            (NAMED, ACTIVE),
            ENDED,
            party | dealing,
            _("{organisation} ended that {dealer} delivers for {party} under framework {framework}: {reason}"),
            _("End it"),
            (rules.reason_is_given,),
            "ended_at",
        ),
    ],
    states={
        NAMED: pgettext_lazy("dealer", "named, not accepted yet"),
        ACTIVE: pgettext_lazy("dealer", "delivers"),
        DECLINED: pgettext_lazy("dealer", "declined"),
        ENDED: pgettext_lazy("dealer", "ended"),
    },
)

upgrade = Life(
    "framework_upgrade",
    FrameworkUpgrade,
    [
        Move(
            "ask",
            (),
            ASKED,
            party,
            _("{organisation} asks to deliver {name} in place of {before} for ¥{price}"),
            _("Ask for the upgrade"),
            (rules.is_in_order,),
            "asked_at",
        ),
        Move(
            "withdraw",
            ASKED,
            WITHDRAWN,
            party,
            _("{organisation} took back the upgrade {number}"),
            _("Take back the upgrade"),
            (),
            "decided_at",
        ),
        Move(
            "approve",
            ASKED,
            APPROVED,
            judge,
            _("{organisation} found upgrade {number} not worse and not dearer: {name} for ¥{price}"),
            _("Approve the upgrade"),
            (rules.is_in_order,),
            "decided_at",
        ),
        Move(
            "refuse",
            ASKED,
            REFUSED,
            judge,
            _("{organisation} refused upgrade {number}: {reason}"),
            _("Refuse the upgrade"),
            (rules.reason_is_given,),
            "decided_at",
        ),
    ],
    states={
        ASKED: pgettext_lazy("upgrade", "waits for the solicitor"),
        APPROVED: pgettext_lazy("upgrade", "approved"),
        REFUSED: pgettext_lazy("upgrade", "refused"),
        WITHDRAWN: pgettext_lazy("upgrade", "taken back"),
    },
)
