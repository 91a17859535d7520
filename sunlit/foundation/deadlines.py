"""Which columns are deadlines: every app declares its own beside its model, so that what moves deadlines (an outage of the platform) finds them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from sunlit.foundation.lifecycle import Living


@dataclass(frozen=True)
class Deadline:
    """A column with the instant before which somebody must act while the thing is in one of these states."""

    model: type[Living]
    field: str
    while_in: tuple[str, ...]

    @property
    def can_stand_still(self) -> bool:
        """A regulator can suspend it: its time stands still, and is given back when it goes on."""
        return any(field.name == "suspended_at" for field in self.model._meta.concrete_fields)

    def open_between(self, since: datetime, until: datetime) -> QuerySet[Any]:
        """The things whose deadline runs and falls between, locked in the order of their ids; of what can stand still also what falls later."""
        within: dict[str, Any] = {f"{self.field}__gte": since, "state__in": self.while_in}
        if not self.can_stand_still:
            within[f"{self.field}__lt"] = until
        return self.model._base_manager.select_for_update(of=("self",), no_key=True).filter(**within).order_by("pk")

    def put_off(self, rows: Sequence[Living], batch_size: int) -> None:
        """Write the column of these rows, which are locked, and nothing else."""
        self.model._base_manager.bulk_update(rows, [self.field], batch_size=batch_size)


@dataclass(frozen=True)
class MadeUp:
    """An instant that an outage moved: of what (kind and number), which, from when to when."""

    kind: str
    number: str
    field: str
    before: datetime
    after: datetime


MakeUp = Callable[[datetime, datetime, str, datetime], Sequence[MadeUp]]

_makers: list[MakeUp] = []
_declared: dict[tuple[type[Any], str], Deadline] = {}
_standing: set[tuple[type[Any], str]] = set()


def runs(model: type[Living], field: str, *while_in: str) -> None:
    """Somebody must act before this instant, and loses something when the platform is away."""
    assert while_in, "a deadline runs in some state"
    _declared[model, field] = Deadline(model, field, while_in)


def never_moves(model: type[Living], *fields: str) -> None:
    """Ends by themselves, with nobody having to act: no outage moves them (the end of a suspension)."""
    _standing.update((model, field) for field in fields)


def makes_up(act: MakeUp) -> MakeUp:
    """Have the function called when an outage is established (since, until, its number, now): for what runs by the second, as an auction does."""
    _makers.append(act)
    return act


def makers() -> tuple[MakeUp, ...]:
    return tuple(_makers)


def all_of_them() -> Iterator[Deadline]:
    """In the order of their names, which is the order in which they are locked."""
    yield from (it for _name, it in sorted(_declared.items(), key=lambda told: (told[0][0].__qualname__, told[0][1])))


def is_told(model: type[Any], field: str) -> bool:
    """True when the app has said what kind of instant this is."""
    return (model, field) in _declared.keys() | _standing
