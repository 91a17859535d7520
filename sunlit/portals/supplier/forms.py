"""The form of an offer: what it shows, and what was written into it as the library reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict

from sunlit.domain.catalog.models import Attribute, Category, Offer, Product, Tag
from sunlit.domain.catalog.rules.reading import ATTRIBUTE_PREFIX, CERTIFIED, DEFAULTS, SIZED
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.refusals import Problem
from sunlit.portals.ui.filters import chinese, lang

TEXTS: Final = ("sku_code", "title", "title_en", "brand", "brand_en", "model", "unit", "gtin", "price", "detail", *DEFAULTS)
OWN: Final = "own"  # the field of the supplier's own parameters, one a line


@dataclass(frozen=True)
class Proof:
    """A policy tag as the form shows it: claimed or not, with certificate and last day."""

    tag: str
    label: str
    claimed: bool
    certificate: str
    expires_on: str
    certified: bool
    sized: bool


@dataclass(frozen=True)
class Form:
    """What stands in the fields: texts by name, parameters by key, proofs by tag."""

    texts: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    own: str = ""
    regions: tuple[str, ...] = ()
    proofs: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def raw(self) -> dict[str, Any]:
        """As `catalog.services` takes it."""
        parameters = {f"{ATTRIBUTE_PREFIX}{key}": text for key, text in (*self.attributes.items(), *_own_lines(self.own))}
        tags = [{"tag": tag, "certificate": number, "expires_on": day} for tag, (number, day) in self.proofs.items()]
        return {**self.texts, **parameters, "delivery_regions": list(self.regions), "tags": tags}

    def tags(self) -> list[Proof]:
        """Every policy tag there is."""
        return [
            Proof(tag, str(tag.label), tag in self.proofs, *self.proofs.get(tag, ("", "")), certified=tag in CERTIFIED, sized=tag in SIZED)
            for tag in Tag
        ]


@dataclass(frozen=True)
class Line:
    """One parameter of the category's template, in the reader's language."""

    name: str
    label: str
    unit: str
    required: bool
    is_key: bool
    options: Sequence[tuple[str, str]]
    number: bool
    group: str


def written(post: QueryDict, template: Sequence[Attribute]) -> Form:
    """What was posted. A certificate that was filled in claims its tag."""
    proofs = {tag: (post.get(f"{tag}_certificate", "").strip(), post.get(f"{tag}_expires_on", "").strip()) for tag in Tag.values}
    return Form(
        texts={name: post.get(name, "") for name in TEXTS},
        attributes={line.key: post.get(f"{ATTRIBUTE_PREFIX}{line.key}", "") for line in template},
        own=post.get(OWN, ""),
        regions=tuple(post.getlist("delivery_regions")),
        proofs={tag: proof for tag, proof in proofs.items() if tag in post.getlist("tags") or any(proof)},
    )


def blank(category: Category, product: Product | None = None, template: Sequence[Attribute] = ()) -> Form:
    """A new offer, of a product that the library knows, or of one that it does not know yet."""
    texts = {name: str(value) for name, value in DEFAULTS.items()} | {"unit": category.unit}
    if product is None:
        return Form(texts=texts)
    texts |= {
        "title": product.name_zh,
        "title_en": product.name_en,
        "model": product.model,
        "unit": product.unit,
        "gtin": product.gtin.removeprefix("0"),
    }
    texts |= {"brand": product.brand.name_zh, "brand_en": product.brand.name_en}
    return Form(texts=texts, **_parameters(product, template))


def of_offer(offer: Offer, template: Sequence[Attribute]) -> Form:
    """The offer as it stands."""
    product = offer.product
    told = {name: str(getattr(offer, name)) for name in ("sku_code", "title", "price", "detail", *DEFAULTS)}
    told |= {"brand": product.brand.name_zh, "brand_en": product.brand.name_en, "title_en": product.name_en}
    told |= {"model": product.model, "unit": product.unit, "gtin": product.gtin.removeprefix("0")}
    ends = {
        it.tag: it.expires_on.isoformat() for it in offer.tags.all() if it.expires_on and it.tag not in SIZED
    }  # how long a size counts is not claimed
    proofs = {it.tag: (it.certificate, ends.get(it.tag, "")) for it in offer.tags.all()}
    return Form(texts=told, regions=tuple(offer.delivery_regions), proofs=proofs, **_parameters(product, template))


def lines_of(template: Iterable[Attribute]) -> list[Line]:
    """The template's parameters as fields."""
    return [_line(it) for it in template]


def groups_of(template: Iterable[Attribute]) -> dict[str, list[Line]]:
    """The same, by group."""
    found: dict[str, list[Line]] = {}
    for line in lines_of(template):
        found.setdefault(line.group, []).append(line)
    return found


def shown(template: Iterable[Attribute], attributes: Mapping[str, str]) -> list[tuple[str, str]]:
    """The parameters of a product as pairs to read: those of the template in their order, then the supplier's own."""
    lines = lines_of(template)
    told = [
        (line.label, _with_unit(line, attributes[key])) for line in lines if attributes.get(key := line.name.removeprefix(ATTRIBUTE_PREFIX))
    ]
    known = {line.name.removeprefix(ATTRIBUTE_PREFIX) for line in lines}
    return [*told, *((key, text) for key, text in attributes.items() if key not in known)]


def _with_unit(line: Line, text: str) -> str:
    word = dict(line.options).get(text, text)
    return f"{word} {line.unit}" if line.unit and not word.endswith(line.unit) else word


def region_options() -> list[tuple[str, str]]:
    """The regions of the net, to tick where goods are delivered."""
    return [(region.code, lang(region)) for region in accounts.regions()]


def at_fields(problems: Iterable[Problem], template: Iterable[Attribute]) -> tuple[Problem, ...]:
    """What is wrong with parameters of the supplier's own is told at the field that they were written into."""
    known = {f"{ATTRIBUTE_PREFIX}{line.key}" for line in template}
    return tuple(Problem(it.reason, it.params, OWN) if _is_own(it.on, known) else it for it in problems)


def _is_own(on: str, known: set[str]) -> bool:
    return on == "attributes" or (on.startswith(ATTRIBUTE_PREFIX) and on not in known)


def _parameters(product: Product, template: Sequence[Attribute]) -> dict[str, Any]:
    keys = {line.key for line in template}
    own = "\n".join(f"{key}：{text}" for key, text in product.attributes.items() if key not in keys)
    return {"attributes": {key: text for key, text in product.attributes.items() if key in keys}, "own": own}


def _own_lines(text: str) -> Iterable[tuple[str, str]]:
    """`名称：值` or `name: value`, one a line; a line without a colon is a name without a value and falls away."""
    for line in text.replace("：", ":").splitlines():
        name, _colon, value = line.partition(":")
        if name.strip():
            yield name.strip(), value.strip()


def _line(it: Attribute) -> Line:
    english = not chinese()
    words = it.choices_en if english and len(it.choices_en) == len(it.choices) else it.choices
    return Line(
        name=f"{ATTRIBUTE_PREFIX}{it.key}",
        label=(it.name_en if english else "") or it.name_zh,
        unit=(it.unit_en if english else "") or it.unit,
        required=it.required,
        is_key=it.is_key,
        options=list(zip(it.choices, words, strict=True)),
        number=it.type == "number",
        group=(it.group_en if english else "") or it.group,
    )
