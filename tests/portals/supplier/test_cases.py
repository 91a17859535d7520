"""A supplier's cases: listed, explained, appealed; never those of others."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sunlit.domain.catalog.models import Offer
from sunlit.domain.supervision import services
from sunlit.domain.supervision.models import WatchCase
from tests.domain.supervision.conftest import dear, drill, shops, the_case
from tests.portals.clients import browser, codes, once
from tests.town import NOON, Town

__all__ = ["dear", "drill", "shops"]


@pytest.fixture
def case(town: Town, dear: Offer) -> WatchCase:
    services.look_at_offers([dear.number], under="act/1", at=NOON)
    return the_case(dear)


def test_the_supplier_reads_what_was_found(town: Town, case: WatchCase) -> None:
    client = browser(town.wu, language="en")
    assert case.number in client.get(reverse("supplier:cases")).content.decode()
    page = client.get(reverse("supplier:case", args=[case.number])).content.decode()
    assert "49.6 per cent above the median ¥100.25 of 8 offers" in page
    assert "GY-1000" not in page  # the others are not named


def test_it_explains_and_appeals(town: Town, case: WatchCase, dear: Offer) -> None:
    client, address = browser(town.wu), reverse("supplier:act_on_case", args=[case.number])
    refused = client.post(address, once(verb="explain", explanation=""))
    assert (refused.status_code, codes(refused)) == (422, ["WAT-002"])
    assert client.post(address, once("form-2", verb="explain", explanation="含三年上门服务")).status_code == 303
    services.freeze(the_case(dear), reason="说明不成立", by=town.surina, at=NOON)
    assert client.post(address, once("form-3", verb="appeal", reason="价格已经下调")).status_code == 303
    assert the_case(dear).state == "appealed"


def test_others_do_not_read_it(town: Town, case: WatchCase) -> None:
    client = browser(town.aygul)
    assert client.get(reverse("supplier:case", args=[case.number])).status_code == 403
    assert browser(town.nurlan).get(reverse("supplier:case", args=[case.number])).status_code == 404
    assert browser(town.nurlan).post(reverse("supplier:act_on_case", args=[case.number]), once(verb="explain")).status_code == 404
