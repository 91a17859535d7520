"""The second stage: products of every category, some written twice under another model, and what they cost elsewhere over the years."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random

from django.db import connection

from sunlit.demo import shelf
from sunlit.demo.bazhou.cells import DAY, NULL, compact_date, seconds, stamp, text, yuan
from sunlit.demo.bazhou.copying import Sheet, bare, first_id, go_on_counting, quoted
from sunlit.demo.bazhou.prices import earlier, tidy
from sunlit.demo.bazhou.region import Ground
from sunlit.demo.listing import brands_by_name
from sunlit.demo.shapes import Product as Told
from sunlit.demo.words import SERVICE_FAMILIES
from sunlit.demo.write import Progress
from sunlit.domain.catalog.models import Brand, Category, Product, ReferencePrice
from sunlit.domain.catalog.queries import key_of
from sunlit.foundation.kernel.numbering import NUMBERS_A_DAY, number_of
from sunlit.foundation.ledger import services as ledger

MIX = {
    "stationery": 2.2, "consumable": 2.4, "paper": 1.6, "cleaning": 1.8, "electric": 1.6, "medical": 1.4, "computing": 1.1, "printing": 1.0, "network": 1.1, "display": 0.9,
    "appliance": 0.9, "furniture": 1.2, "safety": 1.0, "sport": 1.2, "software": 0.4, "food": 1.3, "motor": 0.3, "press": 0.3, "upkeep": 0.2, "premises": 0.2,
}  # fmt: skip
"""How much commoner a family is in a whole prefecture than in the small region."""
LAUNCHED = (40, 1_190)  # days ago
SPREAD = (-3.15, 0.42)  # of the logarithm of a product's spread: most sellers lie within 4 % of each other, some goods scatter
TWINS = 0.004  # products that are another one under a model written otherwise
SWAPPED = 0.0008  # products of which two parameters stand exchanged
COMPARED = 0.62  # products of which other sources tell a price
CAPTURES = (1, 160, 340, 520, 700)  # days ago
A_SEND = 4_000
ODD = 0x4F6CDD1D
"""Deals figures out over a day so that neighbours do not look alike; odd, so that no two rows get the same."""


@dataclass(frozen=True)
class Draft:
    """A product before it has an id: what is sold, the middle of its market in cents, and what is wrong with it."""

    told: Told
    middle: int
    spread: float
    launched: int
    twin_of: int | None = None
    swapped: tuple[str, ...] = ()


def write_goods(ground: Ground, progress: Progress) -> None:
    """All products, and the reference prices of most."""
    at, total = seconds(ground.at), ground.size.products
    progress("goods", 0, total)
    brands = {en.lower().replace(" ", "-"): row.pk for en, row in _brands().items()}
    categories = dict(Category.objects.values_list("code", "pk"))
    rng, base = Random(f"{ground.plan.seed}/bazhou/goods"), first_id(Product)
    product_sheet, goods_sheet, references = _product_sheet(), _goods_sheet(), _References(ground, at)
    sums = sha256()
    with bare(Product, ReferencePrice):
        for place, draft in enumerate(_drafts(rng, ground, base)):
            pk = base + place
            row = _product_cells(draft, pk, figure(ground.plan.seed, place), brands, categories)
            sums.update("\t".join(row).encode())
            product_sheet.add(*row)
            twin = NULL if draft.twin_of is None else str(draft.twin_of)
            goods_sheet.add(str(pk), str(draft.middle), f"{draft.spread:.5f}", twin, ",".join(draft.swapped))
            references.of(pk, draft)
            if (place + 1) % A_SEND == 0 or place + 1 == total:
                for sheet in (product_sheet, goods_sheet, references.sheet):
                    sheet.send()
                progress("goods", place + 1, total)
    go_on_counting(Product, ReferencePrice)
    _analyse("demo.goods")
    _record(ground, 0, "products.take_over", total, sums.hexdigest())
    _record(ground, 1, "references.take_over", references.count, references.sums.hexdigest())


def figure(seed: int, place: int) -> int:
    """The running figure of a row's number."""
    return (place * ODD + seed) % NUMBERS_A_DAY


def counts_of(products: int) -> Mapping[str, int]:
    """How many products each category has, of so many in all."""
    weights = {code: kind.count * MIX[kind.family] for code, kind in shelf.kinds().items()}
    whole = sum(weights.values())
    counts = {code: max(2, int(products * weight / whole)) for code, weight in weights.items()}
    commonest = max(counts, key=lambda code: counts[code])
    counts[commonest] += products - sum(counts.values())
    return counts


def _drafts(rng: Random, ground: Ground, base: int) -> Iterator[Draft]:
    """The products of one category after the other; twins stand among them, after those that they repeat."""
    place, at = base, seconds(ground.at)
    for code, count in counts_of(ground.size.products).items():
        kind = shelf.kinds()[code]
        taken: set[tuple[str, str]] = set()
        source = shelf.products_of(kind, ground.plan.seed, count, ground.at)
        last: Draft | None = None
        for _number in range(count):
            if last is not None and rng.random() < TWINS and (twin := _twin(rng, last, place - 1, taken)) is not None:
                draft, last = twin, None
            else:
                draft = last = _draft(rng, kind, next(source), at)
            taken.add((draft.told.brand, key_of(draft.told.model)))
            yield draft
            place += 1


def _draft(rng: Random, kind: shelf.Kind, told: Told, at: int) -> Draft:
    least, most = LAUNCHED
    launched = at - int(DAY * (least + (most - least) * rng.betavariate(1.1, 1.0))) - rng.randrange(DAY)
    swapped = _exchangeable(rng, told) if rng.random() < SWAPPED else ()
    if swapped:
        told = _exchanged(told, kind, swapped)
    return Draft(told, int(told.price * 100), min(0.16, rng.lognormvariate(*SPREAD)), launched, None, swapped)


def _twin(rng: Random, of: Draft, pk: int, taken: set[tuple[str, str]]) -> Draft | None:
    """The same goods under a model that is written otherwise; None where nothing can be written otherwise."""
    model = of.told.model
    written = [
        f"{model}（新款）", f"{model}/原装", f"{of.told.brand.upper()} {model}", model.replace("-", "/"), model.replace("0", "O", 1), f"{model}.", f"型号{model}",
    ]  # fmt: skip
    other = rng.choice(written)
    if key_of(other) == key_of(model) or (of.told.brand, key_of(other)) in taken:
        return None
    told = Told(
        key=of.told.key + "-twin",
        category=of.told.category,
        family=of.told.family,
        brand=of.told.brand,
        model=other,
        name_zh=of.told.name_zh.replace(model, other),
        name_en=of.told.name_en.replace(model, other),
        unit=of.told.unit,
        attributes=of.told.attributes,
        price=of.told.price,
        launched=of.told.launched,
    )
    return Draft(told, of.middle, of.spread, of.launched, pk)


def _exchangeable(rng: Random, told: Told) -> tuple[str, ...]:
    """Two numbers among the parameters that somebody may have put into each other's field."""
    numbers = [line["key"] for line in shelf.templates_of_the_tree()[told.category] if line["type"] == "number"]
    pairs = [
        (one, other)
        for index, one in enumerate(numbers)
        for other in numbers[index + 1 :]
        if told.attributes[one] != told.attributes[other]
    ]
    return rng.choice(pairs) if pairs else ()


def _exchanged(told: Told, kind: shelf.Kind, keys: tuple[str, ...]) -> Told:
    """The product with two parameters in each other's field; its name, made from the right ones, contradicts them."""
    one, other = keys
    attributes = {**told.attributes, one: told.attributes[other], other: told.attributes[one]}
    return Told(
        told.key,
        told.category,
        kind.family,
        told.brand,
        told.model,
        told.name_zh,
        told.name_en,
        told.unit,
        attributes,
        told.price,
        told.launched,
    )


def _product_sheet() -> Sheet:
    return Sheet(
        quoted(Product),
        ("id", "number", "category_id", "brand_id", "model", "model_key", "name_zh", "name_en", "unit", "attributes", "created_at"),
    )


def _goods_sheet() -> Sheet:
    return Sheet("demo.goods", ("product_id", "middle", "spread", "twin_of", "swapped"))


def _product_cells(draft: Draft, pk: int, running: int, brands: Mapping[str, int], categories: Mapping[str, int]) -> tuple[str, ...]:
    told = draft.told
    return (
        str(pk),
        number_of("SP", compact_date(draft.launched), running),
        str(categories[told.category]),
        str(brands[told.brand]),
        text(told.model),
        text(key_of(told.model)),
        text(told.name_zh),
        text(told.name_en),
        told.unit,
        text(json.dumps(dict(told.attributes), ensure_ascii=False)),
        stamp(draft.launched),
    )


def _brands() -> Mapping[str, Brand]:
    told = shelf.brands()
    rows = brands_by_name((brand.name_zh, brand.name_en) for brand in told)
    return {brand.name_en: rows[brand.name_zh] for brand in told}


class _References:
    """What the products cost elsewhere, at several times."""

    def __init__(self, ground: Ground, at: int) -> None:
        self.rng, self.at = Random(f"{ground.plan.seed}/bazhou/references"), at
        self.sheet = Sheet(quoted(ReferencePrice), ("id", "product_id", "source", "url", "price", "captured_at"))
        self.base, self.count, self.sums = first_id(ReferencePrice), 0, sha256()

    def of(self, pk: int, draft: Draft) -> None:
        rng, family = self.rng, draft.told.family
        if family in SERVICE_FAMILIES or draft.twin_of is not None or rng.random() >= COMPARED:
            return
        least, most = shelf.ABOVE_OUR_MARKET
        for source in shelf.SOURCES[: rng.choice((2, 2, 3))]:
            level = draft.middle * rng.uniform(least, most)
            for days in CAPTURES:
                captured = self.at - days * DAY - rng.randrange(20 * 3_600)
                if captured > draft.launched:
                    price = tidy(earlier(level, family, self.at - captured))
                    row = (str(self.base + self.count), str(pk), source, "", yuan(price), stamp(captured))
                    self.sums.update("\t".join(row).encode())
                    self.sheet.add(*row)
                    self.count += 1


def _record(ground: Ground, portion: int, act: str, count: int, digest: str) -> None:
    """One entry for rows that have no life of their own: how many, and the digest of them all."""
    subject, by = ground.batch("goods", portion), ground.operator
    facts = {
        "number": subject.partition("/")[2],
        "actor": by.user_name,
        "organisation": by.organisation_name,
        "count": count,
        "digest": digest,
    }
    ledger.record(act=act, subject=subject, by=by, at=ground.at, facts=facts, region=by.region_path)


def _analyse(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
