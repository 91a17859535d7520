"""The signs of life that the health page shows: each part of the house with its state, in figures."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.config import environment, keys
from sunlit.config.environment import CannotStart
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.planning import queries as planning
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.models import Checkpoint
from sunlit.foundation.outbox import queries as outbox
from sunlit.portals.ui.filters import ago, number

FRESH: Final = timedelta(minutes=1)  # a worker says every ten seconds that it lives
BEHIND_MOST: Final = 1_000  # acts that a healthy indexer reads in seconds
RECONCILED_WITHIN: Final = timedelta(hours=2)
PATIENCE: Final = timedelta(minutes=2)  # nothing waits longer for its turn in a healthy house
FREE_LEAST: Final = 2 * 1024**3  # bytes
UNSEALED_MOST: Final = 10_000  # counted no further
_UNSEALED = """
SELECT count(*), min(at) FROM (
  SELECT at FROM ledger_entry e
  WHERE e.id > coalesce((SELECT max(entry_id) FROM (SELECT entry_id FROM ledger_leaf ORDER BY index DESC LIMIT 1000) t), 0)
  LIMIT %s
) waiting
"""


@dataclass(frozen=True)
class Sign:
    """One part: `state` is done (well), now (look at it) or bad (act); `told` says it in figures."""

    key: str
    label: str | Promise
    state: str
    told: str
    hint: str = ""

    @property
    def word(self) -> str:
        return {"done": _("well"), "now": _("look at it"), "bad": _("act now")}[self.state]


def signs(at: datetime) -> list[Sign]:
    """Every part, in the order in which it would be looked at."""
    looks = (
        partial(_workers, at),
        partial(_pulse, at),
        partial(_queue, at),
        partial(_sealer, at),
        _published,
        partial(_followers, at),
        partial(_index, at),
        _budgets,
        _database,
        _disk,
        _keys,
    )
    return [sign for look in looks for sign in look()]


def _workers(at: datetime) -> list[Sign]:
    seen = outbox.workers()
    alive = [worker for worker in seen if at - worker.heartbeat <= FRESH]
    told = _("%(count)s at work, the last sign %(ago)s") % {"count": len(alive), "ago": ago(seen[0].heartbeat, at)} if seen else _("none")
    hint = "" if alive else _("No worker says that it lives: mail, payments and deadlines wait. Start `sunlit worker`.")
    return [Sign("workers", gettext_lazy("Workers"), "done" if alive else "bad", told, hint)]


def _pulse(at: datetime) -> list[Sign]:
    """The web as the worker sees it: while it does not answer, no deadline lapses."""
    last, silent = rulebook.web_pulse(at=at)
    told = _("the web answered %(ago)s") % {"ago": ago(last, at)} if last else _("none yet")
    hint = _(
        "The worker cannot reach the web: no deadline lapses and nothing closes until it does. Start `sunlit web`, or correct SUNLIT_SITE_URL."
    )
    return [Sign("pulse", gettext_lazy("Pulse"), "bad" if silent else "done", told, hint if silent else "")]


def _queue(at: datetime) -> list[Sign]:
    queue = outbox.backlog(at=at)
    told = _("%(waiting)s waiting, %(running)s under way, %(dead)s dead") % vars(queue)
    late = queue.oldest_at is not None and at - queue.oldest_at > PATIENCE
    if queue.oldest_at is not None:
        told += " · " + _("the oldest from %(ago)s") % {"ago": ago(queue.oldest_at, at)}
    hint = _("Jobs wait longer than two minutes: add workers, or see why they are slow.") if late else ""
    if queue.dead and not late:
        hint = _("Look through the dead letters.")
    return [Sign("queue", gettext_lazy("Queue"), "bad" if late else "now" if queue.dead else "done", told, hint)]


def _sealer(at: datetime) -> list[Sign]:
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED, [UNSEALED_MOST])
        waiting, oldest = cursor.fetchone()
    last = Checkpoint.objects.order_by("-size").values_list("size", "at").first()
    told = _("%(size)s acts sealed, last checkpoint %(ago)s") % {"size": number(last[0]), "ago": ago(last[1], at)} if last else _("none")
    if waiting:
        told += " · " + _("%(count)s wait for the seal") % {"count": number(waiting)}
    late = oldest is not None and at - oldest > PATIENCE
    hint = _("Acts wait longer than two minutes for the seal. Start `sunlit sealer`, or see what it says.") if late else ""
    return [Sign("sealer", gettext_lazy("Sealer"), "bad" if late else "done", told, hint)]


def _published() -> list[Sign]:
    from sunlit.portals.ui.context import ledger_status

    status = ledger_status()
    if status is None:
        return [Sign("published", gettext_lazy("Published ledger"), "now", _("nothing is published yet"))]
    return [Sign("published", gettext_lazy("Published ledger"), "done", _("%(size)s acts") % {"size": number(status.size)})]


def _followers(at: datetime) -> list[Sign]:
    return [_follower(following, at) for following in outbox.followings()]


def _follower(following: outbox.Following, at: datetime) -> Sign:
    told = _("read to act %(after)s, %(behind)s behind") % {"after": number(following.after + 1), "behind": number(following.behind)}
    if following.moved_at:
        told += " · " + ago(following.moved_at, at)
    stuck = following.behind > 0 and (following.moved_at is None or at - following.moved_at > PATIENCE)
    hint = _("It has not moved for two minutes. Start `sunlit indexer`, or see what it says.") if stuck else ""
    label = _("Follower “%(name)s”") % {"name": following.name}
    return Sign(f"follower-{following.name}", label, "bad" if stuck else "done", told, hint)


def _index(at: datetime) -> list[Sign]:
    """The search index of this machine: what is in it, how far behind the sealed acts it is, and the figures of the last comparison."""
    standing = catalog.index_standing()
    label = gettext_lazy("Search index")
    if not standing.generation:
        return [Sign("index", label, "bad", _("none"), _("Nothing can be searched. Start `sunlit indexer`: it builds the index."))]
    behind = max(ledger.size() - 1 - standing.after, 0)
    told = _("%(count)s products, generation %(generation)s, %(behind)s acts behind") % {
        "count": number(standing.products),
        "generation": standing.generation,
        "behind": number(behind),
    }
    return [Sign("index", label, "now" if behind > BEHIND_MOST else "done", told), _reconciled(standing.reconciled, at)]


def _reconciled(last: catalog.Reconciliation | None, at: datetime) -> Sign:
    label = gettext_lazy("Index and record")
    if last is None:
        return Sign(
            "reconciled", label, "now", _("not compared yet"), _("The indexer compares them soon after its start, then every hour.")
        )
    told = _("%(index)s products in the index, %(record)s in the database (%(offers)s offers on sale), compared %(ago)s") % {
        "index": number(last.index),
        "record": number(last.record),
        "offers": number(last.offers),
        "ago": ago(last.at, at),
    }
    if last.repaired:
        told += " · " + _("%(differing)s categories differed, %(repaired)s products read again") % {
            "differing": number(last.differing),
            "repaired": number(last.repaired),
        }
    late = at - last.at > RECONCILED_WITHIN
    hint = _("The comparison is late. Start `sunlit indexer`, or see what it says.") if late else ""
    return Sign("reconciled", label, "now" if late or last.index != last.record else "done", told, hint)


def _budgets() -> list[Sign]:
    """Every quota's figures against the sums of its holds."""
    found = planning.differences()
    told = _("every figure is the sum of its holds")
    if found:
        told = _("%(count)s quotas differ from their holds: %(numbers)s") % {
            "count": len(found),
            "numbers": "、".join(it.number for it in found[:5]),
        }
    hint = _(
        "Nothing was overspent, but a figure is not what its orders say: run `sunlit check-budgets`, and find out who wrote past the services."
    )
    return [Sign("budgets", gettext_lazy("Budgets"), "bad" if found else "done", told, hint if found else "")]


def _database() -> list[Sign]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), current_setting('max_connections')::int"
        )
        version, size, sessions, most = cursor.fetchone()
    told = _("PostgreSQL %(version)s, %(size)s, %(sessions)s of %(most)s connections") % {
        "version": version.split()[0],
        "size": _bytes(size),
        "sessions": sessions,
        "most": most,
    }
    full = sessions > most * 0.8
    hint = _("Connections are running out: raise max_connections, or run fewer processes.") if full else ""
    return [Sign("database", gettext_lazy("Database"), "now" if full else "done", told, hint)]


def _disk() -> list[Sign]:
    usage = shutil.disk_usage(environment.data_dir())
    told = _("%(free)s of %(total)s free") % {"free": _bytes(usage.free), "total": _bytes(usage.total)}
    low = usage.free < FREE_LEAST
    hint = _("Make room, or move the data folder to a larger disk.") if low else ""
    return [Sign("disk", gettext_lazy("Disk of the data folder"), "bad" if low else "done", told, hint)]


def _keys() -> list[Sign]:
    try:
        keys.secret_key()
        keys.ledger_key()
        exposed = keys.open_to_others()
    except (CannotStart, ValueError) as problem:
        return [Sign("keys", gettext_lazy("Keys"), "bad", _("missing or unreadable"), str(problem))]
    if exposed:
        names = ", ".join(path.name for path in exposed)
        return [
            Sign(
                "keys",
                gettext_lazy("Keys"),
                "bad",
                _("others can read: %(names)s") % {"names": names},
                _("Take away the rights of others."),
            )
        ]
    return [Sign("keys", gettext_lazy("Keys"), "done", _("present, readable by the owner only"))]


def worst(found: list[Sign]) -> str:
    """The gravest state of all."""
    return max((sign.state for sign in found), key=["done", "now", "bad"].index)


def _bytes(count: int) -> str:
    size: Any = count
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:,.0f} {unit}"
        size /= 1024
    return f"{size:,.1f} TB"
