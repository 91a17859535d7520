"""What offers claim by the size of their supplier, when the supplier declares its size anew."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import PolicyTag
from sunlit.domain.catalog.rules.reading import SIZED
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import record

sentences.say(
    "supplier.rest_claims",
    _("After the new declaration of size of supplier {number}, {lapsed} policy tags lapsed and {standing} stand until {until}"),
)


@transaction.atomic
def rest_claims_on_size(organisation_id: int, *, at: datetime) -> tuple[int, int]:
    """Lapse the claims that the supplier's size no longer carries, and let the others stand as long as its figures do; returns how many lapsed and how many
    stand anew. Told twice, it changes nothing and records nothing."""
    supplier = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
    proof = registry.size_proof(organisation_id, on=local_day(at))
    claims = PolicyTag.objects.filter(offer__supplier_id=organisation_id, tag__in=SIZED)
    lapsed, _each = claims.exclude(tag__in=proof.policies).delete()
    standing = claims.exclude(expires_on=proof.until).update(expires_on=proof.until) if proof.until else 0
    if lapsed or standing:
        known = registry.supplier(organisation_id)
        number = known.number if known else supplier.number
        facts = {"number": number, "lapsed": lapsed, "standing": standing, "until": str(proof.until or "—")}
        record(act="supplier.rest_claims", subject=f"supplier/{number}", by=CLOCK, at=at, facts=facts, region=supplier.region.path)
    return lapsed, standing
