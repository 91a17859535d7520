"""The nightly look at everything on sale: category by category, in bounded memory, resumable by simply beginning again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sunlit.domain.supervision.models import Sweep
from sunlit.domain.supervision.services import looking, measuring
from sunlit.domain.supervision.services.checking import Settings
from sunlit.domain.supervision.services.looking import Outcome
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.numbering import new_number

Progress = Callable[[int, int], None]


def sweep(*, at: datetime, progress: Progress = lambda _done, _total: None) -> Sweep:
    """Measure every category and look at every offer; then tell the suppliers. Killed on the way, the next sweep finishes what it left."""
    settings, outcome = Settings(at), Outcome()
    run = Sweep.objects.create(number=new_number("XJ", at), began_at=at)
    categories = measuring.categories_on_sale()
    for place, category in enumerate(categories):
        measuring.measure(category, watch=settings.everywhere, at=at)
        progress(place + 1, 2 * len(categories))
    for place, category in enumerate(categories):
        for chunk in measuring.product_chunks(category):
            outcome.add(looking.look_at(chunk, under=f"sweep/{run.number}", settings=settings))
        progress(len(categories) + place + 1, 2 * len(categories))
    looking.notify_found(at=at, batch=f"sweep/{run.number}")
    run.ended_at = clock.now()
    run.offers, run.found, run.opened = outcome.offers, outcome.found, outcome.opened
    run.corrected, run.not_computable = outcome.corrected, outcome.not_computable
    run.save()
    return run
