"""The papers of an order, the way to the bank and back, and what ratings come to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.domain.contracts import queries, reactions, services
from sunlit.domain.contracts.events import PaymentOrdered, Rated
from sunlit.domain.contracts.models import AcceptanceSheet, Invoice, Payment, Rating
from sunlit.domain.market.models import Order
from sunlit.domain.registry import queries as registry
from sunlit.foundation.gateways.bank import BankReceipt, BankUnreachable
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PHOTOS_A_SHEET, TEXT_CHARS
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.market.test_life import BAD, GOOD, PaperBank, invoiced, paid, received
from tests.town import NOON, Town


def test_all_papers_of_an_order_in_their_order(town: Town) -> None:
    order = paid(town)
    services.rate(order, quality=5, delivery=4, service=4, comment="送货及时", by=town.aygul, at=NOON)
    paper = queries.paper(order)
    assert [sheet.accepted for sheet in paper.sheets] == [True]
    assert paper.invoice is not None
    assert paper.rating is not None
    assert (paper.invoice.number, [payment.state for payment in paper.payments], paper.rating.comment) == ("FP-1", ["paid"], "送货及时")
    assert paper.payments[0].receipt == f"B-{paper.payments[0].number}"


def test_sheets_keep_both_the_rejection_and_the_acceptance(town: Town) -> None:
    from sunlit.domain.market import services as market

    order = services.reject(received(town), items=BAD, reason="纸张受潮", by=town.batu, at=NOON)
    order = services.ask_exchange(order, reason="纸张受潮，换货", by=town.batu, at=NOON)
    order = market.redeliver(order, carrier="邮政", waybill="EMS-9", by=town.chen, at=NOON)
    order = market.receive(order, by=town.batu, at=NOON)
    order = services.accept(order, items=GOOD, by=town.batu, at=NOON + timedelta(days=1))
    assert [sheet.accepted for sheet in queries.paper(order).sheets] == [False, True]


def test_long_remarks_and_too_many_photos_are_refused(town: Town) -> None:
    order = received(town)
    with pytest.raises(Refused) as no:
        services.accept(order, items=GOOD, remark="长" * (TEXT_CHARS + 1), photos=[None] * (PHOTOS_A_SHEET + 1), by=town.batu, at=NOON)  # type: ignore[list-item]
    assert [(p.code, p.on) for p in no.value.problems] == [("CON-003", "photos"), ("CON-004", "remark")]
    assert AcceptanceSheet.objects.count() == 0


def test_an_invoice_is_not_of_tomorrow(town: Town) -> None:
    order = services.accept(received(town), items=GOOD, by=town.batu, at=NOON)
    tomorrow = local_day(NOON) + timedelta(days=1)
    with pytest.raises(Refused) as no:
        services.invoice(order, number="FP-1", amount=Decimal("1285.00"), issued_on=tomorrow, by=town.chen, at=NOON)
    assert (no.value.codes, no.value.problems[0].on) == (["CON-010"], "issued_on")
    assert (Invoice.objects.count(), Order.objects.get().state) == (0, "accepted")


def test_an_ordered_payment_goes_to_the_bank_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = services.request_payment(invoiced(town), by=town.li, at=NOON)
    job = ProcrastinateJob.objects.filter(args__event="PaymentOrdered").latest("pk")
    bank = PaperBank("accepted", "settled")
    monkeypatch.setattr(reactions, "the_bank", lambda: bank)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    for _twice in range(2):
        reactions.send_to_the_bank(PaymentOrdered(**job.args["data"]))
    assert bank.sent == [payment.number]
    reactions.ask_after_payments()
    payment.refresh_from_db()
    assert (payment.state, Order.objects.get().state) == ("paid", "paid")


def test_an_order_has_one_running_payment(town: Town) -> None:
    payment = services.request_payment(invoiced(town), by=town.li, at=NOON)
    with pytest.raises(Refused) as no:
        services.request_payment(Order.objects.get(), by=town.li, at=NOON)
    assert no.value.codes == ["LIF-001"]
    payment.pk, payment.number = None, "FK-2"
    with pytest.raises(IntegrityError, match="one_running_payment_per_order"), transaction.atomic():
        payment.save(force_insert=True)
    assert Payment.objects.count() == 1


def test_stars_are_averaged_exactly_and_kept_beside_the_standing(town: Town) -> None:
    assert queries.rating_of(town.shop.pk).stars is None
    order = paid(town)
    services.rate(order, quality=5, delivery=4, service=4, by=town.aygul, at=NOON)
    told = queries.rating_of(town.shop.pk)
    assert (told.stars, told.quality, told.delivery, told.service, told.count) == (
        Decimal("4.3"),
        Decimal("5.0"),
        Decimal("4.0"),
        Decimal("4.0"),
        1,
    )
    for _twice in range(2):
        reactions.keep_the_standing(Rated(order_number=order.number, supplier_id=town.shop.pk, stars=13))
    supplier = registry.supplier(town.shop.pk)
    assert supplier is not None
    assert (supplier.ratings, registry.rating_of(supplier)) == (1, Decimal("4.3"))


def test_who_may_answer_a_rating_and_how(town: Town) -> None:
    services.rate(paid(town), quality=5, delivery=4, service=4, by=town.aygul, at=NOON)
    rating = Rating.objects.get()
    assert queries.rating_to_answer(rating.order.number, seen_by=town.chen) == rating
    assert queries.rating_to_answer(rating.order.number, seen_by=town.nurlan) is None
    for by, text, code in (
        (town.wu, "谢谢", "CON-008"),
        (town.aygul, "谢谢", "CON-008"),
        (town.chen, " ", "CON-006"),
        (town.chen, "长" * (TEXT_CHARS + 1), "CON-004"),
    ):
        with pytest.raises(Refused) as no:
            services.reply(rating, text=text, by=by, at=NOON)
        assert no.value.codes == [code]
    rating.refresh_from_db()
    assert (rating.reply, rating.replied_at) == ("", None)
    assert [each.pk for each in queries.ratings_of(town.shop.pk)] == [rating.pk]
    assert queries.ratings_of(town.shop.pk, before=rating.pk) == []


def test_every_payment_has_its_turn_however_many_wait(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first = services.request_payment(invoiced(town), by=town.li, at=NOON)
    services.send(first, bank=PaperBank("accepted"), at=NOON)
    copies = [field.name for field in Order._meta.fields if not field.primary_key]
    for n in range(4):
        like = {name: getattr(first.order, name) for name in copies} | {"number": f"DD-{n}", "checkout_key": f"copy-{n}"}
        order = Order.objects.create(**like)
        told = {"payee": "天山", "ordered_by_id": town.li.person, "ordered_at": NOON + timedelta(minutes=n + 1)}
        Payment.objects.create(number=f"FK-{n}", state="sent", region_path=order.region_path, order=order, amount=order.total, **told)

    class Slow(PaperBank):
        """Has every payment, and settles none; counts what it is asked."""

        asked: list[str] = []

        def status(self, reference: str) -> BankReceipt:
            self.asked.append(reference)
            if reference == "FK-2":
                raise BankUnreachable("no answer")
            return BankReceipt(reference, f"B-{reference}", "accepted", Decimal("1285.00"), "")

    monkeypatch.setattr(services, "SETTLE_A_ROUND", 2)
    bank, rounds = Slow("accepted"), []
    for minute in range(4):
        before = len(bank.asked)
        assert services.settle_due(bank=bank, at=NOON + timedelta(minutes=10 + minute)) == 0
        rounds.append(bank.asked[before:])
    assert rounds == [[first.number, "FK-0"], ["FK-1", "FK-2"], ["FK-3", first.number], ["FK-0", "FK-1"]]
