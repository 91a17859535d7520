"""What insight does by itself: works trials out, and gives up those whose worker is gone."""

from __future__ import annotations

from sunlit.domain.insight import services
from sunlit.domain.insight.events import TrialAsked
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_minute


@hears(TrialAsked)
def work_the_trial_out(event: TrialAsked) -> None:
    services.work_out(event.number, at=clock.now())


@every_minute
def give_up_dead_trials() -> None:
    services.give_up(at=clock.now())
