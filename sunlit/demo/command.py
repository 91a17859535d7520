"""`sunlit demo`: fill an empty database with the demonstration region, with a progress bar a stage."""

from __future__ import annotations

import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

STAGES = {
    "organisations": "Organisations and people",
    "goods": "Products and reference prices",
    "offers": "Offers and price histories",
    "orders": "A year of purchases",
}
SCALE_MOST, ORDERS_MOST = 200, 200_000


@click.command(help="Fill the database with the demonstration region.")
@click.option("--if-empty", is_flag=True, help="Do nothing where organisations were set up already.")
@click.option(
    "--scale", type=click.IntRange(1, SCALE_MOST), default=1, show_default=True, help="Multiply buyers, suppliers, goods and orders."
)
@click.option("--orders", type=click.IntRange(0, ORDERS_MOST), help="How many orders, instead of 600 times the scale.")
@click.option("--seed", type=int, help="Another seed gives another region.")
def demo(if_empty: bool, scale: int, orders: int | None, seed: int | None) -> None:
    from sunlit.demo import world
    from sunlit.demo.write import is_empty, write
    from sunlit.foundation.kernel import clock

    if not is_empty():
        if if_empty:
            return
        raise click.ClickException("The database already has organisations: the demonstration goes only into an empty one.")
    begun = time.monotonic()
    console = Console()
    console.print("Preparing the demonstration region …")
    made = world.build(clock.now(), seed=world.SEED if seed is None else seed, scale=scale, orders=orders)
    bars = Progress(
        TextColumn("  {task.description}", justify="left"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    tasks: dict[str, TaskID] = {}

    def tick(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(STAGES[stage], total=total)
        bars.update(tasks[stage], completed=done)

    with bars:
        write(made, tick)
    console.print(f"  {len(made.offers):,} offers and {len(made.orders):,} orders are ready after {time.monotonic() - begun:.0f} s.")
