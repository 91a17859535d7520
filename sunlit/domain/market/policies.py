"""Who may see orders: the two parties, the regulators of the region, the operator; and whom an act may name to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from sunlit.domain.market.models import (
    Batch,
    BatchBid,
    BatchDemand,
    CallOff,
    CallOffBid,
    Framework,
    FrameworkDealer,
    FrameworkEntry,
    Order,
    Quotation,
    UnitRequest,
    WorkOrder,
)
from sunlit.domain.market.states.orders import UNIT
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger.canonical import PERSON

WITHIN_THE_BUYER = frozenset({"order.request", "order.approve", "order.disapprove"})


def visible_to(actor: Actor) -> QuerySet[Order]:
    """The orders that exist for this actor. A supplier sees what was placed: its time to confirm runs from then."""
    orders = Order.objects.all()
    match actor.kind:
        case "buyer":
            return orders.filter(buyer_id=actor.organisation_id)
        case "supplier":
            return orders.filter(supplier_id=actor.organisation_id, confirm_until__isnull=False)
        case "regulator":
            return orders.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return orders
    return orders.none()


def sales_visible_to(actor: Actor) -> QuerySet[Order]:
    """The orders that the actor's unit delivers to other units: they do not stand among what it buys."""
    if actor.kind != "buyer":
        return Order.objects.none()
    return Order.objects.filter(mode=UNIT, supplier_id=actor.organisation_id)


def names_the_person(act: str, actor: Actor) -> bool:
    """Whose decision it was within the buyer is not for the supplier: it deals with the organisation."""
    return actor.kind != "supplier" or act not in WITHIN_THE_BUYER


def facts_for(actor: Actor, act: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an act on an order as this actor may know them: the organisation in place of a person who stays within it."""
    if names_the_person(act, actor):
        return dict(facts)
    kept = {name: value for name, value in facts.items() if name not in (PERSON, "actor")}
    return {**kept, "actor": facts.get("organisation", "")}


TOLD_OF_FRAMEWORKS = Q(published_at__isnull=False)


def frameworks_visible_to(actor: Actor) -> QuerySet[Framework]:
    """A solicitor sees its own; buyers what they may buy under; suppliers what was solicited; a regulator what was handed in for review or filing."""
    found = Framework.objects.all()
    match actor.kind:
        case "buyer":
            return found.filter(Q(solicitor_id=actor.organisation_id) | (Q(signed_at__isnull=False) & Q(region_path__in=_line(actor))))
        case "supplier":
            return found.filter(TOLD_OF_FRAMEWORKS)
        case "regulator":
            here = Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/")
            return found.filter(here & Q(asked_at__isnull=False))
        case "operator" | "clock":
            return found
    return found.none()


def entries_visible_to(actor: Actor) -> QuerySet[FrameworkEntry]:
    """A supplier sees its own response; until the deadline nobody else does, not the solicitor, the regulator or the operator.
    Nothing competes in an open agreement: its applications are read as they come in.

    Buyers who only buy under the agreement see its parties.
    """
    found = FrameworkEntry.objects.exclude(state="withdrawn")
    opened = Q(package__framework__opened_at__isnull=False) | Q(package__framework__form="open")
    match actor.kind:
        case "supplier":
            return FrameworkEntry.objects.filter(supplier_id=actor.organisation_id)
        case "buyer":
            own = opened & Q(package__framework__solicitor_id=actor.organisation_id)
            return found.filter(own | (Q(signed_at__isnull=False) & Q(package__framework__region_path__in=_line(actor))))
        case "regulator":
            path = actor.region_path
            return found.filter(opened & (Q(region_path=path) | Q(region_path__startswith=path + "/")))
        case "operator" | "clock":
            return found.filter(opened)
    return found.none()


def dealers_visible_to(actor: Actor) -> QuerySet[FrameworkDealer]:
    """Party and dealer see all between them; others who see the party see who delivers or delivered for it."""
    found, told = FrameworkDealer.objects.all(), Q(accepted_at__isnull=False)
    if actor.kind == "supplier":
        return found.filter(Q(dealer_id=actor.organisation_id) | Q(entry__supplier_id=actor.organisation_id))
    return found.filter(told, entry__in=entries_visible_to(actor))


def calloffs_visible_to(actor: Actor) -> QuerySet[CallOff]:
    """The buyer and the solicitor; suppliers those that they were invited to or won; the region's regulators."""
    found = CallOff.objects.all()
    match actor.kind:
        case "buyer":
            return found.filter(Q(buyer_id=actor.organisation_id) | Q(package__framework__solicitor_id=actor.organisation_id))
        case "supplier":
            mine = list(
                FrameworkEntry.objects.filter(supplier_id=actor.organisation_id, signed_at__isnull=False).values_list("pk", flat=True)
            )
            invited = Q(invited__overlap=mine, mode__in=["bidding", "outside"])
            won = Q(outside_supplier_id=actor.organisation_id, state="awarded", entry=None)
            delivers = Q(dealer__dealer_id=actor.organisation_id, state="awarded")
            return found.filter(invited | Q(entry__in=mine) | Q(passed__overlap=mine) | won | delivers)
        case "regulator":
            return found.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return found
    return found.none()


def bids_visible_to(actor: Actor) -> QuerySet[CallOffBid]:
    """A party sees its own bid; while the time runs nobody sees another's, not the buyer, the regulator or the operator."""
    open_ = Q(calloff__state__in=["bidding", "voided"])  # of what was voided no bid is ever read
    if actor.kind == "supplier":
        return CallOffBid.objects.filter(Q(entry__supplier_id=actor.organisation_id) | (~open_ & Q(calloff__in=calloffs_visible_to(actor))))
    return CallOffBid.objects.filter(~open_, calloff__in=calloffs_visible_to(actor))


def _line(actor: Actor) -> list[str]:
    """The actor's region and those above it, by path."""
    codes = actor.region_path.split("/")
    return ["/".join(codes[:n]) for n in range(1, len(codes) + 1)]


def quotations_visible_to(actor: Actor) -> QuerySet[Quotation]:
    """The quotations that exist for this actor: what was published is for everybody to read, what a buyer still drafts is its own affair."""
    if actor.kind in ("operator", "clock"):
        return Quotation.objects.all()
    return Quotation.objects.filter(Q(published_at__isnull=False) | Q(buyer_id=actor.organisation_id, buyer__kind=actor.kind))


def batches_visible_to(actor: Actor) -> QuerySet[Batch]:
    """Buyers see the batches that they may take part in; suppliers those under agreements that they are a party to, or deliver orders of for one;
    regulators those of their regions.
    """
    found = Batch.objects.all()
    match actor.kind:
        case "buyer":
            return found.filter(Q(solicitor_id=actor.organisation_id) | Q(region_path__in=_line(actor)))
        case "supplier":
            mine = FrameworkEntry.objects.filter(supplier_id=actor.organisation_id, signed_at__isnull=False)
            delivers = BatchDemand.objects.filter(dealer__dealer_id=actor.organisation_id)
            return found.filter(Q(package__in=mine.values("package")) | Q(pk__in=delivers.values("batch")))
        case "regulator":
            here = Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/")
            return found.filter(here | Q(region_path__in=_line(actor)))
        case "operator" | "clock":
            return found
    return found.none()


def batch_demands_visible_to(actor: Actor) -> QuerySet[BatchDemand]:
    """The buyer's own and, for the solicitor, all; the winner those that it took, its dealer those that it delivers; regulators those of their
    region's buyers.
    """
    found = BatchDemand.objects.all()
    match actor.kind:
        case "buyer":
            return found.filter(Q(buyer_id=actor.organisation_id) | Q(batch__solicitor_id=actor.organisation_id))
        case "supplier":
            delivers = Q(dealer__dealer_id=actor.organisation_id)
            return found.filter(Q(batch__entry__supplier_id=actor.organisation_id) | delivers, state="ordered")
        case "regulator":
            path = actor.region_path
            whole = Q(batch__region_path=path) | Q(batch__region_path__startswith=path + "/")
            return found.filter(whole | Q(region_path=path) | Q(region_path__startswith=path + "/"))
        case "operator" | "clock":
            return found
    return found.none()


def batch_bids_visible_to(actor: Actor) -> QuerySet[BatchBid]:
    """A party sees its own bid; before the comparison nobody sees another's, not the solicitor, the regulator or the operator."""
    opened = Q(batch__compared_at__isnull=False, batch__in=batches_visible_to(actor))
    if actor.kind == "supplier":
        return BatchBid.objects.filter(Q(entry__supplier_id=actor.organisation_id) | opened)
    return BatchBid.objects.filter(opened)


def workorders_visible_to(actor: Actor) -> QuerySet[WorkOrder]:
    """The buyer and the solicitor; the supplier that is asked; the region's regulators."""
    found = WorkOrder.objects.all()
    match actor.kind:
        case "buyer":
            return found.filter(Q(buyer_id=actor.organisation_id) | Q(package__framework__solicitor_id=actor.organisation_id))
        case "supplier":
            return found.filter(entry__supplier_id=actor.organisation_id)
        case "regulator":
            return found.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return found
    return found.none()


def unit_requests_visible_to(actor: Actor) -> QuerySet[UnitRequest]:
    """The two units; the regulators of either's region."""
    found = UnitRequest.objects.all()
    match actor.kind:
        case "buyer":
            return found.filter(Q(buyer_id=actor.organisation_id) | Q(offer__seller_id=actor.organisation_id))
        case "regulator":
            path = actor.region_path
            own = Q(region_path=path) | Q(region_path__startswith=path + "/")
            return found.filter(own | Q(offer__region_path=path) | Q(offer__region_path__startswith=path + "/"))
        case "operator" | "clock":
            return found
    return found.none()
