"""Shared words of the pages: the name, tone and mark of every state, tag and role, so that one thing looks the same everywhere.

States and roles have a context of their own in the catalogue: “Accepted” is one word on a badge and another over a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules.facts import FACTS
from sunlit.foundation.lifecycle import Living, life_of, lives
from sunlit.portals.ui.filters import chinese, figure_value


@dataclass(frozen=True)
class Word:
    """`tone` is one of rest, wait, now, go, done, bad; it decides colour and shape of the mark."""

    text: str | Promise
    tone: str = "rest"


STATES: dict[str, Word] = {
    # Orders
    "draft": Word(pgettext_lazy("state", "Draft"), "rest"),
    "awaiting_approval": Word(pgettext_lazy("state", "Awaiting approval"), "wait"),
    "submitted": Word(pgettext_lazy("state", "Submitted"), "wait"),
    "placed": Word(pgettext_lazy("state", "Placed"), "wait"),
    "confirmed": Word(pgettext_lazy("state", "Confirmed"), "go"),
    "declined": Word(pgettext_lazy("state", "Declined"), "bad"),
    "lapsed": Word(pgettext_lazy("state", "Lapsed"), "bad"),
    "disapproved": Word(pgettext_lazy("state", "Not approved"), "bad"),
    "cancel_asked": Word(pgettext_lazy("state", "Cancellation asked"), "now"),
    "partly_dispatched": Word(pgettext_lazy("state", "Partly dispatched"), "go"),
    "dispatched": Word(pgettext_lazy("state", "Dispatched"), "go"),
    "received": Word(pgettext_lazy("state", "Received"), "go"),
    "accepted": Word(pgettext_lazy("state", "Accepted"), "done"),
    "rejected": Word(pgettext_lazy("state", "Rejected"), "bad"),
    "invoiced": Word(pgettext_lazy("state", "Invoiced"), "go"),
    "paying": Word(pgettext_lazy("state", "Being paid"), "wait"),
    "paid": Word(pgettext_lazy("state", "Paid"), "done"),
    "rated": Word(pgettext_lazy("state", "Rated"), "done"),
    "closed": Word(pgettext_lazy("state", "Closed"), "rest"),
    "cancelled": Word(pgettext_lazy("state", "Cancelled"), "rest"),
    "withdrawn": Word(pgettext_lazy("state", "Withdrawn"), "rest"),
    "returning": Word(pgettext_lazy("state", "Being returned"), "now"),
    "returned": Word(pgettext_lazy("state", "Returned"), "rest"),
    "exchanging": Word(pgettext_lazy("state", "Being exchanged"), "now"),
    # Products of the library
    "proposed": Word(pgettext_lazy("state", "To be decided"), "now"),
    "joined": Word(pgettext_lazy("state", "One product"), "done"),
    "kept_apart": Word(pgettext_lazy("state", "Kept apart"), "rest"),
    # Intentions and plans
    "published": Word(pgettext_lazy("state", "Published"), "done"),
    "replaced": Word(pgettext_lazy("state", "Corrected by a later notice"), "rest"),
    # Quotations and quotes
    "halted": Word(pgettext_lazy("state", "Halted"), "bad"),
    "unreadable": Word(pgettext_lazy("state", "Cannot be opened"), "bad"),
    "unopened": Word(pgettext_lazy("state", "Destroyed unopened"), "rest"),
    "excluded": Word(pgettext_lazy("state", "Excluded"), "bad"),
    "won": Word(pgettext_lazy("state", "Won"), "done"),
    "lost": Word(pgettext_lazy("state", "Did not win"), "rest"),
    # Work orders of designated services
    "requested": Word(pgettext_lazy("state", "Quote asked for"), "wait"),
    "quoted": Word(pgettext_lazy("state", "Quoted"), "now"),
    "supplement_asked": Word(pgettext_lazy("state", "Supplement asked for"), "now"),
    "executed": Word(pgettext_lazy("state", "Reported done"), "now"),
    "concluded": Word(pgettext_lazy("state", "Settled by what was done"), "done"),
    # Declared outages
    "reported": Word(pgettext_lazy("state", "Declared"), "wait"),
    # Changes of the rulebook
    "asked": Word(pgettext_lazy("state", "Being tried"), "wait"),
    "tried": Word(pgettext_lazy("state", "Tried"), "done"),
    "enacted": Word(pgettext_lazy("state", "Approved"), "done"),
    "in_review": Word(pgettext_lazy("state", "Under internal review"), "wait"),
    "reviewed": Word(pgettext_lazy("state", "Reviewed"), "go"),
    "approval_asked": Word(pgettext_lazy("state", "Waiting for approval"), "now"),
    "filed": Word(pgettext_lazy("state", "Filed"), "done"),
    "executing": Word(pgettext_lazy("state", "In execution"), "go"),
    # Reviews and standing
    "applied": Word(pgettext_lazy("state", "Applied"), "wait"),
    "review": Word(pgettext_lazy("state", "In review"), "wait"),
    "unfreeze_review": Word(pgettext_lazy("state", "Unfreezing in review"), "wait"),
    "sent_back": Word(pgettext_lazy("state", "Sent back"), "now"),
    "approved": Word(pgettext_lazy("state", "Approved"), "done"),
    "refused": Word(pgettext_lazy("state", "Refused"), "bad"),
    "active": Word(pgettext_lazy("state", "Active"), "done"),
    "suspended": Word(pgettext_lazy("state", "Suspended"), "bad"),
    "left": Word(pgettext_lazy("state", "Left"), "rest"),
    # Offers
    "listed": Word(pgettext_lazy("state", "Listed"), "done"),
    "frozen": Word(pgettext_lazy("state", "Frozen"), "bad"),
    "delisted": Word(pgettext_lazy("state", "Delisted"), "rest"),
    # Cases of supervision
    "found": Word(pgettext_lazy("state", "Found"), "wait"),
    "notified": Word(pgettext_lazy("state", "Waiting for the supplier"), "now"),
    "overdue": Word(pgettext_lazy("state", "Overdue"), "bad"),
    "explained": Word(pgettext_lazy("state", "Explained"), "go"),
    "appealed": Word(pgettext_lazy("state", "Release asked for"), "now"),
    "corrected": Word(pgettext_lazy("state", "Corrected"), "done"),
    "cleared": Word(pgettext_lazy("state", "Explanation accepted"), "done"),
    "upheld": Word(pgettext_lazy("state", "Upheld"), "bad"),
    "dismissed": Word(pgettext_lazy("state", "Unfounded"), "rest"),
    # Demands and their surveys
    "settled": Word(pgettext_lazy("state", "Settled"), "done"),
    "superseded": Word(pgettext_lazy("state", "Superseded"), "rest"),
    "open": Word(pgettext_lazy("state", "Open"), "now"),
    "summarised": Word(pgettext_lazy("state", "Summarised"), "done"),
    # Framework agreements and their responses
    "cleared_to_publish": Word(pgettext_lazy("state", "Ready for solicitation"), "go"),
    "opened": Word(pgettext_lazy("state", "Responses under review"), "now"),
    "shortlisted": Word(pgettext_lazy("state", "Shortlisted"), "go"),
    "in_force": Word(pgettext_lazy("state", "In force"), "done"),
    "ended": Word(pgettext_lazy("state", "Ended"), "rest"),
    "expired": Word(pgettext_lazy("state", "Ended with the agreement"), "rest"),
    "voided": Word(pgettext_lazy("state", "Voided"), "bad"),
    "conforming": Word(pgettext_lazy("state", "Conforms"), "go"),
    "nonconforming": Word(pgettext_lazy("state", "Does not conform"), "bad"),
    "eliminated": Word(pgettext_lazy("state", "Eliminated"), "rest"),
    "signed": Word(pgettext_lazy("state", "Party to the agreement"), "done"),
    "named": Word(pgettext_lazy("state", "Named, not yet accepted"), "wait"),
    "unsigned": Word(pgettext_lazy("state", "Not signed"), "bad"),
    "bidding": Word(pgettext_lazy("state", "Open for bids"), "now"),
    "collecting": Word(pgettext_lazy("state", "Taking demands"), "now"),
    "pooled": Word(pgettext_lazy("state", "Pooled"), "wait"),
    "compared": Word(pgettext_lazy("state", "Bids compared"), "wait"),
    "offered": Word(pgettext_lazy("state", "Offered in turn"), "now"),
    "cleared_out": Word(pgettext_lazy("state", "Cleared out"), "bad"),
    # Reverse auctions
    "notice": Word(pgettext_lazy("state", "Announced"), "wait"),
    "countdown": Word(pgettext_lazy("state", "Countdown"), "now"),
    "settling": Word(pgettext_lazy("state", "Result being established"), "wait"),
    "paused": Word(pgettext_lazy("state", "Paused"), "bad"),
    "to_confirm": Word(pgettext_lazy("state", "Waiting for the buyer"), "wait"),
    "awarded": Word(pgettext_lazy("state", "Awarded"), "done"),
    # Holds on a budget quota
    "held": Word(pgettext_lazy("state", "Held"), "wait"),
    "committed": Word(pgettext_lazy("state", "Committed"), "go"),
    "spent": Word(pgettext_lazy("state", "Spent"), "done"),
    "released": Word(pgettext_lazy("state", "Released"), "rest"),
    # Rulings
    "allowed": Word(pgettext_lazy("state", "Allowed"), "done"),
    "warned": Word(pgettext_lazy("state", "Warning"), "now"),
    "forbidden": Word(pgettext_lazy("state", "Not permitted"), "bad"),
    # Ledger and jobs
    "sealed": Word(pgettext_lazy("state", "Sealed"), "done"),
    "unsealed": Word(pgettext_lazy("state", "Awaiting seal"), "wait"),
    "verified": Word(pgettext_lazy("state", "Verified"), "done"),
    "unverified": Word(pgettext_lazy("state", "Unverified"), "wait"),
    "queued": Word(pgettext_lazy("state", "Queued"), "wait"),
    "running": Word(pgettext_lazy("state", "Running"), "now"),
    "waiting": Word(pgettext_lazy("state", "Waiting"), "wait"),
    "checked": Word(pgettext_lazy("state", "Checked"), "go"),
    "carrying_out": Word(pgettext_lazy("state", "Being carried out"), "now"),
    "done": Word(pgettext_lazy("state", "Done"), "done"),
    "discarded": Word(pgettext_lazy("state", "Discarded"), "rest"),
    "ordered": Word(pgettext_lazy("state", "Ordered"), "wait"),
    "sent": Word(pgettext_lazy("state", "Sent"), "go"),
    "failed": Word(pgettext_lazy("state", "Failed"), "bad"),
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
    "manufacturer_direct": Word(_("Direct from the manufacturer")),
}

ROLES: dict[str, Word] = {
    "orderer": Word(pgettext_lazy("role", "Orderer")),
    "lead": Word(pgettext_lazy("role", "Lead")),
    "receiver": Word(pgettext_lazy("role", "Receiver")),
    "finance": Word(pgettext_lazy("role", "Finance")),
    "admin": Word(pgettext_lazy("role", "Administrator")),
    "sales": Word(pgettext_lazy("role", "Sales")),
    "catalog": Word(pgettext_lazy("role", "Catalogue editor")),
    "officer": Word(pgettext_lazy("role", "Officer")),
    "operator": Word(pgettext_lazy("role", "Operator")),
    "teller": Word(pgettext_lazy("role", "Teller")),
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
            "request_payment",
            "pay",
            "rate",
            "list",
            "agree_cancel",
            "reinstate",
            "unfreeze",
            "publish",
            "hand_in",
            "settle",
            "answer",
            "summarise",
            "award",
            "resume",
            "enter",
            "go_on",
        ),
        "go",
    ),
    **dict.fromkeys(
        (
            "disapprove",
            "refuse",
            "decline",
            "reject",
            "cancel",
            "withdraw",
            "freeze",
            "suspend",
            "leave",
            "ask_cancel",
            "discard",
            "pause",
            "void",
            "exclude",
            "halt",
            "fail",
        ),
        "bad",
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
    "sum": _("Sum"),
    "category": _("Category"),
    "threshold": _("Threshold"),
    "threshold_key": _("Threshold compared"),
    "threshold_id": _("Version of the threshold"),
    "threshold_since": _("Threshold in force since"),
    "purchases": _("Earlier purchases counted"),
    "excuse": _("Why it is allowed all the same"),
    "brands": _("Brands"),
    "suppliers": _("Suppliers"),
    "products": _("Products"),
    "brands_before": _("Brands before"),
    "suppliers_before": _("Suppliers before"),
    "parameter": _("Parameter"),
    "item": _("Item"),
    "untold": _("Products that do not tell it"),
    "place": _("Place"),
    "words": _("Words found"),
    "advice": _("Instead"),
    "check": _("Check of documents"),
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
    """The label of a figure that a ruling compared; facts of decision tables are called as the rulebook calls them."""
    key = _key(name)
    if key in FIGURES:
        return str(FIGURES[key])
    if key in FACTS:
        return str(FACTS[key].name)
    fact = FACTS.get(key.removesuffix("_limit"))
    return _limit_of(str(fact.name)) if fact else name.replace("_", " ")


def _limit_of(fact: str) -> str:
    return str(_("limit: {fact}")).format(fact=fact)


def figure_shown(name: str, value: Any) -> str:
    """A figure that a ruling compared: words as the rulebook calls them, truths as yes and no, amounts and days as everywhere."""
    if name == "threshold_key":
        return rulebook.name_of(value)
    if name == "category":
        return _category_shown(value)
    fact = FACTS.get(_key(name))
    return fact.shown(value) if fact and (fact.choices or isinstance(value, bool)) else figure_value(value)


def _category_shown(value: Any) -> str:
    """A category by its name: as the ruling keeps it, or, where that kept the bare code, as the catalogue calls it."""
    if isinstance(value, Mapping):
        return str(value["zh" if chinese() else "en"])
    known = catalog.category(str(value))
    return str(value) if known is None else f"{known.name_zh if chinese() else known.name_en} {value}"


def unit(text: str, category: str) -> str:
    """The unit of goods in the reader's language, where their category (its code) has a word for it."""
    known = None if chinese() else catalog.category(category)
    return known.unit_en if known and known.unit_en and known.unit == text else text


def is_law(evidence: str) -> bool:
    """The rule's text was seen at its source."""
    return bool(evidence) and set(evidence.split("/")) <= LAW


def _key(name: str) -> str:
    return str(name).lower().replace("-", "_").replace(" ", "_")


DEADLINES: Final[Mapping[str, str | Promise]] = {
    "confirm_until": _("to confirm the order"),
    "deliver_until": _("to deliver"),
    "receive_until": _("to confirm receipt"),
    "accept_until": _("to accept the goods"),
    "invoice_until": _("to hand the invoice in"),
    "pay_until": _("to pay"),
    "reply_until": _("to reply to the rating"),
    "rate_until": _("to rate"),
    "answer_until": _("to answer"),
    "review_until": _("to review"),
    "decide_until": _("to decide"),
}
OUTAGE_KINDS: Final[Mapping[str, str | Promise]] = {
    "web": _("the pages"),
    "worker": _("the clock"),
    "declared": _("declared by the operator"),
}


def outage_kinds(kinds: Iterable[str]) -> str:
    """What was away, in words."""
    return "、".join(str(OUTAGE_KINDS.get(kind, kind)) for kind in kinds)


ENTERPRISES: Final[Mapping[str, str | Promise]] = {
    "large": _("Large enterprise"),
    "medium": _("Medium enterprise"),
    "small": _("Small enterprise"),
    "micro": _("Micro enterprise"),
}


def size_word(size: str) -> str:
    """An enterprise of this size, in words."""
    return str(ENTERPRISES.get(size, size))
