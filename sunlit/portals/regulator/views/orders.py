"""Orders of the region and what the rulebook said to each; as pages, and as a table to take away."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import queries
from sunlit.domain.market.models import Order
from sunlit.domain.market.states import orders as states
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import SHANGHAI, local_day
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.orders import order_page

TABLE_ROWS_MOST: Final = 5_000


@door(kind="regulator", methods=("GET",))
def orders(request: Request) -> HttpResponse:
    asked = _asked(request)
    after = request.GET.get("after", "")
    page = queries.orders(seen_by=request.actor, **_filters(request, asked), after=row_id(after))
    context = {
        "page": page,
        "rows": [{"order": order, "remarks": remarks(order)} for order in page.orders],
        "asked": asked,
        "counts": queries.counts(seen_by=request.actor),
        "states": states.order.states,
        "places": _places(request),
        "names": {region.path: lang(region) for region in accounts.regions()},
        "most": TABLE_ROWS_MOST,
    }
    return render(request, "regulator/orders.html", context)


def _asked(request: Request) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:100] for name in ("group", "state", "q", "region", "warned", "late")}


def _filters(request: Request, asked: dict[str, str]) -> dict[str, Any]:
    region = accounts.region(asked["region"])
    return {
        "group": asked["group"],
        "state": asked["state"],
        "q": asked["q"],
        "region_path": region.path if region else "",
        "warned": asked["warned"] == "1",
        "late": request.now if asked["late"] == "1" else None,
    }


def _places(request: Request) -> list[tuple[str, str]]:
    return [(region.code, lang(region)) for region in accounts.regions() if regions.is_under(region.path, request.actor.region_path)]


def remarks(order: Order | queries.OrderRow) -> list[Ruling]:
    """What the rulebook had to remark when the order was placed."""
    return [Ruling.from_json(told) for told in order.rulings if told["verdict"] != "allowed"]


@door(kind="regulator", methods=("GET",))
def order(request: Request, number: str) -> HttpResponse:
    return render(request, "regulator/order.html", order_page(request, number))


@door(kind="regulator", methods=("GET",))
def table(request: Request) -> HttpResponse:
    """The filtered list as CSV for the office program, the newest first, at most TABLE_ROWS_MOST rows."""
    found = list(queries.order_table(seen_by=request.actor, rows=TABLE_ROWS_MOST, **_filters(request, _asked(request))))
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="orders-{local_day(request.now).isoformat()}.csv"'
    names = {region.path: lang(region) for region in accounts.regions()}
    parties = accounts.named({party for row in found for party in (row.buyer_id, row.supplier_id)})
    writer = csv.writer(answer)
    writer.writerow(
        [_("Order"), _("Placed"), _("Region"), _("Buyer"), _("Supplier"), _("Amount"), _("State"), _("Remarks of the rulebook")]
    )
    writer.writerows(_line(row, names, parties) for row in found)
    return answer


def _line(order: queries.OrderRow, names: Mapping[str, str], parties: Mapping[int, accounts.Named]) -> list[str]:
    told = "; ".join(f"{ruling.code} {ruling.text}" for ruling in remarks(order))
    cells = (names.get(order.region_path, order.region_path), lang(parties[order.buyer_id]), lang(parties[order.supplier_id]))
    return [
        order.number,
        _minute(order.placed_at),
        *map(_harmless, cells),
        str(order.total),
        str(states.order.states[order.state]),
        _harmless(told),
    ]


def _minute(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _harmless(cell: str) -> str:
    """A cell that an office program would take for a formula is marked as text."""
    return f"'{cell}" if cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) else cell
