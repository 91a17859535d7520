"""The page on which a supplier declares its size, and where everybody sees it."""

from __future__ import annotations

import pytest

from sunlit.domain.registry.models import SizeDeclaration
from tests.portals.supplier.conftest import Seated
from tests.town import Town

FORM = {"year": "2025", "industry": "RETAIL", "staff": "12", "revenue": "3000000", "assets": "1", "disabled_staff": "0"}


@pytest.mark.django_db
def test_chen_declares_and_everybody_sees_it(seated: Seated, town: Town) -> None:
    chen = seated(town.chen)
    assert "Nothing declared yet" in chen.get("/supplier/size/").content.decode()
    refused = chen.post("/supplier/size/", FORM)
    assert (refused.status_code, "REG-024" in refused.content.decode(), SizeDeclaration.objects.count()) == (422, True, 0)
    assert chen.post("/supplier/size/", {**FORM, "truthful": "on"}).status_code == 303
    page = chen.get("/supplier/size/").content.decode()
    assert 'data-size="small"' in page
    assert "工信部联企业〔2011〕300号" in page
    assert 'data-size="small"' in chen.get(f"/suppliers/{town.shop.number}/").content.decode()


@pytest.mark.django_db
def test_a_catalogue_clerk_reads_what_the_tags_rest_on_and_declares_nothing(seated: Seated, town: Town) -> None:
    assert seated(town.chen).post("/supplier/size/", {**FORM, "truthful": "on"}).status_code == 303
    wu = seated(town.wu)
    page = wu.get("/supplier/size/").content.decode()
    assert 'data-size="small"' in page
    assert 'name="truthful"' not in page
    refused = wu.post("/supplier/size/", {**FORM, "staff": "900", "truthful": "on"})
    assert (refused.status_code, "LIF-002" in refused.content.decode(), SizeDeclaration.objects.count()) == (403, True, 1)
