"""From goods to money: acceptance sheets, invoices, payments and ratings."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sunlit.domain.market.models import Order
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class AcceptanceSheet(models.Model):
    """The itemised acceptance certificate (条例45), with evidence photos."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="acceptance_sheets")
    accepted = models.BooleanField()
    items = models.JSONField()  # [{position, quantity, conforms, remark}]
    forms = models.JSONField(default=list, db_default=[])  # [{template, digest, positions, values}]: the categories' templates, filled in
    remark = models.TextField(default="", blank=True)
    photos = models.ManyToManyField(File, related_name="+", blank=True)
    inspector = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]


class Invoice(models.Model):
    """The supplier's invoice for an accepted order."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="invoice")
    supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    number = models.TextField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    issued_on = models.DateField()
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="invoice_amount_is_positive"),
            models.UniqueConstraint(fields=["supplier", "number"], name="an_invoice_pays_one_order"),
        ]


class Payment(Living):
    """One order to the bank to pay; a payment that bounced is followed by a new one."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    payee = models.TextField()
    payee_account = models.TextField(default="", blank=True)
    ordered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)  # when the bank was last asked what became of it
    settled_at = models.DateTimeField(null=True)
    receipt = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "order_id", "amount", "receipt", "reason")

    class Meta:
        ordering: ClassVar = ["ordered_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_is_positive"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=["ordered", "sent", "paid"]), name="one_running_payment_per_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                F("asked_at").asc(nulls_first=True),
                "ordered_at",
                "id",
                condition=Q(state__in=["ordered", "sent"]),
                name="payments_to_ask_about",
            )
        ]


class Rating(models.Model):
    """What a buyer says of a supplier after a deal, by fixed criteria, with the supplier's reply."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="rating")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="ratings")
    quality = models.PositiveSmallIntegerField()
    delivery = models.PositiveSmallIntegerField()
    service = models.PositiveSmallIntegerField()
    comment = models.TextField(default="", blank=True)
    at = models.DateTimeField()
    reply = models.TextField(default="", blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quality__range=(1, 5)) & Q(delivery__range=(1, 5)) & Q(service__range=(1, 5)), name="stars_are_one_to_five"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["supplier", "-at"], name="ratings_of_a_supplier")]

    @property
    def stars(self) -> Decimal:
        """The mean of the three criteria, one decimal."""
        return (Decimal(self.quality + self.delivery + self.service) / 3).quantize(Decimal("0.1"))
