"""Online quotations (在线询价): what a buyer asks prices for, the sealed quotes, what was in them, and how each was judged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sunlit.domain.catalog.models import Category, Product
from sunlit.domain.market.models.decisions import Decided
from sunlit.domain.market.models.orders import Order
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living
from sunlit.foundation.seals.models import Envelope, Lock


class Quotation(Decided):
    """A request for quotes. The figures of the rulebook that it was published under stand in it."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="quotations")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="reruns")
    run = models.PositiveSmallIntegerField(default=1)

    # What, and with whose money
    title = models.TextField()
    purpose = models.TextField(default="", blank=True)
    note = models.TextField(default="", blank=True)
    demand_number = models.TextField(default="", blank=True)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    ceiling = models.DecimalField(max_digits=16, decimal_places=2)
    delivery = models.JSONField()
    invoice_title = models.JSONField()
    delivery_days = models.PositiveSmallIntegerField()
    contents_hash = models.TextField()  # digest of lines, papers and terms

    # Who may quote
    invited = ArrayField(models.BigIntegerField(), default=list, blank=True)  # organisations; none: every active supplier
    least = models.PositiveSmallIntegerField(default=0)  # quotes, and conforming ones, that it takes
    tie = models.TextField(default="", blank=True)  # earliest, random
    count_shown = models.BooleanField(default=False)
    extensions_left = models.PositiveSmallIntegerField(default=0)
    margin_minutes = models.PositiveSmallIntegerField(default=0)  # from the last quote to the opening

    # Life
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    quote_until = models.DateTimeField()
    lock = models.OneToOneField(Lock, models.PROTECT, null=True, related_name="+")
    suspended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    decide_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Outcome
    rulings = models.JSONField(default=list, blank=True)
    explanation = models.TextField(default="", blank=True)
    keepers_missing = ArrayField(models.TextField(), default=list, blank=True)  # whose keys the opening waits for
    winner = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    award = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    order = models.OneToOneField(Order, models.PROTECT, null=True, related_name="+")
    cause = models.TextField(default="", blank=True)  # why it ended without an award
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "buyer_id", "quota_id", "ceiling", "contents_hash", "quote_until", "invited", "winner_id", "award", "cause", "reason")  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ceiling__gt=0), name="quotation_ceiling_is_positive"),
            models.CheckConstraint(condition=Q(award__isnull=True) | Q(award__lte=F("ceiling")), name="award_is_within_the_ceiling"),
            models.CheckConstraint(
                condition=Q(state="awarded", winner__isnull=False, award__isnull=False)
                | (~Q(state="awarded") & Q(winner=None) & Q(award=None)),
                name="who_is_awarded_has_won",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=~Q(state__in=["discarded"]),
                name="a_quotation_is_run_again_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="quotations_of_a_buyer"),
            models.Index(fields=["region_path", "-id"], name="quotations_of_a_region"),
            models.Index(fields=["quote_until"], condition=Q(state="open"), name="quotations_to_close"),
            models.Index(fields=["closed_at"], condition=Q(state="closed"), name="quotations_to_open"),
            models.Index(fields=["decide_until"], condition=Q(state="opened"), name="quotations_to_decide"),
        ]

    @property
    def opens_at(self) -> datetime:
        """The instant from which the keepers give out their keys."""
        return self.quote_until + timedelta(minutes=self.margin_minutes)

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class QuotationLine(models.Model):
    """One thing that prices are asked for."""

    quotation = models.ForeignKey(Quotation, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    name = models.TextField()
    quantity = models.PositiveIntegerField()
    unit = models.TextField()
    ceiling = models.DecimalField(max_digits=16, decimal_places=2)  # of one
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    parameters = ArrayField(models.TextField(), default=list, blank=True)  # what every quote must meet
    brands = ArrayField(models.TextField(), default=list, blank=True)  # named for reference, never a condition

    class Meta:
        ordering: ClassVar = ["quotation", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quotation", "position"], name="quotation_lines_are_counted"),
            models.CheckConstraint(condition=Q(quantity__gt=0, ceiling__gt=0), name="quoted_things_are_counted_and_capped"),
            models.CheckConstraint(condition=Q(amount=F("ceiling") * F("quantity")), name="quotation_line_amount_is_exact"),
        ]


class QuotationPaper(models.Model):
    """A paper that belongs to what is asked: a drawing, a list, a sample of the contract."""

    quotation = models.ForeignKey(Quotation, models.CASCADE, related_name="papers")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["quotation", "file"], name="a_paper_once_in_a_quotation")]


class QuotationQuestion(models.Model):
    """What a supplier asked and the buyer answered, for all to read. Who asked is told to nobody."""

    quotation = models.ForeignKey(Quotation, models.CASCADE, related_name="questions")
    asker = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    text = models.TextField()
    asked_at = models.DateTimeField()
    answer = models.TextField(default="", blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]


class Quote(Living):
    """One supplier's quote. Until the opening its content is in its envelope alone."""

    # Identity
    quotation = models.ForeignKey(Quotation, models.PROTECT, related_name="quotes")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="quotes")

    # Sealed
    envelope = models.ForeignKey(Envelope, models.SET_NULL, null=True, related_name="+")
    digest = models.TextField()  # of the envelope as it came in
    place = models.BigIntegerField()  # the envelope's place in the order in which all came in: decides between equal prices
    submitted_at = models.DateTimeField()

    # Opened
    total = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    delivery_days = models.PositiveSmallIntegerField(null=True)
    note = models.TextField(default="", blank=True)
    content_hash = models.TextField(default="", blank=True)
    opened_at = models.DateTimeField(null=True)

    # Judged
    cause = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)
    judged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    sealed = ("number", "state", "digest", "submitted_at", "content_hash", "total", "cause", "reason")

    class Meta:
        ordering: ClassVar = ["quotation", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quotation", "supplier"], name="one_quote_of_a_supplier"),
            models.UniqueConstraint(fields=["quotation"], condition=Q(state="won"), name="one_quote_wins"),
            models.CheckConstraint(
                condition=Q(total=None) | ~Q(state__in=["sealed", "withdrawn", "unopened"]), name="a_sealed_quote_tells_no_price"
            ),
            models.CheckConstraint(condition=~Q(state__in=["conforming", "won", "lost"]) | Q(total__gt=0), name="who_conforms_has_a_price"),
            models.CheckConstraint(condition=~Q(state="excluded") | (~Q(cause="") & ~Q(reason="")), name="who_is_excluded_is_told_why"),
        ]
        indexes: ClassVar = [models.Index(fields=["supplier", "-id"], name="quotes_of_a_supplier")]

    @property
    def buyer_id(self) -> int:
        return self.quotation.buyer_id


class QuoteLine(models.Model):
    """What a quote says of one line, as it stood in the envelope."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    brand = models.TextField(default="", blank=True)
    model = models.TextField(default="", blank=True)
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    price = models.DecimalField(max_digits=16, decimal_places=2)
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    answers = models.JSONField(default=list)  # [{meets, text}], one a parameter of the line

    class Meta:
        ordering: ClassVar = ["quote", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quote", "position"], name="quote_lines_are_counted"),
            models.CheckConstraint(condition=Q(price__gt=0, amount__gte=F("price")), name="quoted_prices_are_positive"),
        ]


deadlines.runs(Quotation, "quote_until", "open", "suspended")
deadlines.runs(Quotation, "decide_until", "opened", "halted")
