"""`sunlit verify` as a command of the platform; all of it is in `verify`, which also runs without the platform."""

from __future__ import annotations

import click

from sunlit.foundation.ledger.verify import main


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def verify(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Check the published ledger, one proof, or our database."""
    ctx.exit(main(words))
