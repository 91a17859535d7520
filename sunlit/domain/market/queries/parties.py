"""What is asked of the parties to an agreement: their dealers and the upgrades of their products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sunlit.domain.market import policies
from sunlit.domain.market.models import BatchDemand, CallOff, FrameworkDealer, FrameworkEntry, FrameworkUpgrade, Order
from sunlit.domain.market.rules import parties as rules
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation, Region
from sunlit.foundation.kernel.limits import PAGE_ROWS


def dealer(number: str, *, seen_by: Actor) -> FrameworkDealer | None:
    found = policies.dealers_visible_to(seen_by).select_related(
        "entry__package__framework__solicitor", "entry__supplier", "dealer", "paper"
    )
    return found.filter(number=number).first()


def dealers_of(entry: FrameworkEntry, *, seen_by: Actor) -> list[FrameworkDealer]:
    """The dealers of a response as far as the reader may see them, the newest last."""
    return list(policies.dealers_visible_to(seen_by).filter(entry=entry).select_related("dealer", "paper", "entry").order_by("pk"))


def who_delivers(parties: Iterable[FrameworkEntry], *, to: str = "") -> list[FrameworkDealer]:
    """The dealers that deliver now for these parties, themselves in good standing; `to`: those that deliver in a region, by its path."""
    found = list(
        FrameworkDealer.objects.filter(entry__in=list(parties), state="active").select_related("dealer", "entry__supplier").order_by("pk")
    )
    standings = registry.standings(one.dealer_id for one in found)
    return [one for one in found if standings.get(one.dealer_id) == "active" and (not to or rules.delivers_to(one.regions, to))]


def delivered_for(order: Order) -> Organisation | None:
    """The party to an agreement that a dealer delivers the order for, and that is responsible for it; None where no dealer took it."""
    won_by: dict[str, type[CallOff | BatchDemand]] = {"framework": CallOff, "batch": BatchDemand}
    if order.mode not in won_by:
        return None
    found = won_by[order.mode].objects.filter(number=order.origin, dealer__isnull=False).select_related("dealer__entry__supplier").first()
    return found.dealer.entry.supplier if found is not None and found.dealer is not None else None


def where(codes: Sequence[str], region_path: str) -> list[Region]:
    """The regions of these codes; without any, the whole region of the agreement."""
    known = accounts.regions()
    return [one for one in known if one.code in codes] or [one for one in known if one.path == region_path]


def my_dealings(supplier_id: int, *, rows: int = PAGE_ROWS) -> list[FrameworkDealer]:
    """Whom the supplier delivers for, or is asked to, newest first."""
    found = FrameworkDealer.objects.filter(dealer_id=supplier_id).select_related("entry__package__framework", "entry__supplier")
    return list(found.order_by("-pk")[:rows])


def upgrade(number: str, *, entry: FrameworkEntry) -> FrameworkUpgrade | None:
    return entry.upgrades.select_related("entry__package__framework", "entry__supplier").filter(number=number).first()


def upgrades_of(entry: FrameworkEntry) -> list[FrameworkUpgrade]:
    """The upgrades of a product, newest first; who sees the response sees them."""
    return list(entry.upgrades.select_related("proof", "entry__package__framework").order_by("-pk"))
