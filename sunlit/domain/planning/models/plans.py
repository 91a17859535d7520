"""Procurement plans (采购实施计划): what is bought with whose money and how, reviewed within the buyer, then filed or approved (条例29, 财库〔2021〕22号)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.catalog.models import Category
from sunlit.domain.planning.models.budgets import BudgetQuota
from sunlit.domain.planning.models.intentions import IntentionItem
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class Plan(Living):
    """One plan. Who wrote in it is remembered, because drafters do not review (财库〔2021〕22号 art. 33)."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="plans")
    drafters = ArrayField(models.BigIntegerField(), default=list)

    # What
    name = models.TextField()
    purpose = models.TextField(default="", blank=True)
    kind = models.TextField()  # goods, services, works: that of its greatest part
    total = models.DecimalField(max_digits=16, decimal_places=2)
    starts_on = models.DateField(null=True)  # when the purchase is to begin
    demand_number = models.TextField(default="", blank=True)
    public_interest = models.BooleanField(default=False)
    complex = models.BooleanField(default=False)
    intention_item = models.ForeignKey(IntentionItem, models.PROTECT, null=True, related_name="plans")
    no_intention = models.TextField(default="", blank=True)  # why none is needed: sporadic, batch, urgent
    no_intention_reason = models.TextField(default="", blank=True)

    # How
    form = models.TextField(default="", blank=True)  # central, departmental, dispersed
    method = models.TextField(default="", blank=True)
    grounds = ArrayField(models.TextField(), default=list, blank=True)  # the legal grounds that the buyer claims
    ground_reason = models.TextField(default="", blank=True)
    original = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # of an add-on: the contract it adds to
    added = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # and all add-ons together

    source = models.JSONField(default=dict, blank=True)  # of a single source that is told: supplier, address, what experts say

    # Policy
    set_aside = models.TextField(default="", blank=True)  # whole, package, consortium, subcontract, none
    reserved = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    reserved_small = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    exemption = models.TextField(default="", blank=True)
    exemption_reason = models.TextField(default="", blank=True)
    imported = models.BooleanField(default=False)
    authorisation = models.TextField(default="", blank=True)  # number of the import authorisation
    authorisation_file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")

    # Life
    created_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)
    review_until = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    key_reviewed_at = models.DateTimeField(null=True)
    key_reviewer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    lead_unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")  # whose consent is asked for (主管预算单位)
    consent_asked_at = models.DateTimeField(null=True)
    consented_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField(null=True)  # since when a single source is told to the public
    notice_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    decide_until = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Outcome
    contents_hash = models.TextField()
    rulings = models.JSONField(default=list, blank=True)  # what the rulebook said when it was handed in, and again when it was filed
    review = models.JSONField(default=dict, blank=True)  # the points that the reviewers confirmed
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "buyer_id", "total", "method", "contents_hash", "rulings", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gt=0), name="plan_total_is_positive"),
            models.CheckConstraint(condition=Q(kind__in=["goods", "services", "works"]), name="plan_kind_is_known"),
            models.CheckConstraint(
                condition=Q(reserved__gte=F("reserved_small")) & Q(reserved_small__gte=0) & Q(total__gte=F("reserved")),
                name="plan_reserves_no_more_than_it_spends",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="plans_of_a_buyer"),
            models.Index(fields=["region_path", "-id"], name="plans_of_a_region"),
            models.Index(fields=["lead_unit", "-id"], condition=Q(lead_unit__isnull=False), name="plans_of_a_lead_unit"),
            models.Index(fields=["decide_until"], condition=Q(state="approval_asked"), name="plans_to_decide"),
        ]


class PlanItem(models.Model):
    """One object of the plan, and the quota that pays for it."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    name = models.TextField()
    quantity = models.PositiveIntegerField()
    unit = models.TextField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["plan", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_positions_are_counted"),
            models.CheckConstraint(condition=Q(amount__gt=0) & Q(quantity__gt=0), name="planned_things_are_counted_and_priced"),
        ]


class PlanLine(models.Model):
    """What a plan in force takes from one quota, and how much of it went on to orders. Written when the money is earmarked.

    `hold` is the reference of the hold that lies on the quota for what is left; "" when nothing is held.
    """

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="lines")
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    used = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0.00"))
    hold = models.TextField(default="", blank=True)
    holds = models.PositiveIntegerField(default=0)  # how many were laid: each has a reference of its own

    class Meta:
        ordering: ClassVar = ["plan", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "quota"], name="a_quota_once_in_a_plan"),
            models.CheckConstraint(condition=Q(used__gte=0) & Q(amount__gte=F("used")), name="no_more_is_used_than_was_planned"),
        ]

    @property
    def left(self) -> Decimal:
        return self.amount - self.used


class PlanUse(models.Model):
    """An order that was placed for a plan, and what it took by category; given back when it ended without a deal."""

    line = models.ForeignKey(PlanLine, models.PROTECT, related_name="uses")
    reference = models.TextField(unique=True)  # "order/DD-…"
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    parts = models.JSONField()  # {category code: amount}
    at = models.DateTimeField()
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount__gt=0), name="plan_use_is_positive")]


class PlanObjection(models.Model):
    """What a supplier has against a single source while it is told to the public, and what the buyer answers."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="objections")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    noticed_at = models.DateTimeField()  # of the notice that it was made against
    text = models.TextField()
    at = models.DateTimeField()
    answer = models.TextField(default="", blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "organisation", "noticed_at"], name="one_objection_of_a_supplier_to_a_notice"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | Q(answered_at__isnull=False) & ~Q(answer=""),
                name="an_answered_objection_has_its_answer",
            ),
        ]


deadlines.runs(Plan, "notice_until", "reviewed")
deadlines.runs(Plan, "review_until", "in_review")
deadlines.runs(Plan, "decide_until", "approval_asked")
