"""What insight keeps: trials of changes of the rulebook."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from sunlit.foundation.lifecycle import Living


class Trial(Living):
    """What a change of a rule would have done to past purchases: asked for by a person, worked out by the worker, kept with all it rests on."""

    # What is tried
    key = models.TextField()
    kind = models.TextField(default="", blank=True)
    value = models.JSONField()  # as the rule would hold it
    lawful = models.BooleanField(null=True)  # whether it could refuse by itself; none: as the version that it would replace
    months = models.PositiveSmallIntegerField(default=24)
    draft = models.TextField(default="", blank=True)  # the number of the draft that it was asked for

    # Life
    by = models.TextField()  # the number of the organisation that asked
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)  # a worker began
    sign_at = models.DateTimeField(null=True)  # its last sign of life
    steps = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveSmallIntegerField(default=0)  # of the steps
    ended_at = models.DateTimeField(null=True)
    code = models.TextField(default="", blank=True)  # the reason why it failed

    # What was replayed
    since = models.DateField(null=True)
    until = models.DateField(null=True)  # the last day
    purchases = models.PositiveIntegerField(default=0)
    digest = models.TextField(default="", blank=True)  # of everything that was read: the same digest, the same figures
    rules = models.JSONField(default=list)  # the versions that judged: [key, kind, region, id, since]

    # Outcome
    figures = models.JSONField(default=dict)
    seconds = models.DecimalField(max_digits=8, decimal_places=3, null=True)

    sealed = (
        "number", "state", "region_path", "key", "kind", "value", "lawful", "months", "draft", "by", "code", "since", "until", "purchases",
        "digest", "rules", "figures",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["key", "kind", "region_path", "-id"], name="trials_of_a_rule")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key", "kind", "region_path", "value", "lawful", "months"],
                condition=models.Q(state="asked"),
                nulls_distinct=False,
                name="a_change_is_tried_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="tried") | models.Q(since__isnull=False, until__isnull=False, seconds__isnull=False),
                name="a_trial_tells_what_it_replayed",
            ),
            models.CheckConstraint(condition=~models.Q(state="failed") | ~models.Q(code=""), name="a_failed_trial_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.key}"
