"""Intention notices (采购意向): what a buyer means to buy, made public before it begins (财库〔2020〕10号)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.lifecycle import Living


class Intention(Living):
    """One notice with its items. What was published is never changed: a correction is a notice of its own that stands beside it."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="intentions")
    drafter = models.ForeignKey(User, models.PROTECT, related_name="+")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")

    # Content
    period_from = models.DateField()  # the first days of the first and the last month that its items name
    period_to = models.DateField()
    total = models.DecimalField(max_digits=16, decimal_places=2)
    contents_hash = models.TextField()  # digest of the items

    # Life
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # withdrawn, discarded, or replaced by a correction

    # Outcome
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "buyer_id", "corrects_id", "contents_hash", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(period_to__gte=F("period_from")), name="intention_period_is_in_order"),
            models.UniqueConstraint(fields=["corrects"], condition=~Q(state="discarded"), name="one_correction_of_an_intention"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="intentions_of_a_buyer"),
            models.Index(fields=["region_path", "-id"], name="intentions_of_a_region"),
        ]


class IntentionItem(models.Model):
    """One project that is meant. `public_since`: since when it has stood like this in public; a correction that leaves it alone keeps its day."""

    intention = models.ForeignKey(Intention, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    name = models.TextField()
    outline = models.TextField()
    budget = models.DecimalField(max_digits=16, decimal_places=2)
    month = models.DateField()  # the first day of the expected month
    note = models.TextField(default="", blank=True)
    public_since = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["intention", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["intention", "position"], name="intention_positions_are_counted"),
            models.CheckConstraint(condition=Q(budget__gt=0), name="intention_budget_is_positive"),
        ]

    @property
    def content(self) -> tuple[object, ...]:
        """What the public reads of it; two items with the same content are the same project."""
        return (self.name, self.outline, self.budget, self.month, self.note)
