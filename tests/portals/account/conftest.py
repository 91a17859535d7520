"""The town at five past noon, with files in a folder of this test alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunlit.foundation.kernel import clock
from tests.town import NOON, Town, build

SOON = NOON + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _here_and_now(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: SOON)


@pytest.fixture
def town(db: None) -> Town:
    return build()
