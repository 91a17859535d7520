"""How the queue stands: letters that could not be delivered, what waits, who works, how far the followers have read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Max, OuterRef, Subquery
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker

from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.outbox import follow
from sunlit.foundation.outbox.models import Cursor, Failure

__all__ = [
    "Backlog",
    "Following",
    "Letter",
    "LetterPage",
    "Worker",
    "backlog",
    "dead_count",
    "dead_letters",
    "followings",
    "letter",
    "workers",
]

WORKER_ROWS: Final = 20
_OLDEST = """
SELECT min(coalesce(j.scheduled_at, e.at)) FROM procrastinate_jobs j
JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= %s)
"""


@dataclass(frozen=True)
class Letter:
    """A job that failed for good: an announcement that a listener could not take, or a round of the clock."""

    number: int
    task: str
    listener: str
    event: str
    data: dict[str, Any]
    attempts: int
    failed_at: datetime | None
    error: str


@dataclass(frozen=True)
class LetterPage:
    """Dead letters, the latest first; `after` is the key to ask the next page with, or ""."""

    letters: list[Letter]
    after: str


@dataclass(frozen=True)
class Backlog:
    """What the queue has still to do, and since when the oldest of it waits."""

    waiting: int
    running: int
    dead: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class Worker:
    """A process that does jobs, and when it last said that it lives."""

    number: int
    heartbeat: datetime


@dataclass(frozen=True)
class Following:
    """A reader of the feed: the place it has read to, and how many sealed acts lie beyond."""

    name: str
    after: int
    behind: int
    moved_at: datetime | None


def dead_letters(*, after: str = "", rows: int = PAGE_ROWS) -> LetterPage:
    """The jobs that failed for good; `after` is the key of the page before. Two queries."""
    found = _failed()
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    errors = dict(Failure.objects.filter(job__in=[job.pk for job in page]).values_list("job", "error"))
    letters = [_letter(job, errors.get(job.pk, "")) for job in page[:rows]]
    return LetterPage(letters, str(page[rows - 1].pk) if len(page) > rows else "")


def letter(number: int) -> Letter | None:
    """One dead letter; None when it was delivered, given up or never was."""
    job = _failed().filter(pk=number).first()
    error = Failure.objects.filter(job=number).values_list("error", flat=True).first()
    return _letter(job, error or "") if job else None


def dead_count() -> int:
    return ProcrastinateJob.objects.filter(status="failed").count()


def backlog(*, at: datetime) -> Backlog:
    """The jobs by what becomes of them; jobs for a later time do not wait. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)),"
            " count(*) FILTER (WHERE status = 'doing'), count(*) FILTER (WHERE status = 'failed')"
            " FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')",
            [at],
        )
        waiting, running, dead = cursor.fetchone()
        cursor.execute(_OLDEST, [at])
        [oldest] = cursor.fetchone()
    return Backlog(waiting, running, dead, oldest)


def workers() -> list[Worker]:
    """Those who said within the last days that they live, the latest first."""
    rows = ProcrastinateWorker.objects.order_by("-last_heartbeat", "-pk")[:WORKER_ROWS]
    return [Worker(row.pk, row.last_heartbeat) for row in rows]


def followings() -> list[Following]:
    """Every follower with its distance to the end of the sealed feed. Two queries."""
    size, cursors = ledger.size(), {cursor.name: cursor for cursor in Cursor.objects.all()}
    told = []
    for name in sorted(cursors.keys() | follow.followers().keys()):
        cursor = cursors.get(name)
        after = cursor.after if cursor else -1
        told.append(Following(name, after, max(size - 1 - after, 0), cursor.moved_at if cursor else None))
    return told


def _failed() -> Any:
    failures = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed").order_by().values("job")
    return ProcrastinateJob.objects.filter(status="failed").annotate(failed_at=Subquery(failures.annotate(last=Max("at")).values("last")))


def _letter(job: Any, error: str) -> Letter:
    args: dict[str, Any] = job.args or {}
    listener, event = str(args.get("listener", "")), str(args.get("event", ""))
    data = args.get("data", args)
    return Letter(job.pk, job.task_name, listener, event, data, job.attempts, job.failed_at, error)
