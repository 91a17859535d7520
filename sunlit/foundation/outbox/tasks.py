"""Where procrastinate looks for tasks."""

from sunlit.foundation.outbox.queue import deliver, make_daily_rounds, make_rounds, retry_stalled

__all__ = ["deliver", "make_daily_rounds", "make_rounds", "retry_stalled"]
