"""Suppliers: how they apply to enter, and how they stand."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sunlit.domain.rulebook.models import Rule
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, Region, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class Application(Living):
    """A supplier's wish to enter, reviewed by the regulator of its region."""

    # Identity
    applicant = models.ForeignKey(User, models.PROTECT, related_name="applications")
    credit_code = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")

    # What it says of itself
    legal_representative = models.TextField(default="", blank=True)
    contact = models.TextField(default="", blank=True)
    phone = models.TextField(default="", blank=True)
    address = models.TextField(default="", blank=True)
    staff = models.PositiveIntegerField(default=0)
    category_codes = ArrayField(models.TextField(), default=list)
    documents = models.ManyToManyField(File, related_name="+")

    # Outcome
    reason = models.TextField(default="", blank=True)
    supplier = models.ForeignKey("Supplier", models.PROTECT, null=True, related_name="applications")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    review_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    sealed = ("number", "state", "credit_code", "name_zh", "region_id", "reason", "supplier_id")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=models.Q(state__in=["draft", "submitted", "returned"]),
                name="one_open_application_per_credit_code",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "region_path"], name="application_by_state")]


class Supplier(Living):
    """How an admitted supplier stands: active, suspended until a day with a reason, or left."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="supplier")
    category_codes = ArrayField(models.TextField(), default=list)
    staff = models.PositiveIntegerField(default=0)
    admitted_at = models.DateTimeField()
    reason = models.TextField(default="", blank=True)
    suspended_until = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    # What buyers said, kept by reactions
    ratings = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)  # the stars of the three criteria, added up

    sealed = ("number", "state", "organisation_id", "reason", "suspended_until")

    class Meta:
        ordering: ClassVar = ["-admitted_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="suspended") | (models.Q(suspended_until__isnull=False) & ~models.Q(reason="")),
                name="suspension_has_a_term_and_a_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["suspended_until"], condition=models.Q(state="suspended"), name="suspension_ends"),
            models.Index(fields=["organisation"], condition=~models.Q(state="active"), name="suppliers_not_active"),
        ]


class SizeDeclaration(models.Model):
    """What a supplier declares of its size (中小企业声明函), and what the rulebook says to it. Declarations are never changed: the latest counts."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="size_declarations")

    # What it says of itself
    year = models.PositiveSmallIntegerField()  # whose figures these are
    industry = models.TextField()
    staff = models.PositiveIntegerField()
    revenue = models.DecimalField(max_digits=16, decimal_places=2)
    assets = models.DecimalField(max_digits=16, decimal_places=2)
    large_affiliate = models.BooleanField(default=False)  # same head as a large enterprise, or directly held or managed by one
    prison_proof = models.TextField(default="", blank=True)  # number of the proof of a prison enterprise
    disabled_staff = models.PositiveIntegerField(default=0)

    # What follows
    size = models.TextField()  # large, medium, small, micro, by the figures
    counts_as = models.TextField()  # what the policies take it for
    rulings = models.JSONField(default=list)
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-declared_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(size__in=["large", "medium", "small", "micro"], counts_as__in=["large", "medium", "small", "micro"]),
                name="a_declared_size_is_one_of_four",
            ),
            models.CheckConstraint(condition=models.Q(disabled_staff__lte=models.F("staff")), name="disabled_staff_are_staff"),
        ]
        indexes: ClassVar = [models.Index(fields=["supplier", "-declared_at"], name="sizes_of_a_supplier")]


class Declaration(models.Model):
    """What a supplier declares for one purchase by a template of the rulebook, under its very version. Never changed: who errs declares anew."""

    number = models.TextField(unique=True)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="declarations")
    template = models.ForeignKey(Rule, models.PROTECT, related_name="+")
    answers = models.JSONField()
    digest = models.TextField()  # of the template's content and the answers, as the ledger holds it
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["supplier", "-id"], name="declarations_of_a_supplier")]


deadlines.runs(Application, "review_until", "submitted")
deadlines.never_moves(Supplier, "suspended_until")
