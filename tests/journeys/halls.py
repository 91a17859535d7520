"""Auctions for a journey, made inside the house by the real verbs with earlier times: they run now and end soon. Prints a line of JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sunlit.domain.market import services
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
    long_ago = now - timedelta(days=12)
    aygul, zhou, people = seated("aygul"), seated("zhou"), sellers()[:bidders]
    wish = services.Wish(
        title=title, purpose="教学", requirements="14英寸，三年质保", plan="", quota_id=quota(aygul), address_id=accounts.addresses_of(aygul.party)[0].pk,
        title_id=accounts.invoice_titles_of(aygul.party)[0].pk, delivery_days="10", starts_at=now + timedelta(seconds=ends_in, minutes=-MINUTES),
        minutes=str(MINUTES), step_kind="percent", step="0.1", extension_minutes="1", extensions_most="0", visibility=visibility,
        lots=[services.LotWish("A02010108", "便携式计算机", "2", "台", "5000.00")],
    )  # fmt: skip
    it = services.publish_auction(services.draft_auction(wish, by=aygul, at=long_ago), by=zhou, at=long_ago)
    for person in people:
        services.enter_auction(it, points=POINTS, products={1: ("孔雀", "KQ-14")}, by=person, at=long_ago)
    passes = [bid_pass(person, it.number, 1, "zh-hans") for person in people]
    ends_at = (now + timedelta(seconds=ends_in)).timestamp()
    print(json.dumps({"number": it.number, "passes": passes, "names": [p.organisation_name for p in people], "ends_at": ends_at}))  # noqa: T201


def seated(login: str) -> Actor:
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(user__login=login))


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
