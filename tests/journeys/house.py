"""The real house for journeys: its own database and data folder, the demonstration region, and every process under the real supervisor."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.cluster import migrated

ROOT = Path(__file__).resolve().parents[2]
PORTS = 5  # pages, live events, bank, price feed, keepers
COMMAND_SECONDS = 300
READY_SECONDS = 90
STOP_SECONDS = 30
LOOK_SECONDS = 0.1
TOLD_CHARS = 4000
LOG = "house.log"


@dataclass(frozen=True)
class House:
    """An open house: where it is reached, where its data lie, and the environment in which its commands run."""

    url: str
    folder: Path
    environment: Mapping[str, str]

    @property
    def database(self) -> str:
        return self.environment["DATABASE_URL"]

    def sunlit(self, *arguments: str | Path) -> str:
        """Run a command of the project and return what it says; it must succeed."""
        return command(arguments, self.environment)

    def ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Look into the database: stories pick their goods there, as people do who know the place."""
        with psycopg.connect(self.database, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        [row] = self.ask(query, *values)
        return next(iter(row.values()))

    def log(self) -> str:
        """What the processes said last."""
        return _end_of(self.folder / LOG)

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body: bytes = answer.read()
            return body


def command(arguments: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sunlit.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )
    assert done.returncode == 0, f"sunlit {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stdout[-TOLD_CHARS:]}"
    return done.stdout


@contextmanager
def open_house(*, orders: int | None = None) -> Iterator[House]:
    """A house with the demonstration region (`orders` purchases instead of its usual number), open until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="sunlit-house-"))
    folder.chmod(0o711)
    try:
        with _own_database() as database:
            port = _free_ports()
            environment = {
                **{name: value for name, value in os.environ.items() if not name.startswith(("SUNLIT_", "PYTEST_"))},
                "DATABASE_URL": database,
                "SUNLIT_DATA_DIR": str(folder),
                "SUNLIT_DEMO": "1",
                "SUNLIT_PORT": str(port),
                "SUNLIT_WORKERS": "1",
                "SUNLIT_LOG_LEVEL": "warning",
                "PYTHONUNBUFFERED": "1",
            }
            command(["migrate"], environment)
            command(["demo"] if orders is None else ["demo", "--orders", str(orders)], environment)
            with _running(environment, folder / LOG, port):
                yield House(f"http://localhost:{port}", folder, environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_database() -> Iterator[str]:
    """A database of its own on the server that the run was given."""
    server = os.environ["DATABASE_URL"]
    name = f"sunlit_journeys_{os.getpid()}"
    doomed = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(doomed)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(migrated())))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(doomed)


def _free_ports() -> int:
    """The first of five neighbouring ports that nobody listens on."""
    for _attempt in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + PORTS < 65535 and all(_is_free(first + step) for step in range(PORTS)):
            return first
    raise AssertionError("no five free ports beside each other")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def _running(environment: Mapping[str, str], log: Path, port: int) -> Iterator[None]:
    with log.open("wb") as told:
        supervisor = subprocess.Popen([sys.executable, "-m", "sunlit.cli", "run"], cwd=ROOT, env=environment, stdout=told, stderr=told)
        try:
            _wait_until_ready(supervisor, f"http://127.0.0.1:{port}/ready", log)
            yield
        finally:
            supervisor.send_signal(signal.SIGINT)
            try:
                code = supervisor.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                supervisor.kill()
                supervisor.wait()
                raise AssertionError(f"the house did not close within {STOP_SECONDS} s:\n{_end_of(log)}") from None
        assert code == 0, f"the house closed with {code}:\n{_end_of(log)}"


def _wait_until_ready(supervisor: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline, pause = time.monotonic() + READY_SECONDS, threading.Event()
    answer = "nothing answered"
    while time.monotonic() < deadline:
        assert supervisor.poll() is None, f"the house did not open:\n{_end_of(log)}"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError as error:
            answer = error.read().decode()
            error.close()
        except OSError:
            pass
        pause.wait(LOOK_SECONDS)
    raise AssertionError(f"the house was not ready after {READY_SECONDS} s ({answer}):\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-TOLD_CHARS:]
