"""A survey on the pages of both sides: asked, answered unseen by others, summarised, and the demand handed in on it."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sunlit.domain.planning import services
from sunlit.domain.planning.models import Survey
from tests.domain.planning.market import a_content, a_demand, a_market, a_parameter
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town

FOUND = "三家供应商均能供货，成交价格在4500元至6000元之间。"


@pytest.fixture(autouse=True)
def _market(town: Town) -> None:
    a_market(town)


def a_paper() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return SimpleUploadedFile("回函.png", buffer.getvalue())


def test_the_whole_way(town: Town) -> None:
    demand = a_demand(town, a_content(a_parameter("memory", "ge", "16"), complex=True))
    clerk = browser(town.aygul)
    page = clerk.get(f"/buyer/demands/{demand.number}/").content.decode()
    assert f"/buyer/demands/{demand.number}/survey/" in page
    address = f"/buyer/demands/{demand.number}/survey/"
    assert 'value="GY-fourth"' in clerk.get(address).content.decode()
    answer = clerk.post(address, once("a", title="调查", questions="供给如何？\n价格如何？", suppliers=["GY-0001"]))
    assert (answer.status_code, at_field(answer, "suppliers")) == (422, ["SUR-001"])
    clerk.post(address, once("b", title="调查", questions="供给如何？\n价格如何？", suppliers=["GY-0001", "GY-0002", "GY-third"]))
    it = Survey.objects.get()
    # Both sides see what is theirs
    seller = browser(town.chen)
    assert it.number in seller.get("/supplier/surveys/").content.decode()
    assert "价格如何？" in seller.get(f"/supplier/surveys/{it.number}/").content.decode()
    seller.post(f"/supplier/surveys/{it.number}/", once("c", **{"answer-0": "货源充足", "answer-1": ""}))
    assert "货源充足" not in browser(town.nurlan).get(f"/supplier/surveys/{it.number}/").content.decode()
    assert codes(browser(town.nurlan).post(f"/supplier/surveys/{it.number}/", {"answer-0": " "})) == ["SUR-005"]
    browser(town.nurlan).post(f"/supplier/surveys/{it.number}/", {"answer-0": "有现货"})
    page = clerk.get(f"/buyer/surveys/{it.number}/").content.decode()
    assert "货源充足" in page
    assert "有现货" in page
    # Too few, until one from elsewhere is recorded
    act = f"/buyer/surveys/{it.number}/do/"
    assert codes(clerk.post(act, {"verb": "summarise", "summary": FOUND})) == ["SUR-006"]
    assert codes(clerk.post(act, {"verb": "record", "name": "协会", "answer-0": "充足"})) == ["SUR-008"]
    assert clerk.post(act, {"verb": "record", "name": "行业协会", "answer-0": "充足", "document": a_paper()}).status_code == 303
    assert clerk.post(act, {"verb": "summarise", "summary": FOUND}).status_code == 303
    it.refresh_from_db()
    demand.refresh_from_db()
    assert (it.state, demand.survey) == ("summarised", it)
    assert FOUND in clerk.get(f"/buyer/surveys/{it.number}/").content.decode()
    assert services.hand_in_demand(demand, by=town.aygul, at=NOON).state == "review"


def test_more_time_calling_off_and_resting_on_an_earlier_one(town: Town) -> None:
    demand = a_demand(town, a_content(a_parameter("memory", "ge", "16")))
    clerk = browser(town.aygul)
    told = {"title": "调查", "questions": "供给如何？", "suppliers": ["GY-0001", "GY-0002", "GY-third"]}
    clerk.post(f"/buyer/demands/{demand.number}/survey/", told)
    it = Survey.objects.get()
    act = f"/buyer/surveys/{it.number}/do/"
    assert clerk.post(act, {"verb": "extend"}).status_code == 303
    for name in ("甲协会", "乙学院", "丙公司"):
        clerk.post(act, {"verb": "record", "name": name, "answer-0": "充足", "document": a_paper()})
    clerk.post(act, {"verb": "summarise", "summary": FOUND})
    second = a_demand(town, a_content(a_parameter("memory", "ge", "16")))
    assert it.number in clerk.get(f"/buyer/demands/{second.number}/survey/").content.decode()
    assert clerk.post(f"/buyer/demands/{second.number}/survey/", {"survey": it.number})["Location"] == f"/buyer/demands/{second.number}/"
    second.refresh_from_db()
    assert second.survey == it
    clerk.post(f"/buyer/demands/{second.number}/survey/", told)
    other = Survey.objects.exclude(pk=it.pk).get()
    assert codes(clerk.post(f"/buyer/surveys/{other.number}/do/", {"verb": "cancel", "reason": ""})) == ["DEM-018"]
    assert clerk.post(f"/buyer/surveys/{other.number}/do/", {"verb": "cancel", "reason": "需求取消"}).status_code == 303


def test_strangers_do_not_find_it(town: Town) -> None:
    demand = a_demand(town, a_content(a_parameter("memory", "ge", "16")))
    told = {"title": "调查", "questions": ["供给如何？"], "suppliers": ["GY-0001", "GY-third", "GY-fourth"]}
    it = services.open_survey(demand, **told, by=town.aygul, at=NOON)  # type: ignore[arg-type]
    assert browser(town.nurlan).get(f"/supplier/surveys/{it.number}/").status_code == 404
    assert browser(town.ma).get(f"/buyer/surveys/{it.number}/").status_code == 404
    assert browser(town.batu).get(f"/buyer/surveys/{it.number}/").status_code == 200
    assert browser(town.batu).post(f"/buyer/surveys/{it.number}/do/", {"verb": "extend"}).status_code == 403
    assert browser(town.wu).post(f"/supplier/surveys/{it.number}/", {"answer-0": "充足"}).status_code == 403
