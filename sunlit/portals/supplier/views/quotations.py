"""Online quotations as a supplier meets them: what fits its goods, its own sealed quotes, and what came of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import queries, services, states
from sunlit.domain.market.models import Quotation, Quote
from sunlit.domain.market.states import quotations as life
from sunlit.domain.registry import queries as registry
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views import drafts
from sunlit.portals.ui.quotations import quotation_page
from sunlit.portals.ui.toasts import tell

SELLERS = ("sales", "admin")


@door(kind="supplier", methods=("GET",))
def quotations(request: Request) -> HttpResponse:
    """What I may quote for, what fits me first; and all that I quoted."""
    own, after = queries.quotes_page(request.actor.party, after=request.GET.get("after", ""))
    context = {
        "opportunities": queries.opportunities(request.actor.party, at=request.now),
        "quotes": own,
        "after": after,
        "now": request.now,
    }
    return render(request, "supplier/quotations.html", context)


@door(kind="supplier")
def quotation(request: Request, number: str) -> HttpResponse:
    """One quotation: ask, quote, replace, withdraw; afterwards the result with its reasons."""
    it: Quotation = found_or_404(queries.quotation(number, seen_by=request.actor))
    own = queries.quote_of(it, request.actor.party)

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        told: dict[str, Any] = {"by": request.actor, "at": request.now}
        if verb == "hand_in":
            made = services.hand_in_quote(it, request.POST.dict(), **told)
            tell(request, _("Quote %(number)s was sealed. Its digest is %(digest)s…") % {"number": made.number, "digest": made.digest[:16]})
        elif verb == "draft":
            drafts.keep(request, "quotation", number)
        elif verb == "withdraw":
            services.withdraw_quote(found_or_404(own), **told)
            tell(request, _("Your quote was withdrawn and destroyed unread."))
        else:
            found_or_404(True if verb == "ask" else None)
            services.ask_about(it, text=request.POST.get("question", ""), **told)
            tell(request, _("Your question went to the buyer. Nobody is told who asked."))
        return see_other("supplier:quotation", number)

    draft = drafts.draft_of(request, "quotation", number)
    may = request.actor.has(*SELLERS) and it.state == life.OPEN and request.now < it.quote_until
    context = {
        **quotation_page(request, it),
        "own": own,
        "draft": draft,
        "filled": drafts.filled(request, draft),
        "own_lines": queries.quote_lines(own) if own and own.opened_at else [],
        "may_quote": may and queries.may_quote(it, request.actor.party) and registry.standing(request.actor.party) == "active",
        "may_withdraw": may and own is not None and "withdraw" in {move.verb for move in states.quote.open_to(own, request.actor)},
        "is_invited": queries.may_quote(it, request.actor.party),
        "rank": _rank(it, own),
    }
    return form_page(request, "supplier/quotation.html", context, act)


@door(kind="supplier", methods=("GET",))
def envelope(request: Request, number: str) -> HttpResponse:
    """The own sealed envelope as a file: with the keys that the ledger tells after the opening, anybody who has it can open it again."""
    it: Quotation = found_or_404(queries.quotation(number, seen_by=request.actor))
    own: Quote = found_or_404(queries.quote_of(it, request.actor.party))
    sealed: Any = found_or_404(own.envelope)
    headers = {"Content-Disposition": f'attachment; filename="{own.number}.sealed.json"', "Cache-Control": "private, no-store"}
    return HttpResponse(bytes(sealed.content), content_type="application/json", headers=headers)


def _rank(it: Quotation, own: Quote | None) -> tuple[int, int] | None:
    """The own place among the conforming quotes, once it was awarded."""
    if own is None or it.state != life.AWARDED or own.state not in (life.WON, life.LOST):
        return None
    ranked = [quote.pk for quote in queries.ranking(it, queries.quotes_opened(it))]
    return ranked.index(own.pk) + 1, len(ranked)
