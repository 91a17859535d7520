"""What protects every page: the headers that tell browsers what not to do, a limit on bodies, and a brake for eager callers."""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sunlit.config import environment
from sunlit.foundation.kernel.limits import REQUEST_BYTES
from sunlit.foundation.kernel.refusals import Problem, Reason

BODY_TOO_LARGE = Reason("SEC-001", _("What you sent is larger than {limit} MB. Send smaller files, or fewer at once."), 413)
BODY_UNMEASURED = Reason("SEC-002", _("The request does not say how long it is (Content-Length). Send it with its length."), 411)
TOO_FAST = Reason("SEC-003", _("Too many requests. Wait {seconds} seconds, then go on."), 429)

PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "magnetometer", "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",  # blob: the preview of a picture before it is sent
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def content_policy(live_origin: str = "", *, tls: bool = False) -> str:
    """The Content-Security-Policy of every page: own scripts and styles only, nothing inline, no eval, no frame."""
    policy = dict(_POLICY)
    if live_origin:
        policy["connect-src"] += f" {live_origin}"
    parts = [f"{name} {sources}" for name, sources in policy.items()]
    return "; ".join([*parts, "upgrade-insecure-requests"] if tls else parts)


class SecurityMiddleware:
    """Stands before everything that reads a body or answers. HSTS and referrers are Django's own, set in the settings."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.tls = bool(settings.TLS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        problem = body_problem(request)
        response = _refused(request, problem) if problem else self.get_response(request)
        if "Content-Security-Policy" not in response:  # a file handed out brings its own, stricter one
            response["Content-Security-Policy"] = content_policy(_live_origin(request), tls=self.tls)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME) and "text/html" in response.get("Content-Type", ""):
            response.setdefault("Cache-Control", "private, no-store")  # the back button of a shared computer shows nothing
        return response


def body_problem(request: HttpRequest) -> Problem | None:
    """A body must say how long it is, and be no longer than REQUEST_BYTES; asked before a byte of it is read."""
    if request.method not in _WITH_BODY:
        return None
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return Problem(BODY_UNMEASURED)
    length = request.headers.get("Content-Length", "0") or "0"
    if not re.fullmatch(r"[0-9]{1,15}", length) or int(length) > REQUEST_BYTES:
        return Problem(BODY_TOO_LARGE, {"limit": REQUEST_BYTES // (1024 * 1024)})
    return None


def _refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Plain text: nothing of the page machinery has run yet. The connection is closed, so that the body need not be read."""
    headers = {"X-Code": problem.code, "Connection": "close"}
    if request.path.startswith("/api/"):
        from sunlit.portals.api import problems

        with translation.override(translation.get_language_from_request(request)):
            return problems.answer([problem], headers=headers)
    return HttpResponse(
        f"{problem.code} {problem.message}\n", status=problem.reason.status, content_type="text/plain; charset=utf-8", headers=headers
    )


def _live_origin(request: HttpRequest) -> str:
    """Where the live events of this page come from; the host is repeated only when it is written like one."""
    host = request.META.get("HTTP_HOST", "")
    return environment.live_origin(host) if _HOST.fullmatch(host) else ""


@dataclass
class _Level:
    tokens: float
    at: datetime


class Brake:
    """A token bucket a key: `burst` calls at once, then `per_minute`. In the memory of one process: with N web processes, N times as many."""

    KEYS_MOST = 50_000

    def __init__(self, *, per_minute: float, burst: int) -> None:
        self.per_minute, self.burst = per_minute, burst
        self._levels: OrderedDict[str, _Level] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str, at: datetime, *, cost: int = 1) -> int:
        """Take `cost` from the key's bucket; 0 when there was enough, else the seconds to wait (and nothing is taken)."""
        with self._lock:
            level = self._levels.pop(key, None) or _Level(float(self.burst), at)
            passed = max((at - level.at).total_seconds(), 0.0)
            level.tokens, level.at = min(level.tokens + passed * self.per_minute / 60, float(self.burst)), max(at, level.at)
            self._levels[key] = level
            if len(self._levels) > self.KEYS_MOST:
                self._levels.popitem(last=False)
            if level.tokens >= cost:
                level.tokens -= cost
                return 0
            return max(1, math.ceil(round((cost - level.tokens) * 60 / self.per_minute, 6)))

    def left(self, key: str, at: datetime) -> int:
        """How many calls the key has now."""
        with self._lock:
            level = self._levels.get(key)
            passed = max((at - level.at).total_seconds(), 0.0) if level else 0.0
            return self.burst if level is None else int(min(level.tokens + passed * self.per_minute / 60, self.burst))

    def problem(self, key: str, at: datetime, *, cost: int = 1) -> Problem | None:
        """SEC-003 when the caller must wait."""
        seconds = self.wait(key, at, cost=cost)
        return Problem(TOO_FAST, {"seconds": seconds}) if seconds else None
