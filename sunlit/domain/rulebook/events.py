"""What the rulebook announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class DraftMoved(Event):
    """A change of the rulebook was handed in, approved or sent back: `verb` says which."""

    number: str
    verb: str
    told: str
    region_path: str
    drafter_id: int
    answer: str
    version: int


@event
class OutageReportMoved(Event):
    """An outage was declared, confirmed or not: `verb` says which."""

    number: str
    verb: str
    since: str
    until: str
    reporter_id: int
    reason: str
