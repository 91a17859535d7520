"""A reverse auction as a page: what the public, bidders, the buyer and regulators see of it, live and afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.config import environment
from sunlit.domain.market.models import Auction, AuctionLot
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.auction_events import rows as bids_of
from sunlit.domain.market.services import floor_of
from sunlit.domain.market.states import auctions as states
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.live.queries import told_in
from sunlit.foundation.live.rooms import DESK, PUBLIC, room_pass
from sunlit.portals.doors import Request, found_or_404
from sunlit.portals.ui.filters import lang

VISIBLE: Final[dict[str, str | Promise]] = {
    rules.BOTH: gettext_lazy("own rank and current lowest price"),
    rules.RANK_ONLY: gettext_lazy("own rank only"),
    rules.LOW_ONLY: gettext_lazy("current lowest price only"),
}
PASSED_OVER: Final[dict[str, str | Promise]] = {
    "refused": gettext_lazy("refused the award"),
    "excluded": gettext_lazy("passed over by the buyer"),
    "declined": gettext_lazy("did not take the order"),
}
BIDS: Final = queries.BIDS
BIDS_MOST: Final = 1000  # the last ones, on the page of an auction that runs
PHASE_TONES: Final = {"notice": "wait", "countdown": "now", "running": "now", "settling": "wait"}


def auction_page(request: Request, number: str) -> dict[str, Any]:
    """Everything about an auction and one of its lots (`?lot=`) that the reader may see. 404 for a draft of somebody else."""
    it: Auction = found_or_404(queries.auction(number, seen_by=request.actor))
    lots = queries.lots_of(it)
    position = row_id(request.GET.get("lot", "") or request.POST.get("lot", "")) or 1
    lot: AuctionLot = found_or_404(next((each for each in lots if each.position == position), None))
    audience = PUBLIC if it.state == states.DRAFT else queries.audience(it, lot, seen_by=request.actor)
    entries = queries.entries_of(lot)
    phase = queries.phase_of(it, lots, request.now)
    mine = next((entry for entry in entries if str(entry.bidder.mask) == audience), None)
    open_names = queries.names_are_open(it)
    seen_prices = open_names or audience == DESK or it.visibility != rules.RANK_ONLY
    state = queries.state_of(it, lot, entries) if lot.ends_at else None
    events = told_in(queries.room_of(it.number, lot.position), audience=audience)
    told = _bids_told(events)
    return {
        "it": it,
        "lots": lots,
        "lot": lot,
        "phase": phase,
        "phase_label": queries.PHASES.get(phase, ""),
        "phase_tone": PHASE_TONES.get(phase, ""),
        "at_desk": audience == DESK,
        "bidder": mine.bidder if mine else None,
        "mine": mine,
        "floor": floor_of(mine) if mine and phase == "running" else None,
        "admitted": queries.admitted_of([it]).get(it.pk, 0),
        "seen_prices": seen_prices,
        "open_names": open_names,
        "standing": queries.standing_of(lot, entries) if open_names else [],
        "passed_over": PASSED_OVER,
        "visible": VISIBLE[it.visibility],
        "steps": _steps(it, phase),
        "rulings": [Ruling.from_json(told) for told in it.rulings],
        "next_price": max(state.next_price(mine.bidder.mask), money.ZERO) if state is not None and mine else None,
        "turns": _timetable(state) if state is not None else None,
        "speaking": _speaking(state, phase, request.now),
        "live_room": _live(request, it, lot, audience, state, phase, events),
        "chart": _chart(lot, it, open_names, told),
        "log_rows": _log(lot, audience, open_names, told),
        "now": request.now,
    }


def _live(
    request: Request,
    it: Auction,
    lot: AuctionLot,
    audience: str,
    state: rules.LotState | None,
    phase: str,
    events: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What the page's script begins with; the stream goes on behind `after`."""
    room = queries.room_of(it.number, lot.position)
    asked = {"room": room} | ({"pass": room_pass(room, audience)} if audience != PUBLIC else {})
    mask = int(audience) if audience.isdigit() else None
    seen = audience == DESK or it.visibility != rules.RANK_ONLY or queries.names_are_open(it)
    ranked = mask is not None and it.visibility != rules.LOW_ONLY and state is not None and mask in state.own
    return {
        "url": f"{environment.live_url(request.get_host()).rstrip('/')}/room/?{urlencode(asked)}",
        "follow": it.state in (states.OPEN, states.PAUSED),
        "after": events[-1]["index"] if events else 0,
        "now": _iso(request.now),
        "mask": mask,
        "running": it.state == states.OPEN,
        "starts_at": _iso(it.starts_at),
        "ends_at": _iso(lot.ends_at),
        "extensions": lot.extensions,
        "bids": lot.bids,
        "cap": str(lot.cap),
        "step": str(lot.step),
        "quantity": lot.quantity,
        "low": str(lot.low) if seen and lot.low is not None else None,
        "next": str(max(state.next_price(mask), money.ZERO)) if state is not None and (mask is not None or seen) else None,
        "beats": queries.beats(it),
        "rank": state.rank(mask) if ranked and state is not None and mask is not None else None,
        "mine": str(state.own[mask][0]) if state is not None and mask in state.own and mask is not None else None,
        "phase": phase,
        "turns": _turns(state) if state is not None else None,
        "words": _words(),
    }


def _turns(state: rules.LotState) -> dict[str, Any] | None:
    """The timetable as the page's script reads it: lengths in milliseconds; the orders of rounds to come as they stand."""
    turns = state.terms.turns
    if turns is None:
        return None
    lengths = {"opening": turns.opening, "turn": turns.turn, "pause": turns.pause}
    return {
        "begins": _iso(state.begins(turns)),
        "count": len(state.masks),
        "rounds": turns.rounds,
        "orders": {number: state.order(turns, number) for number in range(1, turns.rounds + 1)},
        **{name: round(length.total_seconds() * 1000) for name, length in lengths.items()},
    }


def _timetable(state: rules.LotState) -> list[dict[str, Any]]:
    """Every round with its turns: from when, and whose."""
    turns = state.terms.turns
    if turns is None:
        return []
    begins, count = state.begins(turns), len(state.masks)
    found = []
    for number in range(1, turns.rounds + 1):
        opens = begins + turns.opens_after(number, count)
        slots = [{"at": opens + place * turns.turn, "bidder": mask} for place, mask in enumerate(state.order(turns, number))]
        found.append({"number": number, "opens": opens, "slots": slots})
    return found


def _speaking(state: rules.LotState | None, phase: str, now: datetime) -> rules.Speaking | None:
    """Whose turn it is now, where bidders speak in turns."""
    if state is None or state.terms.turns is None or phase != "running":
        return None
    return state.speaking(state.terms.turns, now)


def _words() -> dict[str, str]:
    """What the script says."""
    return {
        "bidder": _("Bidder"),
        "you": _("you"),
        "automatic": _("by floor"),
        "hidden": _("told after the end"),
        "starts": _("until the bidding begins"),
        "ends": _("until the end"),
        "paused": _("paused: the time that is left is kept"),
        "yours": _("Round {round}: it is your turn, for"),
        "speaks": _("Round {round}: it is the turn of bidder {bidder}, for"),
        "between": _("Round {round} begins in"),
        "settling": _("The time is over. The result is being established."),
        "extended": _("extended"),
        "accepted": _("Accepted as bid no. {place}: {price}"),
        "outbid": _("Somebody bid lower: {price}"),
        "sending": _("Being sent …"),
        "again": _("The connection broke. The same bid is sent again; it counts once."),
        "sure": _("That is far below the next price. Press again to bid {price}."),
        "on": _("live"),
        "off": _("connecting …"),
        "clock": _("Server time {time}; your clock is {offset} s off"),
        "bid": _("Bid {price}"),
        "sum": _("{sum} for {quantity} in all"),
        "lowest": _("lowest bid"),
        "own": _("your bids"),
        "cap": _("highest price"),
    }


def _chart(lot: AuctionLot, it: Auction, open_names: bool, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The staircase: every price that the reader may see, by its instant."""
    if open_names:
        bids = lot.all_bids.select_related("entry__bidder").order_by("place")
        points = [[_iso(bid.at), str(bid.price), bid.entry.bidder.mask] for bid in bids]
    else:
        points = [[bid["at"], bid["price"], bid["bidder"]] for bid in told]
    return {
        "cap": str(lot.cap),
        "from": _iso(it.starts_at),
        "to": _iso(lot.ends_at),
        "points": [point for point in points if point[1]],
        "names": {"lowest": _("lowest bid"), "all": _("bids"), "cap": _("highest price")},
    }


def _log(lot: AuctionLot, audience: str, open_names: bool, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every bid that the reader may know of, newest first, in the reader's words."""
    if open_names:
        bids = lot.all_bids.select_related("entry__bidder__supplier").order_by("-place")
        return [_row(b.place, b.at, lang(b.entry.bidder.supplier), b.price, str(b.entry.bidder.mask) == audience, b.by_floor) for b in bids]
    return [_told_row(bid) for bid in reversed(told)]


def _told_row(bid: Mapping[str, Any]) -> dict[str, Any]:
    price, own = bid["price"], bool(bid.get("own"))
    who = _("you") if own else f"{_('Bidder')} {bid['bidder']}" if bid["bidder"] else "—"
    return _row(bid["place"], datetime.fromisoformat(bid["at"]), who, Decimal(price) if price else None, own, bid["by_floor"])


def _bids_told(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every bid that the reader was told of, with what it was told of its own ones."""
    found = []
    for event in events:
        mine = {bid["place"]: {**bid, "own": True} for bid in event.get("mine", ())}
        found += [{**bid, **mine.get(bid["place"], {})} for bid in bids_of(event)]
    return found[-BIDS_MOST:]


def _row(place: int, at: datetime, who: str, price: Decimal | None, own: bool, by_floor: bool) -> dict[str, Any]:
    time = f"{at.astimezone(SHANGHAI):%H:%M:%S.%f}"[:-3]
    return {"place": place, "time": time, "who": who, "price": price, "own": own, "by_floor": by_floor}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _steps(it: Auction, phase: str) -> list[dict[str, Any]]:
    """The way of the auction, with what comes next."""
    done = {
        _("Announced"): (it.published_at, it.published_at is not None),
        _("Entry ends"): (it.enter_until, phase in ("countdown", "running", "settling") or bool(it.result)),
        _("Bidding"): (it.starts_at, phase == "settling" or bool(it.result)),
        _("Auction result"): (it.ended_at if it.result else None, bool(it.result)),
        _("Order placed"): (it.awarded_at, it.state == states.AWARDED),
    }
    over = it.state in (states.FAILED, states.WITHDRAWN, states.VOIDED)
    steps: list[dict[str, Any]] = [{"label": label, "state": "done" if ready else "todo", "at": at} for label, (at, ready) in done.items()]
    following = next((step for step in steps if step["state"] == "todo"), None)
    if following:
        following["state"] = "bad" if over else "current"
    return steps


def bid_page_url(portal: str, number: str, lot: int) -> str:
    """The page of a lot in one portal."""
    return f"{reverse(f'{portal}:auction', args=[number])}?{urlencode({'lot': lot})}"


def typed_price(text: str) -> Decimal:
    """The price as it was typed; what cannot be read is nothing, which no auction takes."""
    try:
        return money.yuan(text)
    except money.NotMoney:
        return money.ZERO
