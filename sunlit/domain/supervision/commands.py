"""`sunlit supervise sweep`: look at every offer now. `sunlit supervise evaluate`: how well sown faults are found, beside two plain methods."""

from __future__ import annotations

import json
import resource
from time import monotonic

import click
from django.db import ProgrammingError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sunlit.domain.supervision import services
from sunlit.foundation.kernel import clock

METHODS = {"score": "score of this platform", "band": "fixed band of 20 %", "tukey": "Tukey's fences (IQR)"}


@click.group()
def supervise() -> None:
    """Look at what is on sale, and measure how well faults are found."""


@supervise.command()
def sweep() -> None:
    """Look at every offer now, as is done every night; open and close cases, tell the suppliers."""
    began = monotonic()
    with _bar("Looking at every offer") as (bar, task):
        run = services.sweep(at=clock.now(), progress=lambda done, total: bar.update(task, completed=done, total=total))
    told = {
        "offers": run.offers,
        "found": run.found,
        "opened": run.opened,
        "corrected": run.corrected,
        "not_computable": run.not_computable,
    }
    click.echo(json.dumps(told | {"seconds": round(monotonic() - began, 1), "mib": _mebibytes()}))


@supervise.command()
@click.option("--truth", default="demo.truth", show_default=True, help="Table of the faults that were sown: offer_id, fault.")
def evaluate(truth: str) -> None:
    """Judge every offer and hold the result against the truth table; opens no case."""
    began = monotonic()
    try:
        with _bar("Judging every offer") as (bar, task):
            told = services.evaluate(
                at=clock.now(), truth=truth, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
    except ProgrammingError:
        raise click.ClickException(f"There is no table {truth}: `sunlit demo --scale bazhou` makes one.") from None
    _show(told)
    click.echo(json.dumps(told | {"seconds": round(monotonic() - began, 1), "mib": _mebibytes()}))


def _show(told: dict[str, dict[str, dict[str, float]]]) -> None:
    methods = Table(
        "Method", "AP overpriced", "AP price faults", "AP all faults", "Flagged", "Precision", "Recall", title="Average precision"
    )
    for name, row in told["methods"].items():
        shown = (f"{row[key]:.3f}" for key in ("ap_overpriced", "ap_price_faults", "ap_all_faults"))
        methods.add_row(METHODS[name], *shown, f"{row['flagged']:,}", f"{row['precision']:.3f}", f"{row['recall']:.3f}")
    faults = Table("Fault", "Sown", "Found", "Recall", title="Faults that were sown")
    for name, row in told["faults"].items():
        faults.add_row(name, f"{row['sown']:,}", f"{row['found']:,}", f"{row['recall']:.3f}")
    classes = Table("Class", "Found", "Right", "Precision", title="Classes that are watched")
    for name, row in told["classes"].items():
        classes.add_row(name, f"{row['found']:,}", f"{row['right']:,}", f"{row['precision']:.3f}")
    console = Console()
    for table in (methods, faults, classes):
        console.print(table)


class _bar:  # noqa: N801 (reads as a verb where it is used)
    """A progress bar with its one task."""

    def __init__(self, label: str) -> None:
        self.bar = Progress(TextColumn(label), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True))

    def __enter__(self) -> tuple[Progress, TaskID]:
        self.bar.start()
        return self.bar, self.bar.add_task("", total=None)

    def __exit__(self, *_trouble: object) -> None:
        self.bar.stop()


def _mebibytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
