"""What the inbox announces."""

from __future__ import annotations

from sunlit.foundation.outbox.events import Event, event


@event
class MailDue(Event):
    """A message that is to go out by e-mail as well."""

    message_id: int
