"""Building the region: stage after stage, each all or nothing, each done once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime

from django.db import transaction

from sunlit.demo.bazhou import finishing, goods, offers, orders, region, stages
from sunlit.demo.bazhou.sizes import Size
from sunlit.demo.bazhou.stages import Plan
from sunlit.demo.write import Progress

STAGES: Mapping[str, str] = {
    "organisations": "Organisations and people",
    "goods": "Products and reference prices",
    "offers": "Offers and price histories",
    "orders": "Two years of purchases",
    "ledger": "Sealing the acts",
    "statistics": "Statistics of the tables",
    "index": "Search index",
}
"""Every stage in its order, and what people read beside its bar."""
Work = Callable[[], None]


def build(at: datetime, progress: Progress, *, seed: int, fraction: float = 1.0) -> Plan:
    """Build the region, or go on with it where a stage ended; returns the plan it follows: that of its beginning. Raises CannotBuild."""
    with stages.alone():
        plan = stages.begun(Plan(seed, fraction, at.replace(microsecond=0)))
        write(plan, progress)
        endings: Mapping[str, Work] = {
            "ledger": lambda: finishing.seal(progress, at=at),
            "statistics": lambda: finishing.settle(progress),
            "index": lambda: finishing.build_index(progress, at=at),
        }
        _once(endings)
    return plan


def write(plan: Plan, progress: Progress) -> None:
    """The rows of the plan, with the acts that brought them: each stage in one transaction."""
    size = Size.of(plan.fraction)
    _once({"organisations": lambda: region.write_region(plan, size, progress)}, whole=True)
    ground = region.ground(plan, size)
    works: Mapping[str, Work] = {
        "goods": lambda: goods.write_goods(ground, progress),
        "offers": lambda: offers.write_offers(ground, progress),
        "orders": lambda: orders.write_orders(ground, progress),
    }
    _once(works, whole=True)


def _once(works: Mapping[str, Work], *, whole: bool = False) -> None:
    """Do what was not done yet, and record it; `whole`: in one transaction with its record."""
    ready = stages.done()
    for name, work in works.items():
        if name not in ready:
            start = time.monotonic()
            with transaction.atomic() if whole else nullcontext():
                work()
                stages.close(name, time.monotonic() - start)
