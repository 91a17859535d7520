"""What is stored: the packs that were loaded, every version of every rule, and the days that differ from the plain week."""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from sunlit.domain.rulebook.rules import EVIDENCE
from sunlit.foundation.accounts.models import Region

EVERYWHERE: Final = 0  # stands for "no region" where PostgreSQL compares identities


class Pack(models.Model):
    """A version of the platform's data pack that was loaded here."""

    version = models.TextField(unique=True)
    digest = models.TextField()
    loaded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["loaded_at", "id"]

    def __str__(self) -> str:
        return self.version


class Rule(models.Model):
    """One version of a rule: what holds for a key in a region for a kind of object on the days of `in_force`.

    Versions are never changed but for the end of their days. Empty `in_force`: withdrawn before its first day.
    """

    # Identity
    key = models.TextField()
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")  # none: everywhere
    kind = models.TextField(default="", blank=True)  # "": all kinds

    # Content
    value = models.JSONField()
    unit = models.TextField()
    allowed = models.JSONField(null=True, blank=True)  # what a regulator may choose; none: nothing
    binding = models.BooleanField(default=False)  # refuses although its evidence alone would only warn
    name_zh = models.TextField()
    name_en = models.TextField()

    # Where it comes from
    source = models.TextField()
    article = models.TextField(default="", blank=True)
    evidence = models.TextField()
    note = models.TextField(default="", blank=True)
    pack = models.ForeignKey(Pack, models.PROTECT, null=True, blank=True, related_name="rules")
    set_by = models.TextField(default="", blank=True)  # the number of the organisation that set it; "": it came with the pack

    # Life
    in_force = DateRangeField()
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["key", "kind", "region_id", "id"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="rule_versions_never_overlap",
                expressions=[
                    ("key", RangeOperators.EQUAL),
                    (Coalesce("region_id", models.Value(EVERYWHERE, models.BigIntegerField())), RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("in_force", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=models.Q(evidence__in=EVIDENCE), name="rule_evidence_is_known"),
            models.CheckConstraint(
                condition=models.Q(in_force__isempty=True) | models.Q(in_force__startswith__isnull=False), name="rule_begins_on_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(pack__isnull=True, set_by__gt="") | models.Q(pack__isnull=False, set_by=""), name="rule_has_one_author"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.name_zh}"


class Holiday(models.Model):
    """A day declared free, or `working` on a weekend, for the nation or one region."""

    day = models.DateField()
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")  # none: the nation
    working = models.BooleanField()
    name = models.TextField()
    source = models.TextField()
    pack = models.ForeignKey(Pack, models.PROTECT, null=True, blank=True, related_name="holidays")
    set_by = models.TextField(default="", blank=True)

    class Meta:
        ordering: ClassVar = ["day", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "region"], nulls_distinct=False, name="one_word_about_a_day_and_region"),
            models.CheckConstraint(
                condition=models.Q(pack__isnull=True, set_by__gt="") | models.Q(pack__isnull=False, set_by=""),
                name="holiday_has_one_author",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
