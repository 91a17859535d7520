"""What is stored of the marketplace."""

from sunlit.domain.market.models.auctions import Auction, AuctionBid, AuctionBidder, AuctionEntry, AuctionLot
from sunlit.domain.market.models.batches import Batch, BatchBid, BatchDemand
from sunlit.domain.market.models.calloffs import CallOff, CallOffBid
from sunlit.domain.market.models.decisions import Decided
from sunlit.domain.market.models.frameworks import Framework, FrameworkEntry, Package
from sunlit.domain.market.models.opportunities import DraftPaper, EntryDraft, OpportunitySubscription
from sunlit.domain.market.models.orders import CartLine, CartPlan, Dispatch, Favourite, Order, OrderLine, Return
from sunlit.domain.market.models.parties import FrameworkDealer, FrameworkUpgrade
from sunlit.domain.market.models.quotations import Quotation, QuotationLine, QuotationPaper, QuotationQuestion, Quote, QuoteLine
from sunlit.domain.market.models.stops import Stoppable
from sunlit.domain.market.models.units import UnitOffer, UnitRequest
from sunlit.domain.market.models.workorders import ServiceItem, ServiceObject, WorkLine, WorkOrder, WorkPaper

__all__ = [
    "Auction",
    "AuctionBid",
    "AuctionBidder",
    "AuctionEntry",
    "AuctionLot",
    "Batch",
    "BatchBid",
    "BatchDemand",
    "CallOff",
    "CallOffBid",
    "CartLine",
    "CartPlan",
    "Decided",
    "Dispatch",
    "DraftPaper",
    "EntryDraft",
    "Favourite",
    "Framework",
    "FrameworkDealer",
    "FrameworkEntry",
    "FrameworkUpgrade",
    "OpportunitySubscription",
    "Order",
    "OrderLine",
    "Package",
    "Quotation",
    "QuotationLine",
    "QuotationPaper",
    "QuotationQuestion",
    "Quote",
    "QuoteLine",
    "Return",
    "ServiceItem",
    "ServiceObject",
    "Stoppable",
    "UnitOffer",
    "UnitRequest",
    "WorkLine",
    "WorkOrder",
    "WorkPaper",
]
