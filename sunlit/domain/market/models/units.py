"""Unit-to-unit purchase (单位直购): what one budget unit has for others, and what another asks of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sunlit.domain.catalog.models import Category
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class UnitOffer(Living):
    """Something that a unit has for other units: surplus equipment, its printing house, its rooms, its laboratory. Its row is the lock of what is left."""

    # Who, and what
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="unit_offers")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    title = models.TextField()
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    description = models.TextField()
    unit = models.TextField()
    quantity = models.PositiveIntegerField()
    delivery_days = models.PositiveSmallIntegerField()

    # At what price, and on what it rests
    price = models.DecimalField(max_digits=16, decimal_places=2)  # of one
    basis = models.TextField()  # cost, appraisal, tariff
    basis_amount = models.DecimalField(max_digits=16, decimal_places=2)  # of one, as the paper says
    basis_paper = models.TextField()
    paper = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")  # that paper itself, public with the offer
    asset = models.BooleanField(default=False)  # a state asset, not a service or a product of the unit
    approval = models.TextField(default="", blank=True)  # of the disposal

    # For whom, until when
    scope_path = models.TextField()  # units of this region and below it
    valid_until = models.DateTimeField()
    rulings = models.JSONField(default=list)
    published_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    sealed = (
        "number",
        "state",
        "seller_id",
        "title",
        "category_id",
        "quantity",
        "price",
        "basis",
        "basis_amount",
        "basis_paper",
        "approval",
        "scope_path",
        "valid_until",
        "reason",
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price__gt=0, basis_amount__gt=0, quantity__gt=0), name="a_unit_offers_something"),
            models.CheckConstraint(condition=Q(basis__in=["cost", "appraisal", "tariff"]), name="basis_of_a_price_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["seller", "-id"], name="offers_of_a_unit"),
            models.Index(fields=["valid_until"], condition=Q(state="offered"), name="unit_offers_in_term"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def left(self) -> int:
        """What nobody asked for yet, where `queries.units` counted what is taken."""
        return self.quantity - int(getattr(self, "taken", 0))


class UnitRequest(Living):
    """What another unit asks for, with its money held. Confirmed, it becomes an order; else the money is free."""

    offer = models.ForeignKey(UnitOffer, models.PROTECT, related_name="requests")
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    orderer = models.ForeignKey(User, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=16, decimal_places=2)  # of one, as it was offered
    amount = models.DecimalField(max_digits=16, decimal_places=2)

    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    terms = models.JSONField()  # delivery, invoice_title, purpose, note, plan
    rulings = models.JSONField(default=list)

    requested_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)
    order_number = models.TextField(default="", blank=True)

    sealed = ("number", "state", "offer_id", "buyer_id", "quantity", "price", "amount", "quota_id", "order_number", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount=F("price") * F("quantity")), name="a_request_is_price_times_quantity"
            ),
            models.CheckConstraint(condition=~Q(state="confirmed") | ~Q(order_number=""), name="what_is_confirmed_has_its_order"),
            models.UniqueConstraint(fields=["offer", "buyer"], condition=Q(state="requested"), name="a_unit_asks_once_at_a_time"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="unit_requests_of_a_buyer"),
            models.Index(fields=["answer_until"], condition=Q(state="requested"), name="unit_requests_to_answer"),
        ]

    @property
    def seller_id(self) -> int:
        return self.offer.seller_id

    @property
    def reference(self) -> str:
        """Under which its money lies until it is an order."""
        return f"unit/{self.number}"


deadlines.runs(UnitOffer, "valid_until", "offered")
deadlines.runs(UnitRequest, "answer_until", "requested")
