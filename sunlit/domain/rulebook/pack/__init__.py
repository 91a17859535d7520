"""The data pack: the rules and days off that the platform ships, in its own tables, with a version. `build.py` writes them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

TABLES: Final = ("emall", "platform", "thresholds", "time_limits", "numbers", "tables", "notices", "documents", "templates")
DAYS: Final = "calendar"
MARKS: Final = re.compile(r"(; )?evidence: .*$")  # at the end of a note: the marks of its source, where there are several


@dataclass(frozen=True)
class PackRule:
    """One version of one rule as the pack tells it. `region` is a division code, "" for everywhere; `until` is not included."""

    key: str
    kind: str
    region: str
    value: Mapping[str, Any]
    allowed: Mapping[str, Any] | None
    unit: str
    name_zh: str
    name_en: str
    source: str
    article: str
    evidence: str
    note: str
    binding: bool
    since: date
    until: date | None

    @property
    def identity(self) -> tuple[str, str, str]:
        return (self.key, self.region, self.kind)


@dataclass(frozen=True)
class PackDay:
    """A day that the nation's calendar declares free or, `working`, made up for."""

    day: date
    working: bool
    name: str
    source: str


@dataclass(frozen=True)
class PackData:
    """A whole pack. `digest` is the SHA-256 of its tables."""

    version: str
    digest: str
    rules: tuple[PackRule, ...]
    days: tuple[PackDay, ...]


@cache
def read() -> PackData:
    """The pack that came with this release. Fails when the tables are not the ones its version was given to."""
    texts = {name: _text(name) for name in (*TABLES, DAYS)}
    told, digest = json.loads(_text("pack")), digest_of(texts)
    assert digest == told["digest"], "the pack's tables were changed without building a new version"
    rules = tuple(_rule(row) for name in TABLES for row in json.loads(texts[name]))
    return PackData(told["version"], digest, rules, tuple(_day(row) for row in json.loads(texts[DAYS])))


@dataclass(frozen=True)
class Note:
    """What a row says in passing, in both languages."""

    zh: str
    en: str


@cache
def notes() -> Mapping[str, Note]:
    """The notes of the rows, by how the tables write them without their marks."""
    return {row["note"]: Note(row["zh"], row["en"]) for row in json.loads(_text("notes"))}


def plain(note: str) -> str:
    """A note without the marks of its source."""
    return MARKS.sub("", note)


def digest_of(texts: Mapping[str, str]) -> str:
    """SHA-256 over the tables in the order of their names."""
    return hashlib.sha256("\n".join(texts[name] for name in sorted(texts)).encode()).hexdigest()


def _text(name: str) -> str:
    return (files(__package__) / f"{name}.json").read_text(encoding="utf-8")


def _rule(row: dict[str, Any]) -> PackRule:
    since, until = row.pop("since"), row.pop("until")
    return PackRule(**row, since=date.fromisoformat(since), until=date.fromisoformat(until) if until else None)


def _day(row: dict[str, Any]) -> PackDay:
    return PackDay(date.fromisoformat(row["day"]), row["working"], row["name"], row["source"])
