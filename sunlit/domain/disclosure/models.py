"""What is published: for now, a notice of every deal of the supermarket."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from sunlit.foundation.accounts.models import Organisation


class DealNotice(models.Model):
    """One accepted order, published: who bought what from whom, for how much, and what it saved against the reference prices."""

    number = models.TextField(unique=True)
    order_number = models.TextField(unique=True)
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    region_path = models.TextField()
    title_zh = models.TextField()
    title_en = models.TextField(default="", blank=True)
    lines = models.JSONField()  # [{name, brand, model, category_code, category, quantity, unit, price, amount, reference}]
    total = models.DecimalField(max_digits=16, decimal_places=2)
    reference_total = models.DecimalField(
        max_digits=16, decimal_places=2, null=True
    )  # the same goods at reference prices; null where unknown
    compared_total = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # what those goods cost here
    placed_at = models.DateTimeField()
    accepted_at = models.DateTimeField()
    published_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-published_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-published_at", "-id"], name="latest_deals"),
            models.Index(fields=["region_path", "-published_at"], name="deals_of_a_region"),
            GinIndex(fields=["lines"], opclasses=["jsonb_path_ops"], name="deals_by_what_was_bought"),
        ]
