"""What a person wishes to order, and why it cannot be ordered like that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sunlit.domain.catalog import states
from sunlit.domain.catalog.models import Offer
from sunlit.domain.market.rules import orders as rules
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem


@dataclass(frozen=True)
class Wish:
    """One line of what is to be ordered: the offer, how many, the price the person saw, and whether it is bought direct from the manufacturer."""

    offer_id: int
    quantity: int
    price_seen: Decimal
    direct: bool = False


def line_problems(offer: Offer, wish: Wish, delivery_path: str) -> Iterator[Problem]:
    """Why this offer cannot be ordered like this now: state, standing, price, quantity, stock, region."""
    field = f"line_{offer.pk}"
    standing = offer.supplier.supplier.state
    if offer.state != "listed":
        yield Problem(rules.OFFER_GONE, {"title": offer.title, "state": _state_of(offer)}, on=field)
        return
    if standing != "active":
        yield Problem(rules.SUPPLIER_SUSPENDED, {"supplier": offer.supplier.name_zh, "state": standing}, on=field)
    if offer.price != wish.price_seen:
        told = {"title": offer.title, "seen": money.show(wish.price_seen), "now": money.show(offer.price)}
        yield Problem(rules.PRICE_CHANGED, told, on=field)
    if offer.quantity_most and wish.quantity > offer.quantity_most:
        yield Problem(rules.QUANTITY_OVER_LIMIT, {"title": offer.title, "most": offer.quantity_most}, on=field)
    if wish.quantity > offer.stock:
        yield Problem(rules.STOCK_SHORT, {"title": offer.title, "wanted": wish.quantity, "stock": offer.stock}, on=field)
    if not delivers_to(offer, delivery_path):
        yield Problem(rules.NOT_DELIVERED_THERE, {"title": offer.title, "region": delivery_path.rpartition("/")[2]}, on=field)


def delivers_to(offer: Offer, region_path: str) -> bool:
    """True when the offer goes to the region or to one above it; no regions named means the whole net."""
    return not offer.delivery_regions or not region_path or not set(region_path.split("/")).isdisjoint(offer.delivery_regions)


def _state_of(offer: Offer) -> str:
    return str(states.offer.states[offer.state])
