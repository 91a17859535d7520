"""Framework agreements in public: solicitations (框架协议征集公告) and their results (入围结果公告)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext_lazy

from sunlit.domain.disclosure import queries
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules import workorders as work_rules
from sunlit.domain.market.rules.calloffs import MODES
from sunlit.domain.rulebook.rules.facts import GROUNDS
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import WAYS
from sunlit.portals.ui.workorders import rate_text

CHANGES: Final[dict[str, Any]] = {
    "admit": pgettext_lazy("party of an agreement", "admitted"),
    "leave": pgettext_lazy("party of an agreement", "left"),
    "clear_out": pgettext_lazy("party of an agreement", "cleared out"),
    "release": pgettext_lazy("party of an agreement", "released"),
    "reduce": pgettext_lazy("party of an agreement", "price lowered"),
    "upgrade": pgettext_lazy("party of an agreement", "product upgraded"),
    "join": pgettext_lazy("party of an agreement", "joined after a supplementary solicitation"),
    "dealer_accept": pgettext_lazy("party of an agreement", "dealer named"),
    "dealer_end": pgettext_lazy("party of an agreement", "dealer no more"),
}


@door(public=True, methods=("GET",))
def frameworks(request: Request) -> HttpResponse:
    """Every solicitation, newest first, by word and region."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    region, after = accounts.region(asked["region"]), request.GET.get("after", "")
    page = queries.notices("framework", q=asked["q"], region_path=region.path if region else "", after=row_id(after))
    places = [(each.code, lang(each)) for each in accounts.regions()]
    return render(request, "public/frameworks.html", {"page": page, "asked": asked, "places": places, "paged": bool(after)})


@door(public=True, methods=("GET",))
def framework(request: Request, number: str) -> HttpResponse:
    """One solicitation with its standard fields, and its result once there is one."""
    it: Notice = found_or_404(queries.notice(number))
    found_or_404(it if it.kind == "framework" else None)
    told = it.content
    result = queries.notice(f"{it.about}/result")
    parties = queries.parties_now(it.about) if told.get("form") == "open" else []
    context = {
        "notice": it,
        "told": told,
        "until": datetime.fromisoformat(told["respond_until"]),
        "packages": [_package(one, parties) for one in (result or it).content["packages"]],
        "shares": {one["position"] for one in told["packages"] if one.get("service")},  # priced in percent of a rate sheet
        "is_open": told.get("form") == "open",
        "result": result,
        "names": {
            "kind": rules.KINDS[told["kind"]],
            "ground": GROUNDS[told["ground"]],
            "method": rules.METHODS.get(told["method"], ""),
            "form": open_rules.FORMS[told.get("form", "closed")],
            "open_ground": open_rules.GROUNDS.get(told.get("open_ground", ""), ""),
            "second_stage": [rules.SECOND_STAGE[key] for key in told["second_stage"]],
        },
        "failures": rules.FAILURES,
        "changes": [_change(one) for one in queries.framework_changes(it.about)],
        "removals": rules.REMOVALS,
        "kinds_of_change": CHANGES,
        "services": work_rules.SERVICES,
        "pricing_forms": work_rules.FORMS,
        "rate_text": rate_text,
        "deals": [_deal(one) for one in queries.framework_deals(it.about)],
        "voids": queries.framework_voids(it.about),
        "summary": queries.notice(f"{it.about}/summary"),
        "modes": {**MODES, "batch": WAYS["batch"]},
        "history": history_of(f"notice/{it.number}"),
        "now": request.now,
    }
    return render(request, "public/framework.html", context)


def _package(told: dict[str, Any], parties: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    listed = told.get("suppliers", ()) or [one for one in parties if one["package"] == told["position"]]
    suppliers = [{**one, "price": Decimal(one["price"])} for one in listed]
    return {**told, "ceiling": Decimal(told["ceiling"]), "suppliers": suppliers}


def _change(notice: Notice) -> dict[str, Any]:
    return {**notice.content, "price": Decimal(notice.content["price"]), "published_at": notice.published_at}


def _deal(notice: Notice) -> dict[str, Any]:
    told = notice.content
    return {**told, "price": Decimal(told["price"]), "total": Decimal(told["total"]), "published_at": notice.published_at}
