"""What is asked of the registry."""

from __future__ import annotations

from sunlit.domain.registry.models import Supplier


def standing(organisation_id: int) -> str:
    """How a supplier stands: active, suspended, left; "" when it was never admitted. One query."""
    return Supplier.objects.filter(organisation_id=organisation_id).values_list("state", flat=True).first() or ""
