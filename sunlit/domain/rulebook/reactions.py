"""What the rulebook does by itself: looks whether the platform was away, before anything lapses."""

from __future__ import annotations

from sunlit.domain.rulebook import services
from sunlit.foundation.gateways import itself
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox.rounds import before_the_rounds, every_day


@before_the_rounds
def feel_the_pulse() -> bool:
    """Deadlines that fell into an outage are put off before any is looked at; while the web is away none lapses."""
    return services.beat(web=itself.answers(), at=clock.now())


@every_day
def forget_old_pulses() -> None:
    services.forget_pulses(at=clock.now())
