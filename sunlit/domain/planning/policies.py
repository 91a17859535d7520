"""Who may see what comes before a purchase: the buyer its own, regulators what belongs to their region, the operator all."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from sunlit.domain.planning.models import BudgetQuota, Demand, Intention, Plan, Survey
from sunlit.foundation.accounts.actors import Actor

M = TypeVar("M", bound=Model)


def visible_to(actor: Actor) -> QuerySet[BudgetQuota]:
    """The quotas that exist for this actor."""
    return _of(actor, BudgetQuota.objects.all())


def intentions_visible_to(actor: Actor) -> QuerySet[Intention]:
    """The intention notices that exist for this actor; what a buyer still drafts is its own affair."""
    found = _of(actor, Intention.objects.all())
    return found if actor.kind in ("buyer", "operator", "clock") else found.exclude(state__in=["draft", "discarded"])


def demands_visible_to(actor: Actor) -> QuerySet[Demand]:
    """The demands that exist for this actor; what a buyer still writes is its own affair until it is settled."""
    found = _of(actor, Demand.objects.all())
    return found if actor.kind in ("buyer", "operator", "clock") else found.filter(state__in=["settled", "superseded"])


def plans_visible_to(actor: Actor) -> QuerySet[Plan]:
    """The plans that exist for this actor; regulators see them from the moment they leave the buyer's house."""
    found = _of(actor, Plan.objects.all())
    if actor.kind == "buyer":  # and those that ask it for its consent
        return Plan.objects.filter(Q(buyer_id=actor.organisation_id) | Q(lead_unit_id=actor.party, consent_asked_at__isnull=False))
    return found if actor.kind in ("buyer", "operator", "clock") else found.exclude(asked_at=None, filed_at=None)


def surveys_visible_to(actor: Actor) -> QuerySet[Survey]:
    """The surveys that exist for this actor: a supplier sees those it was invited to, a regulator those that ended."""
    if actor.kind == "supplier":
        return Survey.objects.filter(invited__contains=[actor.party])
    found = _of(actor, Survey.objects.all())
    return found if actor.kind in ("buyer", "operator", "clock") else found.filter(state="summarised")


def _of(actor: Actor, rows: QuerySet[M]) -> QuerySet[M]:
    match actor.kind:
        case "buyer":
            return rows.filter(buyer_id=actor.organisation_id)
        case "regulator":
            return rows.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return rows
    return rows.none()
