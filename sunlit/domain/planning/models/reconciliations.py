"""What the treasury says was paid, laid beside what we know: statements, their rows and the differences."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sunlit.domain.planning.models.budgets import BudgetQuota


class Statement(models.Model):
    """One file of the finance system about one budget year of a region, compared when it came; kept as a report."""

    number = models.TextField(unique=True)
    region_path = models.TextField()
    year = models.PositiveSmallIntegerField()
    digest = models.TextField()  # of its rows
    by = models.TextField()
    at = models.DateTimeField()

    # Outcome
    rows = models.PositiveIntegerField()
    matched = models.PositiveIntegerField()
    different = models.PositiveIntegerField()
    only_here = models.PositiveIntegerField()
    only_there = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["region_path", "year", "digest"], name="a_statement_is_taken_once")]


class Payout(models.Model):
    """One row of a statement: the treasury paid this amount from this quota, with this voucher."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="payouts")
    quota_number = models.TextField()
    voucher = models.TextField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    paid_on = models.DateField()

    class Meta:
        ordering: ClassVar = ["statement", "quota_number", "paid_on", "voucher"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["statement", "voucher"], name="a_voucher_once_a_statement")]


class Comparison(models.Model):
    """One quota in one statement: what we say was spent, what the treasury says was paid. A difference is explained, or ends by a later statement."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="comparisons")
    quota_number = models.TextField()
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, null=True, related_name="comparisons")
    outcome = models.TextField()  # matched, different, only_here, only_there
    here = models.DecimalField(max_digits=16, decimal_places=2)
    there = models.DecimalField(max_digits=16, decimal_places=2)

    # Explanation
    explanation = models.TextField(default="", blank=True)
    explained_by = models.TextField(default="", blank=True)
    explained_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Statement, models.PROTECT, null=True, related_name="settles")

    class Meta:
        ordering: ClassVar = ["statement", "quota_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["statement", "quota_number"], name="a_quota_once_a_statement"),
            models.CheckConstraint(
                condition=Q(outcome__in=["matched", "different", "only_here", "only_there"]), name="comparison_outcome_is_known"
            ),
        ]
