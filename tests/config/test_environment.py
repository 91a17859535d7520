"""Settings: read from the environment, refused in a sentence, and all of them in the manual."""

import re
from pathlib import Path

import pytest

from sunlit.config import environment
from sunlit.config.environment import BadSetting

ROOT = Path(__file__).parents[2]


def test_a_setting_has_its_default_and_a_short_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.get("PORT") == environment.get("SUNLIT_PORT") == 8000
    monkeypatch.setenv("SUNLIT_PORT", "8010")
    assert environment.get("PORT") == 8010
    assert environment.live_port() == 8011
    assert environment.bank_url() == "http://127.0.0.1:8012"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("SUNLIT_PORT", "80x", "must be a whole number from 1 to 65534, but is '80x'"),
        ("SUNLIT_PORT", "0", "must be a whole number from 1 to 65534, but is '0'"),
        ("SUNLIT_PORT", "٨٠", "must be a whole number from 1 to 65534"),
        ("SUNLIT_DEMO", "perhaps", "must be 1 or 0, but is 'perhaps'"),
        ("SUNLIT_LOG_FORMAT", "xml", "must be one of: console, json, but is 'xml'"),
        ("DATABASE_URL", "mysql://root:geheim@db/x", "must start with postgres:// or postgresql://, but is (hidden)"),
        ("SUNLIT_LIVE_URL", "ftp://x", "must start with http:// or https://, but is 'ftp://x'"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str, text: str, sentence: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(BadSetting) as refusal:
        environment.get(name)
    assert sentence in str(refusal.value)
    assert "geheim" not in str(refusal.value)
    assert environment.check() == [str(refusal.value)]


def test_hosts_are_a_list_and_the_data_folder_is_counted_from_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNLIT_HOSTS", "a.example, b.example,")
    monkeypatch.setenv("SUNLIT_DATA_DIR", "./var")
    assert environment.get("HOSTS") == ("a.example", "b.example")
    assert environment.data_dir() == ROOT / "var"


@pytest.mark.parametrize(
    ("settings", "host", "url", "origin"),
    [
        ({}, "localhost:8000", "http://localhost:8001/live/", "http://localhost:8001"),
        ({}, "[::1]:8000", "http://[::1]:8001/live/", "http://[::1]:8001"),
        ({"SUNLIT_LIVE_PORT": "9000"}, "sun", "http://sun:9000/live/", "http://sun:9000"),
        ({"SUNLIT_TLS": "1"}, "sun.example", "/live/", ""),
        ({"SUNLIT_LIVE_URL": "https://live.example/live/"}, "sun.example", "https://live.example/live/", "https://live.example"),
    ],
)
def test_the_page_is_told_where_the_live_events_are(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], host: str, url: str, origin: str
) -> None:
    for name, text in settings.items():
        monkeypatch.setenv(name, text)
    assert environment.live_url(host) == url
    assert environment.live_origin(host) == origin


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [("smtp://u%40x:p%2Fw@mail.example", 587, False, True), ("smtps://u%40x:p%2Fw@mail.example", 465, True, False)],
)
def test_the_mail_server_is_one_address(monkeypatch: pytest.MonkeyPatch, url: str, port: int, ssl: bool, tls: bool) -> None:
    monkeypatch.setenv("SUNLIT_SMTP_URL", url)
    mail = environment.mail()
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"], mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == (
        "mail.example",
        port,
        "u@x",
        "p/w",
    )
    assert (mail["EMAIL_USE_SSL"], mail["EMAIL_USE_TLS"]) == (ssl, tls)


def test_without_a_mail_server_mail_is_printed() -> None:
    assert environment.mail()["EMAIL_BACKEND"].endswith("console.EmailBackend")


def test_the_manual_has_every_setting_with_its_default_and_meaning() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `((?:SUNLIT|DATABASE)_[A-Z_]+)` \| (.+?) \| (.+) \|$", manual, re.MULTILINE)
    assert rows == [(s.name, f"`{s.default}`" if s.default else "(empty)", s.meaning) for s in environment.SETTINGS]
