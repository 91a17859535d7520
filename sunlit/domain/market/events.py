"""What the marketplace announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class OrderMoved(Event):
    """An order went through a verb: placed, confirmed, dispatched … Amounts are text with two places."""

    number: str
    verb: str
    state: str
    buyer_id: int
    supplier_id: int
    orderer_id: int
    total: str
    reason: str
    version: int


@event
class FrameworkMoved(Event):
    """A framework agreement went through a verb: asked for review, approved, solicited, opened, shortlisted, concluded, ended …"""

    number: str
    verb: str
    state: str
    solicitor_id: int
    region_path: str
    reason: str
    version: int


@event
class FrameworkEntryMoved(Event):
    """A party to a framework agreement went through a verb while it runs: asked to leave, was kept, released, cleared out …"""

    number: str
    verb: str
    framework: str
    solicitor_id: int
    supplier_id: int
    reason: str
    version: int


@event
class FrameworkDealerMoved(Event):
    """A dealer of a party was named, accepted, declined, or delivers no more."""

    number: str
    verb: str
    framework: str
    entry: str
    supplier_id: int
    dealer_id: int
    reason: str
    version: int


@event
class FrameworkUpgradeMoved(Event):
    """An upgrade of a party's product was asked for, approved or refused."""

    number: str
    verb: str
    framework: str
    entry: str
    supplier_id: int
    solicitor_id: int
    reason: str
    version: int


@event
class AuctionMoved(Event):
    """A reverse auction went through a verb. `suppliers` are the bidders whom it concerns."""

    number: str
    title: str
    verb: str
    reason: str
    buyer_id: int
    suppliers: list[int]
    version: int


@event
class QuotationMoved(Event):
    """An online quotation went through a verb: published, extended, opened, awarded … `until` is the instant as ISO text, `suppliers` whom it concerns."""

    number: str
    verb: str
    state: str
    version: int
    buyer_id: int
    title: str
    until: str
    reason: str
    suppliers: list[int]


@event
class CallOffMoved(Event):
    """A purchase under a framework went through a verb: selected, opened to bids, asked in turn, awarded, failed, withdrawn."""

    number: str
    verb: str
    state: str
    buyer_id: int
    orderer_id: int
    version: int


@event
class BatchMoved(Event):
    """A batch purchase, or a demand in it, went through a verb. `buyers` and `suppliers` are whom it concerns, `until` is the end of its stage
    as ISO text, `cause` why it came to nothing."""

    number: str
    title: str
    verb: str
    state: str
    version: int
    solicitor_id: int
    region_path: str
    buyers: list[int]
    suppliers: list[int]
    until: str
    cause: str
    reason: str


@event
class WorkOrderMoved(Event):
    """A work order of a designated service went through a verb: asked for, quoted, approved, reported, settled, declined, cancelled, lapsed …"""

    number: str
    verb: str
    state: str
    buyer_id: int
    orderer_id: int
    supplier_id: int
    reason: str
    version: int


@event
class UnitRequestMoved(Event):
    """What one unit asks of another went through a verb: asked for, confirmed into an order, refused, withdrawn, lapsed. `order` is its number or ""."""

    number: str
    verb: str
    offer: str
    title: str
    seller_id: int
    buyer_id: int
    order: str
    reason: str
    version: int
