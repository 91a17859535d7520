"""Drafts of answers: kept for the own organisation alone, refused too late or from a second window, no bid ever, gone once handed in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sunlit.domain.market import services as market
from sunlit.domain.market.models import DraftPaper, EntryDraft, Framework, Quote
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.rules import opportunities as rules
from sunlit.domain.market.services import calloffs
from sunlit.domain.market.services import drafts as services
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.market import frames
from tests.domain.market.test_calloffs import THEN, agreed, by_turns, called
from tests.domain.market.test_quotations_at_once import at_once
from tests.quoting import UNTIL, Fair, open_fair
from tests.town import NOON

TOLD = {"price_1": "4321.00", "brand_1": "天山", "note": ""}
HOUR = timedelta(hours=1)


@pytest.fixture
def fair(tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fair]:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with open_fair(tmp_path) as fair:
        yield fair


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return list(refused.value.codes)


def test_a_draft_is_kept_continued_and_shown_with_its_deadline_to_the_own_organisation_alone(fair: Fair) -> None:
    it = fair.published()
    acts = Entry.objects.count()
    services.save_draft("quotation", it.number, TOLD, by=fair.town.chen, at=NOON)
    draft = workbench.draft("quotation", it.number, seen_by=fair.town.chen)
    assert draft is not None
    assert draft.told == {"price_1": "4321.00", "brand_1": "天山"}
    services.save_draft("quotation", it.number, {"price_1": "4300.00"}, seen=1, by=fair.town.chen, at=NOON + HOUR)
    [begun] = workbench.drafts(seen_by=fair.town.chen, at=NOON)
    assert (begun.draft.version, begun.purchase.number if begun.purchase else "", begun.purchase.until if begun.purchase else None) == (
        2, it.number, UNTIL,
    )  # fmt: skip
    assert workbench.drafts(seen_by=fair.town.nurlan, at=NOON) == []
    for other in (fair.town.nurlan, fair.town.zhou, fair.town.surina):
        assert workbench.draft("quotation", it.number, seen_by=other) is None
    assert Entry.objects.count() == acts, "a draft is no act"
    assert not services.discard_draft("quotation", it.number, by=fair.town.nurlan), "another's draft stays"
    assert services.discard_draft("quotation", it.number, by=fair.town.chen)
    assert workbench.drafts(seen_by=fair.town.chen, at=NOON) == []


def test_what_a_draft_says_cannot_be_read_in_the_database_nor_moved_to_another(fair: Fair) -> None:
    it = fair.published()
    draft = services.save_draft("quotation", it.number, TOLD, by=fair.town.chen, at=NOON)
    kept = bytes(EntryDraft.objects.get(pk=draft.pk).content)
    assert b"4321" not in kept
    assert len(kept) == 12 + 1024 + 16, "its length tells nothing about what it says"
    EntryDraft.objects.filter(pk=draft.pk).update(supplier_id=fair.town.corner.pk)
    moved = workbench.draft("quotation", it.number, seen_by=fair.town.nurlan)
    assert moved is not None
    assert moved.told == {}


def test_a_draft_is_refused_too_late_uninvited_from_a_second_window_and_too_long(fair: Fair) -> None:
    it = fair.published()
    with pytest.raises(Refused) as refused:
        services.save_draft("quotation", it.number, TOLD, by=fair.town.chen, at=UNTIL)
    assert codes(refused) == ["OPP-010"]
    services.save_draft("quotation", it.number, TOLD, by=fair.town.chen, at=NOON)
    for seen in (0, 2):
        with pytest.raises(Refused) as refused:
            services.save_draft("quotation", it.number, {"price_1": "1.00"}, seen=seen, by=fair.town.chen, at=NOON)
        assert codes(refused) == ["OPP-011"]
    with pytest.raises(Refused) as refused:
        services.save_draft("quotation", it.number, {"note": "长" * 20_001}, seen=1, by=fair.town.chen, at=NOON)
    assert codes(refused) == ["OPP-012"]
    with pytest.raises(Refused) as refused:
        services.save_draft("quotation", it.number, TOLD, by=fair.town.wu, at=NOON)
    assert codes(refused) == ["LIF-002"], "the catalogue clerk does not bid"
    draft = workbench.draft("quotation", it.number, seen_by=fair.town.chen)
    assert draft is not None
    assert draft.told["price_1"] == "4321.00"
    Supplier.objects.filter(organisation_id=fair.song.party).update(state="left", left_at=NOON)
    with pytest.raises(Refused) as refused:
        services.save_draft("quotation", it.number, TOLD, by=fair.song, at=NOON)
    assert codes(refused) == ["QUO-012"]


def test_a_draft_is_no_quote_at_the_opening_and_is_destroyed_after_it(fair: Fair) -> None:
    it = fair.published()
    services.save_draft("quotation", it.number, {"price_1": "1.00"}, by=fair.town.chen, at=NOON)
    assert services.sweep_drafts() == 0
    fair.clock(UNTIL + timedelta(minutes=5))
    assert not Quote.objects.filter(quotation=it).exists()
    it.refresh_from_db()
    assert it.state == "failed"
    [begun] = workbench.drafts(seen_by=fair.town.chen, at=UNTIL + HOUR)
    assert begun.purchase is None
    assert services.sweep_drafts() == 1
    assert not EntryDraft.objects.exists()


def test_what_is_handed_in_leaves_no_draft_and_a_refused_attempt_keeps_it(fair: Fair) -> None:
    it = fair.published()
    services.save_draft("quotation", it.number, TOLD, by=fair.town.chen, at=NOON)
    with pytest.raises(Refused):
        market.hand_in_quote(it, {"price_1": "nothing"}, by=fair.town.chen, at=NOON)
    assert EntryDraft.objects.count() == 1
    fair.quote(it, fair.town.chen, "4321.00")
    assert not EntryDraft.objects.exists()


def test_each_package_of_a_solicitation_has_its_own_draft(fair: Fair) -> None:
    it = frames.opened_for_responses(fair.town, packages=[frames.PACKAGE, {**frames.PACKAGE, "grade": "80克"}])
    for part in (1, 2):
        services.save_draft("framework", it.number, {"quoted": f"{part}00.00"}, part=part, by=fair.town.chen, at=NOON)
    frames.respond(it, fair.town.chen)
    [left] = workbench.drafts(seen_by=fair.town.chen, at=NOON)
    assert left.draft.part == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_windows_at_once_one_is_told(tmp_path: Path, transactional_db: None) -> None:
    with open_fair(tmp_path) as fair:
        it = fair.published()
        answers = at_once(
            *(lambda price=price: services.save_draft("quotation", it.number, {"price_1": price}, by=fair.song, at=NOON) for price in "12")
        )
        assert sorted(type(one).__name__ for one in answers) == ["EntryDraft", "list"]
        assert EntryDraft.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_files_at_once_no_more_are_kept_than_may_be(tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For two purchases: neither waits for the other's draft. Each saves only once the other looked for its own."""
    monkeypatch.setattr(rules, "PAPERS_MOST", 1)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with open_fair(tmp_path) as fair:
        purchases = [frames.opened_for_responses(fair.town) for _ in range(2)]
        gate, keep = threading.Barrier(2), services._keep_paper

        def meet(it: EntryDraft, field: str, paper: Any) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(1)  # both are here at once, unless one keeps the other out
            keep(it, field, paper)
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(1)  # and neither is done before the other has counted

        monkeypatch.setattr(services, "_keep_paper", meet)
        answers = at_once(
            *(
                lambda it=it: services.save_draft(
                    "framework", it.number, {}, papers={"proof": upload()}, part=1, by=fair.town.chen, at=NOON
                )
                for it in purchases
            )
        )
        assert sorted(type(one).__name__ for one in answers) == ["EntryDraft", "list"]
        assert [one for one in answers if isinstance(one, list)] == [["OPP-013"]]
        assert DraftPaper.objects.count() == 1


def test_a_bid_under_an_agreement_is_begun_by_its_parties_alone_and_gone_once_handed_in(fair: Fair) -> None:
    house = agreed(fair.town)
    it, one = called(house, "bidding"), house.people[0]
    draft = services.save_draft("calloff", it.number, {"price": "118.37"}, by=one, at=THEN)
    assert b"118.37" not in bytes(EntryDraft.objects.get(pk=draft.pk).content)
    [begun] = workbench.drafts(seen_by=one, at=THEN)
    assert (begun.purchase.until if begun.purchase else None) == it.answer_until
    with pytest.raises(Refused) as refused:
        services.save_draft("calloff", it.number, {"price": "1.00"}, by=fair.town.chen, at=THEN)
    assert codes(refused) == ["OPP-010"], "to others the purchase is not there"
    calloffs.suspend_calloff(it, reason="接到投诉，核查采购需求", by=fair.town.surina, at=THEN)
    assert services.sweep_drafts() == 0, "it may go on"
    with pytest.raises(Refused) as refused:
        services.save_draft("calloff", it.number, {"price": "1.00"}, seen=1, by=one, at=THEN)
    assert codes(refused) == ["OPP-010"]
    calloffs.resume_calloff(it, by=fair.town.surina, at=THEN + HOUR)
    with pytest.raises(Refused):
        calloffs.bid(it, price="999.00", by=one, at=THEN + HOUR)
    assert EntryDraft.objects.count() == 1
    calloffs.bid(it, price="118.37", by=one, at=THEN + HOUR)
    assert not EntryDraft.objects.exists()


def test_a_turn_is_taken_or_passed_on_and_not_begun(fair: Fair) -> None:
    house = by_turns(fair.town)
    it = called(house, "rotation")
    assert it.entry is not None
    asked = next(one for one in house.people if one.party == it.entry.supplier_id)
    with pytest.raises(Refused) as refused:
        services.save_draft("calloff", it.number, {"price": "1.00"}, by=asked, at=THEN)
    assert codes(refused) == ["OPP-010"]


def test_the_draft_of_a_bid_ends_with_the_bidding_and_counts_for_nothing(fair: Fair) -> None:
    house = agreed(fair.town)
    it = called(house, "bidding")
    services.save_draft("calloff", it.number, {"price": "1.00"}, by=house.people[0], at=THEN)
    assert it.answer_until is not None
    calloffs.settle_due(it.answer_until)
    it.refresh_from_db()
    assert it.state == "failed"
    assert services.sweep_drafts() == 1


# Files


def upload(name: str = "授权书.pdf", data: bytes = b"%PDF-1.7\n%%EOF") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def kept(it: Framework, by: Actor) -> workbench.Paper | None:
    return workbench.paper("framework", it.number, "proof", 1, seen_by=by)


def test_a_file_is_sealed_with_its_draft_replaced_and_opened_by_the_own_organisation_alone(fair: Fair) -> None:
    it, chen = frames.opened_for_responses(fair.town), fair.town.chen
    services.save_draft("framework", it.number, {"name": "复印纸"}, papers={"proof": upload()}, part=1, by=chen, at=NOON)
    row = DraftPaper.objects.get()
    assert (b"PDF" in bytes(row.content), "授权".encode() in bytes(row.name), File.objects.count()) == (False, False, 0)
    services.save_draft("framework", it.number, {"name": "复印纸70克"}, part=1, seen=1, by=chen, at=NOON)
    draft = workbench.draft("framework", it.number, 1, seen_by=chen)
    assert draft is not None
    assert (draft.told, draft.papers) == ({"name": "复印纸70克"}, {"proof": "授权书.pdf"}), "saved without a file it keeps the one before"
    other = upload("另一份.pdf", b"%PDF-1.7\n1\n%%EOF")
    services.save_draft("framework", it.number, {}, papers={"proof": other}, part=1, seen=2, by=chen, at=NOON)
    assert kept(it, chen) == workbench.Paper("另一份.pdf", b"%PDF-1.7\n1\n%%EOF")
    assert [kept(it, by) for by in (fair.town.nurlan, fair.town.zhou, fair.town.surina)] == [None] * 3
    EntryDraft.objects.update(supplier_id=fair.town.corner.pk)
    assert kept(it, fair.town.nurlan) is None, "sealed for its own draft it opens in no other"


def test_a_file_that_cannot_be_handed_in_is_refused_at_its_field_and_nothing_is_kept(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    it, chen = frames.opened_for_responses(fair.town), fair.town.chen
    for wrong, code in ((upload(data=b"MZ\x90"), "FIL-003"), (upload(data=b""), "FIL-001")):
        with pytest.raises(Refused) as refused:
            services.save_draft("framework", it.number, {"name": "复印纸"}, papers={"proof": wrong}, part=1, by=chen, at=NOON)
        assert [(one.code, one.on) for one in refused.value.problems] == [(code, "proof")]
    assert (EntryDraft.objects.count(), DraftPaper.objects.count()) == (0, 0)
    monkeypatch.setattr(rules, "PAPERS_MOST", 1)
    second = frames.opened_for_responses(fair.town)
    services.save_draft("framework", it.number, {}, papers={"proof": upload()}, part=1, by=chen, at=NOON)
    services.save_draft("framework", it.number, {}, papers={"proof": upload("b.pdf")}, part=1, seen=1, by=chen, at=NOON)
    with pytest.raises(Refused) as refused:
        services.save_draft("framework", second.number, {}, papers={"proof": upload()}, part=1, by=chen, at=NOON)
    assert [(one.code, one.on) for one in refused.value.problems] == [("OPP-013", "proof")]
    services.save_draft("framework", second.number, {}, papers={"proof": upload()}, part=1, by=fair.town.nurlan, at=NOON)


def test_files_go_with_their_draft(fair: Fair) -> None:
    it, chen = frames.opened_for_responses(fair.town), fair.town.chen
    services.save_draft("framework", it.number, {}, papers={"proof": upload()}, part=1, by=chen, at=NOON)
    assert services.discard_draft("framework", it.number, part=1, by=chen)
    assert not DraftPaper.objects.exists()
    services.save_draft("framework", it.number, {}, papers={"proof": upload()}, part=1, by=chen, at=NOON)
    handed_in = services.paper_handed_in("framework", it.number, "proof", part=1, by=chen, at=NOON)
    assert handed_in is not None
    assert (handed_in.name, handed_in.owner_id, handed_in.public) == ("授权书.pdf", chen.party, False)
    frames.respond(it, chen)
    assert not DraftPaper.objects.exists()
    services.save_draft("framework", it.number, {}, papers={"proof": upload()}, part=1, by=fair.town.nurlan, at=NOON)
    Framework.objects.update(state="cancelled")
    assert services.sweep_drafts() == 1
    assert not DraftPaper.objects.exists()
