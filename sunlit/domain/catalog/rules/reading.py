"""From what a supplier wrote (form, file or API) to a listing in its normal form, with every problem at its field. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Attribute, Tag
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem, Reason

MISSING = Reason("CAT-010", _("This must be filled in."))
TOO_LONG = Reason("CAT-011", _("At most {most} characters; there are {count}."))
NOT_A_PRICE = Reason("CAT-012", _("“{value}” is not a price: write yuan, such as 1299.00."))
PRICE_PLACES = Reason("CAT-013", _("“{value}” has more than two places after the point: prices are in yuan and fen."))
PRICE_NOT_POSITIVE = Reason("CAT-014", _("A price is above zero and at most {most}; this one is {value}."))
NOT_WHOLE = Reason("CAT-015", _("“{value}” is not a whole number from {low} to {high}."))
NOT_A_CHOICE = Reason("CAT-016", _("“{value}” is not one of the choices: {choices}."))
NOT_A_NUMBER = Reason("CAT-017", _("“{value}” is not a number. Write the figure alone; the unit is {unit}."))
REGION_UNKNOWN = Reason("CAT-018", _("There is no region “{code}” in this net."))
TAG_UNKNOWN = Reason("CAT-019", _("There is no policy tag “{tag}”."))
CERTIFICATE_MISSING = Reason("CAT-020", _("“{tag}” needs the number of its certificate and the day it ends."))
CERTIFICATE_EXPIRED = Reason("CAT-021", _("The certificate {certificate} of “{tag}” ended on {day}."))
NOT_A_DAY = Reason("CAT-022", _("“{value}” is not a date: write it as 2026-12-31."))
ATTRIBUTE_NAME_LONG = Reason("CAT-023", _("The name of an own parameter has at most {most} characters: “{name}”."))
TOO_MANY_OWN = Reason("CAT-024", _("At most {most} own parameters; there are {count}."))

GTIN_LENGTH = Reason("CAT-092", _("“{value}” is no barcode: a GTIN has 8, 12, 13 or 14 figures."))
GTIN_CHECK = Reason("CAT-093", _("The last figure of the barcode {value} must be {digit}: check what was typed."))

SKU_CHARS: Final = 80
MODEL_CHARS: Final = 100
UNIT_CHARS: Final = 10
CERTIFICATE_CHARS: Final = 64
GTIN_LENGTHS: Final = (8, 12, 13, 14)
OWN_ATTRIBUTES: Final = 30
STOCK_MOST: Final = 100_000_000
DAYS_MOST: Final = 365
MONTHS_MOST: Final = 600
SIZE_UNPROVEN = Reason(
    "CAT-107",
    _(
        "“{tag}” rests on a declared size: neither the supplier's last declaration nor that of the maker of these goods carries it, or none is in force."
    ),
)
MAKER_OF_SERVICE = Reason("CAT-108", _("Of services and works the size of whoever carries them out counts: a maker is declared for goods."))
MAKER_UNNAMED = Reason("CAT-109", _("Name the maker, in at most {most} characters."))
DIRECT_OF_SERVICE = Reason("CAT-110", _("Services and works have no manufacturer: only goods are sold direct from the manufacturer."))
NOT_THE_MAKER = Reason(
    "CAT-111", _("You declared that these goods are made by {maker}: only what {supplier} makes itself is direct from the manufacturer.")
)
MAKER_UNDECLARED = Reason(
    "CAT-112",
    _("Keep the offer as a draft and declare who makes it first: here “{tag}” needs that declaration beside the certificate ({rule})."),
)
CERTIFIED: Final = (  # the claim rests on a certificate in date
    Tag.ENERGY_SAVING.value,  # 财库〔2019〕9号
    Tag.ENVIRONMENTAL_LABEL.value,
    Tag.PLATFORM_832.value,  # the supplier's number on the platform for farm products from areas out of poverty, and until when it is admitted there
    Tag.MANUFACTURER_DIRECT.value,  # a proof that the supplier makes these goods: licence of production, factory certificate
)
SIZED: Final = (
    Tag.SME.value,
    Tag.SMALL_MICRO.value,
    Tag.PRISON_ENTERPRISE.value,
    Tag.DISABLED_WELFARE_UNIT.value,
)  # the claim rests on a declared size

ATTRIBUTE_PREFIX: Final = "attr."
TEXTS: Final = ("sku_code", "title", "brand", "model", "unit", "detail", "brand_en", "title_en")
WHOLES: Final = {
    "stock": (0, STOCK_MOST),
    "quantity_most": (0, STOCK_MOST),
    "delivery_days": (1, DAYS_MOST),
    "warranty_months": (0, MONTHS_MOST),
}
DEFAULTS: Final = {"stock": 0, "quantity_most": 0, "delivery_days": 3, "warranty_months": 0}
NEEDED: Final = ("sku_code", "title", "brand", "model", "price")

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BETWEEN = re.compile(r"[;；,，、\s]+")
_FIGURE = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)


@dataclass(frozen=True)
class Claim:
    """A policy tag that a supplier claims, with its proof."""

    tag: str
    certificate: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class Lengths:
    """How long texts may be: rows `listing.*` of the rulebook."""

    title: int = 200
    detail: int = 2048
    attribute_name: int = 20
    attribute_value: int = 64


@dataclass(frozen=True)
class Listing:
    """What a supplier says of one stock keeping unit, in its normal form."""

    sku_code: str
    title: str
    brand: str
    model: str
    price: Decimal
    unit: str = ""
    detail: str = ""
    gtin: str = ""
    brand_en: str = ""
    title_en: str = ""
    stock: int = 0
    quantity_most: int = 0
    delivery_days: int = 3
    delivery_regions: tuple[str, ...] = ()
    warranty_months: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()

    @property
    def brand_key(self) -> str:
        return key_of(self.brand)

    @property
    def model_key(self) -> str:
        return key_of(self.model)


def key_of(name: str) -> str:
    """What two spellings of one brand or model have in common: half width, capitals, no blanks and hyphens."""
    return re.sub(r"[\s\-‐‑‒–—―_]+", "", unicodedata.normalize("NFKC", name)).upper()


def plain(value: Any) -> str:
    """The text of a cell or field: no control or direction marks, one line, no blanks around. Whole floats of a workbook lose their point."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return " ".join(_UNSEEN.sub("", str(value)).split())


def read(
    raw: Mapping[str, Any],
    *,
    template: Sequence[Attribute],
    regions: AbstractSet[str],
    lengths: Lengths = Lengths(),
) -> tuple[Listing | None, list[Problem]]:
    """The listing, or None with everything that cannot be read. What is merely incomplete is found by `is_complete`."""
    problems: list[Problem] = []
    values: dict[str, Any] = {name: plain(raw.get(name)) for name in TEXTS if name != "detail"}
    values["detail"] = _lines(raw.get("detail"))
    problems += (Problem(MISSING, on=name) for name in NEEDED if not plain(raw.get(name)))
    problems += _too_long(values, lengths)
    for name, read_one in _READERS.items():
        values[name] = _taken(read_one, raw, name, problems)
    values["delivery_regions"] = regions_of(raw.get("delivery_regions"), regions, problems)
    values["attributes"] = _attributes(raw, template, lengths, problems)
    values["claims"] = _claims(raw, problems)
    for name in ("brand", "model"):
        if values[name] and not key_of(values[name]):
            problems.append(Problem(MISSING, on=name))
    return (None, problems) if problems else (Listing(**values), [])


def is_complete(attributes: Mapping[str, str], claims: Sequence[Claim], template: Sequence[Attribute], day: date) -> Iterator[Problem]:
    """Every required parameter of the category is given, and a certified claim has a certificate that is in date."""
    for line in template:
        if line.required and not attributes.get(line.key):
            yield Problem(MISSING, on=f"{ATTRIBUTE_PREFIX}{line.key}")
    for claim in claims:
        label = Tag(claim.tag).label
        if claim.tag in CERTIFIED and not (claim.certificate and claim.expires_on):
            yield Problem(CERTIFICATE_MISSING, {"tag": label}, on=f"{claim.tag}_certificate")
        elif claim.expires_on and claim.expires_on < day:
            told = {"tag": label, "certificate": claim.certificate or "—", "day": claim.expires_on}
            yield Problem(CERTIFICATE_EXPIRED, told, on=f"{claim.tag}_expires_on")


def rests_on_size(claims: Sequence[Claim], proven: Collection[str]) -> Iterator[Problem]:
    """What is claimed by size is carried by what was declared of it.

    For goods the maker counts, not the dealer (财库〔2020〕46号). Where a supplier declared who makes the goods, that maker's figures carry the claim or
    do not; else claiming it is the supplier's statement that the maker is such an enterprise, believed only of one that counts as one itself.
    """
    for claim in claims:
        if claim.tag in SIZED and claim.tag not in proven:
            yield Problem(SIZE_UNPROVEN, {"tag": Tag(claim.tag).label}, on="tags")


@dataclass(frozen=True)
class Making:
    """What is known of who makes the goods of an offer: the maker that its supplier declared, and whether the region asks for that declaration."""

    supplier: str
    maker: str | None = None
    declaration_asked: bool = False
    rule: str = ""


def rests_on_making(claims: Sequence[Claim], making: Making, *, kind: str) -> Iterator[Problem]:
    """Only goods that the supplier makes itself come direct from the manufacturer, and no declaration of its own says otherwise."""
    direct = Tag.MANUFACTURER_DIRECT
    if direct.value not in {claim.tag for claim in claims}:
        return
    if kind != "goods":
        yield Problem(DIRECT_OF_SERVICE, on="tags")
    elif making.maker is not None and making.maker != making.supplier:
        yield Problem(NOT_THE_MAKER, {"maker": making.maker, "supplier": making.supplier}, on="tags")
    elif making.maker is None and making.declaration_asked:
        yield Problem(MAKER_UNDECLARED, {"tag": direct.label, "rule": making.rule}, on="tags")


def price_of(value: Any, on: str = "price") -> Decimal:
    """A price in yuan, above zero, with at most two places. Raises `Wrong` with the problem."""
    text = plain(value)
    try:
        amount = money.yuan(text)
    except money.NotMoney as error:
        reason = PRICE_PLACES if error.why == "places" else NOT_A_PRICE
        if error.why == "range":
            raise Wrong(Problem(PRICE_NOT_POSITIVE, {"value": text, "most": money.show(money.MOST)}, on)) from None
        raise Wrong(Problem(reason, {"value": text}, on)) from None
    if amount <= 0:
        raise Wrong(Problem(PRICE_NOT_POSITIVE, {"value": text, "most": money.show(money.MOST)}, on))
    return amount


def whole_of(value: Any, low: int, high: int, on: str) -> int:
    """A whole number within bounds. Raises `Wrong` with the problem."""
    text = plain(value).replace(",", "")
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not low <= int(text) <= high:
        raise Wrong(Problem(NOT_WHOLE, {"value": plain(value), "low": low, "high": high}, on))
    return int(text)


def gtin_of(value: Any, on: str = "gtin") -> str:
    """A barcode in its 14 figures, "" for none (GS1 General Specifications: mod 10 with weights 3 and 1 from the right). Raises `Wrong`."""
    text = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", plain(value)))
    if not text:
        return ""
    if len(text) not in GTIN_LENGTHS or not re.fullmatch(r"\d+", text, re.ASCII):
        raise Wrong(Problem(GTIN_LENGTH, {"value": plain(value)[:40]}, on))
    total = sum(int(figure) * (3 if place % 2 == 0 else 1) for place, figure in enumerate(reversed(text[:-1])))
    digit = -total % 10
    if digit != int(text[-1]):
        raise Wrong(Problem(GTIN_CHECK, {"value": text, "digit": digit}, on))
    return text.zfill(14)


class Wrong(Exception):
    """A value that cannot be read; carries the problem to be collected."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def _price(raw: Mapping[str, Any], name: str) -> Decimal | None:
    return price_of(raw.get(name), name) if plain(raw.get(name)) else None


def _whole(raw: Mapping[str, Any], name: str) -> int:
    return whole_of(raw[name], *WHOLES[name], name) if plain(raw.get(name)) else DEFAULTS[name]


def _gtin(raw: Mapping[str, Any], name: str) -> str:
    return gtin_of(raw.get(name), name)


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Any]]] = {"price": _price, "gtin": _gtin, **dict.fromkeys(WHOLES, _whole)}


def _taken(read_one: Callable[[Mapping[str, Any], str], Any], raw: Mapping[str, Any], name: str, problems: list[Problem]) -> Any:
    try:
        return read_one(raw, name)
    except Wrong as wrong:
        problems.append(wrong.problem)
        return None


def _lines(value: Any) -> str:
    if not isinstance(value, str):
        return plain(value)
    return _UNSEEN.sub("", value.replace("\r\n", "\n")).strip()


def _too_long(values: Mapping[str, str], lengths: Lengths) -> Iterator[Problem]:
    limits = {"sku_code": SKU_CHARS, "title": lengths.title, "title_en": lengths.title, "detail": lengths.detail}
    limits |= {"brand": MODEL_CHARS, "brand_en": MODEL_CHARS, "model": MODEL_CHARS, "unit": UNIT_CHARS}
    for name, most in limits.items():
        if len(values[name]) > most:
            yield Problem(TOO_LONG, {"most": most, "count": len(values[name])}, on=name)


def _parts(value: Any) -> list[str]:
    """Several values in one cell, or a list of them."""
    if isinstance(value, list | tuple):
        return [text for text in map(plain, value) if text]
    return [text for text in _BETWEEN.split(plain(value)) if text]


def regions_of(value: Any, known: AbstractSet[str], problems: list[Problem]) -> tuple[str, ...]:
    """Region codes, sorted; unknown ones become problems."""
    codes = sorted(set(_parts(value)))
    problems += (Problem(REGION_UNKNOWN, {"code": code}, on="delivery_regions") for code in codes if code not in known)
    return tuple(codes)


def attributes_of(given: Mapping[str, Any], template: Sequence[Attribute]) -> tuple[dict[str, str], list[Problem]]:
    """Parameters of a template by key, in their normal form; empty ones and unknown keys fall away."""
    problems: list[Problem] = []
    known = {line.key for line in template}
    told = _attributes({"attributes": {key: value for key, value in given.items() if key in known}}, template, Lengths(), problems)
    return told, problems


def _attributes(raw: Mapping[str, Any], template: Sequence[Attribute], lengths: Lengths, problems: list[Problem]) -> dict[str, str]:
    nested = raw.get("attributes") or {}
    given = {str(key): value for key, value in nested.items()} if isinstance(nested, Mapping) else {}
    given |= {name.removeprefix(ATTRIBUTE_PREFIX): value for name, value in raw.items() if name.startswith(ATTRIBUTE_PREFIX)}
    lines = {line.key: line for line in template}
    found: dict[str, str] = {}
    for key in [*(key for key in lines if key in given), *(key for key in given if key not in lines)]:
        text = plain(given[key])
        if text:
            found[plain(key)] = _attribute(plain(key), text, lines.get(key), lengths, problems)
    own = [key for key in found if key not in lines]
    if len(own) > OWN_ATTRIBUTES:
        problems.append(Problem(TOO_MANY_OWN, {"most": OWN_ATTRIBUTES, "count": len(own)}, on="attributes"))
    return found


def _attribute(key: str, text: str, line: Attribute | None, lengths: Lengths, problems: list[Problem]) -> str:
    on = f"{ATTRIBUTE_PREFIX}{key}"
    if len(text) > lengths.attribute_value:
        problems.append(Problem(TOO_LONG, {"most": lengths.attribute_value, "count": len(text)}, on))
    elif line is None:
        if len(key) > lengths.attribute_name:
            problems.append(Problem(ATTRIBUTE_NAME_LONG, {"most": lengths.attribute_name, "name": key[:40]}, on))
    elif line.type == "choice":
        return _choice(text, line, on, problems)
    elif line.type == "number":
        return _number(text, line, on, problems)
    return text


def _choice(text: str, line: Attribute, on: str, problems: list[Problem]) -> str:
    """One of the choices, in either language; stored in the template's own."""
    words = {key_of(choice): choice for choice in line.choices}
    words |= {
        key_of(english): choice for english, choice in zip(line.choices_en, line.choices, strict=False) if key_of(english) not in words
    }
    found = words.get(key_of(text))
    if found is None:
        problems.append(Problem(NOT_A_CHOICE, {"value": text, "choices": "、".join(line.choices)}, on))
    return found or text


def _number(text: str, line: Attribute, on: str, problems: list[Problem]) -> str:
    """The figure alone, without idle noughts; its unit behind it does no harm."""
    figure = unicodedata.normalize("NFKC", text).removesuffix(line.unit).strip().replace(",", "")
    if not _FIGURE.fullmatch(figure):
        problems.append(Problem(NOT_A_NUMBER, {"value": text, "unit": line.unit or "—"}, on))
        return text
    try:
        return f"{Decimal(figure).normalize():f}"
    except InvalidOperation:
        return text


def _claims(raw: Mapping[str, Any], problems: list[Problem]) -> tuple[Claim, ...]:
    labels = _labels()
    proofs: dict[str, dict[str, Any]] = {}
    given = raw.get("tags") or ()
    for part in given if isinstance(given, list | tuple) else _parts(given):
        known = labels.get(key_of(plain(part.get("tag")) if isinstance(part, Mapping) else plain(part)))
        if known is None:
            problems.append(Problem(TAG_UNKNOWN, {"tag": plain(part.get("tag") if isinstance(part, Mapping) else part)}, on="tags"))
        else:
            proofs[known] = dict(part) if isinstance(part, Mapping) else {}
    for tag in CERTIFIED:
        named = {name: raw.get(f"{tag}_{name}") for name in ("certificate", "expires_on") if plain(raw.get(f"{tag}_{name}"))}
        if named:
            proofs.setdefault(tag, {}).update(named)
    return tuple(_claim(tag, proof, problems) for tag, proof in sorted(proofs.items()))


def _claim(tag: str, proof: Mapping[str, Any], problems: list[Problem]) -> Claim:
    certificate = plain(proof.get("certificate"))
    if len(certificate) > CERTIFICATE_CHARS:
        problems.append(Problem(TOO_LONG, {"most": CERTIFICATE_CHARS, "count": len(certificate)}, on=f"{tag}_certificate"))
    return Claim(tag, certificate, _day(proof.get("expires_on"), f"{tag}_expires_on", problems))


def _day(value: Any, on: str, problems: list[Problem]) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = plain(value)
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(NOT_A_DAY, {"value": text}, on))
        return None


@cache
def _labels() -> Mapping[str, str]:
    """A tag by its code or its label in either language: a file is read by a worker, whatever the language of its writer."""
    found = {key_of(tag.value): tag.value for tag in Tag}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found |= {key_of(str(tag.label)): tag.value for tag in Tag}
    return found
