"""Many purchases where there was one: for lists that are long, and for what they cost."""

from __future__ import annotations

from copy import copy
from typing import Any

ONCE = ("period", "checkout_key")  # no two batches of a package, no two orders of a checkout


def copies(it: Any, things: str, count: int) -> list[str]:
    """As many more purchases like this one, with what they ask for; their numbers."""
    made = []
    for n in range(count):
        new = copy(it)
        new.pk, new.number, new._state.adding = None, f"{it.number}-{n}", True
        if hasattr(new, "lock"):
            new.lock = None
        for name in ONCE:
            if hasattr(new, name):
                setattr(new, name, f"{getattr(it, name)}-{n}")
        new.save()
        for thing in getattr(it, things).all() if things else ():
            owner = getattr(it, things).field.name
            thing.pk, thing._state.adding = None, True
            setattr(thing, owner, new)
            thing.save()
        made.append(new.number)
    return made
