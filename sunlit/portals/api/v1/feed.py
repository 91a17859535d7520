"""The change feed: every sealed act that concerns the caller, in the ledger's order, without a gap."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Substr
from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field

from sunlit.domain.market.policies import facts_for, visible_to
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import API_PAGE_ROWS
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.queries import Act
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import Rows, Time, Told

router = Router(tags=["feed"])
READ = Needs("feed:read")

LOOKS = 3000
"""Acts of everybody that one call looks through."""
READS = 4 * 1024 * 1024
"""Stored bytes of facts that one call looks through: a bulk act tells the digest of each of its rows."""
BEFORE_PLACING = ("order.request", "order.disapprove")


class ActOut(Told):
    index: int = Field(description="Its place in the public ledger.")
    at: Time
    act: str
    subject: str
    organisation: str = Field(description="The number of the organisation that acted; “clock” for the platform.")
    region: str
    sentence: str | None = Field(description="Told in the language asked for; only to the parties.")
    facts: dict[str, Any] | None = Field(description="Only to the parties; others see that it happened.")


class Feed(Told):
    acts: list[ActOut]
    next: int = Field(description="Hand back as `after`: nothing is left out between two calls.")
    more: bool = Field(description="There is more to read at once; otherwise ask again later.")


@router.get("feed", auth=READ, response=Feed, operation_id="feed", summary=_("What happened since, without a gap"))
def feed(request: Call, after: Annotated[int, Field(ge=-1)] = -1, limit: Rows = API_PAGE_ROWS) -> Feed:
    """Acts after this place of the ledger (-1: from the beginning). A page may be empty while `more` is true: go on with `next`."""
    mine = ledger.named(request.actor.organisation_number)
    found = ledger.stretch(after, limit, seen=_seen(request.actor, mine), told=mine, looks=LOOKS, reads=READS)
    acts = [replace(act, facts=facts_for(request.actor, act.act, act.facts)) for act in found.acts]
    return Feed(acts=[_told(act, open_to=act.index in found.open) for act in acts], next=found.last, more=found.more)


def _seen(actor: Actor, mine: Q) -> Q:
    """The acts of the caller's organisation and those about it; a regulator's region; everything for the operator."""
    match actor.kind:
        case "operator":
            return Q()
        case "regulator":
            return mine | Q(region=actor.region_path) | Q(region__startswith=actor.region_path + "/")
        case "supplier":
            return mine & ~Q(act__in=BEFORE_PLACING) & (~Q(subject__startswith="order/") | _order_seen(actor))
    return mine


def _order_seen(actor: Actor) -> Q:
    """The order that the act is about is one that the caller may see: its buyer has let it go."""
    number = Substr(OuterRef("subject"), len("order/") + 1)
    return Q(Exists(visible_to(actor).filter(number=number)))


def _told(act: Act, *, open_to: bool) -> ActOut:
    same = {name: getattr(act, name) for name in ("index", "at", "act", "subject", "organisation", "region")}
    return ActOut(**same, sentence=act.sentence if open_to else None, facts=act.facts if open_to else None)
