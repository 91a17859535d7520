"""What was bought or planned, by category: the record on which splitting (化整为零) is judged. Orders live later than planning, so it keeps its own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sunlit.domain.planning.models.budgets import BudgetQuota
from sunlit.foundation.accounts.models import Organisation


class Purchase(models.Model):
    """What one purchase takes of one category from a quota. It is struck out when its hold is released."""

    # Whose, and of what
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="purchases")
    reference = models.TextField()  # "order/DD-…"
    supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", db_index=False)  # none: not known yet

    # What was bought
    category_code = models.TextField()
    category_class = models.TextField()  # the first five characters: A0201
    kind = models.TextField()  # goods, works, services
    method = models.TextField(default="supermarket")  # "open_tender" is never counted
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    at = models.DateTimeField()
    struck_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reference", "category_code"], name="a_category_once_in_a_purchase"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="purchase_amount_is_positive"),
        ]
        indexes: ClassVar = [models.Index(fields=["buyer", "category_class", "at"], name="purchases_of_a_buyer")]
