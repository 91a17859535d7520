"""Where procrastinate looks for tasks."""

from sunlit.foundation.outbox.queue import deliver, make_rounds, retry_stalled

__all__ = ["deliver", "make_rounds", "retry_stalled"]
