"""Who may see cases: the supplier its own, the regulator those of the region, the operator all."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.domain.supervision.models import SplittingCase, WatchCase
from sunlit.foundation.accounts.actors import Actor


def visible_to(actor: Actor) -> QuerySet[WatchCase]:
    """The cases that exist for this actor. A supplier learns of a case when it is notified."""
    cases: QuerySet[WatchCase] = WatchCase.objects.all()
    match actor.kind:
        case "supplier":
            return cases.filter(supplier_id=actor.organisation_id).exclude(state="found")
        case "regulator":
            return cases.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return cases
    return cases.none()


def splitting_visible_to(actor: Actor) -> QuerySet[SplittingCase]:
    """The cases of splitting that exist for this actor: the buyer's own, those of the regulator's region, all for the operator."""
    cases: QuerySet[SplittingCase] = SplittingCase.objects.all()
    match actor.kind:
        case "buyer":
            return cases.filter(buyer_id=actor.organisation_id)
        case "regulator":
            return cases.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return cases
    return cases.none()
