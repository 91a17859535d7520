"""What is stored of the marketplace."""

from sunlit.domain.market.models.orders import CartLine, CartPlan, Dispatch, Favourite, Order, OrderLine, Return

__all__ = ["CartLine", "CartPlan", "Dispatch", "Favourite", "Order", "OrderLine", "Return"]
