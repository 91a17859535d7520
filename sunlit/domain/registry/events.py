"""What the registry announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class ApplicationSubmitted(Event):
    number: str
    region_path: str


@event
class ApplicationDecided(Event):
    """An application was approved, returned or refused: `verb` says which."""

    number: str
    applicant_id: int
    verb: str
    reason: str


@event
class StandingChanged(Event):
    """A supplier was suspended, reinstated, served its term or left."""

    number: str
    organisation_id: int
    verb: str
    reason: str
    until: str
