"""The clock's rounds: functions that look every minute for what is due. They call services `by=CLOCK`; missing a round loses nothing."""

from __future__ import annotations

from collections.abc import Callable

Round = Callable[[], None]
Look = Callable[[], bool]

_first: dict[str, Look] = {}
_minutely: dict[str, Round] = {}
_waiting: set[str] = set()
_daily: dict[str, Round] = {}


def before_the_rounds(look: Look) -> Look:
    """Have the function called every minute before all rounds: those that let deadlines lapse are made only when it says True."""
    name = _name(look)
    assert name not in _first, f"{name} is registered twice"
    _first[name] = look
    return look


def every_minute(act: Round) -> Round:
    """Have the function called once a minute by one worker."""
    return _register(_minutely, act)


def every_minute_when_well(act: Round) -> Round:
    """As `every_minute`, for what lets deadlines lapse: it waits while a look before the rounds says no, and catches up afterwards."""
    _register(_minutely, act)
    _waiting.add(_name(act))
    return act


def every_day(act: Round) -> Round:
    """Have the function called once a night by one worker."""
    return _register(_daily, act)


def first() -> dict[str, Look]:
    return dict(sorted(_first.items()))


def minutely(*, well: bool = True) -> dict[str, Round]:
    """All of them; while something speaks against it (not `well`) those alone that let nothing lapse."""
    return {name: act for name, act in sorted(_minutely.items()) if well or name not in _waiting}


def daily() -> dict[str, Round]:
    return dict(sorted(_daily.items()))


def _register(register: dict[str, Round], act: Round) -> Round:
    name = _name(act)
    assert name not in register, f"{name} is registered twice"
    register[name] = act
    return act


def _name(act: Round | Look) -> str:
    return f"{act.__module__}.{act.__qualname__}".removeprefix("sunlit.")
