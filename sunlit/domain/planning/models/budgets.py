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
    project = models.TextField(default="", db_default="", blank=True)  # 预算项目: number and name as the finance system writes them
    economic_category = models.TextField(default="", blank=True)  # 部门预算支出经济分类
    region_path = models.TextField(default="", blank=True)

    # Figures
    total = models.DecimalField(max_digits=16, decimal_places=2)
    held = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    committed = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    spent = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    created_at = models.DateTimeField()

    # Life: a year is closed, and what is left of a quota may go on once, into one quota of the next year
    closed_at = models.DateTimeField(null=True)
    predecessor = models.OneToOneField("self", models.PROTECT, null=True, related_name="successor")

    class Meta:
        ordering: ClassVar = ["-year", "number"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gte=0), name="quota_total_is_not_negative"),
            models.CheckConstraint(condition=Q(total__gte=F("held") + F("committed") + F("spent")), name="available_is_never_negative"),
            models.CheckConstraint(condition=Q(held__gte=0) & Q(committed__gte=0) & Q(spent__gte=0), name="quota_figures_are_not_negative"),
        ]

    @property
    def available(self) -> Decimal:
        return self.total - self.held - self.committed - self.spent

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Hold(models.Model):
    """What one order takes from a quota: held, then committed at acceptance, then spent by its payments; or released.

    Of the amount, `paid` was spent and `released` was given back; what is left is open. A quota's figures are always the sums over its holds:
    held and committed are what is open in that state, spent is what was paid.
    """

    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="holds")
    reference = models.TextField(unique=True)  # "order/DD-…"
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    paid = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00"))
    released = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00"))
    state = models.TextField(default="held")  # held, committed, spent, released
    carried_from = models.ForeignKey(BudgetQuota, models.PROTECT, null=True, related_name="carried_holds")  # the quota of the year before
    held_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    spent_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    @property
    def open(self) -> Decimal:
        return self.amount - self.paid - self.released

    class Meta:
        ordering: ClassVar = ["-held_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_amount_is_positive"),
            models.CheckConstraint(condition=Q(state__in=["held", "committed", "spent", "released"]), name="hold_state_is_known"),
            models.CheckConstraint(
                condition=Q(paid__gte=0, released__gte=0, amount__gte=F("paid") + F("released")), name="hold_is_not_paid_over"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["held", "committed"]) | Q(amount=F("paid") + F("released")), name="ended_hold_has_nothing_open"
            ),
            models.CheckConstraint(condition=~Q(state="held") | Q(paid=0), name="nothing_is_paid_before_acceptance"),
        ]
        indexes: ClassVar = [models.Index(fields=["quota", "-held_at"], name="holds_of_a_quota")]


class QuotaChange(models.Model):
    """The history of a quota's total: import, adjustment, transfer, carry-over, with who, why and under which document."""

    quota = models.ForeignKey(BudgetQuota, models.CASCADE, related_name="changes")
    kind = models.TextField(default="set", db_default="set")  # import, set, transfer, carry_over
    before = models.DecimalField(max_digits=16, decimal_places=2)
    after = models.DecimalField(max_digits=16, decimal_places=2)
    counterpart = models.ForeignKey(BudgetQuota, models.PROTECT, null=True, related_name="+")  # the other side of a transfer or carry-over
    document = models.TextField(default="", db_default="", blank=True)  # the number of the paper that ordered it (调整文号)
    reason = models.TextField(default="", blank=True)
    by = models.TextField(default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["import", "set", "transfer", "carry_over"]), name="quota_change_kind_is_known")
        ]


class YearClosing(models.Model):
    """The end of a budget year in a region: from then on nothing new is held on its quotas."""

    region_path = models.TextField()
    year = models.PositiveSmallIntegerField()
    document = models.TextField(default="", blank=True)
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-year", "region_path"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["region_path", "year"], name="a_year_is_closed_once")]
