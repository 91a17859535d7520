"""What a regulator can suspend where it stands: the state stays, nothing but the regulator moves it, and its time stands still."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from sunlit.foundation.lifecycle import Living


class Stoppable(Living):
    """`suspended_at` is set as long as a regulator holds it; `stop_reason` says why it was suspended or voided."""

    suspended_at = models.DateTimeField(null=True)
    stop_reason = models.TextField(default="", db_default="", blank=True)

    stands_still: ClassVar[tuple[str, ...]] = ()  # the deadlines that a suspension puts off by its own length

    class Meta:
        abstract = True
