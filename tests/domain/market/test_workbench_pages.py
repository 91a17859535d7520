"""The pages of the workbench: cut from the keys of all modes, they are those of the whole list with every row built, and cost no more for it."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sunlit.domain.market.models import Auction, Batch, CallOff, Framework, Quotation
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.queries.openings import Asked, Opportunity, Seller, openings
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.limits import PAGE_ROWS
from tests.domain.market import auctioning, frames
from tests.domain.market.crowds import copies
from tests.domain.market.pooling import CLOSES, Pool, pool
from tests.domain.market.test_calloffs import Agreed, called
from tests.keepers import on_duty
from tests.quoting import Fair
from tests.town import NOON

HOURS = 12
EACH = 20  # copies of every purchase
FIRST_PAGE_QUERIES = 29  # the seller 3, the keys of six modes 6 and what three of them are about 3, the rows of five modes 17
UNTIL: dict[Any, str] = {
    Quotation: "quote_until",
    Auction: "enter_until",
    Framework: "respond_until",
    CallOff: "answer_until",
    Batch: "until",
}
THINGS: dict[Any, str] = {Quotation: "lines", Auction: "lots", Framework: "packages", CallOff: "", Batch: ""}


@pytest.fixture
def market(db: None, settings: Any, tmp_path: Path) -> Pool:
    """One purchase of each of five kinds, to be answered in the first hours of the ninth of April."""
    settings.DATA_DIR = tmp_path
    market = pool()
    market.bidding(10, 20, 30)
    called(Agreed(market.town, market.package, market.people, market.parties), "bidding")
    with on_duty(tmp_path, NOON) as keepers:
        Fair(market.town, keepers, *market.people[:2]).published()
    auctioning.announced(market.town, title="复印纸竞价", lots=(auctioning.PAPER,))
    frames.opened_for_responses(market.town)
    for hours, (model, until) in enumerate(UNTIL.items(), 1):
        newest = model.objects.latest("pk")
        model.objects.filter(pk=newest.pk).update(**{until: CLOSES + hours * timedelta(hours=1)})
    Supplier.objects.filter(organisation=market.people[0].party).update(category_codes=["A02", "A0504"])
    return market


def crowd(market: Pool) -> None:
    """Twenty more of each, of several deadlines, regions and invitations; some deadlines are the same."""
    chance = random.Random(20260409)
    for model, until in UNTIL.items():
        it = model.objects.latest("pk")
        made = model.objects.filter(number__in=copies(it, THINGS[model], EACH))
        for one in made:
            later = {until: CLOSES + timedelta(hours=chance.randrange(1, HOURS)), "region_path": chance.choice(["652800", "652800/652823"])}
            model.objects.filter(pk=one.pk).update(**later)
    invited = [market.people[0].party, market.town.corner.pk]
    for one in Quotation.objects.order_by("pk")[:8]:
        Quotation.objects.filter(pk=one.pk).update(invited=[chance.choice(invited)])


def built_one_by_one(by: Actor, asked: Asked) -> list[Opportunity]:
    """The whole list, every row built and then looked at."""
    seller = Seller.of(by)
    numbers = [number for model in UNTIL for number in model.objects.values_list("number", flat=True)]
    found = [one for mode in workbench.MODES for one in openings(mode, numbers, seller, at=CLOSES) if asked.mode in ("", mode)]
    return sorted((one for one in found if _is_asked_for(one, by, asked)), key=lambda one: (one.until, one.mode, one.number))


def _is_asked_for(one: Opportunity, by: Actor, asked: Asked) -> bool:
    fits = {fit.kind for fit in one.fits} & {"invited", "sells", "admitted"} and (not one.invited or by.party in one.invited)
    told = not asked.q or asked.q in one.words or asked.q.upper() == one.number
    return bool(fits or not asked.fitting) and told and (not asked.region_path or regions.is_under(one.region_path, asked.region_path))


def walked(by: Actor, asked: Asked, rows: int) -> list[Opportunity]:
    """Page after page, to the end."""
    found: list[Opportunity] = []
    after: int | None = 0
    while after is not None:
        page = workbench.opportunities(asked, seen_by=by, at=CLOSES, after=after, rows=rows)
        assert len(page.rows) == rows or page.after is None, "only the last page is shorter"
        found, after = found + page.rows, page.after
    return found


@pytest.mark.parametrize("rows", [9, PAGE_ROWS])
def test_page_after_page_is_the_whole_list(market: Pool, rows: int) -> None:
    crowd(market)
    number = Auction.objects.earliest("pk").number.lower()
    counts = []
    for by in (market.people[0], market.town.nurlan):
        for asked in (
            Asked(),
            Asked(fitting=False),
            Asked(mode="framework"),
            Asked(mode="calloff", fitting=False),
            Asked(q="复印纸"),
            Asked(q="笔记本", fitting=False),
            Asked(q=number, fitting=False),
            Asked(region_path="652800/652823", fitting=False),
        ):
            expected = built_one_by_one(by, asked)
            assert walked(by, asked, rows) == expected
            counts.append(len(expected))
    assert counts == [102, 105, 21, 21, 84, 21, 1, 48, 16, 63, 0, 0, 0, 21, 1, 29]


def test_the_page_costs_the_same_for_five_purchases_and_for_a_hundred(market: Pool) -> None:
    assert first_page(market) == (5, FIRST_PAGE_QUERIES)
    crowd(market)
    assert first_page(market) == (PAGE_ROWS, FIRST_PAGE_QUERIES)


def first_page(market: Pool) -> tuple[int, int]:
    """How many rows of all five kinds, and how many queries."""
    with CaptureQueriesContext(connection) as counted:
        page = workbench.opportunities(Asked(), seen_by=market.people[0], at=CLOSES)
    assert {one.mode for one in page.rows} == {"quotation", "auction", "framework", "calloff", "batch"}
    return len(page.rows), len(counted)


def test_what_ended_between_the_keys_and_the_rows_is_not_shown(market: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = workbench.opportunities(Asked(), seen_by=market.people[0], at=CLOSES).rows

    def and_then_the_calloff_ends(*told: Any, **more: Any) -> Any:
        CallOff.objects.update(state="failed")
        return openings(*told, **more)

    monkeypatch.setattr(workbench, "openings", and_then_the_calloff_ends)
    assert [one.mode for one in shown if one.mode != "calloff"] == [
        one.mode for one in workbench.opportunities(Asked(), seen_by=market.people[0], at=CLOSES).rows
    ]
