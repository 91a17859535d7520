"""Reverse auctions (反向竞价): what is wanted in lots, who entered, and every bid in the order in which the database took it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from sunlit.domain.catalog.models import Category
from sunlit.domain.market.models.decisions import Decided
from sunlit.domain.market.models.orders import Order
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User


class Auction(Decided):
    """One auction. Whether it is running is told by its instants and by those of its lots, never by a process."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="auctions")
    drafter = models.ForeignKey(User, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")  # none is needed below the threshold
    quota = models.ForeignKey(BudgetQuota, models.PROTECT, related_name="+")
    parties = ArrayField(models.TextField(), default=list)  # the buyer's number, and after the end those of the bidders

    # What
    title = models.TextField()
    purpose = models.TextField()
    requirements = models.TextField()  # what bidders and goods must meet: a bidder declares that they do
    delivery = models.JSONField()
    invoice_title = models.JSONField()
    delivery_days = models.PositiveSmallIntegerField()

    # Terms, within the rulebook's limits
    minutes = models.PositiveSmallIntegerField()
    step_kind = models.TextField()  # percent of the cap, yuan
    step = models.DecimalField(max_digits=16, decimal_places=2)
    extension_minutes = models.PositiveSmallIntegerField()  # a lowest bid in the last so many leaves as many
    extensions_most = models.PositiveSmallIntegerField(null=True)  # none: as many as it takes
    rounds = models.PositiveSmallIntegerField(
        default=0
    )  # none: everybody bids at any time; else in turns, and `minutes` and the extension do not count
    turn_minutes = models.PositiveSmallIntegerField(default=0)
    pause_minutes = models.PositiveSmallIntegerField(default=0)  # between two rounds
    opening_minutes = models.PositiveSmallIntegerField(default=0)  # from the start to the first turn
    visibility = models.TextField()  # what competitors and the public see before the end
    bidders_least = models.PositiveSmallIntegerField(default=0)
    total = models.DecimalField(max_digits=16, decimal_places=2)  # of the caps
    holds = models.PositiveSmallIntegerField(default=1)  # how often its money was laid ready: each has a reference of its own
    rulings = models.JSONField(default=list)

    # Life
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    enter_until = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    confirm_until = models.DateTimeField(null=True)
    awarded_at = models.DateTimeField(null=True)

    # Outcome
    terms_hash = models.TextField(default="", blank=True)
    result = models.TextField(default="", blank=True)  # canonical JSON, as it was published at the end
    explanation = models.TextField(default="", blank=True)  # why the buyer goes on with a price that is abnormally low
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "buyer_id", "quota_id", "plan_id", "title", "total", "starts_at", "terms_hash", "result", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gt=0), name="auction_total_is_positive"),
            models.CheckConstraint(condition=Q(step__gt=0), name="auction_step_is_positive"),
            models.CheckConstraint(condition=Q(step_kind__in=["percent", "yuan"]), name="auction_step_is_percent_or_yuan"),
            models.CheckConstraint(
                condition=Q(visibility__in=["rank_only", "low_only", "own_rank_and_current_low"]), name="auction_visibility_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="auctions_of_a_buyer"),
            models.Index(fields=["region_path", "-id"], name="auctions_of_a_region"),
            models.Index(fields=["enter_until"], condition=Q(state="open"), name="auctions_to_begin"),
            models.Index(fields=["confirm_until"], condition=Q(state="to_confirm"), name="auctions_to_confirm"),
        ]

    @property
    def reference(self) -> str:
        """Under which its money lies ready."""
        return self.reference_of(self.holds)

    @property
    def paper(self) -> str:
        """What its orders were won by; after an order came to nothing, those of the next bidder have a paper of their own."""
        return self.paper_of(self.holds)

    def reference_of(self, turn: int) -> str:
        return f"auction/{self.paper_of(turn)}"

    def paper_of(self, turn: int) -> str:
        return self.number if turn == 1 else f"{self.number}.{turn}"


class AuctionLot(models.Model):
    """One object in its quantity; bids are unit prices. The row that every bid locks: it deals out the places of bids and of told events."""

    auction = models.ForeignKey(Auction, models.PROTECT, related_name="lots")
    position = models.PositiveSmallIntegerField()
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    name = models.TextField()
    quantity = models.PositiveIntegerField()
    unit = models.TextField()
    cap = models.DecimalField(max_digits=16, decimal_places=2)  # the highest unit price, where the bidding starts
    step = models.DecimalField(max_digits=16, decimal_places=2)  # in yuan

    # As it stands
    ends_at = models.DateTimeField(null=True)
    extensions = models.PositiveIntegerField(default=0)
    bids = models.PositiveIntegerField(default=0)
    told = models.PositiveBigIntegerField(default=0)  # events told in its room
    last_at = models.DateTimeField(null=True)  # of its last bid: time never runs back within a lot
    low = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    leader = models.ForeignKey("AuctionEntry", models.PROTECT, null=True, related_name="+")

    # Outcome
    outcome = models.TextField(default="", blank=True)  # won, failed
    winner = models.ForeignKey("AuctionEntry", models.PROTECT, null=True, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["auction", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["auction", "position"], name="auction_lots_are_counted"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & Q(cap__gt=0) & Q(step__gt=0), name="auction_lots_are_counted_and_capped"),
            models.CheckConstraint(condition=Q(low__isnull=True) | Q(low__lte=models.F("cap")), name="no_auction_price_is_above_its_cap"),
        ]
        indexes: ClassVar = [models.Index(fields=["ends_at"], condition=Q(outcome=""), name="auction_lots_to_close")]

    @property
    def total(self) -> Decimal:
        """What the lot may cost at most."""
        return self.cap * self.quantity


class AuctionBidder(models.Model):
    """A supplier that declared its conformity and was admitted under a mask; who it is is told after the end."""

    auction = models.ForeignKey(Auction, models.PROTECT, related_name="bidders")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    mask = models.PositiveSmallIntegerField()  # drawn by lot
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    guarantee = models.TextField(default="", blank=True)  # reference of a guarantee, where one is asked for
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    turned_away_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        ordering: ClassVar = ["auction", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["auction", "supplier"], name="a_supplier_once_in_an_auction"),
            models.UniqueConstraint(fields=["auction", "mask"], name="a_mask_once_in_an_auction"),
        ]

    @property
    def admitted(self) -> bool:
        return self.left_at is None and self.turned_away_at is None


class AuctionEntry(models.Model):
    """A bidder in a lot: what it would deliver, its lowest bid, its sealed floor, and why it is passed over after the end, if it is."""

    lot = models.ForeignKey(AuctionLot, models.PROTECT, related_name="entries")
    bidder = models.ForeignKey(AuctionBidder, models.PROTECT, related_name="entries")
    brand = models.TextField()
    model = models.TextField()

    price = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    place = models.PositiveIntegerField(null=True)  # of that bid in the lot
    floor = models.BinaryField(null=True)  # sealed with a key that does not lie in the database
    floor_at = models.DateTimeField(null=True)  # of equal floors the earlier one is ahead

    passed_over = models.TextField(default="", blank=True)  # refused, excluded, declined
    passed_over_why = models.TextField(default="", blank=True)
    explanation = models.TextField(default="", blank=True)  # the winner's, of a price that is abnormally low

    class Meta:
        ordering: ClassVar = ["lot", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["lot", "bidder"], name="a_bidder_once_in_a_lot")]


class AuctionBid(models.Model):
    """One accepted bid. Rows are added and never changed: a trigger sees to it."""

    # The lot is locked and is the entry's own, and nobody who has a seat is ever deleted: the database need not look for both again at every bid.
    lot = models.ForeignKey(
        AuctionLot, models.PROTECT, related_name="all_bids", db_index=False, db_constraint=False
    )  # leads the index of places
    entry = models.ForeignKey(AuctionEntry, models.PROTECT, related_name="bids", db_index=False)  # bids are read by their lot
    place = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=16, decimal_places=2)
    round = models.PositiveSmallIntegerField(default=0)  # where bidders speak in turns
    by_floor = models.BooleanField(default=False)  # made by the bidder's floor, not by hand
    key = models.TextField()  # the bidder's own: a message that comes twice makes one bid
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["lot", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lot", "place"], name="auction_bids_are_counted"),
            models.UniqueConstraint(fields=["key", "lot", "entry"], name="an_auction_bid_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="auction_bid_is_positive"),
        ]


deadlines.never_moves(Auction, "enter_until")  # with its start and its lots' ends it is moved by exactly the time that an outage took
deadlines.runs(Auction, "confirm_until", "to_confirm")
