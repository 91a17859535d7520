"""Who may see the library: what is on sale everybody; the rest its supplier, the regulators of its region and the operator."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sunlit.domain.catalog.models import Import, Offer
from sunlit.foundation.accounts.actors import Actor

LISTED = "listed"


def visible_to(actor: Actor) -> QuerySet[Offer]:
    """The offers that exist for this actor."""
    offers = Offer.objects.all()
    match actor.kind:
        case "supplier":
            return offers.filter(Q(state=LISTED) | Q(supplier_id=actor.organisation_id))
        case "regulator":
            return offers.filter(Q(state=LISTED) | in_region(actor.region_path))
        case "operator" | "clock":
            return offers
    return offers.filter(state=LISTED)


def imports_visible_to(actor: Actor) -> QuerySet[Import]:
    """A supplier's own files; those of the region for its regulators."""
    imports = Import.objects.all()
    match actor.kind:
        case "supplier":
            return imports.filter(supplier_id=actor.organisation_id)
        case "regulator":
            return imports.filter(in_region(actor.region_path))
        case "operator" | "clock":
            return imports
    return imports.none()


def in_region(path: str) -> Q:
    """In the region or anywhere below it."""
    return Q(region_path=path) | Q(region_path__startswith=path + "/")
