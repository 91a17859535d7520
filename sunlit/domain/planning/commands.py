"""`sunlit import quotas FILE`: the budget quotas of a year from the finance system's table; `sunlit check-budgets`: are its figures still true?"""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from sunlit.domain.planning import queries, services
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Seat
from sunlit.foundation.files import rules as files
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused

PROBLEMS_SHOWN = 50
DIFFERENCES_SHOWN = 1_000


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", "login", default="", help="Login of the operator or regulator who brings the file in. Empty: the first operator.")
def quotas(file: Path, login: str) -> None:
    """Set budget quotas from a CSV or XLSX FILE with the columns number, buyer, year, name, economic_category, total: all rows or none."""
    actor, console = _actor(login), Console()
    data = file.read_bytes()
    try:
        with console.status("Reading and setting the quotas …"):
            counts = services.import_quotas(services.rows_in(data, files.type_of(data)), by=actor, at=clock.now())
    except Refused as refused:
        for problem in refused.problems[:PROBLEMS_SHOWN]:
            click.echo(f"{problem.code}  {problem.message}", err=True)
        raise click.ClickException(f"{len(refused.problems)} problems; nothing was changed.") from None
    click.echo(f"{counts['new']} quotas are new, {counts['changed']} changed, {counts['unchanged']} stay as they were.")


@click.command()
def check_budgets() -> None:
    """Count every budget quota anew from its holds, and tell what differs: held, committed and spent, as stored and as counted."""
    found = queries.differences(DIFFERENCES_SHOWN)
    for it in found:
        click.echo(f"{it.number}  stored {' / '.join(map(str, it.stored))}  counted {' / '.join(map(str, it.counted))}", err=True)
    if found:
        raise click.ClickException(f"{len(found)} quotas differ from their holds.")
    click.echo("Every quota's figures are the sums of its holds.")


def _actor(login: str) -> Actor:
    seats = Seat.objects.select_related("user", "organisation__region").filter(active=True, user__is_active=True, organisation__active=True)
    found = seats.filter(user__login=login) if login else seats.filter(organisation__kind="operator", roles__contains=["operator"])
    seat = found.filter(organisation__kind__in=["operator", "regulator"]).order_by("pk").first()
    if seat is None:
        raise click.ClickException("There is no such operator or regulator. Name one with --by LOGIN.")
    return actor_in(seat)
