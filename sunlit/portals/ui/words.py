"""Shared words of the pages: the name, tone and mark of every state, tag and verb, so that one thing looks the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.lifecycle import Living, life_of, lives


@dataclass(frozen=True)
class Word:
    """`tone` is one of rest, wait, now, go, done, bad; it decides colour and shape of the mark."""

    text: str | Promise
    tone: str = "rest"


STATES: dict[str, Word] = {
    # Orders
    "draft": Word(_("Draft"), "rest"),
    "awaiting_approval": Word(_("Awaiting approval"), "wait"),
    "submitted": Word(_("Submitted"), "wait"),
    "placed": Word(_("Placed"), "wait"),
    "confirmed": Word(_("Confirmed"), "go"),
    "declined": Word(_("Declined"), "bad"),
    "lapsed": Word(_("Lapsed"), "bad"),
    "disapproved": Word(_("Not approved"), "bad"),
    "cancel_asked": Word(_("Cancellation asked"), "now"),
    "partly_dispatched": Word(_("Partly dispatched"), "go"),
    "dispatched": Word(_("Dispatched"), "go"),
    "received": Word(_("Received"), "go"),
    "accepted": Word(_("Accepted"), "done"),
    "rejected": Word(_("Rejected"), "bad"),
    "invoiced": Word(_("Invoiced"), "go"),
    "paying": Word(_("Being paid"), "wait"),
    "paid": Word(_("Paid"), "done"),
    "rated": Word(_("Rated"), "done"),
    "closed": Word(_("Closed"), "rest"),
    "cancelled": Word(_("Cancelled"), "rest"),
    "withdrawn": Word(_("Withdrawn"), "rest"),
    "returning": Word(_("Being returned"), "now"),
    "returned": Word(_("Returned"), "rest"),
    "exchanging": Word(_("Being exchanged"), "now"),
    # Reviews and standing
    "applied": Word(_("Applied"), "wait"),
    "review": Word(_("In review"), "wait"),
    "unfreeze_review": Word(_("Unfreezing in review"), "wait"),
    "sent_back": Word(_("Sent back"), "now"),
    "approved": Word(_("Approved"), "done"),
    "refused": Word(_("Refused"), "bad"),
    "active": Word(_("Active"), "done"),
    "suspended": Word(_("Suspended"), "bad"),
    "left": Word(_("Left"), "rest"),
    # Offers
    "listed": Word(_("Listed"), "done"),
    "frozen": Word(_("Frozen"), "bad"),
    "delisted": Word(_("Delisted"), "rest"),
    # Rulings
    "allowed": Word(_("Allowed"), "done"),
    "warned": Word(_("Warning"), "now"),
    "forbidden": Word(_("Not permitted"), "bad"),
    # Ledger and jobs
    "sealed": Word(_("Sealed"), "done"),
    "unsealed": Word(_("Awaiting seal"), "wait"),
    "verified": Word(_("Verified"), "done"),
    "unverified": Word(_("Unverified"), "wait"),
    "queued": Word(_("Queued"), "wait"),
    "running": Word(_("Running"), "now"),
    "waiting": Word(_("Waiting"), "wait"),
    "checked": Word(_("Checked"), "go"),
    "carrying_out": Word(_("Being carried out"), "now"),
    "done": Word(_("Done"), "done"),
    "discarded": Word(_("Discarded"), "rest"),
    "ordered": Word(_("Ordered"), "wait"),
    "sent": Word(_("Sent"), "go"),
    "failed": Word(_("Failed"), "bad"),
}

TAGS: dict[str, Word] = {
    "energy_saving": Word(_("Energy-saving")),
    "environmental_label": Word(_("Environmental label")),
    "sme": Word(_("SME")),
    "small_micro": Word(_("Small and micro enterprise")),
    "disabled_welfare_unit": Word(_("Welfare unit for the disabled")),
    "prison_enterprise": Word(_("Prison enterprise")),
    "domestic_product": Word(_("Domestic product")),
    "imported_product": Word(_("Imported product")),
    "platform_832": Word(_("Farm product from areas out of poverty")),
}

ROLES: dict[str, Word] = {
    "orderer": Word(_("Orderer")),
    "lead": Word(_("Lead")),
    "receiver": Word(_("Receiver")),
    "finance": Word(_("Finance")),
    "admin": Word(_("Administrator")),
    "sales": Word(_("Sales")),
    "catalog": Word(_("Catalogue editor")),
    "officer": Word(_("Officer")),
    "operator": Word(_("Operator")),
    "teller": Word(_("Teller")),
}

# What a button of the verb is: go (the expected next step), bad (ends or refuses something), rest. Its words come from the life's table.
VERB_TONES: dict[str, str] = {
    **dict.fromkeys(
        (
            "submit",
            "approve",
            "place",
            "request",
            "confirm",
            "dispatch",
            "receive",
            "accept",
            "invoice",
            "pay",
            "rate",
            "list",
            "agree_cancel",
            "reinstate",
            "unfreeze",
        ),
        "go",
    ),
    **dict.fromkeys(
        ("disapprove", "refuse", "decline", "reject", "cancel", "withdraw", "freeze", "suspend", "leave", "ask_cancel", "discard"), "bad"
    ),
}

# Evidence marks of the rulebook: V (the text was read), Q (quoted by an official source). All others are shown as not verified.
LAW = frozenset("VQ")

FIGURES: dict[str, str | Promise] = {
    "amount": _("Amount"),
    "total": _("Amount"),
    "limit": _("Limit"),
    "price": _("Price"),
    "reference": _("Reference price"),
    "median": _("Median price"),
    "days": _("Days"),
    "count": _("Count"),
    "share": _("Share"),
    "until": _("Until"),
    "least": _("At least"),
    "most": _("At most"),
}

# A shape besides the colour, for readers who do not tell the colours apart.
MARKS = {"rest": "dot", "wait": "ring", "now": "sun", "go": "disc", "done": "check", "bad": "cross"}


def word(state: str) -> str:
    """The name of a state, policy tag or role in the reader's language; else as its life calls it, else as it is written."""
    known = STATES.get(_key(state)) or TAGS.get(_key(state)) or ROLES.get(_key(state))
    if known:
        return str(known.text)
    told = (life.states.get(str(state)) for life in lives().values())
    return next((str(text) for text in told if text), str(state).replace("_", " "))


def state_label(thing: object) -> str:
    """The state of a thing as its own life calls it; "" for anything else."""
    return str(life_of(thing).states[thing.state]) if isinstance(thing, Living) else ""


def tone(state: str) -> str:
    known = STATES.get(_key(state))
    return known.tone if known else "rest"


def mark(tone_name: str) -> str:
    return MARKS.get(tone_name, "dot")


def verb_tone(name: str) -> str:
    return VERB_TONES.get(_key(name), "rest")


def figure(name: str) -> str:
    """The label of a figure that a ruling compared."""
    return str(FIGURES.get(_key(name), name.replace("_", " ")))


def is_law(evidence: str) -> bool:
    """The rule's text was seen at its source."""
    return bool(evidence) and set(evidence.split("/")) <= LAW


def _key(name: str) -> str:
    return str(name).lower().replace("-", "_").replace(" ", "_")
