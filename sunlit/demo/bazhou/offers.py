"""The third stage: who sells what, at what price, since when; with price histories, policy tags and the faults that are sown in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any
from zlib import crc32

from django.db import connection

from sunlit.demo import cast, shelf
from sunlit.demo.bazhou import faults
from sunlit.demo.bazhou.cells import DAY, NULL, array, compact_date, date_of, seconds, stamp, text, yuan
from sunlit.demo.bazhou.copying import Sheet, bare, first_id, go_on_counting, quoted
from sunlit.demo.bazhou.faults import Fault
from sunlit.demo.bazhou.goods import figure
from sunlit.demo.bazhou.prices import Point, asked, history, tidy
from sunlit.demo.bazhou.region import Ground
from sunlit.demo.shapes import Organisation, sizes_until
from sunlit.demo.words import OFFER_REASONS, SERVICE_FAMILIES
from sunlit.demo.write import Progress
from sunlit.domain.catalog.models import Offer, PolicyTag, PriceChange
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import number_of
from sunlit.foundation.ledger.canonical import canonical
from sunlit.foundation.lifecycle import take_over

SELLERS = (1.62, 1.05)  # of the logarithm of how many shops sell a product: half of them up to five
SELLERS_MOST, SELLERS_OF_A_SERVICE, SELLERS_OF_A_TWIN, SELLERS_OF_A_FLAW = 60, 5, 3, 2
SKEW = 1.6  # large shops offer more
SHOP_LEVEL = 0.02  # how far shops differ as a whole
A_BATCH = 5_000  # offers of one bulk act
# How offers stand; whatever is left is on sale.
STANDINGS = (("delisted", 0.04), ("draft", 0.004), ("refused", 0.002), ("review", 0.0008), ("frozen", 0.0008), ("unfreeze_review", 0.0001))
DELIVERY_DAYS = (1, 2, 2, 3, 3, 3, 5, 7)
CLAIMED = 0.85  # of the shops whose product has a certificate
CERTIFICATES = (45, 90, 120, 260, 400, 520, 700, 900)  # days that they still run
LOCAL, LOCAL_MOST = 0.14, 2  # shops that deliver only near by, and to how many divisions beyond
FLOURISHES = ("",) * 14 + (" 现货速发", " 含税含运", " 企业采购", " 厂家正品", " 支持对公转账", "（送货上门）", "（全新）")
COLUMNS = (
    "id", "number", "region_path", "state", "version", "supplier_id", "product_id", "sku_code", "title", "detail", "price", "price_changed_at", "stock", "quantity_most",
    "delivery_days", "delivery_regions", "warranty_months", "created_at", "submitted_at", "review_until", "listed_at", "reason", "rulings", "sold",
)  # fmt: skip
_GOODS = """
SELECT p.id, p.number, p.name_zh, p.model, p.attributes, extract(epoch FROM p.created_at)::bigint, c.code, g.middle, g.spread, g.twin_of, g.swapped
FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id JOIN demo.goods g ON g.product_id = p.id
WHERE p.id > %s ORDER BY p.id LIMIT %s
"""
_TWINS = "SELECT p.id, p.number FROM catalog_product p WHERE p.id IN (SELECT twin_of FROM demo.goods)"


@dataclass(frozen=True)
class Shop:
    """What of a supplier shows in each of its offers."""

    pk: int
    path: str
    level: float
    since: int
    remote: bool
    regions: tuple[str, ...]  # where it delivers; none: everywhere
    cell: str  # the same for COPY
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Goods:
    """A product as it is offered."""

    pk: int
    name: str
    model: str
    attributes: Mapping[str, str]
    launched: int
    family: str
    middle: int
    spread: float
    twin_of: int | None
    swapped: tuple[str, ...]
    certificates: tuple[tuple[str, str, int], ...]
    warranty: int


@dataclass(frozen=True)
class Draft:
    """An offer before it has a number."""

    state: str
    reason: str
    title: str
    begin: int
    points: Sequence[Point]
    stock: int
    days: int
    expired: str = ""  # the tag whose certificate has run out
    fault: Fault | None = None

    @property
    def price(self) -> int:
        """What it costs now, in cents."""
        return self.points[-1][1]


def write_offers(ground: Ground, progress: Progress) -> None:
    """All offers, with whatever hangs on them."""
    writer = Writer(ground)
    counts, total = writer.counts(), ground.size.offers
    progress("offers", 0, total)
    with bare(Offer, PriceChange, PolicyTag):
        for goods, count in zip(writer.goods(), counts, strict=True):
            for shop in writer.sellers(goods, count):
                writer.offer(goods, shop)
                if writer.waiting == A_BATCH:
                    writer.send()
                    progress("offers", writer.written, total)
        writer.send()
    go_on_counting(Offer, PriceChange, PolicyTag)
    progress("offers", writer.written, total)


class Writer:
    """Draws one offer after the other, and sends them in batches with their bulk acts."""

    def __init__(self, ground: Ground) -> None:
        seed = ground.plan.seed
        self.ground, self.at, self.rng = ground, seconds(ground.at), Random(f"{seed}/bazhou/offers")
        self.shops = _by_family(ground)
        self.twins = _twins()
        self.base, self.written, self.waiting, self.batches = first_id(Offer), 0, 0, 0
        self.points, self.claims = first_id(PriceChange), first_id(PolicyTag)
        self.digests: dict[str, str] = {}
        self.offers, self.truth = Sheet(quoted(Offer), COLUMNS), faults.sheet()
        self.prices = Sheet(quoted(PriceChange), ("id", "offer_id", "price", "at"))
        self.tags = Sheet(quoted(PolicyTag), ("id", "offer_id", "tag", "certificate", "expires_on"))
        self.sizes_until = sizes_until(ground.at).isoformat()
        self.reviewed_until = {path: _review_until(ground, path) for path in ground.paths.values()}

    def goods(self) -> Iterator[Goods]:
        """The products in the order of their ids."""
        rng, last = Random(f"{self.ground.plan.seed}/bazhou/certificates"), 0
        while rows := _rows(_GOODS, [last, A_BATCH]):
            yield from (_goods(rng, row, self.at) for row in rows)
            last = rows[-1][0]

    def counts(self) -> list[int]:
        """How many shops sell each product: a long tail, and in all as many offers as there are to be."""
        rng = Random(f"{self.ground.plan.seed}/bazhou/sellers")
        told = _rows(
            "SELECT c.code, g.twin_of IS NOT NULL, g.swapped <> '' FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id"
            " JOIN demo.goods g ON g.product_id = p.id ORDER BY p.id",
            [],
        )
        most = [self._most(shelf.kinds()[code].family, twin, flawed) for code, twin, flawed in told]
        counts = [max(1, min(limit, round(rng.lognormvariate(*SELLERS)))) for limit in most]
        missing = self.ground.size.offers - sum(counts)
        step = 1 if missing > 0 else -1
        while missing:
            place = rng.randrange(len(counts))
            if 1 <= counts[place] + step <= most[place]:
                counts[place] += step
                missing -= step
        return counts

    def _most(self, family: str, twin: bool, flawed: bool) -> int:
        limit = SELLERS_OF_A_FLAW if flawed else SELLERS_OF_A_TWIN if twin else SELLERS_MOST
        if family in SERVICE_FAMILIES:
            limit = min(limit, SELLERS_OF_A_SERVICE)
        return min(limit, len(self.shops[family]))

    def sellers(self, goods: Goods, count: int) -> Sequence[Shop]:
        """So many different shops, the large ones more often."""
        shops, rng = self.shops[goods.family], self.rng
        if count * 3 >= len(shops):
            return rng.sample(shops, count)
        found: dict[int, None] = {}
        while len(found) < count:
            found[int(len(shops) * rng.random() ** SKEW)] = None
        return [shops[place] for place in found]

    def offer(self, goods: Goods, shop: Shop) -> None:
        """Draw one offer, and what may be wrong with it, and put both on the sheets."""
        draft = self._spoilt(self._draft(goods, shop), goods)
        pk = self.base + self.written
        number = number_of("SK", compact_date(draft.begin), figure(self.ground.plan.seed, self.written))
        self._keep(pk, number, goods, shop, draft)
        self._claim(pk, goods, shop, draft.expired)
        if draft.fault is not None:
            faults.add(self.truth, pk, number, draft.fault)
        self.written += 1
        self.waiting += 1

    def send(self) -> None:
        """Write what waits, and record it as one act."""
        if not self.waiting:
            return
        for sheet in (self.offers, self.prices, self.tags, self.truth):
            sheet.send()
        by = self.ground.operator
        under = self.ground.batch("offer", self.batches)
        take_over(Offer, self.digests, under=under, by=by, at=self.ground.at, region_path=by.region_path)
        self.digests, self.waiting, self.batches = {}, 0, self.batches + 1

    def _draft(self, goods: Goods, shop: Shop) -> Draft:
        rng = self.rng
        state, reason = _standing(rng)
        begin = self._begin(goods, shop, state)
        price = tidy(asked(rng, goods.middle, goods.spread, shop.level))
        return Draft(
            state=state,
            reason=reason,
            title=goods.name + rng.choice(FLOURISHES),
            begin=begin,
            points=history(rng, price, goods.family, begin, self.at),
            stock=_stock(rng, price),
            days=rng.choice(DELIVERY_DAYS) + 2 * shop.remote,
        )

    def _begin(self, goods: Goods, shop: Shop, state: str) -> int:
        if state in shelf.NEVER_LISTED:
            return self.at - 4 * 3_600 - self.rng.randrange(40 * 3_600)
        first = max(goods.launched + 5 * DAY, shop.since)
        return first + int((self.at - 3 * DAY - first) * self.rng.betavariate(0.9, 1.7))

    def _spoilt(self, draft: Draft, goods: Goods) -> Draft:
        """The offer with the fault of its product, or with one of its own, or as it is."""
        if goods.swapped:
            return replace(draft, fault=Fault(faults.PARAMETERS, {"parameters": list(goods.swapped), "in": "product"}))
        if goods.twin_of:
            return replace(draft, fault=Fault(faults.DUPLICATE, {"of": self.twins[goods.twin_of]}))
        kind = faults.drawn(self.rng) if draft.state == "listed" else ""
        if kind == faults.PARAMETERS and (wrong := faults.exchanged(self.rng, goods.name, goods.attributes)):
            return replace(draft, title=wrong[0], fault=wrong[1])
        if kind == faults.CERTIFICATE and goods.certificates:
            tag = goods.certificates[0][0]
            return replace(draft, expired=tag, fault=Fault(kind, {"tag": tag}))
        if (wrongly := self._wrong_price(kind, goods, draft.price)) is None:
            return draft
        draft = replace(draft, fault=wrongly[0], points=self._led_to(draft.points, draft.price, wrongly[1]))
        if kind == faults.BAIT:
            return replace(draft, stock=self.rng.randint(0, 1), days=self.rng.randint(25, 60))
        return draft

    def _wrong_price(self, kind: str, goods: Goods, fair: int) -> tuple[Fault, int] | None:
        """A price that is wrong in this way; None where it cannot happen."""
        rng = self.rng
        if kind in (faults.OVERPRICED, faults.BAIT):
            factor = rng.uniform(*(faults.TOO_MUCH if kind == faults.OVERPRICED else faults.TOO_LITTLE))
            price = tidy(goods.middle * factor)
            return Fault(kind, {"factor": round(price / goods.middle, 3), "fair": yuan(fair)}), price
        if kind == faults.UNIT and goods.family in faults.BY_THE_PIECE:
            pieces = rng.choice(faults.BOXES)
            price = tidy(fair * pieces if rng.random() < 0.5 else fair / pieces)
            return Fault(kind, {"pieces": pieces, "factor": round(price / fair, 3), "fair": yuan(fair)}), price
        return None

    def _led_to(self, points: Sequence[Point], fair: int, price: int) -> Sequence[Point]:
        """The wrong price came lately, or was there from the beginning."""
        lately = self.at - DAY - self.rng.randrange(50 * DAY)
        if lately > points[-1][0] and self.rng.random() < 0.6:
            return (*points, (lately, price))
        return [*((moment, tidy(was * price / fair)) for moment, was in points[:-1]), (points[-1][0], price)]

    def _keep(self, pk: int, number: str, goods: Goods, shop: Shop, draft: Draft) -> None:
        state, points, price = draft.state, draft.points, yuan(draft.price)
        submitted = None if state == "draft" else draft.begin + 25 * 60
        listed = None if state in shelf.NEVER_LISTED else min(draft.begin + 20 * 3_600, self.at)
        changed = points[-1][0] if len(points) > 1 else None
        until = self.reviewed_until[shop.path] if state in ("review", "unfreeze_review") else NULL
        sku = f"{goods.model}-{goods.pk}"
        self.offers.add(
            str(pk), number, shop.path, state, "1", str(shop.pk), str(goods.pk), text(sku), text(draft.title), "", price, stamp(changed), str(draft.stock), "0",
            str(draft.days), shop.cell, str(goods.warranty), stamp(draft.begin), stamp(submitted), until, stamp(listed), draft.reason, "[]", "0",
        )  # fmt: skip
        sealed = {
            "number": number, "state": state, "supplier_id": shop.pk, "product_id": goods.pk, "sku_code": sku, "title": draft.title, "price": price, "reason": draft.reason,
        }  # fmt: skip
        self.digests[number] = sha256(canonical(sealed).encode()).hexdigest()
        for moment, cents in points:
            self.prices.add(str(self.points), str(pk), yuan(cents), stamp(moment))
            self.points += 1

    def _claim(self, pk: int, goods: Goods, shop: Shop, expired: str) -> None:
        offer = str(pk)
        for tag, certificate, ends in goods.certificates:
            over = tag == expired
            if over or self.rng.random() < CLAIMED:
                self.tags.add(
                    str(self.claims), offer, tag, certificate, date_of(self.at - DAY * self.rng.randint(5, 200) if over else ends)
                )
                self.claims += 1
        poor = goods.family == "food" and goods.pk % 2 == 1
        own: list[tuple[str, str, str]] = [(tag, "", self.sizes_until) for tag in shop.tags]
        if poor:
            mark = crc32(goods.name.encode())  # the same in every database
            own.append(("platform_832", f"FP832-{mark % 1_000_000:06}", date_of(self.at + DAY * (30 + mark % 600))))
        elif goods.family not in SERVICE_FAMILIES:
            own.append(("domestic_product", "", NULL))
        for tag, certificate, until in own:
            self.tags.add(str(self.claims), offer, tag, certificate, until)
            self.claims += 1


def shops_of(ground: Ground) -> dict[str, Shop]:
    """The suppliers as sellers, by key."""
    rng = Random(f"{ground.plan.seed}/bazhou/shops")
    return {party.key: _shop(ground, rng, party) for party in ground.shops}


def _by_family(ground: Ground) -> dict[str, list[Shop]]:
    """The sellers of each family of goods, the larger ones first."""
    shops, found = shops_of(ground), dict[str, list[Shop]]()
    for party in ground.shops:
        for family in party.families:
            found.setdefault(family, []).append(shops[party.key])
    return found


def _shop(ground: Ground, rng: Random, party: Organisation) -> Shop:
    regions = _where(rng, party)
    return Shop(
        pk=ground.ids[party.key],
        path=ground.paths[party.region],
        level=rng.gauss(0.0, SHOP_LEVEL),
        since=seconds(party.since or ground.at),
        remote=party.region in cast.REMOTE,
        regions=regions,
        cell=array(regions),
        tags=party.sized_tags,
    )


def _where(rng: Random, party: Organisation) -> tuple[str, ...]:
    """Most shops deliver everywhere; some keep to their own division, the city, and a few near it."""
    if rng.random() >= LOCAL or party.key in (cast.MAIN_SUPPLIER, cast.SECOND_SUPPLIER):
        return ()
    others = [region.code for region in cast.REGIONS if region.code != cast.PREFECTURE and region.code not in cast.REMOTE]
    return tuple(sorted({party.region, "652801", *rng.sample(others, rng.randint(0, LOCAL_MOST))} - {cast.PREFECTURE}))


def _goods(rng: Random, row: Sequence[Any], at: int) -> Goods:
    pk, _number, name, model, attributes, launched, code, middle, spread, twin_of, swapped = row
    family = shelf.kinds()[code].family
    told = attributes if isinstance(attributes, dict) else _loads(attributes)
    warranty = told.get("warranty", "0")
    return Goods(
        pk, name, model, told, launched, family, middle, spread, twin_of, tuple(swapped.split(",")) if swapped else (),
        tuple(_certificates(rng, family, code, told, at)), int(warranty) if warranty.isdigit() else 0,
    )  # fmt: skip


def _certificates(rng: Random, family: str, code: str, attributes: Mapping[str, str], at: int) -> Iterator[tuple[str, str, int]]:
    """What the maker of a product was certified, with the number and the day on which it ends."""
    first = attributes.get("energy_grade", "").startswith("一级")
    wanted = (
        ("energy_saving", "SLC-JN", family in shelf.ENERGY_CLASSES and (first or rng.random() < 0.2)),
        ("environmental_label", "SLC-HB", family in shelf.LABEL_CLASSES and rng.random() < 0.3),
    )
    for tag, issuer, has in wanted:
        if has:
            ends = at + DAY * rng.choice(CERTIFICATES)
            yield tag, f"{issuer}-{date_of(at)[:4]}-{code[1:]}-{rng.randint(1, 999_999):06d}", ends


def _standing(rng: Random) -> tuple[str, str]:
    left = rng.random()
    for state, share in STANDINGS:
        if left < share:
            return state, rng.choice(OFFER_REASONS.get(state, ("",)))
        left -= share
    return "listed", ""


def _stock(rng: Random, cents: int) -> int:
    if rng.random() < 0.03:
        return 0
    most = 9_000 if cents < 50_00 else 1_800 if cents < 500_00 else 300 if cents < 5_000_00 else 60
    return rng.randint(most // 6, most)


def _review_until(ground: Ground, path: str) -> str:
    start = ground.at - timedelta(hours=12)
    return stamp(seconds(rulebook.deadline("listing.review_limit", start=start, region_path=path, on=local_day(start))))


def _twins() -> Mapping[int, str]:
    return dict(_rows(_TWINS, []))


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return list(cursor.fetchall())


def _loads(told: str) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(told)
    return found
