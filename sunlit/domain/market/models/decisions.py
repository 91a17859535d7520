"""What waits for its buyer's decision when the prices are known: it is reminded until it decides, and the regulator learns of one who does not."""

from __future__ import annotations

from django.db import models

from sunlit.foundation.lifecycle import Living


class Decided(Living):
    """Nothing is decided by itself: until the buyer does, its money lies ready and everybody waits."""

    reminders = models.PositiveSmallIntegerField(default=0, db_default=0)  # since the decision was due
    remind_at = models.DateTimeField(null=True)  # the next one; none: when the decision is due
    reported_at = models.DateTimeField(null=True)  # when the regulator was told that it waits

    class Meta:
        abstract = True
