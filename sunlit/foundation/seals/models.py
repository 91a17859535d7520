"""What is kept of sealed things: the lock of a procedure, the keys that its keepers gave out, and the envelopes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sunlit.foundation.accounts.models import Organisation


class Lock(models.Model):
    """The public keys that independent keepers made for one procedure, and the instant from which they give out the private ones."""

    procedure = models.TextField(unique=True)  # the number of what it locks
    region_path = models.TextField(default="", blank=True)
    recipients = models.JSONField()  # [{keeper, key}]
    needed = models.PositiveSmallIntegerField()
    opens_at = models.DateTimeField()  # as every keeper has confirmed it
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(needed__gt=0), name="a_lock_needs_a_key"),
        ]


class Release(models.Model):
    """A keeper gave out the private key that belongs to the public one it had announced."""

    lock = models.ForeignKey(Lock, models.PROTECT, related_name="releases")
    keeper = models.TextField()
    identity = models.TextField()
    released_at = models.DateTimeField()  # by the keeper's clock
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["lock", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["lock", "keeper"], name="a_keeper_releases_a_lock_once")]


class Envelope(models.Model):
    """One sealed envelope. Its id is its place in the order in which envelopes came in."""

    lock = models.ForeignKey(Lock, models.PROTECT, related_name="envelopes")
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    content = models.BinaryField()
    digest = models.TextField()  # of the content as it came in; the ledger has it too
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["lock", "owner"], name="one_envelope_of_an_owner_under_a_lock")]
