"""Finding products that may be the same, and what is decided about them. Certain matches join by themselves in `gathering`; here are the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q

from sunlit.domain.catalog.models import Core, Product, ProductMatch
from sunlit.domain.catalog.queries import brands, categories
from sunlit.domain.catalog.rules.matching import PROPOSED_FROM, Likeness, core_of, likeness
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.regions import ROOT
from sunlit.foundation.lifecycle import enter_many, move

CANDIDATES_MOST: Final = 2_000  # for one batch
PROPOSED_MOST: Final = 5  # for one new product: the likeliest


def propose(fresh: Sequence[Product], *, at: datetime) -> list[ProductMatch]:
    """Propose the products that these new ones may be the same as; a pair that was ever proposed is not proposed again. Three queries and an entry.

    Looked at: products of the same category and brand whose model has the same core, and those with the same barcode.
    """
    if not fresh:
        return []
    pairs = _likely(fresh, list(_candidates(fresh)))
    known = set(ProductMatch.objects.filter(other__in={other.pk for _one, other, _why in pairs}).values_list("one_id", "other_id"))
    made = [_match(one, other, why, at) for one, other, why in pairs if (one.pk, other.pk) not in known]
    return enter_many(made, "find", under=f"matches/{new_number('PB', at)}", by=CLOCK, at=at)


def keep_apart(match: ProductMatch, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> ProductMatch:
    """The two are not the same; it is remembered. Refused: CAT-001 no reason, LIF-002 not by you."""
    told = {"reason": reason.strip()}
    return move(match, "keep_apart", by=by, at=at, change=told, facts=told, expected=expected)


def lapse_matches_of(merged: Product, into: Product, *, reason: str, by: Actor, at: datetime) -> None:
    """Proposals about a product that became part of another have lost their subject."""
    about = Q(one=merged) | Q(other=merged)
    facts = {"merged": merged.number, "into": into.number}
    for match in ProductMatch.objects.filter(about, state="proposed").order_by("pk"):
        both = {match.one_id, match.other_id} == {merged.pk, into.pk}
        move(match, "join" if both else "lapse", by=by, at=at, change={"reason": reason if both else ""}, facts=facts)


def _candidates(fresh: Sequence[Product]) -> Iterator[Product]:
    names = brands.names()
    cores = {core for product in fresh for core in _cores(product, names)}
    same = Q(category__in={product.category_id for product in fresh}, brand__key__in=_brand_keys(fresh, names), core__in=cores)
    rows = Product.objects.filter(merged_into=None).select_related("brand", "category").order_by("pk")
    found = rows.annotate(core=Core("model_key")).filter(same) if cores else rows.none()
    yield from found[:CANDIDATES_MOST]
    if codes := {product.gtin for product in fresh if product.gtin}:
        yield from rows.filter(gtin__in=codes)[:CANDIDATES_MOST]


def _brand_keys(fresh: Iterable[Product], names: brands.Names) -> set[str]:
    return {key for product in fresh for key in names.keys(product.brand.key)}


def _cores(product: Product, names: brands.Names) -> Iterator[str]:
    """The core of the model, without the brand before it, and with it."""
    for key in ("", *names.keys(product.brand.key)):
        yield from filter(None, {core_of(product.model_key.removeprefix(key)), core_of(key + product.model_key)})


def _likely(fresh: Sequence[Product], candidates: Sequence[Product]) -> list[tuple[Product, Product, Likeness]]:
    """The pairs worth a look, each once, the older product first."""
    names = brands.names()
    found: dict[tuple[int, int], tuple[Product, Product, Likeness]] = {}
    for product in fresh:
        cores = set(_cores(product, names))
        near = [
            (other, _likeness(product, other, names)) for other in candidates if other.pk != product.pk and _near(product, other, cores)
        ]
        near = [pair for pair in near if pair[1].score >= PROPOSED_FROM]
        for other, why in sorted(near, key=lambda pair: (-pair[1].score, pair[0].pk))[:PROPOSED_MOST]:
            one, two = sorted((product, other), key=lambda each: each.pk)
            found[one.pk, two.pk] = (one, two, why if one is product else _likeness(one, two, names))
    return list(found.values())


def _near(product: Product, other: Product, cores: set[str]) -> bool:
    same_core = other.category_id == product.category_id and core_of(other.model_key) in cores
    return other.unit == product.unit and (same_core or bool(product.gtin and product.gtin == other.gtin))


def _likeness(one: Product, other: Product, names: brands.Names) -> Likeness:
    same_brand = names.key(one.brand.key) == names.key(other.brand.key)
    if one.category_id != other.category_id:
        return Likeness(0, [])
    return likeness(one, other, categories.template(one.category), same_brand=same_brand)


def _match(one: Product, other: Product, why: Likeness, at: datetime) -> ProductMatch:
    return ProductMatch(
        number=new_number("PP", at), region_path=ROOT, one=one, other=other, score=why.score, reasons=why.reasons, found_at=at
    )
