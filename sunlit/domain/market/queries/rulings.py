"""What the rulebook says to an order about to be placed: gentle warnings, each with its rule and figures (M28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Offer, PolicyTag, Tag
from sunlit.domain.market.models import Order
from sunlit.domain.market.rules import orders as rules
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning.models import Plan
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

SUPERMARKET, DIRECT = "supermarket", "direct"  # the two ways to buy off the shelf
NEEDED = "needed"
REPEATED = "order.repeat_count"
IMPORTED = "imported_product"


@dataclass(frozen=True)
class _Rulebook:
    """The rules that an order is asked about, as they stand on its day in the buyer's region."""

    region_path: str
    at: datetime

    def rule(self, key: str, kind: str = "") -> Rule_:
        return rulebook.rule(key, region_path=self.region_path, kind=kind, on=local_day(self.at))


def on_placing(
    baskets: Sequence[Basket],
    *,
    buyer: Organisation,
    medians: Mapping[int, Decimal],
    plan: Plan | None = None,
    direct: Sequence[bool] = (),
    at: datetime,
) -> list[list[Ruling]]:
    """The rulings for each basket by itself, bought for a plan or without one. What reaches the threshold without a plan is refused or warned
    of as far as the evidence of the threshold's row allows. `medians` are what each product costs elsewhere on the shelf; `direct` tells of each
    basket whether it is bought direct from the manufacturer. One query for a plan with green categories, three where something is bought direct.
    """
    book = _Rulebook(buyer.region.path, at)
    green = _green(book, baskets, plan)
    planned = plan is not None
    return [
        [*_threshold(book, basket, planned), *said, *_above_median(book, basket, medians), *straight]
        for basket, said, straight in zip(baskets, green, _direct(book, baskets, direct), strict=True)
    ]


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


def parts_of(basket: Basket, method: str = SUPERMARKET) -> list[Part]:
    """What a basket holds, one part a category."""
    return by_category(
        Part(offer.product.category.code, offer.product.category.kind, offer.price * quantity, offer.supplier_id, method)
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
    return (
        [ruling for ruling in told if not _of_the_buyer_alone(ruling["rule"]["key"])]
        if order.supplier_id == seen_by.organisation_id
        else told
    )


def _of_the_buyer_alone(key: str) -> bool:
    return key == REPEATED or key.startswith("splitting.")


def approval_limit(buyer: Organisation, *, at: datetime) -> Decimal:
    """Orders above this need the lead: the organisation's own limit, else the rulebook's."""
    return _own_limit(_Rulebook(buyer.region.path, at), buyer)


def _own_limit(book: _Rulebook, buyer: Organisation) -> Decimal:
    return buyer.approval_limit if buyer.approval_limit is not None else book.rule("order.approval_limit").yuan


def plan_problems(offers: Sequence[Offer], plan: Plan | None) -> Iterator[Problem]:
    """Why these offers cannot be bought for the plan. Whether it covers them is asked when its money is passed on."""
    if plan is None:
        yield Problem(rules.PLAN_UNKNOWN, on="plan")
    elif not plan.imported:
        imported = PolicyTag.objects.filter(offer__in=[offer.pk for offer in offers], tag=IMPORTED).values_list("offer_id", flat=True)
        titles = {offer.pk: offer.title for offer in offers}
        yield from (Problem(rules.NOT_AUTHORISED, {"title": titles[pk], "plan": plan.number}, on=f"line_{pk}") for pk in imported)


def _green(book: _Rulebook, baskets: Sequence[Basket], plan: Plan | None) -> Iterator[list[Ruling]]:
    """Of categories that must be bought green, what is bought for a plan has a certificate in date (财库〔2019〕9号). One query where there are any."""
    day = local_day(book.at)
    codes = {offer.product.category.code for basket in baskets for offer, _quantity in basket} if plan else set()
    listed = set(planning.green_mandatory(sorted(codes), region_path=book.region_path, on=day))
    asked = [offer.pk for basket in baskets for offer, _quantity in basket if offer.product.category.code in listed]
    held = PolicyTag.objects.filter(offer__in=asked, tag=Tag.ENERGY_SAVING, expires_on__gte=day).exclude(certificate="") if asked else ()
    certified = {tag.offer_id for tag in held}  # no other certificate stands in for that of the energy list
    for basket in baskets:
        offers = [offer for offer, _quantity in basket if offer.pk in asked]
        yield _certificates(book, all(offer.pk in certified for offer in offers)) if offers else []


def _certificates(book: _Rulebook, certified: bool) -> list[Ruling]:
    facts = {"green_mandatory": True, "green_certified": certified}
    return rulebook.decide("green.purchase", facts, region_path=book.region_path, on=local_day(book.at))


def _direct(book: _Rulebook, baskets: Sequence[Basket], direct: Sequence[bool]) -> Iterator[list[Ruling]]:
    """What comes direct from its manufacturer has its proof, is sold by who makes it, and is not dearer than at the dealers (厂家直销)."""
    marks = [bool(mark) for mark in direct] or [False] * len(baskets)
    offers = [offer for basket, mark in zip(baskets, marks, strict=True) if mark for offer, _quantity in basket]
    claims, lowest = (catalog.claims_of(offers), catalog.lowest_elsewhere(offers)) if offers else ({}, {})
    for basket, mark in zip(baskets, marks, strict=True):
        asked = [offer for offer, _quantity in basket] if mark else []
        yield [ruling for offer in asked for ruling in _straight(book, offer, claims[offer.pk], lowest.get(offer.pk))]


def _straight(book: _Rulebook, offer: Offer, claim: catalog.Claim, lowest: Decimal | None) -> Iterator[Ruling]:
    """The proof and who makes it bear a refusal where their rows are binding; a price is only remarked on."""
    proof, maker, dearer = (book.rule(key) for key in ("direct.proof", "direct.seller_is_maker", "direct.above_dealers_warn"))
    if proof.choice == NEEDED:
        told = {"title": offer.title, "certificate": claim.certificate, "until": claim.until or ""}
        reason = rules.PROOF_ENDED if claim.certificate and claim.until else rules.NO_PROOF
        yield judge(proof, ok=claim.holds_on(local_day(book.at)), hard=True, reason=reason, figures=told)
    if maker.choice == NEEDED and claim.maker:
        told = {"title": offer.title, "supplier": offer.supplier.name_zh, "maker": claim.maker}
        yield judge(maker, ok=claim.maker == offer.supplier.name_zh, hard=True, reason=rules.NOT_THE_MAKER, figures=told)
    if lowest is not None and offer.price > lowest * (1 + dearer.share):
        less = round((1 - lowest / offer.price) * 100, 1)
        figures = {"title": offer.title, "price": offer.price, "lowest": lowest, "percent": str(less)}
        yield judge(dearer, ok=False, hard=False, reason=rules.DEARER_THAN_DEALERS, figures=figures)


def _threshold(book: _Rulebook, basket: Basket, planned: bool) -> Iterator[Ruling]:
    """From the procurement threshold on (分散采购限额) a purchase belongs to a plan; below it nobody needs one."""
    kind = "services" if all(offer.product.category.kind == "services" for offer, _q in basket) else "goods"
    rule = book.rule("threshold.procurement", kind)
    total = sum((offer.price * quantity for offer, quantity in basket), Decimal("0.00"))
    yield judge(
        rule, ok=planned or total < rule.yuan, hard=True, reason=rules.OVER_THRESHOLD, figures={"total": total, "threshold": rule.yuan}
    )


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
