"""Many rows into the library at once: set-based, one transaction a batch, one ledger entry for each kind of change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import states
from sunlit.domain.catalog.models import Offer, PolicyTag, PriceChange, Product
from sunlit.domain.catalog.queries import categories
from sunlit.domain.catalog.rules import discipline as price
from sunlit.domain.catalog.rules.discipline import CATEGORY_UNKNOWN, Discipline, discipline_of
from sunlit.domain.catalog.rules.reading import plain, read
from sunlit.domain.catalog.services.deciding import Decision, Fate, Seen, decide, fates, offer_fields, product_changes
from sunlit.domain.catalog.services.gathering import Around, ProductKey, Row, around, ensured, tags_of
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import API_BATCH_ROWS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.foundation.lifecycle import NOT_YOURS, enter_many, move_many

BATCH_ROWS: Final = 500

TOO_MANY_ROWS = Reason("CAT-043", _("At most {most} rows in one batch; there are {count}."))


@dataclass(frozen=True)
class RowResult:
    """What became of one row of a batch: `fate` is new, revised, updated, unchanged or kept_out; `number` is the offer's."""

    position: int
    sku_code: str
    fate: str
    number: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Bench:
    """What stays the same for all rows of a file or batch."""

    supplier: Organisation
    book: Discipline
    regions: frozenset[str]
    by: Actor
    at: datetime
    under: str


def bench(*, by: Actor, at: datetime, under: str) -> Bench:
    """The supplier's bench, with the rules of its region on this day. Refused: LIF-002 for all but a supplier's catalogue clerk."""
    if by.organisation_id is None or by.kind != "supplier" or not by.has("catalog", "admin"):
        raise Refused(Problem(NOT_YOURS, {"verb": states.offer.moves["enter"].label, "who": states.catalogue_clerk.name}))
    supplier = Organisation.objects.select_related("region").get(pk=by.organisation_id)
    book = discipline_of(supplier.region.path, local_day(at))
    return Bench(supplier, book, frozenset(region.code for region in accounts.regions()), by, at, under)


def upsert_offers(raws: Sequence[Mapping[str, Any]], *, by: Actor, at: datetime) -> list[RowResult]:
    """Enter, revise or update offers by their SKU codes (fields as in the import file, `category` a code). Good rows are carried out, the others told.

    Refused as a whole: CAT-043 too many rows, CAT-002 the supplier is not active, LIF-002 not by you.
    """
    if len(raws) > API_BATCH_ROWS:
        raise Refused(Problem(TOO_MANY_ROWS, {"most": API_BATCH_ROWS, "count": len(raws)}))
    at_bench = bench(by=by, at=at, under=f"batch/{new_number('PL', at)}")
    rows: list[Row] = []
    results: list[RowResult] = []
    for position, raw in enumerate(raws):
        row, problems = read_row(raw, position, at_bench)
        if row is None:
            results.append(RowResult(position, plain(raw.get("sku_code")), Fate.KEPT_OUT, problems=tuple(problems)))
        else:
            rows.append(row)
    seen = Seen()
    for start in range(0, len(rows), BATCH_ROWS):
        results += [_result(decision) for decision in shelve(rows[start : start + BATCH_ROWS], at_bench, seen)]
    return sorted(results, key=lambda result: result.position)


def read_row(raw: Mapping[str, Any], position: int, at_bench: Bench, category_code: str = "") -> tuple[Row | None, list[Problem]]:
    """A row in its normal form, or everything that is wrong with it."""
    code = category_code or plain(raw.get("category"))
    category = categories.category(code)
    if category is None or not category.in_use:
        return None, [Problem(CATEGORY_UNKNOWN, {"code": code}, on="category")]
    template = categories.template(category)
    listing, problems = read(raw, template=template, regions=at_bench.regions, lengths=at_bench.book.lengths)
    return (Row(position, listing, category, template) if listing else None), problems


def judge_only(rows: Sequence[Row], at_bench: Bench, seen: Seen) -> list[Decision]:
    """The dry run: what would become of the rows. Writes nothing."""
    near = around(rows, at_bench.supplier.pk, at=at_bench.at)
    return _decided(rows, near, at_bench, seen)


@transaction.atomic
def shelve(rows: Sequence[Row], at_bench: Bench, seen: Seen) -> list[Decision]:
    """Decide and carry out one batch. Batches of one supplier wait for each other; offers are locked in the order of their ids."""
    if not rows:
        return []
    supplier_id = at_bench.supplier.pk
    Organisation.objects.select_for_update(no_key=True).get(pk=supplier_id)
    near = around(rows, supplier_id, at=at_bench.at, lock=True)
    decisions = _decided(rows, near, at_bench, seen)
    by_fate = fates(decisions)
    products = ensured([decision.row for decision in (*by_fate[Fate.NEW], *by_fate[Fate.REVISED])], at=at_bench.at)
    handed = {"supplier_active": registry.standing(supplier_id) == "active"}
    _correct_products([*by_fate[Fate.NEW], *by_fate[Fate.REVISED]], products, near)
    entered = _enter(by_fate[Fate.NEW], products, at_bench, handed)
    _revise(by_fate[Fate.REVISED], products, at_bench, handed)
    _update(by_fate[Fate.UPDATED], at_bench, handed)
    _claim(
        [
            *((entered[it.row.listing.sku_code], it) for it in by_fate[Fate.NEW]),
            *((it.offer, it) for it in by_fate[Fate.REVISED] if it.offer),
        ],
        near,
    )
    return [_with_offer(decision, entered) for decision in decisions]


def _decided(rows: Sequence[Row], near: Around, at_bench: Bench, seen: Seen) -> list[Decision]:
    decisions = []
    for row in rows:
        decision = decide(row, near, at_bench.book, seen, at_bench.at)
        if decision.fate is not Fate.KEPT_OUT:
            seen.note(row, near.products.get(row.product_key))
        decisions.append(decision)
    return decisions


def _correct_products(decisions: Sequence[Decision], products: Mapping[ProductKey, Product], near: Around) -> None:
    """What rows add to products that were already there."""
    corrected: dict[int, Product] = {}
    for decision in decisions:
        product = products[decision.row.product_key]
        if decision.row.product_key in near.products and (changes := product_changes(decision.row, product, near)):
            for name, value in changes.items():
                setattr(product, name, value)
            corrected[product.pk] = product
    held = sorted(corrected.values(), key=lambda product: product.pk)
    Product.objects.bulk_update(held, ["attributes", "name_zh", "name_en", "unit", "gtin"])


def _enter(
    decisions: Sequence[Decision], products: Mapping[ProductKey, Product], at_bench: Bench, handed: Mapping[str, Any]
) -> dict[str, Offer]:
    made = [_offer(decision, products[decision.row.product_key], at_bench) for decision in decisions]
    entered = enter_many(made, "enter", under=at_bench.under, by=at_bench.by, at=at_bench.at, handed=handed)
    _note_prices(entered, at_bench.at)
    return {offer.sku_code: offer for offer in entered}


def _revise(decisions: Sequence[Decision], products: Mapping[ProductKey, Product], at_bench: Bench, handed: Mapping[str, Any]) -> None:
    until = _review_until(at_bench)

    def more(decision: Decision) -> dict[str, Any]:
        return {"product_id": products[decision.row.product_key].pk, "reason": "", "review_until": until}

    _change(decisions, "revise", at_bench, handed, more)
    PolicyTag.objects.filter(offer__in=[decision.offer for decision in decisions if decision.offer]).delete()


def _update(decisions: Sequence[Decision], at_bench: Bench, handed: Mapping[str, Any]) -> None:
    _change(decisions, "update", at_bench, handed, lambda _decision: {})


def _change(
    decisions: Sequence[Decision], verb: str, at_bench: Bench, handed: Mapping[str, Any], more: Callable[[Decision], Mapping[str, Any]]
) -> None:
    """Move offers with their new values; who changes the price gets a line in the history."""
    by_id = {decision.offer.pk: decision for decision in decisions if decision.offer}
    repriced = {
        pk for pk, it in by_id.items() if it.offer and (it.offer.price != it.row.listing.price or it.offer.price_changed_at is None)
    }

    def change(offer: Offer) -> dict[str, Any]:
        decision = by_id[offer.pk]
        changed_at = at_bench.at if offer.pk in repriced else offer.price_changed_at
        told = {"price_changed_at": changed_at, "rulings": price.kept(decision.rulings)}
        return {**offer_fields(decision.row.listing), **told, **more(decision)}

    offers = [decision.offer for decision in by_id.values() if decision.offer]
    moved = move_many(offers, verb, under=at_bench.under, by=at_bench.by, at=at_bench.at, change=change, handed=handed)
    _note_prices([offer for offer in moved if offer.pk in repriced], at_bench.at)


def _offer(decision: Decision, product: Product, at_bench: Bench) -> Offer:
    return Offer(
        number=new_number("SK", at_bench.at),
        region_path=at_bench.supplier.region.path,
        supplier=at_bench.supplier,
        product=product,
        sku_code=decision.row.listing.sku_code,
        created_at=at_bench.at,
        price_changed_at=at_bench.at,
        review_until=_review_until(at_bench),
        rulings=price.kept(decision.rulings),
        **offer_fields(decision.row.listing),
    )


def _review_until(at_bench: Bench) -> datetime:
    path = at_bench.supplier.region.path
    return rulebook.deadline("listing.review_limit", start=at_bench.at, region_path=path, on=local_day(at_bench.at))


def _claim(written: Sequence[tuple[Offer, Decision]], near: Around) -> None:
    tags = [tags_of(offer, decision.row.listing.claims, near.carried(decision.row.listing.sku_code)) for offer, decision in written]
    PolicyTag.objects.bulk_create(chain.from_iterable(tags))


def _note_prices(offers: Sequence[Offer], at: datetime) -> None:
    PriceChange.objects.bulk_create([PriceChange(offer=offer, price=offer.price, at=at) for offer in offers])


def _with_offer(decision: Decision, entered: Mapping[str, Offer]) -> Decision:
    if decision.fate is not Fate.NEW:
        return decision
    return Decision(decision.row, decision.fate, entered[decision.row.listing.sku_code], rulings=decision.rulings)


def _result(decision: Decision) -> RowResult:
    number = decision.offer.number if decision.offer else ""
    return RowResult(decision.row.position, decision.row.listing.sku_code, decision.fate, number, decision.problems)
