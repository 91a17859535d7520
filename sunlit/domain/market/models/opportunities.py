"""What a supplier's person wants to hear of: one subscription a set of conditions."""

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
