"""Who may see orders: the two parties, the regulators of the region, the operator."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.domain.market.models import Order
from sunlit.foundation.accounts.actors import Actor


def visible_to(actor: Actor) -> QuerySet[Order]:
    """The orders that exist for this actor. A supplier sees what was placed: its time to confirm runs from then."""
    orders = Order.objects.all()
    match actor.kind:
        case "buyer":
            return orders.filter(buyer_id=actor.organisation_id)
        case "supplier":
            return orders.filter(supplier_id=actor.organisation_id, confirm_until__isnull=False)
        case "regulator":
            return orders.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return orders
    return orders.none()
