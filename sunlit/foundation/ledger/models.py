"""What is stored: entries (one an act), their places in the tree, the signed checkpoints, and where sealing stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from sunlit.foundation.ledger.sentences import sentence

if TYPE_CHECKING:
    _Whole = models.BigIntegerField[int, int]
else:
    _Whole = models.BigIntegerField


class XidField(_Whole):
    """PostgreSQL's 64-bit transaction number."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else str(value)


class CurrentXid(models.Func):
    """The number of the transaction that writes the row."""

    function = "pg_current_xact_id"
    output_field = XidField()


class Entry(models.Model):
    """One act, as it was recorded in the act's own transaction. Never changed, never deleted: triggers see to it."""

    xid = XidField(db_default=CurrentXid(), editable=False)

    # The act
    at = models.DateTimeField()
    act = models.TextField()
    subject = models.TextField()
    region = models.TextField(blank=True)

    # By whom: `organisation` is a number, "clock" or "public"; `person` stays in this table
    organisation = models.TextField()
    kind = models.TextField()
    person = models.BigIntegerField(null=True)

    # What happened, private; the public tree holds the digest of salt and facts
    facts = models.JSONField()
    salt = models.BinaryField()

    # The leaf: its exact public bytes and their hash
    body = models.TextField()
    leaf_hash = models.BinaryField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["xid"], name="ledger_entry_by_xid"),
            models.Index(fields=["subject", "id"], name="ledger_entry_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.act} {self.subject}"

    @property
    def sentence(self) -> str:
        """The act told to a person, in the active language."""
        return sentence(self)

    @property
    def index(self) -> int | None:
        """Its place in the public tree; None until it is sealed. Select `leaf` with the entry."""
        leaf: Leaf | None = getattr(self, "leaf", None)
        return None if leaf is None else leaf.index


class Leaf(models.Model):
    """The place of an entry in the tree: contiguous from 0, in commit order."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="leaf")
    leaf_hash = models.BinaryField()


class Checkpoint(models.Model):
    """A signed statement of the tree at one size. The newest is published as `checkpoint`."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()


class Progress(models.Model):
    """One row, where sealing stands: the transactions already looked at (a pg_snapshot) and the right edge of the tree."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen = models.TextField(default="", blank=True)
    size = models.BigIntegerField(default=0)
    edge = models.BinaryField(default=b"")

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="ledger_progress_is_one_row")]
