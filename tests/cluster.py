"""A database and a data folder of their own for every test run; loaded before Django reads its settings (see pytest.ini).

What many tests need and no test changes is made once: the migrated tables, and the house of the journeys on one worker.
"""

import atexit
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from sunlit.config import environment, postgres, translations

ROOT = Path(__file__).resolve().parents[1]
JOURNEYS = "tests/journeys/"
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


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """A module is a worker's piece of work, so that what its tests share is made once; all journeys are one piece, as they share a house."""

    def _split_scope(self, nodeid: str) -> str:
        return JOURNEYS if nodeid.startswith(JOURNEYS) else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    config.option.loadscopereorder = False  # the order is that of `pytest_collection_modifyitems`
    return ByModule(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (not item.nodeid.startswith(JOURNEYS), item.path not in slow))


def migrated() -> str:
    """The name of a database on the run's server that has all tables and no rows, to be copied with CREATE DATABASE … TEMPLATE.

    The first who asks makes it with every migration from nothing. On a developer's own server it stays for the next run: what it was made
    from stands in its comment, and it is made anew when that has changed.
    """
    server, steps = os.environ["DATABASE_URL"], _steps()
    name = f"test_{urlsplit(server).path.lstrip('/')}_migrated"
    named, made_from = sql.Identifier(name), "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if connection.execute(made_from, [name]).fetchone() != (steps,):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(named))
            address = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
            subprocess.run(
                [sys.executable, "-m", "sunlit.cli", "migrate"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": address},
                stdout=subprocess.DEVNULL,
                check=True,
            )
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(named, steps))
    return name


def _steps() -> str:
    """A digest of everything that the tables come from."""
    digest = hashlib.sha256()
    for package in ("django", "procrastinate"):
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    for path in sorted((ROOT / "sunlit").rglob("migrations/*.py")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
