"""What the product library announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class OfferSubmitted(Event):
    number: str
    supplier_id: int
    region_path: str


@event
class OfferDecided(Event):
    """A listing was approved, refused, frozen or released: `verb` says which."""

    number: str
    supplier_id: int
    verb: str
    reason: str
    version: int


@event
class ImportAsked(Event):
    """A file waits for its dry run (`carry_out` false) or for being carried out; by the person in this seat."""

    number: str
    carry_out: bool
    seat_id: int | None
    user_id: int | None


@event
class OffersListed(Event):
    """Many offers of a supplier were listed together; `batch` names the act."""

    batch: str
    supplier_id: int
    count: int


@event
class ImportEnded(Event):
    """A file was checked, carried out or could not be read: `state` says which."""

    number: str
    supplier_id: int
    state: str
    good: int
    bad: int


@event
class ProductsMerged(Event):
    """One product became part of another: whoever keeps the first follows to the second."""

    merged_id: int
    into_id: int


@event
class OfferSetAside(Event):
    """An offer was taken off sale because another of the same supplier is of the same product now."""

    number: str
    kept: str
    supplier_id: int


@event
class CorrectionDecided(Event):
    """A proposed correction of a product was accepted or refused: `state` says which."""

    number: str
    supplier_id: int
    product_id: int
    state: str
    reason: str
