"""`sunlit demo`: fill an empty database with the demonstration region, small or at the size of a prefecture, with a progress bar a stage."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from sunlit.demo.write import Progress

STAGES = {
    "organisations": "Organisations and people",
    "goods": "Products and reference prices",
    "offers": "Offers and price histories",
    "orders": "A year of purchases",
}
BAZHOU = "bazhou"
SCALE_MOST, ORDERS_MOST = 200, 200_000
FRACTION_LEAST = 0.001


class Scale(click.ParamType[str | int, Any]):
    """How many times the small region, or the name of the large one."""

    name = f"1-{SCALE_MOST}|{BAZHOU}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        return BAZHOU if value == BAZHOU else int(click.IntRange(1, SCALE_MOST).convert(value, param, ctx))


@click.command(help="Fill the database with the demonstration region.")
@click.option("--if-empty", is_flag=True, help="Do nothing where organisations were set up already.")
@click.option(
    "--scale",
    type=Scale(),
    default=1,
    show_default=True,
    help=f"Multiply buyers, suppliers, goods and orders; or {BAZHOU}: a whole prefecture with 2.19 million offers, which may be interrupted and gone on with.",
)
@click.option("--orders", type=click.IntRange(0, ORDERS_MOST), help="How many orders, instead of 600 times the scale.")
@click.option("--fraction", type=click.FloatRange(FRACTION_LEAST, 1), help=f"With --scale {BAZHOU}: only so much of everything, as 0.01.")
@click.option("--seed", type=int, help="Another seed gives another region.")
def demo(if_empty: bool, scale: str | int, orders: int | None, fraction: float | None, seed: int | None) -> None:
    if scale == BAZHOU:
        if orders is not None:
            raise click.UsageError(f"--orders goes with a small region; --scale {BAZHOU} takes --fraction.")
        _prefecture(if_empty, 1.0 if fraction is None else fraction, seed)
        return
    if fraction is not None:
        raise click.UsageError(f"--fraction goes with --scale {BAZHOU}.")
    _small(if_empty, int(scale), orders, seed)


def _small(if_empty: bool, scale: int, orders: int | None, seed: int | None) -> None:
    from sunlit.demo import world
    from sunlit.demo.write import is_empty, write
    from sunlit.foundation.kernel import clock

    if not is_empty():
        if if_empty:
            return
        raise click.ClickException("The database already has organisations: the demonstration goes only into an empty one.")
    begun, console = time.monotonic(), Console()
    console.print("Preparing the demonstration region …")
    made = world.build(clock.now(), seed=world.SEED if seed is None else seed, scale=scale, orders=orders)
    with _bars(console, STAGES) as tick:
        write(made, tick)
    console.print(f"  {len(made.offers):,} offers and {len(made.orders):,} orders are ready after {time.monotonic() - begun:.0f} s.")


def _prefecture(if_empty: bool, fraction: float, seed: int | None) -> None:
    from sunlit.demo import world
    from sunlit.demo.bazhou import build, stages
    from sunlit.demo.bazhou.sizes import Size
    from sunlit.demo.write import is_empty
    from sunlit.foundation.kernel import clock

    if if_empty and not is_empty() and not stages.is_begun():
        return
    begun, console, size = time.monotonic(), Console(), Size.of(fraction)
    try:
        with _bars(console, build.STAGES) as tick:
            build.build(clock.now(), tick, seed=world.SEED if seed is None else seed, fraction=fraction)
    except stages.CannotBuild as error:
        raise click.ClickException(str(error)) from None
    console.print(f"  {size.offers:,} offers and {size.orders:,} orders are ready after {time.monotonic() - begun:.0f} s.")


@contextmanager
def _bars(console: Console, stages: Mapping[str, str]) -> Iterator[Progress]:
    """A bar a stage; where the total is not known yet (0), it runs to and fro."""
    bars = Bars(TextColumn("  {task.description}", justify="left"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)
    tasks: dict[str, TaskID] = {}

    def tick(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stages[stage], total=total or None)
        bars.update(tasks[stage], completed=done, total=total or None)

    with bars:
        yield tick
