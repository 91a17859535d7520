"""What the tests of several portals at once share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.portals.ui.test_in_browser import CHROMIUM
from tests.portals.windows import Windows


@pytest.fixture
def chromium(transactional_db: None, live_server: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A real browser before the live server, whose files lie in the test's own folder."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's thread also looks into the database
    settings.DATA_DIR = tmp_path
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, live_server: Any) -> Windows:
    return Windows(chromium, live_server.url)
