"""The part of a form that gives a person a login and a seat in an organisation."""

from __future__ import annotations

from collections.abc import Iterable

from sunlit.foundation.accounts import services
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request


def seat_a_person(request: Request, organisation: Organisation, *, roles: Iterable[str], name: str) -> None:
    """From the fields login, email, password and `name`, the field of the person's name. Whatever is refused is told at these fields."""
    given = {field: request.POST.get(field, "") for field in ("login", "email", "password")}
    try:
        services.add_person(organisation, name_zh=request.POST.get(name, ""), roles=roles, by=request.actor, at=request.now, **given)
    except Refused as refused:
        fields = {"name_zh": name, "new": "password"}
        raise Refused(*(Problem(it.reason, it.params, fields.get(it.on, it.on)) for it in refused.problems)) from None
