"""The caretaker of this machine's search index: builds it anew beside the one that serves when it must be, and follows the feed."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection

from sunlit.domain.catalog.services import indexing
from sunlit.foundation.kernel import clock
from sunlit.foundation.search.index import Busy

LOOK_EVERY: Final = timedelta(minutes=10)
"""How often the ground of the index (tree, parameters, weights) is compared, besides after acts that move it."""

log = structlog.stdlib.get_logger("sunlit.index")


class Caretaker:
    """One a process. A rebuild runs in a thread of its own, so that changes go on being seen meanwhile."""

    def __init__(self) -> None:
        self._builder: threading.Thread | None = None
        self._looked_at: datetime | None = None

    def make_a_pass(self, *, at: datetime) -> int:
        """Read the next acts of the feed; returns how many there were."""
        if not self._building() and self._must_look(at):
            self._look(at)
        read, moved = indexing.follow_feed(at=at)
        if moved:
            self._looked_at = None
        return read

    def wait(self) -> None:
        """Until a rebuild under way is done."""
        if self._builder is not None:
            self._builder.join()

    def _building(self) -> bool:
        return self._builder is not None and self._builder.is_alive()

    def _must_look(self, at: datetime) -> bool:
        return self._looked_at is None or at - self._looked_at >= LOOK_EVERY or not indexing.is_followable()

    def _look(self, at: datetime) -> None:
        self._looked_at = at
        if reason := indexing.why_anew(at=at):
            log.info("the search index is built anew", reason=reason)
            self._builder = threading.Thread(target=self._build, args=(at,), name="index-builder", daemon=True)
            self._builder.start()

    def _build(self, at: datetime) -> None:
        try:
            count = indexing.rebuild_index(at=at)
            log.info("the search index was built anew", products=count, seconds=round((clock.now() - at).total_seconds(), 1))
        except Busy as busy:
            log.info("the search index is being built by somebody else", reason=str(busy))
        except Exception:
            log.exception("the search index could not be built")
        finally:
            connection.close()
