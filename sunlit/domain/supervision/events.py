"""What supervision announces."""

from sunlit.foundation.outbox.events import Event, event


@event
class CasesNotified(Event):
    """A supplier has cases to answer: `count` of them with this batch; `number` when it is one, else "". `until`: the first term that ends."""

    supplier_id: int
    batch: str
    count: int
    number: str
    until: str


@event
class CaseMoved(Event):
    """A case was explained, decided, appealed, corrected or fell due: `verb` says which."""

    number: str
    supplier_id: int
    region_path: str
    verb: str
    reason: str
    version: int


@event
class SplittingMoved(Event):
    """A case of splitting was opened, explained, decided, corrected, went on or fell due: `verb` says which."""

    number: str
    buyer_id: int
    region_path: str
    verb: str
    amount: str
    until: str
    reason: str
    version: int
