"""How large the region is: the source's own figures, or a fraction of them for tests and developers."""

from __future__ import annotations

from dataclasses import dataclass

BUYERS, SUPPLIERS = 1_287, 7_498
PRODUCTS, OFFERS, ORDERS = 270_000, 2_190_000, 125_000
DAYS = 730
"""How far back the orders go."""


@dataclass(frozen=True)
class Size:
    """So many of each; a fraction keeps enough of everything to trade with."""

    buyers: int
    suppliers: int
    products: int
    offers: int
    orders: int

    @classmethod
    def of(cls, fraction: float = 1.0) -> Size:
        return cls(
            buyers=max(40, round(BUYERS * fraction)),
            suppliers=max(138, round(SUPPLIERS * fraction)),
            products=max(770, round(PRODUCTS * fraction)),
            offers=max(3_000, round(OFFERS * fraction)),
            orders=max(120, round(ORDERS * fraction)),
        )
