"""`sunlit import categories FILE`: the procurement catalogue from a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from sunlit.domain.catalog import services
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused

COLUMNS = {"code", "name", "parent_code"}
SHOWN = 20


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def categories(file: Path) -> None:
    """Load categories (columns code, name, parent_code). Doing it again changes nothing; templates and English names stay."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        if missing := COLUMNS - set(table.fieldnames or ()):
            raise click.ClickException(f"{file.name} lacks the columns {', '.join(sorted(missing))}.")
        rows = list(table)
    try:
        loaded = services.load_categories(rows, by=CLOCK, at=clock.now())
    except Refused as refused:
        told = "\n".join(f"{problem.code} {problem.message}" for problem in refused.problems[:SHOWN])
        raise click.ClickException(f"{len(refused.problems)} problems; nothing was changed.\n{told}") from None
    click.echo(f"{len(rows)} categories: {loaded.new} new, {loaded.changed} changed, {loaded.unchanged} as before.")
