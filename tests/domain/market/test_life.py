"""The life of an order: every verb by the right person, in time, and no other; money and stock always agree."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from sunlit.domain.catalog.models import Offer
from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import AcceptanceSheet, Payment, Rating
from sunlit.domain.market import queries, services
from sunlit.domain.market.events import OrderMoved
from sunlit.domain.market.models import Dispatch, Order, OrderLine
from sunlit.domain.market.reactions import tell_who_must_act
from sunlit.domain.market.states import orders as states
from sunlit.domain.planning.models import Hold
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.gateways.bank import BankDisagrees, BankReceipt, BankUnreachable, PaymentOrder
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import move, row_digest
from sunlit.foundation.messages.models import Message
from tests.town import NOON, Town, an_order, build

GOOD = [{"position": 1, "quantity": 10, "conforms": True, "remark": ""}]
BAD = [{"position": 1, "quantity": 10, "conforms": False, "remark": "纸张受潮"}]


class PaperBank:
    """A bank that answers as it is told; what it was sent is kept."""

    def __init__(self, *states: str) -> None:
        self.states, self.sent = list(states), list[str]()

    def submit(self, payment: PaymentOrder) -> BankReceipt:
        self.sent.append(payment.reference)
        return self._say(payment.reference, payment.amount)

    def status(self, reference: str) -> BankReceipt | None:
        return self._say(reference, Decimal("1285.00")) if reference in self.sent else None

    def _say(self, reference: str, amount: Decimal) -> BankReceipt:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state == "silent":
            raise BankUnreachable("no answer")
        return BankReceipt(reference, f"B-{reference}", state, amount, "insufficient" if state == "refused" else "")  # type: ignore[arg-type]


def dispatched(town: Town) -> Order:
    order = services.confirm(an_order(town, quantity=10), by=town.chen, at=NOON)
    return services.dispatch(order, carrier="邮政", waybill="EMS-1", parcel={1: 10}, by=town.chen, at=NOON)


def received(town: Town) -> Order:
    return services.receive(dispatched(town), by=town.batu, at=NOON)


def invoiced(town: Town) -> Order:
    order = contracts.accept(received(town), items=GOOD, by=town.batu, at=NOON)
    return contracts.invoice(order, number="FP-1", amount=Decimal("1285.00"), issued_on=local_day(NOON), by=town.chen, at=NOON)


def paid(town: Town) -> Order:
    order = invoiced(town)
    payment = contracts.request_payment(order, by=town.li, at=NOON)
    contracts.send(payment, bank=PaperBank("settled"), at=NOON)
    order.refresh_from_db()
    return order


def money(town: Town) -> tuple[str, str, str, str]:
    town.quota.refresh_from_db()
    return str(town.quota.held), str(town.quota.committed), str(town.quota.spent), str(town.quota.available)


def stock_of(offer: Offer) -> int:
    return Offer.objects.values_list("stock", flat=True).get(pk=offer.pk)


def test_the_whole_way(town: Town) -> None:
    order = an_order(town, quantity=10)
    assert (money(town), stock_of(town.paper)) == (("1285.00", "0.00", "0.00", "98715.00"), 990)
    order = services.confirm(order, by=town.chen, at=NOON)
    order = services.dispatch(order, carrier="邮政", waybill="EMS-1", parcel={1: 4}, by=town.chen, at=NOON)
    assert order.state == "partly_dispatched"
    order = services.dispatch(order, carrier="邮政", waybill="EMS-2", parcel={1: 6}, by=town.chen, at=NOON)
    assert order.state == "dispatched"
    order = services.receive(order, by=town.batu, at=NOON)
    order = contracts.accept(order, items=GOOD, remark="数量、规格相符", by=town.batu, at=NOON)
    assert money(town) == ("0.00", "1285.00", "0.00", "98715.00")
    order = contracts.invoice(order, number="FP-1", amount=Decimal("1285.00"), issued_on=local_day(NOON), by=town.chen, at=NOON)
    payment = contracts.request_payment(order, by=town.li, at=NOON)
    contracts.send(payment, bank=PaperBank("settled"), at=NOON)
    assert money(town) == ("0.00", "0.00", "1285.00", "98715.00")
    order.refresh_from_db()
    order = contracts.rate(order, quality=5, delivery=4, service=5, comment="送货及时", by=town.aygul, at=NOON)
    assert services.close_due(NOON) == 1
    order.refresh_from_db()
    assert (order.state, order.ended_at) == ("closed", NOON)
    assert [entry.act for entry in ledger.history_of(f"order/{order.number}")] == [
        "order.place",
        "order.confirm",
        "order.dispatch_part",
        "order.dispatch",
        "order.receive",
        "order.accept",
        "order.invoice",
        "order.request_payment",
        "order.pay",
        "order.rate",
        "order.close",
    ]
    assert ledger.history_of(f"order/{order.number}")[-1].facts["row"] == row_digest(order)


@pytest.mark.parametrize("verb", ["withdraw", "decline", "lapse"])
def test_an_order_that_ends_early_gives_money_and_stock_back(town: Town, verb: str) -> None:
    order = an_order(town, quantity=10)
    match verb:
        case "withdraw":
            order = services.withdraw(order, reason="型号选错", by=town.aygul, at=NOON)
        case "decline":
            order = services.decline(order, reason="厂家停产", by=town.chen, at=NOON)
        case "lapse":
            assert order.confirm_until is not None
            assert services.lapse_due(order.confirm_until - timedelta(microseconds=1)) == 0
            assert services.lapse_due(order.confirm_until) == 1
            order.refresh_from_db()
    assert order.state == {"withdraw": "cancelled", "decline": "declined", "lapse": "lapsed"}[verb]
    assert (money(town), stock_of(town.paper)) == (("0.00", "0.00", "0.00", "100000.00"), 1000)


def test_a_confirmation_after_the_deadline_is_refused(town: Town) -> None:
    order = an_order(town)
    assert order.confirm_until is not None
    with pytest.raises(Refused) as no:
        services.confirm(order, by=town.chen, at=order.confirm_until)
    assert no.value.codes == ["ORD-002"]
    order.refresh_from_db()
    assert order.state == "placed"


def test_cancelling_a_confirmed_order_needs_both_sides(town: Town) -> None:
    order = services.confirm(an_order(town, quantity=10), by=town.chen, at=NOON)
    order = services.ask_cancel(order, reason="课程取消", by=town.aygul, at=NOON)
    order = services.refuse_cancel(order, reason="货已备好", by=town.chen, at=NOON)
    assert (order.state, money(town)[0]) == ("confirmed", "1285.00")
    order = services.ask_cancel(order, reason="课程取消", by=town.aygul, at=NOON)
    order = services.agree_cancel(order, by=town.chen, at=NOON)
    assert (order.state, money(town)[0], stock_of(town.paper)) == ("cancelled", "0.00", 1000)


def test_a_reason_is_wanted(town: Town) -> None:
    order = an_order(town)
    for act in (
        lambda: services.withdraw(order, reason=" 不 ", by=town.aygul, at=NOON),
        lambda: services.decline(order, reason="", by=town.chen, at=NOON),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert (no.value.codes, no.value.problems[0].on) == (["ORD-001"], "reason")


def test_a_parcel_holds_something_and_not_more_than_is_open(town: Town) -> None:
    order = services.confirm(an_order(town, quantity=10), by=town.chen, at=NOON)
    for parcel, code in (({}, "ORD-007"), ({1: 11}, "ORD-008"), ({2: 1}, "ORD-008"), ({1: -1}, "ORD-008")):
        with pytest.raises(Refused) as no:
            services.dispatch(order, carrier="邮政", waybill="EMS-1", parcel=parcel, by=town.chen, at=NOON)
        assert code in no.value.codes
    with pytest.raises(Refused) as no:
        services.dispatch(order, carrier=" ", waybill="", parcel={1: 1}, by=town.chen, at=NOON)
    assert no.value.codes == ["ORD-006", "ORD-006"]
    assert (Dispatch.objects.count(), OrderLine.objects.get(order=order).dispatched) == (0, 0)


def test_who_ordered_does_not_receive_where_duties_are_separated(town: Town) -> None:
    town.school.seats.filter(user_id=town.aygul.person).update(roles=["orderer", "receiver"])
    both = town.aygul.__class__(**{**town.aygul.__dict__, "roles": frozenset({"orderer", "receiver"})})
    order = dispatched(town)
    with pytest.raises(Refused) as no:
        services.receive(order, by=both, at=NOON)
    assert no.value.codes == ["ORD-005"]
    type(town.school).objects.filter(pk=town.school.pk).update(separates_duties=False)
    assert services.receive(order, by=both, at=NOON).state == "received"


def test_an_acceptance_sheet_speaks_of_every_line_and_only_conforming_ones_are_accepted(town: Town) -> None:
    order = received(town)
    for items, code in (([], "CON-001"), (BAD, "CON-002"), ([{**GOOD[0], "quantity": 9}], "CON-002")):
        with pytest.raises(Refused) as no:
            contracts.accept(order, items=items, by=town.batu, at=NOON)
        assert no.value.codes == [code]
    assert (AcceptanceSheet.objects.count(), money(town)[0]) == (0, "1285.00")
    with pytest.raises(Refused) as no:
        contracts.reject(order, items=GOOD, reason="纸张受潮", by=town.batu, at=NOON)
    assert no.value.codes == ["CON-012"]


def test_rejected_goods_go_back_for_money(town: Town) -> None:
    order = contracts.reject(received(town), items=BAD, reason="纸张受潮", by=town.batu, at=NOON)
    order = contracts.ask_return(order, reason="纸张受潮，退货", by=town.batu, at=NOON)
    order = services.take_back(order, by=town.chen, at=NOON)
    assert (order.state, money(town), stock_of(town.paper)) == ("returned", ("0.00", "0.00", "0.00", "100000.00"), 1000)
    assert order.returns.get().settled_at == NOON


def test_rejected_goods_are_exchanged_and_then_accepted(town: Town) -> None:
    order = contracts.reject(received(town), items=BAD, reason="纸张受潮", by=town.batu, at=NOON)
    order = contracts.ask_exchange(order, reason="纸张受潮，换货", by=town.batu, at=NOON)
    order = services.redeliver(order, carrier="邮政", waybill="EMS-9", by=town.chen, at=NOON)
    order = services.receive(order, by=town.batu, at=NOON)
    order = contracts.accept(order, items=GOOD, by=town.batu, at=NOON)
    assert (order.state, money(town)[1]) == ("accepted", "1285.00")


def test_an_invoice_over_another_amount_is_refused(town: Town) -> None:
    order = contracts.accept(received(town), items=GOOD, by=town.batu, at=NOON)
    with pytest.raises(Refused) as no:
        contracts.invoice(order, number=" ", amount=Decimal("1285.01"), issued_on=local_day(NOON), by=town.chen, at=NOON)
    assert no.value.codes == ["ORD-010", "ORD-009"]


def test_a_bank_that_refuses_lets_finance_try_again(town: Town) -> None:
    order = invoiced(town)
    contracts.send(contracts.request_payment(order, by=town.li, at=NOON), bank=PaperBank("refused"), at=NOON)
    order.refresh_from_db()
    assert (order.state, order.reason, money(town)[1]) == ("invoiced", "insufficient", "1285.00")
    contracts.send(contracts.request_payment(order, by=town.li, at=NOON), bank=PaperBank("settled"), at=NOON)
    assert list(Payment.objects.order_by("id").values_list("state", flat=True)) == ["failed", "paid"]
    assert money(town)[2] == "1285.00"


def test_a_bank_that_falls_silent_is_asked_again_and_pays_once(town: Town) -> None:
    payment = contracts.request_payment(invoiced(town), by=town.li, at=NOON)
    bank = PaperBank("silent", "accepted", "settled")
    with pytest.raises(BankUnreachable):
        contracts.send(payment, bank=bank, at=NOON)
    assert contracts.settle_due(bank=bank, at=NOON) == 1  # with the bank
    assert contracts.settle_due(bank=bank, at=NOON) == 1  # settled
    assert contracts.settle_due(bank=bank, at=NOON) == 0
    payment.refresh_from_db()
    contracts.answered(payment, BankReceipt(payment.number, "B", "settled", payment.amount), at=NOON)  # the same answer again
    assert (money(town)[2], Order.objects.get().state) == ("1285.00", "paid")


def test_a_rating_is_given_once_with_stars_and_answered_once(town: Town) -> None:
    order = paid(town)
    with pytest.raises(Refused) as no:
        contracts.rate(order, quality=0, delivery=6, service=5, by=town.aygul, at=NOON)
    assert no.value.codes == ["CON-005", "CON-005"]
    contracts.rate(order, quality=5, delivery=4, service=5, by=town.aygul, at=NOON)
    with pytest.raises(Refused) as no:
        contracts.rate(order, quality=1, delivery=1, service=1, by=town.aygul, at=NOON)
    assert no.value.codes == ["LIF-001"]
    rating = contracts.reply(Rating.objects.get(), text="谢谢支持", by=town.chen, at=NOON)
    with pytest.raises(Refused) as no:
        contracts.reply(rating, text="再次感谢", by=town.chen, at=NOON)
    assert no.value.codes == ["CON-007"]
    with pytest.raises(Refused) as no:
        contracts.reply(rating, text="不是我的", by=town.nurlan, at=NOON)
    assert no.value.codes == ["CON-008"]


def test_a_rating_is_answered_in_its_time_and_its_supplier_reminded_before_it_ends(town: Town) -> None:
    order = contracts.rate(paid(town), quality=5, delivery=4, service=5, by=town.aygul, at=NOON)
    until, rating = order.reply_until, Rating.objects.get()
    assert until is not None
    assert local_day(until - timedelta(seconds=1)) == date(2026, 3, 17)  # 15 days
    assert papers.replies_due(at=until - timedelta(days=3, seconds=1)) == []
    assert papers.replies_due(at=until - timedelta(days=3)) == [rating]
    with pytest.raises(Refused) as no:
        contracts.reply(rating, text="谢谢支持", by=town.chen, at=until)
    assert (no.value.codes, Rating.objects.get().replied_at) == (["CON-016"], None)
    contracts.reply(rating, text="谢谢支持", by=town.chen, at=until - timedelta(seconds=1))
    assert papers.replies_due(at=until - timedelta(seconds=1)) == []


def test_an_invoice_is_asked_for_when_it_is_due_and_the_payment_after_it_each_once(town: Town) -> None:
    order = contracts.accept(received(town), items=GOOD, by=town.batu, at=NOON)
    assert order.invoice_until is not None
    assert order.pay_until is not None
    assert queries.deadline_of(order) == order.invoice_until < order.pay_until
    assert [services.remind_due(order.invoice_until + timedelta(seconds=wait)) for wait in (-1, 0, 60)] == [0, 1, 0]
    assert [services.remind_due(order.pay_until + timedelta(seconds=wait)) for wait in (-1, 0, 60, 120)] == [0, 1, 0, 0]
    acts = Entry.objects.filter(subject=f"order/{order.number}", act__startswith="order.remind").order_by("id")
    assert [entry.act for entry in acts] == ["order.remind_supplier_to_invoice", "order.remind_payer"]


def test_a_paid_order_that_nobody_rates_is_closed_by_the_clock(town: Town) -> None:
    order = paid(town)
    assert order.rate_until is not None
    assert services.close_due(order.rate_until - timedelta(seconds=1)) == 0
    assert services.close_due(order.rate_until) == 1


def test_late_parties_are_reminded_once_a_stage_and_nothing_is_accepted_silently(town: Town) -> None:
    order = dispatched(town)
    late = NOON + timedelta(days=30)
    assert services.remind_due(late) == 1
    assert services.remind_due(late) == 0
    order.refresh_from_db()
    assert order.state == "dispatched"


def test_a_stale_form_is_refused(town: Town) -> None:
    order = an_order(town)
    services.withdraw(order, reason="型号选错", by=town.aygul, at=NOON, expected=order.version)
    with pytest.raises(Refused) as no:
        services.confirm(order, by=town.chen, at=NOON, expected=order.version)
    assert no.value.codes == ["LIF-003"]


def test_another_organisations_order_does_not_exist(town: Town) -> None:
    order = an_order(town)
    assert [bool(queries.order(order.number, seen_by=who)) for who in (town.aygul, town.chen, town.surina, town.zheng, town.he)] == [
        True
    ] * 5
    assert [bool(queries.order(order.number, seen_by=who)) for who in (town.ma, town.nurlan, town.tang)] == [False] * 3


@pytest.mark.parametrize("state", states.order.states)
def test_what_is_not_in_the_table_cannot_happen(town: Town, state: str) -> None:
    order = an_order(town)
    Order.objects.filter(pk=order.pk).update(state=state)
    for verb, step in states.order.moves.items():
        if state in step.origins:
            continue
        with pytest.raises(Refused) as no:
            move(order, verb, by=CLOCK if step.by.name == "clock" else town.zhou, at=NOON)
        assert (verb, no.value.codes) == (verb, ["LIF-001"])
    assert Order.objects.values_list("state", "version").get(pk=order.pk) == (state, order.version)


@pytest.mark.django_db(transaction=True)
def test_the_supplier_confirms_while_the_buyer_withdraws() -> None:
    town = build()
    for round_ in range(10):
        order = an_order(town, key=f"k{round_}", quantity=2)

        def act(verb: str, order: Order = order) -> str:
            try:
                if verb == "confirm":
                    services.confirm(order, by=town.chen, at=NOON)
                else:
                    services.withdraw(order, reason="型号选错", by=town.aygul, at=NOON)
            except Refused as no:
                return no.codes[0]
            finally:
                connection.close()
            return verb

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(act, ["confirm", "withdraw"]))
        assert answers in (["LIF-001", "confirm"], ["LIF-001", "withdraw"])
    confirmed = Order.objects.filter(state="confirmed").count()
    town.quota.refresh_from_db()
    assert town.quota.held == Decimal("257.00") * confirmed
    assert stock_of(town.paper) == 1000 - 2 * confirmed


def to_approve(town: Town) -> Order:
    """An order above the school's own limit."""
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("1000.00"))
    order = an_order(town, offer=town.laptop, quantity=1)
    assert order.state == "awaiting_approval"
    return order


def test_while_the_buyer_still_decides_the_supplier_is_told_nothing(town: Town) -> None:
    order = to_approve(town)
    services.withdraw(order, reason="暂不购买", by=town.aygul, at=NOON)
    asked, withdrawn = ledger.history_of(f"order/{order.number}")
    assert asked.facts["parties"] == withdrawn.facts["parties"] == ["CG-0001"]
    told: dict[str, Any] = {
        "number": order.number,
        "verb": "withdraw",
        "state": "cancelled",
        "total": "4999.00",
        "reason": "暂不购买",
        "version": 2,
    }
    parties: dict[str, Any] = {"buyer_id": order.buyer_id, "supplier_id": order.supplier_id, "orderer_id": order.orderer_id}
    tell_who_must_act(OrderMoved(**told, **parties))
    assert Message.objects.count() == 0


def test_once_approved_both_parties_are_named(town: Town) -> None:
    order = services.approve(to_approve(town), by=town.zhou, at=NOON)
    order = services.withdraw(order, reason="暂不购买", by=town.aygul, at=NOON)
    told = [entry.facts["parties"] for entry in ledger.history_of(f"order/{order.number}")]
    assert told == [["CG-0001"], ["CG-0001", "GY-0001"], ["CG-0001", "GY-0001"]]


def test_a_waybill_is_short_enough_to_be_kept(town: Town) -> None:
    order = services.confirm(an_order(town, quantity=10), by=town.chen, at=NOON)
    with pytest.raises(Refused) as refused:
        services.dispatch(order, carrier="邮政", waybill="E" * 201, parcel={1: 10}, by=town.chen, at=NOON)
    assert [(problem.code, problem.on) for problem in refused.value.problems] == [("ORD-029", "waybill")]
    assert Dispatch.objects.count() == 0


def test_who_was_late_before_an_exchange_is_reminded_after_it_too(town: Town) -> None:
    order = dispatched(town)
    assert order.receive_until is not None
    assert services.remind_due(order.receive_until) == 1
    order = services.receive(order, by=town.batu, at=order.receive_until)
    order = contracts.reject(order, items=BAD, reason="纸张受潮", by=town.batu, at=NOON)
    order = contracts.ask_exchange(order, reason="请予换货", by=town.batu, at=NOON)
    order = services.redeliver(order, carrier="邮政", waybill="EMS-2", by=town.chen, at=NOON)
    assert order.receive_until is not None
    assert services.remind_due(order.receive_until) == 1


def test_what_the_rulebook_says_of_the_buyers_other_purchases_is_not_for_the_supplier(town: Town) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("130.00"))
    order = an_order(town, quantity=1)
    seen = {
        who: [told["rule"]["key"] for told in queries.rulings_of(order, seen_by=getattr(town, who))] for who in ("aygul", "surina", "chen")
    }
    assert "order.repeat_count" in seen["aygul"]
    assert seen["surina"] == seen["aygul"]
    assert seen["chen"] == [key for key in seen["aygul"] if key != "order.repeat_count"]


def test_a_payment_that_the_bank_tells_otherwise_does_not_keep_the_others_waiting(town: Town) -> None:
    numbers = []
    for key in ("k1", "k2"):
        order = services.confirm(an_order(town, key=key, quantity=10), by=town.chen, at=NOON)
        order = services.dispatch(order, carrier="邮政", waybill=key, parcel={1: 10}, by=town.chen, at=NOON)
        order = contracts.accept(services.receive(order, by=town.batu, at=NOON), items=GOOD, by=town.batu, at=NOON)
        told: dict[str, Any] = {"amount": Decimal("1285.00"), "issued_on": local_day(NOON), "by": town.chen, "at": NOON}
        numbers.append(contracts.request_payment(contracts.invoice(order, number=key, **told), by=town.li, at=NOON).number)

    class Confused(PaperBank):
        def status(self, reference: str) -> BankReceipt | None:
            if reference == numbers[0]:
                raise BankDisagrees("another amount")
            return super().status(reference)

    bank = Confused("settled")
    assert contracts.settle_due(bank=bank, at=NOON) == 1
    assert dict(Payment.objects.values_list("number", "state")) == {numbers[0]: "ordered", numbers[1]: "paid"}


def test_a_broken_order_does_not_keep_the_others_from_lapsing(town: Town) -> None:
    broken, whole = an_order(town, key="k1"), an_order(town, key="k2")
    Hold.objects.filter(reference=f"order/{broken.number}").update(state="released", released=F("amount"))
    assert whole.confirm_until is not None
    assert services.lapse_due(whole.confirm_until) == 1
    assert dict(Order.objects.values_list("number", "state")) == {broken.number: "placed", whole.number: "lapsed"}


def test_an_invoice_is_given_for_one_order_only(town: Town) -> None:
    invoiced(town)
    other = services.confirm(an_order(town, key="k2", quantity=10), by=town.chen, at=NOON)
    other = services.dispatch(other, carrier="邮政", waybill="EMS-7", parcel={1: 10}, by=town.chen, at=NOON)
    other = contracts.accept(services.receive(other, by=town.batu, at=NOON), items=GOOD, by=town.batu, at=NOON)
    with pytest.raises(Refused) as no:
        contracts.invoice(other, number="FP-1", amount=Decimal("1285.00"), issued_on=local_day(NOON), by=town.chen, at=NOON)
    assert no.value.codes == ["CON-013"]
    assert Order.objects.values_list("state", flat=True).get(pk=other.pk) == "accepted"


def test_the_supplier_delivers_within_its_own_promise_if_that_is_sooner(town: Town) -> None:
    promised = services.confirm(an_order(town), by=town.chen, at=NOON)
    assert promised.deliver_until is not None
    assert promised.deliver_until.isoformat() == "2026-03-05T16:00:00+00:00"  # three days after Monday the 2nd
    Offer.objects.filter(pk=town.paper.pk).update(delivery_days=60)
    limited = services.confirm(an_order(town, key="k2"), by=town.chen, at=NOON)
    assert limited.deliver_until is not None
    assert limited.deliver_until.isoformat() == "2026-03-11T16:00:00+00:00"  # seven working days


def test_who_must_answer_is_reminded_too(town: Town) -> None:
    order = services.confirm(an_order(town, quantity=10), by=town.chen, at=NOON)
    order = services.ask_cancel(order, reason="课程取消", by=town.aygul, at=NOON)
    assert order.answer_until is not None
    assert order.answer_until.isoformat() == "2026-03-04T16:00:00+00:00"
    assert services.remind_due(order.answer_until - timedelta(seconds=1)) == 0
    assert services.remind_due(order.answer_until) == 1
    assert services.remind_due(order.answer_until) == 0
