"""Who makes the goods of an offer: declared by figures, judged by the rulebook; the offer's tags of size follow."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries, services
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import INDUSTRIES
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views.offers import CLERKS, mine
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.words import size_word

TOLD = ("maker", "year", "industry", "staff", "revenue", "assets")


@door(kind="supplier", roles=CLERKS)
def maker(request: Request, number: str) -> HttpResponse:
    """Declare the maker; the latest declaration counts."""
    it = found_or_404(mine(request, number))

    def act() -> HttpResponse:
        told: dict[str, Any] = {name: request.POST.get(name, "") for name in TOLD}
        told |= {name: name in request.POST for name in ("large_affiliate", "truthful")}
        made = services.declare_maker(it, **told, by=request.actor, at=request.now)
        tell(request, _("The maker counts as: %(size)s.") % {"size": size_word(made.counts_as)})
        return see_other("supplier:maker", number)

    declared, today = queries.declared_makers(it.pk), local_day(request.now)
    years = registry.figures_years(request.actor.region_path, on=today)
    context = {
        "offer": it,
        "declared": declared,
        "latest": declared[0] if declared else None,
        "rulings": [Ruling.from_json(told) for told in declared[0].rulings] if declared else [],
        "industries": list(INDUSTRIES.items()),
        "years": [(str(today.year - ago),) * 2 for ago in range(1, years + 1)],
    }
    return form_page(request, "supplier/maker.html", context, act)
