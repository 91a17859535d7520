"""The lives in the marketplace."""

from sunlit.domain.market.states.frameworks import entry, framework
from sunlit.domain.market.states.orders import order

__all__ = ["entry", "framework", "order"]
