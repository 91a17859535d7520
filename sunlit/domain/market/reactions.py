"""What happens by itself around orders: messages to those who must act, and the clock's rounds."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from sunlit.domain.catalog import services as catalog
from sunlit.domain.catalog.events import ProductsMerged
from sunlit.domain.market import queries, services
from sunlit.domain.market.events import OrderMoved
from sunlit.domain.market.models import Order
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import services as messages
from sunlit.foundation.messages import templates
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_minute_when_well

BUYER, SUPPLIER = "buyer", "supplier"

# verb → (who is told, in which roles, the sentence)
TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "request": ((BUYER, ("lead",), _("Order {number} over {total:yuan} waits for your approval.")),),
    "place": ((SUPPLIER, ("sales", "admin"), _("New order {number} over {total:yuan}: please confirm it in time.")),),
    "award": (
        (SUPPLIER, ("sales", "admin"), _("You won order {number} over {total:yuan}: please confirm it in time.")),
        (BUYER, ("orderer", "lead"), _("Order {number} over {total:yuan} went to the winner.")),
    ),
    "approve": (
        (SUPPLIER, ("sales", "admin"), _("New order {number} over {total:yuan}: please confirm it in time.")),
        (BUYER, ("orderer",), _("Order {number} was approved and went to the supplier.")),
    ),
    "disapprove": ((BUYER, ("orderer",), _("Order {number} was not approved: {reason}")),),
    "confirm": ((BUYER, ("orderer", "receiver"), _("The supplier confirmed order {number}.")),),
    "decline": ((BUYER, ("orderer", "lead"), _("The supplier declined order {number}: {reason}")),),
    "lapse": (
        (BUYER, ("orderer", "lead"), _("Order {number} lapsed: the supplier did not answer in time. Your budget is free again.")),
        (SUPPLIER, ("sales", "admin"), _("Order {number} lapsed because it was not confirmed in time.")),
    ),
    "withdraw": ((SUPPLIER, ("sales", "admin"), _("The buyer withdrew order {number}: {reason}")),),
    "ask_cancel": ((SUPPLIER, ("sales", "admin"), _("The buyer asks to cancel order {number}: {reason}")),),
    "agree_cancel": ((BUYER, ("orderer", "lead"), _("Order {number} is cancelled by agreement.")),),
    "refuse_cancel": ((BUYER, ("orderer", "lead"), _("The supplier did not agree to cancel order {number}: {reason}")),),
    "dispatch_part": ((BUYER, ("receiver", "orderer"), _("A part of order {number} is on its way.")),),
    "dispatch": ((BUYER, ("receiver", "orderer"), _("Order {number} is on its way: please confirm the receipt.")),),
    "redeliver": ((BUYER, ("receiver", "orderer"), _("Other goods for order {number} are on their way.")),),
    "accept": ((SUPPLIER, ("finance", "sales", "admin"), _("Order {number} was accepted: please send the invoice.")),),
    "reject": ((SUPPLIER, ("sales", "admin"), _("The delivery of order {number} was rejected: {reason}")),),
    "ask_return": ((SUPPLIER, ("sales", "admin"), _("The goods of order {number} come back to you: {reason}")),),
    "ask_exchange": ((SUPPLIER, ("sales", "admin"), _("The buyer asks for an exchange of the goods of order {number}: {reason}")),),
    "take_back": ((BUYER, ("orderer", "receiver"), _("The supplier took back the goods of order {number}. Your budget is free again.")),),
    "invoice": ((BUYER, ("finance",), _("The invoice for order {number} is there: {total:yuan} to pay.")),),
    "pay": (
        (SUPPLIER, ("finance", "sales", "admin"), _("Order {number} was paid: {total:yuan}.")),
        (BUYER, ("orderer",), _("Order {number} was paid. Please rate the supplier.")),
    ),
    "bounce": ((BUYER, ("finance",), _("The bank did not pay order {number}: {reason}")),),
    "rate": ((SUPPLIER, ("sales", "admin"), _("Order {number} was rated by the buyer.")),),
    "remind_supplier": ((SUPPLIER, ("sales", "admin"), _("The goods of order {number} were due: please dispatch them.")),),
    "remind_receiver": ((BUYER, ("receiver", "orderer"), _("Receipt or acceptance of order {number} was due: please look at it.")),),
    "remind_buyer_to_answer": ((BUYER, ("lead", "receiver"), _("Order {number} waits for your answer, which was due.")),),
    "remind_supplier_to_answer": ((SUPPLIER, ("sales", "admin"), _("Order {number} waits for your answer, which was due.")),),
    "remind_payer": (
        (SUPPLIER, ("finance", "sales", "admin"), _("The invoice or payment of order {number} was due: please look at it.")),
        (BUYER, ("finance",), _("The invoice or payment of order {number} was due: please look at it.")),
    ),
}

for _verb, _lines in TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"order.{_verb}.{_whom}", title=_text, mail=_verb in ("request", "place", "award", "approve", "lapse"))


@hears(OrderMoved)
def tell_who_must_act(event: OrderMoved) -> None:
    """Put the news into the inboxes of the other side, once."""
    for whom, roles, _text in TOLD.get(event.verb, ()):
        if whom == SUPPLIER and not Order.objects.filter(number=event.number, confirm_until__isnull=False).exists():
            continue  # it never went to the supplier: the buyer decided against it before
        messages.tell(
            template=f"order.{event.verb}.{whom}",
            organisation_id=event.buyer_id if whom == BUYER else event.supplier_id,
            roles=roles,
            params={"number": event.number, "total": event.total, "reason": event.reason},
            link=f"/{whom}/orders/{event.number}/",
            at=clock.now(),
            dedupe=f"order/{event.number}/{event.verb}/{event.version}",
        )


@hears(ProductsMerged)
def keep_what_it_became(event: ProductsMerged) -> None:
    """Favourites follow a product into the one that it became part of."""
    services.follow_favourites(event.merged_id, event.into_id)


@every_minute_when_well
def make_the_round() -> None:
    """Lapse, remind and close what is due; after downtime it simply catches up."""
    at = clock.now()
    services.lapse_due(at)
    services.remind_due(at)
    services.close_due(at)


# Orders take goods from the shelves, and those that end without a deal put them back: the search reads these products again.
SHELF_ACTS = ("request", "place", "disapprove", "withdraw", "decline", "agree_cancel", "lapse", "take_back")
catalog.concerns((f"order.{verb}" for verb in SHELF_ACTS), queries.products_of)
