"""Who is killed next: SIGKILL for any process of the house, again and again, with time to stand up between."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil

PAUSE_SECONDS = (3.0, 6.0)
# How long each has lived at least when it is killed: long enough to have come up and worked. The supervisor lets a process that dies again
# within 30 s wait longer each time; a dead session makes the server end all others and recover.
LIVED_SECONDS = {
    "web worker": 10.0,
    "database session": 15.0,
    "postgres": 31.0,
    "web": 31.0,
    "live": 31.0,
    "worker": 31.0,
    "sealer": 31.0,
    "indexer": 31.0,
    "bank": 31.0,
    "keepers": 31.0,
}


def processes_of(supervisor: int, postmaster: Callable[[], psutil.Process | None]) -> Iterator[tuple[str, psutil.Process]]:
    """Every process that may be killed, by its duty."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(supervisor).children():
            with contextlib.suppress(psutil.Error, IndexError):
                words = child.cmdline()
                duty = words[words.index("sunlit.cli") + 1] if "sunlit.cli" in words else ""
                if duty in LIVED_SECONDS:
                    yield duty, child
                if duty == "web":
                    yield from (("web worker", it) for it in child.children() if "sunlit.cli" in it.cmdline())
    if server := postmaster():
        yield "postgres", server
        with contextlib.suppress(psutil.Error):
            for session in server.children():
                with contextlib.suppress(psutil.Error, IndexError):
                    if session.cmdline()[0].startswith("postgres: sunlit"):
                        yield "database session", session


@dataclass
class Killer(threading.Thread):
    """Kills until told to stop; `supervisor` gives its process id, which may change."""

    supervisor: Callable[[], int]
    postmaster: Callable[[], psutil.Process | None]
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.chance = random.Random(self.seed)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.done.wait(self.chance.uniform(*PAUSE_SECONDS)):
            self.kill_one()

    def kill_one(self) -> None:
        """One of the duties that have lived long enough, each as likely as the other."""
        found: dict[str, list[psutil.Process]] = {}
        for duty, process in processes_of(self.supervisor(), self.postmaster):
            with contextlib.suppress(psutil.Error):
                if time.time() - process.create_time() >= LIVED_SECONDS[duty]:
                    found.setdefault(duty, []).append(process)
        if not found:
            return
        duty = self.chance.choice(sorted(found))
        victim = self.chance.choice(sorted(found[duty], key=lambda process: process.pid))
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
            self.kills[duty] += 1

    def stop(self) -> None:
        self.done.set()
        if self.is_alive():
            self.join()
