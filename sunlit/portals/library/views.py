"""What people decide about products: whether two are one, whether one is several, whether a parameter is wrong. Regulators look on; the desk decides."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.catalog import queries, services, states
from sunlit.domain.catalog.models import Product, ProductCorrection, ProductMatch
from sunlit.domain.catalog.rules.matching import WHY
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

DESKS = ("regulator", "operator")

NO_PRODUCT = Reason("LIB-001", gettext_lazy("There is no product “{number}”."))


# Products that may be the same


@door(kind=DESKS, methods=("GET",))
def matches(request: Request) -> HttpResponse:
    """What waits for a decision, the likeliest first."""
    state = request.GET.get("state", states.PROPOSED)
    page = queries.matches(state=state if state in states.match.states else "", after=request.GET.get("after", ""))
    context = {
        "page": page,
        "state": state,
        "states": list(states.match.states.items()),
        "counts": queries.library_counts(),
        "decides": states.library_desk.allows(request.actor, None),
    }
    return render(request, "library/matches.html", context)


@door(kind=DESKS)
def match(request: Request, number: str) -> HttpResponse:
    """Two products side by side, with what speaks for their being one."""
    it: ProductMatch = found_or_404(queries.match(number))

    def act() -> HttpResponse:
        told: dict[str, Any] = {
            "reason": request.POST.get("reason", ""),
            "by": request.actor,
            "at": request.now,
            "expected": expected(request),
        }
        if request.POST.get("verb") == "join":
            services.join_match(it, keep=_kept(request), **told)
        else:
            services.keep_apart(it, **told)
        tell(request, _("Decided: %(number)s") % {"number": it.number})
        return see_other("library:matches")

    found = queries.compare([it.one.number, it.other.number]) if it.state != states.JOINED else None
    context = {
        "it": it,
        "found": found,
        "reasons": [_why(told) for told in it.reasons],
        "twice": queries.offered_twice(it.one, it.other),
        "moves": {move.verb for move in states.match.open_to(it, request.actor)},
        "history": ledger.history_of(f"match/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "library/match.html", context, act)


def _why(told: dict[str, Any]) -> tuple[str, str]:
    """A stored reason in the reader's language, and whether it speaks for, against, or neither."""
    speaks = {"against": "against", "brands": "against", "no_keys": "neither"}
    return str(WHY[told["why"]]).format_map(told), speaks.get(told["why"], "for")


def _kept(request: Request) -> list[str]:
    """The offers that stay where a supplier has two."""
    return [value for name, value in request.POST.items() if name.startswith("keep_") and isinstance(value, str)]


# Corrections


@door(kind=DESKS, methods=("GET",))
def corrections(request: Request) -> HttpResponse:
    """What suppliers propose to put right, the oldest first."""
    state = request.GET.get("state", states.PROPOSED)
    page = queries.corrections(state=state if state in states.correction.states else "", after=request.GET.get("after", ""))
    context = {"page": page, "state": state, "states": list(states.correction.states.items()), "counts": queries.library_counts()}
    return render(request, "library/corrections.html", context)


@door(kind=DESKS)
def correction(request: Request, number: str) -> HttpResponse:
    it: ProductCorrection = found_or_404(queries.correction(number, seen_by=request.actor))

    def act() -> HttpResponse:
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if request.POST.get("verb") == "accept":
            services.accept_correction(it, **told)
        else:
            services.refuse_correction(it, reason=request.POST.get("reason", ""), **told)
        tell(request, _("Decided: %(number)s") % {"number": it.number})
        return see_other("library:corrections")

    context = {
        "it": it,
        "rows": correction_rows(it),
        "offers": queries.living_offers_of(it.product),
        "moves": {move.verb for move in states.correction.open_to(it, request.actor)},
        "history": ledger.history_of(f"correction/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "library/correction.html", context, act)


def correction_rows(it: ProductCorrection) -> list[dict[str, str]]:
    """Each parameter by its name: as it was when proposed, as it should be, and as it is now."""
    names = {line.key: queries.named(line) for line in queries.template(it.product.category)}
    return [
        {"name": names.get(key, key), "before": before, "after": after, "now": it.product.attributes.get(key, "")}
        for key, (before, after) in it.changes.items()
    ]


# One product


@door(kind=DESKS, methods=("GET",))
def find(request: Request) -> HttpResponse:
    """Products by number, model or name: to look at them, to merge and to split."""
    words = request.GET.get("q", "").strip()[:100]
    return render(
        request, "library/products.html", {"q": words, "products": queries.products_like(words), "counts": queries.library_counts()}
    )


@door(kind=DESKS)
def product(request: Request, number: str) -> HttpResponse:
    """One product with all its offers: merge it into another, or split some offers off."""
    it: Product = found_or_404(queries.product_to_offer(number))

    def act() -> HttpResponse:
        told: dict[str, Any] = {"reason": request.POST.get("reason", ""), "by": request.actor, "at": request.now}
        if request.POST.get("verb") == "merge":
            to = services.merge_products(it, _product_named(request.POST.get("into", "")), keep=_kept(request), **told)
            tell(request, _("%(number)s is a part of %(into)s now.") % {"number": it.number, "into": to.number})
        else:
            given: dict[str, Any] = {name: request.POST.get(name, "") for name in ("model", "name_zh", "name_en")}
            to = services.split_product(it, request.POST.getlist("offers"), **given, **told)
            tell(request, _("%(number)s was split off.") % {"number": to.number})
        return see_other("library:product", to.number)

    into = queries.product_to_offer(request.POST.get("into", "").strip().upper()) if request.POST.get("into") else None
    context = {
        "it": it,
        "numbers": queries.numbers_of(it),
        "offers": queries.offers_of_product(it),
        "twice": queries.offered_twice(into, it) if into is not None and into.pk != it.pk else [],
        "decides": states.library_desk.allows(request.actor, None),
        "history": ledger.history_of(f"product/{it.number}"),
        "name": lang(it),
        "now": request.now,
    }
    return form_page(request, "library/product.html", context, act)


def _product_named(number: str) -> Product:
    found = queries.product_to_offer(number.strip().upper())
    if found is None:
        raise Refused(Problem(NO_PRODUCT, {"number": number.strip()[:40]}, on="into"))
    return found
