"""Reading the ledger: one act, the history of a subject, the gap-free feed, and proofs from the published tree."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, F, JSONField, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason, Refused
from sunlit.foundation.ledger import notes, publishing, tiles
from sunlit.foundation.ledger.canonical import canonical
from sunlit.foundation.ledger.models import Entry, Leaf, Progress
from sunlit.foundation.ledger.sentences import acts, sentence
from sunlit.foundation.ledger.tree import consistency_path, inclusion_path

__all__ = [
    "HISTORY_MAX",
    "Act",
    "Stretch",
    "about",
    "at_index",
    "checkpoint",
    "consistency",
    "feed",
    "get",
    "history_of",
    "leaf_hash",
    "named",
    "proof_of",
    "size",
    "stretch",
]

HISTORY_MAX = 500
"""Acts shown of one subject at a time."""
BULK_SUBJECTS = frozenset({"batch", "quotas"})
"""Kinds of subjects that name many things at once."""
COMMON_SUBJECTS = ("rule", "holiday", "pack")
PROOF_FORMAT = "sunlit-ledger-proof-1"

NOT_SEALED = Reason("LED-001", _("Act {number} is not sealed into the public ledger yet. Ask again in a few seconds."), CONFLICT)


@dataclass(frozen=True)
class Act:
    """A sealed act, as the feed hands it to those who follow."""

    index: int
    entry_id: int
    at: datetime
    act: str
    subject: str
    organisation: str
    region: str
    facts: dict[str, Any]

    @property
    def sentence(self) -> str:
        """The act told to a person, in the active language."""
        return sentence(self)


@dataclass(frozen=True)
class Stretch:
    """A part of the feed as somebody may see it: acts, those of them whose facts are told, the last place looked at, whether there is more."""

    acts: list[Act]
    open: frozenset[int]
    last: int
    more: bool


def get(number: int) -> Entry:
    """The act with this number. Raises Entry.DoesNotExist."""
    return Entry.objects.select_related("leaf").get(pk=number)


def at_index(index: int) -> Entry:
    """The act at this place of the public tree. Raises Entry.DoesNotExist."""
    return Entry.objects.select_related("leaf").get(leaf__index=index)


def history_of(
    subject: str, *, before: int | None = None, limit: int = HISTORY_MAX, facts: Mapping[str, Any] | None = None, but: Sequence[str] = ()
) -> list[Entry]:
    """What happened to a subject ("order/2026-0001"), oldest first: its last `limit` acts, or those before an act's number; with these `facts`.

    `but`: acts that are told elsewhere, as bids are.
    """
    entries = Entry.objects.select_related("leaf").filter(subject=subject).exclude(act__in=but).order_by("-pk")
    if facts:
        entries = entries.filter(facts__contains=dict(facts))
    if before is not None:
        entries = entries.filter(pk__lt=before)
    return list(entries[: min(limit, HISTORY_MAX)])[::-1]


def acts_on(*subjects: str, only: Sequence[str] = ()) -> Iterator[Entry]:
    """Everything that happened to a subject (to several), in the order in which it was recorded, however much it is; of `only` these acts."""
    found = Entry.objects.filter(subject__in=subjects, act__in=only) if only else Entry.objects.filter(subject__in=subjects)
    return found.order_by("pk").iterator(chunk_size=2000)


def about(number: str, *, region_path: str, before: int | None = None, limit: int = HISTORY_MAX) -> list[Entry]:
    """What happened, in a region and those below it, to whatever bears this number; the latest first. Rules and days off are everybody's."""
    subjects = [f"{kind}/{number}" for kind in sorted({act.partition(".")[0] for act in acts()} | BULK_SUBJECTS)]
    here = Q(region=region_path) | Q(region__startswith=region_path + "/") if region_path else Q()
    common = Q(region="", subject__in=[f"{kind}/{number}" for kind in COMMON_SUBJECTS])
    entries = Entry.objects.select_related("leaf").filter(here | common, subject__in=subjects)
    if before is not None:
        entries = entries.filter(pk__lt=before)
    return list(entries.order_by("-pk")[: min(limit, HISTORY_MAX)])


def feed(after_index: int, limit: int) -> list[Act]:
    """The acts sealed after this index (-1: from the beginning), in sealed order, without gaps."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT l."index", e.id, e.at, e.act, e.subject, e.organisation, e.region, e.facts'
            ' FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE l."index" > %s ORDER BY l."index" LIMIT %s',
            [after_index, limit],
        )
        return [Act(*(*row[:7], _loaded(row[7]))) for row in cursor.fetchall()]


def named(organisation: str) -> Q:
    """The acts (Entry) that this organisation did, and those whose facts name it among the parties."""
    return Q(organisation=organisation) | Q(facts__parties__contains=[organisation])


def stretch(after_index: int, limit: int, *, seen: Q, told: Q, looks: int, reads: int) -> Stretch:
    """The acts after this index that `seen` lets through; only those that `told` lets through come with their facts.

    Looks at `looks` acts of everybody at most, and at `reads` stored bytes of facts (but at one act always), however large bulk acts are.
    Two queries. Go on with `last`: nothing is left out between two stretches.
    """
    last, edge = _looked_at(after_index, looks, reads)
    columns = ("leaf__index", "pk", "at", "act", "subject", "organisation", "region")
    entries = Entry.objects.filter(seen, leaf__index__gt=after_index, leaf__index__lte=last).annotate(
        open=Coalesce(Case(When(told, then=Value(True)), default=Value(False)), Value(False), output_field=BooleanField()),
        shown=Case(When(told, then=F("facts")), default=Value({}, JSONField())),
    )
    rows = list(entries.order_by("leaf__index").values_list(*columns, "shown", "open")[: limit + 1])
    if cut := len(rows) > limit:
        last = rows[limit - 1][0]
    acts = [Act(*row[:8]) for row in rows[:limit]]
    return Stretch(acts, frozenset(row[0] for row in rows[:limit] if row[8]), last, cut or last < edge)


# `pg_column_size` tells what is stored without reading it.
_LOOKED_AT = """
SELECT max(looked."index") FILTER (WHERE looked.before < %s), (SELECT max("index") FROM ledger_leaf)
FROM (
  SELECT l."index", sum(pg_column_size(e.facts)) OVER (ORDER BY l."index") - pg_column_size(e.facts) AS before
  FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE l."index" > %s AND l."index" <= %s
) looked
"""


def _looked_at(after_index: int, looks: int, reads: int) -> tuple[int, int]:
    """Up to which place a stretch looks, and the last place there is."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOKED_AT, [reads, after_index, after_index + looks])
        last, edge = cursor.fetchone()
    return (after_index if last is None else last), (-1 if edge is None else edge)


def size() -> int:
    """How many acts are sealed."""
    return Progress.objects.filter(pk=1).values_list("size", flat=True).first() or 0


def leaf_hash(index: int) -> str:
    """The hash of the leaf at this place of the tree, by which a database is known; "" where there is none."""
    found = Leaf.objects.filter(pk=index).values_list("leaf_hash", flat=True).first()
    return bytes(found).hex() if found is not None else ""


def checkpoint() -> str | None:
    """The signed note that the world sees; None before the first act was published."""
    try:
        return (publishing.folder() / "checkpoint").read_text()
    except FileNotFoundError:
        return None


def proof_of(entry: Entry, *, with_facts: bool = False) -> dict[str, Any]:
    """Everything needed to check, offline, that the act is in the public tree. Raises Refused (LED-001) until it is published.

    `with_facts` discloses the facts and their salt: only for somebody who may see them.
    """
    note, index = checkpoint(), entry.index
    seen = notes.parse(note) if note else None
    if seen is None or index is None or index >= seen.size:
        raise Refused(Problem(NOT_SEALED, {"number": entry.pk}))
    path = inclusion_path(index, seen.size, tiles.nodes(publishing.reader(publishing.folder()), seen.size))
    proof = {
        "format": PROOF_FORMAT,
        "entry": entry.pk,
        "index": index,
        "size": seen.size,
        "body": entry.body,
        "path": [base64.b64encode(node).decode() for node in path],
        "checkpoint": note,
    }
    if with_facts:
        proof |= {"facts": canonical(entry.facts), "salt": base64.b64encode(bytes(entry.salt)).decode()}
    return proof


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the published tree of `old` acts is the beginning of that of `new`."""
    return consistency_path(old, new, tiles.nodes(publishing.reader(publishing.folder()), new))


def _loaded(facts: Any) -> Any:
    return json.loads(facts) if isinstance(facts, str) else facts
