"""A supplier's program reads what it may answer: one list for all modes, one of them, and what stands against it."""

from __future__ import annotations

from sunlit.domain.market import services
from sunlit.domain.registry.models import Supplier
from tests.domain.market import auctioning
from tests.portals.api.conftest import Program, key_of
from tests.town import NOON, Town


def test_a_program_lists_what_fits_and_reads_one(town: Town, chen: Program, nurlan: Program) -> None:
    it = auctioning.announced(town, lots=(auctioning.PAPER,))
    [told] = chen.get("opportunities")["opportunities"]
    assert told == {
        "mode": "auction",
        "number": it.number,
        "title": it.title,
        "buyer": {"number": "CG-0001", "name_zh": "梨城实验中学", "name_en": "Licheng Experimental Middle School"},
        "region": "652801",
        "categories": [{"code": "A05040101", "name_zh": "复印纸", "name_en": "Copy paper"}],
        "most": "13000.00",
        "until": "2026-03-05T01:50:00.000Z",
        "fits": ["sells", "near"],
        "bars": [],
        "own": "",
    }
    assert chen.get(f"opportunities/auction/{it.number}") == told
    assert nurlan.get("opportunities")["opportunities"] == []
    assert [one["number"] for one in nurlan.get("opportunities?everything=true")["opportunities"]] == [it.number]
    assert chen.get("opportunities?mode=quotation")["opportunities"] == []
    assert chen.get("opportunities?region=652823")["opportunities"] == []
    other = auctioning.announced(town, title="第二场", lots=(auctioning.PAPER,), minutes="31")
    page = chen.get("opportunities?limit=1")
    rest = chen.get(f"opportunities?limit=1&after={page['next']}")
    assert {page["opportunities"][0]["number"], rest["opportunities"][0]["number"]} == {it.number, other.number}
    assert rest["next"] == ""


def test_what_stands_against_it_is_told_as_the_refusal(town: Town, chen: Program) -> None:
    it = auctioning.announced(town)
    Supplier.objects.filter(organisation=town.shop).update(state="left")
    [told] = chen.get("opportunities")["opportunities"]
    assert [bar["code"] for bar in told["bars"]] == ["AUC-012"]
    assert chen.call("GET", "opportunities/auction/JJ-NONE").status_code == 404
    assert chen.call("GET", f"opportunities/surprise/{it.number}").status_code == 404
    assert chen.call("GET", "opportunities?region=999999").status_code == 404


def test_only_suppliers_with_the_scope_read_them(town: Town, aygul: Program) -> None:
    refused = aygul.call("GET", "opportunities")
    assert (refused.status_code, refused.json()["code"]) == (403, "ACC-021")
    narrow = Program(key_of(town.chen, "catalog:write"))
    assert narrow.call("GET", "opportunities").status_code == 403


def test_a_program_reads_what_was_handed_in_and_what_came_of_it(town: Town, chen: Program, nurlan: Program) -> None:
    it = auctioning.announced(town)
    auctioning.enter(it, town.chen)
    [told] = chen.get("entries")["entries"]
    assert (told["mode"], told["number"], told["over"], told["order"], told["share"]) == ("auction", it.number, False, "", "")
    assert told["buyer"]["number"] == "CG-0001"
    assert told["until"] is not None
    assert chen.get("entries?over=true")["entries"] == []
    assert chen.get("entries?mode=quotation")["entries"] == []
    assert nurlan.get("entries")["entries"] == []
    services.void_auction(it, reason="公告内容有误，需要更正", by=town.surina, at=NOON)
    [over] = chen.get("entries?over=true")["entries"]
    assert (over["state"], over["reason"]) == ("voided", "公告内容有误，需要更正")


def test_entries_are_for_suppliers(aygul: Program) -> None:
    assert aygul.call("GET", "entries").status_code == 403
