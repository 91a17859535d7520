"""What every answer carries, what is not even read, and how eager callers are slowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from sunlit.config.security import Brake, SecurityMiddleware, content_policy

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MB = 1024 * 1024


class Page:
    """A page that counts how often it was reached."""

    def __init__(self, answer: HttpResponse | None = None) -> None:
        self.answer = answer or HttpResponse("ok")
        self.reached = 0

    def __call__(self, _request: HttpRequest) -> HttpResponse:
        self.reached += 1
        return self.answer


def ask(page: Page, method: str = "GET", *, host: str = "localhost:8000", **meta: Any) -> HttpResponse:
    request = RequestFactory(HTTP_HOST=host).generic(method, "/")
    request.META.update(meta)
    return SecurityMiddleware(page)(request)


def test_nothing_inline_nothing_foreign_no_frame() -> None:
    assert content_policy() == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
    assert "unsafe" not in content_policy(tls=True)
    assert content_policy(tls=True).endswith("; upgrade-insecure-requests")


@pytest.mark.parametrize(
    ("host", "sources"),
    [
        ("localhost:8000", "connect-src 'self' http://localhost:8001;"),
        ("[::1]:8000", "connect-src 'self' http://[::1]:8001;"),
        ("evil.example; script-src *", "connect-src 'self';"),
    ],
)
def test_the_live_events_are_the_only_other_address(host: str, sources: str) -> None:
    assert sources in ask(Page(), host=host)["Content-Security-Policy"]


def test_every_answer_carries_the_headers() -> None:
    answer = ask(Page())
    assert "geolocation=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Cache-Control" not in answer


def test_a_stricter_policy_is_left_alone() -> None:
    strict = "default-src 'none'; sandbox"
    assert ask(Page(HttpResponse("x", headers={"Content-Security-Policy": strict})))["Content-Security-Policy"] == strict


def test_pages_of_a_signed_in_person_are_not_kept() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["sunlit_session"] = "x"
    assert SecurityMiddleware(Page())(request)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("meta", "status", "code"),
    [
        ({"CONTENT_LENGTH": str(12 * MB + 1)}, 413, "SEC-001"),
        ({"CONTENT_LENGTH": "9" * 400}, 413, "SEC-001"),
        ({"CONTENT_LENGTH": "-1"}, 413, "SEC-001"),
        ({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "Chunked"}, 411, "SEC-002"),
    ],
)
def test_a_body_too_large_or_unmeasured_reaches_nobody(meta: dict[str, str], status: int, code: str) -> None:
    page = Page()
    answer = ask(page, "POST", **meta)
    assert (answer.status_code, answer["X-Code"], page.reached) == (status, code, 0)
    assert answer["Connection"] == "close"


@pytest.mark.parametrize("meta", [{"CONTENT_LENGTH": str(12 * MB)}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_a_body_of_bearable_size_passes(meta: dict[str, str]) -> None:
    page = Page()
    assert ask(page, "POST", **meta).status_code == 200
    assert page.reached == 1


def test_the_brake_lets_a_burst_through_and_then_the_rate() -> None:
    brake = Brake(per_minute=60, burst=3)
    assert [brake.wait("alice", NOON) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert brake.wait("bob", NOON) == 0
    assert brake.wait("alice", NOON + timedelta(milliseconds=900)) == 1
    assert brake.wait("alice", NOON + timedelta(seconds=1)) == 0
    assert brake.wait("alice", NOON + timedelta(seconds=1)) == 1


def test_the_brake_tells_how_long_to_wait() -> None:
    brake = Brake(per_minute=6, burst=1)
    assert brake.problem("alice", NOON) is None
    problem = brake.problem("alice", NOON)
    assert problem is not None
    assert (problem.code, problem.params) == ("SEC-003", {"seconds": 10})


def test_a_clock_set_back_gives_no_tokens() -> None:
    brake = Brake(per_minute=60, burst=1)
    assert brake.wait("alice", NOON) == 0
    assert brake.wait("alice", NOON - timedelta(hours=1)) == 1
    assert brake.wait("alice", NOON) == 1


def test_the_brake_forgets_the_oldest_rather_than_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Brake, "KEYS_MOST", 2)
    brake = Brake(per_minute=1, burst=1)
    assert [brake.wait(key, NOON) for key in ("a", "b", "c")] == [0, 0, 0]
    assert brake.wait("c", NOON) == 60
    assert brake.wait("a", NOON) == 0
