"""What the outbox remembers: how far each follower has read, which form or call was carried out, why a delivery failed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Cursor(models.Model):
    """How far a follower has read the gap-free feed of acts."""

    name = models.TextField(primary_key=True)
    after = models.BigIntegerField(default=-1)
    moved_at = models.DateTimeField(null=True)


class Once(models.Model):
    """A form or call that was carried out, so that the same one coming twice is answered and not done again."""

    key = models.TextField(primary_key=True)
    request_hash = models.TextField()
    status = models.IntegerField(default=0)
    location = models.TextField(default="", blank=True)
    body = models.TextField(default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="once_by_age")]


class Failure(models.Model):
    """Why a job failed when it was last tried. `job` is its number in the queue."""

    job = models.BigIntegerField(primary_key=True)
    error = models.TextField()
    at = models.DateTimeField()
