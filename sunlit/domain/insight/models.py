"""What insight keeps: trials of changes of the rulebook."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Trial(models.Model):
    """What a change of a rule would have done to past purchases: judged before and after, with everything that the figures rest on."""

    # Identity
    number = models.TextField(unique=True)
    key = models.TextField()
    kind = models.TextField(default="", blank=True)
    region_path = models.TextField(default="", blank=True)
    value = models.JSONField()  # as the rule would hold it
    lawful = models.BooleanField(null=True)  # whether it could refuse by itself; none: as the version that it would replace

    # What was replayed
    since = models.DateField()
    until = models.DateField()  # the last day
    purchases = models.PositiveIntegerField()
    digest = models.TextField()  # of everything that was read: the same digest, the same figures
    rules = models.JSONField()  # the versions that judged: [key, kind, region, id, since]

    # Outcome
    figures = models.JSONField()
    seconds = models.DecimalField(max_digits=8, decimal_places=3)
    by = models.TextField()  # the number of the organisation that asked
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["key", "kind", "region_path", "-id"], name="trials_of_a_rule")]

    def __str__(self) -> str:
        return f"{self.number} {self.key}"
