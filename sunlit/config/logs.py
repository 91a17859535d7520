"""Structured logs: one line an event, with the number of the request and of the acts it wrote, and never a secret."""

import logging
import logging.config
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars

from sunlit.config import environment

HIDDEN = "(hidden)"
PROCESS_NAME = "SUNLIT_PROCESS_NAME"
_SECRET_NAME = re.compile(
    r"pass(word|wd|file)?$|secret|token|(^|_)key$|cookie|authorization|csrf|session|otp|dsn|database_url", re.IGNORECASE
)
_URL_WITH_PASSWORD = re.compile(r"([a-z][a-z0-9+]*://[^\s:/@]*):[^\s@/]+@", re.IGNORECASE)

Event = MutableMapping[str, Any]


def hide_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Blank values whose name says that they are secret, and passwords inside addresses."""
    for name, value in event.items():
        if name == "event" or not _SECRET_NAME.search(name):
            event[name] = _URL_WITH_PASSWORD.sub(rf"\1:{HIDDEN}@", value) if isinstance(value, str) else value
        else:
            event[name] = HIDDEN
    return event


def name_process(_logger: object, _method: str, event: Event) -> Event:
    """Which process speaks; by the environment, since web servers start further processes of the same name."""
    if name := os.environ.get(PROCESS_NAME):
        event.setdefault("process", name)
    return event


class WithTrace(logging.Filter):
    """Django tells every answer of 500 and above; only those with a traceback add to what the request's own line says."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


def configure(style: str = "") -> None:
    """Set up structlog and the standard library's logging alike; called once a process, before anything is logged."""
    style = style or str(environment.get("LOG_FORMAT"))
    before: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_process,
        hide_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard(style, before))


def _standard(style: str, before: list[Any]) -> dict[str, Any]:
    ending: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if style == "json":
        ending += [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
    else:
        ending += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    formatter = {"()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": before, "processors": ending}
    level = str(environment.get("LOG_LEVEL")).upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "filters": {"with_trace": {"()": WithTrace}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING", "handlers": []},
            "django.request": {"level": "ERROR", "filters": ["with_trace"]},
            "procrastinate": {"level": "WARNING" if level == "INFO" else level},
            "httpx": {"level": "WARNING"},
            "psycopg.pool": {"level": "WARNING"},
        },
    }
