"""The workbench on its pages: the list that says why, the entries, and subscriptions made and stopped with every refusal at its field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sunlit.domain.market.models import Auction, Framework, FrameworkEntry, OpportunitySubscription, Quotation
from sunlit.domain.market.services import drafts
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.limits import PAGE_ROWS
from tests.domain.market import auctioning, frames
from tests.domain.market.crowds import copies
from tests.domain.market.test_calloffs import THEN, agreed, called
from tests.portals.clients import at_field, browser, codes
from tests.quoting import LAPTOP, Fair, open_fair
from tests.town import NOON

HERE = "/supplier/opportunities/"


@pytest.fixture
def fair(tmp_path: Path, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fair]:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with open_fair(tmp_path) as fair:
        yield fair


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_says_why_it_fits_until_when_and_why_not(fair: Fair) -> None:
    quotation = fair.published()
    auction = auctioning.announced(fair.town, title="复印纸竞价", lots=(auctioning.PAPER,))
    told = page(browser(fair.town.chen), HERE)
    assert told.index(quotation.number) < told.index(auction.number), "the nearest deadline first"
    assert "贵单位在售：便携式计算机" in told
    assert "属于所在区域：库尔勒市" in told
    assert f'href="/supplier/quotations/{quotation.number}/"' in told
    assert f'href="/supplier/auctions/{auction.number}/"' in told
    assert "可以参与" in told
    assert quotation.number not in page(browser(fair.town.chen), HERE + "?mode=auction")
    assert auction.number not in page(browser(fair.town.nurlan), HERE)
    assert auction.number in page(browser(fair.town.nurlan), HERE + "?show=all")
    assert codes(browser(fair.town.wu).get(HERE)) == ["LIF-002"]
    for odd in ("?after=x", "?mode=none", "?region=999999", "?after=99999999"):
        assert browser(fair.town.chen).get(HERE + odd).status_code == 200


def test_what_was_handed_in_stands_with_its_state_and_its_result(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    told = page(browser(fair.town.nurlan), HERE + "mine/")
    assert it.number in told
    assert "4,700" not in told, "what is sealed is unreadable for its owner too"
    assert it.number not in page(browser(fair.guo), HERE + "mine/")


def test_one_subscribes_and_stops_with_every_refusal_at_its_field(fair: Fair) -> None:
    song = browser(fair.song)
    there = HERE + "subscriptions/"
    empty = song.post(there, {"verb": "subscribe", "words": " "})
    assert (empty.status_code, at_field(empty, "words")) == (422, ["OPP-001"])
    odd = song.post(there, {"verb": "subscribe", "modes": "calloff", "category_codes": "X1", "regions": "110000", "words": "长" * 41})
    assert {name: at_field(odd, name) for name in ("modes", "category_codes", "regions", "words")} == {
        "modes": ["OPP-002"],
        "category_codes": ["OPP-002"],
        "regions": ["OPP-002"],
        "words": ["OPP-004"],
    }
    made = song.post(there, {"verb": "subscribe", "category_codes": LAPTOP, "regions": "652801", "words": "电脑，笔记本", "_once": "a"})
    assert made.status_code == 303
    song.post(there, {"verb": "subscribe", "category_codes": LAPTOP, "regions": "652801", "words": "电脑，笔记本", "_once": "a"})
    it = OpportunitySubscription.objects.get()
    assert (it.categories, it.regions, it.words) == ([LAPTOP], ["652801"], ["电脑", "笔记本"])
    told = page(song, there)
    assert "电脑、笔记本" in told
    assert browser(fair.guo).post(there, {"verb": "stop", "subscription": str(it.pk)}).status_code == 404
    assert song.post(there, {"verb": "stop", "subscription": str(it.pk)}).status_code == 303
    assert not OpportunitySubscription.objects.exists()
    assert song.post(there, {"verb": "dance"}).status_code == 404


def test_a_draft_is_saved_from_the_form_continued_and_discarded(fair: Fair) -> None:
    it = fair.published()
    there, chen = f"/supplier/quotations/{it.number}/", browser(fair.town.chen)
    assert "存为草稿" in page(chen, there)
    posted = {"verb": "draft", "draft": "0", "price_1": "4321.00", "brand_1": "天山牌", "_once": "d1"}
    assert chen.post(there, posted).status_code == 303
    told = page(chen, there)
    assert 'value="4321.00"' in told
    assert "草稿（未提交）" in told
    late = chen.post(there, {**posted, "_once": "d2", "price_1": "1.00"})
    assert (late.status_code, codes(late)) == (409, ["OPP-011"])
    assert 'value="4321.00"' in page(chen, there)
    mine = page(chen, HERE + "mine/")
    assert it.title in mine
    assert "继续填写" in mine
    assert "继续填写" not in page(browser(fair.town.nurlan), HERE + "mine/")
    assert "4321.00" not in page(browser(fair.town.nurlan), there)
    assert it.title not in page(browser(fair.town.wu), HERE + "mine/"), "who does not sell does not see it"
    discard = f"{HERE}drafts/quotation/{it.number}/0/discard/"
    assert browser(fair.town.nurlan).post(discard).status_code == 404
    assert browser(fair.town.wu).post(discard).status_code == 403
    assert chen.post(discard).status_code == 303
    assert "继续填写" not in page(chen, HERE + "mine/")
    assert chen.post(f"{HERE}drafts/surprise/{it.number}/0/discard/").status_code == 404


def test_a_response_to_a_framework_is_begun_and_handed_in_later(fair: Fair) -> None:
    it = frames.opened_for_responses(fair.town)
    there, chen = f"/supplier/frameworks/{it.number}/packages/1/", browser(fair.town.chen)
    begun = {"verb": "draft", "draft": "0", "name": "孔雀复印纸", "quoted": "131.00", "_once": "f1"}
    assert chen.post(there, begun).status_code == 303
    told = page(chen, there)
    assert 'value="孔雀复印纸"' in told
    assert 'name="draft" value="1"' in told
    assert f'href="{there}"' in page(chen, HERE + "mine/")


def test_a_file_is_kept_in_the_draft_read_by_the_own_people_and_handed_in_with_it(fair: Fair) -> None:
    it = frames.opened_for_responses(fair.town)
    there, chen, nurlan = f"/supplier/frameworks/{it.number}/packages/1/", browser(fair.town.chen), browser(fair.town.nurlan)
    paper = {"proof": SimpleUploadedFile("授权书.pdf", b"%PDF-1.7\n%%EOF")}
    wrong = chen.post(there, {"verb": "draft", "draft": "0", "proof": SimpleUploadedFile("授权书.pdf", b"MZ"), "_once": "p0"})
    assert (wrong.status_code, at_field(wrong, "proof")) == (422, ["FIL-003"])
    assert chen.post(there, {**frames.offer(), **paper, "verb": "draft", "draft": "0", "_once": "p1"}).status_code == 303
    kept = f"{HERE}drafts/framework/{it.number}/1/papers/proof/"
    assert f'href="{kept}"' in page(chen, there)
    answer = chen.get(kept)
    assert (answer.status_code, b"".join(answer), answer["Cache-Control"]) == (200, b"%PDF-1.7\n%%EOF", "no-store")
    assert answer["Content-Disposition"].startswith("attachment")
    assert (nurlan.get(kept).status_code, browser(fair.town.wu).get(kept).status_code) == (404, 403)
    assert chen.get(kept.replace("proof", "other")).status_code == 404
    assert chen.post(there, {**frames.offer(), "draft": "1", "_once": "p2"}).status_code == 303
    entry = FrameworkEntry.objects.get()
    assert entry.proof is not None
    assert entry.proof.name == "授权书.pdf"
    assert chen.get(kept).status_code == 404


def test_a_crowd_of_purchases_costs_no_more_queries_than_a_few(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty more of four kinds and forty more drafts of them: the database is asked as often as for four and two."""
    house, soon = agreed(fair.town), THEN + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: THEN)
    one, asked = house.people[0], fair.published()
    auction, solicitation = auctioning.announced(fair.town, lots=(auctioning.PAPER,)), frames.opened_for_responses(fair.town)
    Quotation.objects.filter(pk=asked.pk).update(quote_until=soon)
    Auction.objects.filter(pk=auction.pk).update(enter_until=soon)
    Framework.objects.filter(pk=solicitation.pk).update(respond_until=soon)
    bidding = called(house, "bidding")

    def begin(mode: str, number: str) -> None:
        drafts.save_draft(mode, number, {"price": "1.00"}, by=one, at=THEN)

    begin("quotation", asked.number)
    begin("calloff", bidding.number)
    seller, pages = browser(one), (HERE, HERE + "?show=all", HERE + "mine/")
    few = [queries(seller, address) for address in pages]
    for it, things in ((asked, "lines"), (auction, "lots"), (solicitation, "packages"), (bidding, "")):
        it.refresh_from_db()
        for number in copies(it, things, 20):
            if it in (asked, bidding):
                begin("calloff" if it is bidding else "quotation", number)
    assert page(seller, HERE + "?show=all").count('class="under"') >= PAGE_ROWS
    many = [queries(seller, address) for address in pages]
    assert all(now <= then for now, then in zip(many, few, strict=True)), "a kind that is not on the page is not asked for its rows"


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        page(client, address)
    return len(asked)
