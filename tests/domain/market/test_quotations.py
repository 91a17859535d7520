"""Online quotations from the plan to the order: the whole life, every refusal, what nobody may see, and what comes back when it comes to nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.market import queries, reactions, services
from sunlit.domain.market.models import Order, Quotation, Quote, QuoteLine
from sunlit.domain.market.modes import quotation as mode
from sunlit.domain.market.services.quotations import moved
from sunlit.domain.planning.models import Purchase
from sunlit.domain.registry.models import Supplier
from sunlit.domain.rulebook import services as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.messages.models import Message
from sunlit.foundation.seals import envelopes
from sunlit.foundation.seals import services as seals
from sunlit.foundation.seals.models import Envelope, Lock, Release
from tests.quoting import OPENS, PAPER, SECOND, UNTIL, Fair, available, held, open_fair
from tests.town import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def fair(tmp_path: Path, db: None) -> Iterator[Fair]:
    with open_fair(tmp_path) as fair:
        yield fair


def codes(act: Any, *args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value.codes


def facts_of(it: Quotation, verb: str) -> dict[str, Any]:
    entry = Entry.objects.filter(act=f"quotation.{verb}", subject=f"quotation/{it.number}").latest("id")
    facts: dict[str, Any] = entry.facts
    return facts


def suspend(number: str) -> None:
    Supplier.objects.filter(number=number).update(state="suspended", reason="调查期间", suspended_until=NOON + 90 * DAY)


def only(quotes: Any, seller: Actor) -> Quote:
    found: Quote = quotes.get(supplier_id=seller.party)
    return found


def test_from_the_draft_to_the_order(fair: Fair) -> None:
    it = fair.published()
    assert (it.state, it.ceiling, it.least, it.opens_at) == ("open", Decimal("49000.00"), 3, OPENS)
    assert held() == {f"quotation/{it.number}": Decimal("49000.00")}
    for seller, price in zip(fair.sellers, ("4800.00", "4700.00", "4650.00", "4899.99"), strict=True):
        fair.quote(it, seller, price)
    fair.clock(UNTIL)
    it.refresh_from_db()
    assert it.state == "closed"
    assert {quote.total for quote in it.quotes.all()} == {None}
    fair.clock(OPENS)
    it.refresh_from_db()
    assert (it.state, it.opened_at) == ("opened", OPENS)
    for quote in it.quotes.all():
        services.judge_quote(quote, conforms=True, by=fair.town.aygul, at=OPENS)
    it = services.award_quotation(it, by=fair.town.aygul, at=OPENS)
    order = Order.objects.get()
    assert (it.state, it.winner_id, it.award, it.order) == ("awarded", fair.song.party, Decimal("46500.00"), order)
    assert (order.state, order.mode, order.origin, order.total) == ("placed", "quotation", it.number, Decimal("46500.00"))
    [line] = order.lines.all()
    assert (line.price, line.quantity, line.snapshot["brand"], line.snapshot["model"]) == (Decimal("4650.00"), 10, "孔雀", "KQ-14")
    assert held() == {f"order/{order.number}": Decimal("46500.00")}
    assert available(fair.town.quota) == Decimal("53500.00")
    assert fair.states(it) == {"GY-0001": "lost", "GY-0002": "lost", "GY-0003": "won", "GY-0004": "lost"}
    assert [(it.method, it.amount) for it in Purchase.objects.filter(struck_at=None)] == [("quotation", Decimal("46500.00"))]
    services.confirm(order, by=fair.song, at=OPENS + SECOND)
    order.refresh_from_db()
    assert order.state == "confirmed"


def test_before_the_opening_nobody_can_read_a_quote(fair: Fair) -> None:
    """Neither the rows, nor the ledger, nor the keepers tell a price; and the count is told to nobody."""
    it = fair.quoted("4711.11", "4722.22", "4733.33")
    assert not QuoteLine.objects.exists()
    for quote in it.quotes.all():
        assert (quote.total, quote.delivery_days, quote.note, quote.content_hash) == (None, None, "", "")
    told = json.dumps([entry.facts for entry in Entry.objects.all()], ensure_ascii=False)
    sealed = b"".join(bytes(envelope.content) for envelope in Envelope.objects.all())
    for price in ("4711.11", "4722.22", "4733.33", "KQ-14"):
        assert price not in told
        assert price.encode() not in sealed
    assert queries.count_told_to(it, fair.town.aygul) is None
    assert codes(mode.open_all, it, at=UNTIL - SECOND) == ["LIF-001"]
    assert not Release.objects.exists()


def test_everybody_can_check_an_opening_again(fair: Fair) -> None:
    """From the ledger alone: the digest at the submission, the keepers' public keys and what they gave out."""
    it = fair.opened("4800.00", "4700.00", "4650.00")
    quote = only(it.quotes, fair.song)
    assert quote.envelope is not None
    envelope = bytes(quote.envelope.content)
    submitted = Entry.objects.get(act="quote.submit", subject=f"quote/{quote.number}")
    assert submitted.facts["digest"] == envelopes.digest_of(envelope)
    announced = {row["keeper"]: row["key"] for row in Entry.objects.get(act="seal.lock").facts["recipients"]}
    given = {entry.facts["keeper"]: entry.facts["identity"] for entry in Entry.objects.filter(act="seal.release")}
    assert {name: envelopes.public_key_of(identity) for name, identity in given.items()} == announced
    told = json.loads(envelopes.opened(envelope, about=f"{it.number}/{fair.song.party}", identities=given))
    assert told["lines"][0]["price"] == "4650.00"
    assert facts_of(it, "open_all")["quotes"][quote.number] == quote.digest


def test_what_was_written_anew_meanwhile_is_not_published(fair: Fair) -> None:
    it = fair.draft()
    services.write_quotation(it, fair.told(title="教学用笔记本电脑（改）"), by=fair.town.aygul, at=NOON)
    assert codes(services.publish_quotation, it, by=fair.town.aygul, at=NOON) == ["LIF-003"]


def test_what_may_stand_in_a_draft(fair: Fair) -> None:
    line = fair.told()["items"][0]
    assert codes(fair.draft, title="", quote_until="soon", delivery_days="0", items=[]) == ["QUO-002", "QUO-001", "QUO-009", "QUO-013"]
    assert codes(fair.draft, items=[{**line, "category": "B99", "quantity": "0", "ceiling": "cheap"}]) == ["QUO-003", "QUO-005", "QUO-006"]
    assert codes(fair.draft, items=[{**line, "quantity": "1000000", "ceiling": "99999999999.99"}]) == ["QUO-043"]
    assert codes(fair.draft, items=[{**line, "name": "名" * 201}]) == ["QUO-004"]
    assert codes(fair.draft, items=[{**line, "parameters": "\n".join(f"参数{n}" for n in range(31))}]) == ["QUO-008"]
    assert codes(fair.draft, items=[{**line, "brands": "孔雀、天山"}]) == ["QUO-036"]
    assert codes(fair.draft, invitation="invited", suppliers=[]) == ["QUO-011"]
    assert codes(fair.draft, quota="", address="", invoice_title="", purpose="长" * 2001) == ["QUO-038", "ORD-022", "ORD-023", "ORD-029"]
    assert codes(fair.draft, plan="JH-1") == ["QUO-038"]
    assert not Quotation.objects.exists()
    named = fair.draft(items=[{**line, "brands": "孔雀、天山，胡杨"}])
    assert named.lines.get().brands == ["孔雀", "天山", "胡杨"]


def test_a_draft_is_written_anew_and_discarded_by_its_house_alone(fair: Fair) -> None:
    it = fair.draft()
    before = it.contents_hash
    it = services.write_quotation(it, fair.told(title="台式机", note="含安装"), by=fair.town.zhou, at=NOON)
    assert (it.title, it.note, it.lines.count()) == ("台式机", "含安装", 1)
    assert it.contents_hash != before
    assert codes(services.discard_quotation, it, by=fair.town.ma, at=NOON) == ["LIF-002"]
    assert codes(services.discard_quotation, it, by=fair.town.li, at=NOON) == ["LIF-002"]
    assert queries.quotation(it.number, seen_by=fair.town.chen) is None
    assert queries.quotation(it.number, seen_by=NOBODY) is None
    assert services.discard_quotation(it, by=fair.town.aygul, at=NOON).state == "discarded"


def test_what_speaks_against_publishing(fair: Fair) -> None:
    soon = (NOON + DAY).replace(tzinfo=None).isoformat(timespec="minutes")
    assert codes(fair.published, quote_until=soon) == ["QUO-010"]
    line = fair.told()["items"][0]
    dear = fair.draft(items=[{**line, "ceiling": "5000.10"}])
    assert codes(services.publish_quotation, dear, by=fair.town.aygul, at=NOON) == ["QUO-014"]
    assert services.publish_quotation(dear, by=fair.town.zhou, at=NOON).state == "open"
    assert codes(fair.published, items=[{**line, "ceiling": "4999.99"}]) == ["BUD-001"]
    assert Quotation.objects.filter(state="draft").count() == 2
    two = [fair.town.shop.number, fair.town.corner.number]
    assert codes(fair.published, invitation="invited", suppliers=two, items=[{**line, "quantity": "1"}]) == ["QUO-011"]
    three = fair.draft(invitation="invited", suppliers=[*two, "GY-0003"], items=[{**line, "quantity": "1"}])
    suspend("GY-0003")
    assert codes(services.publish_quotation, three, by=fair.town.aygul, at=NOON) == ["QUO-012"]
    fair.keepers.shut("court")
    assert codes(fair.published, items=[{**line, "quantity": "1"}]) == ["SEA-001"]
    assert len(held()) == 1


def test_from_the_threshold_on_it_belongs_to_a_plan_and_the_law_gives_more_time(fair: Fair) -> None:
    line = fair.told()["items"][0]
    fair.town.quota.total = Decimal("900000.00")
    fair.town.quota.save()
    large = fair.draft(items=[{**line, "quantity": "100"}], quote_until="2026-03-06T09:00")
    Rule.objects.filter(key="threshold.procurement", kind="goods", region__code="652800").update(binding=True)
    book.forget()
    assert codes(services.publish_quotation, large, by=fair.town.zhou, at=NOON) == ["ORD-025"]
    terms = queries.terms_of_quotation(region_path=large.region_path, planned=large.ceiling, kind="goods", at=NOON)
    small = queries.terms_of_quotation(region_path=large.region_path, planned=Decimal("100.00"), kind="goods", at=NOON)
    assert (small.earliest, terms.earliest) == (
        datetime.fromisoformat("2026-03-05T00:00+08:00"),
        datetime.fromisoformat("2026-03-06T00:00+08:00"),
    )


def test_who_may_quote_and_what_a_quote_must_say(fair: Fair) -> None:
    three = [fair.town.shop.number, fair.town.corner.number, "GY-0003"]
    it = fair.published(invitation="invited", suppliers=three)
    assert codes(fair.quote, it, fair.guo, "4000.00") == ["QUO-016"]
    assert codes(services.ask_about, it, text="请问交货地点？", by=fair.guo, at=NOON) == ["QUO-016"]
    assert codes(fair.quote, it, fair.town.aygul, "4000.00") == ["QUO-016"]
    assert codes(fair.quote, it, fair.song, "4900.01") == ["QUO-018", "QUO-019"]
    assert codes(fair.quote, it, fair.song, "free") == ["QUO-017"]
    assert codes(fair.quote, it, fair.song, "-5") == ["QUO-017"]
    assert codes(fair.quote, it, fair.song, "4000.00", meets="") == ["QUO-020"]
    assert codes(fair.quote, it, fair.song, "4000.00", brand_1="", model_1="") == ["QUO-021"]
    assert codes(fair.quote, it, fair.song, "4000.00", product_1="SPU-9") == ["QUO-022"]
    assert codes(fair.quote, it, fair.song, "4000.00", delivery_days="16") == ["QUO-013"]
    assert codes(fair.quote, it, fair.song, "4000.00", note="长" * 2001) == ["QUO-007"]
    suspend("GY-0003")
    assert codes(fair.quote, it, fair.song, "4000.00") == ["QUO-012"]
    assert (Quote.objects.count(), Envelope.objects.count()) == (0, 0)
    named = fair.quote(it, fair.town.chen, "4000.00", brand_1="", model_1="", product_1="spu-1")
    assert named.state == "sealed"


def test_replaced_and_withdrawn_quotes_are_never_read(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00", "4500.00")
    first = only(it.quotes, fair.song)
    second = fair.quote(it, fair.song, "4750.00", at=NOON + DAY)
    assert (second.pk, second.number, second.version) == (first.pk, first.number, 2)
    assert second.digest != first.digest
    assert second.place > first.place
    gone = services.withdraw_quote(only(it.quotes, fair.guo), by=fair.guo, at=NOON + DAY)
    assert gone.state == "withdrawn"
    assert Envelope.objects.count() == 3
    fair.clock(OPENS)
    it.refresh_from_db()
    assert fair.states(it) == {"GY-0001": "opened", "GY-0002": "opened", "GY-0003": "opened", "GY-0004": "withdrawn"}
    assert only(it.quotes, fair.song).total == Decimal("47500.00")


def test_a_withdrawn_quote_may_be_handed_in_again(fair: Fair) -> None:
    it = fair.quoted("4800.00")
    mine = services.withdraw_quote(it.quotes.get(), by=fair.town.chen, at=NOON)
    assert fair.quote(it, fair.town.chen, "4600.00").number == mine.number
    assert codes(services.withdraw_quote, mine, by=fair.song, at=NOON) == ["LIF-002"]


def test_two_suppliers_at_the_last_second(fair: Fair) -> None:
    """In time is before the instant; of equal prices the one that came in first wins, whoever's clock says what."""
    it = fair.quoted("4800.00")
    last = UNTIL - timedelta(microseconds=1)
    fair.quote(it, fair.song, "4500.00", at=last)
    fair.quote(it, fair.town.nurlan, "4500.00", at=last)
    assert codes(fair.quote, it, fair.guo, "4000.00", at=UNTIL) == ["QUO-015"]
    assert codes(services.withdraw_quote, only(it.quotes, fair.song), by=fair.song, at=UNTIL) == ["QUO-015"]
    fair.clock(OPENS)
    assert codes(fair.quote, it, fair.guo, "4000.00", at=last) == ["LIF-001"]
    for quote in it.quotes.all():
        services.judge_quote(quote, conforms=True, by=fair.town.aygul, at=OPENS)
    assert services.award_quotation(it, by=fair.town.aygul, at=OPENS).winner_id == fair.song.party


def test_between_equals_by_lot_where_the_rulebook_says_so(fair: Fair) -> None:
    Rule.objects.filter(key="rfq.tie").update(value={"choice": "random"})
    book.forget()
    it = fair.judged("4500.00", "4500.00", "4500.00", "4500.00")
    assert it.tie == "random"
    column = queries.matrix(it).winner
    assert column is not None
    again = queries.matrix(Quotation.objects.get(pk=it.pk)).winner
    assert again is not None
    assert again.quote.pk == column.quote.pk  # drawn again, it is the same
    assert services.award_quotation(it, by=fair.town.aygul, at=OPENS).winner_id == column.quote.supplier_id


def test_questions_and_answers_are_for_all_and_the_asker_for_nobody(fair: Fair) -> None:
    it = fair.published()
    asked = services.ask_about(it, text="质保期从何时起算？", by=fair.song, at=NOON)
    assert [len(queries.questions_of(it, seen_by=who)) for who in (fair.town.aygul, fair.song, fair.town.chen, NOBODY)] == [1, 1, 0, 0]
    assert codes(services.ask_about, it, text="？", by=fair.song, at=NOON) == ["QUO-031"]
    assert codes(services.answer_about, it, asked.pk, text=" ", by=fair.town.aygul, at=NOON) == ["QUO-031"]
    assert codes(services.answer_about, it, asked.pk, text="验收之日起。", by=fair.town.chen, at=NOON) == ["LIF-002"]
    services.answer_about(it, asked.pk, text="自验收合格之日起算。", by=fair.town.aygul, at=NOON)
    assert [len(queries.questions_of(it, seen_by=who)) for who in (fair.town.aygul, fair.song, fair.town.chen, NOBODY)] == [1, 1, 1, 1]
    assert codes(services.answer_about, it, asked.pk, text="改口。。。", by=fair.town.aygul, at=NOON) == ["QUO-037"]
    assert codes(services.ask_about, it, text="还能报价吗？", by=fair.song, at=UNTIL) == ["QUO-015"]
    asked_about = Entry.objects.get(act="quotation.ask")
    assert (asked_about.kind, asked_about.organisation, asked_about.person, set(asked_about.facts)) == (
        "public",
        "public",
        None,
        {"number", "question"},
    )


def test_too_few_quotes_are_waited_for_once_and_then_nothing_is_opened(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00")
    fair.clock(UNTIL)
    it.refresh_from_db()
    later = datetime.fromisoformat("2026-03-07T00:00+08:00")
    assert (it.state, it.quote_until, it.extensions_left) == ("open", later, 0)
    assert Lock.objects.get().opens_at == later + timedelta(minutes=5)
    fair.clock(OPENS + DAY)
    assert not Release.objects.exists()
    fair.clock(later)
    it.refresh_from_db()
    assert (it.state, it.cause) == ("failed", "too_few_quotes")
    assert fair.states(it) == {"GY-0001": "unopened", "GY-0002": "unopened"}
    assert (Envelope.objects.count(), Release.objects.count(), held()) == (0, 0, {})
    assert available(fair.town.quota) == Decimal("100000.00")
    assert facts_of(it, "end")["count"] == 2


def test_a_third_quote_in_the_time_added_is_enough(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00")
    fair.clock(UNTIL)
    it.refresh_from_db()
    fair.quote(it, fair.song, "4600.00", at=UNTIL + SECOND)
    fair.clock(it.opens_at)
    it.refresh_from_db()
    assert it.state == "opened"


def test_who_was_invited_and_has_not_quoted_hears_of_the_longer_time(fair: Fair) -> None:
    numbers = [seller.organisation_number for seller in fair.sellers[:3]]
    it = fair.quoted("4700.00", invitation="invited", suppliers=numbers)
    fair.clock(UNTIL)
    it.refresh_from_db()
    assert (it.state, it.quote_until > UNTIL) == ("open", True)
    reactions.tell_who_quotes(moved(it, "prolong"))
    told = Message.objects.filter(kind="quotation.prolong.supplier").values_list("organisation__number", flat=True)
    assert set(told) == set(numbers)


def test_when_a_keeper_is_away_nothing_is_prolonged_and_it_ends(fair: Fair) -> None:
    """Better to end it than to let keys out while quotes may still come in."""
    it = fair.quoted("4800.00", "4700.00")
    fair.keepers.shut("court")
    fair.clock(UNTIL)
    it.refresh_from_db()
    assert it.state == "failed"


def test_the_opening_waits_for_keys_and_says_for_whose(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    fair.keepers.shut("court", "archive")
    fair.clock(OPENS)
    it.refresh_from_db()
    assert (it.state, it.keepers_missing) == ("closed", ["court", "archive"])
    assert codes(mode.open_all, it, at=OPENS) == ["QUO-024"]
    fair.clock(OPENS + SECOND)
    assert Entry.objects.filter(act="quotation.wait").count() == 1
    fair.keepers.open("archive")
    fair.clock(OPENS + DAY)
    it.refresh_from_db()
    assert (it.state, it.keepers_missing) == ("opened", [])


def test_a_worker_that_died_after_the_keys_came_is_followed_by_another(fair: Fair) -> None:
    """Between the keys and the opening, and between the opening and the judging: whoever comes next goes on where it stood."""
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    services.close_due_quotations(UNTIL)
    it.refresh_from_db()
    fair.keepers.now = OPENS
    assert it.lock is not None
    assert seals.gather(it.lock, at=OPENS).enough  # … and the worker dies
    it.refresh_from_db()
    assert it.state == "closed"
    assert not QuoteLine.objects.exists()
    assert mode.open_due(OPENS + SECOND) == 1
    it.refresh_from_db()
    assert (it.state, it.opened_at) == ("opened", OPENS + SECOND)
    assert codes(mode.open_all, it, at=OPENS + SECOND) == ["LIF-001"]
    assert mode.open_due(OPENS + DAY) == 0
    assert QuoteLine.objects.count() == 3
    assert Entry.objects.filter(act="quotation.open_all").count() == 1


def test_an_envelope_that_was_touched_is_told_and_the_others_are_opened(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00", "4600.00")
    touched, moved_over = (only(it.quotes, seller) for seller in (fair.guo, fair.song))
    assert touched.envelope is not None
    assert moved_over.envelope is not None
    content = bytearray(bytes(touched.envelope.content))
    content[-40] ^= 1
    Envelope.objects.filter(pk=touched.envelope.pk).update(content=bytes(content))
    fair.clock(OPENS)
    it.refresh_from_db()
    assert fair.states(it) == {"GY-0001": "opened", "GY-0002": "opened", "GY-0003": "opened", "GY-0004": "unreadable"}
    touched.refresh_from_db()
    assert (touched.cause, touched.reason, touched.total) == ("unreadable", "it is not the envelope that came in", None)


def test_what_was_sealed_past_the_form_is_not_opened_into_an_award(fair: Fair) -> None:
    """Whoever writes into the envelope what the form would have refused (a price above the cap) gets nothing by it."""
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    quote = only(it.quotes, fair.song)
    assert it.lock is not None
    told = {
        "delivery_days": 7,
        "note": "",
        "lines": [
            {"position": 1, "price": "9999.00", "brand": "b", "model": "m", "product": "", "answers": [{"meets": True, "text": ""}] * 2}
        ],
    }
    envelope = seals.put_in(it.lock, json.dumps(told).encode(), owner_id=fair.song.party, at=NOON)
    Quote.objects.filter(pk=quote.pk).update(envelope=envelope, digest=envelope.digest)
    fair.clock(OPENS)
    assert only(it.quotes, fair.song).state == "unreadable"


def test_every_exclusion_has_its_reason_and_nobody_conforms_against_its_own_word(fair: Fair) -> None:
    it = fair.published()
    for seller, price in zip(fair.sellers, ("4800.00", "4700.00", "4650.00", "4000.00"), strict=True):
        fair.quote(it, seller, price, meets="no" if seller is fair.guo else "yes")
    fair.clock(OPENS)
    it.refresh_from_db()
    cheap, mine = only(it.quotes, fair.guo), only(it.quotes, fair.song)
    told: dict[str, Any] = {"by": fair.town.aygul, "at": OPENS}
    assert codes(services.judge_quote, cheap, conforms=True, **told) == ["QUO-030"]
    assert codes(services.judge_quote, cheap, conforms=False, **told) == ["QUO-025", "QUO-026"]
    assert codes(services.judge_quote, cheap, conforms=False, cause="unreadable", reason="内存不足，仅有8GB，不符合。", **told) == [
        "QUO-025"
    ]
    assert codes(services.judge_quote, mine, conforms=True, by=fair.town.chen, at=OPENS) == ["LIF-002"]
    services.judge_quote(cheap, conforms=False, cause="parameter", reason="内存仅有8GB，低于要求的16GB。", **told)
    assert codes(services.award_quotation, it, **told) == ["QUO-027", "QUO-028"]
    for seller in fair.sellers[:3]:
        services.judge_quote(only(it.quotes, seller), conforms=True, **told)
    assert codes(services.fail_quotation, it, **told) == ["QUO-029"]
    it = services.award_quotation(it, **told)
    assert (it.winner_id, it.award) == (fair.song.party, Decimal("46500.00"))
    assert fair.states(it)["GY-0004"] == "excluded"
    assert codes(services.judge_quote, mine, conforms=False, cause="papers", reason="事后改判没有依据，应被拒绝。", **told) == ["LIF-001"]


def test_a_judgement_may_be_changed_until_the_award(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00", "4600.00")
    quote = only(it.quotes, fair.guo)
    told: dict[str, Any] = {"by": fair.town.aygul, "at": OPENS}
    services.judge_quote(quote, conforms=False, cause="delivery", reason="不接受分批交货的要求。", **told)
    quote = services.judge_quote(quote, conforms=True, **told)
    assert (quote.state, quote.cause, quote.reason) == ("conforming", "", "")
    assert services.award_quotation(it, **told).winner_id == fair.guo.party


def test_fewer_than_three_that_conform_fail_and_it_is_run_again(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00")
    told: dict[str, Any] = {"by": fair.town.aygul, "at": OPENS}
    services.judge_quote(only(it.quotes, fair.song), conforms=False, cause="papers", reason="未提供节能产品认证证书。", **told)
    assert codes(services.award_quotation, it, **told) == ["QUO-028"]
    assert codes(services.run_again, it, until=UNTIL + 7 * DAY, **told) == ["QUO-040"]
    it = services.fail_quotation(it, **told)
    assert (it.state, it.cause, held()) == ("failed", "too_few_conforming", {})
    assert fair.states(it) == {"GY-0001": "lapsed", "GY-0002": "lapsed", "GY-0003": "excluded"}
    again = services.run_again(it, until=UNTIL + 7 * DAY, **told)
    assert (again.state, again.run, again.replaces, again.ceiling) == ("draft", 2, it, it.ceiling)
    assert [line.parameters for line in again.lines.all()] == [["内存不低于16GB", "三年上门保修"]]
    assert codes(services.run_again, it, until=UNTIL, **told) == ["QUO-033"]
    services.discard_quotation(again, **told)
    assert services.run_again(it, until=UNTIL + 7 * DAY, **told).run == 2


def test_the_third_failure_is_the_last_run(fair: Fair) -> None:
    it, at = fair.published(), NOON
    for run in (1, 2, 3):
        assert it.run == run
        it = services.cancel_quotation(it, cause="mistake", reason="参数有误，需要重新论证。", by=fair.town.aygul, at=at)
        if run < 3:
            it = services.run_again(it, until=UNTIL, by=fair.town.aygul, at=at)
            it = services.publish_quotation(it, by=fair.town.aygul, at=at)
    assert codes(services.run_again, it, until=UNTIL, by=fair.town.aygul, at=at) == ["QUO-034"]


@pytest.mark.parametrize("when", ["open", "closed", "opened"])
def test_a_buyer_calls_it_off_with_a_reason_and_every_hold_returns(fair: Fair, when: str) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    fair.clock({"open": NOON, "closed": UNTIL, "opened": OPENS}[when])
    it.refresh_from_db()
    assert it.state == when
    at = {"open": NOON, "closed": UNTIL, "opened": OPENS}[when]
    assert codes(services.cancel_quotation, it, cause="whim", reason="", by=fair.town.aygul, at=at) == ["QUO-025", "QUO-026"]
    it = services.cancel_quotation(it, cause="demand_changed", reason="学校合并，需求取消。。", by=fair.town.aygul, at=at)
    assert (it.state, it.cause, held(), available(fair.town.quota)) == ("cancelled", "demand_changed", {}, Decimal("100000.00"))
    assert set(fair.states(it).values()) == {"lapsed" if when == "opened" else "unopened"}
    fair.clock(OPENS + DAY)
    it.refresh_from_db()
    assert it.state == "cancelled"


def test_a_suspended_winner_gets_no_order(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00", "4500.00")
    suspend("GY-0004")
    assert codes(services.award_quotation, it, by=fair.town.aygul, at=OPENS) == ["QUO-035"]
    assert not Order.objects.exists()
    services.judge_quote(
        only(it.quotes, fair.guo), conforms=False, cause="standing", reason="供应商已被暂停交易资格。", by=fair.town.aygul, at=OPENS
    )
    assert services.award_quotation(it, by=fair.town.aygul, at=OPENS).winner_id == fair.song.party


def test_more_time_is_told_to_the_keepers_before_anybody(fair: Fair) -> None:
    it, later = fair.quoted("4800.00", "4700.00", "4650.00"), UNTIL + DAY
    told: dict[str, Any] = {"by": fair.town.aygul, "at": NOON}
    assert codes(services.extend_quotation, it, until=None, **told) == ["QUO-009"]
    assert codes(services.extend_quotation, it, until=UNTIL, **told) == ["QUO-032"]
    assert codes(services.extend_quotation, it, until=later, by=fair.town.aygul, at=UNTIL) == ["QUO-015"]
    fair.keepers.shut("archive")
    assert codes(services.extend_quotation, it, until=later, **told) == ["SEA-002"]
    fair.keepers.open("archive")
    it = services.extend_quotation(it, until=later, **told)
    assert it.quote_until == later
    fair.clock(OPENS)
    it.refresh_from_db()
    assert it.state == "open"
    assert not Release.objects.exists()


def test_the_regulator_suspends_resumes_and_voids(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    surina = fair.town.surina
    assert codes(services.suspend_quotation, it, reason="短", by=surina, at=NOON) == ["QUO-026"]
    assert codes(services.suspend_quotation, it, reason="收到投诉，先行调查。。", by=fair.town.zhou, at=NOON) == ["LIF-002"]
    it = services.suspend_quotation(it, reason="收到投诉，先行调查。。", by=surina, at=NOON)
    assert codes(fair.quote, it, fair.guo, "4000.00") == ["LIF-001"]
    for hours in range(0, 24 * 8, 12):
        fair.clock(NOON + timedelta(hours=hours))
    it.refresh_from_db()
    assert it.state == "suspended"
    assert not Release.objects.exists()
    week = NOON + 7 * DAY + timedelta(hours=12)
    it = services.resume_quotation(Quotation.objects.get(pk=it.pk), by=surina, at=week)
    assert it.state == "open"
    assert it.quote_until >= UNTIL + (week - NOON)
    assert Lock.objects.get().opens_at == it.opens_at
    fair.quote(it, fair.guo, "4000.00", at=week)
    it = services.void_quotation(it, reason="询价文件具有倾向性，予以废止。", by=surina, at=week)
    assert (it.state, it.cause, held(), Envelope.objects.count()) == ("voided", "voided", {}, 0)


@pytest.mark.parametrize("opened", [False, True], ids=["suspended", "halted"])
def test_nobody_but_the_regulator_moves_what_the_regulator_stopped(fair: Fair, opened: bool) -> None:
    """What is looked into is not called off meanwhile: afterwards it may be, where it goes on."""
    prices, at = ("4800.00", "4700.00", "4650.00"), OPENS if opened else NOON
    it = fair.judged(*prices) if opened else fair.quoted(*prices)
    it = services.suspend_quotation(it, reason="收到投诉，先行调查。。", by=fair.town.surina, at=at)
    off: dict[str, Any] = {"cause": "demand_changed", "reason": "学校合并，需求取消。。", "by": fair.town.aygul}
    lies = held()
    assert codes(services.cancel_quotation, it, **off, at=at) == ["LIF-001"]
    assert (Quotation.objects.get(pk=it.pk).state, held()) == ("halted" if opened else "suspended", lies)
    it = services.resume_quotation(it, by=fair.town.surina, at=at)
    it = services.cancel_quotation(it, **off, at=at)
    assert (it.state, held()) == ("cancelled", {})


def test_what_an_outage_took_before_the_suspension_is_given_back_too(fair: Fair) -> None:
    it, hour = fair.quoted("4800.00", "4700.00", "4650.00"), timedelta(hours=1)
    rulebook.beat(web=True, at=UNTIL - 3 * hour)
    it = services.suspend_quotation(it, reason="收到投诉，先行调查。。", by=fair.town.surina, at=UNTIL - hour)
    rulebook.beat(web=True, at=UNTIL + hour)
    stale, it = it, Quotation.objects.get(pk=it.pk)
    assert (it.state, it.quote_until) == ("suspended", UNTIL + 2 * hour)
    week = UNTIL + 7 * DAY
    it = services.resume_quotation(stale, by=fair.town.surina, at=week)
    assert it.quote_until == max(UNTIL + 2 * hour + (week - (UNTIL - hour)), Lock.objects.get().opens_at - (OPENS - UNTIL))


def test_the_judging_can_be_halted(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00")
    it = services.suspend_quotation(it, reason="对评审结果存在异议。。", by=fair.town.surina, at=OPENS)
    assert it.state == "halted"
    assert codes(services.award_quotation, it, by=fair.town.aygul, at=OPENS) == ["LIF-001"]
    assert codes(services.judge_quote, only(it.quotes, fair.song), conforms=True, by=fair.town.aygul, at=OPENS) == ["LIF-001"]
    it = services.resume_quotation(it, by=fair.town.surina, at=OPENS)
    assert services.award_quotation(it, by=fair.town.aygul, at=OPENS).state == "awarded"


def test_an_outage_that_put_the_deadline_off_reaches_the_keepers(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    Quotation.objects.filter(pk=it.pk).update(quote_until=UNTIL + DAY)
    services.tend_keys(NOON)
    assert Lock.objects.get().opens_at == OPENS + DAY
    fair.clock(OPENS)
    assert not Release.objects.exists()


def test_a_declined_order_lets_it_run_again(fair: Fair) -> None:
    it = services.award_quotation(fair.judged("4800.00", "4700.00", "4650.00"), by=fair.town.aygul, at=OPENS)
    assert codes(services.run_again, it, until=UNTIL + 7 * DAY, by=fair.town.aygul, at=OPENS) == ["QUO-040"]
    assert it.order is not None
    services.decline(it.order, reason="货源中断，无法供货", by=fair.song, at=OPENS)
    assert held() == {}
    assert services.run_again(it, until=UNTIL + 7 * DAY, by=fair.town.aygul, at=OPENS).run == 2


def test_the_comparison(fair: Fair) -> None:
    it = fair.published()
    fair.quote(it, fair.town.chen, "4800.00", product_1="SPU-1")
    fair.quote(it, fair.town.nurlan, "4700.00")
    fair.quote(it, fair.song, "4650.00", meets="no")
    fair.clock(OPENS)
    it.refresh_from_db()
    told = queries.matrix(it)
    assert [column.quote.supplier.number for column in told.columns] == ["GY-0003", "GY-0002", "GY-0001"]
    assert (told.judged, told.conforming, told.winner) == (False, 0, None)
    low, _middle, high = (column.cells[1] for column in told.columns)
    assert (low.lowest, low.denied, low.median) == (True, [0], None)
    assert (high.lowest, high.median, high.over_median) == (False, Decimal("4949.00"), Decimal("-3.0"))
    assert told.columns[0].saving == 1 - Decimal("46500.00") / Decimal("49000.00")


def test_what_fits_a_supplier_comes_first(fair: Fair) -> None:
    line = fair.told()["items"][0]
    other = fair.published(items=[{**line, "category": PAPER, "quantity": "1"}], title="复印纸")
    mine = fair.published(items=[{**line, "quantity": "1"}])
    elsewhere = fair.published(items=[{**line, "quantity": "1"}], invitation="invited", suppliers=["GY-0002", "GY-0003", "GY-0004"])
    Supplier.objects.filter(number="GY-0003").update(category_codes=["A020101"])
    told = queries.opportunities(fair.song.party, at=NOON)
    assert [(one.it, one.fits) for one in told] == [(mine, True), (elsewhere, True), (other, False)]
    assert elsewhere not in [one.it for one in queries.opportunities(fair.town.shop.pk, at=NOON)]
    assert queries.opportunities(fair.song.party, at=UNTIL) == []
