"""What is known of a kept file; the bytes themselves are in the store under their SHA-256."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class File(models.Model):
    """One upload by one organisation for one purpose. Two rows may share their bytes."""

    # Identity
    owner = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")  # null: the platform's own
    purpose = models.TextField()
    name = models.TextField()

    # Content
    kind = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField()
    sha256 = models.TextField()

    # Image
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    small_sha256 = models.TextField(default="", blank=True)
    medium_sha256 = models.TextField(default="", blank=True)

    # Keeping
    public = models.BooleanField(default=False)
    kept_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    handed_in_at = models.DateTimeField()  # the last time; the same file again is the same row
    retention_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "purpose", "public", "sha256", "name"],
                name="file_is_kept_once_per_owner_and_purpose",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="file_is_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="file_is_named_by_its_sha256"),
            models.CheckConstraint(condition=Q(kind__in=["image", "document", "sheet"]), name="file_kind_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["sha256"], name="file_by_content"),
            models.Index(fields=["handed_in_at"], name="file_by_hand_in"),
            models.Index(fields=["retention_until"], condition=Q(retention_until__isnull=False), name="file_by_retention"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.media_type}, {self.size} bytes)"
