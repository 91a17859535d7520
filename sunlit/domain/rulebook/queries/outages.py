"""Outages of the platform and what they put off: public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from sunlit.domain.rulebook.models import Extension, Outage, OutageReport, Pulse
from sunlit.domain.rulebook.queries.book import rule
from sunlit.domain.rulebook.states import top
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.regions import ROOT

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


def web_pulse(*, at: datetime) -> tuple[datetime | None, bool]:
    """When the web was last seen to answer, and whether that is longer ago than a break may last: then deadlines wait. (None, False) where it never did."""
    last = Pulse.objects.filter(kind="web").values_list("at", flat=True).first()
    if last is None:
        return None, False
    return last, at - last > timedelta(minutes=rule("outage.least", region_path=ROOT, on=local_day(at)).n)


def outage_reports(*, state: str = "") -> list[OutageReport]:
    """What the operator declared, the newest first."""
    found = OutageReport.objects.select_related("outage", "file", "reporter", "decider")
    return list((found.filter(state=state) if state else found)[:OUTAGES_MOST])


def reports_awaiting_decision(*, seen_by: Actor) -> QuerySet[OutageReport]:
    """The declared outages that this actor could confirm: to be counted."""
    reports = OutageReport.objects.filter(state="reported")
    return reports if top.allows(seen_by, None) else reports.none()


def outage_report(number: str) -> OutageReport | None:
    return OutageReport.objects.select_related("outage", "file", "reporter", "decider").filter(number=number).first()
