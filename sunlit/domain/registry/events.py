"""What the registry announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class ApplicationSubmitted(Event):
    """An entry application waits for the regulator of its region."""

    number: str
    region_path: str
    version: int


@event
class ApplicationDecided(Event):
    """An application was approved, returned or refused: `verb` says which."""

    number: str
    applicant_id: int
    verb: str
    reason: str
    version: int


@event
class StandingChanged(Event):
    """A supplier was suspended, reinstated, served its term, left or came back. `until` is the last day of a suspension, or ""."""

    number: str
    organisation_id: int
    verb: str
    state: str
    reason: str
    until: str
    version: int


@event
class SizeDeclared(Event):
    """A supplier declared its size anew: what its offers claim by it may rest on it, or no longer."""

    number: str
    organisation_id: int
    counts_as: str
