"""Budget quotas per buyer and year, and the holds that orders lay on them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sunlit.foundation.accounts.models import Organisation


class BudgetQuota(models.Model):
    """An appropriation line. What is available is never stored: it is total - held - committed - spent, and never below zero."""

    # Identity
    number = models.TextField(unique=True)
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="budget_quotas")
    year = models.PositiveSmallIntegerField()
    name = models.TextField()
    economic_category = models.TextField(default="", blank=True)
    region_path = models.TextField(default="", blank=True)

    # Figures
    total = models.DecimalField(max_digits=16, decimal_places=2)
    held = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    committed = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    spent = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-year", "number"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gte=F("held") + F("committed") + F("spent")), name="available_is_never_negative"),
            models.CheckConstraint(condition=Q(held__gte=0) & Q(committed__gte=0) & Q(spent__gte=0), name="quota_figures_are_not_negative"),
        ]

    @property
    def available(self) -> Decimal:
        return self.total - self.held - self.committed - self.spent

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Hold(models.Model):
    """What one order takes from a quota: held, then committed at acceptance, then spent at payment; or released."""

    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="holds")
    reference = models.TextField(unique=True)  # "order/DD-…"
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    state = models.TextField(default="held")  # held, committed, spent, released
    held_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    spent_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-held_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_amount_is_positive"),
            models.CheckConstraint(condition=Q(state__in=["held", "committed", "spent", "released"]), name="hold_state_is_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["quota", "-held_at"], name="holds_of_a_quota")]


class QuotaChange(models.Model):
    """The history of a quota's total: import, raise, cut, with who and why."""

    quota = models.ForeignKey(BudgetQuota, models.CASCADE, related_name="changes")
    before = models.DecimalField(max_digits=16, decimal_places=2)
    after = models.DecimalField(max_digits=16, decimal_places=2)
    reason = models.TextField(default="", blank=True)
    by = models.TextField(default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
