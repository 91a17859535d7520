"""On the board of running purchases: what one seller alone is asked for, until it answers; and where it is stopped."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sunlit.domain.market import services
from sunlit.domain.market.queries import running as queries
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.services import units
from sunlit.foundation.kernel import clock
from tests.domain.market.test_direct import check_out, direct_line, proven
from tests.domain.market.test_units import asked, offered
from tests.portals.clients import browser
from tests.town import NOON, Town, build

BOARD = "/regulator/running/"
CITY, COUNTY, ALL = "652800/652801", "652800/652823", "652800"


@pytest.fixture
def quiet(db: None, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return build()


def test_a_request_between_units_stands_there_until_the_unit_answers(quiet: Town) -> None:
    request = asked(quiet, offered(quiet))
    told = [(row.mode, row.number, row.until, row.taking_part, row.held, row.stands_still) for row in queries.running(ALL, at=NOON)]
    assert told == [("unit_request", request.number, request.answer_until, 1, Decimal("6000.00"), False)]
    for region in (CITY, quiet.hospital.region.path):
        assert [row.number for row in queries.running(region, at=NOON)] == [request.number], "the regulators of either side"
    for regulator in (quiet.surina, quiet.zheng):
        shown = browser(regulator).get(BOARD).content.decode()
        assert f"/regulator/unit-requests/{request.number}/" in shown
        assert "单位直购" in shown
    assert browser(quiet.surina).get(f"/regulator/unit-requests/{request.number}/").status_code == 200
    units.halt_offer(request.offer, reason="资产处置批复不符，停止供给。", by=quiet.surina, at=NOON)
    assert queries.running(ALL, at=NOON) == [], "it is stopped with its offer"


def test_an_order_to_a_maker_stands_there_until_the_maker_answers(quiet: Town) -> None:
    proven(quiet.paper)
    proven(quiet.laptop)
    [order] = check_out(quiet, direct_line(quiet, quiet.paper, 2), direct_line(quiet, quiet.laptop))
    ordinary = check_out(quiet, services.add_to_cart(quiet.laptop, quantity=1, by=quiet.aygul, at=NOON), key="k2")
    [row] = queries.running(CITY, at=NOON)
    assert (row.mode, row.number, row.until, row.held) == ("direct", order.number, order.confirm_until, Decimal("5256.00"))
    assert str(row.title) == f"{quiet.laptop.title} × 1等，另有1项"
    assert ordinary[0].number not in browser(quiet.surina).get(BOARD).content.decode()
    assert f"/regulator/orders/{order.number}/" in browser(quiet.surina).get(f"{BOARD}?mode=direct").content.decode()
    assert queries.running(COUNTY, at=NOON) == []
    services.confirm(order, by=quiet.chen, at=NOON)
    assert queries.running(CITY, at=NOON) == []


def test_suppliers_do_not_look_for_them_among_opportunities() -> None:
    assert set(workbench.MODES) == set(queries.MODES) - {"direct", "unit_request"}
    assert list(queries.SOURCES) == list(queries.MODES)
