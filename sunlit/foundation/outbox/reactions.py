"""What the outbox tidies up at night: remembered forms, spent sign-ins, files past their time."""

from __future__ import annotations

from datetime import timedelta

from sunlit.foundation.accounts.models import Session
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox import services
from sunlit.foundation.outbox.models import Once
from sunlit.foundation.outbox.rounds import every_day

REMEMBERED = timedelta(days=7)


@every_day
def tidy_up() -> None:
    """Forget forms of last week, sign-ins that ended, files whose retention is over and uploads that came to nothing."""
    at = clock.now()
    Once.objects.filter(at__lt=at - REMEMBERED).delete()
    Session.objects.filter(expire_date__lt=at).delete()
    files.forget_expired(at=at)
    files.sweep(at=at)
    services.forget_failures()
