"""Corrections of products on which offers of several suppliers hang: a supplier proposes, the library desk decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import states
from sunlit.domain.catalog.events import CorrectionDecided
from sunlit.domain.catalog.models import Offer, Product, ProductCorrection
from sunlit.domain.catalog.queries import categories
from sunlit.domain.catalog.rules import reading
from sunlit.domain.catalog.rules.life import REASON_MISSING
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason, Refused, check
from sunlit.foundation.kernel.regions import ROOT
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import move

OFFERS_TOLD: Final = 5_000

NOTHING_CORRECTED = Reason("CAT-096", _("Nothing differs from what the library says already."))
NOT_OFFERED = Reason("CAT-097", _("A correction is proposed by a supplier that offers the product."))
OPEN_ALREADY = Reason(
    "CAT-098", _("Your organisation has proposed a correction of this product already; it waits for a decision."), CONFLICT
)
MERGED_MEANWHILE = Reason("CAT-099", _("The product was merged into {into}: propose the correction there."), CONFLICT)


@transaction.atomic
def propose_correction(product: Product, given: Mapping[str, Any], *, why: str, by: Actor, at: datetime) -> ProductCorrection:
    """Propose other values of parameters (by key; "" leaves one as it is). Refused: CAT-001 without a reason, what cannot be read at its field, CAT-096 … CAT-099."""
    if product.merged_into is not None:
        raise Refused(Problem(MERGED_MEANWHILE, {"into": product.merged_into.number}))
    if not Offer.objects.filter(product=product, supplier_id=by.organisation_id, state__in=states.LIVE).exists():
        raise Refused(Problem(NOT_OFFERED))
    if len(why.strip()) < REASON_CHARS_LEAST:
        raise Refused(Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="why"))
    template = categories.template(product.category)
    values, problems = reading.attributes_of(given, template)
    check(problems)
    changes = {key: [product.attributes.get(key, ""), text] for key, text in values.items() if product.attributes.get(key, "") != text}
    if not changes:
        raise Refused(Problem(NOTHING_CORRECTED))
    made = ProductCorrection(
        number=new_number("JZ", at),
        region_path=ROOT,
        product=product,
        supplier_id=by.party,
        changes=changes,
        why=why.strip(),
        proposed_at=at,
    )
    try:
        with transaction.atomic():
            return move(made, "propose", by=by, at=at, facts={"product": product.number, "changes": changes, "why": why.strip()})
    except IntegrityError:
        raise Refused(Problem(OPEN_ALREADY)) from None


def withdraw_correction(correction: ProductCorrection, *, by: Actor, at: datetime, expected: int | None = None) -> ProductCorrection:
    """Take a proposal back."""
    return move(correction, "withdraw", by=by, at=at, expected=expected)


@transaction.atomic
def accept_correction(correction: ProductCorrection, *, by: Actor, at: datetime, expected: int | None = None) -> ProductCorrection:
    """Put the product right, for all offers that hang on it. Refused: CAT-095 it is otherwise by now, CAT-099 merged meanwhile, LIF-002 not by you."""
    product = Product.objects.select_for_update(no_key=True, of=("self",)).select_related("merged_into").get(pk=correction.product_id)
    if product.merged_into is not None:
        raise Refused(Problem(MERGED_MEANWHILE, {"into": product.merged_into.number}))
    it = move(
        correction,
        "accept",
        by=by,
        at=at,
        facts={"product": product.number},
        handed={"known": dict(product.attributes)},
        expected=expected,
        announces=_decided(""),
    )
    product.attributes = {**product.attributes, **{key: after for key, (_before, after) in it.changes.items()}}
    product.save(update_fields=["attributes"])
    offers = Offer.objects.filter(product=product).order_by("pk").values_list("number", flat=True)[:OFFERS_TOLD]
    facts = {
        "number": product.number,
        "correction": it.number,
        "changed": ", ".join(it.changes),
        "changes": it.changes,
        "products": [product.number],
        "offers": list(offers),
        "actor": by.user_name,
        "organisation": by.organisation_name,
    }
    ledger.record(act="product.correct", subject=f"product/{product.number}", by=by, at=at, facts=facts)
    return it


def refuse_correction(
    correction: ProductCorrection, *, reason: str, by: Actor, at: datetime, expected: int | None = None
) -> ProductCorrection:
    """Leave the product as it is, and say why. Refused: CAT-001, LIF-002."""
    told = {"reason": reason.strip()}
    return move(correction, "refuse", by=by, at=at, change=told, facts=told, expected=expected, announces=_decided(told["reason"]))


def _decided(reason: str) -> Any:
    return lambda it: [
        CorrectionDecided(number=it.number, supplier_id=it.supplier_id, product_id=it.product_id, state=it.state, reason=reason)
    ]
