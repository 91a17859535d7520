"""The change feed: every sealed act that concerns the caller, in the ledger's order, without a gap."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field

from sunlit.domain.market.policies import visible_to
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import API_PAGE_ROWS
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.queries import Act
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import Rows, Time, Told

router = Router(tags=["feed"])
READ = Needs("feed:read")

READ_AT_ONCE = 500
READ_MOST = 3000  # acts of everybody that one call looks through
BEFORE_PLACING = frozenset({"order.request", "order.disapprove"})


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
    seen: list[Act] = []
    last, looked = after, 0
    while looked < READ_MOST:
        batch = ledger.feed(last, READ_AT_ONCE)
        looked += len(batch)
        mine = _visible(batch, request.actor)
        if len(seen) + len(mine) > limit:
            seen += mine[: limit - len(seen)]
            return _page(seen, seen[-1].index, request.actor, more=True)
        seen += mine
        last = batch[-1].index if batch else last
        if len(batch) < READ_AT_ONCE:
            return _page(seen, last, request.actor, more=False)
    return _page(seen, last, request.actor, more=True)


def _page(acts: list[Act], last: int, actor: Actor, *, more: bool) -> Feed:
    return Feed(acts=[_told(act, actor) for act in acts], next=last, more=more)


def _visible(acts: list[Act], actor: Actor) -> list[Act]:
    """The acts of the caller's organisation and those about it; a regulator's region; everything for the operator."""
    mine = [act for act in acts if _concerns(act, actor)]
    unseen = _unseen(mine, actor)
    return [act for act in mine if act.subject not in unseen and not _too_early(act, actor)]


def _concerns(act: Act, actor: Actor) -> bool:
    if actor.kind == "operator":
        return True
    if actor.kind == "regulator" and (act.region == actor.region_path or act.region.startswith(actor.region_path + "/")):
        return True
    return is_party(act, actor)


def is_party(act: Act, actor: Actor) -> bool:
    """Whether the organisation acted itself or is one of those whom the act names."""
    parties = act.facts.get("parties")
    return act.organisation == actor.organisation_number or (isinstance(parties, list) and actor.organisation_number in parties)


def _too_early(act: Act, actor: Actor) -> bool:
    return actor.kind == "supplier" and act.act in BEFORE_PLACING


def _unseen(acts: list[Act], actor: Actor) -> set[str]:
    """Orders that a supplier may not see yet: those that their buyer has not let go."""
    if actor.kind != "supplier":
        return set()
    orders = {act.subject.partition("/")[2] for act in acts if act.subject.startswith("order/")}
    seen = visible_to(actor).filter(number__in=orders).values_list("number", flat=True)
    return {f"order/{number}" for number in orders.difference(seen)}


def _told(act: Act, actor: Actor) -> ActOut:
    open_to = is_party(act, actor)
    same = {name: getattr(act, name) for name in ("index", "at", "act", "subject", "organisation", "region")}
    return ActOut(**same, sentence=act.sentence if open_to else None, facts=act.facts if open_to else None)
