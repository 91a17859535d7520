"""The life of a payment."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.domain.contracts.models import Payment
from sunlit.foundation.access import Grant, clock, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger import sentences
from sunlit.foundation.lifecycle import Life, Move

ORDERED, SENT, PAID, FAILED = "ordered", "sent", "paid", "failed"


def _is_buyers_finance(actor: Actor, payment: Payment) -> bool:
    return holds("finance", of="buyer_id").allows(actor, payment.order)


finance = Grant("buyer's finance", _is_buyers_finance, holds("finance", of="buyer_id").told)

payment = Life(
    "payment",
    Payment,
    [
        Move("order", (), ORDERED, finance, _("{actor} ordered payment {number} of ¥{amount}"), _("Order the payment")),
        Move("send", ORDERED, SENT, clock, _("Payment {number} was sent to the bank"), _("Send"), (), "sent_at"),
        Move(
            "settle", (ORDERED, SENT), PAID, clock, _("The bank settled payment {number}, receipt {receipt}"), _("Settle"), (), "settled_at"
        ),
        Move("fail", (ORDERED, SENT), FAILED, clock, _("The bank refused payment {number}: {reason}"), _("Fail"), (), "settled_at"),
    ],
    states={ORDERED: _("ordered"), SENT: _("with the bank"), PAID: _("paid"), FAILED: _("failed")},
)

sentences.say("rating.reply", _("{actor} of {organisation} answered the rating of order {number}"))
sentences.say("payment.take_over_many", _("{organisation} took over {count} payments with {number}; digest {digest}"))
