"""The supervisor: starts again whoever dies, stops all, and says what keeps the house from opening."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sunlit.config import processes
from sunlit.config.environment import CannotStart
from sunlit.config.processes import Child, Supervisor

LASTING = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
FAMILY = (
    "import signal, subprocess, sys; "
    f"print(subprocess.Popen([sys.executable, '-c', {LASTING!r}], stdout=subprocess.DEVNULL).pid, flush=True); signal.pause()"
)


def _start(code: str) -> Callable[[], "subprocess.Popen[bytes]"]:
    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)

    return start


def _first_word(child: Child) -> str:
    assert child.running is not None
    assert child.running.stdout is not None
    return child.running.stdout.readline().decode().strip()


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(processes, "STOP_SECONDS", 1)
    monkeypatch.setattr(processes, "FIRST_PAUSE_SECONDS", 0)
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with Supervisor() as made:
        yield made
    for child in made.children:
        if child.running and child.running.stdout:
            child.running.stdout.close()
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_whoever_is_killed_is_started_again_with_its_family_gone(supervisor: Supervisor) -> None:
    child = Child("family", _start(FAMILY))
    supervisor.add(child)
    offspring = psutil.Process(int(_first_word(child)))
    first = child.running
    assert first is not None
    first.kill()
    first.wait()
    while child.running in {None, first}:
        supervisor.tend()
    assert child.deaths == 1
    psutil.wait_procs([offspring], timeout=5)
    assert not offspring.is_running() or offspring.status() == psutil.STATUS_ZOMBIE
    first.stdout.close()  # type: ignore[union-attr]


def test_pauses_grow_and_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sunlit.config.processes.time.monotonic", lambda: 100.0)
    child = Child("flicker", _start(""), since=99.0)
    pauses = []
    for _ in range(8):
        child.died(1)
        pauses.append(child.again_at - 100.0)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.since = 0.0
    child.died(1)
    assert child.again_at == 100.5


def test_all_are_stopped_and_the_stubborn_are_killed(supervisor: Supervisor) -> None:
    lasting, stubborn = Child("lasting", _start(LASTING)), Child("stubborn", _start(STUBBORN))
    for child in (lasting, stubborn):
        supervisor.add(child)
        assert _first_word(child) == "up"
    supervisor.stop_all()
    assert [child.running.returncode for child in (lasting, stubborn) if child.running] == [0, -signal.SIGKILL]


def test_one_that_cannot_start_ends_the_watch(supervisor: Supervisor) -> None:
    supervisor.add(Child("misled", _start(f"exit({processes.CANNOT_START})")))
    assert supervisor.watch() == processes.CANNOT_START


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_once_the_house_is_open_what_cannot_start_is_tried_again(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LONGEST_PAUSE_SECONDS", 0)
    supervisor.opened = True
    child = Child("awaits the database", _start(f"exit({processes.CANNOT_START})"))
    supervisor.add(child)
    while child.deaths < 2:
        supervisor.tend()
    assert not supervisor.stopping


def test_a_taken_port_is_named_with_its_holder_and_a_way_out() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(CannotStart) as refusal:
            processes.check_port(port, "SUNLIT_PORT")
    assert str(refusal.value).startswith(f"Port {port} is taken by process ")
    assert f"SUNLIT_PORT={port + 10} make run" in str(refusal.value)


def test_a_data_folder_that_cannot_be_written_or_is_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"file cannot be written .* SUNLIT_DATA_DIR=/path make run"):
        processes.check_data_folder(tmp_path / "file")
    monkeypatch.setattr(processes, "FREE_DISK", 1 << 60)
    with pytest.raises(CannotStart, match="is nearly full"):
        processes.check_data_folder(tmp_path)
