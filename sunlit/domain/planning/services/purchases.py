"""What was bought is written down beside its hold, and struck out when the hold is released."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sunlit.domain.planning.models import Purchase
from sunlit.domain.planning.rules.splitting import Part, class_of


def write_down(parts: Sequence[Part], *, buyer_id: int, quota_id: int, reference: str, at: datetime) -> None:
    """One row a category, in one statement: it stands or falls with the caller's transaction."""
    rows = [
        Purchase(
            buyer_id=buyer_id,
            quota_id=quota_id,
            reference=reference,
            supplier_id=part.supplier_id,
            category_code=part.category_code,
            category_class=class_of(part.category_code),
            kind=part.kind,
            method=part.method,
            amount=part.amount,
            at=at,
        )
        for part in parts
    ]
    Purchase.objects.bulk_create(rows)


def strike(reference: str, *, at: datetime) -> None:
    """The purchase came to nothing: it counts no more."""
    Purchase.objects.filter(reference=reference, struck_at=None).update(struck_at=at)
