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


@event
class ImportAsked(Event):
    """A file waits for its dry run (`carry_out` false) or for being carried out."""

    number: str
    carry_out: bool
