"""What is asked of purchases under framework agreements: lists, one with its bids, who is a party, whose turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sunlit.domain.market import policies
from sunlit.domain.market.models import CallOff, CallOffBid, Framework, FrameworkEntry, Package
from sunlit.domain.market.rules import calloffs as rules
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Ruling
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS


@dataclass(frozen=True)
class CallOffPage:
    """A page of call-offs, newest first; `after` is the key to ask the next page with, or None."""

    calloffs: list[CallOff]
    after: int | None


def calloff(number: str, *, seen_by: Actor) -> CallOff | None:
    found = policies.calloffs_visible_to(seen_by).select_related(
        "package__framework__solicitor",
        "package__category",
        "buyer__region",
        "entry__supplier",
        "dealer__dealer",
        "outside_supplier",
        "quota",
        "proof",
    )
    return found.filter(number=number).first()


def calloffs_page(*, seen_by: Actor, framework: Framework | None = None, after: int | None = None, rows: int = PAGE_ROWS) -> CallOffPage:
    """What was bought, or is being bought, as far as the actor may see it."""
    found = policies.calloffs_visible_to(seen_by).select_related("package__framework", "buyer", "entry__supplier", "outside_supplier")
    if framework is not None:
        found = found.filter(package__framework=framework)
    if after is not None:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return CallOffPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def bids_of(it: CallOff, *, seen_by: Actor) -> list[CallOffBid]:
    """The bids that the reader may see: everybody's once the time is over, until then only the own."""
    return list(
        policies.bids_visible_to(seen_by)
        .filter(calloff=it)
        .select_related("entry__supplier", "dealer__dealer")
        .order_by("price", "at", "pk")
    )


def parties_of(package: Package) -> list[FrameworkEntry]:
    """Who can be bought from under a package now: signed, and in good standing, by rank."""
    found = list(package.entries.filter(state="signed").select_related("supplier").order_by("rank", "pk"))
    standings = registry.standings(entry.supplier_id for entry in found)
    return [entry for entry in found if standings.get(entry.supplier_id) == "active"]


def turn_of(package: Package, parties: Sequence[FrameworkEntry], passed: Sequence[int] = ()) -> FrameworkEntry | None:
    """Whose turn it is in the rotation of a package; `passed` had theirs in this purchase."""
    turns: Counter[int] = Counter()
    for one in package.calloffs.filter(mode="rotation"):
        turns.update(one.passed)
        if one.entry_id and one.state in ("offered", "awarded") and one.entry_id not in one.passed:
            turns[one.entry_id] += 1
    key = rules.next_in_turn([(entry.pk, entry.rank or 0) for entry in parties], dict(turns), passed)
    return next((entry for entry in parties if entry.pk == key), None)


def threshold(package: Package, total: Decimal, *, region_path: str, at: datetime) -> Ruling:
    """A framework is for small purchases, each below the procurement threshold (财库〔2022〕17号 §4)."""
    rule = rulebook.rule("threshold.procurement", region_path=region_path, kind=package.framework.kind, on=local_day(at))
    figures = {"total": total, "threshold": rule.yuan}
    return rulebook.judge(rule, ok=total < rule.yuan, hard=True, reason=rules.TOO_LARGE, figures=figures)
