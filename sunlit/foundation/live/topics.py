"""Topics: to whom an act is told. `public`, its subject (`order/DD-…`), the organisations in it, its region and those above."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

PUBLIC = "public"
TOPIC_CHARS_MOST = 120
_TOPIC = re.compile(r"public|[a-z][a-z0-9_-]*(/[A-Za-z0-9._-]+)+")
SHOWN_CHARS = 2


@dataclass(frozen=True)
class Act:
    """One sealed act as the live process reads it. `parties` are the numbers of the organisations named in its facts."""

    index: int
    act: str
    subject: str
    region: str
    organisation: str
    at: datetime
    parties: tuple[str, ...] = field(default=())


def is_topic(text: str) -> bool:
    return len(text) <= TOPIC_CHARS_MOST and _TOPIC.fullmatch(text) is not None


def topics_of(act: Act) -> frozenset[str]:
    """Every topic on which the act is told."""
    parts = act.region.split("/") if act.region else []
    regions = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    organisations = {act.organisation, *act.parties} - {"", "clock", PUBLIC}
    return frozenset(
        {PUBLIC, act.subject, *(f"organisation/{number}" for number in organisations), *(f"region/{path}" for path in regions)}
    )


def masked(subject: str) -> str:
    """The subject for everybody: its kind, the start of its number and its last two characters."""
    kind, _, number = subject.partition("/")
    head, dash, tail = number.rpartition("-")
    hidden = "*" * max(len(tail) - SHOWN_CHARS, 0)
    return f"{kind}/{head}{dash}{hidden}{tail[len(hidden) :]}" if number else kind


def as_event(act: Act, *, openly: bool) -> bytes:
    """The act as one server-sent event, whose id is its place in the ledger. `openly`: with what only those concerned may read."""
    told = {
        "index": act.index,
        "act": act.act,
        "subject": act.subject if openly else masked(act.subject),
        "region": act.region,
        "at": act.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if openly:
        told["organisation"] = act.organisation
        told["topics"] = sorted(topics_of(act) - {PUBLIC})
    return f"id: {act.index}\ndata: {json.dumps(told, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
