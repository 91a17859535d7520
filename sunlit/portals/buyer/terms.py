"""The terms that every purchase of a unit asks for: which quota pays, where it is delivered, whom the invoice names."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.buyer import reading
from sunlit.portals.doors import Request
from sunlit.portals.ui.filters import lang, yuan

Options = list[tuple[str, str]]
FIELDS: Final = {"quota": "quotas", "address": "addresses", "title": "titles"}


def choices(request: Request) -> dict[str, Options]:
    """What can be chosen, by the names that the templates know."""
    buyer, free = request.actor.party, _("%(sum)s free")
    quotas = planning.quotas_for_orders(buyer, local_day(request.now).year)
    return {
        "quotas": [(str(it.pk), f"{it.number} {it.name} · {free % {'sum': yuan(it.available)}}") for it in quotas],
        "addresses": [(str(it.pk), f"{it.receiver} {it.phone} · {lang(it.region)} {it.text}") for it in accounts.addresses_of(buyer)],
        "titles": [(str(it.pk), f"{it.title} · {it.tax_number}") for it in accounts.invoice_titles_of(buyer)],
    }


def picked(request: Request, options: dict[str, Options]) -> dict[str, str]:
    """What stands in each field: what was posted, else the first that can be chosen."""
    return {name: request.POST.get(name) or next((key for key, _text in options[of]), "") for name, of in FIELDS.items()}


def chosen(request: Request) -> dict[str, Any]:
    """The rows that were chosen, as the services take them."""
    return {f"{name}_id": reading.picked(request, name) for name in FIELDS}
