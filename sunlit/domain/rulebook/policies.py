"""Who may see drafts: the regulators of the region and of those above it, and the operator. What is in force everybody may read."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.domain.rulebook.models import OutageReport, RuleDraft
from sunlit.foundation.accounts.actors import Actor


def visible_to(actor: Actor) -> QuerySet[RuleDraft]:
    """The drafts that exist for this actor."""
    drafts: QuerySet[RuleDraft] = RuleDraft.objects.all()
    match actor.kind:
        case "regulator":
            return drafts.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator":
            return drafts
    return drafts.none()


def reports_visible_to(actor: Actor) -> QuerySet[OutageReport]:
    """The declared outages whose evidence this actor may read: regulators and the operator all, everybody else those that were confirmed."""
    reports: QuerySet[OutageReport] = OutageReport.objects.all()
    return reports if actor.kind in {"regulator", "operator"} else reports.filter(state="confirmed")
