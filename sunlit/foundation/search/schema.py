"""What an index holds, declared as a list of fields; and how a document is laid out in it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import tantivy

from .segmentation import EDITION, Segmenter

Value = str | int | Decimal | Sequence[str]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

ID = "_id"
WIDE = "_wide"
SOUND = "_sound"
PAYLOAD = "_payload"
WORDS = "words"
SEPARATOR = "\x1f"

CURSOR_ID = "\x00cursor"
"""The document that holds the cursor: committed with the documents it speaks of, or not at all."""

NUMBER_MAX = 2**42
"""A number (counted in its smallest unit) is smaller: 43.9 billion yuan in fen. Leaves `TIE_BITS` for the tie-break of a sort."""

TIE_BITS = 20

BEGINNING_MAX = 16
"""Characters of a beginning by which whole texts are suggested."""


@dataclass(frozen=True)
class Text:
    """Searched by its words. `boost` weighs a word found here; `suggest` offers the whole text to who begins to type it."""

    name: str
    boost: float = 1.0
    suggest: bool = False


@dataclass(frozen=True)
class Keyword:
    """One or several exact values: filters and counts. Not searched by words; `suggest` offers a value to who begins to type
    it or one of its later words. `few` promises some hundreds of distinct values at most: counting is then many times quicker
    where much is found and documents have several."""

    name: str
    suggest: bool = False
    few: bool = False


@dataclass(frozen=True)
class Path:
    """One or several places in a tree, `A/A02/A0201`: filtered at any level, counted level by level."""

    name: str
    depth: int = 6


@dataclass(frozen=True)
class Number:
    """An exact number with so many decimals: ranges, and with `sort` an order (then every document must have it, unless it is
    `optional`: a question sorted by it must then leave out those without)."""

    name: str
    decimals: int = 0
    sort: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Weight:
    """A whole number >= 0 that lifts a document: relevance is multiplied by log2(2 + weight). At most one in an index."""

    name: str


Field = Text | Keyword | Path | Number | Weight


@dataclass(frozen=True)
class Doc:
    """A document by its id. `payload` comes back with a hit; prices in it are for the eye: whoever sells reads the record again."""

    id: str
    values: Mapping[str, Value]
    payload: Json = field(default=None)


@dataclass(frozen=True)
class Layout:
    """The declared fields, and the engine's schema made of them."""

    fields: tuple[Field, ...]
    schema: tantivy.Schema = field(init=False, compare=False)
    by_name: Mapping[str, Field] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        names = [item.name for item in self.fields]
        assert len(names) == len(set(names)), "two fields of one name"
        assert not any("__" in name or name.startswith("_") for name in names), "names with __ or a leading _ are the index's own"
        assert len([item for item in self.fields if isinstance(item, Weight)]) <= 1, "one weight at most"
        object.__setattr__(self, "schema", _schema(self.fields))
        object.__setattr__(self, "by_name", {item.name: item for item in self.fields})

    def signature(self, format_version: int) -> str:
        """Changes when documents would be laid out or cut differently."""
        return hashlib.sha256(f"{format_version}|{EDITION}|{self.fields!r}".encode()).hexdigest()[:16]

    def named(self, name: str) -> Field:
        if name not in self.by_name:
            raise KeyError(f"this index has no field {name!r}")
        return self.by_name[name]

    def number(self, name: str) -> Number:
        found = self.named(name)
        if not isinstance(found, Number):
            raise TypeError(f"{name!r} is not a number")
        return found

    def texts(self) -> list[Text]:
        return [item for item in self.fields if isinstance(item, Text)]

    def suggested(self) -> list[Text | Keyword]:
        return [item for item in self.fields if isinstance(item, (Text, Keyword)) and item.suggest]

    def weight(self) -> str | None:
        return next((item.name for item in self.fields if isinstance(item, Weight)), None)

    def document(self, doc: Doc, segmenter: Segmenter) -> tantivy.Document:
        """Raises KeyError for an unknown field and TypeError or ValueError for a value that does not fit its field."""
        laid = tantivy.Document()
        laid.add_text(ID, _valid_id(doc.id))
        if doc.payload is not None:
            laid.add_bytes(PAYLOAD, json.dumps(doc.payload, ensure_ascii=False, separators=(",", ":")).encode())
        for name in doc.values:
            self.named(name)
        for item in self.fields:
            if item.name in doc.values:
                _lay(laid, item, doc.values[item.name], doc.id, segmenter)
            elif isinstance(item, Number) and item.sort and not item.optional:
                raise ValueError(f"document {doc.id} has no {item.name}, by which the index sorts")
        return laid


def cursor_document(cursor: str) -> tantivy.Document:
    laid = tantivy.Document()
    laid.add_text(ID, CURSOR_ID)
    laid.add_bytes(PAYLOAD, cursor.encode())
    return laid


def scaled(value: object, number: Number) -> int:
    """¥1,234.50 with two decimals is 123450. Never rounds."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError(f"{number.name}: {value!r} is neither an int nor a Decimal")
    exact = Decimal(value).scaleb(number.decimals)
    if not exact.is_finite() or exact != int(exact):
        raise ValueError(f"{number.name}: {value} has more than {number.decimals} decimals")
    if abs(exact) >= NUMBER_MAX:
        raise ValueError(f"{number.name}: {value} is too large")
    return int(exact)


def sort_key(value: int, doc_id: str) -> int:
    """Orders by value, then by a fixed number of the document, so that equal values keep their order from page to page."""
    return (value << TIE_BITS) | (zlib.crc32(doc_id.encode()) & ((1 << TIE_BITS) - 1))


def levels(path: str) -> list[str]:
    """`A/A02/A0201` is A, A/A02, A/A02/A0201."""
    steps = path.split("/")
    return ["/".join(steps[: count + 1]) for count in range(len(steps))]


def _valid_id(doc_id: str) -> str:
    if not doc_id or doc_id == CURSOR_ID:
        raise ValueError(f"{doc_id!r} cannot be the id of a document")
    return doc_id


def _schema(fields: Sequence[Field]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # The id is raw text: deleting by a term of an unsigned field silently deletes nothing.
    builder.add_text_field(ID, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(WIDE, tokenizer_name=WORDS, index_option="freq")
    builder.add_text_field(SOUND, tokenizer_name=WORDS, index_option="basic")
    builder.add_bytes_field(PAYLOAD, stored=True)
    for item in fields:
        _declare(builder, item)
    return builder.build()


def _declare(builder: tantivy.SchemaBuilder, item: Field) -> None:
    match item:
        case Text(name):
            builder.add_text_field(name, tokenizer_name=WORDS, index_option="freq")
        case Keyword(name):
            builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
        case Path(name, depth):
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
            for level in range(1, depth + 1):
                builder.add_text_field(f"{name}__{level}", fast=True, tokenizer_name="raw", index_option="basic")
        case Number(name, _, sort, _):
            builder.add_integer_field(name, fast=True)
            if sort:
                builder.add_integer_field(f"{name}__sort", fast=True)
        case Weight(name):
            builder.add_unsigned_field(name, fast=True)
    if isinstance(item, (Text, Keyword)) and item.suggest:
        # The values of a keyword are few: each way to spell one is a term, with the value behind it, found by its beginning.
        # Whole texts are as many as documents: their beginnings are words, and the text is stored.
        builder.add_text_field(f"{item.name}__suggest", stored=isinstance(item, Text), tokenizer_name="raw", index_option="basic")
        if isinstance(item, Text):
            builder.add_text_field(f"{item.name}__begins", tokenizer_name=WORDS, index_option="basic")


def _lay(laid: tantivy.Document, item: Field, value: Value, doc_id: str, segmenter: Segmenter) -> None:
    match item:
        case Text(name):
            for text in _strings(name, value):
                precise, wide, sounds = segmenter.cut(text).laid
                laid.add_text(name, precise)
                laid.add_text(WIDE, wide)
                laid.add_text(SOUND, sounds)
        case Keyword(name):
            for word in _strings(name, value):
                laid.add_text(name, word)
        case Path():
            _lay_path(laid, item, _strings(item.name, value))
        case Number(name, _, sort, _):
            exact = scaled(value, item)
            laid.add_integer(name, exact)
            if sort:
                laid.add_integer(f"{name}__sort", sort_key(exact, doc_id))
        case Weight(name):
            laid.add_unsigned(name, _not_negative(name, scaled(value, Number(name))))
    if isinstance(item, (Text, Keyword)) and item.suggest:
        for text in _strings(item.name, value):
            _lay_suggestion(laid, item, text, segmenter)


def _lay_suggestion(laid: tantivy.Document, item: Text | Keyword, text: str, segmenter: Segmenter) -> None:
    spellings = segmenter.spellings(text)
    if isinstance(item, Keyword):
        for spelling in dict.fromkeys(spellings + segmenter.later_spellings(text)):
            laid.add_text(f"{item.name}__suggest", spelling + SEPARATOR + text)
    else:
        laid.add_text(f"{item.name}__suggest", text)
        beginnings = {spelling[:length] for spelling in spellings for length in range(1, min(len(spelling), BEGINNING_MAX) + 1)}
        laid.add_text(f"{item.name}__begins", " ".join(beginnings))


def _not_negative(name: str, value: int) -> int:
    if value < 0:
        raise ValueError(f"{name}: {value} is below 0")
    return value


def _lay_path(laid: tantivy.Document, item: Path, paths: Sequence[str]) -> None:
    for place in dict.fromkeys(place for path in paths for place in levels(path)):
        level = place.count("/") + 1
        if level > item.depth or "" in place.split("/"):
            raise ValueError(f"{item.name}: {place!r} is deeper than {item.depth} levels or has an empty step")
        laid.add_text(item.name, place)
        laid.add_text(f"{item.name}__{level}", place)


def _strings(name: str, value: Value) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if isinstance(values, (int, Decimal)) or not all(isinstance(item, str) for item in values):
        raise TypeError(f"{name}: {value!r} is not text")
    return list(dict.fromkeys(item for item in values if item))
