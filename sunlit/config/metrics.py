"""Prometheus metrics: requests by page, and the state of queue and ledger read from the database when asked."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)

_OWN = CollectorRegistry()
REQUESTS = Histogram(
    "sunlit_request_seconds",
    "Time to answer a request, by page.",
    ("page", "method", "status"),
    buckets=BUCKETS,
    registry=_OWN,
)


@dataclass(frozen=True)
class Gauge:
    """A figure of the database; `sql` gives rows of one number, or of a label and a number, once `table` exists."""

    name: str
    meaning: str
    table: str
    sql: str
    label: str = ""


GAUGES: tuple[Gauge, ...] = (
    Gauge(
        "sunlit_jobs",
        "Jobs of the queue by status.",
        "procrastinate_jobs",
        "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status ORDER BY 1",
        "status",
    ),
    Gauge(
        "sunlit_oldest_job_seconds",
        "Age of the oldest job that should have been done.",
        "procrastinate_jobs",
        """SELECT coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))), 0)
           FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
           WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())""",
    ),
    Gauge(
        "sunlit_ledger_sealed_acts", "Acts in the ledger's tree.", "ledger_progress", "SELECT coalesce(max(size), 0) FROM ledger_progress"
    ),
    Gauge(
        "sunlit_ledger_checkpoint_age_seconds",
        "Age of the newest signed checkpoint.",
        "ledger_checkpoint",
        "SELECT extract(epoch FROM now() - at) FROM ledger_checkpoint ORDER BY size DESC LIMIT 1",
    ),
    Gauge(
        "sunlit_database_connections",
        "Sessions at the database server by state.",
        "pg_catalog.pg_stat_activity",
        """SELECT coalesce(state, 'background'), count(*) FROM pg_stat_activity
           WHERE datname = current_database() GROUP BY 1 ORDER BY 1""",
        "state",
    ),
    Gauge("sunlit_database_bytes", "Size of the database.", "pg_catalog.pg_class", "SELECT pg_database_size(current_database())"),
)


class DatabaseFigures(Collector):
    """Reads the gauges at the moment they are asked for."""

    def collect(self) -> Iterator[Metric]:
        with connection.cursor() as cursor:
            for gauge in GAUGES:
                cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [gauge.table])
                if not cursor.fetchone()[0]:
                    continue
                family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=[gauge.label] if gauge.label else None)
                cursor.execute(gauge.sql)
                for *labels, value in cursor.fetchall():
                    family.add_metric([str(label) for label in labels], float(value))
                yield family


def observe(page: str, method: str, status: int, seconds: float) -> None:
    REQUESTS.labels(page, method, str(status)).observe(seconds)


def render() -> bytes:
    """All figures in Prometheus' text form, of all web processes together."""
    registry = CollectorRegistry()
    if os.environ.get(SHARED_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    text = generate_latest(registry if os.environ.get(SHARED_FOLDER) else _OWN)
    figures = CollectorRegistry()
    figures.register(DatabaseFigures())
    return text + generate_latest(figures)


def share_between_processes(data: Path) -> None:
    """Let the web processes count into one folder; called before the first of them imports the metrics library."""
    folder = data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    os.environ[SHARED_FOLDER] = str(folder)
