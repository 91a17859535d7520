"""What is announced before a purchase."""

from sunlit.foundation.outbox.events import Event, event


@event
class IntentionMoved(Event):
    """An intention notice went through a verb: published, replaced by its correction, withdrawn."""

    number: str
    verb: str
    state: str
    buyer_id: int


@event
class DemandMoved(Event):
    """A demand went through a verb: handed in, given back, settled, withdrawn."""

    number: str
    verb: str
    buyer_id: int
    reason: str
