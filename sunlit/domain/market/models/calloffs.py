"""The second stage of a framework agreement: what one buyer buys under it, how its supplier is found, and who bid."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from sunlit.domain.market.models.frameworks import FrameworkEntry, Package
from sunlit.domain.market.models.parties import FrameworkDealer
from sunlit.domain.market.models.stops import Stoppable
from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File


class CallOff(Stoppable):
    """One purchase under a package: by direct selection, second bidding, rotation, or outside the list when the same is cheaper there."""

    # Identity
    package = models.ForeignKey(Package, models.PROTECT, related_name="calloffs")
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    orderer = models.ForeignKey(User, models.PROTECT, related_name="+")
    mode = models.TextField()  # direct, bidding, rotation, outside

    # What is bought, and on which terms
    quantity = models.PositiveIntegerField()
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    terms = models.JSONField()  # delivery, invoice_title, purpose, note
    rulings = models.JSONField(default=list)
    reason = models.TextField(default="", blank=True)  # why this supplier, or why it was withdrawn

    # Who may answer, and until when
    invited = ArrayField(models.BigIntegerField(), default=list)  # entries: all parties of the package
    passed = ArrayField(models.BigIntegerField(), default=list)  # entries whose turn came and went, in their order
    answer_until = models.DateTimeField(null=True)

    # The cheaper offer from outside the list
    outside_supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    outside_price = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    proof = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")

    # Outcome
    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, null=True, related_name="calloffs")  # whose turn it is, or who won
    dealer = models.ForeignKey(FrameworkDealer, models.PROTECT, null=True, related_name="+")  # who takes the order for the party
    price = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    order_number = models.TextField(default="", blank=True)
    begun_at = models.DateTimeField()
    awarded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    stands_still = ("answer_until",)

    sealed = (
        "number",
        "state",
        "mode",
        "buyer_id",
        "quantity",
        "answer_until",
        "outside_price",
        "entry_id",
        "dealer_id",
        "price",
        "order_number",
        "reason",
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(mode__in=["direct", "bidding", "rotation", "outside"]), name="calloff_mode_is_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="calloff_quantity_is_positive"),
            models.CheckConstraint(condition=~Q(state="awarded") | ~Q(order_number=""), name="an_award_has_its_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="calloffs_of_a_buyer"),
            models.Index(fields=["answer_until"], condition=Q(state__in=["bidding", "offered"]), name="calloffs_to_settle"),
        ]

    @property
    def reference(self) -> str:
        """The hold of the money that lies ready while a supplier is found."""
        return f"calloff/{self.number}"


class CallOffBid(models.Model):
    """What one party bid for a call-off: one unit price, changed until the deadline, unseen by everybody else until then.

    The ledger keeps a digest of supplier, price and the random `nonce` of every bid: it proves afterwards what came in when, and tells nothing before.
    """

    calloff = models.ForeignKey(CallOff, models.PROTECT, related_name="bids")
    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, related_name="+")
    dealer = models.ForeignKey(FrameworkDealer, models.PROTECT, null=True, related_name="+")  # who would deliver for it
    price = models.DecimalField(max_digits=16, decimal_places=2)
    nonce = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["calloff", "price", "at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["calloff", "entry"], name="one_bid_a_party"),
            models.CheckConstraint(condition=Q(price__gt=0), name="bid_is_positive"),
        ]


deadlines.runs(CallOff, "answer_until", "bidding", "offered")
