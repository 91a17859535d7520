"""No sequence of verbs ends a quotation with a winner that is not the lowest conforming, with money held for nobody, or with an order above its cap."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from sunlit.domain.market import services
from sunlit.domain.market.models import Order, Quotation, Quote, QuoteLine
from sunlit.domain.market.states import quotations as life
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.seals.models import Envelope
from tests.quoting import UNTIL, Fair, available, held, open_fair
from tests.town import NOON

SELLERS = st.integers(0, 3)
PRICES = st.sampled_from(["4100.00", "4500.00", "4500.00", "4899.99", "4900.00", "4900.01"])
REASON = "属性测试中给出的理由，足够十个字。"


class Procedure(RuleBasedStateMachine):
    """One quotation and everybody who can do something to it, at any time, in any order."""

    fair: ClassVar[Fair]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now: datetime = NOON
        self.fair.keepers.now = NOON
        self.it: Quotation = self.fair.draft()
        self.try_to(services.publish_quotation, self.it, by=self.fair.town.aygul)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def try_to(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        with suppress(Refused):
            act(*args, at=self.now, **kwargs)
        self.it = Quotation.objects.select_related("order", "lock", "quota", "plan", "buyer__region").get(pk=self.it.pk)

    def quote_of(self, seller: int) -> Quote | None:
        return self.it.quotes.select_related("quotation").filter(supplier_id=self.fair.sellers[seller].party).first()

    @rule(seller=SELLERS, price=PRICES, meets=st.sampled_from(["yes", "yes", "yes", "no"]))
    def quote(self, seller: int, price: str, meets: str) -> None:
        self.try_to(self.fair.quote, self.it, self.fair.sellers[seller], price, meets=meets)

    @rule(seller=SELLERS)
    def withdraw(self, seller: int) -> None:
        if mine := self.quote_of(seller):
            self.try_to(services.withdraw_quote, mine, by=self.fair.sellers[seller])

    @rule(hours=st.sampled_from([1, 30, 70]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.fair.clock(self.now)
        self.it.refresh_from_db()

    @rule(seller=SELLERS, conforms=st.booleans())
    def judge(self, seller: int, conforms: bool) -> None:
        if quote := self.quote_of(seller):
            self.try_to(services.judge_quote, quote, conforms=conforms, cause="papers", reason=REASON, by=self.fair.town.aygul)

    @rule()
    def judge_all(self) -> None:
        for seller in range(4):
            self.judge(seller, True)

    @rule(verb=st.sampled_from([services.award_quotation, services.award_quotation, services.fail_quotation]))
    def conclude(self, verb: Callable[..., Any]) -> None:
        self.try_to(verb, self.it, by=self.fair.town.aygul)

    @rule(until=st.sampled_from([UNTIL + timedelta(hours=n) for n in (-9, 5, 100)]))
    def extend(self, until: datetime) -> None:
        self.try_to(services.extend_quotation, self.it, until=until, by=self.fair.town.aygul)

    @rule(suspend=st.booleans())
    def step_in(self, suspend: bool) -> None:
        if suspend:
            self.try_to(services.suspend_quotation, self.it, reason=REASON, by=self.fair.town.surina)
        else:
            self.try_to(services.resume_quotation, self.it, by=self.fair.town.surina)

    @rule(void=st.booleans(), sure=st.sampled_from([True, False, False, False]))
    def stop(self, void: bool, sure: bool) -> None:
        if sure and void:
            self.try_to(services.void_quotation, self.it, reason=REASON, by=self.fair.town.surina)
        elif sure:
            self.try_to(services.cancel_quotation, self.it, cause="mistake", reason=REASON, by=self.fair.town.aygul)

    @invariant()
    def money_lies_for_somebody(self) -> None:
        it = self.it
        if it.state == life.AWARDED:
            assert it.order is not None
            assert held() == {f"order/{it.order.number}": it.award}
        else:
            assert held() == ({f"quotation/{it.number}": it.ceiling} if it.state in life.RUNNING else {})
            assert not Order.objects.exists()
        assert available(self.fair.town.quota) == Decimal("100000.00") - sum(held().values(), Decimal(0))

    @invariant()
    def the_winner_is_the_lowest_that_conforms_and_below_the_cap(self) -> None:
        won = list(self.it.quotes.filter(state=life.WON))
        assert len(won) == (self.it.state == life.AWARDED)
        if won:
            conforming = list(self.it.quotes.filter(state__in=[life.CONFORMING, life.WON, life.LOST]))
            assert won[0] == min(conforming, key=lambda quote: (quote.total, quote.place))
            assert len(conforming) >= 3
            assert self.it.order is not None
            assert won[0].total == self.it.award == self.it.order.total == sum(line.amount for line in self.it.order.lines.all())
            assert self.it.award is not None
            assert self.it.award <= self.it.ceiling
            assert won[0].supplier_id == self.it.order.supplier_id

    @invariant()
    def nothing_is_read_before_the_opening_and_nothing_after_an_end_without_one(self) -> None:
        if self.it.opened_at is None:
            assert not QuoteLine.objects.filter(quote__quotation=self.it).exists()
            assert set(self.it.quotes.values_list("total", flat=True)) <= {None}
        if self.it.state in life.ENDED_WITHOUT_AWARD and self.it.opened_at is None:
            assert not Envelope.objects.filter(lock=self.it.lock).exists()


@pytest.mark.django_db
def test_no_sequence_of_verbs_breaks_it(tmp_path: Path) -> None:
    with open_fair(tmp_path) as fair:
        Procedure.fair = fair
        checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
        told = settings(max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=checks)
        run_state_machine_as_test(Procedure, settings=told)
