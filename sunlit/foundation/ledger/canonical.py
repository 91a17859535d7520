"""The exact bytes of an act: canonical JSON (RFC 8785 manner) and the public body made from it. Plain Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

VERSION = 1
SALT_SIZE = 16
PERSON = "by_user"
"""The fact that names the person who acted, by number."""
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: the same text for the same content. Keys are expected in the basic plane."""
    return _ENCODER.encode(value)


def plain(value: Any) -> Any:
    """The value as JSON knows it. Numbers with a fraction travel as text, for a float has no one spelling."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str | Decimal | date | UUID):
        return str(value)
    raise TypeError(f"facts hold text, whole numbers, truth, lists and mappings of them, not {value!r}")


def iso(at: datetime) -> str:
    """The instant in UTC with microseconds: 2026-03-02T01:30:00.000000Z."""
    if at.tzinfo is None:
        raise TypeError(f"a time without a zone: {at!r}")
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def facts_digest(salt: bytes, facts_json: str) -> str:
    """What the public tree tells about the facts: a hash that nobody can guess back, thanks to the salt."""
    return "sha256:" + hashlib.sha256(salt + facts_json.encode()).hexdigest()


def body_of(*, act: str, subject: str, at: datetime, organisation: str, kind: str, region: str, facts: str) -> str:
    """The public leaf: who (an organisation, never a person) did what to which subject, when; `facts` is their digest."""
    quote = json.encoder.encode_basestring
    return (
        f'{{"act":{quote(act)},"at":"{iso(at)}","by":{{"kind":{quote(kind)},"organisation":{quote(organisation)}}},'
        f'"facts":"{facts}","region":{quote(region)},"subject":{quote(subject)},"v":{VERSION}}}'
    )
