"""Auctions for a journey, made inside the house by the real verbs with earlier times: they run now and end soon. Prints a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction
from sunlit.domain.market.queries.auctions import POINTS
from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Seat
from sunlit.portals.supplier.bid_desk import bid_pass

MINUTES = 10  # the shortest that the rulebook allows


def make(title: str, ends_in: float, bidders: int, visibility: str) -> None:
    """One auction of the school that ends in so many seconds (or begins, from ten minutes on), entered by Chen, Nurlan and others."""
    now = datetime.now(UTC)
    it, people = entered(
        sellers()[:bidders], title=title, starts_at=now + timedelta(seconds=ends_in, minutes=-MINUTES), minutes=str(MINUTES),
        extension_minutes="1", extensions_most="0", visibility=visibility,
    )  # fmt: skip
    tell(it, people, ends_at=(now + timedelta(seconds=ends_in)).timestamp())


def make_rounds(title: str, since: float, bids: Sequence[tuple[int, str, float]]) -> None:
    """One by rounds whose timetable began so many seconds ago, of three bidders; told in the order in which they speak first.

    `bids` are those that were made meanwhile: by whom in that order, for how much, so many seconds after the beginning.
    """
    starts_at = datetime.now(UTC) - timedelta(seconds=since)
    it, people = entered(
        sellers()[:3], title=title, starts_at=starts_at, form=services.ROUNDS, minutes="", extension_minutes="", extensions_most="",
        visibility="own_rank_and_current_low",
    )  # fmt: skip
    masks = dict(it.bidders.values_list("supplier_id", "mask"))
    people.sort(key=lambda person: masks[person.party])
    for who, price, seconds in bids:
        at = starts_at + timedelta(seconds=seconds)
        services.bid(it.number, 1, price=Decimal(price), key=f"earlier-{seconds}", by=people[who], at=at)
    tell(it, people, masks=[masks[person.party] for person in people], parties=[person.party for person in people])


def entered(people: list[Actor], **more: Any) -> tuple[Auction, list[Actor]]:
    """Drafted, announced and entered twelve days ago."""
    long_ago = datetime.now(UTC) - timedelta(days=12)
    aygul, zhou = seated("aygul"), seated("zhou")
    wish = services.Wish(
        purpose="教学", requirements="14英寸，三年质保", plan="", quota_id=quota(aygul), address_id=accounts.addresses_of(aygul.party)[0].pk,
        title_id=accounts.invoice_titles_of(aygul.party)[0].pk, delivery_days="10", step_kind="percent", step="0.1",
        lots=[services.LotWish("A02010108", "便携式计算机", "2", "台", "5000.00")], **more,
    )  # fmt: skip
    it = services.publish_auction(services.draft_auction(wish, by=aygul, at=long_ago), by=zhou, at=long_ago)
    for person in people:
        services.enter_auction(it, points=POINTS, products={1: ("孔雀", "KQ-14")}, by=person, at=long_ago)
    return it, people


def tell(it: Auction, people: list[Actor], **more: Any) -> None:
    passes = [bid_pass(person, it.number, 1, "zh-hans") for person in people]
    print(json.dumps({"number": it.number, "passes": passes, "names": [p.organisation_name for p in people], **more}))  # noqa: T201


def seated(login: str) -> Actor:
    """Somebody in the first seat; another journey may have given a second one."""
    return actor_in(Seat.objects.select_related("user", "organisation__region").filter(user__login=login).order_by("pk")[0])


def quota(buyer: Actor) -> int:
    found = max(BudgetQuota.objects.filter(buyer_id=buyer.party, closed_at=None), key=lambda it: it.available)
    return found.pk


def sellers() -> list[Actor]:
    """Chen and Nurlan, then one person each of other suppliers in good standing."""
    first = [seated("chen"), seated("nurlan")]
    seats: Any = Seat.objects.select_related("user", "organisation__region").filter(
        organisation__kind="supplier", organisation__supplier__state="active", roles__contains=["sales"]
    )
    known: dict[int, Actor] = {}
    for seat in seats.order_by("organisation__number", "pk"):
        known.setdefault(seat.organisation_id, actor_in(seat))
    return [*first, *(actor for party, actor in known.items() if party not in {it.party for it in first})]
