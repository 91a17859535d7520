"""What a room is told of bids that were written together: columns, for a thousand hear of each and a bid should cost a few letters of it. Pure.

`first` is the place of the first bid, the others follow it; `ago` tells by how many milliseconds each was earlier than the event; `prices` and `by` (masks)
stand there for those who may see them; `leads` is the place of the last bid that took the lead, `floors` are the places of those that a floor made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sunlit.domain.market.rules.auctions import BOTH, RANK_ONLY, Taken
from sunlit.foundation.live.rooms import iso_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def columns(bids: Sequence[Taken], visibility: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What everybody is told of these bids, and what the desk is told besides. The event's instant is that of the last bid."""
    end = (bids[-1].at - _EPOCH) // _MS
    openly: dict[str, Any] = {"first": bids[0].place, "ago": [end - (bid.at - _EPOCH) // _MS for bid in bids]}
    leading = [bid.place for bid in bids if bid.leads]
    if leading:
        openly["leads"] = leading[-1]
    inside: dict[str, Any] = {}
    (inside if visibility == RANK_ONLY else openly)["prices"] = [str(bid.price) for bid in bids]
    who = openly if visibility == BOTH else inside
    who["by"] = [bid.bidder for bid in bids]
    if floors := [bid.place for bid in bids if bid.by_floor]:
        who["floors"] = floors
    return openly, inside


def rows(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bids of an event one by one, with as much of each as the event tells: place, at, price, bidder, by_floor."""
    if "ago" not in event:
        return []
    at, nothing = datetime.fromisoformat(event["at"]), [None] * len(event["ago"])
    floors = set(event.get("floors", ()))
    each = zip(event["ago"], event.get("prices", nothing), event.get("by", nothing), strict=True)
    return [
        {"place": place, "at": iso_of(at - ago * _MS), "price": price, "bidder": mask, "by_floor": place in floors}
        for place, (ago, price, mask) in enumerate(each, event["first"])
    ]
