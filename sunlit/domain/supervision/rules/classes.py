"""The fourteen classes that are watched, and what the rulebook says of them: switch, severity, term and thresholds, by region and day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Tag
from sunlit.domain.catalog.queries import key_of
from sunlit.domain.rulebook.queries import Rule_, rule
from sunlit.domain.rulebook.rules import CHOICES
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused


class Kind(StrEnum):
    """A class of what is watched. Of the classes that speak of a price against its like, one offer falls into one at most."""

    PRICE_HIGH = "price_high"
    PRICE_HIGH_LIKE = "price_high_like"
    PRICE_JUMP = "price_jump"
    ABOVE_REFERENCE = "above_reference"
    BAIT_PRICE = "bait_price"
    UNIT_WRONG = "unit_wrong"
    DECIMAL_SLIP = "decimal_slip"
    PARAMS_MISSING = "params_missing"
    PARAMS_CONTRADICTORY = "params_contradictory"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_MISSING = "certificate_missing"
    DUPLICATE_LISTING = "duplicate_listing"
    BANNED_WORD = "banned_word"
    PHANTOM_STOCK = "phantom_stock"


NAMES: Final[dict[str, str | Promise]] = {
    Kind.PRICE_HIGH: _("Price above like offers"),
    Kind.PRICE_HIGH_LIKE: _("Price above similar products"),
    Kind.PRICE_JUMP: _("Steep rise of the price"),
    Kind.ABOVE_REFERENCE: _("Price above the reference price"),
    Kind.BAIT_PRICE: _("Bait price"),
    Kind.UNIT_WRONG: _("Unit of the price doubtful"),
    Kind.DECIMAL_SLIP: _("Decimal point doubtful"),
    Kind.PARAMS_MISSING: _("Parameters missing"),
    Kind.PARAMS_CONTRADICTORY: _("Parameters contradictory"),
    Kind.CERTIFICATE_EXPIRED: _("Certificate expired"),
    Kind.CERTIFICATE_MISSING: _("Certificate missing"),
    Kind.DUPLICATE_LISTING: _("Listed twice"),
    Kind.BANNED_WORD: _("Banned word"),
    Kind.PHANTOM_STOCK: _("Stock that is never delivered"),
}
SEVERITIES: Final[dict[str, str | Promise]] = {"serious": _("serious"), "ordinary": _("ordinary"), "minor": _("minor")}

# What a case says, with the figures it rests on.
SAYS: Final[dict[str, Reason]] = {
    Kind.PRICE_HIGH: Reason(
        "WAT-101", _("{percent} per cent above the median {median} of {count} offers and deals in {days} days in this region, z = {z}.")
    ),
    Kind.PRICE_HIGH_LIKE: Reason(
        "WAT-102",
        _("{percent} per cent above the median {median} of {count} offers and products with the same key parameters, z = {z}."),
    ),
    Kind.PRICE_JUMP: Reason("WAT-103", _("The price rose from {old} to {price} within {days} days: {percent} per cent.")),
    Kind.ABOVE_REFERENCE: Reason(
        "WAT-104",
        _(
            "The price {price} is above {ceiling}: the reference price {reference} ({formula}; {sources} sources) and {tolerance} % at most."
        ),
    ),
    Kind.BAIT_PRICE: Reason(
        "WAT-105",
        _(
            "{percent} per cent below the median {median} of {count} offers and deals, with {stock} in stock and {orders} orders never confirmed."
        ),
    ),
    Kind.UNIT_WRONG: Reason(
        "WAT-106",
        _("{ratio} times the median {median} of {count} offers and deals, near a pack of {pack}: is the price that of one {unit}?"),
    ),
    Kind.DECIMAL_SLIP: Reason(
        "WAT-107", _("{ratio} times the median {median} of {count} offers and deals: does the decimal point stand where it should?")
    ),
    Kind.PARAMS_MISSING: Reason("WAT-108", _("Required parameters are missing: {names}.")),
    Kind.PARAMS_CONTRADICTORY: Reason("WAT-109", _("Parameters contradict the name, the category's template or each other: {names}.")),
    Kind.CERTIFICATE_EXPIRED: Reason("WAT-110", _("The certificate {certificate} for “{names}” expired on {day}.")),
    Kind.CERTIFICATE_MISSING: Reason("WAT-111", _("“{names}” is claimed without a certificate that is in date.")),
    Kind.DUPLICATE_LISTING: Reason("WAT-112", _("{other} seems to be the same product: {percent} per cent alike.")),
    Kind.BANNED_WORD: Reason("WAT-113", _("“{words}” stands in the name or description.")),
    Kind.PHANTOM_STOCK: Reason(
        "WAT-114", _("{orders} orders in {days} days were not confirmed, and none was, although {stock} are in stock.")
    ),
}
MONEY: Final = frozenset({"median", "old", "price", "ceiling", "reference"})


@dataclass(frozen=True)
class Found:
    """Something that a check found at an offer: its class, and every figure that it rests on, plain."""

    kind: Kind
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Watch:
    """What a region watches on a day, and from where on."""

    on: frozenset[str]
    severity: Mapping[str, str]
    z_min: float
    percent_min: Decimal
    sellers_min: int
    window_days: int
    shrinkage: int
    unit_tolerance: float
    pack_sizes: tuple[int, ...]
    fillers: tuple[str, ...]  # as models are compared
    jump_rise: Decimal
    jump_days: int
    bait_below: Decimal
    bait_stock: int
    bait_orders: int
    phantom_orders: int
    phantom_days: int


def watch_of(region_path: str, day: date) -> Watch:
    """The rulebook's answers, from its memory."""

    def asked(key: str, kind: str = "") -> Rule_:
        return rule(key, region_path=region_path, kind=kind, on=day)

    return Watch(
        on=frozenset(kind for kind in Kind if asked("watch.switch", kind).choice == "on"),
        severity={kind: asked("watch.severity", kind).choice for kind in Kind},
        z_min=float(asked("watch.z_min").n),
        percent_min=asked("price.above_median_warn").percent,
        sellers_min=asked("watch.sellers_min").n,
        window_days=asked("watch.window").n,
        shrinkage=asked("watch.shrinkage").n,
        unit_tolerance=float(asked("watch.unit_tolerance").share),
        pack_sizes=tuple(int(size) for size in asked("watch.pack_sizes").words if size.isdecimal()),
        fillers=tuple(key_of(word) for word in asked("watch.model_fillers").words),
        jump_rise=asked("watch.jump_rise").percent,
        jump_days=asked("watch.jump_window").n,
        bait_below=asked("watch.bait_below").percent,
        bait_stock=asked("watch.bait_stock").n,
        bait_orders=asked("watch.bait_orders").n,
        phantom_orders=asked("watch.phantom_orders").n,
        phantom_days=asked("watch.phantom_window").n,
    )


def is_in_force(region_path: str, day: date) -> bool:
    """All rules of supervision hold; after an upgrade they do from the day after the new pack was loaded."""
    try:
        watch_of(region_path, day)
    except Refused:
        return False
    return True


def term_of(kind: str, region_path: str, day: date) -> Rule_:
    """How long the supplier has to correct or explain."""
    return rule("price.anomaly_answer_limit", region_path=region_path, kind=kind, on=day)


def sentence(kind: str, figures: Mapping[str, Any]) -> str:
    """What was found, in the reader's language."""
    shown = {name: money.show(Decimal(str(it))) if name in MONEY else it for name, it in figures.items()}
    if not (get_language() or "zh").startswith("zh"):
        shown |= {name.removesuffix("_en"): it for name, it in shown.items() if name.endswith("_en") and it}
    if "tag" in shown:
        shown["names"] = str(Tag(shown["tag"]).label)
    if "formula" in shown:
        shown["formula"] = str(CHOICES.get(str(shown["formula"]), shown["formula"]))
    return Problem(SAYS[kind], shown).message
