"""What is stored: the packs that were loaded, every version of every rule, the drafts of changes, and the days that differ from the plain week."""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from sunlit.domain.rulebook.rules import EVIDENCE, chinese
from sunlit.foundation.accounts.models import Region, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living

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

    @property
    def name(self) -> str:
        return self.name_zh if chinese() else self.name_en


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


class RuleDraft(Living):
    """A change of the rulebook on its way: drafted by one person, approved by another, in force from its day. `region_path` is where it is to hold."""

    # What is to change
    change = models.TextField()  # value: the region's own version of a rule; end: of that version; day: a day off or made up for
    key = models.TextField()  # of a day: "calendar"
    kind = models.TextField(default="", blank=True)
    value = models.JSONField(default=dict)  # in the rule's own form; of a day {working, name}; of an end nothing
    binding = models.BooleanField(default=False)
    effective_from = models.DateField()
    source = models.TextField(default="", blank=True)
    article = models.TextField(default="", blank=True)
    note = models.TextField(default="", blank=True)
    base = models.ForeignKey(Rule, models.PROTECT, null=True, related_name="+")  # what it was drafted against; none: a day

    # Who
    office = models.TextField()  # the number of the organisation that drafted it
    drafter = models.ForeignKey(User, models.PROTECT, related_name="+")  # who wrote what it says now, and therefore does not approve it
    reviewer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.TextField()  # why it is proposed
    answer = models.TextField(default="", blank=True)  # why it was sent back

    # Life
    drafted_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    # Outcome
    enacted = models.ForeignKey(Rule, models.PROTECT, null=True, related_name="+")  # the version that it became

    sealed = (
        "number", "state", "region_path", "change", "key", "kind", "value", "binding", "effective_from", "source", "article", "office",
        "drafter_id", "reviewer_id", "reason", "answer",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["key", "kind", "state"], name="drafts_of_a_rule")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(change__in=["value", "end", "day"]), name="draft_changes_something_known"),
            models.CheckConstraint(condition=~models.Q(reviewer=models.F("drafter")), name="draft_is_reviewed_by_another_person"),
            models.CheckConstraint(
                condition=~models.Q(state="enacted") | models.Q(reviewer__isnull=False), name="enacted_draft_was_reviewed"
            ),
            models.CheckConstraint(condition=~models.Q(state="sent_back") | ~models.Q(answer=""), name="draft_sent_back_says_why"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="draft_says_why"),
            models.CheckConstraint(condition=models.Q(change="day") | models.Q(base__isnull=False), name="draft_has_a_base"),
        ]

    def __str__(self) -> str:
        return self.number


class Pulse(models.Model):
    """A sign that the platform was there: written by the worker every minute, and for the web after it answered."""

    kind = models.TextField()  # worker, web
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "at"], name="a_pulse_once")]


class Outage(models.Model):
    """A time in which the platform was away: proved by its own missing pulses, or declared and confirmed. Deadlines inside it were put off by its length."""

    number = models.TextField(unique=True)
    since = models.DateTimeField()  # the last pulse before
    until = models.DateTimeField()  # the first one after
    kinds = models.JSONField()  # which pulses were missing; "declared": none, people say so
    least_minutes = models.PositiveIntegerField()  # the rule's figure: shorter breaks are none
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="+")
    established_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    digest = models.TextField(default="", blank=True)  # of all extensions, as the ledger tells it

    class Meta:
        ordering: ClassVar = ["-since", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("since")), name="an_outage_has_a_length"),
            models.UniqueConstraint(fields=["since"], name="an_outage_is_established_once"),
        ]

    def __str__(self) -> str:
        return self.number


class OutageReport(Living):
    """An outage that no pulse could show (the network of a city, the sign-in of citizens): the operator declares it, a top region's regulator decides."""

    since = models.DateTimeField()
    until = models.DateTimeField()
    evidence = models.TextField()
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")  # public once it is confirmed
    reporter = models.ForeignKey(User, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    decider = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    office = models.TextField(default="", blank=True)  # the number of the organisation that decided
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)  # why it was refused
    outage = models.OneToOneField(Outage, models.PROTECT, null=True, related_name="report")

    sealed = ("number", "state", "since", "until", "evidence", "file_id", "reporter_id", "decider_id", "office", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("since")), name="a_reported_outage_has_a_length"),
            models.CheckConstraint(
                condition=models.Q(state="reported") | models.Q(decider__isnull=False), name="a_report_is_decided_by_somebody"
            ),
            models.CheckConstraint(condition=~models.Q(state="refused") | ~models.Q(reason=""), name="a_refused_report_says_why"),
        ]

    def __str__(self) -> str:
        return self.number


class Extension(models.Model):
    """One deadline that was put off because of an outage."""

    outage = models.ForeignKey(Outage, models.PROTECT, related_name="extensions")
    kind = models.TextField()  # order, case …
    number = models.TextField()
    field = models.TextField()
    before = models.DateTimeField()
    after = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["before", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["outage", "kind", "number", "field"], name="a_deadline_is_put_off_once_for_an_outage"),
            models.CheckConstraint(condition=models.Q(after__gt=models.F("before")), name="an_extension_gives_time"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "number"], name="extensions_of_a_thing")]
