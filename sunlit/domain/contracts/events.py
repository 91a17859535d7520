"""What contracts announce."""

from sunlit.foundation.outbox.events import Event, event


@event
class PaymentOrdered(Event):
    number: str
    order_number: str


@event
class Rated(Event):
    order_number: str
    supplier_id: int
    stars: int
