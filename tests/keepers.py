"""Three sandbox keepers over real HTTP, each on its own port with its own book and its own clock; any of them can be shut."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import pytest

from sunlit.config import keys
from sunlit.foundation.gateways.sandbox.keeper_server import House, SandboxKeepers, server

NAMES = ("notary", "court", "archive")


@dataclass
class Keepers:
    """The houses by name. `clock` is the instant that each of them sees, until it is given another."""

    folder: Path
    now: datetime
    clock: dict[str, datetime] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, tuple[WSGIServer, threading.Thread]] = field(default_factory=dict)

    def open(self, name: str) -> None:
        house = House(self.folder / f"{name}.sqlite3", keys.keeper_key(name), now=lambda: self.clock.get(name, self.now))
        listening = server(SandboxKeepers({name: house}), port=self.ports.get(name, 0))
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.ports[name], self.running[name] = listening.server_port, (listening, thread)

    def shut(self, *names: str) -> None:
        for name in names:
            listening, thread = self.running.pop(name)
            listening.shutdown()
            thread.join()
            listening.server_close()

    def urls(self) -> str:
        return " ".join(f"{name}=http://127.0.0.1:{port}/{name}" for name, port in self.ports.items())


@contextmanager
def on_duty(folder: Path, now: datetime) -> Iterator[Keepers]:
    """Three of them, named in the settings while the block lasts."""
    keepers = Keepers(folder, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUNLIT_DATA_DIR", str(folder))
        for name in NAMES:
            keepers.open(name)
        patch.setenv("SUNLIT_KEEPER_URLS", keepers.urls())
        yield keepers
    keepers.shut(*list(keepers.running))
