"""What is published by itself."""

from __future__ import annotations

from sunlit.domain.disclosure import services
from sunlit.domain.market.events import (
    BatchMoved,
    CallOffMoved,
    FrameworkDealerMoved,
    FrameworkEntryMoved,
    FrameworkMoved,
    OrderMoved,
    QuotationMoved,
    WorkOrderMoved,
)
from sunlit.domain.market.models import BatchDemand, CallOff, Framework, FrameworkDealer, FrameworkEntry, Order, Quotation, WorkOrder
from sunlit.domain.planning.events import IntentionMoved, PlanMoved
from sunlit.domain.planning.models import Intention, Plan
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox.events import hears


@hears(OrderMoved)
def publish_the_deal(event: OrderMoved) -> None:
    """An accepted order is a deal, and every deal is public."""
    if event.verb == "accept":
        services.publish_deal(Order.objects.get(number=event.number), at=clock.now())


@hears(IntentionMoved)
def tell_the_intention(event: IntentionMoved) -> None:
    """What a buyer means to buy is public from the moment it says so, and so is that it no longer means it."""
    services.tell_intention(Intention.objects.get(number=event.number), at=clock.now())


@hears(PlanMoved)
def tell_the_plan(event: PlanMoved) -> None:
    """A single source is public before it is approved, a plan from its filing or approval on; one that is given up later stays to be read as such."""
    it = Plan.objects.get(number=event.number)
    if event.verb == "publicise" and it.noticed_at is not None:
        services.tell_single_source(it, at=clock.now())
    if it.filed_at is not None:
        services.tell_plan(it, at=clock.now())


@hears(FrameworkMoved)
def tell_the_framework(event: FrameworkMoved) -> None:
    """A solicitation is public, then its result, and at the end what was bought under it. Who joins an open agreement is told one by one."""
    it = Framework.objects.select_related("solicitor__region").get(number=event.number)
    if it.published_at is None:
        return
    at = clock.now()
    services.tell_framework(it, at=at)
    if it.listed_at is not None:
        services.tell_shortlist(it, at=at)
    if it.state == "ended":
        services.tell_framework_summary(it, at=at)


PARTIES_CHANGED = ("clear_out", "release", "reduce", "upgrade", "join", "admit", "leave")


@hears(FrameworkEntryMoved)
def tell_what_changed(event: FrameworkEntryMoved) -> None:
    """Who leaves a running agreement and why, and what its parties change: the public list of parties stays true."""
    if event.verb in PARTIES_CHANGED:
        entry = FrameworkEntry.objects.select_related("supplier", "package__framework__solicitor__region").get(number=event.number)
        services.tell_framework_change(entry, event.verb, event.version, at=clock.now())


@hears(FrameworkDealerMoved)
def tell_who_delivers(event: FrameworkDealerMoved) -> None:
    """From when to when somebody delivered for a party."""
    it = FrameworkDealer.objects.select_related("dealer", "entry__supplier", "entry__package__framework__solicitor__region").get(
        number=event.number
    )
    if event.verb == "accept" or (event.verb == "end" and it.accepted_at is not None):
        services.tell_framework_dealer(it, event.verb, at=clock.now())


@hears(CallOffMoved)
def tell_the_call_off(event: CallOffMoved) -> None:
    """What was found by bids, in turn or outside the list is public one by one; direct selections stand in the summary (110号令)."""
    if event.verb == "void":
        services.tell_void(
            CallOff.objects.select_related("buyer", "package__framework__solicitor").get(number=event.number), at=clock.now()
        )
    if event.verb == "award":
        services.tell_calloff(CallOff.objects.get(number=event.number), at=clock.now())


@hears(WorkOrderMoved)
def tell_the_void(event: WorkOrderMoved) -> None:
    """A work order that a regulator voided is public with its reason."""
    if event.verb == "void":
        it = WorkOrder.objects.select_related("buyer", "package__framework__solicitor").get(number=event.number)
        services.tell_void(it, at=clock.now())


@hears(BatchMoved)
def tell_the_deals_of_a_batch(event: BatchMoved) -> None:
    """Each buyer's order of a batch was found by bids under a framework: each is public (110号令)."""
    if event.verb == "take":
        for demand in BatchDemand.objects.filter(batch__number=event.number, state="ordered").order_by("pk"):
            services.tell_batch_deal(demand, at=clock.now())


@hears(WorkOrderMoved)
def tell_the_work_order(event: WorkOrderMoved) -> None:
    """Services whose supplier was found in turn are public one by one; chosen directly they stand in the summary (110号令)."""
    if event.verb == "settle":
        it = WorkOrder.objects.get(number=event.number)
        if it.mode == "rotation":
            services.tell_work_order(it, at=clock.now())


@hears(QuotationMoved)
def tell_the_quotation(event: QuotationMoved) -> None:
    """What prices are asked for is public from its publication on, and so is what came of it."""
    it = Quotation.objects.select_related("buyer", "winner", "order").get(number=event.number)
    if it.published_at is not None:
        services.tell_quotation(it, at=clock.now())
