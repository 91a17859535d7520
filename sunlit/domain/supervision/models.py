"""What supervision keeps: cases of offers and of splitting with the figures they rest on, the yardstick of each category, the level of each product, and the sweeps."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sunlit.domain.catalog.models import Category, Offer, Product
from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.lifecycle import Living


class WatchCase(Living):
    """Something found at an offer, told to its supplier, and what became of it."""

    # Identity
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="watch_cases")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    kind = models.TextField()  # one of the classes in rules.classes
    severity = models.TextField()

    # What was found
    price = models.DecimalField(max_digits=16, decimal_places=2)
    figures = models.JSONField()
    fingerprint = models.TextField()  # what an explanation or release covers: the same is not found again
    found_by = models.TextField()  # the act or sweep that showed it

    # Life
    found_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True)
    answer_until = models.DateTimeField(null=True)
    explained_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True)
    appealed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # What was said
    explanation = models.TextField(default="", blank=True)
    appeal = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)  # the regulator's, at the last decision
    corrected_by = models.TextField(default="", blank=True)  # price, content, off_sale or comparison

    sealed = ("number", "state", "offer_id", "kind", "price", "fingerprint", "explanation", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["offer", "kind"],
                condition=Q(state__in=["found", "notified", "overdue", "explained", "frozen", "appealed"]),
                name="one_open_case_per_offer_and_class",
            ),
            models.CheckConstraint(condition=~Q(state="notified") | Q(answer_until__isnull=False), name="notified_case_has_a_term"),
            models.CheckConstraint(condition=~Q(state="explained") | ~Q(explanation=""), name="explained_case_has_an_explanation"),
            models.CheckConstraint(condition=~Q(state__in=["frozen", "dismissed"]) | ~Q(reason=""), name="frozen_case_has_a_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["region_path", "state", "-id"], name="cases_of_a_region"),
            models.Index(fields=["supplier", "state", "-id"], name="cases_of_a_supplier"),
            models.Index(fields=["product"], condition=Q(ended_at=None), name="open_cases_of_a_product"),
            models.Index(fields=["kind", "-id"], condition=Q(ended_at=None), name="open_cases_of_a_class"),
            models.Index(fields=["answer_until"], condition=Q(state="notified"), name="cases_to_answer"),
            models.Index(fields=["supplier", "id"], condition=Q(state="found"), name="cases_to_notify"),
        ]


class SplittingCase(Living):
    """A lead that a buyer divides its purchases (化整为零): told to the buyer, who may explain; decided by the regulator."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.TextField()  # split_sum, split_class, split_near, split_run
    subject = models.TextField()  # what tells it from others of the buyer: quota, supplier, category
    severity = models.TextField()
    category_code = models.TextField()
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, null=True, related_name="+")
    supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")

    # What was found
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    ruling = models.JSONField()  # the rulebook's, with the version of the threshold
    purchases = models.JSONField()  # the latest that are counted: [reference, amount, at]
    last_at = models.DateTimeField()  # of the latest purchase: a later one is found anew
    found_by = models.TextField()

    # Life
    found_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    explained_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # What was said
    explanation = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)  # the regulator's

    sealed = ("number", "state", "buyer_id", "kind", "subject", "amount", "purchases", "explanation", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["buyer", "kind", "subject"],
                condition=Q(state__in=["notified", "overdue", "explained"]),
                name="one_open_case_of_splitting_a_subject",
            ),
            models.CheckConstraint(condition=~Q(state="explained") | ~Q(explanation=""), name="explained_splitting_has_an_explanation"),
            models.CheckConstraint(condition=~Q(state__in=["dismissed", "upheld"]) | ~Q(reason=""), name="decided_splitting_has_a_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["region_path", "state", "-id"], name="splitting_of_a_region"),
            models.Index(fields=["buyer", "kind", "subject", "-id"], name="splitting_of_a_buyer"),
            models.Index(fields=["answer_until"], condition=Q(state="notified"), name="splitting_to_answer"),
        ]


class Yardstick(models.Model):
    """How far the prices of a category scatter and what they depend on besides the product: measured every night."""

    category = models.OneToOneField(Category, models.CASCADE, primary_key=True, related_name="+")
    measured_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    mad = models.FloatField(null=True)  # none: no product of the category has enough sellers
    regions = models.JSONField(default=dict)
    months = models.JSONField(default=dict)
    slope = models.FloatField(default=0.0)
    usual = models.JSONField(default=dict)  # parameter → value → how many products have it


class Level(models.Model):
    """Where a product's prices lie, as its neighbours are compared with it: the median of the adjusted logarithms of what is asked."""

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="+")
    category = models.ForeignKey(Category, models.CASCADE, related_name="+")
    signature = models.TextField()  # its key parameters; "": it tells none
    median = models.FloatField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["category", "signature", "product"], name="neighbours_of_a_product")]


class FeedCursor(models.Model):
    """How far an outside price feed has been read."""

    name = models.TextField(unique=True)
    after = models.TextField(default="", blank=True)
    moved_at = models.DateTimeField(null=True)


class Sweep(models.Model):
    """One look at everything that is on sale."""

    number = models.TextField(unique=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    offers = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)  # class → how many offers
    opened = models.PositiveIntegerField(default=0)
    corrected = models.PositiveIntegerField(default=0)
    not_computable = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-id"]


deadlines.runs(WatchCase, "answer_until", "notified")
deadlines.runs(SplittingCase, "answer_until", "notified")
