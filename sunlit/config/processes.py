"""The processes of one machine under one supervisor: started in order, restarted when they die, stopped together."""

import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Self

import psutil
import structlog

from sunlit.config import environment, postgres
from sunlit.config.environment import CannotStart

CANNOT_START = 78  # EX_CONFIG: a person must change something, so that starting again would be useless
TICK_SECONDS = 0.1
STOP_SECONDS = 10
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
STEADY_SECONDS = 30  # whoever ran this long is forgiven earlier deaths
OPEN_SECONDS = 60
FREE_DISK = 300 * 1024 * 1024  # bytes

log = structlog.stdlib.get_logger("sunlit.supervisor")


@dataclass(frozen=True)
class Process:
    """One row of the table: `arguments` follow the command `sunlit`; `module` must be there for the process to be wanted."""

    name: str
    arguments: tuple[str, ...]
    module: str
    wanted: Callable[[], bool] = lambda: True
    count: Callable[[], int] = lambda: 1  # that do the same side by side


def _seals_at_the_sandbox() -> bool:
    return not environment.get("KEEPER_URLS")


def _pays_at_the_sandbox() -> bool:
    return not environment.get("BANK_URL")


PROCESSES: tuple[Process, ...] = (
    Process("bank", ("bank",), "sunlit.foundation.gateways.sandbox.bank_server", _pays_at_the_sandbox),
    Process("keepers", ("keepers",), "sunlit.foundation.gateways.sandbox.keeper_server", _seals_at_the_sandbox),
    Process("web", ("web",), "sunlit.config.wsgi"),
    Process("live", ("live",), "sunlit.foundation.live.asgi", count=lambda: int(environment.get("LIVE_PROCESSES"))),
    Process("worker", ("worker",), "sunlit.foundation.outbox.queue"),
    Process("sealer", ("sealer",), "sunlit.foundation.ledger.sealer"),
    Process("indexer", ("indexer",), "sunlit.foundation.outbox.follow"),
)


@dataclass
class Child:
    """A running or waiting process: `start` makes a new one, `end` asks it to stop."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    end: signal.Signals = signal.SIGTERM
    running: "subprocess.Popen[bytes] | None" = None
    since: float = 0.0
    deaths: int = 0
    again_at: float = 0.0

    def launch(self) -> None:
        self.running = self.start()
        self.since = time.monotonic()

    def died(self, code: int) -> None:
        """Clear away what a killed process left of its own children, and plan the next start."""
        if self.running:
            _kill_group(self.running.pid)
        self.running = None
        self.deaths = 1 if time.monotonic() - self.since > STEADY_SECONDS else self.deaths + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.deaths - 1), LONGEST_PAUSE_SECONDS)
        self.again_at = time.monotonic() + pause
        log.warning("a process ended and is started again", name=self.name, ended=_in_words(code), pause_seconds=pause)


def _in_words(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


@dataclass
class Supervisor:
    """Looks after its children until it is told to stop or, before the house is open, one of them says that it cannot start at all.

    Once it is open nobody has changed a setting: what cannot start then (the database comes back from a crash) is tried again.
    """

    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    opened: bool = False
    code: int = 0

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def add(self, child: Child) -> None:
        self.children.append(child)
        if child.running is None:
            child.launch()

    def once(self, *arguments: str) -> None:
        """Run one command to its end before going on; it is stopped like all others."""
        step = start_command(arguments)
        while (code := step.poll()) is None:
            if self.stopping:
                _end(step, signal.SIGTERM, time.monotonic() + STOP_SECONDS)
                return
            self.tend()
        if code:
            self.stopping, self.code = True, code

    def tend(self) -> None:
        """One look at every child."""
        time.sleep(TICK_SECONDS)
        for child in self.children:
            if child.running is None:
                if time.monotonic() >= child.again_at and not self.stopping:
                    child.launch()
            elif (code := child.running.poll()) is not None and not self.stopping:
                if code == CANNOT_START and not self.opened:
                    self.stopping, self.code = True, code
                    return
                child.died(code)

    def watch(self) -> int:
        while not self.stopping:
            self.tend()
        return self.code

    def stop_all(self) -> None:
        """Everybody at once, then the database, which the others need to finish what they are doing."""
        self.stopping = True
        first = [child for child in self.children if child.end == signal.SIGTERM]
        for group in (first, [child for child in self.children if child not in first]):
            _stop_group(group)


def _stop_group(children: list[Child]) -> None:
    for child in children:
        if child.running and child.running.poll() is None:
            child.running.send_signal(child.end)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        if child.running:
            _end(child.running, None, deadline)
            _kill_group(child.running.pid)


def _end(process: "subprocess.Popen[bytes]", number: signal.Signals | None, deadline: float) -> None:
    if number:
        process.send_signal(number)
    try:
        process.wait(max(deadline - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        _kill_group(process.pid)
        process.wait()


def start_command(arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    """A `sunlit` command in a process group of its own, so that Ctrl-C reaches it through the supervisor only."""
    return subprocess.Popen(
        [sys.executable, "-m", "sunlit.cli", *arguments],
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=postgres.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - the supervisor has one thread
    )


# What is checked before anything is started, so that the first message is the right one.


def check_before_start() -> None:
    problems = environment.check()
    if problems:
        raise CannotStart(" ".join(problems))
    check_data_folder(environment.data_dir())


def check_ports() -> None:
    check_port(environment.get("PORT"), "SUNLIT_PORT")
    check_port(environment.live_port(), "SUNLIT_LIVE_PORT")
    if _pays_at_the_sandbox():
        check_port(environment.bank_port(), "SUNLIT_PORT")
    if _seals_at_the_sandbox():
        check_port(environment.keeper_port(), "SUNLIT_PORT")


def check_data_folder(folder: Path) -> None:
    """It can be written and has room."""
    try:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({error.strerror}). Change its owner, or choose another one: SUNLIT_DATA_DIR=/path make run."
        ) from None
    if (free := shutil.disk_usage(folder).free) < FREE_DISK:
        raise CannotStart(
            f"The disk of {folder} is nearly full: {free // 2**20} MB are free, {FREE_DISK // 2**20} MB are needed. "
            "Make room, or choose a folder on another disk with SUNLIT_DATA_DIR."
        )


def check_port(port: int, setting: str) -> None:
    address = str(environment.get("BIND"))
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        raise CannotStart(_port_problem(error, address, port, setting)) from None


def _port_problem(error: OSError, address: str, port: int, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by {_holder_of(port)}. Stop that program, or choose another port: {setting}={port + 10} make run."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this account. Choose one above 1023: {setting}=8000 make run."
    return f"This machine cannot listen on {address}:{port} ({error.strerror}). Check SUNLIT_BIND."


def _holder_of(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for entry in psutil.net_connections("tcp"):
            if entry.status == psutil.CONN_LISTEN and entry.laddr.port == port and entry.pid:
                return f"process {entry.pid} ({psutil.Process(entry.pid).name()})"
    return "another program"


# The whole house.


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    folder = environment.data_dir()
    with postgres.hold(folder / "run.lock") as mine:
        if not mine:
            raise CannotStart(
                f"Sunlit already runs with the data folder {folder}. Stop it first, or choose another folder with SUNLIT_DATA_DIR."
            )
        yield


@contextlib.contextmanager
def _database(supervisor: Supervisor) -> Iterator[None]:
    """The configured server, checked, or the embedded one as the supervisor's first child."""
    if url := str(environment.get("DATABASE_URL")):
        postgres.check_server(url)
        yield
        return
    cluster = postgres.embedded()
    with cluster.lock() as mine:
        if not mine:
            raise CannotStart(
                f"Another command is using the embedded PostgreSQL of {cluster.home}. Wait until it has ended, then start again."
            )
        running = cluster.start()
        supervisor.add(Child("postgres", cluster.popen, signal.SIGINT, running, time.monotonic()))
        postgres.use(cluster.url())
        try:
            yield
        finally:
            supervisor.stop_all()


def run(announce: Callable[[str], None]) -> int:
    """Everything of one machine, until Ctrl-C. Returns the exit code."""
    check_before_start()
    with _only_one():
        check_ports()
        return _run(announce)


def _run(announce: Callable[[str], None]) -> int:
    with Supervisor() as supervisor, _database(supervisor):
        supervisor.once("prepare")
        for row in PROCESSES:
            for _each in range(row.count()):
                if not supervisor.stopping and find_spec(row.module) and row.wanted():
                    supervisor.add(Child(row.name, lambda row=row: start_command(row.arguments)))  # type: ignore[misc]
        _wait_until_open(supervisor)
        supervisor.opened = True
        if not supervisor.stopping:
            announce(f"Sunlit is open: http://localhost:{environment.get('PORT')}  (Ctrl-C closes it)")
        code = supervisor.watch()
        announce("Sunlit is closing …")
        return code


def run_postgres(announce: Callable[[str], None]) -> int:
    """The embedded server alone."""
    if environment.get("DATABASE_URL"):
        raise CannotStart("DATABASE_URL is set, so that the embedded PostgreSQL is not used. Remove it to start the embedded one.")
    with Supervisor() as supervisor, _database(supervisor):
        announce(f"PostgreSQL is open: psql '{os.environ['DATABASE_URL']}'  (Ctrl-C closes it)")
        return supervisor.watch()


def _wait_until_open(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    address = (str(environment.get("BIND")), int(environment.get("PORT")))
    while not supervisor.stopping and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return
        supervisor.tend()
