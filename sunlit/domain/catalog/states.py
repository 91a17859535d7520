"""The lives of an offer and of an import (state_machine.csv, rows `item`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import rules
from sunlit.domain.catalog.models import Import, Offer, ProductCorrection, ProductMatch
from sunlit.foundation.access import Grant, clock, decides_in, holds, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import regions
from sunlit.foundation.ledger import sentences
from sunlit.foundation.lifecycle import Life, Move

DRAFT, REVIEW, LISTED, REFUSED = "draft", "review", "listed", "refused"
DELISTED, FROZEN, UNFREEZE_REVIEW = "delisted", "frozen", "unfreeze_review"
WAITING, CHECKED, CARRYING_OUT, DONE, FAILED, DISCARDED = "waiting", "checked", "carrying_out", "done", "failed", "discarded"
PROPOSED, JOINED, KEPT_APART, LAPSED, WITHDRAWN, ACCEPTED = "proposed", "joined", "kept_apart", "lapsed", "withdrawn", "accepted"

catalogue_clerk = holds("catalog", "admin", of="supplier_id")
regulator = regulates()


def _keeps_the_library(actor: Actor, _subject: Any) -> bool:
    return (actor.kind == "operator" and actor.has("operator")) or (
        regions.depth(actor.region_path) == 1 and decides_in(actor, actor.region_path)
    )


# Products are shared by all regions: what is one and the same is decided in one place.
library_desk = Grant("library desk", _keeps_the_library, _("the library desk: the operator or the regulator of the whole net"))

LIVE = (DRAFT, REVIEW, LISTED, FROZEN, UNFREEZE_REVIEW)  # a supplier has a product in one of these at most once

offer = Life(
    "offer",
    Offer,
    [
        Move("draft", (), DRAFT, catalogue_clerk, _("{organisation} drafted offer {number}"), _("Save as draft")),
        Move("edit", (DRAFT, REFUSED, DELISTED, FROZEN), None, catalogue_clerk, _("{organisation} changed offer {number}"), _("Save")),
        Move(
            "submit",
            (DRAFT, REFUSED, DELISTED),
            REVIEW,
            catalogue_clerk,
            _("{organisation} submitted offer {number} for listing"),
            _("Submit for listing"),
            (rules.supplier_stands, rules.listing_is_in_order),
            "submitted_at",
        ),
        Move(
            "enter",
            (),
            REVIEW,
            catalogue_clerk,
            _("{organisation} entered offer {number} for listing"),
            _("Enter for listing"),
            (rules.supplier_stands,),
            "submitted_at",
        ),
        Move(
            "revise",
            (DRAFT, REFUSED, DELISTED, REVIEW, LISTED),
            REVIEW,
            catalogue_clerk,
            _("{organisation} revised offer {number}, which is reviewed anew"),
            _("Change and submit anew"),
            (rules.supplier_stands, rules.listing_is_in_order),
            "submitted_at",
        ),
        Move(
            "update",
            LISTED,
            None,
            catalogue_clerk,
            _("{organisation} changed price, stock or delivery of offer {number}"),
            _("Change the terms"),
            (rules.price_is_allowed,),
        ),
        Move(
            "approve",
            REVIEW,
            LISTED,
            regulator,
            _("{organisation} listed offer {number}"),
            _("List"),
            (rules.listing_is_in_order,),
            "listed_at",
        ),
        Move(
            "refuse",
            REVIEW,
            REFUSED,
            regulator,
            _("{organisation} refused offer {number}: {reason}"),
            _("Refuse"),
            (rules.reason_is_given,),
        ),
        Move(
            "reprice",
            LISTED,
            None,
            catalogue_clerk,
            _("{organisation} changed the price of offer {number} from {old} to {new}"),
            _("Change the price"),
            (rules.price_is_allowed,),
        ),
        Move("restock", LISTED, None, catalogue_clerk, _("{organisation} set the stock of offer {number} to {stock}"), _("Set the stock")),
        Move("delist", (LISTED, REVIEW), DELISTED, catalogue_clerk, _("{organisation} took offer {number} off sale"), _("Take off sale")),
        Move(
            "freeze", LISTED, FROZEN, regulator, _("{organisation} froze offer {number}: {reason}"), _("Freeze"), (rules.reason_is_given,)
        ),
        Move(
            "appeal",
            FROZEN,
            UNFREEZE_REVIEW,
            catalogue_clerk,
            _("{organisation} asked for the release of offer {number}: {reason}"),
            _("Ask for release"),
            (rules.reason_is_given, rules.listing_is_in_order),
        ),
        Move(
            "release",
            (FROZEN, UNFREEZE_REVIEW),
            LISTED,
            regulator,
            _("{organisation} released offer {number}: {reason}"),
            _("Release"),
            (rules.reason_is_given,),
        ),
        Move(
            "keep_frozen",
            UNFREEZE_REVIEW,
            FROZEN,
            regulator,
            _("{organisation} kept offer {number} frozen: {reason}"),
            _("Keep frozen"),
            (rules.reason_is_given,),
        ),
        Move(
            "set_aside",
            LIVE,
            DELISTED,
            library_desk,
            _("{organisation} took offer {number} off sale: the same supplier's offer {kept} is of the same product now"),
            _("Take off sale as a duplicate"),
        ),
        Move(
            "regroup",
            (DRAFT, REVIEW, LISTED, REFUSED, DELISTED, FROZEN, UNFREEZE_REVIEW),
            None,
            library_desk,
            _("{organisation} moved offer {number} to another product"),
            _("Move to another product"),
        ),
    ],
    states={
        DRAFT: _("draft"),
        REVIEW: _("under review"),
        LISTED: _("on sale"),
        REFUSED: _("refused"),
        DELISTED: _("off sale"),
        FROZEN: _("frozen"),
        UNFREEZE_REVIEW: _("release under review"),
    },
)

import_ = Life(
    "import",
    Import,
    [
        Move("hand_in", (), WAITING, catalogue_clerk, _("{organisation} handed in import {number}"), _("Hand in")),
        Move(
            "check",
            WAITING,
            CHECKED,
            clock,
            _("Import {number} was checked: {good} good rows, {bad} with problems"),
            _("Check"),
            (),
            "checked_at",
        ),
        Move(
            "carry_out",
            CHECKED,
            CARRYING_OUT,
            catalogue_clerk,
            _("{organisation} ordered import {number} to be carried out"),
            _("Import the good rows"),
        ),
        Move(
            "finish",
            CARRYING_OUT,
            DONE,
            clock,
            _("Import {number} was carried out: {new} new, {changed} changed, {unchanged} unchanged; digest {digest}"),
            _("Finish"),
            (),
            "carried_out_at",
        ),
        Move("fail", (WAITING, CARRYING_OUT), FAILED, clock, _("Import {number} could not be read: {reason}"), _("Fail")),
        Move("discard", CHECKED, DISCARDED, catalogue_clerk, _("{organisation} discarded import {number}"), _("Discard")),
    ],
    states={
        WAITING: _("being checked"),
        CHECKED: _("checked"),
        CARRYING_OUT: _("being imported"),
        DONE: _("imported"),
        FAILED: _("stopped"),
        DISCARDED: _("discarded"),
    },
)

match = Life(
    "match",
    ProductMatch,
    [
        Move("find", (), PROPOSED, clock, _("Products {one} and {other} may be the same: {score} points of 100"), _("Propose")),
        Move(
            "join",
            PROPOSED,
            JOINED,
            library_desk,
            _("{organisation} decided on {number}: {merged} became part of {into}"),
            _("They are one product"),
            (),
            "decided_at",
        ),
        Move(
            "keep_apart",
            PROPOSED,
            KEPT_APART,
            library_desk,
            _("{organisation} decided on {number}: the products stay apart: {reason}"),
            _("Keep them apart"),
            (rules.reason_is_given,),
            "decided_at",
        ),
        Move(
            "lapse",
            PROPOSED,
            LAPSED,
            library_desk,
            _("Proposal {number} lapsed: product {merged} became part of {into}"),
            _("Lapse"),
            (),
            "decided_at",
        ),
    ],
    states={PROPOSED: _("to be decided"), JOINED: _("one product"), KEPT_APART: _("kept apart"), LAPSED: _("lapsed")},
)

correction = Life(
    "correction",
    ProductCorrection,
    [
        Move(
            "propose",
            (),
            PROPOSED,
            catalogue_clerk,
            _("{organisation} proposed correction {number} of product {product}"),
            _("Propose the correction"),
        ),
        Move(
            "withdraw",
            PROPOSED,
            WITHDRAWN,
            catalogue_clerk,
            _("{organisation} withdrew correction {number}"),
            _("Withdraw"),
            (),
            "decided_at",
        ),
        Move(
            "accept",
            PROPOSED,
            ACCEPTED,
            library_desk,
            _("{organisation} accepted correction {number} of product {product}"),
            _("Accept the correction"),
            (rules.correction_still_fits,),
            "decided_at",
        ),
        Move(
            "refuse",
            PROPOSED,
            REFUSED,
            library_desk,
            _("{organisation} refused correction {number}: {reason}"),
            _("Refuse"),
            (rules.reason_is_given,),
            "decided_at",
        ),
    ],
    states={PROPOSED: _("to be decided"), ACCEPTED: _("accepted"), REFUSED: _("refused"), WITHDRAWN: _("withdrawn")},
)

# Bulk acts: one entry for many offers, named by the import or batch that they came with.
sentences.say("offer.enter_many", _("{organisation} entered {count} offers with {number}; digest {digest}"))
sentences.say("offer.revise_many", _("{organisation} revised {count} offers with {number}; digest {digest}"))
sentences.say("offer.update_many", _("{organisation} changed price, stock or delivery of {count} offers with {number}; digest {digest}"))
sentences.say("offer.regroup_many", _("{organisation} moved {count} offers to product {number}; digest {digest}"))
sentences.say("offer.approve_many", _("{organisation} listed {count} offers with {number}; digest {digest}"))
# What moved in from a predecessor system.
sentences.say("offer.take_over_many", _("{organisation} took over {count} offers with {number}; digest {digest}"))
sentences.say("products.take_over", _("{organisation} took over {count} products with {number}; digest {digest}"))
sentences.say("references.take_over", _("{organisation} took over {count} reference prices with {number}; digest {digest}"))

# What becomes of products themselves: every act names the products and the offers that it concerns.
sentences.say("product.merge", _("{organisation} merged product {merged} into {number} with {count} offers: {reason}"))
sentences.say("product.correct", _("{organisation} corrected product {number} after proposal {correction}: {changed}"))
sentences.say("match.find_many", _("{count} pairs of products may be the same ({number}); digest {digest}"))
sentences.say("product.split", _("{organisation} split product {split} off {number} with {count} offers: {reason}"))
