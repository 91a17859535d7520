"""Whether two products are the same: what speaks for it and against it, with figures. Pure; people decide what is not certain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Attribute, Product
from sunlit.domain.catalog.rules.reading import key_of
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason

GTIN_DIFFERS = Reason(
    "CAT-094", _("In the library this product has the barcode {known}, not {value}: check the model, or correct the barcode."), CONFLICT
)

MODEL_POINTS: Final = 60
ATTRIBUTE_POINTS: Final = 40
SAME_GTIN_POINTS: Final = 90
PROPOSED_FROM: Final = 60  # points of 100
_LIKE_FIGURES: Final = str.maketrans("OIL", "011")

WHY: Final = {
    "gtin": _("The barcode {gtin} is the same."),
    "brand": _("The brand is the same: {one}."),
    "brands": _("The brands differ: {one} and {other}."),
    "model": _("The models {one} and {other} are {percent} per cent alike."),
    "keys": _("{same} of {known} key parameters that both tell are the same."),
    "no_keys": _("No key parameter is told by both."),
    "against": _("{name} differs: {one} and {other}."),
}


@dataclass(frozen=True)
class Likeness:
    """Points of 100, and the reasons as they are stored with a proposal."""

    score: int
    reasons: list[dict[str, Any]]


def core_of(model_key: str) -> str:
    """The part of a model that its variants share: M126A and M126NW are both variants of M126. The database says the same (`Core`)."""
    bare = re.sub(r"\([^)]*\)|[^A-Z0-9]", "", model_key)
    found = re.match(r"^.*[0-9]", bare)
    return _folded(found.group()) if found else ""


def _folded(text: str) -> str:
    """Letters that are mistaken for figures, as figures."""
    return text.translate(_LIKE_FIGURES)


def likeness(one: Product, other: Product, template: Sequence[Attribute], *, same_brand: bool) -> Likeness:
    """How much speaks for two products of one category being the same."""
    percent = int(SequenceMatcher(None, _bare(one), _bare(other), autojunk=False).ratio() * 100)
    same, against = _keys(one.attributes, other.attributes, template)
    known = len(same) + len(against)
    points = percent * MODEL_POINTS // 100 + (ATTRIBUTE_POINTS * len(same) // known if known else ATTRIBUTE_POINTS // 2)
    score = points // 2 if against else points
    same_gtin = bool(one.gtin) and one.gtin == other.gtin
    if same_gtin:
        score = max(score, SAME_GTIN_POINTS)
    reasons: list[dict[str, Any]] = [{"why": "gtin", "gtin": one.gtin}] if same_gtin else []
    reasons.append({"why": "brand" if same_brand else "brands", "one": one.brand.name_zh, "other": other.brand.name_zh})
    reasons.append({"why": "model", "one": one.model, "other": other.model, "percent": percent})
    reasons.append({"why": "keys", "same": len(same), "known": known} if known else {"why": "no_keys"})
    reasons += [
        {"why": "against", "name": line.name_zh, "one": one.attributes[line.key], "other": other.attributes[line.key]} for line in against
    ]
    return Likeness(score, reasons)


def contradicts(one: Mapping[str, str], other: Mapping[str, str], template: Sequence[Attribute]) -> bool:
    """True when a key parameter that both tell is not the same."""
    return bool(_keys(one, other, template)[1])


def has_its_barcode(known: str, given: str) -> list[Problem]:
    """One product, one barcode."""
    return [Problem(GTIN_DIFFERS, {"known": known, "value": given}, on="gtin")] if known and given and known != given else []


def _bare(product: Product) -> str:
    return _folded(re.sub(r"\([^)]*\)|[^A-Z0-9]", "", product.model_key)) or product.model_key


def _keys(one: Mapping[str, str], other: Mapping[str, str], template: Sequence[Attribute]) -> tuple[list[Attribute], list[Attribute]]:
    """The key parameters that both tell: the same, and not the same."""
    told = [line for line in template if line.is_key and one.get(line.key) and other.get(line.key)]
    same = [line for line in told if key_of(one[line.key]) == key_of(other[line.key])]
    return same, [line for line in told if line not in same]
