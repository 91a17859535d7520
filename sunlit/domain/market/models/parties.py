"""What the parties of a framework agreement bring in: dealers that deliver for them, and better products for no more money."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from sunlit.domain.market.models.frameworks import FrameworkEntry
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class FrameworkDealer(Living):
    """Who takes and delivers orders for a party (代理商); what it does binds the party, which stays responsible (110号令, 财库〔2022〕17号 §7)."""

    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, related_name="dealers")
    dealer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    regions = ArrayField(models.TextField(), default=list)  # codes of where it delivers; none: everywhere under the agreement
    area = models.TextField()  # the same in words
    paper = models.ForeignKey(File, models.PROTECT, related_name="+")  # what the party authorised it by

    named_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "entry_id", "dealer_id", "regions", "area", "reason")

    class Meta:
        ordering: ClassVar = ["entry", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "dealer"], condition=Q(state__in=["named", "active"]), name="a_dealer_is_named_once")
        ]
        indexes: ClassVar = [models.Index(fields=["dealer", "-id"], name="dealings_of_a_supplier")]


class FrameworkUpgrade(Living):
    """A party offers a newer product in place of the agreed one: not worse, parameter by parameter, and not dearer."""

    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, related_name="upgrades")
    name = models.TextField()
    brand = models.TextField(default="", blank=True)
    model = models.TextField(default="", blank=True)
    description = models.TextField()
    price = models.DecimalField(max_digits=16, decimal_places=2)
    comparison = models.JSONField()  # [{parameter, before, after}]
    replaced = models.JSONField()  # what was agreed until then: name, brand, model, description, price
    proof = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")

    asked_at = models.DateTimeField()
    decide_until = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "entry_id", "name", "brand", "model", "description", "price", "comparison", "replaced", "reason")

    class Meta:
        ordering: ClassVar = ["entry", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry"], condition=Q(state="asked"), name="one_upgrade_at_a_time"),
            models.CheckConstraint(condition=Q(price__gt=0), name="upgrade_price_is_positive"),
        ]

    @property
    def replaced_price(self) -> Decimal:
        """What was agreed until then."""
        return Decimal(self.replaced["price"])


deadlines.runs(FrameworkUpgrade, "decide_until", "asked")
