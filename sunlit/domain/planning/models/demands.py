"""Demands (财库〔2021〕22号): what a buyer needs, written before anything is bought, with every version that it had."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.catalog.models import Category
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.lifecycle import Living


class Demand(Living):
    """A demand as it stands. Who wrote in it is remembered, because drafters do not review (art. 33)."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="demands")
    title = models.TextField()
    purpose = models.TextField(default="", blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    drafters = ArrayField(models.BigIntegerField(), default=list)

    # What makes a survey and a key review compulsory whatever it costs (art. 11)
    public_interest = models.BooleanField(default=False)
    complex = models.BooleanField(default=False)
    imported = models.BooleanField(default=False)

    survey = models.ForeignKey("Survey", models.PROTECT, null=True, blank=True, related_name="carries")  # what it rests on

    # Content: the items stand in rows of their own
    template = models.ForeignKey(Rule, models.PROTECT, null=True, related_name="+")  # the version that it was begun under
    answers = models.JSONField(default=dict, blank=True)  # to what the template asks
    sections = models.JSONField(default=dict)  # heading → text
    total = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))

    # Outcome
    rulings = models.JSONField(default=list, blank=True)  # what was found when it was handed in
    review = models.JSONField(default=dict, blank=True)  # the points that the reviewer confirmed, and the opinion
    reason = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    sealed = ("number", "state", "title", "total", "sections", "public_interest", "complex", "imported", "rulings", "review", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gte=0), name="demand_total_is_not_negative"),
            models.CheckConstraint(condition=~Q(title=""), name="demand_has_a_title"),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="a_demand_does_not_replace_itself"),
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(state__in=["draft", "review", "settled"]), name="one_successor_of_a_demand_at_a_time"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["buyer", "state", "-id"], name="demands_of_a_buyer")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class DemandItem(models.Model):
    """One thing that is needed: its category, how much of it, the most that one may cost, and its parameters."""

    demand = models.ForeignKey(Demand, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    name = models.TextField(default="", blank=True)
    quantity = models.PositiveIntegerField()
    unit = models.TextField()
    ceiling = models.DecimalField(max_digits=16, decimal_places=2)
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    parameters = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["demand", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["demand", "position"], name="one_item_at_a_place_of_a_demand"),
            models.CheckConstraint(condition=Q(quantity__gt=0, ceiling__gte=0), name="demanded_items_are_counted_and_priced"),
            models.CheckConstraint(condition=Q(amount=F("ceiling") * F("quantity")), name="amount_of_a_demanded_item_is_exact"),
        ]


class DemandVersion(models.Model):
    """What the demand said after an edit, whole: kept for the comparison of any two versions."""

    demand = models.ForeignKey(Demand, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.TextField()
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["demand", "version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["demand", "version"], name="a_version_of_a_demand_is_kept_once")]
