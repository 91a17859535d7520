"""`sunlit bench`: every measurement in one go, a JSON line each."""

from __future__ import annotations

import subprocess
import sys

import click

ALL = ("orders", "ledger", "search", "pages", "visibility", "simulation")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(ALL))
def bench(names: tuple[str, ...]) -> None:
    """Measure against the limits of the machine, each in a process and with a database server of its own."""
    failed = [name for name in names or ALL if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode]
    if failed:
        raise click.ClickException(f"Not measured: {', '.join(failed)}.")
