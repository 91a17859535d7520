"""The pages of intention notices, from the draft to the public."""

from __future__ import annotations

from typing import Any

from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.planning.models import Intention
from tests.portals.clients import at_field, browser, codes, once
from tests.town import Town

ROW = {"name_1": "复印纸", "outline_1": "2000箱，分四次送达", "budget_1": "256000", "month_1": "2026-04", "note_1": ""}


def drafted(town: Town, **more: Any) -> Intention:
    browser(town.aygul).post("/buyer/intentions/new/", once("new", **ROW, **more))
    return Intention.objects.latest("pk")


def test_draft_edit_publish_and_read_in_public(town: Town) -> None:
    client, lead = browser(town.aygul), browser(town.zhou)
    it = drafted(town)
    assert "256000.00" in client.get(f"/buyer/intentions/{it.number}/edit/").content.decode()
    client.post(f"/buyer/intentions/{it.number}/edit/", once("edit", **{**ROW, "budget_1": "260000"}, expected="1"))
    assert "¥260,000.00" in client.get("/buyer/intentions/").content.decode()
    assert codes(client.post(f"/buyer/intentions/{it.number}/", once("p", verb="publish", expected="2"))) == ["LIF-002"]
    lead.post(f"/buyer/intentions/{it.number}/", once("p", verb="publish", expected="2"))
    it.refresh_from_db()
    assert it.state == "published"
    disclosure.tell_intention(it, at=it.published_at or it.created_at)
    page = browser(None).get(f"/intentions/{it.number}/").content.decode()
    assert "梨城实验中学2026年4月政府采购意向" in page
    assert '<span class="figures">26</span>' in page  # ten thousand yuan
    assert "阿依古丽" not in page  # no person
    assert it.number in browser(None).get("/intentions/?q=复印纸").content.decode()


def test_what_is_wrong_stands_at_its_row_and_nothing_is_lost(town: Town) -> None:
    answer = browser(town.aygul).post("/buyer/intentions/new/", once("n", **{**ROW, "budget_1": "-3", "month_1": "April"}))
    assert (answer.status_code, codes(answer), at_field(answer, "budget_1")) == (422, ["INT-003", "INT-004"], ["INT-003"])
    assert "2000箱，分四次送达" in answer.content.decode()
    assert Intention.objects.count() == 0


def test_a_correction_starts_from_what_was_told(town: Town) -> None:
    it = drafted(town)
    browser(town.zhou).post(f"/buyer/intentions/{it.number}/", once("p", verb="publish"))
    client = browser(town.aygul)
    assert "2000箱，分四次送达" in client.get(f"/buyer/intentions/{it.number}/correct/").content.decode()
    client.post(f"/buyer/intentions/{it.number}/correct/", once("c", **{**ROW, "budget_1": "1000"}))
    correction = Intention.objects.latest("pk")
    assert correction.corrects == it
    page = client.get(f"/buyer/intentions/{it.number}/").content.decode()
    assert correction.number in page
    assert f'href="/buyer/intentions/{it.number}/correct/"' not in page


def test_the_notice_of_another_buyer_does_not_exist(town: Town) -> None:
    it = drafted(town)
    client = browser(town.ma)
    for path in ("", "edit/", "correct/"):
        assert client.get(f"/buyer/intentions/{it.number}/{path}").status_code == 404
    assert client.post(f"/buyer/intentions/{it.number}/", once("d", verb="discard")).status_code == 404
    assert browser(town.batu).get("/buyer/intentions/new/").status_code == 403
    assert browser(None).get(f"/intentions/{it.number}/").status_code == 404  # a draft is not public
