"""The lives in the marketplace."""

from sunlit.domain.market.states.orders import order

__all__ = ["order"]
