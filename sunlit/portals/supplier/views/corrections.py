"""Putting a product right that others offer too: a supplier proposes, the library desk decides."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries, services, states
from sunlit.domain.catalog.models import Product, ProductCorrection
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier import forms
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

CLERKS = ("catalog", "admin")


@door(kind="supplier", roles=CLERKS)
def propose(request: Request, number: str) -> HttpResponse:
    """What the library says of the product, to be written otherwise, with the reason."""
    it: Product = found_or_404(queries.product_to_offer(number))
    template = queries.template(it.category)
    given = {line.key: request.POST.get(f"attr.{line.key}", "") for line in template}

    def act() -> HttpResponse:
        made = services.propose_correction(it, given, why=request.POST.get("why", ""), by=request.actor, at=request.now)
        tell(request, _("Correction %(number)s was proposed.") % {"number": made.number})
        return see_other("supplier:correction", made.number)

    context = {
        "product": it,
        "groups": forms.groups_of(template),
        "values": given if request.method == "POST" else it.attributes,
        "open": queries.open_correction(it, request.actor.party),
    }
    return form_page(request, "supplier/correct_product.html", context, act)


@door(kind="supplier")
def correction(request: Request, number: str) -> HttpResponse:
    """One proposal of the supplier's own, with what became of it."""
    it: ProductCorrection = found_or_404(queries.correction(number, seen_by=request.actor))

    def act() -> HttpResponse:
        services.withdraw_correction(it, by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Correction %(number)s was withdrawn.") % {"number": it.number})
        return see_other("supplier:correction", it.number)

    names = {line.key: queries.named(line) for line in queries.template(it.product.category)}
    context: dict[str, Any] = {
        "it": it,
        "rows": [{"name": names.get(key, key), "before": before, "after": after} for key, (before, after) in it.changes.items()],
        "moves": {move.verb for move in states.correction.open_to(it, request.actor)},
        "history": ledger.history_of(f"correction/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "supplier/correction.html", context, act)
