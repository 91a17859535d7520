"""The clock's rounds: functions that look every minute for what is due. They call services `by=CLOCK`; missing a round loses nothing."""

from __future__ import annotations

from collections.abc import Callable

Round = Callable[[], None]
Look = Callable[[], bool]

_first: dict[str, Look] = {}
_minutely: dict[str, Round] = {}
_daily: dict[str, Round] = {}


def before_the_rounds(look: Look) -> Look:
    """Have the function called every minute before all rounds: they are made only when it says True, for it sees what they must not act upon yet."""
    name = f"{look.__module__}.{look.__qualname__}".removeprefix("sunlit.")
    assert name not in _first, f"{name} is registered twice"
    _first[name] = look
    return look


def every_minute(act: Round) -> Round:
    """Have the function called once a minute by one worker."""
    return _register(_minutely, act)


def every_day(act: Round) -> Round:
    """Have the function called once a night by one worker."""
    return _register(_daily, act)


def first() -> dict[str, Look]:
    return dict(sorted(_first.items()))


def minutely() -> dict[str, Round]:
    return dict(sorted(_minutely.items()))


def daily() -> dict[str, Round]:
    return dict(sorted(_daily.items()))


def _register(register: dict[str, Round], act: Round) -> Round:
    name = f"{act.__module__}.{act.__qualname__}".removeprefix("sunlit.")
    assert name not in register, f"{name} is registered twice"
    register[name] = act
    return act
