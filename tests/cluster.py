"""A database and a data folder of their own for every test run; loaded before Django reads its settings (see pytest.ini)."""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from sunlit.config import environment, postgres, translations

KEPT = {"DATABASE_URL"}
_held = contextlib.ExitStack()


def _forget_the_developers_settings() -> None:
    """A setting of whoever runs the tests must not change their outcome; only the database may be chosen."""
    for setting in environment.SETTINGS:
        if setting.name not in KEPT:
            os.environ.pop(setting.name, None)


def _own_data_folder() -> None:
    folder = tempfile.mkdtemp(prefix="sunlit-tests-")
    _held.callback(shutil.rmtree, folder, ignore_errors=True)
    (Path(folder) / "static").mkdir()
    os.environ["SUNLIT_DATA_DIR"] = str(Path(folder).resolve())
    os.environ["SUNLIT_LOG_LEVEL"] = "error"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """One server a run: pytest-xdist's workers inherit DATABASE_URL from the process that started it."""
    _forget_the_developers_settings()
    _own_data_folder()
    atexit.register(_held.close)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        translations.compile_all()
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _held.enter_context(postgres.ephemeral())
    return (yield)


def pytest_unconfigure() -> None:
    _held.close()
