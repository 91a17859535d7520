"""Announcements: frozen dataclasses of plain values, written with the deed and delivered after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

E = TypeVar("E", bound="Event")
Reaction = Callable[[Any], None]


class Event:
    """The base of all announcements."""


_events: dict[str, type[Event]] = {}
_reactions: dict[str, tuple[type[Event], Reaction]] = {}
_listeners: dict[type[Event], list[str]] = {}


@dataclass_transform(frozen_default=True)
def event(cls: type[E]) -> type[E]:
    """Declare an announcement: a frozen dataclass with plain values (text, whole numbers, truth, lists of them)."""
    made: Any = dataclass(frozen=True)(cls)
    assert made.__name__ not in _events, f"event {made.__name__} is declared twice"
    assert all(_named(field.type) in PLAIN for field in fields(made)), f"event {made.__name__} has a field that is not plain"
    _events[made.__name__] = made
    kind: type[E] = made
    return kind


def _named(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


PLAIN = {"str", "int", "bool", "str | None", "int | None", "list[str]", "list[int]"}


def hears(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Run the function for each announcement of this kind: at least once, in the worker, after the deed is committed."""

    def register(reaction: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{reaction.__module__}.{reaction.__qualname__}".removeprefix("sunlit.")
        assert name not in _reactions, f"{name} is registered twice"
        _reactions[name] = (kind, reaction)
        _listeners.setdefault(kind, []).append(name)
        return reaction

    return register


def announce(*events: Event) -> None:
    """Write the deliveries of these events into the running transaction: they happen if and only if it commits."""
    from sunlit.foundation.outbox import queue

    jobs = [_job(listener, happened) for happened in events for listener in _listeners.get(type(happened), ())]
    if jobs:
        queue.defer(jobs)


def deliver(*, listener: str, event: str, data: dict[str, Any]) -> None:
    """Hand one announcement to one listener. A listener that no longer exists is an error: it ends among the dead letters."""
    kind, reaction = _reactions[listener]
    assert kind.__name__ == event, f"{listener} does not listen to {event}"
    reaction(kind(**data))


def listeners() -> dict[str, str]:
    """Every reaction and the event it hears."""
    return {name: kind.__name__ for name, (kind, _reaction) in sorted(_reactions.items())}


def _job(listener: str, happened: Event) -> dict[str, Any]:
    return {"listener": listener, "event": type(happened).__name__, "data": asdict(happened)}  # type: ignore[call-overload]
