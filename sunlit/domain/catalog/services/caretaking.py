"""The caretaker of this machine's search index: follows the feed, builds the index anew when it must be, sets it against the record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection

from sunlit.domain.catalog.services import indexing, reconciling
from sunlit.foundation.kernel import clock
from sunlit.foundation.search.index import Busy

LOOK_EVERY: Final = timedelta(minutes=10)
"""How often the ground of the index (tree, parameters, weights) is compared, besides after acts that move it."""

RECONCILE_EVERY: Final = timedelta(hours=1)

log = structlog.stdlib.get_logger("sunlit.index")


class Caretaker:
    """One a process. What takes long is done in a thread of its own, so that changes go on being seen meanwhile."""

    def __init__(self) -> None:
        self._work: threading.Thread | None = None
        self._looked_at: datetime | None = None
        self._reconciled_at: datetime | None = None

    def make_a_pass(self, *, at: datetime) -> int:
        """Read the next acts of the feed; returns how many there were."""
        if not self._working():
            if self._must_look(at):
                self._look(at)
            elif self._reconciled_at is None or at - self._reconciled_at >= RECONCILE_EVERY:
                self._reconciled_at = at
                self._begin(self._reconcile, at)
        read, moved = indexing.follow_feed(at=at)
        if moved:
            self._looked_at = None
        return read

    def wait(self) -> None:
        """Until the work under way is done."""
        if self._work is not None:
            self._work.join()

    def _working(self) -> bool:
        return self._work is not None and self._work.is_alive()

    def _begin(self, work: Callable[[datetime], None], at: datetime) -> None:
        self._work = threading.Thread(target=work, args=(at,), name="index-caretaker", daemon=True)
        self._work.start()

    def _must_look(self, at: datetime) -> bool:
        return self._looked_at is None or at - self._looked_at >= LOOK_EVERY or not indexing.is_followable()

    def _look(self, at: datetime) -> None:
        self._looked_at = at
        if reason := indexing.why_anew(at=at):
            log.info("the search index is built anew", reason=reason)
            self._begin(self._build, at)

    def _reconcile(self, at: datetime) -> None:
        try:
            if result := reconciling.reconcile(at=at):
                log.info("the search index was set against the record", **asdict(result))
        except Busy as busy:
            log.info("the search index is being written by somebody else", reason=str(busy))
        except Exception:
            log.exception("the search index could not be set against the record")
        finally:
            connection.close()

    def _build(self, at: datetime) -> None:
        try:
            count = indexing.rebuild_index(at=at)
            self._reconciled_at = None
            log.info("the search index was built anew", products=count, seconds=round((clock.now() - at).total_seconds(), 1))
        except Busy as busy:
            log.info("the search index is being built by somebody else", reason=str(busy))
        except Exception:
            log.exception("the search index could not be built")
        finally:
            connection.close()
