"""The queue under the outbox: procrastinate, whose jobs are rows of the deed's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.db import close_old_connections
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from structlog.contextvars import unbind_contextvars

from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.limits import EVENT_TRIES
from sunlit.foundation.outbox import events, rounds, services

logger = structlog.get_logger(__name__)

STALLED_AFTER = timedelta(seconds=60)


@app.task(name="deliver", queue="events", retry=RetryStrategy(max_attempts=EVENT_TRIES, exponential_wait=2), pass_context=True)
def deliver(context: JobContext, *, listener: str, event: str, data: dict[str, Any]) -> None:
    """Deliver one announcement to one listener; retried with growing pauses, then a dead letter that says why."""
    with _fresh_connection():
        try:
            events.deliver(listener=listener, event=event, data=data)
        except Exception as error:
            if context.job.id is not None:
                services.note_failure(context.job.id, error, at=clock.now())
            raise


@contextmanager
def _fresh_connection() -> Iterator[None]:
    """A worker's threads live long: one whose connection broke (the database was started anew) gets another for the next job; its lines in the log
    tell of its own acts alone.
    """
    close_old_connections()
    unbind_contextvars("act")
    try:
        yield
    finally:
        close_old_connections()


def to_the_worker(jobs: list[dict[str, Any]]) -> None:
    """Write delivery jobs into the running transaction, in one statement."""
    deliver.batch_defer(*jobs)


_take: Callable[[list[dict[str, Any]]], None] = to_the_worker


def defer(jobs: list[dict[str, Any]]) -> None:
    """Have these deliveries made: by the worker, unless somebody else takes them."""
    _take(jobs)


@contextmanager
def taken_by(take: Callable[[list[dict[str, Any]]], None]) -> Iterator[None]:
    """Let somebody else take the deliveries of this process: the demonstration makes them at once, in the time that it plays."""
    global _take
    before, _take = _take, take
    try:
        yield
    finally:
        _take = before


@app.periodic(cron="* * * * *")
@app.task(name="retry_stalled", queue="clock", queueing_lock="retry_stalled", pass_context=False)
async def retry_stalled(timestamp: int) -> None:
    """A worker that died holds its jobs: take them back once its heartbeat is a minute old."""
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds()):
        await manager.retry_job(job)


@app.periodic(cron="* * * * *")
@app.task(name="make_rounds", queue="clock", queueing_lock="make_rounds", pass_context=False)
def make_rounds(timestamp: int) -> None:
    """Look for what is due; deadlines lapse only when nothing speaks against it."""
    _make(rounds.minutely(well=may_go_round()))


@app.periodic(cron="17 3 * * *")
@app.task(name="make_daily_rounds", queue="clock", queueing_lock="make_daily_rounds", pass_context=False)
def make_daily_rounds(timestamp: int) -> None:
    """Tidy up at night."""
    _make(rounds.daily())


def may_go_round() -> bool:
    """False while a look before the rounds says so or fails: deadlines may lie in an outage that is not dealt with yet."""
    for name, look in rounds.first().items():
        try:
            with _fresh_connection():
                if not look():
                    logger.warning("deadlines wait", look=name)
                    return False
        except Exception:
            logger.exception("a look before the rounds failed", look=name)
            return False
    return True


def _make(acts: Mapping[str, rounds.Round]) -> None:
    """A round that fails is told in the log and does not keep the others from theirs."""
    for name, act in acts.items():
        try:
            with _fresh_connection():
                act()
        except Exception:
            logger.exception("a round failed", round=name)
