"""What was told to whom: the words untranslated, with their figures, so that each reader gets them in the own language."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from sunlit.foundation.messages.wording import worded


class Message(models.Model):
    """One message to one person, for one of the organisations that the person acts for (or none)."""

    # To whom
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.CASCADE, null=True, related_name="+")

    # What
    kind = models.TextField()
    title = models.TextField()
    body = models.TextField(default="", blank=True)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    link = models.TextField(default="", blank=True)

    # When
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    # Once
    dedupe_key = models.TextField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "dedupe_key"], name="message_is_told_once")]
        indexes: ClassVar = [
            models.Index(fields=["user", "-at", "-id"], name="message_inbox"),
            models.Index(fields=["user", "organisation"], condition=Q(read_at__isnull=True), name="message_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"

    @property
    def title_text(self) -> str:
        """The title in the active language."""
        return worded(self.title, self.params)

    @property
    def body_text(self) -> str:
        """The body in the active language."""
        return worded(self.body, self.params)
