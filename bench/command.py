"""`sunlit bench`: every measurement in one go, a JSON line each."""

from __future__ import annotations

import importlib
import json

import click

ALL = ("orders", "ledger", "search", "pages")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(ALL))
def bench(names: tuple[str, ...]) -> None:
    """Measure against the limits of the machine."""
    for name in names or ALL:
        click.echo(json.dumps(importlib.import_module(f"bench.{name}").main()))
