"""What insight announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class TrialAsked(Event):
    """Somebody wants a change of a rule tried on past purchases."""

    number: str
