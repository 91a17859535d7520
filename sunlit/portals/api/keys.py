"""Who calls: the key of an organisation, its scopes, and how often it may call."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest

from sunlit.config.security import Brake
from sunlit.foundation.accounts import services as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.api.problems import NO_KEY, SCOPE_MISSING
from sunlit.portals.doors import Request, client_ip

CALLS_A_MINUTE, CALLS_AT_ONCE = 1200, 240
WRONG_KEYS_A_MINUTE, WRONG_KEYS_AT_ONCE = 60, 30
brake = Brake(per_minute=CALLS_A_MINUTE, burst=CALLS_AT_ONCE)
wrong_keys = Brake(per_minute=WRONG_KEYS_A_MINUTE, burst=WRONG_KEYS_AT_ONCE)


class Call(Request):
    """A request with a valid key: `actor` is the seat behind it."""

    key_id: int
    scopes: frozenset[str]


class Needs:
    """What an operation asks of the key: one scope, or ("") any key at all."""

    openapi_security_schema: ClassVar[dict[str, Any]] = {"type": "http", "scheme": "bearer", "bearerFormat": "slt_…"}

    def __init__(self, scope: str = "") -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Actor:
        assert isinstance(getattr(request, "scopes", None), frozenset), "the gate lets nobody in without a key"
        if self.scope and self.scope not in request.scopes:  # type: ignore[attr-defined]
            raise Refused(Problem(SCOPE_MISSING, {"scope": self.scope}))
        actor: Actor = request.actor  # type: ignore[attr-defined]
        return actor


def let_in(request: Call) -> None:
    """Put the actor behind the key on the request. Refused: API-002 no valid key, SEC-003 too fast."""
    scheme, _blank, plain = request.headers.get("Authorization", "").partition(" ")
    known = accounts.token_actor(plain.strip(), at=request.now) if scheme.lower() == "bearer" and plain.startswith("slt_") else None
    if known is None:
        problem = wrong_keys.problem(client_ip(request), request.now)
        raise Refused(problem or Problem(NO_KEY))
    request.actor, request.scopes, token = known
    request.key_id = token.pk
    if problem := brake.problem(str(token.pk), request.now):
        raise Refused(problem)


def headers_of(request: Call, at: datetime) -> dict[str, str]:
    """How much is left of the rate limit (draft-ietf-httpapi-ratelimit-headers)."""
    key = getattr(request, "key_id", None)
    if key is None:
        return {}
    left = brake.left(str(key), at)
    full = -(-(CALLS_AT_ONCE - left) * 60 // CALLS_A_MINUTE)
    return {
        "RateLimit-Policy": f'"key";q={CALLS_AT_ONCE};w={CALLS_AT_ONCE * 60 // CALLS_A_MINUTE}',
        "RateLimit": f'"key";r={left};t={full}',
    }
