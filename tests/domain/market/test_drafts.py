"""Drafts of answers: kept for the own organisation alone, refused too late or from a second window, no bid ever, gone once handed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sunlit.domain.market import services as market
from sunlit.domain.market.models import EntryDraft, Quote
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.services import drafts as services
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.market import frames
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
