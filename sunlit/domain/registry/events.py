"""What the registry announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class ApplicationSubmitted(Event):
    """An entry application waits for the regulator of its region."""

    number: str
    region_path: str


@event
class ApplicationDecided(Event):
    """An entry application was approved, returned or refused: `verb` says which."""

    number: str
    applicant_id: int
    verb: str
    reason: str
    version: int


@event
class StandingChanged(Event):
    """A supplier was suspended, reinstated, has served out or left: `verb` says which."""

    number: str
    supplier_id: int
    verb: str
    state: str
    reason: str
    version: int
