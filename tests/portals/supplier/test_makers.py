"""The page on which a supplier declares who makes the goods of an offer."""

from __future__ import annotations

import pytest

from sunlit.domain.catalog.models import MakerDeclaration, Offer
from tests.portals.supplier.conftest import Seated
from tests.town import Town

FORM = {"maker": "孔雀河纸品厂", "year": "2025", "industry": "INDUSTRY", "staff": "36", "revenue": "6800000", "assets": "3500000"}


@pytest.mark.django_db
def test_wu_declares_the_maker_and_the_offer_carries_its_tags(seated: Seated, town: Town) -> None:
    wu, here = seated(town.wu), f"/supplier/offers/{town.paper.number}/maker/"
    assert here in wu.get(f"/supplier/offers/{town.paper.number}/").content.decode()
    assert "Nothing declared yet" in wu.get(here).content.decode()
    refused = wu.post(here, {**FORM, "maker": ""})
    assert (refused.status_code, "CAT-109" in refused.content.decode(), MakerDeclaration.objects.count()) == (422, True, 0)
    refused = wu.post(here, FORM)
    assert (refused.status_code, "REG-024" in refused.content.decode(), MakerDeclaration.objects.count()) == (422, True, 0)
    assert wu.post(here, {**FORM, "truthful": "on"}).status_code == 303
    page = wu.get(here).content.decode()
    assert all(it in page for it in ('data-size="small"', "孔雀河纸品厂", "工信部联企业〔2011〕300号", "2027-12-31"))
    assert "孔雀河纸品厂" in wu.get(f"/supplier/offers/{town.paper.number}/").content.decode()


@pytest.mark.django_db
def test_the_offers_of_others_have_no_such_page(seated: Seated, town: Town) -> None:
    other = Offer.objects.get(pk=town.laptop_corner.pk)
    assert seated(town.wu).get(f"/supplier/offers/{other.number}/maker/").status_code == 404
    assert seated(town.aygul).get(f"/supplier/offers/{town.paper.number}/maker/").status_code == 403
