"""The figures and texts of the API: how money, times and pages are written, for every operation alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import API_PAGE_ROWS, PAGE_ROWS, QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.refusals import Problem
from sunlit.portals.api import problems

_MONEY = {"type": "string", "pattern": r"^-?\d{1,11}\.\d{2}$", "examples": ["4999.00"], "description": "Yuan with two places, as text."}


def _amount(value: Any) -> Decimal:
    """Text alone: a JSON number has gone through a float in most programs."""
    if not isinstance(value, str):
        raise PydanticCustomError("money", "not money", {"value": str(value)})
    try:
        return money.yuan(value)
    except money.NotMoney as error:
        raise PydanticCustomError("money_places" if error.why == "places" else "money", "not money", {"value": value[:40]}) from None


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Money = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema(_MONEY, mode="validation")]
Yuan = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str), WithJsonSchema(_MONEY, mode="serialization")]
Time = Annotated[
    datetime, PlainSerializer(_written, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
]
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MOST, strict=True)]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Version = Annotated[
    int | None, Field(ge=1, description="The version that you decided on; refused (LIF-003) when the thing has changed since.")
]
Rows = Annotated[int, Field(ge=1, le=API_PAGE_ROWS, description="How many at most.")]
After = Annotated[str, Field(max_length=100, description="`next` of the page before; empty for the first page.")]
ROWS = PAGE_ROWS


class Told(BaseModel):
    """What the API answers; later versions may tell more."""


class Given(BaseModel):
    """What callers send: a field that nobody knows is refused, so that a slip of the pen is not passed over."""

    model_config = ConfigDict(extra="forbid")


class Error(Told):
    """One problem of one row."""

    code: str
    detail: str
    field: str


def errors_of(found: tuple[Problem, ...] | list[Problem]) -> list[Error]:
    return [Error(**problems.as_json(problem)) for problem in found]
