"""How the platform says no: coded reasons, problems at their field, and one exception for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from sunlit.foundation.kernel import clock, money

UNPROCESSABLE = 422
FORBIDDEN = 403
CONFLICT = 409
PLACES = -2  # of money

_registry: dict[str, Reason] = {}


@dataclass(frozen=True, eq=False)
class Reason:
    """A reason to refuse, with a code that is never reused. `text` is a translatable template with `{named}` fields."""

    code: str
    text: str | Promise
    status: int = UNPROCESSABLE

    def __post_init__(self) -> None:
        known = _registry.get(self.code)
        assert known is None or str(known.text) == str(self.text), f"reason code {self.code} is used twice"
        _registry[self.code] = self


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the reason, the figures that go into its sentence, and the field it belongs to."""

    reason: Reason
    params: Mapping[str, Any] = field(default_factory=dict)
    on: str = ""

    @property
    def code(self) -> str:
        return self.reason.code

    @property
    def message(self) -> str:
        return str(self.reason.text).format_map({key: _shown(value) for key, value in self.params.items()})


class Refused(Exception):
    """A person may not do this now. Carries every problem at once; nothing was changed."""

    def __init__(self, *problems: Problem) -> None:
        assert problems, "a refusal needs a reason"
        self.problems = problems
        super().__init__("; ".join(f"{p.code} {p.on}".strip() for p in problems))

    @property
    def status(self) -> int:
        return self.problems[0].reason.status

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


def check(problems: Iterable[Problem]) -> None:
    """Raise Refused with all the problems, or return when there is none."""
    found = tuple(problems)
    if found:
        raise Refused(*found)


def catalogue() -> dict[str, Reason]:
    """Every reason of the platform by code, for the help desk and the golden file."""
    return dict(sorted(_registry.items()))


def _shown(value: Any) -> Any:
    """As people write it: money with its sign, times as the clock in China shows them (midnight ends the day before)."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Decimal) and value.as_tuple().exponent == PLACES:
        return money.show(value)
    if isinstance(value, datetime):
        day, time = clock.as_told(value)
        return f"{day} {time}"
    return value
