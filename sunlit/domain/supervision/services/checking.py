"""All checks over some products: what is wrong with each offer on sale, with the figures that show it. Reads; writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.supervision.rules import plain
from sunlit.domain.supervision.rules.classes import Found, Kind, Watch, watch_of
from sunlit.domain.supervision.rules.plain import Line
from sunlit.domain.supervision.rules.score import Row, Score, Yardstick, adjusted, score
from sunlit.domain.supervision.services import gathering
from sunlit.domain.supervision.services.gathering import Around, Goods, Group, OnSale
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day

OTHER_SELLERS_LEAST: Final = 2  # sellers of a product, of whom one is judged: from one other alone no spread can be told
FEW_ROWS: Final = 60  # with more rows no rule asks for neighbours


@dataclass(frozen=True, slots=True)
class Judged:
    """An offer, its score where one could be computed, whether similar products had to stand in, and everything that was found."""

    offer: OnSale
    goods: Goods
    score: Score | None
    like: bool
    found: tuple[Found, ...]


@dataclass
class Settings:
    """The rulebook's answers at this instant, by region, asked once."""

    at: datetime
    known: dict[str, Watch] = field(default_factory=dict)
    books: dict[str, catalog.Discipline] = field(default_factory=dict)
    words: dict[str, tuple[dict[str, str], Decimal]] = field(default_factory=dict)

    def of(self, region_path: str) -> Watch:
        if region_path not in self.known:
            self.known[region_path] = watch_of(region_path, local_day(self.at))
        return self.known[region_path]

    def ceiling_of(self, references: Sequence[catalog.Reference], region_path: str) -> catalog.Ceiling:
        """The ceiling by the rules of the region, which are asked once."""
        if region_path not in self.books:
            self.books[region_path] = catalog.discipline_of(region_path, local_day(self.at))
        return catalog.ceiling_of(references, book=self.books[region_path], at=self.at)

    def texts(self, region_path: str) -> tuple[dict[str, str], Decimal]:
        """Words that must not stand in a name, and from what likeness on two names are one."""
        if region_path not in self.words:
            self.words[region_path] = (catalog.banned_words(region_path, self.at), catalog.twins_percent(region_path, self.at))
        return self.words[region_path]

    @cached_property
    def everywhere(self) -> Watch:
        return self.of(regions.ROOT)


def judged(product_ids: Sequence[int], *, settings: Settings) -> list[Judged]:
    """Every offer on sale of these products with what the checks find. A fixed number of statements."""
    goods = gathering.goods_of(product_ids, at=settings.at, window_days=settings.everywhere.window_days)
    goods = [it for it in goods if it.offers]
    if not goods:
        return []
    categories = {it.category_id for it in goods}
    templates = gathering.templates(categories)
    few = [it for it in goods if len(it.rows) < FEW_ROWS]
    bench = _Bench(
        settings=settings,
        yardsticks=gathering.yardsticks(categories),
        templates=templates,
        around=gathering.around(
            goods, at=settings.at, jump_days=settings.everywhere.jump_days, phantom_days=settings.everywhere.phantom_days
        ),
        ceilings=_ceilings(goods, settings),
        groups=gathering.neighbours(
            (it.category_id, signature)
            for it in few
            if (signature := gathering.signature_of(it.attributes, templates.get(it.category_id, ())))
        ),
    )
    return [one for it in goods for one in bench.judge(it)]


def _ceilings(goods: Sequence[Goods], settings: Settings) -> dict[tuple[int, str], catalog.Ceiling]:
    """The highest price by the reference prices, by product and region of the supplier."""
    references = catalog.reference_prices([it.id for it in goods], at=settings.at)
    places = {(it.id, offer.region_path) for it in goods if it.id in references for offer in it.offers}
    return {(pk, path): settings.ceiling_of(references[pk], path) for pk, path in places}


@dataclass(frozen=True)
class _Bench:
    """What was gathered for some products, and the checks over it."""

    settings: Settings
    yardsticks: Mapping[int, tuple[Yardstick, Mapping[str, Mapping[str, int]]]]
    templates: Mapping[int, Sequence[Line]]
    around: Around
    ceilings: Mapping[tuple[int, str], catalog.Ceiling]
    groups: Mapping[Group, Sequence[tuple[int, float]]]

    def judge(self, goods: Goods) -> Iterator[Judged]:
        template = self.templates.get(goods.category_id, ())
        yard, usual = self.yardsticks.get(goods.category_id, (None, {}))
        market = _Market(goods, yard, self._near(goods, template)) if yard else None
        missing = tuple(plain.parameters_are_given(goods.attributes, template))
        double = self._double(goods)
        wrong = plain.parameters_agree(goods.attributes, template, usual)
        for offer in goods.offers:
            watch = self.settings.of(offer.region_path)
            found = [*missing, *double, *self._record(goods, offer, watch), *self._texts(offer)]
            if lines := [*wrong, *plain.title_agrees(goods.attributes, template, offer.title, goods.name)]:
                found.append(plain.contradictory(lines, goods.attributes))
            told, like = market.score(offer, watch) if market else (None, False)
            if market and told:
                found += self._stands_out(offer, market, told, watch, like)
            yield Judged(offer, goods, told, like, tuple({it.kind: it for it in found if it.kind in watch.on}.values()))

    def _double(self, goods: Goods) -> tuple[Found, ...]:
        """The product stands in the library already, under a model that is written otherwise."""
        for number, ours, theirs, brand in self.around.doubles.get(goods.id, ()):
            if plain.is_written_otherwise(ours, theirs, map(catalog.key_of, brand), self.settings.everywhere.fillers):
                return (Found(Kind.DUPLICATE_LISTING, {"other": number, "percent": 100}),)
        return ()

    def _near(self, goods: Goods, template: Sequence[Line]) -> list[float]:
        group = self.groups.get((goods.category_id, gathering.signature_of(goods.attributes, template)), ())
        return gathering.nearest(group, goods.id)

    def _stands_out(self, offer: OnSale, market: _Market, told: Score, watch: Watch, like: bool) -> Iterator[Found]:
        no, yes = self.around.answers.get(offer.id, (0, 0))
        found = plain.price_stands_out(
            told,
            price=offer.price,
            sellers=market.sellers,
            watch=watch,
            packs=market.packs,
            unit=market.goods.unit,
            stock=offer.stock,
            unconfirmed=0 if yes else no,
            like=like,
        )
        for it in found:
            yield Found(it.kind, {**it.figures, **market.basis(offer, watch, like)})

    def _record(self, goods: Goods, offer: OnSale, watch: Watch) -> Iterator[Found]:
        """The price against its own past and the reference prices; orders; certificates."""
        yield from plain.price_is_not_raised_steeply(offer.price, self.around.lowest.get(offer.id), watch)
        yield from plain.price_is_not_above(offer.price, self.ceilings.get((goods.id, offer.region_path)))
        yield from plain.stock_is_real(offer.stock, *self.around.answers.get(offer.id, (0, 0)), watch)
        if claims := self.around.claims.get(offer.id):
            yield from plain.certificates_are_in_date(claims, local_day(self.settings.at))

    def _texts(self, offer: OnSale) -> Iterator[Found]:
        words, likeness = self.settings.texts(offer.region_path)
        if banned := catalog.banned_words_in(f"{offer.title}\n{offer.detail}", words=words):
            yield Found(Kind.BANNED_WORD, {"words": "、".join(banned)})
        for number, title in self.around.twins.get(offer.id, ()):
            percent = catalog.names_alike(offer.title, title)
            if percent >= likeness:
                yield Found(Kind.DUPLICATE_LISTING, {"other": number, "percent": percent})
                return


@dataclass(frozen=True)
class _Market:
    """The rows of a product, adjusted; and the levels of its neighbours, which stand in where it has few sellers."""

    goods: Goods
    yard: Yardstick
    near: Sequence[float]

    @cached_property
    def placed(self) -> list[tuple[int, float]]:
        return [(row.seller, adjusted(row, self.yard)) for row in self.goods.rows]

    @cached_property
    def sellers(self) -> int:
        return len({row.seller for row in self.goods.rows})

    @cached_property
    def packs(self) -> set[int]:
        return plain.packs_in(self.goods.name, self.goods.unit, *map(str, self.goods.attributes.values()))

    def score(self, offer: OnSale, watch: Watch) -> tuple[Score | None, bool]:
        """The score against the rows of the others; where they are too few, neighbours join them. None where even then there are too few."""
        others = [x for seller, x in self.placed if seller != offer.supplier_id]
        like = len(others) + 1 < watch.sellers_min or self.sellers <= OTHER_SELLERS_LEAST
        if like:
            others += self.near
        if len(others) + 1 < watch.sellers_min:
            return None, like
        return score(self.place(offer), others, category_mad=self.yard.mad, shrinkage=watch.shrinkage), like

    def place(self, offer: OnSale) -> float:
        return adjusted(Row(offer.supplier_id, float(offer.price), region=offer.region_path), self.yard)

    def basis(self, offer: OnSale, watch: Watch, like: bool) -> dict[str, Any]:
        """All that the score was computed from: rows as [price, months back, quantity, region, adjusted logarithm], without the sellers' names."""
        rows = [row for row in self.goods.rows if row.seller != offer.supplier_id]
        return {
            "rows": [[f"{row.price:.2f}", row.months, row.quantity, row.region, plain.exact(adjusted(row, self.yard))] for row in rows],
            "neighbours": [plain.exact(level) for level in self.near] if like else [],
            "basis": {
                "category_mad": plain.exact(self.yard.mad),
                "shrinkage": watch.shrinkage,
                "region": offer.region_path,
                "region_effect": plain.exact(self.yard.regions.get(offer.region_path, 0.0)),
                "slope": plain.exact(self.yard.slope),
            },
        }
