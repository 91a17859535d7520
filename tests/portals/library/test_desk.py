"""The desk of the product library: proposals, merging, splitting and corrections, by the pages that people use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Offer, Product, ProductCorrection, ProductMatch
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel import clock
from tests.domain.catalog.conftest import LAPTOPS, TEMPLATE, a_draft
from tests.portals.clients import browser
from tests.town import NOON, Town, build


@pytest.fixture
def shelf(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOON)
    town = build()
    services.load_templates({LAPTOPS: TEMPLATE}, by=CLOCK, at=NOON)
    return town


@pytest.fixture
def match(shelf: Town) -> ProductMatch:
    a_draft(shelf, brand="孔雀", model="KQ-14A", title="孔雀 KQ-14A", unit="台")
    return ProductMatch.objects.select_related("one", "other").get()


def english(town: Town, who: str) -> Client:
    client: Client = browser(getattr(town, who))
    client.cookies["sunlit_language"] = "en"
    return client


def test_a_proposal_is_shown_with_its_reasons_and_decided(shelf: Town, match: ProductMatch) -> None:
    zheng = english(shelf, "zheng")
    assert match.number in zheng.get("/library/").content.decode()
    place = f"/library/matches/{match.number}/"
    text = zheng.get(place).content.decode()
    assert "The models KQ-14 and KQ-14A are 88 per cent alike." in text
    assert "1 of 1 key parameters that both tell are the same." in text
    refused = zheng.post(place, {"verb": "join", "reason": "同一型号"})
    assert refused.status_code == 409
    assert 'data-code="CAT-085"' in refused.content.decode()
    kept = Offer.objects.get(product=match.other)
    assert zheng.post(place, {"verb": "join", "reason": "同一型号", "keep_GY-0001": kept.number}).status_code == 303
    match.refresh_from_db()
    assert match.state == "joined"
    assert zheng.get(place).status_code == 200
    assert english(shelf, "aygul").get(f"/products/{match.other.number}/")["Location"] == "/products/SPU-1/"


def test_other_regulators_look_on(shelf: Town, match: ProductMatch) -> None:
    surina = english(shelf, "surina")
    text = surina.get(f"/library/matches/{match.number}/").content.decode()
    assert "The library desk of the whole net decides this." in text
    assert 'name="verb"' not in text
    assert surina.post(f"/library/matches/{match.number}/", {"verb": "keep_apart", "reason": "不同型号"}).status_code == 403
    assert 'value="split"' not in surina.get("/library/products/SPU-1/").content.decode()
    match.refresh_from_db()
    assert match.state == "proposed"


def test_a_product_is_split_and_merged_again_by_the_page(shelf: Town) -> None:
    he = english(shelf, "he")
    assert "SPU-1" in he.get("/library/products/?q=KQ-14").content.decode()
    wrong = he.post("/library/products/SPU-1/", {"verb": "split", "offers": "SP-2", "model": "KQ-14S", "name_zh": "", "reason": "键盘不同"})
    assert wrong.status_code == 422
    assert 'data-code="CAT-091"' in wrong.content.decode()
    assert 'value="SP-2" aria-label="Choose SP-2" checked' in wrong.content.decode()
    told = {"verb": "split", "offers": "SP-2", "model": "KQ-14S", "name_zh": "孔雀 KQ-14S", "reason": "键盘不同"}
    assert he.post("/library/products/SPU-1/", told).status_code == 303
    own = Product.objects.get(model_key="KQ14S")
    missing = he.post(f"/library/products/{own.number}/", {"verb": "merge", "into": "SP-0", "reason": "其实相同"})
    assert 'data-code="LIB-001"' in missing.content.decode()
    answer = he.post(f"/library/products/{own.number}/", {"verb": "merge", "into": "spu-1", "reason": "其实相同"})
    assert (answer.status_code, answer["Location"]) == (303, "/library/products/SPU-1/")
    assert own.number in he.get("/library/products/SPU-1/").content.decode()


def test_a_supplier_proposes_a_correction_and_the_desk_decides(shelf: Town) -> None:
    nurlan = english(shelf, "nurlan")
    assert 'value="16"' in nurlan.get("/supplier/products/SPU-1/correct/").content.decode()
    told = {"attr.memory": "viel", "why": "铭牌为 32 GB"}
    assert 'data-code="CAT-017"' in nurlan.post("/supplier/products/SPU-1/correct/", told).content.decode()
    assert nurlan.post("/supplier/products/SPU-1/correct/", {**told, "attr.memory": "32"}).status_code == 303
    it = ProductCorrection.objects.get()
    assert english(shelf, "chen").get(f"/supplier/corrections/{it.number}/").status_code == 404
    assert "铭牌为 32 GB" in nurlan.get(f"/supplier/corrections/{it.number}/").content.decode()
    zheng = english(shelf, "zheng")
    assert it.number in zheng.get("/library/corrections/").content.decode()
    page = zheng.get(f"/library/corrections/{it.number}/").content.decode()
    assert "2 offers hang on it" in page
    assert zheng.post(f"/library/corrections/{it.number}/", {"verb": "accept", "expected": it.version}).status_code == 303
    assert Product.objects.get(number="SPU-1").attributes["memory"] == "32"
    assert zheng.post(f"/library/corrections/{it.number}/", {"verb": "refuse", "reason": "太晚了吧"}).status_code == 409


def test_a_supplier_takes_its_proposal_back(shelf: Town) -> None:
    nurlan = english(shelf, "nurlan")
    nurlan.post("/supplier/products/SPU-1/correct/", {"attr.memory": "32", "why": "铭牌为 32 GB"})
    it = ProductCorrection.objects.get()
    assert nurlan.post(f"/supplier/corrections/{it.number}/", {"verb": "withdraw"}).status_code == 303
    it.refresh_from_db()
    assert it.state == "withdrawn"


def test_lists_cost_a_fixed_number_of_queries(shelf: Town, match: ProductMatch, django_assert_max_num_queries: Any) -> None:
    zheng = english(shelf, "zheng")
    zheng.get("/library/")
    with django_assert_max_num_queries(12):
        zheng.get("/library/")
    with django_assert_max_num_queries(18):
        zheng.get(f"/library/matches/{match.number}/")
