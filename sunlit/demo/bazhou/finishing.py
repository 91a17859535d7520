"""The last stages: the acts are sealed and published, followers begin behind them, the tables settle, and the search index is built from the record."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from sunlit.demo.write import Progress
from sunlit.domain.catalog import services as catalog
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger import sealer
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.outbox import follow


def seal(progress: Progress, *, at: datetime) -> None:
    """Seal every act, and let the followers go on from there: a million rows are not read one by one. Done twice, it does no harm."""
    total = Entry.objects.count()
    progress("ledger", 0, total)
    while sealer.seal_once(at=at, thorough=True):
        progress("ledger", min(ledger.size(), total), total)
    follow.begin_at_the_end(at=at)
    progress("ledger", total, total)


def settle(progress: Progress) -> None:
    """What the planner and the index-only scans need to know of tables that were filled at one stroke."""
    progress("statistics", 0, 1)
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    progress("statistics", 1, 1)


def build_index(progress: Progress, *, at: datetime) -> None:
    """Build the index of this machine anew; how much there is is known only at the end."""
    progress("index", 0, 0)
    count = catalog.rebuild_index(lambda done: progress("index", done, 0), at=at)
    progress("index", count, count)
