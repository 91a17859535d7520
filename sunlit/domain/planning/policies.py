"""Who may see budgets: the buyer its own, regulators those of their region, the operator all."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation.accounts.actors import Actor


def visible_to(actor: Actor) -> QuerySet[BudgetQuota]:
    """The quotas that exist for this actor."""
    quotas = BudgetQuota.objects.all()
    match actor.kind:
        case "buyer":
            return quotas.filter(buyer_id=actor.organisation_id)
        case "regulator":
            return quotas.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return quotas
    return quotas.none()
