"""Cases of splitting as those concerned see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.queries.findings import CLASS_SUM, NEAR, RUN, SUM, Spike, year_end_spikes
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.supervision.models import SplittingCase
from sunlit.domain.supervision.policies import splitting_visible_to
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

NAMES: Final[dict[str, str | Promise]] = {
    SUM: _("Sum of the year over the open-tender threshold"),
    CLASS_SUM: _("Sum of a class over the open-tender threshold"),
    NEAR: _("Again and again just under a threshold"),
    RUN: _("Several purchases from one supplier within days"),
}
OPEN: Final = ("notified", "overdue", "explained")
TO_DECIDE: Final = ("overdue", "explained")
GROUPS: Final[Mapping[str, Sequence[str]]] = {"open": OPEN, "decide": TO_DECIDE, "answer": ("notified", "overdue")}
RELATED: Final = ("buyer", "quota", "supplier")


@dataclass(frozen=True)
class SplittingPage:
    """A page of cases, newest first; `after` is the key to ask the next page with, or ""."""

    cases: list[SplittingCase]
    after: str


@dataclass(frozen=True)
class Counted:
    """A purchase that a case counts: the number of the order, and what it took of the category."""

    number: str
    amount: Decimal
    at: datetime


def case(number: str, *, seen_by: Actor) -> SplittingCase | None:
    """One case with buyer, quota and supplier; None when the actor may not see it. One query."""
    return splitting_visible_to(seen_by).select_related(*RELATED).filter(number=number).first()


def page(
    *, seen_by: Actor, state: str = "open", kind: str = "", region_path: str = "", q: str = "", after: str = "", rows: int = PAGE_ROWS
) -> SplittingPage:
    """The cases that the actor sees. `state` is a state, "open", "decide", "answer" or "" for all; `q` a number or a part of the buyer's name."""
    found = splitting_visible_to(seen_by).select_related(*RELATED)
    if state:
        found = found.filter(state__in=GROUPS.get(state, (state,)))
    if kind:
        found = found.filter(kind=kind)
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if words := q.strip():
        found = found.filter(Q(number=words.upper()) | Q(buyer__name_zh__icontains=words))
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    cases = list(found.order_by("-pk")[: rows + 1])
    return SplittingPage(cases[:rows], str(cases[rows - 1].pk) if len(cases) > rows else "")


def counts(*, seen_by: Actor) -> dict[str, int]:
    """How many cases are in each open state. One query."""
    return dict(splitting_visible_to(seen_by).filter(ended_at=None).order_by().values_list("state").annotate(count=Count("pk")))


def awaiting_decision(*, seen_by: Actor) -> QuerySet[SplittingCase]:
    """The cases that wait for this office: to be counted."""
    return splitting_visible_to(seen_by).filter(state__in=TO_DECIDE)


def ruling_of(it: SplittingCase) -> Ruling:
    """What the rulebook said, with the version of the threshold that was compared."""
    return Ruling.from_json(it.ruling)


def purchases_of(it: SplittingCase) -> list[Counted]:
    """The purchases that the case counts, the latest first."""
    return [Counted(reference.partition("/")[2], Decimal(amount), datetime.fromisoformat(at)) for reference, amount, at in it.purchases]


def spikes(*, seen_by: Actor, at: datetime) -> list[Spike]:
    """X-04, for information alone: buyers of the region whose last December stands out; from December on that of this year."""
    day = local_day(at)
    year = day.year if day.month == 12 else day.year - 1
    return year_end_spikes(seen_by.region_path, year=year, on=at) if seen_by.kind == "regulator" else []
