"""Playing the year: every purchase goes through the real services, at the time at which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection

from sunlit.demo.agreed import agreed
from sunlit.demo.auctioned import auctioned
from sunlit.demo.changes import changes
from sunlit.demo.direct import direct
from sunlit.demo.entries import Act, entries
from sunlit.demo.joined import joined
from sunlit.demo.needed import needed
from sunlit.demo.planned import planned
from sunlit.demo.pooled import pooled
from sunlit.demo.quoted import keepers_at_hand, quoted
from sunlit.demo.served import served
from sunlit.demo.shapes import OrderPlan, Step, World
from sunlit.demo.sheets import inspected
from sunlit.demo.splits import splits
from sunlit.domain.catalog.models import Offer
from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import Payment, Rating
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.domain.market.modes import supermarket
from sunlit.domain.market.queries.wishes import Wish
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Address, InvoiceTitle
from sunlit.foundation.gateways.bank import BankReceipt
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.messages.models import Message
from sunlit.foundation.outbox import events, queue

if TYPE_CHECKING:
    from sunlit.demo.write import Progress, Rows

NEWS = timedelta(days=10)  # people are told only what happened lately
UNREAD = timedelta(days=4)  # over a weekend, too
ACTS_A_TICK = 100
STATISTICS_AFTER = frozenset({100, 400, 1_500, 6_000, 24_000})  # acts
BANK, INBOX, MAIL = (
    "domain.contracts.reactions.send_to_the_bank",
    "domain.market.reactions.tell_who_must_act",
    "foundation.messages.reactions",
)
REMARK = "数量、型号、外观与订单快照一致，通电试机正常。"


def play(world: World, rows: Rows, progress: Progress) -> None:
    """Everything that happened, in the order of time."""
    stage = Stage(world, rows)
    told = [
        *stage.purchases(),
        *entries(world, rows),
        *changes(world, rows),
        *needed(world, rows),
        *planned(world, rows),
        *splits(world, rows, stage),
        *agreed(world, rows),
        *pooled(world, rows),
        *served(world, rows),
        *joined(world, rows),
        *direct(world, rows),
        *auctioned(world, rows),
        *quoted(world, rows),
    ]
    acts = sorted(told, key=lambda it: (it.at, it.subject, it.place))
    take_statistics()
    with stage.in_its_own_time(), keepers_at_hand():
        for count, act in enumerate(acts, 1):
            stage.now = act.at
            act.do()
            if count in STATISTICS_AFTER:
                take_statistics()
            if count % ACTS_A_TICK == 0 or count == len(acts):
                progress("orders", count, len(acts))
    stage.settle()


def take_statistics() -> None:
    """Tell the planner how full the tables are: it cannot know of rows that one transaction has just written."""
    tables = ", ".join(map(connection.ops.quote_name, connection.introspection.django_table_names(only_existing=True)))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


class Stage:
    """The orders under way, and the time that is being played."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.now = world.at
        self.plan: OrderPlan | None = None
        self.offers = {offer.key: offer for offer in world.offers}
        self.shown: dict[str, Decimal] = {}  # prices that were set back to what they were
        self.orders: dict[str, Order] = {}
        self.payments: dict[str, Payment] = {}
        self.terms = {address.organisation_id: self._terms(address) for address in Address.objects.select_related("region")}
        self.titles = {
            title.organisation_id: {"title": title.title, "tax_number": title.tax_number, "bank": title.bank, "account": title.account}
            for title in InvoiceTitle.objects.all()
        }

    def purchases(self) -> Iterator[Act]:
        for plan in self.world.orders:
            for place, step in enumerate(plan.steps):
                yield Act(step.at, plan.key, place, partial(self.act, plan, step))

    def act(self, plan: OrderPlan, step: Step) -> None:
        """One verb. What only the clock does happens when it is due."""
        self.plan, by = plan, self.rows.actors[step.by]
        if step.verb in ("place", "request"):
            self.orders[plan.key] = self._place(plan, by, step.at)
            return
        order = self.orders[plan.key]
        turn: Callable[..., Order] = getattr(self, f"_{step.verb}")
        self.orders[plan.key] = turn(order, by=by, at=step.at, **step.facts)

    @contextmanager
    def in_its_own_time(self) -> Iterator[None]:
        """Announcements are delivered at once, by a clock that shows the time being played; old news and mail are left out."""
        assert {BANK, INBOX} <= set(events.listeners()), "a listener was renamed"
        with clock.showing(lambda: self.now), queue.taken_by(self._deliver):
            yield

    def settle(self) -> None:
        """Prices are today's again; what was told some days ago was read."""
        Offer.objects.bulk_update(
            [Offer(pk=self.rows.offers[key], price=self.offers[key].price) for key in self.shown], ["price"], batch_size=500
        )
        Message.objects.filter(at__lt=self.world.at - UNREAD).update(read_at=self.world.at - UNREAD)

    def _deliver(self, jobs: list[dict[str, Any]]) -> None:
        for job in jobs:
            if job["listener"] == BANK:
                if self.plan is not None and self.plan.state == "paying":
                    queue.to_the_worker([job])  # the bank of the demonstration answers this one
            elif job["listener"].startswith(MAIL) or (job["listener"] == INBOX and self.now < self.world.at - NEWS):
                continue
            else:
                events.deliver(**job)

    def _terms(self, address: Address) -> dict[str, str]:
        region = address.region
        return {
            "receiver": address.receiver,
            "phone": address.phone,
            "address": address.text,
            "region": region.code,
            "region_name": region.name_zh,
            "region_path": region.path,
        }

    def _place(self, plan: OrderPlan, by: Actor, at: datetime) -> Order:
        assert by.organisation_id is not None
        wishes = []
        for key, quantity in plan.lines:
            price = self.offers[key].price_at(at)
            if self.shown.get(key, self.offers[key].price) != price:
                Offer.objects.filter(pk=self.rows.offers[key]).update(price=price)
                self.shown[key] = price
            wishes.append(Wish(self.rows.offers[key], quantity, price))
        terms = supermarket.Terms(
            self.rows.quotas[plan.budget], self.terms[by.organisation_id], self.titles[by.organisation_id], plan.purpose, plan.note
        )
        [order] = supermarket.place(key=f"demo/{plan.key}", wishes=wishes, terms=terms, by=by, at=at)
        return order

    # The verbs, by the name of their step

    _approve = staticmethod(market.approve)
    _disapprove = staticmethod(market.disapprove)
    _withdraw = staticmethod(market.withdraw)
    _confirm = staticmethod(market.confirm)
    _decline = staticmethod(market.decline)
    _ask_cancel = staticmethod(market.ask_cancel)
    _agree_cancel = staticmethod(market.agree_cancel)
    _refuse_cancel = staticmethod(market.refuse_cancel)
    _receive = staticmethod(market.receive)
    _redeliver = staticmethod(market.redeliver)
    _take_back = staticmethod(market.take_back)
    _ask_return = staticmethod(contracts.ask_return)
    _ask_exchange = staticmethod(contracts.ask_exchange)

    def _lapse(self, order: Order, *, by: Actor, at: datetime) -> Order:
        assert order.confirm_until is not None
        self.now = max(at, order.confirm_until)
        market.lapse_due(self.now)
        return order

    def _dispatch_part(self, order: Order, *, quantities: dict[str, int], carrier: str, waybill: str, by: Actor, at: datetime) -> Order:
        return market.dispatch(
            order,
            parcel={int(position): quantity for position, quantity in quantities.items()},
            carrier=carrier,
            waybill=waybill,
            by=by,
            at=at,
        )

    def _dispatch(self, order: Order, *, carrier: str, waybill: str, by: Actor, at: datetime) -> Order:
        open_ = {line.position: line.quantity - line.dispatched for line in order.lines.all()}
        return market.dispatch(order, parcel=open_, carrier=carrier, waybill=waybill, by=by, at=at)

    def _accept(self, order: Order, *, by: Actor, at: datetime) -> Order:
        forms = {asked.template.id: inspected(asked, by, at) for asked in papers.acceptance_forms(order.lines.all())}
        return contracts.accept(order, items=self._sheet(order, conforms=True), forms=forms, remark=REMARK, by=by, at=at)

    def _reject(self, order: Order, *, reason: str, by: Actor, at: datetime) -> Order:
        return contracts.reject(order, items=self._sheet(order, conforms=False), reason=reason, by=by, at=at)

    def _invoice(self, order: Order, *, number: str, by: Actor, at: datetime) -> Order:
        return contracts.invoice(order, number=number, amount=order.total, issued_on=local_day(at), by=by, at=at)

    def _request_payment(self, order: Order, *, by: Actor, at: datetime) -> Order:
        payment = contracts.request_payment(order, by=by, at=at)
        self.payments[order.number] = payment
        return payment.order

    def _pay(self, order: Order, *, receipt: str, by: Actor, at: datetime) -> Order:
        payment = self.payments[order.number]
        contracts.answered(payment, BankReceipt(payment.number, receipt, "settled", payment.amount, settled_at=at), at=at)
        return order

    def _bounce(self, order: Order, *, reason: str, by: Actor, at: datetime) -> Order:
        payment = self.payments[order.number]
        contracts.answered(payment, BankReceipt(payment.number, "", "refused", payment.amount, reason), at=at)
        return order

    def _rate(self, order: Order, *, by: Actor, at: datetime, **told: Any) -> Order:
        return contracts.rate(order, by=by, at=at, **told)

    def _reply(self, order: Order, *, text: str, by: Actor, at: datetime) -> Order:
        contracts.reply(Rating.objects.get(order=order), text=text, by=by, at=at)
        return order

    def _close(self, order: Order, *, by: Actor, at: datetime) -> Order:
        return market.mark(order, "close", by=CLOCK, at=at)

    def _sheet(self, order: Order, *, conforms: bool) -> list[dict[str, Any]]:
        """Line by line; where something is wrong, it is the first."""
        return [
            {"position": line.position, "quantity": line.quantity, "conforms": conforms or line.position > 1, "remark": ""}
            for line in order.lines.all().order_by("position")
        ]
