"""What happens by itself: mail goes out after the deed is committed."""

from __future__ import annotations

from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import services
from sunlit.foundation.messages.events import MailDue
from sunlit.foundation.outbox.events import hears


@hears(MailDue)
def send_by_mail(event: MailDue) -> None:
    services.send_by_mail(event.message_id, at=clock.now())
