"""What is published by itself."""

from __future__ import annotations

from sunlit.domain.disclosure import services
from sunlit.domain.market.events import OrderMoved
from sunlit.domain.market.models import Order
from sunlit.domain.planning.events import IntentionMoved
from sunlit.domain.planning.models import Intention
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox.events import hears


@hears(OrderMoved)
def publish_the_deal(event: OrderMoved) -> None:
    """An accepted order is a deal, and every deal is public."""
    if event.verb == "accept":
        services.publish_deal(Order.objects.get(number=event.number), at=clock.now())


@hears(IntentionMoved)
def tell_the_intention(event: IntentionMoved) -> None:
    """What a buyer means to buy is public from the moment it says so, and so is that it no longer means it."""
    services.tell_intention(Intention.objects.get(number=event.number), at=clock.now())
