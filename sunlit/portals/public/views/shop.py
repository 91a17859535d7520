"""A supplier as everybody sees it: how it stands and why, what buyers say, what it offers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.contracts import queries as contracts
from sunlit.domain.market import queries as market
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.kernel.limits import NAME_CHARS
from sunlit.portals.doors import Request, door, found_or_404

OFFERS = 24
RATINGS = 6
KEY_DIGITS = 18


@door(public=True, methods=("GET",))
def supplier(request: Request, number: str) -> HttpResponse:
    it: Supplier = found_or_404(registry.supplier(number))
    after, before = (request.GET.get(name, "") for name in ("after", "ratings"))
    page = catalog.offers_of(it.organisation_id, state="listed", q=request.GET.get("q", "")[:NAME_CHARS], after=_key(after), rows=OFFERS)
    ratings = contracts.ratings_of(it.organisation_id, before=int(_key(before)) if _key(before) else None, rows=RATINGS + 1)
    context = {
        "supplier": it,
        "organisation": it.organisation,
        "mean": contracts.rating_of(it.organisation_id),
        "ratings": ratings[:RATINGS],
        "more_ratings": ratings[RATINGS - 1].pk if len(ratings) > RATINGS else None,
        "size": registry.size_of(it),
        "page": page,
        "count": catalog.listed_counts([it.organisation_id]).get(it.organisation_id, 0),
        "kept": _is_kept(request, it.organisation_id),
        "now": request.now,
    }
    return render(request, "public/supplier.html", context)


def _key(text: str) -> str:
    """The key of a page, when it is one."""
    return text if text.isascii() and text.isdigit() and len(text) <= KEY_DIGITS else ""


def _is_kept(request: Request, supplier_id: int) -> bool | None:
    """Among the reader's favourites; None for those who keep none."""
    if request.actor.kind != "buyer" or request.actor.organisation_id is None:
        return None
    return any(each.supplier_id == supplier_id for each in market.favourites(request.actor.organisation_id))
