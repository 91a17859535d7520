"""Grants: who may do what to which subject. Small values that read as a sentence and combine with `|` and `&`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Kind

Test = Callable[[Actor, Any], bool]


@dataclass(frozen=True)
class Grant:
    """`allows(actor, subject)`, with a name for the table of lives and the refusal's words."""

    name: str
    test: Test
    told: str | Promise = ""

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return str(self.told or self.name)

    def allows(self, actor: Actor, subject: Any) -> bool:
        return self.test(actor, subject)

    def __or__(self, other: Grant) -> Grant:
        told = format_lazy(_("{one} or {other}"), one=self.told or self.name, other=other.told or other.name)
        return Grant(f"{self.name} or {other.name}", lambda actor, it: self.allows(actor, it) or other.allows(actor, it), told)

    def __and__(self, other: Grant) -> Grant:
        told = format_lazy(_("{one} and {other}"), one=self.told or self.name, other=other.told or other.name)
        return Grant(f"{self.name} and {other.name}", lambda actor, it: self.allows(actor, it) and other.allows(actor, it), told)


PARTIES: dict[str, str | Promise] = {
    "buyer": _("buyer"),
    "supplier": _("supplier"),
    "organisation": _("organisation"),
    "solicitor": _("solicitor"),
    "seller": _("seller"),
}
ROLES: dict[str, str | Promise] = {
    "orderer": _("orderer"),
    "lead": _("lead"),
    "receiver": _("receiver"),
    "finance": _("finance"),
    "admin": _("administrator"),
    "sales": _("sales"),
    "catalog": _("catalogue clerk"),
}


def _roles(roles: tuple[str, ...]) -> str | Promise:
    first, *others = (ROLES.get(role, role) for role in roles)
    told: str | Promise = first
    for other in others:
        told = format_lazy(_("{one} or {other}"), one=told, other=other)
    return told


def holds(*roles: str, of: str) -> Grant:
    """Has one of the roles in the organisation that the subject names in field `of`; 'buyer_id' and 'supplier_id' also want that kind."""
    party = of.removesuffix("_id")
    kinds = {party} if party in Kind.values else set(Kind.values)

    def test(actor: Actor, subject: Any) -> bool:
        return (
            actor.organisation_id is not None
            and getattr(subject, of) == actor.organisation_id
            and actor.kind in kinds
            and actor.has(*roles)
        )

    told = format_lazy(_("the {party}'s {roles}"), party=PARTIES.get(party, party), roles=_roles(roles))
    return Grant(f"{party}'s {'/'.join(roles)}", test, told)


def decides_in(actor: Actor, path: str) -> bool:
    """Decides for a regulator of this region or of one above it: as its officer or lead. Who only administers its seats does not."""
    within = path == actor.region_path or path.startswith(actor.region_path + "/")
    return actor.kind == "regulator" and within and actor.has("officer", "lead")


def regulates(field: str = "region_path") -> Grant:
    """Is an officer or the lead of a regulator of the subject's region or of one above it."""
    return Grant(
        "officer/lead of the region's regulator",
        lambda actor, subject: decides_in(actor, getattr(subject, field)),
        _("an officer or the lead of the region's regulator"),
    )


def _is_clock(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "clock"


def _is_operator(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "operator" and actor.has("operator")


def _is_anyone(_actor: Actor, _subject: Any) -> bool:
    return True


clock = Grant("clock", _is_clock, _("the platform's clock"))
operator = Grant("operator", _is_operator, _("the operator"))
anyone = Grant("anyone", _is_anyone, _("anyone"))
