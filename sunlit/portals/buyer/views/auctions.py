"""The buyer's reverse auctions: draft, announce, watch with the bidders masked, and confirm the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market import services
from sunlit.domain.market.models import Auction
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.services import OPEN_FORM, ROUNDS, LotWish, Wish
from sunlit.domain.market.states import auctions as states
from sunlit.domain.planning import queries as planning
from sunlit.foundation.kernel.clock import SHANGHAI, typed_moment
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.auctions import BIDS, PHASE_TONES, VISIBLE, auction_page, bid_page_url
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

BLANK_LOTS: Final = 2
TEXTS: Final = (
    "title", "purpose", "requirements", "plan", "delivery_days", "minutes", "step_kind", "step", "extension_minutes", "extensions_most", "visibility", "form",
)  # fmt: skip
LOT_FIELDS: Final = ("category", "name", "quantity", "unit", "cap")


@door(kind="buyer", methods=("GET",))
def auctions(request: Request) -> HttpResponse:
    """The organisation's own, newest first."""
    mine = queries.auctions_page(seen_by=request.actor, mine=True, after=row_id(request.GET.get("after", "")))
    context = {"rows": queries.auction_rows(mine, request.now), "phases": queries.PHASES, "phase_tones": PHASE_TONES}
    return render(request, "buyer/auctions.html", context)


@door(kind="buyer", roles=ORDERERS)
def new_auction(request: Request) -> HttpResponse:
    """Write a draft."""

    def act() -> HttpResponse:
        it = services.draft_auction(_wish(request), by=request.actor, at=request.now)
        return see_other("buyer:auction", it.number)

    return form_page(request, "buyer/auction_form.html", {"it": None, **_form(request, None)}, act)


@door(kind="buyer", roles=ORDERERS)
def edit_auction(request: Request, number: str) -> HttpResponse:
    """Write the draft anew."""
    it: Auction = found_or_404(queries.auction(number, seen_by=request.actor))
    if it.state != states.DRAFT:
        return see_other("buyer:auction", number)

    def act() -> HttpResponse:
        services.write_auction(it, _wish(request), by=request.actor, at=request.now, expected=expected(request))
        return see_other("buyer:auction", number)

    return form_page(request, "buyer/auction_form.html", {"it": it, **_form(request, it)}, act)


@door(kind="buyer")
def auction(request: Request, number: str) -> HttpResponse:
    """One auction at the buyer's desk, and its verbs. Another buyer's is looked at as everybody does."""
    page = auction_page(request, number)
    it: Auction = page["it"]
    if it.buyer_id != request.actor.organisation_id:
        return see_other("auction", number)
    told: dict[str, Any] = {"by": request.actor, "at": request.now}
    lot = page["lot"].position

    def act() -> HttpResponse:
        verb, reason = request.POST.get("verb", ""), request.POST.get("reason", "")
        version = expected(request)
        if verb == "publish":
            services.publish_auction(it, expected=version, **told)
        elif verb == "discard":
            services.discard_auction(it, expected=version, **told)
            return see_other("buyer:auctions")
        elif verb == "withdraw":
            services.withdraw_auction(it, reason=reason, expected=version, **told)
        elif verb == "turn_away":
            services.turn_away(it, row_id(request.POST.get("bidder", "")) or 0, reason=reason, **told)
        elif verb == "exclude":
            services.exclude_winner(it, lot, reason=reason, expected=version, **told)
        else:
            found_or_404(verb == "award" or None)
            services.award_auction(it, explanation=request.POST.get("explanation", ""), expected=version, **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.auction.moves[verb].label, "number": number})
        return HttpResponseRedirect(bid_page_url("buyer", number, lot), status=303)

    moves = {move.verb: move for move in states.auction.open_to(it, request.actor)}
    context = page | {
        "moves": moves,
        "before": it.starts_at is None or request.now < it.starts_at,
        "bidders": [bidder for bidder in queries.bidders_of(it) if bidder.admitted],
        "offers": {entry.bidder_id: entry for entry in queries.entries_of(page["lot"])},
        "low": queries.low_prices(it, page["lots"], request.now) if it.state == states.ENDED else [],
        "history": history_of(f"auction/{it.number}", but=BIDS),
        "orders": sorted({each.order for each in page["lots"] if each.order}, key=lambda order: order.pk),
    }
    return form_page(request, "buyer/auction.html", context, act)


def _wish(request: Request) -> Wish:
    """The form, still as text. Lots that nobody filled in do not count."""
    post = request.POST
    rows = [{name: post.get(f"{name}_{n}", "").strip() for name in LOT_FIELDS} for n in range(1, rules.LOTS_MOST + 1)]
    lots = [
        LotWish(_code(row["category"]), row["name"], row["quantity"], row["unit"], row["cap"]) for row in rows if row["name"] or row["cap"]
    ]
    return Wish(
        title=post.get("title", ""),
        purpose=post.get("purpose", ""),
        requirements=post.get("requirements", ""),
        plan=post.get("plan", ""),
        quota_id=reading.picked(request, "quota"),
        address_id=reading.picked(request, "address"),
        title_id=reading.picked(request, "invoice_title"),
        delivery_days=post.get("delivery_days", ""),
        starts_at=typed_moment(post.get("starts_at", "")),
        minutes=post.get("minutes", ""),
        step_kind=post.get("step_kind", ""),
        step=post.get("step", ""),
        extension_minutes=post.get("extension_minutes", ""),
        extensions_most=post.get("extensions_most", ""),
        visibility=post.get("visibility", ""),
        lots=lots,
        form=post.get("form", ""),
    )


def _code(text: str) -> str:
    """The code of a category as it was chosen: its code, or “code name”."""
    return text.split(" ", maxsplit=1)[0] if text else ""


def _form(request: Request, it: Auction | None) -> dict[str, Any]:
    buyer = request.actor.party
    limits = queries.limits(request.actor.region_path, request.now)
    told = _posted(request) if request.method == "POST" else _written(it, limits) if it else _proposed(request, limits)
    return {
        "told": told,
        "limits": limits,
        "earliest": queries.earliest_start(request.actor.region_path, request.now),
        "plans": [(p.number, f"{p.name} · {p.number}") for p in planning.plans_for_orders(buyer)],
        **terms.choices(request),
        "categories": [f"{each.code} {lang(each)}" for each in catalog.tree().in_use()],
        "visibilities": [(key, VISIBLE[key]) for key in queries.VISIBILITIES],
        "forms": [(OPEN_FORM, _("open: everybody bids at any time")), (ROUNDS, _("by rounds: each in turn, the worst first"))],
        "step_kinds": [("percent", _("per cent of the highest price")), ("yuan", _("yuan"))],
    }


def _posted(request: Request) -> dict[str, Any]:
    rows = [{name: request.POST.get(f"{name}_{n}", "") for name in LOT_FIELDS} for n in range(1, rules.LOTS_MOST + 1)]
    filled = [row for row in rows if any(row.values())]
    return {
        **{name: request.POST.get(name, "") for name in (*TEXTS, "starts_at", "quota", "address", "invoice_title")},
        "lots": _with_room(filled),
    }


def _written(it: Auction, limits: queries.Limits) -> dict[str, Any]:
    lots = [
        {
            "category": f"{lot.category.code} {lang(lot.category)}",
            "name": lot.name,
            "quantity": lot.quantity,
            "unit": lot.unit,
            "cap": lot.cap,
        }
        for lot in queries.lots_of(it)
    ]
    told = {name: getattr(it, name) for name in TEXTS if name not in ("plan", "form")}
    most = "" if it.extensions_most is None else it.extensions_most
    starts = it.starts_at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") if it.starts_at else ""
    if it.rounds:  # what does not count there is proposed, should the form be changed
        told |= {"minutes": limits.duration.n, "extension_minutes": limits.extension.n}
        most = limits.most.value.get("n", "")
    return {
        **told,
        "plan": it.plan.number if it.plan else "",
        "form": ROUNDS if it.rounds else OPEN_FORM,
        "quota": it.quota_id,
        "extensions_most": most,
        "starts_at": starts,
        "lots": _with_room(lots),
    }


def _proposed(request: Request, limits: queries.Limits) -> dict[str, Any]:
    """What the rulebook proposes, and the first working hour after the shortest notice."""
    earliest = queries.earliest_start(request.actor.region_path, request.now).astimezone(SHANGHAI)
    return {
        "form": OPEN_FORM,
        "minutes": limits.duration.n,
        "step_kind": "percent",
        "step": limits.step.percent,
        "extension_minutes": limits.extension.n,
        "extensions_most": limits.most.value.get("n", ""),
        "visibility": limits.visibility.value.get("choice", rules.BOTH),
        "delivery_days": 10,
        "starts_at": earliest.strftime("%Y-%m-%dT10:00"),
        "plan": request.GET.get("plan", ""),
        "lots": _with_room([]),
    }


def _with_room(lots: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    blank = dict.fromkeys(LOT_FIELDS, "")
    return [*lots, *([blank] * min(BLANK_LOTS, rules.LOTS_MOST - len(lots)))]
