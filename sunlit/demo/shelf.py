"""The goods: brands, products with parameters that explain their price, offers of many shops, histories and reference prices."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from math import ceil
from random import Random
from typing import Any

from sunlit.demo.shapes import Brand, Offer, Organisation, PolicyTag, PricePoint, Product, ReferencePrice, sizes_until
from sunlit.demo.words import BRAND_LEVELS, BRANDS, OFFER_REASONS, SERVICE_FAMILIES

OFFERS_A_PRODUCT = 3.45  # on average: a long tail of one to twelve shops
SHOPS_A_PRODUCT_MOST = 12
SOURCES = ("电商平台甲（自营）", "电商平台乙（自营）", "厂家官网指导价")
ENERGY_CLASSES = {"computing", "printing", "display", "appliance", "electric"}
MADE_HERE = {"furniture", "food"}  # shops that sell nothing else make it themselves
LABEL_CLASSES = {"furniture", "paper", "consumable", "printing", "computing", "cleaning"}
# How offers stand; whatever is left is on sale.
STANDINGS = (("review", 60), ("refused", 20), ("frozen", 14), ("unfreeze_review", 5), ("delisted", 80), ("draft", 25))
STANDINGS_OF = 5_000
NEVER_LISTED = frozenset({"draft", "review", "refused"})
ABOVE_OUR_MARKET = (1.06, 1.27)  # what the same goods cost elsewhere, against the middle of our market
CAPTURES = (0, 80, 160, 250, 340)  # days ago
LETTERS = "ABCDEFGHJKLMNPQRSTWX"


@dataclass(frozen=True)
class Kind:
    """How the products of one category are made up (goods.json) and what its template says (attributes.json)."""

    code: str
    family: str
    base: float
    count: int
    unit: str
    models: tuple[str, ...]
    series: tuple[tuple[str, str], ...]
    name_zh: str
    name_en: str
    values: Mapping[str, tuple[tuple[str, float], ...]]
    follows: Mapping[str, str]
    english: Mapping[str, Mapping[str, str]]
    told: tuple[str, ...]  # the template's keys, in their order


@dataclass
class Taken:
    """The model numbers of a brand in one category, and by how many figures they had to become longer."""

    keys: set[str] = field(default_factory=set)
    longer: int = 0


@cache
def kinds() -> Mapping[str, Kind]:
    """Every category of the demonstration by its code."""
    recipes: dict[str, Any] = json.loads(_text("sunlit.demo", "goods.json"))
    templates = templates_of_the_tree()
    units = {row["code"]: row["unit"] for row in categories()}
    return {code: _kind(code, recipe, templates[code], units[code]) for code, recipe in recipes.items()}


@cache
def categories() -> tuple[dict[str, Any], ...]:
    """The rows of the compact tree."""
    rows: list[dict[str, Any]] = json.loads(_text("sunlit.domain.catalog", "compact/categories.json"))["categories"]
    return tuple(rows)


@cache
def templates_of_the_tree() -> Mapping[str, list[dict[str, Any]]]:
    """The attribute templates by category code."""
    found: dict[str, list[dict[str, Any]]] = json.loads(_text("sunlit.domain.catalog", "compact/attributes.json"))["templates"]
    return found


def codes_of(families: Sequence[str]) -> tuple[str, ...]:
    """The category codes that the families cover."""
    return tuple(code for code, kind in kinds().items() if kind.family in families)


def brands() -> tuple[Brand, ...]:
    return tuple(Brand(en.lower().replace(" ", "-"), zh, en, family) for family, pairs in BRANDS.items() for zh, en in pairs)


def products(seed: int, scale: int, at: datetime) -> tuple[Product, ...]:
    return tuple(product for kind in kinds().values() for product in products_of(kind, seed, kind.count * scale, at))


def references(seed: int, goods: Sequence[Product], at: datetime) -> tuple[ReferencePrice, ...]:
    """Two or three sources for most goods, a little above the middle of our market; services have none."""
    rng = Random(f"{seed}/references")
    found = []
    for product in goods:
        if product.family in SERVICE_FAMILIES or rng.random() < 0.12:
            continue
        for source in SOURCES[: rng.choice((2, 3, 3))]:
            level = float(product.price) * rng.uniform(*ABOVE_OUR_MARKET)
            for days_ago in CAPTURES:
                captured = at - timedelta(days=days_ago, hours=rng.randint(2, 22), minutes=rng.randint(0, 59))
                found.append(ReferencePrice(product.key, source, money(level * (1 + days_ago * 0.0001)), captured))
    return tuple(found)


def offers(seed: int, goods: Sequence[Product], shops: Sequence[Organisation], at: datetime) -> tuple[Offer, ...]:
    """Who sells what, at what price, since when."""
    rng = Random(f"{seed}/offers")
    level = {shop.key: rng.uniform(0.965, 1.025) for shop in shops}
    sellers: dict[str, list[Organisation]] = {}
    for shop in shops:
        for family in shop.families:
            sellers.setdefault(family, []).append(shop)
    drafts = [
        _offer(rng, product, shop, level[shop.key], at)
        for product in goods
        for shop in rng.sample(sellers[product.family], _how_many(rng, product, len(sellers[product.family])))
    ]
    return tuple(_numbered(drafts, _standings(rng, len(drafts)), at))


def money(value: float) -> Decimal:
    """The value as a shop would write it: cents only below ¥100, whole yuan above, tens above ¥5,000."""
    step = Decimal("0.10") if value < 100 else Decimal(1) if value < 5_000 else Decimal(10)
    return ((Decimal(str(value)) / step).quantize(Decimal(1), ROUND_HALF_UP) * step).quantize(Decimal("0.01"))


def model_key(model: str) -> str:
    """A model number without case and marks: two that differ only there are one."""
    return "".join(c for c in model.casefold() if c.isalnum())


def _text(package: str, path: str) -> str:
    return files(package).joinpath(path).read_text(encoding="utf-8")


def _kind(code: str, recipe: Mapping[str, Any], template: Sequence[Mapping[str, Any]], unit: str) -> Kind:
    return Kind(
        code=code,
        family=recipe["family"],
        base=recipe["base"],
        count=recipe["count"],
        unit=unit,
        models=tuple(recipe["models"]),
        series=tuple((zh, en) for zh, en in recipe["series"]),
        name_zh=recipe["name_zh"],
        name_en=recipe["name_en"],
        values={key: tuple((value, factor) for value, factor in options) for key, options in recipe["values"].items()},
        follows=recipe["follows"],
        english={line["key"]: dict(zip(line["choices"], line["choices_en"], strict=True)) for line in template},
        told=tuple(line["key"] for line in template),
    )


def products_of(kind: Kind, seed: int, count: int, at: datetime) -> Iterator[Product]:
    """So many products of one category, each with a model of its own within its brand."""
    rng = Random(f"{seed}/products/{kind.code}")
    makers = BRANDS[kind.family]
    level = {en: rng.choice(BRAND_LEVELS) for _, en in makers}
    taken = {en: Taken() for _, en in makers}
    for index in range(1, count + 1):
        brand_zh, brand_en = makers[min(int(rng.expovariate(2.2 / len(makers))), len(makers) - 1)]
        chosen, factor = _parameters(rng, kind)
        model = _model(rng, kind, chosen, taken[brand_en])
        series_zh, series_en = rng.choice(kind.series)
        english = {key: kind.english.get(key, {}).get(value, value) for key, value in chosen.items()}
        yield Product(
            key=f"{kind.code}-{index:04d}",
            category=kind.code,
            family=kind.family,
            brand=brand_en.lower().replace(" ", "-"),
            model=model,
            name_zh=kind.name_zh.format(brand=brand_zh, series=series_zh, model=model, **chosen),
            name_en=kind.name_en.format(brand=brand_en, series=series_en, model=model, **english),
            unit=kind.unit,
            attributes={key: chosen[key] for key in kind.told},
            price=money(kind.base * factor * level[brand_en] * rng.uniform(0.95, 1.06)),
            launched=at - timedelta(days=rng.randint(400, 900)),
        )


def _parameters(rng: Random, kind: Kind) -> tuple[dict[str, str], float]:
    """Values that belong together: a dear product has good parts; what follows another value is drawn with it."""
    grade, factor = rng.betavariate(1.6, 2.2), 1.0
    at_place: dict[str, int] = {}
    chosen: dict[str, str] = {}
    for key, options in kind.values.items():
        lead = kind.follows.get(key)
        place = at_place[lead] if lead else _place(rng, options, grade)
        at_place[key] = place
        chosen[key], times = options[place]
        factor *= times
    return chosen, factor


def _place(rng: Random, options: Sequence[tuple[str, float]], grade: float) -> int:
    factors = [factor for _, factor in options]
    if len(options) == 1:
        return 0
    if factors != sorted(factors) or factors[0] == factors[-1]:  # not better or worse, only different
        return rng.randrange(len(options))
    return max(0, min(len(options) - 1, round(grade * (len(options) - 1) + rng.gauss(0, 0.28 * len(options)))))


def _model(rng: Random, kind: Kind, chosen: Mapping[str, str], taken: Taken) -> str:
    """A model number after the category's pattern: # a digit, @ a letter, {key} the digits of a value. Longer when the short ones are used up."""
    for attempt in range(1_000):
        pattern = rng.choice(kind.models) + "#" * (taken.longer + attempt // 40)
        filled = re.sub(r"\{([a-z_]+)(?:/(\d+))?\}", lambda hit: _digits(chosen[hit[1]], int(hit[2] or 1)), pattern)
        model = "".join(
            rng.choice(LETTERS) if c == "@" else str(rng.randint(0 if i else 1, 9)) if c == "#" else c for i, c in enumerate(filled)
        )
        if (key := model_key(model)) not in taken.keys:
            taken.keys.add(key)
            taken.longer += attempt // 40
            return model
    raise AssertionError(f"{kind.code}: no model number is left")


def _digits(value: str, divisor: int) -> str:
    if value.isascii() and not value.replace(".", "").isdigit():
        return "".join(c for c in value if c in string.ascii_letters + string.digits)
    number = re.search(r"\d+(?:\.\d+)?", value)
    return str(ceil(float(number[0]) / divisor)) if number else "1"


def _how_many(rng: Random, product: Product, sellers: int) -> int:
    if product.family in SERVICE_FAMILIES:
        return 1
    drawn = 1 + int(rng.expovariate(1 / (OFFERS_A_PRODUCT - 0.5)))
    return min(drawn, sellers, SHOPS_A_PRODUCT_MOST)


def _offer(rng: Random, product: Product, shop: Organisation, level: float, at: datetime) -> Offer:
    since = max(product.launched + timedelta(days=5), shop.since or at - timedelta(days=500))
    created = max(since, at - timedelta(days=rng.choice((30, 90, 200, 380, 430)), hours=rng.randint(0, 200)))
    remote = shop.region in ("652824", "652825")
    return Offer(
        key="",
        product=product.key,
        supplier=shop.key,
        sku_code=f"{product.category[1:]}-{product.model}".replace(" ", "")[:60],
        title=product.name_zh,
        stock=_stock(rng, float(product.price)),
        delivery_days=rng.choice((1, 2, 2, 3, 3, 3, 5, 7)) + (2 if remote else 0),
        delivery_regions=_where(rng, shop),
        warranty_months=int(product.attributes.get("warranty", "0")),
        state="listed",
        reason="",
        created_at=created,
        prices=tuple(_history(rng, float(product.price) * level, created, at)),
        tags=tuple(_tags(rng, product, shop, at)),
    )


def _stock(rng: Random, price: float) -> int:
    most = 4_000 if price < 50 else 900 if price < 500 else 160 if price < 5_000 else 40
    return rng.choice((0, 0, 2)) if rng.random() < 0.03 else rng.randint(most // 6, most)


def _where(rng: Random, shop: Organisation) -> tuple[str, ...]:
    """Most deliver everywhere; some keep to their county and a few near it."""
    if rng.random() < 0.86:
        return ()
    near = {shop.region, "652801", "652871", *rng.sample(["652826", "652827", "652828", "652829", "652822", "652823"], 2)}
    return tuple(sorted(near - {"652800"}))


def _history(rng: Random, price: float, since: datetime, at: datetime) -> Iterator[PricePoint]:
    """From the first price to today's: few steps, mostly downwards."""
    steps = min(rng.choice((0, 0, 1, 1, 2, 2, 3, 4)), max(0, (at - since).days // 20))
    days = sorted(rng.sample(range(8, max(9 + steps, (at - since).days - 1)), steps))
    now = price * rng.uniform(0.97, 1.03)
    levels = [now]
    for _ in range(steps):
        levels.append(levels[-1] * (1 + rng.choice((0.012, 0.02, 0.03, 0.045, 0.06, -0.015, -0.025))))
    moments = [since, *(since + timedelta(days=day, minutes=rng.randint(0, 540)) for day in days)]
    last: Decimal | None = None
    for moment, level in zip(moments, reversed(levels), strict=True):
        if money(level) != last:
            last = money(level)
            yield PricePoint(moment, last)


def _tags(rng: Random, product: Product, shop: Organisation, at: datetime) -> Iterator[PolicyTag]:
    first = product.attributes.get("energy_grade", "").startswith("一级")
    if product.family in ENERGY_CLASSES and (first or (product.family != "appliance" and rng.random() < 0.25)):
        yield _certified(rng, "energy_saving", "SLC-JN", product, at)
    if product.family in LABEL_CLASSES and rng.random() < 0.3:
        yield _certified(rng, "environmental_label", "SLC-HB", product, at)
    until = sizes_until(at)
    yield from (PolicyTag(tag, expires_on=until) for tag in shop.sized_tags)
    own = Random(f"{product.key} {shop.key}")  # of its own: what else is drawn stays as it is
    if product.family in MADE_HERE and own.random() < 0.15 and shop.families == (product.family,):
        yield _certified(own, "manufacturer_direct", "SCXK", product, at)
    if product.family == "food":
        poor = rng.random() < 0.45
        yield _certified(own, "platform_832", "FP832", product, at) if poor else PolicyTag("domestic_product")
    elif product.family not in SERVICE_FAMILIES and rng.random() < 0.9:
        yield PolicyTag("domestic_product")


def _certified(rng: Random, tag: str, issuer: str, product: Product, at: datetime) -> PolicyTag:
    number = f"{issuer}-{at.year - rng.randint(0, 2)}-{product.category[1:]}-{rng.randint(1, 9_999):04d}"
    expires = (at + timedelta(days=rng.choice((-20, 45, 120, 260, 400, 520, 700, 900)))).date()
    return PolicyTag(tag, number, expires)


def _standings(rng: Random, count: int) -> dict[int, tuple[str, str]]:
    """Which offers are not on sale, and why, by their place."""
    places = iter(rng.sample(range(count), sum(max(1, part * count // STANDINGS_OF) for _, part in STANDINGS)))
    return {
        next(places): (state, rng.choice(OFFER_REASONS.get(state, ("",))))
        for state, part in STANDINGS
        for _ in range(max(1, part * count // STANDINGS_OF))
    }


def _numbered(drafts: Sequence[Offer], standings: Mapping[int, tuple[str, str]], at: datetime) -> Iterator[Offer]:
    """The offers with their keys, and as they stand; what was never listed is young and has only today's price."""
    codes: set[tuple[str, str]] = set()
    for index, draft in enumerate(drafts):
        state, reason = standings.get(index, ("listed", ""))
        code = draft.sku_code if (draft.supplier, draft.sku_code) not in codes else f"{draft.sku_code}-{index}"
        codes.add((draft.supplier, code))
        offer = replace(draft, key=f"offer-{index + 1:06d}", sku_code=code, state=state, reason=reason)
        if state in NEVER_LISTED:
            born = at - timedelta(hours=4 + index % 60)
            offer = replace(offer, created_at=born, prices=(PricePoint(born, draft.price),))
        yield offer
