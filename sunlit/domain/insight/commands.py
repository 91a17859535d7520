"""`sunlit simulate KEY VALUE`: what a change of a rule would have done to past purchases."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from sunlit.domain.insight import services
from sunlit.domain.insight.models import Trial
from sunlit.domain.insight.rules.trials import MONTHS, OUTCOMES
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Seat
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused


@click.command()
@click.argument("key")
@click.argument("value")
@click.option("--kind", default="", help="Kind of object, where the rule has kinds: goods, services …")
@click.option("--region", default="", help="Code of the region whose own version it would be. Empty: everywhere.")
@click.option("--months", default=MONTHS, show_default=True, help="How many months of purchases are replayed.")
@click.option("--by", "login", default="", help="Login of the regulator or operator who asks. Empty: the first operator.")
def simulate(key: str, value: str, kind: str, region: str, months: int, login: str) -> None:
    """Replay past purchases under a new VALUE of the rule KEY and show what would have changed. Changes nothing but for keeping the result."""
    console = Console()
    try:
        with console.status("Judging past purchases before and after …"):
            it = services.simulate(key=key, value=value, kind=kind, region=region, months=months, by=_actor(login), at=clock.now())
    except Refused as refused:
        raise click.ClickException("\n".join(f"{problem.code}  {problem.message}" for problem in refused.problems)) from None
    _show(console, it)


def _show(console: Console, it: Trial) -> None:
    told = it.figures
    table = Table("Outcome", "Before", "¥", "After", "¥", title=f"{it.number}: {it.key} {it.value}, {it.since} to {it.until}")
    for name, label in OUTCOMES.items():
        before, after = told["before"].get(name, [0, "0.00"]), told["after"].get(name, [0, "0.00"])
        if before[0] or after[0]:
            table.add_row(str(label), f"{before[0]:,}", before[1], f"{after[0]:,}", after[1])
    console.print(table)
    click.echo(json.dumps({"purchases": it.purchases, "moves": told["moves"], "digest": it.digest, "seconds": float(it.seconds or 0)}))


def _actor(login: str) -> Actor:
    seats = Seat.objects.select_related("user", "organisation__region").filter(active=True, user__is_active=True, organisation__active=True)
    found = seats.filter(user__login=login) if login else seats.filter(organisation__kind="operator", roles__contains=["operator"])
    seat = found.filter(organisation__kind__in=["operator", "regulator"]).order_by("pk").first()
    if seat is None:
        raise click.ClickException("There is no such operator or regulator. Name one with --by LOGIN.")
    return actor_in(seat)
