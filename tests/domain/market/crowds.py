"""Many purchases where there was one: for lists that are long, and for what they cost."""

from __future__ import annotations

from copy import copy
from typing import Any


def copies(it: Any, things: str, count: int) -> list[str]:
    """As many more purchases like this one, with what they ask for; their numbers."""
    made = []
    for n in range(count):
        new = copy(it)
        new.pk, new.number, new._state.adding = None, f"{it.number}-{n}", True
        if hasattr(new, "lock"):
            new.lock = None
        if hasattr(new, "period"):  # one of a package and period
            new.period = f"{it.period}-{n}"
        new.save()
        for thing in getattr(it, things).all() if things else ():
            owner = getattr(it, things).field.name
            thing.pk, thing._state.adding = None, True
            setattr(thing, owner, new)
            thing.save()
        made.append(new.number)
    return made
