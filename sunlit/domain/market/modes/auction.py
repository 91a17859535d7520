"""The reverse auction (反向竞价) as a way of buying: what it reserves, and the orders that its winners get."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sunlit.domain.market.models import Auction, AuctionEntry, AuctionLot, Order
from sunlit.domain.market.modes.supermarket import Terms
from sunlit.domain.market.services.awards import AwardedLine, free, order_from_award, parts_of, reserve
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts.actors import Actor

MODE: Final = "auction"


def lay_ready(it: Auction, lots: Sequence[AuctionLot], *, turn: int = 1, by: Actor, at: datetime) -> None:
    """The money for the highest prices lies ready under the auction's own reference, each time under one of its own. Refused as a hold is."""
    parts = parts_of([_line(lot, None) for lot in lots], mode=MODE)
    reserve(it.reference_of(turn), buyer=it.buyer, quota_id=it.quota_id, plan=it.plan, parts=parts, by=by, at=at)


def let_go(it: Auction, *, at: datetime) -> None:
    """The auction came to nothing."""
    free(it.reference, at=at)


def place_orders(it: Auction, lots: Sequence[AuctionLot], *, by: Actor, at: datetime) -> dict[int, Order]:
    """One order a winner over the lots that it won, by lot. The money that lay ready is freed first, in the same transaction."""
    let_go(it, at=at)
    won: dict[int, list[AuctionLot]] = {}
    for lot in lots:
        if lot.winner is not None:
            won.setdefault(lot.winner.bidder.supplier_id, []).append(lot)
    rulings = [Ruling.from_json(told) for told in it.rulings]
    terms = Terms(it.quota_id, it.delivery, it.invoice_title, it.purpose, plan=it.plan.number if it.plan else "")
    made: dict[int, Order] = {}
    for theirs in won.values():
        assert theirs[0].winner is not None
        order = order_from_award(
            mode=MODE,
            origin=it.paper,
            buyer=it.buyer,
            supplier=theirs[0].winner.bidder.supplier,
            orderer_id=it.drafter_id,
            lines=[_line(lot, lot.winner) for lot in theirs],
            terms=terms,
            delivery_days=it.delivery_days,
            rulings=rulings,
            by=by,
            at=at,
        )
        made |= dict.fromkeys((lot.pk for lot in theirs), order)
    return made


def _line(lot: AuctionLot, winner: AuctionEntry | None) -> AwardedLine:
    if winner is None or winner.price is None:
        return AwardedLine(lot.category, lot.name, lot.unit, lot.quantity, lot.cap)
    return AwardedLine(lot.category, lot.name, lot.unit, lot.quantity, winner.price, brand=winner.brand, model=winner.model)
