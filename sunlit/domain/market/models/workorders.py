"""Designated services: the rate sheet of a package, the objects that are served, and the work order from request to settlement."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.market.models.frameworks import FrameworkEntry, Package
from sunlit.domain.market.models.stops import Stoppable
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File


class ServiceItem(models.Model):
    """One line of a package's rate sheet: a ceiling in yuan for an hour, a kilometre …, or in percent of a list price or a premium.

    A supplier answers the whole sheet with one share of it (85.00 %): its rate of each item is that share of the ceiling.
    """

    package = models.ForeignKey(Package, models.CASCADE, related_name="sheet")
    position = models.PositiveSmallIntegerField()
    name = models.TextField()
    form = models.TextField()  # hour, kilometre, page, unit, list_price, premium
    ceiling = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        ordering: ClassVar = ["package", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["package", "position"], name="items_of_a_sheet_are_counted"),
            models.CheckConstraint(condition=Q(ceiling__gt=0), name="rate_ceiling_is_positive"),
            models.CheckConstraint(
                condition=Q(form__in=["hour", "kilometre", "page", "unit", "list_price", "premium"]), name="pricing_form_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(form__in=["list_price", "premium"]) | Q(ceiling__lte=100), name="nobody_pays_more_than_the_list_price"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceObject(models.Model):
    """What is served and has its cap a year: a vehicle by its plate, a building, a contract. Its row is the lock under which sums are taken."""

    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.TextField()
    code = models.TextField()  # as it is compared: capitals, without blanks and marks
    name = models.TextField()  # as it was first written
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["buyer", "kind", "code"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["buyer", "kind", "code"], name="a_served_object_once_a_buyer")]

    def __str__(self) -> str:
        return self.name


class WorkOrder(Stoppable):
    """One service that a unit asks for under a package (工单): quoted by the rate sheet, approved, carried out, settled by what was really done."""

    # Identity
    package = models.ForeignKey(Package, models.PROTECT, related_name="work_orders")
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    orderer = models.ForeignKey(User, models.PROTECT, related_name="+")
    mode = models.TextField()  # direct, rotation
    target = models.ForeignKey(ServiceObject, models.PROTECT, related_name="work_orders")
    year = models.PositiveSmallIntegerField()  # whose cap it counts in

    # What is asked for, and on which terms
    need = models.TextField()
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")  # none: below the threshold the rule needs none
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    terms = models.JSONField()  # delivery, invoice_title, purpose, note
    reason = models.TextField(default="", blank=True)  # why this supplier; later why it was sent back, declined or cancelled

    # Who is asked
    entry = models.ForeignKey(FrameworkEntry, models.PROTECT, related_name="work_orders")
    passed = ArrayField(models.BigIntegerField(), default=list)  # entries whose turn came and went
    answer_until = models.DateTimeField(null=True)

    # What was quoted, approved and done: editions of its lines
    edition = models.PositiveSmallIntegerField(default=0)  # the latest
    approved_edition = models.PositiveSmallIntegerField(default=0)
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # approved: settlement stays within it
    approver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    rulings = models.JSONField(default=list)
    supplement = models.TextField(default="", blank=True)  # why more is needed

    # What was done
    done = models.TextField(default="", blank=True)
    reading = models.TextField(default="", blank=True)  # odometer, counter, time sheet: from what the quantities were read
    settled = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    order_number = models.TextField(default="", blank=True)
    settle_until = models.DateTimeField(null=True)  # the buyer looks at the report until then

    # Life
    requested_at = models.DateTimeField()
    quoted_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    executed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    stands_still = ("answer_until", "settle_until")

    sealed = (
        "number",
        "state",
        "buyer_id",
        "mode",
        "target_id",
        "plan_id",
        "entry_id",
        "edition",
        "approved_edition",
        "amount",
        "settled",
        "order_number",
        "reason",
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(mode__in=["direct", "rotation"]), name="work_order_mode_is_known"),
            models.CheckConstraint(condition=Q(settled=None) | Q(settled__lte=F("amount")), name="settled_within_what_was_approved"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "supplement_asked", "executed", "concluded"]) | Q(amount__gt=0),
                name="work_is_done_for_an_approved_amount",
            ),
            models.CheckConstraint(
                condition=~Q(state="concluded") | (Q(settled__gt=0) & ~Q(order_number="")), name="what_is_settled_has_its_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="work_orders_of_a_buyer"),
            models.Index(fields=["target", "year"], name="work_orders_of_an_object"),
            models.Index(fields=["answer_until"], condition=Q(state="requested"), name="work_orders_to_answer"),
            models.Index(fields=["settle_until"], condition=Q(state="executed"), name="work_orders_to_settle"),
        ]

    @property
    def reference(self) -> str:
        """The hold of the approved amount; each approval has its own."""
        return f"work_order/{self.number}/{self.approved_edition}"


class WorkLine(models.Model):
    """One item of an edition: how much of it, at which rate, and for list prices and premiums of what sum. Lines are written once."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="lines")
    edition = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    item = models.ForeignKey(ServiceItem, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    base = models.DecimalField(max_digits=16, decimal_places=2, null=True)  # list price of one, or the premium before the discount
    basis = models.TextField(default="", blank=True)  # where the list price stands, or what was done
    rate = models.DecimalField(max_digits=16, decimal_places=4)
    amount = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        ordering: ClassVar = ["work_order", "edition", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["work_order", "edition", "position"], name="lines_of_an_edition_are_counted"),
            models.CheckConstraint(condition=Q(quantity__gte=0, rate__gt=0, amount__gte=0), name="work_lines_are_not_negative"),
        ]


class WorkPaper(models.Model):
    """A paper or photograph that shows what was done."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="papers")
    edition = models.PositiveSmallIntegerField()
    file = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["work_order", "id"]


deadlines.runs(WorkOrder, "answer_until", "requested")
deadlines.runs(WorkOrder, "settle_until", "executed")
