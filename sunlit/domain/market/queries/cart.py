"""The cart as its owner sees it: by supplier, with today's price, and what stands in the way of ordering."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import states
from sunlit.domain.catalog.models import Offer
from sunlit.domain.market.models import CartLine, CartPlan
from sunlit.domain.market.queries import rulings
from sunlit.domain.market.queries.wishes import Wish, line_problems
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.refusals import Problem


@dataclass(frozen=True)
class CartItem:
    """One line with the offer as it is now; `problems` say why it cannot be ordered like this."""

    line: CartLine
    offer: Offer
    amount: Decimal
    problems: list[Problem]


@dataclass(frozen=True)
class CartGroup:
    """The lines of one supplier, bought in one way: they become one order. `direct`: direct from the manufacturer."""

    supplier: Organisation
    items: list[CartItem]
    direct: bool = False

    @property
    def key(self) -> str:
        return f"{self.supplier.pk}-direct" if self.direct else str(self.supplier.pk)

    @property
    def total(self) -> Decimal:
        return sum((item.amount for item in self.items), Decimal("0.00"))


@dataclass(frozen=True)
class CartPage:
    """The whole cart."""

    groups: list[CartGroup] = field(default_factory=list)

    @property
    def items(self) -> list[CartItem]:
        return [item for group in self.groups for item in group.items]

    @property
    def total(self) -> Decimal:
        return sum((group.total for group in self.groups), Decimal("0.00"))

    @property
    def ready_total(self) -> Decimal:
        """What the lines cost that nothing stands in the way of."""
        return sum((item.amount for item in self.items if not item.problems), Decimal("0.00"))

    @property
    def repriced(self) -> list[CartItem]:
        """The lines whose price is not the one that was seen."""
        return [item for item in self.items if item.offer.state == states.LISTED and item.offer.price != item.line.price_seen]

    @property
    def problems(self) -> list[Problem]:
        return [problem for item in self.items for problem in item.problems]


def cart(by: Actor, *, line_ids: list[int] | None = None, delivery_path: str = "") -> CartPage:
    """The person's cart (or the chosen lines of it). Two queries."""
    lines = CartLine.objects.filter(user_id=by.person, buyer_id=by.party)
    if line_ids is not None:
        lines = lines.filter(pk__in=line_ids)
    related = ("offer__product__category", "offer__product__brand", "offer__product__image", "offer__supplier__supplier")
    groups: dict[tuple[int, bool], CartGroup] = {}
    for line in lines.select_related(*related).order_by("offer__supplier_id", "direct", "pk"):
        offer = line.offer
        wish = Wish(offer.pk, line.quantity, line.price_seen, line.direct)
        item = CartItem(line, offer, offer.price * line.quantity, list(line_problems(offer, wish, delivery_path or by.region_path)))
        groups.setdefault((offer.supplier_id, line.direct), CartGroup(offer.supplier, [], line.direct)).items.append(item)
    return CartPage(list(groups.values()))


def cart_count(by: Actor) -> int:
    """How many lines lie in the cart: the figure beside its icon."""
    return CartLine.objects.filter(user_id=by.person, buyer_id=by.party).count()


def cart_plan(by: Actor) -> Plan | None:
    """The plan that the person's cart is filled for, as it stands now, with its lines and items. Three queries where there is one."""
    held = CartPlan.objects.filter(user_id=by.person, buyer_id=by.party).values_list("plan__number", flat=True).first()
    return planning.plan(held, seen_by=by) if held else None


def rulings_before(
    page: CartPage, *, buyer: Organisation, quota_id: int | None, plan: Plan | None = None, at: datetime
) -> list[list[Ruling]]:
    """What the rulebook would say to each group paid from this quota, for a plan or without one, told before anything is ordered."""
    groups = [[(item.offer, item.line.quantity) for item in group.items] for group in page.groups]
    if not groups:
        return []
    medians = catalog.medians([offer.product_id for basket in groups for offer, _quantity in basket])
    alone, sums = (
        rulings.on_placing(groups, buyer=buyer, medians=medians, plan=plan, direct=[group.direct for group in page.groups], at=at),
        rulings.on_sums(groups, buyer=buyer, quota_id=quota_id, at=at),
    )
    return [[*own, *together] for own, together in zip(alone, sums, strict=True)]
