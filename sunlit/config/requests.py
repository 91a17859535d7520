"""What happens to every request before any door: it gets a number, a line in the log and a place in the counts."""

import logging
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

from sunlit.config import metrics

HEADER = "X-Request-Number"
QUIET = frozenset({"/health", "/ready", "/metrics"})  # asked every few seconds by machines


class RequestMiddleware:
    """Stands first in the chain, so that refusals by any other part are numbered and logged too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = structlog.stdlib.get_logger("sunlit.request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(8)
        clear_contextvars()
        bind_contextvars(request=number)
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        response[HEADER] = number
        metrics.observe(_route(request), request.method or "", response.status_code, seconds)
        self._tell(request, response, seconds)
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        """The path without its query: search words and filters are nobody's business in a log."""
        if request.path in QUIET or request.path.startswith("/static/"):
            return
        level = logging.ERROR if response.status_code >= 500 else logging.INFO
        self.log.log(level, "request", method=request.method, path=request.path, status=response.status_code, ms=round(seconds * 1000, 1))


def _route(request: HttpRequest) -> str:
    """The name of the page, not its address: a metric with a label for every order number would never stop growing."""
    match = request.resolver_match
    return (match.view_name or match.route) if match else "unknown"
