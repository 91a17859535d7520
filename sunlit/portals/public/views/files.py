"""Files over HTTP: pictures and papers for those who may see them, and the published ledger for everybody."""

from __future__ import annotations

import re
from typing import cast

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils.cache import patch_cache_control

from sunlit.domain.catalog import policies as catalog
from sunlit.domain.catalog.models import Product
from sunlit.domain.contracts.models import AcceptanceSheet, Invoice
from sunlit.domain.market import policies as market
from sunlit.domain.market.models import Dispatch, Return, UnitOffer
from sunlit.domain.planning import policies as planning
from sunlit.domain.registry import policies as registry
from sunlit.domain.rulebook import policies as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import queries as files
from sunlit.foundation.files.models import File
from sunlit.foundation.ledger import publishing
from sunlit.portals.doors import Request, door

YEAR_SECONDS = 31_536_000
NAME = r"(?:x[0-9]{3}/)*[0-9]{3}"
_FIXED = re.compile(rf"tile/(?:[0-9]{{1,2}}|entries)/{NAME}(?:\.p/[0-9]{{1,3}})?|checkpoints/[0-9]{{1,18}}")  # never another content
_GROWING = re.compile(r"checkpoint|vkey|checkpoints/sizes")
GROWING_SECONDS = 2


@door(public=True, methods=("GET",))
def file(request: Request, pk: int) -> HttpResponse:
    """One kept file: a public one, one's own, or one that a record shows which the actor may see."""
    return cast(HttpResponse, files.serve(_seen(pk, request.actor), size=request.GET.get("size", "")))


def _seen(pk: int, actor: Actor) -> File:
    try:
        return files.get(pk, seen_by=actor)
    except File.DoesNotExist:
        if (
            _is_in_the_library(pk, actor)
            or _is_of_a_quotation(pk, actor)
            or _is_of_a_unit_offer(pk)
            or rulebook.reports_visible_to(actor).filter(file_id=pk).exists()
            or (actor.is_somebody and _is_a_paper(pk, actor))
        ):
            return File.objects.get(pk=pk)
    raise Http404


def _is_in_the_library(pk: int, actor: Actor) -> bool:
    """A picture of a product, or of an offer that the actor may see."""
    return catalog.visible_to(actor).filter(images=pk).exists() or Product.objects.filter(image_id=pk).exists()


def _is_of_a_quotation(pk: int, actor: Actor) -> bool:
    """A paper that belongs to what prices are asked for: public with it."""
    return market.quotations_visible_to(actor).filter(papers__file=pk).exists()


def _is_of_a_unit_offer(pk: int) -> bool:
    """The paper that the price of a unit rests on: public with its offer."""
    return UnitOffer.objects.filter(paper_id=pk).exists()


def _is_a_paper(pk: int, actor: Actor) -> bool:
    """A record that the actor may see names the file: the papers of an order or a plan, the documents of an application."""
    orders = market.visible_to(actor) | market.sales_visible_to(actor)
    return (
        AcceptanceSheet.objects.filter(photos=pk, order__in=orders).exists()
        or Invoice.objects.filter(file_id=pk, order__in=orders).exists()
        or Dispatch.objects.filter(paper_id=pk, order__in=orders).exists()
        or Return.objects.filter(photos=pk, order__in=orders).exists()
        or market.entries_visible_to(actor).filter(Q(proof_id=pk) | Q(upgrades__proof_id=pk)).exists()
        or market.dealers_visible_to(actor).filter(paper_id=pk).exists()
        or market.calloffs_visible_to(actor).filter(proof_id=pk).exists()
        or market.workorders_visible_to(actor).filter(papers__file=pk).exists()
        or planning.plans_visible_to(actor).filter(authorisation_file_id=pk).exists()
        or registry.visible_to(actor).filter(documents=pk).exists()
    )


@door(public=True, methods=("GET",))
def published(request: Request, path: str) -> HttpResponse:
    """The ledger as files, in the layout of C2SP tlog-tiles: anybody may fetch all of it and replay it."""
    fixed = _FIXED.fullmatch(path)
    if not fixed and not _GROWING.fullmatch(path):
        raise Http404
    try:
        found = (publishing.folder() / path).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise Http404 from None
    tile = path.startswith("tile/")
    answer = HttpResponse(found, content_type="application/octet-stream" if tile else "text/plain; charset=utf-8")
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    if fixed:
        patch_cache_control(answer, public=True, max_age=YEAR_SECONDS, immutable=True)
    else:
        patch_cache_control(answer, public=True, max_age=GROWING_SECONDS)
    return answer
