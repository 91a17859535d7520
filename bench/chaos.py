"""`sunlit chaos`: programs buy over HTTP while processes are killed with SIGKILL; afterwards everything must agree. Exit code 1 if anything does not."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx

from bench import agreeing, buying, killing, town
from bench.buying import Journal

OPEN_SECONDS = 120.0
DRAIN_SECONDS = 240.0
STALLED_SECONDS = 20  # a worker says every 10 seconds that it lives
SEED = 20260302


@dataclass
class House:
    """A fresh installation under its real supervisor, which may be killed and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))  # before this process looks for the database

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Start the supervisor, again while the remains of a killed one are in the way, until the pages answer."""
        deadline = time.monotonic() + OPEN_SECONDS
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                with self.log.open("ab") as log:
                    self.process = subprocess.Popen(
                        [sys.executable, "-m", "sunlit.cli", "run"], stdout=log, stderr=log, start_new_session=True, env=self.environment
                    )
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=2, trust_env=False).is_success:
                    return
            time.sleep(0.3)
        raise click.ClickException(f"The house did not open in {OPEN_SECONDS:.0f} s:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL for the supervisor itself; its children notice and go."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)


@click.command()
@click.option(
    "--purchases", default=2000, show_default=True, type=click.IntRange(1, 1_000_000), help="How many purchases are carried through."
)
@click.option("--clients", default=8, show_default=True, type=click.IntRange(1, 64), help="How many programs buy at the same time.")
@click.option("--seed", default=SEED, show_default=True, help="Who is killed when, and who buys what.")
@click.option("--calm", is_flag=True, help="Kill nobody: how it goes on a quiet day.")
@click.option("--keep", is_flag=True, help="Keep the installation's folder, to look at it.")
@click.pass_context
def chaos(ctx: click.Context, purchases: int, clients: int, seed: int, calm: bool, keep: bool) -> None:
    """Buy while processes are killed, then count what is left."""
    folder = Path(tempfile.mkdtemp(prefix="sunlit-chaos-"))
    folder.chmod(0o711)
    house = House(folder, settings(folder))
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # whoever ends this ends the installation as well
    try:
        click.echo("Opening a fresh installation …")
        house.open()
        market = found_market()
        told = storm(house, market, purchases, clients, seed, calm=calm)
        click.echo("The storm is over. Waiting until everything is done …")
        told["drained_seconds"] = drain(house)
        disagreements = agreeing.differences(market, told.pop("journal"), folder / "data" / "sandbox" / "bank.sqlite3")
        code, words = agreeing.verified()
        disagreements["findings of sunlit verify --database"] = 0 if code == 0 else 1
        told["seconds"] = round(time.monotonic() - began, 1)
        report(told, disagreements, words)
        ctx.exit(1 if any(disagreements.values()) else 0)
    finally:
        house.close()
        if keep:
            click.echo(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def settings(folder: Path) -> int:
    """Point this process and all it starts at the fresh installation. Returns its port; the next four are free as well."""
    port = free_ports()
    for name in ("DATABASE_URL", "SUNLIT_BANK_URL", "SUNLIT_KEEPER_URLS", "SUNLIT_LIVE_PORT", "SUNLIT_FILES_URL", "SUNLIT_SMTP_URL"):
        os.environ.pop(name, None)
    os.environ |= {"SUNLIT_DATA_DIR": str(folder / "data"), "SUNLIT_PORT": str(port), "SUNLIT_DEMO": "0", "SUNLIT_LOG_LEVEL": "warning"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "sunlit.config.settings"
    return port


def free_ports() -> int:
    """The first of five neighbouring ports that nobody uses."""
    for port in range(18_000, 28_000, 10):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for offset in range(5):
                probe = stack.enter_context(socket.socket())
                probe.bind(("127.0.0.1", port + offset))
            return port
    raise click.ClickException("No five neighbouring ports are free between 18000 and 28000.")


def found_market() -> town.Market:
    """Fill the market through this process's own connection to the installation's database."""
    import django

    from sunlit.config import postgres
    from sunlit.foundation.kernel import clock

    postgres.use(postgres.embedded().url())
    django.setup()
    return town.found(clock.now())


def storm(house: House, market: town.Market, purchases: int, clients: int, seed: int, *, calm: bool) -> dict[str, Any]:
    """All purchases, while the killer is about."""
    from sunlit.config import postgres

    cluster = postgres.embedded()
    journal = Journal(house.folder / "journal.jsonl")
    killer = killing.Killer(supervisor=lambda: house.process.pid if house.process else 0, postmaster=cluster.running, seed=seed)
    numbers = Numbers(purchases)
    programs = [
        threading.Thread(target=buying.buy, args=(house.url, market, journal, numbers, seed + n), daemon=True) for n in range(clients)
    ]
    began = time.monotonic()
    if not calm:
        killer.start()
    for program in programs:
        program.start()
    watch(house, killer, journal, programs, purchases)
    killer.stop()
    seconds = time.monotonic() - began
    house.open()  # whatever was killed last stands up again
    return {
        "journal": journal,
        "purchases": journal.purchases,
        "acknowledged_acts": len(journal.acts),
        "acts_per_second": round(len(journal.acts) / seconds, 1),
        "repeated_calls": dict(sorted(journal.repeated.items())),
        "kills": dict(sorted(killer.kills.items())),
        "troubles": journal.troubles[:5],
    }


def watch(house: House, killer: killing.Killer, journal: Journal, programs: list[threading.Thread], purchases: int) -> None:
    """Show the progress; in the middle the supervisor itself is killed, and started again."""
    supervisor_lives = killer.is_alive()
    with click.progressbar(length=purchases, label="Purchases", file=sys.stderr) as bar:
        while any(program.is_alive() for program in programs):
            time.sleep(0.25)
            bar.update(journal.purchases - bar.pos)
            if supervisor_lives and journal.purchases * 2 >= purchases:
                supervisor_lives = False
                house.kill()
                killer.kills["supervisor"] += 1
            if house.process is not None and house.process.poll() is not None:
                house.open()


@dataclass
class Numbers:
    """Numbers for several threads to draw from."""

    most: int
    drawn: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __iter__(self) -> Iterator[int]:
        while (number := self._next()) is not None:
            yield number

    def _next(self) -> int | None:
        with self.lock:
            if self.drawn == self.most:
                return None
            self.drawn += 1
            return self.drawn - 1


def drain(house: House) -> float:
    """Until no job is left, every payment is settled and every act is sealed. What a clock would do within minutes is done at once."""
    from django.db import connection

    from sunlit.domain.contracts import services as contracts
    from sunlit.foundation.gateways.bank import the_bank
    from sunlit.foundation.kernel import clock

    connection.close()
    began = time.monotonic()
    for turn in itertools.count():
        with contextlib.suppress(Exception):
            contracts.settle_due(bank=the_bank(), at=clock.now())
            if turn % 10 == 9:
                take_back_stalled()
        open_ends = unfinished()
        if not any(open_ends.values()):
            break
        if time.monotonic() - began > DRAIN_SECONDS:
            click.echo(f"Not everything was done within {DRAIN_SECONDS:.0f} s: {open_ends}")
            break
        time.sleep(1.0)
    return round(time.monotonic() - began, 1)


def unfinished() -> dict[str, int]:
    """What still waits: jobs, payments, acts to seal."""
    from django.db import OperationalError, connection

    counts = {
        "jobs": "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'events'",
        "payments": "SELECT count(*) FROM contracts_payment WHERE state IN ('ordered', 'sent')",
        "unsealed": "SELECT (SELECT count(*) FROM ledger_entry) - (SELECT count(*) FROM ledger_leaf)",
    }
    try:
        with connection.cursor() as cursor:
            found = {}
            for name, statement in counts.items():
                cursor.execute(statement)
                found[name] = int(cursor.fetchone()[0])
            return found
    except OperationalError:
        connection.close()
        return {"database": 1}


def take_back_stalled() -> None:
    """What the queue's own clock does once a minute for jobs whose worker is dead."""
    from procrastinate.contrib.django import app

    with app.open():
        for job in app.job_manager.get_stalled_jobs_sync(seconds_since_heartbeat=STALLED_SECONDS):  # type: ignore[attr-defined]
            app.job_manager.retry_job_by_id(job.id, retry_at=None)  # type: ignore[arg-type]


def report(told: dict[str, Any], disagreements: dict[str, int], words: str) -> None:
    """The counts for people, and one JSON line for programs."""
    click.echo("")
    for name in ("purchases", "acknowledged_acts", "acts_per_second", "drained_seconds", "seconds"):
        click.echo(f"{name.replace('_', ' '):>48}  {told[name]}")
    click.echo(f"{'kills':>48}  " + ", ".join(f"{duty} {count}" for duty, count in told["kills"].items()))
    click.echo(f"{'repeated calls':>48}  " + ", ".join(f"{why} {count}" for why, count in told["repeated_calls"].items()))
    for name, count in disagreements.items():
        click.echo(f"{name:>48}  {count}" + ("   <-- DISAGREES" if count else ""))
    for trouble in told["troubles"]:
        click.echo(f"    {trouble}")
    click.echo("\n" + words)
    click.echo(
        json.dumps(
            {"bench": "chaos", **told, "disagreements": disagreements, "agrees": not any(disagreements.values())}, ensure_ascii=False
        )
    )
