"""Acceptance sheets as the people of the region fill them in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sunlit.domain.contracts.queries import SheetForm
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day


def inspected(asked: SheetForm, by: Actor, at: datetime) -> dict[str, Any]:
    """The category's acceptance template, filled in by whoever received the goods: everything passed."""
    fields = asked.template.fields
    verdicts = {it.key: "pass" for it in fields if it.kind == "verdict"}
    users = {it.key: "none" for it in fields if it.key == "users"}
    member = {"name": by.user_name, "unit": by.organisation_name}
    return {"members": [member], "day": local_day(at).isoformat(), "how": ["count", "open"], **verdicts, **users}
