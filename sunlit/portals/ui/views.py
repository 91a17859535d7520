"""The living style pages: every part of the kit with data that look real, for those who build and judge pages."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from sunlit.foundation.kernel.refusals import Refused
from sunlit.portals.doors import Request, door
from sunlit.portals.ui import errors, sample
from sunlit.portals.ui.navigation import Item, offer

PROGRESS_STEP = 2500

offer(
    "ui",
    Item("parts", sample.PARTS, "ui_parts", "layout-dashboard"),
    Item("shop", sample.SHOP, "ui_shop", "store"),
)


@door(public=True, methods=("GET",))
def parts(request: Request) -> HttpResponse:
    """Every macro of kit.html, in the shell of those who work here."""
    _only_where_allowed()
    request.actor = sample.ALICE
    return render(request, "ui/style/parts.html", sample.page(request.now, request.get_full_path()))


@door(public=True, methods=("GET",))
def shop(request: Request) -> HttpResponse:
    """Products, facets and the price, in the public shell."""
    _only_where_allowed()
    return render(request, "ui/style/shop.html", sample.shop(request.now, request.get_full_path()))


@door(public=True, methods=("GET",))
def progress(request: Request) -> HttpResponse:
    """The bar that htmx asks again until the work is done."""
    _only_where_allowed()
    done = min(_number(request) + PROGRESS_STEP, sample.ROWS)
    return render(request, "ui/style/progress.html", {"done": done, "total": sample.ROWS})


@door(public=True, methods=("GET",))
def error(request: Request, status: int) -> HttpResponse:
    """The page of one status."""
    _only_where_allowed()
    return errors.page(request, status)


@door(public=True, methods=("GET",))
def refused(request: Request) -> HttpResponse:
    """A refusal with several problems."""
    _only_where_allowed()
    raise Refused(*sample.PROBLEMS)


def _only_where_allowed() -> None:
    if not (settings.DEMO or settings.DEBUG):
        raise Http404


def _number(request: HttpRequest) -> int:
    text = request.GET.get("done", "0")
    return int(text[:6]) if text.isascii() and text.isdigit() else 0
