"""Who may see entry applications and suppliers: the applicant, the regulators of the region, the operator; admitted suppliers everybody."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.domain.registry.models import Application, Declaration, Supplier
from sunlit.foundation.accounts.actors import Actor


def visible_to(actor: Actor) -> QuerySet[Application]:
    """The applications that exist for this actor: everybody's own; a draft is its applicant's alone."""
    applications = Application.objects.all()
    own = Q(applicant_id=actor.user_id) if actor.user_id is not None else Q(pk__in=())
    match actor.kind:
        case "regulator":
            region = Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/")
            return applications.filter(own | (region & ~Q(state="draft")))
        case "operator" | "clock":
            return applications.filter(own | ~Q(state="draft"))
    return applications.filter(own)


def declarations_visible_to(actor: Actor) -> QuerySet[Declaration]:
    """A supplier's own, and for the regulators those of the suppliers of their region."""
    if actor.kind == "regulator":
        return Declaration.objects.filter(
            Q(supplier__region_path=actor.region_path) | Q(supplier__region_path__startswith=actor.region_path + "/")
        )
    return Declaration.objects.filter(supplier__organisation_id=actor.party) if actor.kind == "supplier" else Declaration.objects.none()


def suppliers_visible_to(_actor: Actor) -> QuerySet[Supplier]:
    """Who is admitted, suspended or has left is public, with the reason."""
    return Supplier.objects.all()
