"""What the rulebook says to an order about to be placed: gentle warnings, each with its rule and figures (M28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Offer
from sunlit.domain.market import rules
from sunlit.domain.market.models import Order
from sunlit.domain.market.states import ENDED_WITHOUT_DEAL
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Rule_, Ruling, Verdict, judge
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day

Basket = Sequence[tuple[Offer, int]]  # the offers of one supplier with their quantities

REPEATED = "order.repeat_count"

_HISTORY = """
SELECT category_code, count(*) FILTER (WHERE amount >= %(near)s AND amount < %(limit)s), COALESCE(sum(amount) FILTER (WHERE amount >= %(near)s AND amount < %(limit)s), 0)
FROM (
    SELECT l.category_code, sum(l.amount) AS amount
    FROM market_order o JOIN market_orderline l ON l.order_id = o.id
    WHERE o.buyer_id = %(buyer)s AND o.placed_at >= %(since)s AND o.state <> ALL (%(ended)s) AND l.category_code = ANY (%(categories)s)
    GROUP BY o.id, l.category_code
) AS bought
GROUP BY category_code
"""


@dataclass(frozen=True)
class _Rulebook:
    """The rules that an order is asked about, as they stand on its day in the buyer's region."""

    region_path: str
    at: datetime

    def rule(self, key: str, kind: str = "") -> Rule_:
        return rulebook.rule(key, region_path=self.region_path, kind=kind, on=local_day(self.at))


def on_placing(baskets: Sequence[Basket], *, buyer: Organisation, at: datetime) -> list[list[Ruling]]:
    """The rulings for each basket; none of them blocks: their evidence allows no more than a warning. Two queries."""
    book = _Rulebook(buyer.region.path, at)
    offers = [offer for basket in baskets for offer, _quantity in basket]
    medians = catalog.medians([offer.product_id for offer in offers])
    limit = _own_limit(book, buyer)
    history = _history(book, buyer, sorted({offer.product.category.code for offer in offers}), limit, at)
    return [
        [*_threshold(book, basket), *_repeated(book, basket, history, limit), *_above_median(book, basket, medians)] for basket in baskets
    ]


def rulings_of(order: Order, *, seen_by: Actor) -> list[dict[str, Any]]:
    """What the rulebook said when the order was placed; what it said of the buyer's other purchases and own limit is not for the supplier."""
    told: list[dict[str, Any]] = order.rulings
    return [ruling for ruling in told if ruling["rule"]["key"] != REPEATED] if seen_by.kind == "supplier" else told


def approval_limit(buyer: Organisation, *, at: datetime) -> Decimal:
    """Orders above this need the lead: the organisation's own limit, else the rulebook's."""
    return _own_limit(_Rulebook(buyer.region.path, at), buyer)


def _own_limit(book: _Rulebook, buyer: Organisation) -> Decimal:
    return buyer.approval_limit if buyer.approval_limit is not None else book.rule("order.approval_limit").yuan


def _threshold(book: _Rulebook, basket: Basket) -> Iterator[Ruling]:
    """The supermarket is for purchases below the procurement threshold (分散采购限额)."""
    kind = "services" if all(offer.product.category.kind == "services" for offer, _q in basket) else "goods"
    rule = book.rule("threshold.procurement", kind)
    total = sum((offer.price * quantity for offer, quantity in basket), Decimal("0.00"))
    yield judge(rule, ok=total < rule.yuan, hard=False, reason=rules.OVER_THRESHOLD, figures={"total": total, "threshold": rule.yuan})


def _repeated(book: _Rulebook, basket: Basket, history: Mapping[str, tuple[int, Decimal]], limit: Decimal) -> Iterator[Ruling]:
    """The same category again and again, each time just under the limit (条例28)."""
    window, most, near = book.rule("order.repeat_window"), book.rule(REPEATED), limit * book.rule("order.repeat_share").share
    amounts: dict[str, Decimal] = {}
    for offer, quantity in basket:
        code = offer.product.category.code
        amounts[code] = amounts.get(code, Decimal("0.00")) + offer.price * quantity
    for code, amount in amounts.items():
        before, together = history.get(code, (0, Decimal("0.00")))
        if not near <= amount < limit:
            continue
        told = {"count": before + 1, "days": window.n, "sum": together + amount, "limit": limit}
        yield judge(most, ok=before + 1 < most.n, hard=False, reason=rules.REPEATED, figures=told)


def _above_median(book: _Rulebook, basket: Basket, medians: Mapping[int, Decimal]) -> Iterator[Ruling]:
    """Dearer than the same product of other suppliers."""
    rule = book.rule("price.above_median_warn")
    for offer, _quantity in basket:
        median = medians.get(offer.product_id)
        if median is None:
            continue
        over = (offer.price / median - 1) * 100
        told = {"title": offer.title, "price": offer.price, "median": median.quantize(Decimal("0.01")), "percent": str(round(over, 1))}
        ruling = judge(rule, ok=over <= rule.percent, hard=False, reason=rules.ABOVE_MEDIAN, figures=told)
        if ruling.verdict != Verdict.ALLOWED:
            yield ruling


def _history(book: _Rulebook, buyer: Organisation, categories: list[str], limit: Decimal, at: datetime) -> dict[str, tuple[int, Decimal]]:
    """For each category: how many purchases lay just under the limit within the window, and their sum."""
    values: dict[str, Any] = {
        "buyer": buyer.pk,
        "since": at - timedelta(days=book.rule("order.repeat_window").n),
        "near": limit * book.rule("order.repeat_share").share,
        "limit": limit,
        "ended": list(ENDED_WITHOUT_DEAL),
        "categories": categories,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, values)
        return {code: (count, total) for code, count, total in cursor.fetchall()}
