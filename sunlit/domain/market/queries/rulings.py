"""What the rulebook says to an order about to be placed: gentle warnings, each with its rule and figures (M28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Offer
from sunlit.domain.market import rules
from sunlit.domain.market.models import Order
from sunlit.domain.planning.queries import splitting
from sunlit.domain.planning.queries.splitting import Part, SoFar, by_category
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Rule_, Ruling, Verdict, judge
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import Problem

Basket = Sequence[tuple[Offer, int]]  # the offers of one supplier with their quantities

REPEATED = "order.repeat_count"


@dataclass(frozen=True)
class _Rulebook:
    """The rules that an order is asked about, as they stand on its day in the buyer's region."""

    region_path: str
    at: datetime

    def rule(self, key: str, kind: str = "") -> Rule_:
        return rulebook.rule(key, region_path=self.region_path, kind=kind, on=local_day(self.at))


def on_placing(baskets: Sequence[Basket], *, buyer: Organisation, at: datetime) -> list[list[Ruling]]:
    """The rulings for each basket by itself; none of them blocks: their evidence allows no more than a warning. One query."""
    book = _Rulebook(buyer.region.path, at)
    medians = catalog.medians([offer.product_id for basket in baskets for offer, _quantity in basket])
    return [[*_threshold(book, basket), *_above_median(book, basket, medians)] for basket in baskets]


def on_sums(
    baskets: Sequence[Basket], *, buyer: Organisation, quota_id: int | None, at: datetime, but: Sequence[str] = ()
) -> list[list[Ruling]]:
    """The rulings for each basket beside what the buyer bought before (条例28, 化整为零). `but` are the references under which these baskets are
    written down already. One query; two more where a sum is passed.
    """
    book = _Rulebook(buyer.region.path, at)
    limit = _own_limit(book, buyer)
    own = splitting.OwnLimit(limit, book.rule("order.repeat_share").share, book.rule("order.repeat_window").n)
    asked = [parts_of(basket) for basket in baskets]
    before = splitting.so_far(
        [part for parts in asked for part in parts],
        buyer_id=buyer.pk,
        quota_id=quota_id,
        region_path=book.region_path,
        at=at,
        but=but,
        own=own,
    )
    sums = splitting.judge_baskets(asked, before=before, region_path=book.region_path, at=at)
    return [[*_repeated(book, parts, before, limit), *said] for parts, said in zip(asked, sums, strict=True)]


def parts_of(basket: Basket) -> list[Part]:
    """What a basket holds, one part a category."""
    return by_category(
        Part(offer.product.category.code, offer.product.category.kind, offer.price * quantity, offer.supplier_id)
        for offer, quantity in basket
    )


def asks_for_a_reason(ruling: Ruling) -> bool:
    """Whoever goes on after a warning of splitting says why."""
    return ruling.verdict == Verdict.WARNED and ruling.code in splitting.CODES


def reason_problems(said: Sequence[Ruling], explanation: str) -> Iterator[Problem]:
    """Each warning that wants a reason, told where the reason is written, as long as none is given."""
    warned = {ruling.code: ruling for ruling in said if asks_for_a_reason(ruling)}
    if not warned or len(explanation) >= REASON_CHARS_LEAST:
        return
    yield Problem(splitting.EXPLAIN, {"least": REASON_CHARS_LEAST}, on="explanation")
    for ruling in warned.values():
        yield ruling.problem(on="explanation")


def rulings_of(order: Order, *, seen_by: Actor) -> list[dict[str, Any]]:
    """What the rulebook said when the order was placed; what it said of the buyer's other purchases and own limit is not for the supplier."""
    told: list[dict[str, Any]] = order.rulings
    return [ruling for ruling in told if not _of_the_buyer_alone(ruling["rule"]["key"])] if seen_by.kind == "supplier" else told


def _of_the_buyer_alone(key: str) -> bool:
    return key == REPEATED or key.startswith("splitting.")


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


def _repeated(book: _Rulebook, parts: Sequence[Part], before: SoFar, limit: Decimal) -> Iterator[Ruling]:
    """The same category again and again, each time just under the organisation's own limit (条例28)."""
    window, most, near = book.rule("order.repeat_window"), book.rule(REPEATED), limit * book.rule("order.repeat_share").share
    for part in parts:
        if not near <= part.amount < limit:
            continue
        count, together = before.near_own_limit(part.category_code)
        told = {"count": count + 1, "days": window.n, "sum": together + part.amount, "limit": limit}
        yield judge(most, ok=count + 1 < most.n, hard=False, reason=rules.REPEATED, figures=told)


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
