"""What is published: a notice of every deal of the supermarket, and what buyers mean to buy and have planned."""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from sunlit.foundation.accounts.models import Organisation

KINDS: Final = (
    "intention",
    "plan",
    "framework",
    "framework_result",
    "framework_deal",
    "framework_change",
    "framework_summary",
    "framework_void",
    "quotation",
    "quotation_result",
    "single_source",
)


class DealNotice(models.Model):
    """One accepted order, published: who bought what from whom, for how much, and what it saved against the reference prices."""

    number = models.TextField(unique=True)
    order_number = models.TextField(unique=True)
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    region_path = models.TextField()
    title_zh = models.TextField()
    title_en = models.TextField(default="", blank=True)
    lines = models.JSONField()  # [{name, brand, model, category_code, category, quantity, unit, price, amount, reference, tags}]
    total = models.DecimalField(max_digits=16, decimal_places=2)
    reference_total = models.DecimalField(
        max_digits=16, decimal_places=2, null=True
    )  # the same goods at reference prices; null where unknown
    compared_total = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # what those goods cost here
    # What lines with a certificate in force at ordering came to; null where the order did not freeze its policy tags
    energy_saving = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    environmental = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    green = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # with either, counted once
    placed_at = models.DateTimeField()
    accepted_at = models.DateTimeField()
    published_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-published_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(energy_saving=None, environmental=None, green=None)
                | Q(energy_saving__isnull=False, environmental__isnull=False, green__isnull=False)
                & Q(energy_saving__gte=0, energy_saving__lte=F("green"), environmental__gte=0, environmental__lte=F("green"))
                & Q(green__lte=F("total"))
                & Q(green__lte=F("energy_saving") + F("environmental")),
                name="green_share_of_a_deal_is_of_its_lines",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["-published_at", "-id"], name="latest_deals"),
            models.Index(fields=["region_path", "-published_at"], name="deals_of_a_region"),
            GinIndex(fields=["lines"], opclasses=["jsonb_path_ops"], name="deals_by_what_was_bought"),
        ]


class Notice(models.Model):
    """Something that a buyer tells: an intention (采购意向), a filed plan (采购实施计划), a quotation (在线询价) and what came of it. What was told stays as it was told; corrections and withdrawals stand beside it.

    `content` is the notice's standard fields (notice_types.json), in plain values.
    """

    number = models.TextField(unique=True)
    kind = models.TextField()  # one of KINDS
    about = models.TextField(unique=True)  # the number of what it tells of: "YX-…", "JH-…", "KJ-…/result", "ZX-…/result"
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    region_path = models.TextField()
    title_zh = models.TextField()
    title_en = models.TextField(default="", blank=True)
    content = models.JSONField()
    words = models.TextField()  # what a search looks at: title, projects, buyer
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    published_at = models.DateTimeField()
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        ordering: ClassVar = ["-published_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="notice_kind_is_known"),
            models.CheckConstraint(condition=Q(withdrawn_at__isnull=True) | ~Q(reason=""), name="who_withdraws_a_notice_says_why"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "-id"], name="latest_notices"),
            models.Index(fields=["kind", "region_path", "-id"], name="notices_of_a_region"),
        ]
