"""Every state and verb of an offer and an import that the tables do not name is refused, and changes nothing."""

import itertools
from typing import Any

import pytest

from sunlit.domain.catalog import services, states
from sunlit.domain.catalog.models import Import, Offer
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import Life, Living, move
from tests.domain.catalog.test_imports import a_row, handed_in, xlsx
from tests.town import NOON, Town


def impossible(life: Life) -> list[tuple[str, str]]:
    return [(state, verb) for state, verb in itertools.product(life.states, life.moves) if state not in life.moves[verb].origins]


def refused_as_not_now(it: Living, verb: str, by: Any) -> None:
    entries, version = Entry.objects.count(), it.version
    with pytest.raises(Refused) as refused:
        move(it, verb, by=by, at=NOON)
    assert refused.value.codes == ["LIF-001"]
    it.refresh_from_db()
    assert (it.version, Entry.objects.count()) == (version, entries)


@pytest.mark.parametrize(("state", "verb"), impossible(states.offer))
def test_an_offer_does_nothing_else(town: Town, state: str, verb: str) -> None:
    Offer.objects.filter(pk=town.paper.pk).update(state=state, reason="因为")
    town.paper.refresh_from_db()
    refused_as_not_now(town.paper, verb, town.wu)


@pytest.mark.parametrize(("state", "verb"), impossible(states.import_))
def test_an_import_does_nothing_else(shelf: Town, state: str, verb: str) -> None:
    it = handed_in(xlsx([a_row(1)]), shelf.wu)
    Import.objects.filter(pk=it.pk).update(state=state)
    it.refresh_from_db()
    refused_as_not_now(it, verb, CLOCK)


def test_every_verb_of_an_offer_has_a_service() -> None:
    by_hand = {
        "draft",
        "edit",
        "submit",
        "revise",
        "update",
        "approve",
        "refuse",
        "reprice",
        "restock",
        "delist",
        "freeze",
        "appeal",
        "release",
        "keep_frozen",
    }
    assert set(states.offer.moves) == by_hand | {
        "enter",
        "set_aside",
        "regroup",
    }  # the last two happen to an offer when products are merged or split
    assert {name.removesuffix("_offer") for name in services.__all__} >= by_hand
