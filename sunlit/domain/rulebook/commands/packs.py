"""`sunlit import rules`: the shipped data pack into the rulebook."""

from __future__ import annotations

import click

from sunlit.domain.rulebook import services
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel import clock


@click.command()
def rules() -> None:
    """Load the rules and working calendars that came with this release. Doing it again changes nothing."""
    loaded = services.load_pack(by=CLOCK, at=clock.now())
    click.echo(
        f"Rule pack {loaded.version}: {loaded.opened} versions opened, {loaded.closed} closed, {loaded.kept} kept as regulators set them, "
        f"{loaded.days} days changed; {loaded.left_out} rows belong to regions that are not in this net."
    )
