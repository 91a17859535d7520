"""The face of the marketplace: what others may ask of it."""

from sunlit.domain.market.queries.board import Board, RegionFigures, board, late_orders, regions
from sunlit.domain.market.queries.cart import CartPage, cart, cart_count, rulings_before
from sunlit.domain.market.queries.orders import (
    GROUPS,
    KnownSupplier,
    OrderPage,
    Step,
    Task,
    counts,
    deadline_of,
    desk_of,
    favourites,
    lines_of,
    open_orders_of_supplier,
    order,
    orders,
    steps_of,
    suppliers_of,
    waiting_count,
)
from sunlit.domain.market.queries.rulings import approval_limit, rulings_of

__all__ = [
    "GROUPS",
    "Board",
    "CartPage",
    "KnownSupplier",
    "OrderPage",
    "RegionFigures",
    "Step",
    "Task",
    "approval_limit",
    "board",
    "cart",
    "cart_count",
    "counts",
    "deadline_of",
    "desk_of",
    "favourites",
    "late_orders",
    "lines_of",
    "open_orders_of_supplier",
    "order",
    "orders",
    "regions",
    "rulings_before",
    "rulings_of",
    "steps_of",
    "suppliers_of",
    "waiting_count",
]
