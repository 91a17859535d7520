"""Every setting of the platform in one table: its name, default, meaning and how its text is read."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

MAIL_SECONDS = 10
PROJECT_ROOT = Path(__file__).resolve().parents[2]
SANDBOX_KEEPERS = ("keeper-1", "keeper-2", "keeper-3")


class CannotStart(Exception):
    """The platform cannot start or go on; the message says in plain words what is wrong and what to do."""


class BadSetting(CannotStart):
    """A setting cannot be read."""


def _text(text: str) -> str:
    return text.strip()


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("must be 1 or 0")


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _port_or_none(text: str) -> int | None:
    return _number(1, 65535)(text) if text.strip() else None


def _folder(text: str) -> Path:
    """Relative folders are counted from the project, so that the same data is found from any working directory."""
    return (PROJECT_ROOT / Path(text.strip()).expanduser()).resolve()


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.strip().lower() not in words:
            raise ValueError("must be one of: " + ", ".join(words))
        return text.strip().lower()

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.strip() and text.strip().partition("://")[0] not in schemes:
            raise ValueError("must start with " + " or ".join(f"{scheme}://" for scheme in schemes))
        return text.strip()

    return read


def _keepers(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in text.split():
        name, _sign, url = part.partition("=")
        if not re.fullmatch(r"[a-z0-9-]{1,32}", name) or not re.match(r"https?://[^/]", url):
            raise ValueError("must name each keeper as name=https://address")
        found.append((name, url))
    if len(dict(found)) != len(found):
        raise ValueError("must name each keeper once")
    return tuple(found)


def _live_url(text: str) -> str:
    return text.strip() if text.startswith("/") else _url("http", "https")(text)


@dataclass(frozen=True)
class Setting:
    """One setting: `name` is the environment variable, `parse` turns its text into a value or raises ValueError."""

    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any] = _text
    secret: bool = False

    def read(self) -> Any:
        text = os.environ.get(self.name, self.default)
        try:
            return self.parse(text)
        except ValueError as error:
            shown = "(hidden)" if self.secret else repr(text)
            raise BadSetting(
                f"The setting {self.name} {error}, but is {shown}. Correct it or remove it to use the default {self.default!r}."
            ) from None


_POSTGRES = _url("postgres", "postgresql")

SETTINGS: tuple[Setting, ...] = (
    Setting("SUNLIT_PORT", "8000", "Port of the web pages.", _number(1, 65534)),
    Setting("SUNLIT_BIND", "127.0.0.1", "Address to listen on. `0.0.0.0` lets other machines in; put a reverse proxy with TLS before it."),
    Setting("SUNLIT_LIVE_PORT", "", "Port of the live events. Empty: `SUNLIT_PORT` + 1.", _port_or_none),
    Setting(
        "SUNLIT_LIVE_URL",
        "",
        "Where the browser finds the live events. Empty: `/live/` on the same origin with `SUNLIT_TLS=1`, else the live port of the same host.",
        _live_url,
    ),
    Setting(
        "SUNLIT_DATA_DIR",
        "./var",
        "Folder for everything kept outside the database: keys, files, index, ledger tiles, embedded PostgreSQL.",
        _folder,
    ),
    Setting(
        "SUNLIT_FILES_URL",
        "",
        "S3 service that keeps uploaded files, `https://KEY:SECRET@host/bucket?region=cn-north-1`. Empty: the folder `files` of the data folder.",
        _url("http", "https"),
        True,
    ),
    Setting(
        "DATABASE_URL",
        "",
        "PostgreSQL 15 or newer, `postgres://user:password@host:5432/name`. Empty: the embedded PostgreSQL.",
        _POSTGRES,
        True,
    ),
    Setting("SUNLIT_DEMO", "0", "1: the demo region and one-click log-in. Never on a real site. `make run` sets it.", _switch),
    Setting("SUNLIT_DEBUG", "0", "1: error pages with details for developers. Never on a real site.", _switch),
    Setting("SUNLIT_SECRET_KEY", "", "Key that signs sessions. Empty: generated at first start in the data folder's `keys`.", _text, True),
    Setting("SUNLIT_HOSTS", "localhost,127.0.0.1,[::1]", "Host names that the site answers to, separated by commas.", _list),
    Setting(
        "SUNLIT_TLS", "0", "1: the site is reached by https through a reverse proxy; secure cookies and HSTS are switched on.", _switch
    ),
    Setting(
        "SUNLIT_SMTP_URL",
        "",
        "Mail server, `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`. Empty: mail is printed in the log.",
        _url("smtp", "smtps"),
        True,
    ),
    Setting(
        "SUNLIT_SITE_URL",
        "",
        "Address of the site as people reach it, for links in mail. Empty: mail carries no links.",
        _url("http", "https"),
    ),
    Setting("SUNLIT_MAIL_FROM", "sunlit@localhost", "Sender of the platform's mail."),
    Setting("SUNLIT_WORKERS", "2", "Number of web processes; about one a core.", _number(1, 64)),
    Setting(
        "SUNLIT_LIVE_PROCESSES",
        "2",
        "Number of live processes behind the live port; each takes bids and tells its part of the watchers.",
        _number(1, 16),
    ),
    Setting("SUNLIT_LOG_FORMAT", "console", "`console` for people, `json` for a log collector.", _one_of("console", "json")),
    Setting("SUNLIT_LOG_LEVEL", "info", "Least important log lines shown.", _one_of("debug", "info", "warning", "error")),
    Setting(
        "SUNLIT_BANK_URL", "", "Payment interface of the bank. Empty: the sandbox bank, started beside the platform.", _url("http", "https")
    ),
    Setting(
        "SUNLIT_KEEPER_URLS",
        "",
        "Key keepers of sealed quotes, `name=https://…`, separated by blanks; more than half of them open a seal. "
        "Empty: three sandbox keepers, started beside the platform.",
        _keepers,
    ),
    Setting(
        "SUNLIT_PRICE_FEED_URL", "", "Feed of what goods cost elsewhere, asked every minute. Empty: none is asked.", _url("http", "https")
    ),
    Setting(
        "SUNLIT_LEDGER_ORIGIN",
        "sunlit.localhost/ledger",
        "Name under which the ledger's checkpoints are signed; choose it before a real site starts and never change it.",
    ),
    Setting(
        "SUNLIT_METRICS_TOKEN",
        "",
        "Bearer token that may read `/metrics`. Empty: only requests made directly from this machine.",
        _text,
        True,
    ),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def get(name: str) -> Any:
    """The value of a setting as it stands in the environment now; `get("PORT")` is short for `get("SUNLIT_PORT")`."""
    setting = _BY_NAME.get(name) or _BY_NAME[f"SUNLIT_{name}"]
    return setting.read()


def check() -> list[str]:
    """A sentence for every setting that cannot be read."""
    wrong: list[str] = []
    for setting in SETTINGS:
        try:
            setting.read()
        except BadSetting as error:
            wrong.append(str(error))
    return wrong


def data_dir() -> Path:
    folder: Path = get("DATA_DIR")
    return folder


def live_port() -> int:
    return int(get("LIVE_PORT") or get("PORT") + 1)


def bank_port() -> int:
    """Port of the sandbox bank."""
    return int(get("PORT")) + 2


def bank_url() -> str:
    """Payment interface of the bank: the configured one, or the sandbox beside the platform."""
    return str(get("BANK_URL")) or f"http://127.0.0.1:{bank_port()}"


def keeper_port() -> int:
    """Port of the sandbox keepers."""
    return int(get("PORT")) + 4


def keepers() -> tuple[tuple[str, str], ...]:
    """Name and address of each key keeper: the configured ones, or the sandbox ones beside the platform."""
    configured: tuple[tuple[str, str], ...] = get("KEEPER_URLS")
    return configured or tuple((name, f"http://127.0.0.1:{keeper_port()}/{name}") for name in SANDBOX_KEEPERS)


def price_feed_port() -> int:
    """Port of the sandbox price feed."""
    return int(get("PORT")) + 3


def price_feed_url() -> str:
    """Address of the price feed; "" when there is none."""
    return str(get("PRICE_FEED_URL"))


def live_url(host: str) -> str:
    """Address of the live events for a page that was asked for at `host` (the request's Host header, with or without a port)."""
    if configured := str(get("LIVE_URL")):
        return configured
    if get("TLS"):
        return "/live/"
    return f"http://{re.sub(r':[0-9]+$', '', host)}:{live_port()}/live/"


def live_origin(host: str) -> str:
    """What `connect-src` of the Content-Security-Policy must name for the live events; empty on the same origin."""
    match = re.match(r"https?://[^/]+", live_url(host))
    return match.group() if match else ""


def mail() -> dict[str, Any]:
    """Django's mail settings from SUNLIT_SMTP_URL; without one, mail is printed."""
    sender = {"DEFAULT_FROM_EMAIL": get("MAIL_FROM"), "SERVER_EMAIL": get("MAIL_FROM")}
    parts = urlsplit(str(get("SMTP_URL")))
    if not parts.hostname:
        return {**sender, "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    secure = parts.scheme == "smtps"
    return {
        **sender,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and parts.username is not None,
        "EMAIL_TIMEOUT": MAIL_SECONDS,
    }
