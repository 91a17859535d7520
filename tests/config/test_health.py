"""What machines ask: alive, ready, figures."""

import json

import pytest
from django.db import DatabaseError, connection
from django.test import RequestFactory

from sunlit.config import health, metrics


def _asked(**headers: str) -> RequestFactory:
    return RequestFactory(headers=headers)


def test_alive_asks_nobody() -> None:
    assert health.health(_asked().get("/health")).status_code == 200


@pytest.mark.django_db
def test_ready_names_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health.CHECKS, "index", lambda: "ok")
    answer = health.ready(_asked().get("/ready"))
    assert json.loads(answer.content) == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "keys": "ok", "index": "ok"}}
    assert answer.status_code == 200


@pytest.mark.django_db
def test_not_ready_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError

    monkeypatch.setitem(health.CHECKS, "index", lambda: "ok")
    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(health, "_applied", [])
    answer = health.ready(_asked().get("/ready"))
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"]["database"] == "the database does not answer"


@pytest.mark.django_db
def test_figures_tell_requests_jobs_and_ledger() -> None:
    metrics.observe("public:home", "GET", 200, 0.02)
    answer = health.figures(_asked().get("/metrics", REMOTE_ADDR="127.0.0.1"))
    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'sunlit_request_seconds_count{method="GET",page="public:home",status="200"} 1.0' in text
    assert "sunlit_oldest_job_seconds 0.0" in text
    assert "sunlit_ledger_sealed_acts 0.0" in text
    assert "sunlit_database_bytes" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "remote", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "10.0.0.7", {}, 404),
        ("", "127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 404),
        ("", "", {}, 404),
        ("geheim", "10.0.0.7", {"Authorization": "Bearer geheim"}, 200),
        ("geheim", "127.0.0.1", {"Authorization": "Bearer geheimnis"}, 404),
        ("geheim", "127.0.0.1", {}, 404),
    ],
)
def test_figures_are_for_this_machine_or_the_holder_of_the_token(
    monkeypatch: pytest.MonkeyPatch, token: str, remote: str, headers: dict[str, str], status: int
) -> None:
    monkeypatch.setenv("SUNLIT_METRICS_TOKEN", token)
    assert health.figures(_asked(**headers).get("/metrics", REMOTE_ADDR=remote)).status_code == status
