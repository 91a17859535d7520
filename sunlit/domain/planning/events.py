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
    version: int
    buyer_id: int
    reason: str


@event
class PlanMoved(Event):
    """A plan went through a verb: handed in, sent back, filed, approved, refused, withdrawn, finished."""

    number: str
    verb: str
    state: str
    buyer_id: int
    region_path: str
    reason: str
    version: int = 0


@event
class PlanReady(Event):
    """A plan was filed or approved: its purchase may begin, by its method. The total is text with two places."""

    number: str
    method: str
    kind: str
    total: str
    buyer_id: int
    region_path: str


@event
class SurveyMoved(Event):
    """A survey was opened to suppliers, or they were given more time. `until`: the instant, as ISO text."""

    number: str
    verb: str
    until: str
    suppliers: list[int]
