"""What operators do with letters that could not be delivered: send them again, or give them up with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.foundation.access import operator
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason, Refused
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.outbox.models import Failure

NOT_ALLOWED = Reason("OUT-001", _("Only the platform's operator may do this."), FORBIDDEN)
NOT_DEAD = Reason("OUT-002", _("Letter {number} is not among the dead letters: somebody has dealt with it."), CONFLICT)
REASON_MISSING = Reason("OUT-003", _("Give a reason of at least {least} characters."))

ERROR_CHARS: Final = 1_000

sentences.say("letter.retry", _("{actor} sent the letter {number} ({event}) to {listener} again"))
sentences.say("letter.give_up", _("{actor} gave up the letter {number} ({event}) to {listener}: {reason}"))


@transaction.atomic
def retry_letter(number: int, *, by: Actor, at: datetime) -> None:
    """Try once more. Refused: OUT-001 not by you, OUT-002 it is not dead."""
    job = _held(number, by)
    app.job_manager.retry_job_by_id(job.pk, retry_at=at)
    _record("letter.retry", job, by=by, at=at)


@transaction.atomic
def give_up_letter(number: int, *, reason: str, by: Actor, at: datetime) -> None:
    """Lay it aside for ever: whatever it should have caused is somebody's work now. Refused: OUT-001, OUT-002, OUT-003 no reason."""
    job = _held(number, by)
    if len(reason.strip()) < REASON_CHARS_LEAST:
        raise Refused(Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason"))
    app.job_manager.retry_job_by_id(job.pk, retry_at=at)  # the queue cancels only what waits
    app.job_manager.cancel_job_by_id(job.pk)
    Failure.objects.filter(job=job.pk).delete()
    _record("letter.give_up", job, by=by, at=at, reason=reason.strip())


def note_failure(job: int, error: Exception, *, at: datetime) -> None:
    """Remember why a delivery failed, for the operator who will look at it."""
    told = f"{type(error).__name__}: {error}"[:ERROR_CHARS]
    Failure.objects.update_or_create(job=job, defaults={"error": told.replace("\x00", ""), "at": at})


def forget_failures() -> None:
    """Let go of the errors of letters that were delivered after all."""
    Failure.objects.exclude(job__in=ProcrastinateJob.objects.exclude(status__in=["succeeded", "cancelled"]).values("pk")).delete()


def _held(number: int, by: Actor) -> ProcrastinateJob:
    if not operator.allows(by, None):
        raise Refused(Problem(NOT_ALLOWED))
    job: ProcrastinateJob | None = ProcrastinateJob.objects.select_for_update().filter(pk=number, status="failed").first()
    if job is None:
        raise Refused(Problem(NOT_DEAD, {"number": number}))
    return job


def _record(act: str, job: ProcrastinateJob, *, by: Actor, at: datetime, **facts: Any) -> None:
    args = job.args or {}
    told = {
        "number": job.pk,
        "listener": args.get("listener", job.task_name),
        "event": args.get("event", "—"),
        "actor": by.user_name,
        **facts,
    }
    ledger.record(act=act, subject=f"letter/{job.pk}", by=by, at=at, facts=told)
