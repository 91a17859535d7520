"""What is stored of the marketplace."""

from sunlit.domain.market.models.orders import CartLine, Dispatch, Favourite, Order, OrderLine, Return

__all__ = ["CartLine", "Dispatch", "Favourite", "Order", "OrderLine", "Return"]
