"""Every address without parameters and every person of the town: one table of what GET answers.

A new address is a new row: copy that of a neighbour and change what differs; the test names the rows that are missing or left over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.insight import queries as insight
from sunlit.foundation.kernel import clock
from tests.house.test_conventions import patterns
from tests.portals.clients import browser
from tests.town import NOON, Town, build

OPEN = """
/api/ /api/reasons/ /api/v1/openapi.json /supplier/apply/ /supplier/apply/categories/ /sign-in/ / /now/ /about/ /categories/
/robots.txt /sitemap.xml /search/ /suggest/ /compare/ /intentions/ /frameworks/ /auctions/ /batches/ /quotations/ /unit-offers/ /plans/ /single-source/ /deals/ /rules/ /policy/ /outages/ /verify/
"""  # 200 for everybody

POSTED = """
/buyer/cart/add/ /buyer/cart/change/ /buyer/cart/prices/ /buyer/favourites/keep/ /supplier/apply/register/
/regulator/reviews/approve/ /sign-in/as/ /sign-out/ /seat/ /language/ /messages/read/ /organisation/rules/ /organisation/people/
/organisation/addresses/ /organisation/titles/ /organisation/keys/
"""  # 405 for everybody: forms are sent there, nothing is looked at

HIDDEN = """
/ui/ /ui/shop/ /ui/progress/ /ui/refused/
"""  # 404 for everybody outside the demo

#   nobody: not signed in · aygul orders, zhou leads, batu receives, li pays (school) · ma orders (hospital) · chen sells, wu lists (shop)
#   nurlan does everything (corner shop) · surina, zheng: regulators of the city and of the prefecture · he: operator · tang: bank
#   302 to the sign-in · 303 the cart is empty · 403 another's room · 404, 422 asked without what it needs
TABLE = """
                              nobody  aygul   zhou   batu     li     ma   chen     wu nurlan surina  zheng     he   tang
/search/why/                     404    404    404    404    404    404    404    404    404    404    404    404    404
/buyer/                          302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/cart/                     302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/checkout/                 302    303    303    403    403    303    403    403    403    403    403    403    403
/buyer/orders/                   302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/auctions/                 302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/auctions/new/             302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/direct/                   302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/unit-offers/              302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/unit-sales/               302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/unit-offers/new/          302    403    200    403    403    403    403    403    403    403    403    403    403
/buyer/budget/                   302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/intentions/               302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/intentions/new/           302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/cases/                    302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/demands/                  302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/demands/new/              302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/plans/                    302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/plans/new/                302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/quotations/               302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/quotations/new/           302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/suppliers/                302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/favourites/               302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/frameworks/               302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/frameworks/new/           302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/calloffs/                 302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/batches/                  302    200    200    200    200    200    403    403    403    403    403    403    403
/buyer/batches/new/              302    200    200    403    403    200    403    403    403    403    403    403    403
/buyer/work-orders/              302    200    200    200    200    200    403    403    403    403    403    403    403
/supplier/                       302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/now/                   302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/size/                  302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/declarations/          302    403    403    403    403    403    200    403    200    403    403    403    403
/supplier/leave/                 302    403    403    403    403    403    200    403    200    403    403    403    403
/supplier/apply/new/             302    200    200    200    200    200    200    200    200    200    200    200    200
/supplier/offers/                302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/offers/start/          302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/offers/new/            302    403    403    403    403    403    404    404    404    403    403    403    403
/supplier/offers/delist/         302    403    403    403    403    403    422    422    422    403    403    403    403
/supplier/imports/               302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/imports/template/      302    403    403    403    403    403    404    404    404    403    403    403    403
/supplier/cases/                 302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/orders/                302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/auctions/              302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/quotations/            302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/opportunities/         302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/opportunities/mine/    302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/opportunities/subscriptions/ 302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/surveys/               302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/calloffs/              302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/batches/               302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/work-orders/           302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/frameworks/            302    403    403    403    403    403    200    200    200    403    403    403    403
/supplier/ratings/               302    403    403    403    403    403    200    200    200    403    403    403    403
/regulator/                      302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/now/                  302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/running/              302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/auctions/             302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/applications/         302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/reviews/              302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/offers/               302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/offers/above/         302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/splitting/            302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/cases/                302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/suppliers/            302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/orders/               302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/orders/table/         302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/plans/                302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/frameworks/           302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/batches/              302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/work-orders/          302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/unit-offers/          302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/quotations/           302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/references/           302    403    403    403    403    403    403    403    403    200    200    200    403
/regulator/references/template/  302    403    403    403    403    403    403    403    403    200    200    200    403
/regulator/rules/                302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/drafts/               302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/calendar/             302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/buyers/               302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/buyers/new/           302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/budgets/              302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/budgets/import/       302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/budgets/template/     302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/budgets/our-side/     302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/budgets/statements/   302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/budgets/statements/template/ 302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/outages/              302    403    403    403    403    403    403    403    403    200    200    403    403
/regulator/ledger/               302    403    403    403    403    403    403    403    403    200    200    403    403
/library/                        302    403    403    403    403    403    403    403    403    200    200    200    403
/library/corrections/            302    403    403    403    403    403    403    403    403    200    200    200    403
/library/products/               302    403    403    403    403    403    403    403    403    200    200    200    403
/operator/                       302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/now/                   302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/letters/               302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/outages/               302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/organisations/         302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/organisations/new/     302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/people/                302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/synonyms/              302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/settings/              302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/reasons/               302    403    403    403    403    403    403    403    403    403    403    200    403
/operator/lives/                 302    403    403    403    403    403    403    403    403    403    403    200    403
/account/                        302    200    200    200    200    200    200    200    200    200    200    200    200
/account/password/               302    200    200    200    200    200    200    200    200    200    200    200    200
/account/totp/                   302    200    200    200    200    200    200    200    200    200    200    200    200
/account/totp/off/               302    200    200    200    200    200    200    200    200    200    200    200    200
/messages/                       302    200    200    200    200    200    200    200    200    200    200    200    200
/organisation/                   302    200    200    200    200    200    200    200    200    200    200    200    200
"""


def told() -> dict[str, dict[str, int]]:
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    table = {path: dict(zip(head, map(int, statuses), strict=True)) for path, *statuses in rows}
    alike = {200: OPEN, 405: POSTED, 404: HIDDEN}
    return table | {path: dict.fromkeys(head, status) for status, paths in alike.items() for path in paths.split()}


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    settings.DATA_DIR, settings.DEMO, settings.DEBUG = tmp_path, False, False
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: NOON)
    insight.forget()
    return build()


def addresses() -> set[str]:
    """Every door without parameters; machines have ways of their own in, with tests of their own."""
    return {f"/{route}" for route, each in patterns() if "<" not in route and hasattr(each.callback, "door")}


def test_the_table_names_every_address() -> None:
    assert (sorted(addresses() - set(told())), sorted(set(told()) - addresses())) == ([], [])


@pytest.mark.parametrize("who", next(iter(told().values())))
def test_every_address_answers_this_person_as_the_table_says(town: Town, who: str) -> None:
    client = browser(None if who == "nobody" else getattr(town, who))
    client.raise_request_exception = False
    found = {path: client.get(path).status_code for path in told()}
    assert found == {path: row[who] for path, row in told().items()}
