"""The one gate of the API: key, rate, idempotency; and whatever goes wrong leaves as a problem document."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.outbox.models import Once
from sunlit.portals.api import problems
from sunlit.portals.api.keys import Call, Needs, headers_of, let_in

KEY_CHARS: Final = 200
WRITES: Final = frozenset({"POST", "PUT", "PATCH"})
REPEATED: Final = "Idempotency-Replayed"

_REMEMBER = """
INSERT INTO outbox_once (key, request_hash, status, location, body, at) VALUES (%s, %s, 0, '', '', %s) ON CONFLICT (key) DO NOTHING
"""

log = structlog.stdlib.get_logger("sunlit.api")
View = Callable[..., HttpResponse]


def gate(view: View, needs: Mapping[str, Needs]) -> View:
    """Let calls with a key in, carry each out once, and answer with JSON whatever happens. `needs` says what each method asks of the key."""

    @csrf_exempt
    @functools.wraps(view)
    def enter(request: Call, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _told(request, lambda: _entered(request, needs, lambda: view(request, *args, **kwargs)))
        for name, value in headers_of(request, request.now).items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return enter


def _entered(request: Call, needs: Mapping[str, Needs], act: Callable[[], HttpResponse]) -> HttpResponse:
    let_in(request)
    if asked := needs.get(str(request.method)):
        asked(request)  # before an answer that was kept is told again
    key = request.headers.get("Idempotency-Key", "")
    if "Idempotency-Key" in request.headers and not (0 < len(key) <= KEY_CHARS and key.isascii() and key.isprintable()):
        raise Refused(Problem(problems.KEY_WRONG, {"most": KEY_CHARS}))
    if request.method in WRITES:
        request.now = _arrived(request)
    response = _once(request, key, act) if key and request.method in WRITES else act()
    if response.status_code == 405:
        methods = response.headers.get("Allow", "")
        return problems.answer(
            [Problem(problems.NO_SUCH_METHOD, {"method": request.method, "methods": methods})], headers={"Allow": methods}
        )
    return response


def _arrived(request: Call) -> datetime:
    """When the call was here as a whole: nobody holds a place in time and says later what for."""
    request.body  # noqa: B018 - waits for the last byte
    return clock.now()


def _once(request: Call, key: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Carry the call out, and keep its answer, in one transaction; a twin waits for it and gets that answer. Refusals are not kept."""
    name, digest = f"api:{request.key_id}:{_sha256(request.method, request.path)}:{key}", _digest(request)
    with transaction.atomic():
        if _is_first(name, digest, request.now):
            response = act()
            if response.status_code >= 400:
                transaction.set_rollback(True)
            else:
                Once.objects.filter(key=name).update(status=response.status_code, body=response.content.decode())
            return response
    done = Once.objects.filter(key=name).first()
    if done is None:
        raise Refused(Problem(problems.STILL_UNDER_WAY))
    if done.request_hash != digest:
        raise Refused(Problem(problems.OTHER_BODY))
    return HttpResponse(done.body, status=done.status, content_type="application/json; charset=utf-8", headers={REPEATED: "true"})


def _is_first(name: str, digest: str, at: datetime) -> bool:
    """Remember the key; waits for a twin under way, and is False when that one was carried out."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [name, digest, at])
        return bool(cursor.rowcount)


def _digest(request: HttpRequest) -> str:
    return _sha256(request.method, request.get_full_path(), request.body.decode("utf-8", "replace"))


def _sha256(*told: str | None) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _told(request: Call, act: Callable[[], HttpResponse]) -> HttpResponse:
    """What went wrong, as a problem document."""
    try:
        return act()
    except Refused as refused:
        return problems.answer(refused.problems)
    except (OperationalError, InterfaceError) as error:
        log.warning("the database is away", path=request.path, error=str(error).strip())
        return problems.answer([Problem(problems.AWAY)], headers={"Retry-After": "1"})
    except Exception:
        log.exception("a call failed", path=request.path)
        return problems.answer([Problem(problems.OUR_FAULT)])
