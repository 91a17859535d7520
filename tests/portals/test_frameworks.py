"""The first stage of a framework agreement on the pages of everybody: planned, reviewed, solicited, answered, judged, signed, public."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.market import reactions
from sunlit.domain.market.events import FrameworkMoved
from sunlit.domain.market.models import Framework, FrameworkEntry
from sunlit.domain.market.services import frameworks as services
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.models import Message
from tests.domain.market import frames
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town, build


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return build()


def a_paper() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return SimpleUploadedFile("授权书.png", buffer.getvalue())


def plan(**more: str) -> dict[str, Any]:
    told = frames.told()
    [package] = told.pop("packages")
    return {**told, **{f"{name}_1": value for name, value in package.items()}, **more}


def test_the_whole_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A05040101")
    lead, regulator = browser(town.zhou), browser(town.surina)
    # The plan
    assert "/buyer/frameworks/new/" in lead.get("/buyer/frameworks/").content.decode()
    assert "/buyer/frameworks/new/" not in browser(town.ma).get("/buyer/frameworks/").content.decode()
    answer = lead.post("/buyer/frameworks/new/", once("a", **plan(ceiling_1="x")))
    assert (answer.status_code, at_field(answer, "ceiling_1")) == (422, ["FWK-003"])
    assert lead.post("/buyer/frameworks/new/", once("b", **plan())).status_code == 303
    it = Framework.objects.get()
    own = f"/buyer/frameworks/{it.number}/"
    assert "A4复印纸" in lead.get(f"{own}edit/").content.decode()
    assert browser(town.ma).get(own).status_code == 404
    assert regulator.get(f"/regulator/frameworks/{it.number}/").status_code == 404  # a draft is the solicitor's own affair
    assert lead.post(own, {"verb": "ask_review", "expected": it.version}).status_code == 303
    page = regulator.get(f"/regulator/frameworks/{it.number}/").content.decode()
    assert 'value="approve"' in page
    assert it.number in regulator.get("/regulator/frameworks/?state=in_review").content.decode()
    regulator.post(f"/regulator/frameworks/{it.number}/", {"verb": "approve"})
    answer = lead.post(own, {"verb": "publish", "until": "2026-03-05T10:00"})
    assert (answer.status_code, at_field(answer, "until")) == (422, ["FWK-031"])
    assert lead.post(own, {"verb": "publish", "until": "2026-03-24T10:00"}).status_code == 303
    # The responses
    seller, rival = browser(town.chen), browser(town.nurlan)
    theirs = f"/supplier/frameworks/{it.number}/"
    assert it.title in seller.get("/supplier/frameworks/").content.decode()
    assert f"{theirs}packages/1/" in seller.get(theirs).content.decode()
    answer = seller.post(f"{theirs}packages/1/", once("c", **frames.offer("151.00"), proof=a_paper()))
    assert (answer.status_code, at_field(answer, "quoted")) == (422, ["FWK-041"])
    assert seller.post(f"{theirs}packages/1/", once("d", **frames.offer("131.70"), proof=a_paper())).status_code == 303
    assert rival.post(f"{theirs}packages/1/", once("e", **frames.offer("129.30"), proof=a_paper())).status_code == 303
    mine = FrameworkEntry.objects.get(supplier=town.shop)
    assert "131.70" in seller.get(theirs).content.decode()
    for other in (lead.get(own), rival.get(theirs), regulator.get(f"/regulator/frameworks/{it.number}/")):
        assert "131.70" not in other.content.decode()
    assert rival.get(f"{theirs}responses/{mine.number}/").status_code == 404
    assert lead.get(f"/files/{mine.proof_id}/").status_code == 404
    # The review
    monkeypatch.setattr(clock, "now", lambda: frames.AFTER)
    assert lead.post(own, {"verb": "open"}).status_code == 303
    paper = lead.get(f"/files/{mine.proof_id}/")
    assert (paper.status_code, paper.getvalue()[:4]) == (200, b"\x89PNG")
    assert codes(lead.post(own, {"verb": "shortlist", "panel": "\n".join(frames.PANEL)}))[0] == "FWK-025"
    for entry in FrameworkEntry.objects.all():
        assert codes(lead.post(f"{own}responses/{entry.number}/", {"verb": "exclude", "note": ""})) == ["FWK-047", "FWK-020"]
        assert lead.post(f"{own}responses/{entry.number}/", {"verb": "accept"}).status_code == 303
    assert lead.post(own, {"verb": "shortlist", "panel": "\n".join(frames.PANEL)}).status_code == 303
    # The result is public, who won signs, and the rest is told
    it.refresh_from_db()
    disclosure.tell_framework(it, at=frames.AFTER)
    disclosure.tell_shortlist(it, at=frames.AFTER)
    page = browser().get(f"/frameworks/{it.number}/").content.decode()
    assert all(text in page for text in ("129.30", town.corner.name_zh, *frames.PANEL))
    assert "131.70" not in page
    assert it.number in browser().get("/frameworks/?q=复印纸").content.decode()
    won = FrameworkEntry.objects.get(supplier=town.corner)
    assert codes(rival.post(f"{theirs}responses/{won.number}/", {"verb": "decline", "reason": "不"})) == ["FWK-020"]
    assert rival.post(f"{theirs}responses/{won.number}/", {"verb": "sign"}).status_code == 303
    assert lead.post(own, {"verb": "conclude"}).status_code == 303
    assert codes(rival.post(f"{theirs}responses/{won.number}/", {"verb": "reduce", "price": "130"})) == ["FWK-051"]
    # Buyers of the region and below it see the parties, and nobody else
    assert browser(town.ma).get(own).status_code == 404  # the hospital lies in another county
    assert browser(town.aygul).get(own).status_code == 200
    regulator.post(f"/regulator/frameworks/{it.number}/", {"verb": "warn", "reason": "请按期备案"})
    it.refresh_from_db()
    services.file_framework(it, by=town.zhou, at=frames.AFTER + timedelta(hours=1))
    assert regulator.get("/regulator/frameworks/").status_code == 200


def test_a_notice_of_what_was_voided_says_so(town: Town) -> None:
    it = frames.opened_for_responses(town)
    disclosure.tell_framework(it, at=NOON)
    it = services.void_framework(it, reason="征集方案违法", by=town.surina, at=NOON)
    disclosure.tell_framework(it, at=NOON)
    notice = disclosure.tell_framework(it, at=NOON + timedelta(days=1))
    assert (notice.reason, notice.withdrawn_at) == ("征集方案违法", NOON)
    assert "征集方案违法" in browser().get(f"/frameworks/{it.number}/").content.decode()


def test_those_concerned_are_told_once(town: Town) -> None:
    people = frames.sellers(3)
    it, _parties = frames.in_force(town, "120.00", "121.00", "122.00", by=people)
    event = FrameworkMoved(
        number=it.number, verb="conclude", state=it.state, solicitor_id=it.solicitor_id, region_path=it.region_path, reason="", version=9
    )
    for _twice in range(2):
        reactions.tell_who_is_concerned(event)
    told = Message.objects.filter(kind__startswith="framework.conclude")
    assert set(told.values_list("organisation_id", flat=True)) == {people[0].party, people[1].party, town.school.pk}
    assert told.filter(user_id=town.aygul.person).count() == 1
