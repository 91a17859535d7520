"""The electronic marketplace: carts, orders with their frozen product snapshots, dispatches and returns."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.catalog.models import Offer, Product
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class CartLine(models.Model):
    """What a person means to order, with the price that was seen when it was put in."""

    user = models.ForeignKey(User, models.CASCADE, related_name="cart_lines")
    buyer = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    offer = models.ForeignKey(Offer, models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    price_seen = models.DecimalField(max_digits=16, decimal_places=2)
    direct = models.BooleanField(default=False, db_default=False)  # bought direct from the manufacturer
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["offer__supplier_id", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "buyer", "offer"], name="an_offer_once_in_a_cart"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_quantity_is_positive"),
        ]


class CartPlan(models.Model):
    """The plan that a person's cart is filled for, until it is dropped: whoever signs in again goes on where the cart was left."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    buyer = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "buyer"], name="a_cart_is_filled_for_one_plan")]


class Favourite(models.Model):
    """A product or a supplier that a buyer wants to find again."""

    buyer = models.ForeignKey(Organisation, models.CASCADE, related_name="favourites")
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    supplier = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["buyer", "product"], condition=Q(product__isnull=False), name="a_product_once_among_favourites"
            ),
            models.UniqueConstraint(
                fields=["buyer", "supplier"], condition=Q(supplier__isnull=False), name="a_supplier_once_among_favourites"
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True) ^ Q(supplier__isnull=True), name="favourite_is_a_product_or_a_supplier"
            ),
        ]


class Order(Living):
    """A purchase from one supplier. What was bought, at what price and where to, is frozen in it."""

    # Identity
    mode = models.TextField(default="supermarket")
    origin = models.TextField(
        default="", db_default="", blank=True
    )  # the number of the paper it was won by; none for a purchase off the shelf
    checkout_key = models.TextField()  # one checkout makes one order a supplier
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="orders_placed")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="orders_received")
    orderer = models.ForeignKey(User, models.PROTECT, related_name="+")
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, related_name="+"
    )  # what it was placed for; none is needed below the threshold
    parties = ArrayField(models.TextField(), default=list)  # the numbers of buyer and supplier, told in every act

    # Content
    total = models.DecimalField(max_digits=16, decimal_places=2)
    contents_hash = models.TextField()  # digest of the lines' snapshots, quantities and prices
    delivery = models.JSONField()  # receiver, phone, address, region
    invoice_title = models.JSONField()  # title, tax number
    note = models.TextField(default="", blank=True)
    purpose = models.TextField(default="", blank=True)
    rulings = models.JSONField(default=list)
    explanation = models.TextField(default="", db_default="", blank=True)  # why it was placed although a warning of splitting was given
    delivery_days = models.PositiveSmallIntegerField(default=0)

    # Life
    placed_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirm_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    deliver_until = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    receive_until = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    receiver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    accept_until = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    invoice_until = models.DateTimeField(null=True)
    invoiced_at = models.DateTimeField(null=True)
    pay_until = models.DateTimeField(null=True)
    paying_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    rate_until = models.DateTimeField(null=True)
    rated_at = models.DateTimeField(null=True)
    reply_until = models.DateTimeField(null=True)  # of the supplier, to its rating
    answer_until = models.DateTimeField(null=True)  # the term of whoever must answer now: approval, cancellation, return, exchange
    ended_at = models.DateTimeField(null=True)
    reminded = models.TextField(
        default="", blank=True
    )  # the state in which a reminder of lateness went out; with ":invoice" where the supplier's came first

    # Outcome
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "buyer_id", "supplier_id", "quota_id", "total", "contents_hash", "delivery", "invoice_title", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gt=0), name="order_total_is_positive"),
            models.UniqueConstraint(fields=["checkout_key", "supplier"], name="one_order_per_checkout_and_supplier"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "state", "-id"], name="orders_of_a_buyer"),
            models.Index(fields=["supplier", "state", "-id"], name="orders_of_a_supplier"),
            models.Index(fields=["region_path", "-id"], name="orders_of_a_region"),
            models.Index(fields=["-ended_at"], condition=Q(state__in=["paid", "rated", "closed"]), name="deals"),
            models.Index(fields=["confirm_until"], condition=Q(state="placed"), name="orders_to_lapse"),
            models.Index(fields=["deliver_until"], condition=Q(state__in=["confirmed", "partly_dispatched"]), name="orders_to_deliver"),
            models.Index(fields=["receive_until"], condition=Q(state="dispatched"), name="orders_to_receive"),
            models.Index(fields=["accept_until"], condition=Q(state="received"), name="orders_to_accept"),
            models.Index(fields=["invoice_until"], condition=Q(state="accepted"), name="orders_to_invoice"),
            models.Index(fields=["reply_until"], condition=Q(state__in=["rated", "closed"]), name="orders_to_reply"),
            models.Index(fields=["pay_until"], condition=Q(state__in=["accepted", "invoiced"]), name="orders_to_pay"),
            models.Index(
                fields=["answer_until"],
                condition=Q(state__in=["awaiting_approval", "cancel_asked", "rejected", "returning", "exchanging"]),
                name="orders_to_answer",
            ),
            models.Index(fields=["rate_until"], condition=Q(state__in=["paid", "rated"]), name="orders_to_close"),
        ]

    @property
    def known_to(self) -> list[str]:
        """The parties that know of the order: the supplier from the moment its time to confirm runs, not while the buyer still decides."""
        return self.parties if self.confirm_until else self.parties[:1]


class OrderLine(models.Model):
    """One product of an order with its snapshot: name, parameters, price and image as they were."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="+")  # none where it was not won with one of the library
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    category_code = models.TextField()
    snapshot = models.JSONField()
    price = models.DecimalField(max_digits=16, decimal_places=2)
    median = models.DecimalField(
        max_digits=16, decimal_places=2, null=True
    )  # of the same product's offers then; none: not written down yet
    quantity = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    dispatched = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["order", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="order_positions_are_counted"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_quantity_is_positive"),
            models.CheckConstraint(condition=Q(amount=F("price") * F("quantity")), name="order_amount_is_price_times_quantity"),
            models.CheckConstraint(condition=Q(dispatched__lte=F("quantity")), name="not_more_dispatched_than_ordered"),
            models.CheckConstraint(condition=Q(accepted__lte=F("quantity")), name="not_more_accepted_than_ordered"),
        ]
        indexes: ClassVar = [models.Index(fields=["product", "-id"], name="deals_of_a_product")]


class Dispatch(models.Model):
    """One parcel: carrier, waybill and what is in it."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="dispatches")
    carrier = models.TextField()
    waybill = models.TextField()
    contents = models.JSONField()  # {position: quantity}
    paper = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")  # the signed sheet of the handover
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "waybill"], name="a_waybill_once_per_order")]


class Return(models.Model):
    """Goods on their way back: for money (return) or for other goods (exchange)."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="returns")
    kind = models.TextField()  # return, exchange
    reason = models.TextField()
    photos = models.ManyToManyField(File, related_name="+", blank=True)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["asked_at", "id"]


deadlines.runs(Order, "confirm_until", "placed")
deadlines.runs(Order, "deliver_until", "confirmed", "partly_dispatched")
deadlines.runs(Order, "receive_until", "dispatched")
deadlines.runs(Order, "accept_until", "received")
deadlines.runs(Order, "invoice_until", "accepted")
deadlines.runs(Order, "pay_until", "accepted", "invoiced")
deadlines.runs(Order, "reply_until", "rated", "closed")
deadlines.runs(Order, "rate_until", "paid", "rated")
deadlines.runs(Order, "answer_until", "awaiting_approval", "cancel_asked", "rejected", "returning", "exchanging")
