"""What all purchases of one mode have in common to tell, whoever looks at them: a supplier's workbench, a regulator's board, a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Category
from sunlit.domain.market.models import Framework, Order, UnitRequest, WorkOrder
from sunlit.domain.market.states import auctions as auction_life
from sunlit.domain.market.states import batches as batch_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import orders as order_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.domain.market.states import units as unit_life
from sunlit.domain.market.states import workorders as work_life
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.lifecycle import Life


@dataclass(frozen=True)
class Kind:
    """One mode. `party` names who buys or solicits; `what` the lines, lots or packages that are asked for; `searched` the fields with its words."""

    label: str | Promise
    page: str  # below /supplier/ and /regulator/
    life: Life
    what: str
    searched: tuple[str, ...]
    title: Callable[[Any], str | Promise]
    most: Callable[[Any], Decimal | None]
    party: str = "buyer"

    def party_of(self, it: Any) -> Organisation:
        found: Organisation = getattr(it, self.party)
        return found

    def things_of(self, it: Any) -> list[Any]:
        """What is asked for; the package itself where it is one."""
        found = getattr(it, self.what)
        return list(found.all()) if self.several else [found]

    @property
    def several(self) -> bool:
        return self.what not in (PACKAGE, OFFER)

    def categories_of(self, it: Any) -> tuple[Category, ...]:
        """Each once."""
        return tuple({one.category_id: one.category for one in self.things_of(it)}.values())

    def words_of(self, it: Any) -> str:
        """Title and names as one text."""
        return "\n".join([str(self.title(it)), *(one.name for one in self.things_of(it))])


PACKAGE, OFFER = "package", "offer"


def _title(it: Any) -> str:
    return str(it.title)


def _framework_title(it: Framework) -> str | Promise:
    return format_lazy(_("{title} (supplementary solicitation)"), title=it.title) if it.supplements_id else it.title


def _counted(it: Any) -> str:
    return f"{it.package.name} × {it.quantity}"


def _of_a_unit(it: UnitRequest) -> str:
    return f"{it.offer.title} × {it.quantity}"


def _off_the_shelf(it: Order) -> str | Promise:
    first, *others = it.lines.all()
    title = f"{first.snapshot['title']} × {first.quantity}"
    return format_lazy(_("{title} and {num} more"), title=title, num=len(others)) if others else title


def _served(it: WorkOrder) -> str:
    return f"{it.package} · {it.target}"


_UNDER_A_FRAMEWORK: Final = ("package__name", "package__framework__title")
KINDS: Final[dict[str, Kind]] = {
    "quotation": Kind(
        _("online quotation"), "quotations", quotation_life.quotation, "lines", ("title", "lines__name"), _title, lambda it: it.ceiling
    ),
    "auction": Kind(_("reverse auction"), "auctions", auction_life.auction, "lots", ("title", "lots__name"), _title, lambda it: it.total),
    "framework": Kind(
        _("framework solicitation"),
        "frameworks",
        framework_life.framework,
        "packages",
        ("title", "packages__name"),
        _framework_title,
        lambda it: it.yearly,
        party="solicitor",
    ),
    "calloff": Kind(
        _("second stage of a framework"),
        "calloffs",
        calloff_life.calloff,
        PACKAGE,
        _UNDER_A_FRAMEWORK,
        _counted,
        lambda it: it.package.ceiling * it.quantity,
    ),
    "batch": Kind(
        _("batch purchase"),
        "batches",
        batch_life.batch,
        PACKAGE,
        (*_UNDER_A_FRAMEWORK, "period"),
        str,
        lambda it: it.cap * it.pooled if it.pooled else None,
        party="solicitor",
    ),
    "work_order": Kind(
        _("designated service"),
        "work-orders",
        work_life.work_order,
        PACKAGE,
        (*_UNDER_A_FRAMEWORK, "target__name"),
        _served,
        lambda it: it.amount,
    ),
    "direct": Kind(
        _("direct from the manufacturer"),
        "orders",
        order_life.order,
        "lines",
        ("lines__snapshot__title",),
        _off_the_shelf,
        lambda it: it.total,
    ),
    "unit_request": Kind(
        _("purchase between units"), "unit-requests", unit_life.unit_request, OFFER, ("offer__title",), _of_a_unit, lambda it: it.amount
    ),
}
