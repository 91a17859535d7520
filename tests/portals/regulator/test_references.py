"""Reference prices on their page: looked through, checked, brought in; by regulators and the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sunlit.domain.catalog.models import ReferencePrice
from tests.portals.clients import browser, codes, once
from tests.town import Town

GOOD = "产品编号,来源,价格,采集时间\r\nSPU-1,京东,4700.00,2026-03-01\r\n"


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def sheet(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("prices.csv", text.encode("utf-8-sig"), content_type="text/csv")


def test_checked_first_then_brought_in(town: Town) -> None:
    client, address = browser(town.zheng, language="en"), reverse("regulator:references")
    page = client.post(address, once(verb="check", file=sheet(GOOD)))
    assert page.status_code == 200
    assert "The file is in order: 1 row is new, 0 were known." in page.content.decode()
    assert not ReferencePrice.objects.exists()
    assert client.post(address, once("form-2", verb="import", file=sheet(GOOD))).status_code == 303
    assert "SPU-1" in client.get(address, {"q": "京东"}).content.decode()
    assert "lowest source" in client.get(address).content.decode()


def test_a_wrong_cell_is_told(town: Town) -> None:
    page = browser(town.he).post(reverse("regulator:references"), once(verb="import", file=sheet(GOOD.replace("4700.00", "贵"))))
    assert (page.status_code, codes(page)) == (422, ["CAT-078"])
    assert not ReferencePrice.objects.exists()


def test_the_template_has_the_columns(town: Town) -> None:
    assert (
        browser(town.he).get(reverse("regulator:reference_template")).content.decode("utf-8-sig").startswith("产品编号,来源,价格,采集时间")
    )
