"""`sunlit replay auction NUMBER`: the result of a reverse auction worked out anew from the ledger alone."""

from __future__ import annotations

import sys

import click

from sunlit.domain.market.rules.auction_results import Act, Contradiction
from sunlit.domain.market.rules.auction_results import replay as replayed
from sunlit.foundation.ledger import queries as ledger


@click.group()
def replay() -> None:
    """Work results out anew from the ledger alone."""


@replay.command()
@click.argument("number")
def auction(number: str) -> None:
    """Recompute admissions, bids, extensions and winners of an auction; byte for byte what was published at its end."""
    acts = [Act(it.act.partition(".")[2], it.at, it.facts) for it in ledger.acts_on(f"auction/{number}")]
    if not acts:
        raise click.ClickException(f"The ledger knows no auction {number}.")
    try:
        sys.stdout.write(replayed(number, acts))
    except Contradiction as wrong:
        raise click.ClickException(f"The acts do not lead to a result: {wrong}.") from None
