"""What is wrong with an offer on its face: each check is handed what it reads and yields what it finds. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from math import log
from typing import Any, Final

from sunlit.domain.catalog.queries import Ceiling
from sunlit.domain.supervision.rules.classes import Found, Kind, Watch
from sunlit.domain.supervision.rules.score import Score
from sunlit.foundation.kernel.money import FEN

TENS: Final = (10, 100, 1000)
OTHERS_LEAST: Final = 2  # of two sellers nobody can say which one took the wrong unit
COMMON: Final = 5  # a value is at home under another parameter when it stands there this many times as often
NAMES_MOST: Final = 12
TENTH: Final = Decimal("0.1")

_FIGURES: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)

_PACK: Final = re.compile(
    r"(\d{1,4})\s*(?:支|枝|瓶|包|张|本|个|只|卷|袋|片|块|听|罐|盒|双|条|枚|抽)\s*(?:/|每|一|×|x|X)?\s*(?:箱|盒|包|件|提|打|袋|卷|桶|套|组)"
)


@dataclass(frozen=True)
class Line:
    """A line of the category's template, as far as values are checked against it."""

    key: str
    name_zh: str
    name_en: str
    unit: str
    type: str
    choices: tuple[str, ...]
    required: bool
    is_key: bool = False


# Prices against their like


def price_stands_out(
    told: Score, *, price: Decimal, sellers: int, watch: Watch, packs: Iterable[int], unit: str, stock: int, unconfirmed: int, like: bool
) -> Iterator[Found]:
    """One of: wrong unit, misplaced point, too high, bait. `like`: the others are similar products, against which only a high price is judged."""
    if abs(told.z) <= watch.z_min:
        return
    figures = {**figures_of(told, price), "sellers": sellers, "days": watch.window_days, "price": str(price)}
    if not like and told.rows >= OTHERS_LEAST and (slip := _slip(told, watch, packs)):
        kind, pack = slip
        yield Found(kind, {**figures, "pack": pack, "unit": unit})
    elif told.z > 0 and Decimal(figures["percent"]) >= watch.percent_min:
        yield Found(Kind.PRICE_HIGH_LIKE if like else Kind.PRICE_HIGH, figures)
    elif (
        not like
        and told.z < 0
        and -Decimal(figures["percent"]) >= watch.bait_below
        and (stock <= watch.bait_stock or unconfirmed >= watch.bait_orders)
    ):
        yield Found(Kind.BAIT_PRICE, {**figures, "percent": figures["percent"].removeprefix("-"), "stock": stock, "orders": unconfirmed})


def figures_of(told: Score, price: Decimal) -> dict[str, Any]:
    """The figures of a score as a case keeps them: the median in yuan, as the offer would have to ask for it."""
    return {
        "percent": str(Decimal(told.percent).quantize(TENTH, ROUND_DOWN)),
        "median": str((price / Decimal(told.ratio)).quantize(FEN, ROUND_HALF_UP)),
        "ratio": _ratio(told.ratio),
        "count": told.rows,
        "z": str(Decimal(told.z).quantize(TENTH, ROUND_DOWN)),
        "exact": {name: exact(getattr(told, name)) for name in ("x", "median", "mad", "scale", "z")},
    }


def exact(figure: float) -> str:
    """A logarithm as it is kept: nine places."""
    return f"{figure:.9f}"


def packs_in(*texts: str) -> set[int]:
    """The pack sizes that a name or parameter tells, such as 24 in “24瓶/箱”."""
    found = {int(size) for text in texts for size in _PACK.findall(unicodedata.normalize("NFKC", text))}
    return {size for size in found if size > 1}


def _slip(told: Score, watch: Watch, packs: Iterable[int]) -> tuple[Kind, int] | None:
    """The pack or power of ten that the ratio, or its inverse, lies near: a pack that the product tells first, then tens, then usual packs."""
    turns = ((Kind.UNIT_WRONG, tuple(packs)), (Kind.DECIMAL_SLIP, TENS), (Kind.UNIT_WRONG, watch.pack_sizes))
    distance = abs(told.x - told.median)
    near = ((kind, size) for kind, sizes in turns for size in sizes if abs(distance - log(size)) <= log(1 + watch.unit_tolerance))
    return next(near, None)


def _ratio(ratio: float) -> str:
    return str(Decimal(ratio).quantize(FEN if ratio >= 1 else Decimal("0.0001"), ROUND_HALF_UP).normalize())


# Prices against themselves and the market


def price_is_not_raised_steeply(price: Decimal, lowest: Decimal | None, watch: Watch) -> Iterator[Found]:
    """Nobody raises a price just before the orders come: against the lowest of the window."""
    if lowest is None or lowest <= 0:
        return
    percent = (price / lowest - 1) * 100
    if percent >= watch.jump_rise:
        yield Found(
            Kind.PRICE_JUMP,
            {"old": str(lowest), "price": str(price), "days": watch.jump_days, "percent": str(percent.quantize(TENTH, ROUND_DOWN))},
        )


def stock_is_real(stock: int, unconfirmed: int, confirmed: int, watch: Watch) -> Iterator[Found]:
    """What is told to be in stock is delivered when it is ordered."""
    if stock > 0 and confirmed == 0 and unconfirmed >= watch.phantom_orders:
        yield Found(Kind.PHANTOM_STOCK, {"orders": unconfirmed, "days": watch.phantom_days, "stock": stock})


# What is told of the goods


def parameters_are_given(attributes: Mapping[str, str], template: Sequence[Line]) -> Iterator[Found]:
    """Every required parameter of the category has a value."""
    missing = [line for line in template if line.required and not str(attributes.get(line.key, "")).strip()]
    if missing:
        yield Found(Kind.PARAMS_MISSING, _named(missing))


def parameters_agree(attributes: Mapping[str, str], template: Sequence[Line], usual: Mapping[str, Mapping[str, int]]) -> list[Line]:
    """The parameters of a product whose values do not fit the template or are swapped. `usual`: how often each value stands in the category."""
    told = _told(attributes, template)
    wrong = [line for line in template if told[line.key] and not _fits(line, told[line.key])]
    return wrong + [line for line in _swapped(template, told, usual) if line not in wrong]


def title_agrees(attributes: Mapping[str, str], template: Sequence[Line], title: str, name: str) -> list[Line]:
    """The parameters whose figures the offer's title exchanges: the figures of the product's name, in another order."""
    if title == name or title.startswith(name):
        return []
    ours, theirs = _FIGURES.findall(title), _FIGURES.findall(name)
    if ours[: len(theirs)] == theirs or sorted(ours[: len(theirs)]) != sorted(theirs):
        return []
    told = _told(attributes, template)
    moved = {was for now, was in zip(ours, theirs, strict=False) if now != was}
    return [line for line in template if moved.intersection(_FIGURES.findall(told[line.key]))]


def contradictory(lines: Sequence[Line], attributes: Mapping[str, str]) -> Found:
    """What is found where these parameters do not agree."""
    unique = list({line.key: line for line in lines}.values())
    return Found(
        Kind.PARAMS_CONTRADICTORY, _named(unique) | {"values": {it.key: str(attributes.get(it.key, "")) for it in unique[:NAMES_MOST]}}
    )


def is_written_otherwise(ours: str, theirs: str, brand: Iterable[str], fillers: Iterable[str]) -> bool:
    """Our model is theirs with nothing added but the brand's name, a filler such as 新款, or marks. Both as they are compared."""
    if theirs not in ours or ours == theirs:
        return False
    rest = ours.replace(theirs, "", 1)
    for word in sorted({*brand, *fillers} - {""}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return not any(char.isalnum() for char in rest)


def price_is_not_above(price: Decimal, ceiling: Ceiling | None) -> Iterator[Found]:
    """Nobody asks more than the reference price and its tolerance (浙江 商品发布及审核指南 2025-09)."""
    if ceiling is not None and price > ceiling.ceiling:
        figures = {
            "price": str(price),
            "ceiling": str(ceiling.ceiling),
            "reference": str(ceiling.reference),
            "formula": ceiling.formula,
            "sources": ceiling.sources,
            "tolerance": str(ceiling.tolerance),
            "days_old": ceiling.days_old,
            "percent": str(((price / ceiling.reference - 1) * 100).quantize(TENTH, ROUND_DOWN)),
        }
        yield Found(Kind.ABOVE_REFERENCE, figures)


def certificates_are_in_date(claims: Sequence[tuple[str, str, date | None, bool]], day: date) -> Iterator[Found]:
    """Each claim (tag, certificate, last day, must be certified) has its proof, and the proof has not run out. The first that has not is told.

    What has no certificate, as a size that was declared, simply lapses on its last day.
    """
    expired = [
        Found(Kind.CERTIFICATE_EXPIRED, {"tag": tag, "certificate": number or "—", "day": last.isoformat()})
        for tag, number, last, certified in claims
        if last and last < day and (number or certified)
    ]
    missing = [
        Found(Kind.CERTIFICATE_MISSING, {"tag": tag}) for tag, number, last, certified in claims if certified and not (number and last)
    ]
    yield from expired[:1] + missing[:1]


def _told(attributes: Mapping[str, str], template: Sequence[Line]) -> dict[str, str]:
    return {line.key: str(attributes.get(line.key, "")).strip() for line in template}


def _fits(line: Line, value: str) -> bool:
    if line.type == "choice" and line.choices:
        return value in line.choices
    if line.type == "number":
        return _number(value) is not None
    return True


def _swapped(template: Sequence[Line], told: Mapping[str, str], usual: Mapping[str, Mapping[str, int]]) -> list[Line]:
    """Two parameters whose values are each at home under the other."""
    given = [line for line in template if told[line.key] and line.key in usual]
    for place, one in enumerate(given):
        for other in given[place + 1 :]:
            if _at_home(told[one.key], other, one, usual) and _at_home(told[other.key], one, other, usual):
                return [one, other]
    return []


def _at_home(value: str, there: Line, here: Line, usual: Mapping[str, Mapping[str, int]]) -> bool:
    return usual[there.key].get(value, 0) >= COMMON * max(usual[here.key].get(value, 0), 1)


def _number(value: str) -> Decimal | None:
    found = re.match(r"\d+(?:\.\d+)?", value.replace(",", ""))
    return Decimal(found.group()) if found else None


def _named(lines: Sequence[Line]) -> dict[str, Any]:
    shown = lines[:NAMES_MOST]
    return {
        "names": "、".join(line.name_zh for line in shown),
        "names_en": ", ".join(line.name_en or line.name_zh for line in shown),
        "keys": [line.key for line in shown],
    }
