"""What a supplier's person wants to hear of, and what a supplier has begun to answer and not handed in."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from sunlit.foundation.accounts.models import Organisation, User


class OpportunitySubscription(models.Model):
    """Something new is told when it meets every condition that is set; of one condition any of its values will do."""

    supplier = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    modes = ArrayField(models.TextField(), default=list, blank=True)
    categories = ArrayField(models.TextField(), default=list, blank=True)  # codes: those and all below
    regions = ArrayField(models.TextField(), default=list, blank=True)  # codes: those and all below
    words = ArrayField(models.TextField(), default=list, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~(Q(modes=[]) & Q(categories=[]) & Q(regions=[]) & Q(words=[])), name="a_subscription_has_a_condition"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "supplier"], name="subscriptions_of_a_person")]


class EntryDraft(models.Model):
    """An answer that was begun: no bid, opened and counted by nobody. Its content lies sealed for the platform's key alone and ends with the deadline."""

    supplier = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")  # who saved it last
    mode = models.TextField()
    number = models.TextField()  # of the purchase
    part = models.PositiveSmallIntegerField(default=0)  # the package of a framework
    content = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-saved_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["supplier", "mode", "number", "part"], name="one_draft_of_an_answer_and_supplier"),
        ]


class DraftPaper(models.Model):
    """A file that was attached to a draft, sealed as what the draft says is; it goes with it."""

    draft = models.ForeignKey(EntryDraft, models.CASCADE, related_name="papers")
    field = models.TextField()  # of the form
    name = models.BinaryField()
    content = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["field"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["draft", "field"], name="one_paper_of_a_draft_and_field")]
