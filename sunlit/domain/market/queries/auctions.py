"""What is asked about reverse auctions: who sees which, how one stands now, and what may be chosen for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Auction, AuctionBid, AuctionBidder, AuctionEntry, AuctionLot
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.auction_results import bid_document, document, lot_document
from sunlit.domain.market.rules.auction_turns import Said, Turns
from sunlit.domain.market.states import auctions as states
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.standstill import Standstill
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.live.rooms import DESK, PUBLIC

VISIBILITIES: Final = (rules.BOTH, rules.RANK_ONLY, rules.LOW_ONLY)
PHASES: Final[dict[str, str | Promise]] = {
    "notice": _("notice"),
    "countdown": _("countdown"),
    "running": _("running"),
    "settling": _("result is being established"),
}
POINTS: Final = rules.POINTS  # what a bidder declares
BIDS: Final = ("auction.bid", "auction.bids", "auction.floor", "auction.lift_floor")  # acts that the log of bids tells
STANDSTILLS: Final = ("auction.resume", "auction.make_up")
LIVE_MOST: Final = 100  # auctions on one board
_RELATED: Final = ("buyer__region", "plan", "quota", "drafter")


@dataclass(frozen=True)
class Limits:
    """What the rulebook lets a buyer choose, with what it proposes."""

    notice: Rule_
    least: Rule_
    duration: Rule_
    extension: Rule_
    most: Rule_
    step: Rule_
    visibility: Rule_
    preparation: Rule_
    guarantee: Rule_
    low: Rule_
    rounds: Rule_
    turn: Rule_
    pause: Rule_
    opening: Rule_

    def lies_within(self, name: str, figure: Decimal) -> bool:
        allowed = getattr(self, name).allowed or {}
        return Decimal(allowed.get("min", "0")) <= figure <= Decimal(allowed.get("max", "Infinity"))


def limits(region_path: str, at: datetime) -> Limits:
    """The rules of reverse auctions as they stand in a region."""

    def rule(key: str) -> Rule_:
        return rulebook.rule(key, region_path=region_path, on=local_day(at))

    return Limits(
        notice=rule("ra.notice_min"),
        least=rule("ra.min_bidders"),
        duration=rule("ra.duration"),
        extension=rule("ra.extension"),
        most=rule("ra.max_extensions"),
        step=rule("ra.min_decrement"),
        visibility=rule("ra.visibility"),
        preparation=rule("ra.preparation"),
        guarantee=rule("ra.guarantee"),
        low=rule("ra.abnormal_low"),
        rounds=rule("ra.rounds"),
        turn=rule("ra.turn"),
        pause=rule("ra.round_pause"),
        opening=rule("ra.opening_pause"),
    )


def earliest_start(region_path: str, at: datetime) -> datetime:
    """From when on an auction that is announced now may be bid in."""
    return rulebook.deadline("ra.notice_min", start=at, region_path=region_path, on=local_day(at))


# Who sees which


def visible_auctions(actor: Actor) -> QuerySet[Auction]:
    """What was announced is public; a draft is its buyer's."""
    public = ~Q(state__in=(states.DRAFT, states.DISCARDED))
    return Auction.objects.filter(public | Q(buyer_id=actor.organisation_id) if actor.kind == "buyer" else public)


def auction(number: str, *, seen_by: Actor) -> Auction | None:
    return visible_auctions(seen_by).select_related(*_RELATED).filter(number=number).first()


def lots_of(it: Auction) -> list[AuctionLot]:
    related = ("category", "leader__bidder__supplier", "winner__bidder__supplier", "order")
    return list(it.lots.select_related(*related).order_by("position"))


def phase_of(it: Auction, lots: Sequence[AuctionLot], at: datetime) -> str:
    """Where an open auction is: in its notice, counting down, running, or over and not yet closed. "" for any other."""
    if it.state != states.OPEN or it.enter_until is None or it.starts_at is None:
        return ""
    if at < it.enter_until:
        return "notice"
    if at < it.starts_at:
        return "countdown"
    return "running" if any(lot.ends_at and at < lot.ends_at for lot in lots) else "settling"


@dataclass(frozen=True)
class AuctionRow:
    """One line of a list."""

    it: Auction
    lots: list[AuctionLot]
    phase: str
    bidders: int

    @property
    def ends_at(self) -> datetime | None:
        return max((lot.ends_at for lot in self.lots if lot.ends_at), default=None)

    @property
    def bids(self) -> int:
        return sum(lot.bids for lot in self.lots)

    @property
    def low_total(self) -> Decimal:
        """What it would cost at the prices that stand."""
        return sum(((lot.low if lot.low is not None else lot.cap) * lot.quantity for lot in self.lots), Decimal("0.00"))

    @property
    def saved(self) -> Decimal:
        return self.it.total - self.low_total


def auction_rows(found: Iterable[Auction], at: datetime) -> list[AuctionRow]:
    """With their lots and the number of those admitted. Two queries."""
    auctions = list(found)
    lots: dict[int, list[AuctionLot]] = {it.pk: [] for it in auctions}
    for lot in AuctionLot.objects.filter(auction__in=auctions).order_by("auction", "position"):
        lots[lot.auction_id].append(lot)
    count = admitted_of(auctions)
    return [AuctionRow(it, lots[it.pk], phase_of(it, lots[it.pk], at), count.get(it.pk, 0)) for it in auctions]


def admitted_of(auctions: Sequence[Auction]) -> dict[int, int]:
    """How many bidders each has."""
    standing = AuctionBidder.objects.filter(auction__in=auctions, left_at=None, turned_away_at=None)
    return dict(standing.order_by().values_list("auction").annotate(n=Count("pk")))


def auctions_page(*, seen_by: Actor, state: str = "", mine: bool = False, after: int | None = None, rows: int = PAGE_ROWS) -> list[Auction]:
    """Newest first; `mine`: those of the buyer, or those that the supplier entered."""
    found = visible_auctions(seen_by).select_related(*_RELATED)
    if mine and seen_by.kind == "buyer":
        found = found.filter(buyer_id=seen_by.organisation_id)
    elif mine:
        found = found.filter(Exists(AuctionBidder.objects.filter(auction=OuterRef("pk"), supplier_id=seen_by.organisation_id)))
    if state:
        found = found.filter(state=state)
    if after is not None:
        found = found.filter(pk__lt=after)
    return list(found.order_by("-pk")[:rows])


def live_auctions(region_path: str = "") -> list[Auction]:
    """Those that are announced, run or are paused, the next to begin first; in a region and below it."""
    return list(_in_region(region_path).filter(state__in=states.RUNNING).order_by("starts_at", "pk")[:LIVE_MOST])


def auctions_to_confirm(region_path: str = "") -> list[Auction]:
    """Those whose buyer has to confirm the result, the longest due first; in a region and below it."""
    return list(_in_region(region_path).filter(state=states.ENDED).order_by("confirm_until", "pk")[:LIVE_MOST])


def _in_region(path: str) -> QuerySet[Auction]:
    found = Auction.objects.select_related(*_RELATED)
    return found.filter(Q(region_path=path) | Q(region_path__startswith=path + "/")) if path else found


def open_auctions(rows: int = LIVE_MOST) -> list[Auction]:
    """What suppliers may still enter or follow, the next to begin first."""
    return live_auctions()[:rows]


# A lot as it stands


def room_of(number: str, position: int) -> str:
    """Where its events are told."""
    return f"auction/{number}/{position}"


def beats(it: Auction) -> str:
    """Where nobody sees the lowest price, and where everybody speaks in turn, a bid is held against the bidder's own."""
    return rules.OWN if it.rounds or it.visibility == rules.RANK_ONLY else rules.LOWEST


def turns_of(it: Auction) -> Turns | None:
    """The timetable of an auction by rounds."""
    if not it.rounds:
        return None
    opening, turn, pause = (timedelta(minutes=n) for n in (it.opening_minutes, it.turn_minutes, it.pause_minutes))
    return Turns(it.rounds, opening, turn, pause)


def length_of(it: Auction, bidders: int) -> timedelta:
    """How long a lot is bid for; by rounds it depends on how many speak."""
    turns = turns_of(it)
    return turns.length(bidders) if turns else timedelta(minutes=it.minutes)


def state_of(it: Auction, lot: AuctionLot, entries: Sequence[AuctionEntry]) -> rules.LotState:
    """The lot as its rows tell it; where it is bid for in turns, with every bid."""
    lines = [Line.of(entry) for entry in entries]
    return lot_state(it, lot, lines)


@dataclass(slots=True)
class Line:
    """A bidder in a lot, as bidding needs it."""

    entry: int
    price: Decimal | None
    place: int | None
    mask: int
    supplier: int
    person: int
    admitted: bool
    floor: bytes | None = None
    floor_at: datetime | None = None

    @classmethod
    def of(cls, entry: AuctionEntry) -> Line:
        bidder = entry.bidder
        return cls(entry.pk, entry.price, entry.place, bidder.mask, bidder.supplier_id, bidder.person_id, bidder.admitted)


def lot_state(it: Auction, lot: AuctionLot, lines: Sequence[Line]) -> rules.LotState:
    assert it.starts_at is not None
    assert lot.ends_at is not None
    own = {line.mask: (line.price, line.place) for line in lines if line.price is not None and line.place is not None}
    leader = next((line.mask for line in lines if line.entry == lot.leader_id), None)
    turns, extension = turns_of(it), timedelta(minutes=it.extension_minutes)
    terms = rules.Terms(lot.cap, lot.step, beats(it), it.starts_at, extension, it.extensions_most, turns)
    state = rules.LotState(terms, lot.ends_at, lot.extensions, lot.bids, lot.last_at, lot.low, leader, own)
    if turns is not None:
        state.masks = [line.mask for line in lines if line.admitted]
        bids = AuctionBid.objects.filter(lot=lot).order_by("place").values_list("entry__bidder__mask", "price", "place", "round")
        state.said = [Said(*told) for told in bids]
    return state


def entries_of(lot: AuctionLot) -> list[AuctionEntry]:
    """Everybody in the lot, in the order of entry."""
    return list(lot.entries.select_related("bidder__supplier", "bidder__auction").order_by("pk"))


def bidder_of(it: Auction, supplier_id: int | None) -> AuctionBidder | None:
    return AuctionBidder.objects.filter(auction=it, supplier_id=supplier_id).first() if supplier_id else None


def bidders_of(it: Auction) -> list[AuctionBidder]:
    return list(it.bidders.select_related("supplier").order_by("pk"))


def standstills_of(it: Auction) -> list[Standstill]:
    """From when to when it stood still, in pauses that are over and in outages that were made up for, as the ledger tells it."""
    acts = ledger.acts_on(f"auction/{it.number}", only=STANDSTILLS)
    return [_standstill(act) for act in acts]


def _standstill(act: Entry) -> Standstill:
    if act.act == "auction.resume":
        return datetime.fromisoformat(act.facts["paused_at"]), act.at
    return datetime.fromisoformat(act.facts["since"]), datetime.fromisoformat(act.facts["until"])


def names_are_open(it: Auction) -> bool:
    """After the end everybody may know who bid."""
    return it.state in (states.ENDED, states.AWARDED) or bool(it.result)


def audience(it: Auction, lot: AuctionLot, *, seen_by: Actor) -> str:
    """As whom the actor follows a lot: buyer and regulator at the desk, a bidder by its mask, anybody else as the public."""
    if seen_by.kind == "buyer" and seen_by.organisation_id == it.buyer_id:
        return DESK
    if seen_by.kind == "operator" or (seen_by.kind == "regulator" and _is_over(seen_by.region_path, it.region_path)):
        return DESK
    bidder = bidder_of(it, seen_by.organisation_id) if seen_by.kind == "supplier" else None
    inside = bidder is not None and bidder.admitted and AuctionEntry.objects.filter(lot=lot, bidder=bidder).exists()
    return str(bidder.mask) if bidder is not None and inside else PUBLIC


def _is_over(own: str, path: str) -> bool:
    return path == own or path.startswith(own + "/")


@dataclass(frozen=True)
class Place:
    """One bidder of a lot for the table after the end."""

    rank: int
    entry: AuctionEntry
    percent: Decimal  # of the cap


def standing_of(lot: AuctionLot, entries: Sequence[AuctionEntry]) -> list[Place]:
    """By price; of equal prices the earlier bid is ahead."""
    bid = sorted((entry for entry in entries if entry.price is not None), key=lambda entry: (entry.price, entry.place))
    return [Place(rank, entry, percent(entry.price, lot.cap)) for rank, entry in enumerate(bid, 1) if entry.price is not None]


def percent(price: Decimal, cap: Decimal) -> Decimal:
    return (price / cap * 100).quantize(Decimal("0.1"))


def next_winner(entries: Iterable[AuctionEntry], least: int) -> AuctionEntry | None:
    """The lowest bid of those that are not passed over; nobody where fewer than `least` bid."""
    bid = [entry for entry in entries if entry.price is not None]
    left = sorted((entry for entry in bid if not entry.passed_over), key=lambda entry: (entry.price, entry.place))
    return left[0] if left and len(bid) >= least else None


def low_prices(it: Auction, lots: Sequence[AuctionLot], at: datetime) -> list[dict[str, Any]]:
    """The proposed prices below the rulebook's line, and whether each was explained."""
    rule = limits(it.region_path, at).low
    found = []
    for lot in lots:
        if lot.winner is None or lot.winner.price is None or lot.order_id:
            continue
        share = percent(lot.winner.price, lot.cap)
        if lot.winner.price < lot.cap * rule.share:
            told = {"lot": lot.position, "price": lot.winner.price, "percent": str(share), "line": str(rule.percent)}
            found.append({**told, "explained": bool(lot.winner.explanation)})
    return found


# The result


def result_of(it: Auction, lots: Sequence[AuctionLot]) -> str:
    """What is published at the end: canonical JSON of who was admitted, every bid in its order, and who won, as the rows tell it."""
    bidders = {bidder.mask: bidder.supplier.number for bidder in bidders_of(it) if bidder.admitted}
    return document(it.number, bidders, [_lot_result(lot, it.bidders_least) for lot in lots])


def _lot_result(lot: AuctionLot, least: int) -> dict[str, Any]:
    assert lot.ends_at is not None
    found = AuctionBid.objects.filter(lot=lot).select_related("entry__bidder").order_by("place")
    bids = [bid_document(place=b.place, bidder=b.entry.bidder.mask, price=b.price, at=b.at, by_floor=b.by_floor) for b in found]
    ranking = [place.entry.bidder.mask for place in standing_of(lot, entries_of(lot))]
    return lot_document(
        position=lot.position, cap=lot.cap, ends_at=lot.ends_at, extensions=lot.extensions, bids=bids, ranking=ranking, least=least
    )


# What is due


def auctions_to_fail(at: datetime) -> QuerySet[Auction]:
    """Those whose time to enter is over with too few bidders."""
    admitted = Count("bidders", filter=Q(bidders__left_at=None, bidders__turned_away_at=None))
    open_ones = Auction.objects.filter(state=states.OPEN, enter_until__lte=at).annotate(admitted=admitted)
    return open_ones.filter(admitted__lt=F("bidders_least")).order_by("enter_until", "pk")


def auctions_to_close(at: datetime) -> QuerySet[Auction]:
    """Those all of whose lots are over."""
    over = Auction.objects.filter(state=states.OPEN, starts_at__lte=at).annotate(over_at=Max("lots__ends_at"))
    return over.filter(over_at__lte=at - rules.SETTLING).order_by("over_at", "pk")
