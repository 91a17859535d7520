"""Where procrastinate looks for tasks."""

from sunlit.foundation.outbox.queue import deliver, retry_stalled

__all__ = ["deliver", "retry_stalled"]
