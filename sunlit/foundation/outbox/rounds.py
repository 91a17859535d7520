"""The clock's rounds: functions that look every minute for what is due. They call services `by=CLOCK`; missing a round loses nothing."""

from __future__ import annotations

from collections.abc import Callable

Round = Callable[[], None]

_rounds: dict[str, Round] = {}


def every_minute(act: Round) -> Round:
    """Have the function called once a minute by one worker."""
    name = f"{act.__module__}.{act.__qualname__}".removeprefix("sunlit.")
    assert name not in _rounds, f"{name} is registered twice"
    _rounds[name] = act
    return act


def rounds() -> dict[str, Round]:
    return dict(sorted(_rounds.items()))
