"""What a supplier may answer now and what it handed in, as its program reads them: every mode in one list."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field

from sunlit.domain.market.queries import workbench
from sunlit.domain.market.queries.entries import Entry
from sunlit.domain.market.queries.openings import Asked, Opportunity
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Kind, Organisation
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import ROWS, After, Error, Rows, Time, Told, Yuan, errors_of
from sunlit.portals.api.v1.orders import Party
from sunlit.portals.doors import NOT_YOUR_DOOR, found_or_404

router = Router(tags=["opportunities"])
READ = Needs("orders:read")
Mode = Annotated[str, Field(max_length=20, description="quotation, auction, framework, calloff, batch or work_order; empty: all.")]
Code = Annotated[str, Field(max_length=20, description="The code of a region: what is bought there or below; empty: everywhere.")]


class CategoryTold(Told):
    code: str
    name_zh: str
    name_en: str


class OpportunityOut(Told):
    mode: str
    number: str
    title: str
    buyer: Party
    region: str
    categories: list[CategoryTold]
    most: Yuan | None = Field(description="What it may cost at most.")
    until: Time = Field(description="The last instant to take part.")
    fits: list[str] = Field(description="Why it fits: invited, sells, admitted, near.")
    bars: list[Error] = Field(description="What stands against taking part, as the refusals that you would meet.")
    own: str = Field(description="How far you have come yourself, in words; empty: not begun.")


class Opportunities(Told):
    opportunities: list[OpportunityOut]
    next: str


class EntryOut(Told):
    mode: str
    number: str
    title: str
    buyer: Party
    at: Time = Field(description="When it was handed in.")
    state: str
    label: str = Field(description="The state in words.")
    over: bool
    until: Time | None = Field(description="The next deadline.")
    reason: str = Field(description="Why it ended so.")
    price: Yuan | None
    share: str = Field(description="A price in percent of a rate sheet, where it is none in yuan.")
    rank: int | None
    order: str = Field(description="The number of the order that came of it.")


class Entries(Told):
    entries: list[EntryOut]
    next: str


@router.get("opportunities", auth=READ, response=Opportunities, operation_id="opportunities", summary=_("What you may answer now"))
def opportunities(
    request: Call, mode: Mode = "", q: str = "", region: Code = "", everything: bool = False, after: After = "", limit: Rows = ROWS
) -> Opportunities:
    """For suppliers: the nearest deadline first; what fits you, unless `everything` is asked for. `q` is a number or words of the title and what is asked for."""
    _is_supplier(request)
    place = found_or_404(accounts.region(region)) if region else None
    asked = Asked(mode=mode, q=q.strip()[:100], region_path=place.path if place else "", fitting=not everything)
    page = workbench.opportunities(asked, seen_by=request.actor, at=request.now, after=row_id(after) or 0, rows=limit)
    return Opportunities(opportunities=[_told(one) for one in page.rows], next=str(page.after or ""))


@router.get("entries", auth=READ, response=Entries, operation_id="entries", summary=_("What you handed in, and what came of it"))
def entries(request: Call, over: bool = False, mode: Mode = "", after: After = "", limit: Rows = ROWS) -> Entries:
    """For suppliers, newest first: quotes, entries to auctions, responses, bids and work orders that still run, or with `over` those that ended."""
    _is_supplier(request)
    page = workbench.entries(seen_by=request.actor, over=over, mode=mode, after=row_id(after) or 0, rows=limit)
    return Entries(entries=[_entry(one) for one in page.rows], next=str(page.after or ""))


@router.get(
    "opportunities/{mode}/{number}", auth=READ, response=OpportunityOut, operation_id="opportunity", summary=_("One of them while it runs")
)
def opportunity(request: Call, mode: str, number: str) -> OpportunityOut:
    """Not found once its time to take part is over."""
    _is_supplier(request)
    return _told(found_or_404(workbench.opportunity(mode, number, seen_by=request.actor, at=request.now)))


def _is_supplier(request: Call) -> None:
    if request.actor.kind != "supplier":
        raise Refused(Problem(NOT_YOUR_DOOR, {"who": gettext(str(Kind.SUPPLIER.label))}))


def _told(it: Opportunity) -> OpportunityOut:
    return OpportunityOut(
        mode=it.mode,
        number=it.number,
        title=str(it.title),
        buyer=_party(it.party),
        region=it.region_path.rpartition("/")[2],
        categories=[CategoryTold(code=one.code, name_zh=one.name_zh, name_en=one.name_en) for one in it.categories],
        most=it.most,
        until=it.until,
        fits=[fit.kind for fit in it.fits],
        bars=errors_of(it.bars),
        own=str(it.own),
    )


def _entry(it: Entry) -> EntryOut:
    return EntryOut(
        mode=it.mode,
        number=it.number,
        title=str(it.title),
        buyer=_party(it.party),
        at=it.at,
        state=it.state,
        label=str(it.label),
        over=it.over,
        until=it.until,
        reason=str(it.reason),
        price=it.price,
        share=f"{it.share:f}" if it.share is not None else "",
        rank=it.rank,
        order=it.order,
    )


def _party(it: Organisation) -> Party:
    return Party(number=it.number, name_zh=it.name_zh, name_en=it.name_en)
