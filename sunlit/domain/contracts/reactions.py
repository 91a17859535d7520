"""What happens by itself around money: payments go to the bank, ratings reach the supplier's standing, and unsettled payments are asked after."""

from __future__ import annotations

from django.db.models import Count, F, Sum
from django.utils.translation import gettext_noop as _

from sunlit.domain.catalog import queries as goods
from sunlit.domain.catalog import services as catalog
from sunlit.domain.contracts import queries, services
from sunlit.domain.contracts.events import PaymentOrdered, Rated
from sunlit.domain.contracts.models import Payment, Rating
from sunlit.domain.market import queries as market
from sunlit.domain.registry import services as registry
from sunlit.foundation.gateways.bank import the_bank
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.services import tell
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_day, every_minute

UNIT, UNIT_SELLERS = "unit", ("orderer", "lead")
REPLY_DUE = templates.declare("rating.reply_due", title=_("You may reply to the rating of order {number} until {until:at}"))


@hears(PaymentOrdered)
def send_to_the_bank(event: PaymentOrdered) -> None:
    """Hand the payment to the bank; told twice, the bank still pays once. An unreachable bank is tried again."""
    payment = Payment.objects.select_related("order__buyer").get(number=event.number)
    if payment.state == "ordered":
        services.send(payment, bank=the_bank(), at=clock.now())


@hears(Rated)
def keep_the_standing(event: Rated) -> None:
    """What buyers said of the supplier, counted anew from all its ratings."""
    points = F("quality") + F("delivery") + F("service")
    said = Rating.objects.filter(supplier_id=event.supplier_id).aggregate(count=Count("id"), points=Sum(points))
    registry.set_ratings(event.supplier_id, count=said["count"], points=said["points"] or 0)


@every_day
def remind_of_replies() -> None:
    """A supplier that has not answered its rating is told before its time is over."""
    at = clock.now()
    for it in queries.replies_due(at=at):
        of_unit = it.order.mode == UNIT
        tell(
            template=REPLY_DUE.key,
            at=at,
            dedupe=f"rating/{it.order.number}/reply",
            organisation_id=it.supplier_id,
            roles=UNIT_SELLERS if of_unit else ("sales", "admin"),
            params={"number": it.order.number, "until": it.order.reply_until.isoformat() if it.order.reply_until else ""},
            link=f"/buyer/unit-sales/{it.order.number}/" if of_unit else "/supplier/ratings/",
        )


@every_minute
def ask_after_payments() -> None:
    """Ask the bank about what is not settled yet."""
    services.settle_due(bank=the_bank(), at=clock.now())


# What buyers said lifts the products they bought: the search asks for it, and reads the products of a rated order again.
goods.rated_by(queries.stars_of_products)
catalog.concerns(["order.rate"], market.products_of)
