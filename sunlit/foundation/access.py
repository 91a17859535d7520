"""Grants: who may do what to which subject. Small values that read as a sentence and combine with `|` and `&`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Kind

Test = Callable[[Actor, Any], bool]


@dataclass(frozen=True)
class Grant:
    """`allows(actor, subject)`, with a name for the table of lives and the refusal's words."""

    name: str
    test: Test

    def allows(self, actor: Actor, subject: Any) -> bool:
        return self.test(actor, subject)

    def __or__(self, other: Grant) -> Grant:
        return Grant(f"{self.name} or {other.name}", lambda actor, it: self.allows(actor, it) or other.allows(actor, it))

    def __and__(self, other: Grant) -> Grant:
        return Grant(f"{self.name} and {other.name}", lambda actor, it: self.allows(actor, it) and other.allows(actor, it))


def holds(*roles: str, of: str) -> Grant:
    """Has one of the roles in the organisation that the subject names in field `of`; 'buyer_id' and 'supplier_id' also want that kind."""
    party = of.removesuffix("_id")
    kinds = {party} if party in Kind.values else set(Kind.values)

    def test(actor: Actor, subject: Any) -> bool:
        return actor.organisation_id is not None and getattr(subject, of) == actor.organisation_id and actor.kind in kinds and actor.has(*roles)

    return Grant(f"{party}'s {'/'.join(roles)}", test)


def regulates(field: str = "region_path") -> Grant:
    """Is a regulator of the subject's region or of one above it."""

    def test(actor: Actor, subject: Any) -> bool:
        path: str = getattr(subject, field)
        return actor.kind == "regulator" and (path == actor.region_path or path.startswith(actor.region_path + "/"))

    return Grant("regulator of the region", test)


def _is_clock(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "clock"


def _is_operator(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "operator" and actor.has("operator")


def _is_anyone(_actor: Actor, _subject: Any) -> bool:
    return True


clock = Grant("clock", _is_clock)
operator = Grant("operator", _is_operator)
anyone = Grant("anyone", _is_anyone)
