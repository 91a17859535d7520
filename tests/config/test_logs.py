"""Logs: one JSON object a line, with the numbers to find it again and without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from structlog.contextvars import bind_contextvars, clear_contextvars

from sunlit.config import logs
from sunlit.config.requests import HEADER, RequestMiddleware
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.ledger.services import Deed


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of a process called web, as a collector would read it."""
    monkeypatch.setenv("SUNLIT_LOG_LEVEL", "info")
    monkeypatch.setenv(logs.PROCESS_NAME, "web")
    logs.configure("json")
    stream = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    monkeypatch.undo()
    clear_contextvars()
    logs.configure()


def _last(stream: io.StringIO) -> dict[str, object]:
    line: dict[str, object] = json.loads(stream.getvalue().splitlines()[-1])
    return line


def test_a_line_names_process_request_and_act(lines: io.StringIO) -> None:
    bind_contextvars(request="a1", act="7")
    structlog.get_logger("sunlit.test").info("order placed", number="DD-1")
    told = _last(lines)
    assert (told["event"], told["process"], told["request"], told["act"], told["number"], told["level"]) == (
        "order placed",
        "web",
        "a1",
        "7",
        "DD-1",
        "info",
    )


@pytest.mark.parametrize("name", ["password", "api_key", "token", "csrf", "session_id", "Authorization", "secret_key", "DATABASE_URL"])
def test_what_is_named_like_a_secret_is_hidden(lines: io.StringIO, name: str) -> None:
    structlog.get_logger("sunlit.test").info("told", **{name: "geheim"})
    assert "geheim" not in lines.getvalue()
    assert _last(lines)[name] == logs.HIDDEN


def test_passwords_in_addresses_are_hidden_in_the_sentence_too(lines: io.StringIO) -> None:
    logging.getLogger("other").warning("cannot reach %s", "postgres://ann:geheim@db/x")
    assert _last(lines)["event"] == "cannot reach postgres://ann:(hidden)@db/x"


def test_a_request_is_numbered_and_told_without_its_query(lines: io.StringIO) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        structlog.get_logger("sunlit.test").info("inside")
        return HttpResponse(status=404)

    response = RequestMiddleware(view)(RequestFactory().get("/search/?q=private"))
    told = _last(lines)
    assert (told["method"], told["path"], told["status"], told["request"]) == ("GET", "/search/", 404, response[HEADER])
    assert "private" not in lines.getvalue()
    inside = json.loads(lines.getvalue().splitlines()[0])
    assert inside["request"] == response[HEADER]


@pytest.mark.django_db
def test_lines_after_an_act_carry_its_number_and_the_next_request_starts_without(lines: io.StringIO) -> None:
    made: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            with transaction.atomic():
                deeds = [Deed(act="order.remind", subject=f"order/{n}", by=CLOCK, at=datetime(2026, 3, 2, tzinfo=UTC)) for n in range(2)]
                made.extend(entry.pk for entry in ledger.record_many(deeds))
        structlog.get_logger("sunlit.test").info("inside")
        return HttpResponse()

    for method in ("POST", "GET"):
        RequestMiddleware(view)(RequestFactory().generic(method, "/"))
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["event"], line.get("act")) for line in told] == [
        ("inside", made[-1]),
        ("request", made[-1]),
        ("inside", None),
        ("request", None),
    ]
    assert len({line["request"] for line in told}) == 2
