"""Outages of the platform and what they put off: public."""

from __future__ import annotations

from collections.abc import Sequence

from sunlit.domain.rulebook.models import Extension, Outage, OutageReport

OUTAGES_MOST = 200
EXTENSIONS_A_PAGE = 100


def outages() -> list[Outage]:
    """The newest first."""
    return list(Outage.objects.select_related("rule")[:OUTAGES_MOST])


def outage(number: str) -> Outage | None:
    return Outage.objects.select_related("rule", "report__file").filter(number=number).first()


def extensions(outage: Outage, *, after: int = 0) -> tuple[Sequence[Extension], int | None]:
    """A page of what one put off, in the order in which it was written, and where the next begins."""
    rows = list(outage.extensions.filter(pk__gt=after).order_by("pk")[: EXTENSIONS_A_PAGE + 1])
    page = rows[:EXTENSIONS_A_PAGE]
    return page, page[-1].pk if len(rows) > EXTENSIONS_A_PAGE else None


def outage_reports(*, state: str = "") -> list[OutageReport]:
    """What the operator declared, the newest first."""
    found = OutageReport.objects.select_related("outage", "file", "reporter", "decider")
    return list((found.filter(state=state) if state else found)[:OUTAGES_MOST])


def outage_report(number: str) -> OutageReport | None:
    return OutageReport.objects.select_related("outage", "file", "reporter", "decider").filter(number=number).first()
