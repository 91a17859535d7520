"""The supplier's size: declared by figures, told by the rulebook, with all that was declared before."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.registry import queries as registry
from sunlit.domain.registry import services
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import INDUSTRIES
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.words import size_word

TOLD = ("year", "industry", "staff", "revenue", "assets", "prison_proof", "disabled_staff")


@door(kind="supplier", roles=("admin", "catalog"))
def size(request: Request) -> HttpResponse:
    """The administrator declares the size by the figures of a year, the latest declaration counts; catalogue clerks read what their tags rest on."""
    supplier = found_or_404(registry.supplier(request.actor.party))

    def act() -> HttpResponse:
        told: dict[str, Any] = {name: request.POST.get(name, "") for name in TOLD}
        told |= {name: name in request.POST for name in ("large_affiliate", "truthful")}
        made = services.declare_size(supplier, **told, by=request.actor, at=request.now)
        tell(request, _("Your organisation counts as: %(size)s.") % {"size": size_word(made.counts_as)})
        return see_other("supplier:size")

    declared = registry.sizes_of(supplier)
    today = local_day(request.now)
    years = registry.figures_years(supplier.region_path, on=today)
    context = {
        "supplier": supplier,
        "declared": declared,
        "latest": declared[0] if declared else None,
        "rulings": [Ruling.from_json(told) for told in declared[0].rulings] if declared else [],
        "industries": list(INDUSTRIES.items()),
        "years": [(str(today.year - ago),) * 2 for ago in range(1, years + 1)],
    }
    return form_page(request, "supplier/size.html", context, act)
