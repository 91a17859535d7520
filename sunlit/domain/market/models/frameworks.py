"""Framework agreements (110号令): what is solicited, package by package, and who answered, was shortlisted and signed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.catalog.models import Category
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class Framework(Living):
    """A framework agreement, from the plan of its solicitor to its end. `region_path`: its buyers are those of this region and below.

    A closed one has a shortlist, which is settled once. An open one takes in every supplier that meets its requirements as long as it runs.
    """

    # Identity
    solicitor = models.ForeignKey(Organisation, models.PROTECT, related_name="frameworks")
    agency = models.BooleanField(default=False)  # solicited by a central purchasing agency; else by a lead budget unit
    title = models.TextField()
    kind = models.TextField()  # goods, services

    # A supplementary solicitation (补充征集) on the same conditions, for an agreement in which too few are left
    supplements = models.ForeignKey("self", models.PROTECT, null=True, related_name="supplementary")
    supplement_reason = models.TextField(default="", blank=True)  # how its performance suffers

    # The plan
    ground = models.TextField()  # the case of 110号令 art. 3
    form = models.TextField(default="closed", db_default="closed")  # closed, open
    method = models.TextField()  # price, quality: what comes first; none in an open one, which eliminates nobody
    quality_ground = models.TextField(default="", blank=True)  # government_price, instruments: what permits quality first
    second_stage = ArrayField(models.TextField())  # direct, bidding, rotation
    months = models.PositiveSmallIntegerField()
    yearly = models.DecimalField(max_digits=16, decimal_places=2)  # what buyers spend on it in a year, by their budgets
    standard = models.TextField()  # the demand standard: without one there is no framework (财库〔2022〕17号 §3)
    qualifications = models.TextField(default="", blank=True)
    price_basis = models.TextField()  # where the ceilings come from: deals of the past and the market survey
    surveyed_buyers = models.PositiveSmallIntegerField()
    surveyed_suppliers = models.PositiveSmallIntegerField()

    # What an open one says besides
    open_ground = models.TextField(default="", db_default="", blank=True)  # policy, few_suppliers, unified_fee: why it may be open
    suppliers_known = models.PositiveSmallIntegerField(null=True)  # how many there are at all, where few are the reason
    fee_standard = models.TextField(default="", db_default="", blank=True)  # the fees, how they are settled and paid
    clearing = models.TextField(default="", db_default="", blank=True)  # who is cleared out, and how others come in

    contents_hash = models.TextField()
    rulings = models.JSONField(default=list)

    # Life
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)  # handed to the finance department, for review or for filing
    decide_until = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    respond_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)
    sign_until = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    file_until = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Outcome
    panel = ArrayField(models.TextField(), default=list)  # who reviewed the responses
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "solicitor_id", "title", "contents_hash", "respond_until", "panel", "valid_until", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["goods", "services"]), name="framework_kind_is_known"),
            models.CheckConstraint(
                condition=Q(form="closed", method__in=["price", "quality"]) | Q(form="open", method=""), name="framework_method_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(method="quality") | ~Q(quality_ground="") | Q(asked_at=None), name="quality_first_has_its_ground"
            ),
            models.UniqueConstraint(
                fields=["supplements"],
                condition=Q(state__in=["cleared_to_publish", "open", "opened", "shortlisted"]),
                name="one_supplementary_solicitation_at_a_time",
            ),
            models.CheckConstraint(condition=Q(opened_at__isnull=True) | Q(opened_at__gte=F("respond_until")), name="nothing_opens_early"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["solicitor", "-id"], name="frameworks_of_a_solicitor"),
            models.Index(fields=["region_path", "state", "-id"], name="frameworks_of_a_region"),
            models.Index(fields=["respond_until"], condition=Q(state="open"), name="frameworks_to_open"),
            models.Index(fields=["sign_until"], condition=Q(state="shortlisted"), name="frameworks_to_sign"),
            models.Index(fields=["valid_until"], condition=Q(state="in_force"), name="frameworks_to_end"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open_form(self) -> bool:
        """Suppliers come and go while it runs."""
        return self.form == "open"

    def takes_applications_at(self, at: datetime) -> bool:
        """An open one, from its invitation to its end."""
        return self.is_open_form and self.runs_at(at)

    def runs_at(self, at: datetime) -> bool:
        """Buyers may buy under it."""
        return self.state == "in_force" and self.valid_until is not None and at < self.valid_until


class Package(models.Model):
    """One package (采购包): what one supplier answers with one product or service at one unit price, under a ceiling."""

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="packages")
    position = models.PositiveSmallIntegerField()
    name = models.TextField()
    grade = models.TextField(default="", blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    unit = models.TextField()
    ceiling = models.DecimalField(max_digits=16, decimal_places=2)
    requirement = models.TextField()
    consumables = models.BooleanField(default=False)  # their prices are quoted with it, for years (110号令)
    service = models.TextField(
        default="", db_default="", blank=True
    )  # a designated service: bought by work order, at a share of its rate sheet
    failed = models.TextField(default="", blank=True)  # why nobody was shortlisted: few_responses, few_conforming

    class Meta:
        ordering: ClassVar = ["framework", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["framework", "position"], name="packages_are_counted"),
            models.CheckConstraint(condition=Q(ceiling__gt=0), name="package_ceiling_is_positive"),
            models.CheckConstraint(condition=Q(service="") | Q(ceiling__lte=100), name="a_share_of_the_sheet_is_at_most_all_of_it"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.grade}".strip()


class FrameworkEntry(Living):
    """What one supplier answered for one package, and what became of it: shortlisted, signed, or why not.

    `nonce` is random: the digest that every act leaves in the ledger tells nobody the price before the responses are opened.
    """

    # Identity
    package = models.ForeignKey(Package, models.PROTECT, related_name="entries")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="framework_entries")
    solicited_in = models.ForeignKey(Package, models.PROTECT, null=True, related_name="joined")  # the supplementary one, once it joined

    # What is offered
    name = models.TextField()
    brand = models.TextField(default="", blank=True)
    model = models.TextField(default="", blank=True)
    description = models.TextField()
    capacity = models.TextField()  # manufacturer, sole_agent, provider
    proof = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    consumables = models.TextField(default="", blank=True)
    consumable_years = models.PositiveSmallIntegerField(default=0)
    quoted = models.DecimalField(max_digits=16, decimal_places=2)  # the unit price of the response
    nonce = models.TextField()

    # Life
    submitted_at = models.DateTimeField()
    judged_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Outcome
    finding = models.TextField(default="", blank=True)  # why it does not conform, coded
    note = models.TextField(default="", blank=True)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # of quality, 0 to 100
    rank = models.PositiveSmallIntegerField(null=True)
    price = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # the agreement's unit price, once signed
    reason = models.TextField(default="", blank=True)
    removal = models.TextField(default="", blank=True)  # on which ground it was cleared out, coded

    # Its application to an open agreement
    decide_until = models.DateTimeField(null=True)  # the solicitor answers until then

    # It asks to leave while the agreement runs
    leave_reason = models.TextField(default="", blank=True)
    leave_until = models.DateTimeField(null=True)  # the solicitor answers until then

    sealed = (
        "number",
        "state",
        "supplier_id",
        "name",
        "brand",
        "model",
        "quoted",
        "price",
        "nonce",
        "finding",
        "score",
        "rank",
        "reason",
        "removal",
        "leave_until",
    )

    class Meta:
        ordering: ClassVar = ["package", "rank", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["package", "supplier"],
                condition=Q(state__in=["submitted", "applied", "conforming", "shortlisted", "signed"]),
                name="one_response_a_package_and_supplier",
            ),
            models.CheckConstraint(condition=Q(quoted__gt=0), name="framework_price_is_positive"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__lte=F("quoted")), name="agreement_price_is_not_above_the_response"
            ),
            models.CheckConstraint(condition=~Q(state="nonconforming") | ~Q(finding=""), name="who_does_not_conform_knows_why"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["supplier", "state", "-id"], name="entries_of_a_supplier"),
            models.Index(fields=["decide_until"], condition=Q(state="applied"), name="applications_to_answer"),
        ]


deadlines.runs(Framework, "decide_until", "in_review")
deadlines.runs(Framework, "respond_until", "open")
deadlines.runs(Framework, "sign_until", "shortlisted")
deadlines.runs(Framework, "file_until", "in_force", "joined")
deadlines.runs(FrameworkEntry, "leave_until", "signed")
deadlines.runs(FrameworkEntry, "decide_until", "applied")
deadlines.never_moves(Framework, "valid_until")
