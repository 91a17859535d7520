"""The lives in the marketplace."""

from sunlit.domain.market.states.auctions import auction
from sunlit.domain.market.states.batches import batch, demand
from sunlit.domain.market.states.calloffs import calloff
from sunlit.domain.market.states.frameworks import entry, framework
from sunlit.domain.market.states.orders import order
from sunlit.domain.market.states.parties import dealer, upgrade
from sunlit.domain.market.states.quotations import quotation, quote
from sunlit.domain.market.states.units import unit_offer, unit_request
from sunlit.domain.market.states.workorders import work_order

__all__ = [
    "auction",
    "batch",
    "calloff",
    "dealer",
    "demand",
    "entry",
    "framework",
    "order",
    "quotation",
    "quote",
    "unit_offer",
    "unit_request",
    "upgrade",
    "work_order",
]
