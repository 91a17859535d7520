"""What machines ask about this machine: is it alive, can it serve, and its figures."""

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from sunlit.config import environment, keys, metrics
from sunlit.config.environment import CannotStart
from sunlit.foundation.search import generations

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def health(_request: HttpRequest) -> HttpResponse:
    """200 while this process answers; asks nothing of anybody else, so that a database failure does not restart the web."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> HttpResponse:
    """200 when all that a page needs is there, else 503 with what is missing."""
    answers = {name: check() for name, check in CHECKS.items()}
    fine = all(answer == "ok" for answer in answers.values())
    return JsonResponse({"status": "ok" if fine else "unready", "checks": answers}, status=200 if fine else 503)


def figures(request: HttpRequest) -> HttpResponse:
    """Prometheus figures for whoever holds the token, or, without a token, for a direct caller on this machine."""
    if not _may_read_figures(request):
        return HttpResponse(status=404)
    return HttpResponse(metrics.render(), content_type=METRICS_TYPE)


def _may_read_figures(request: HttpRequest) -> bool:
    if token := str(environment.get("METRICS_TOKEN")):
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    try:
        return not proxied and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database does not answer"
    return "ok"


def _migrations() -> str:
    """Asked afresh until all is applied; after that it cannot become untrue while this process runs."""
    if not _applied:
        try:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations are missing: run sunlit migrate"
        except DatabaseError:
            return "the database does not answer"
        _applied.append(True)
    return "ok"


def _keys() -> str:
    try:
        keys.secret_key()
        keys.ledger_key()
    except (CannotStart, ValueError):
        return "a key is missing or unreadable: run sunlit doctor"
    return "ok"


def _index() -> str:
    """One finished generation of the search index is enough: it is followed up while pages read it."""
    folder = environment.data_dir() / "search"
    if any(generations.current(path) for path in (folder, *folder.glob("*/"))):
        return "ok"
    return "the search index is missing: start the indexer"


_applied: list[bool] = []
CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "keys": _keys, "index": _index}
