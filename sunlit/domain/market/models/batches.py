"""Batch purchasing (批量集中采购): buyers' demands for one configuration pooled by period, and what the parties of the agreement bid for all of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.market.models.frameworks import FrameworkEntry, Package
from sunlit.domain.market.models.parties import FrameworkDealer
from sunlit.domain.market.models.stops import Stoppable
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.lifecycle import Living

RUNNING = ["collecting", "pooled", "bidding", "compared", "offered"]


class Batch(Stoppable):
    """One period of one package. `until` is the end of the stage that it is in; who acts until then is told by its state."""

    # Identity
    package = models.ForeignKey(Package, models.PROTECT, related_name="batches")
    solicitor = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    period = models.TextField()  # 2026-04, 2026-Q2, 2026-H1

    # What is bought
    configuration = models.TextField()
    cap = models.DecimalField(max_digits=16, decimal_places=2)  # of one: the highest price of the agreement at the opening
    least = models.PositiveSmallIntegerField()  # parties that it takes
    pooled = models.PositiveIntegerField(default=0)  # what was confirmed when the period closed

    # Who may bid, and whose turn was over
    invited = ArrayField(models.BigIntegerField(), default=list)  # entries
    passed = ArrayField(models.BigIntegerField(), default=list)  # entries that won and did not take it, in their order

    # Life
    until = models.DateTimeField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)
    awarded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Outcome
    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, null=True, related_name="batches")  # the lowest that conforms
    price = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    ordered = models.PositiveIntegerField(default=0)
    cause = models.TextField(default="", blank=True)  # why it came to nothing
    reason = models.TextField(default="", blank=True)

    stands_still = ("until",)

    sealed = (
        "number",
        "state",
        "period",
        "configuration",
        "cap",
        "pooled",
        "invited",
        "passed",
        "until",
        "entry_id",
        "price",
        "ordered",
        "cause",
        "reason",
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["package", "period"], condition=Q(state__in=[*RUNNING, "awarded"]), name="one_batch_a_package_and_period"
            ),
            models.CheckConstraint(condition=Q(cap__gt=0), name="batch_cap_is_positive"),
            models.CheckConstraint(condition=Q(price__isnull=True) | Q(price__lte=F("cap")), name="batch_price_is_within_its_cap"),
            models.CheckConstraint(condition=Q(ordered__lte=F("pooled")), name="no_more_is_ordered_than_was_pooled"),
            models.CheckConstraint(
                condition=~Q(state="awarded") | (Q(entry__isnull=False) & Q(price__isnull=False) & Q(ordered__gt=0)),
                name="an_awarded_batch_has_its_winner",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(cause=""), name="a_failed_batch_says_why"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["until"], condition=Q(state__in=RUNNING), name="batches_to_go_on"),
            models.Index(fields=["region_path", "-id"], name="batches_of_a_region"),
        ]

    def __str__(self) -> str:
        return f"{self.package} {self.period}"


class BatchDemand(Living):
    """What one buyer wants of a batch, with the money held for it at the cap. An award turns it into an order of its own."""

    # Identity
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="demands")
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    orderer = models.ForeignKey(User, models.PROTECT, related_name="+")

    # What, with whose money, on which terms
    quantity = models.PositiveIntegerField()
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")  # none: below the threshold the rule needs none
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    terms = models.JSONField()  # delivery, invoice_title, purpose, note
    rulings = models.JSONField(default=list)

    # Life
    submitted_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Outcome
    order_number = models.TextField(default="", blank=True)
    dealer = models.ForeignKey(FrameworkDealer, models.PROTECT, null=True, related_name="+")  # who takes the order for the winner
    cause = models.TextField(default="", blank=True)  # why nothing came of it
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "buyer_id", "quantity", "plan_id", "quota_id", "order_number", "dealer_id", "cause", "reason")

    class Meta:
        ordering: ClassVar = ["batch", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["batch", "buyer"], condition=Q(state__in=["submitted", "confirmed", "ordered"]), name="one_demand_a_batch_and_buyer"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="batch_demand_is_positive"),
            models.CheckConstraint(condition=~Q(state="ordered") | ~Q(order_number=""), name="an_ordered_demand_has_its_order"),
            models.CheckConstraint(condition=~Q(state__in=["lapsed", "returned"]) | ~Q(cause=""), name="a_returned_demand_says_why"),
        ]
        indexes: ClassVar = [models.Index(fields=["buyer", "-id"], name="batch_demands_of_a_buyer")]

    @property
    def reference(self) -> str:
        """The hold of the money that lies ready until the orders are placed."""
        return f"batch/{self.number}"


class BatchBid(models.Model):
    """What one party bids for all that was pooled: one unit price, changed until the deadline, unseen by everybody else until then.

    The ledger keeps a digest of supplier, price and the random `nonce` of every bid: it proves afterwards what came in when, and tells nothing before.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="bids")
    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=16, decimal_places=2)
    note = models.TextField(default="", blank=True)  # how it meets the configuration
    nonce = models.TextField()
    at = models.DateTimeField()
    cause = models.TextField(default="", blank=True)  # why it was excluded
    reason = models.TextField(default="", blank=True)

    class Meta:
        ordering: ClassVar = ["batch", "price", "at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "entry"], name="one_batch_bid_a_party"),
            models.CheckConstraint(condition=Q(price__gt=0), name="batch_bid_is_positive"),
        ]


deadlines.runs(Batch, "until", *RUNNING)
