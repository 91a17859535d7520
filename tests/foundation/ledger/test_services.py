"""Recording: one statement in the act's own transaction, the public part told apart from the private, and no way back."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from sunlit.foundation.accounts.actors import CLOCK, NOBODY
from sunlit.foundation.ledger import queries, sentences, services
from sunlit.foundation.ledger.models import Checkpoint, Entry, Leaf
from sunlit.foundation.ledger.services import Deed
from tests.foundation.ledger.conftest import ALICE, AT, BOB, act, seal

pytestmark = pytest.mark.django_db


def test_the_public_body_tells_who_did_what_when_and_only_a_digest_of_the_rest() -> None:
    entry = act(7, total=Decimal("4999.00"), phone="13812345678")
    digest = sha256(
        bytes(entry.salt)
        + b'{"actor":"\xe7\x8e\x8b\xe7\x88\xb1\xe4\xb8\xbd","by_user":1,"number":"2026-0007","phone":"13812345678","total":"4999.00"}'
    )
    assert entry.body == (
        '{"act":"order.place","at":"2026-03-02T01:37:00.000000Z","by":{"kind":"buyer","organisation":"B-0001"},'
        f'"facts":"sha256:{digest.hexdigest()}","region":"620900/620902","subject":"order/2026-0007","v":1}}'
    )
    assert entry.body == json.dumps(json.loads(entry.body), sort_keys=True, separators=(",", ":"))
    assert entry.leaf_hash == sha256(b"\x00" + entry.body.encode()).digest()


def test_what_is_returned_is_what_is_stored() -> None:
    entry = act(7, total=Decimal("4999.00"), lines=[{"n": 2, "gift": False, "note": None}])
    stored = Entry.objects.get(pk=entry.pk)
    for name in ("xid", "at", "act", "subject", "region", "organisation", "kind", "person", "facts", "body"):
        assert getattr(entry, name) == getattr(stored, name), name
    assert (entry.salt, entry.leaf_hash) == (bytes(stored.salt), bytes(stored.leaf_hash))
    assert stored.person == ALICE.user_id


def test_same_acts_have_different_leaves() -> None:
    assert act(7).leaf_hash != act(7).leaf_hash


def test_one_statement_an_act_and_one_for_many() -> None:
    with CaptureQueriesContext(connection) as seen, transaction.atomic():
        services.record(act="order.place", subject="order/1", by=ALICE, at=AT, facts={})
    assert len([query for query in seen if "INSERT" in query["sql"]]) == 1
    with CaptureQueriesContext(connection) as seen, transaction.atomic():
        entries = services.record_many([Deed("order.lapse", f"order/{n}", CLOCK, AT, {"n": n}) for n in range(50)])
    assert len([query for query in seen if "INSERT" in query["sql"]]) == 1
    assert [entry.facts["n"] for entry in entries] == list(range(50))
    assert [entry.pk for entry in entries] == sorted(entry.pk for entry in entries)
    assert services.record_many([]) == []


def test_an_act_that_is_taken_back_leaves_no_entry() -> None:
    with pytest.raises(IntegrityError):
        _act_that_fails()
    assert Entry.objects.count() == 0


@transaction.atomic
def _act_that_fails() -> None:
    Leaf.objects.create(index=0, entry=act(7), leaf_hash=None)


@pytest.mark.parametrize("facts", [{"price": 1.5}, {"lines": [{"price": 0.1}]}, {"thing": object()}])
def test_what_has_no_one_spelling_is_no_fact(facts: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="facts hold text, whole numbers"):
        act(7, **facts)
    assert Entry.objects.count() == 0


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="without a zone"):
        services.record(act="order.place", subject="order/1", by=ALICE, at=AT.replace(tzinfo=None), facts={})


def test_the_clock_and_the_public_act_without_a_person() -> None:
    clock, public = services.record_many([Deed("order.lapse", "order/1", CLOCK, AT), Deed("question.ask", "question/1", NOBODY, AT)])
    assert (clock.organisation, clock.person, clock.facts) == ("clock", None, {})
    assert (public.organisation, public.person) == ("public", None)


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_leaf", "ledger_checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}, ledger_leaf"])
def test_nothing_recorded_is_changed_or_removed(home, table: str, statement: str) -> None:
    act(7)
    seal()
    column = {"ledger_entry": "act", "ledger_leaf": "leaf_hash", "ledger_checkpoint": "note"}[table]
    with connection.cursor() as cursor:  # the tests' own database lets tables be emptied; here it must not
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_never_emptied")
    with pytest.raises(IntegrityError, match=r"on ledger_\w+ is refused: what the ledger holds is never changed"), transaction.atomic():
        connection.cursor().execute(statement.format(table, column))
    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic():
        connection.cursor().execute("SET LOCAL session_replication_role = replica; " + statement.format(table, column))
    assert (Entry.objects.count(), Leaf.objects.count(), Checkpoint.objects.count()) == (1, 1, 1)


def test_history_is_told_in_words(home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sentences._templates, "order.place", PLACED)
    monkeypatch.setitem(sentences._templates, "order.confirm", CONFIRMED)
    act(7, total=Decimal("4999.00"))
    act(8)
    act(7, "confirm", BOB)
    with translation.override("en"):
        told = [entry.sentence for entry in queries.history_of("order/2026-0007")]
    assert told == ["王爱丽 placed order 2026-0007 for 4999.00", "李博 confirmed order 2026-0007"]
    assert [entry.act for entry in queries.history_of("order/2026-0007", limit=1)] == ["order.confirm"]
    last = queries.history_of("order/2026-0007")[-1]
    assert [entry.act for entry in queries.history_of("order/2026-0007", before=last.pk)] == ["order.place"]


PLACED = gettext_lazy("{actor} placed order {number} for {total}")
CONFIRMED = gettext_lazy("{actor} confirmed order {number}")


def test_an_act_without_template_or_facts_still_has_a_sentence() -> None:
    sentences.say("test.miss", "{actor} did {nothing} to {number}")
    entry = services.record(act="test.miss", subject="thing/9", by=CLOCK, at=AT, facts={})
    with translation.override("en"):
        assert entry.sentence == "The platform clock did — to 9"
        assert services.record(act="test.none", subject="thing/9", by=NOBODY, at=AT, facts={}).sentence == "The public: test.none, 9"
    with translation.override("zh-hans"):
        assert entry.sentence == "平台时钟 did — to 9"


def test_a_verb_has_one_sentence() -> None:
    sentences.say("test.once", "one")
    sentences.say("test.once", "one")
    with pytest.raises(AssertionError, match=r"the act test\.once is told twice"):
        sentences.say("test.once", "another")


def test_the_feed_is_gap_free_and_in_sealed_order(home) -> None:
    assert queries.feed(-1, 10) == []
    first, second = act(1), act(2, total=Decimal("9.90"))
    assert queries.feed(-1, 10) == []
    assert seal() == 2
    third = act(3)
    assert seal() == 1
    acts = queries.feed(-1, 10)
    assert [(one.index, one.entry_id) for one in acts] == [(0, first.pk), (1, second.pk), (2, third.pk)]
    assert acts[1].facts == {"actor": "王爱丽", "by_user": 1, "number": "2026-0002", "total": "9.90"}
    assert (acts[1].act, acts[1].subject, acts[1].organisation, acts[1].region) == (
        "order.place",
        "order/2026-0002",
        "B-0001",
        "620900/620902",
    )
    assert acts[1].at == AT + timedelta(minutes=2)
    assert [one.index for one in queries.feed(0, 1)] == [1]
    assert queries.size() == 3


def test_an_act_is_found_by_its_number_and_by_its_place(home) -> None:
    entry = act(1)
    assert queries.get(entry.pk).index is None
    seal()
    assert queries.get(entry.pk).index == 0
    assert queries.at_index(0) == entry
    with pytest.raises(Entry.DoesNotExist):
        queries.get(entry.pk + 1)
