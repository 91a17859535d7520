"""The form in which a region writes its own version of a template: words, order, what is obligatory, choices, and fields of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OWN_KINDS: Final[dict[str, str | Promise]] = {
    "text": _("a line of text"),
    "long": _("several lines of text"),
    "number": _("a figure"),
    "money": _("an amount in yuan"),
    "date": _("a day"),
    "yes_no": _("yes or no"),
}
WORDS_MOST: Final = 2000  # characters of one text
PLACE_DIGITS: Final = 4

Post = Mapping[str, str]


def edited(content: Mapping[str, Any], post: Post) -> dict[str, Any]:
    """The template's data with what the form says; what the form does not show stays as it is."""
    used = {field["key"] for section in content["sections"] for field in section.get("fields", ())}
    sections = [_section(section, post, used) for section in content["sections"]]
    return {**content, "title": _words("title", content["title"], post), "sections": sections}


def _section(section: Mapping[str, Any], post: Post, used: set[str]) -> dict[str, Any]:
    at = f"s-{section['key']}"
    text = [_words(f"{at}-text-{n}", words, post) for n, words in enumerate(section.get("text", ()))]
    fields = [_field(it, post) for it in _in_order(section.get("fields", ()), post) if f"f-{it['key']}-out" not in post]
    fields += _own(at, post, used)
    told = {**section, "title": _words(f"{at}-title", section["title"], post), "fields": fields}
    return told | ({"text": [words for words in text if words[0]]} if text else {})


def _in_order(fields: Sequence[Mapping[str, Any]], post: Post) -> list[Mapping[str, Any]]:
    """By the places that were typed. Who is moved up to a place stands before the one that has it, who is moved down behind it."""

    def place(n: int, it: Mapping[str, Any]) -> tuple[int, int, int]:
        typed = post.get(f"f-{it['key']}-place", "").strip()
        wanted = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= PLACE_DIGITS else n
        return wanted, (wanted > n) - (wanted < n), n

    return [it for _place, it in sorted(((place(n, it), it) for n, it in enumerate(fields, 1)), key=lambda pair: pair[0])]


def _field(it: Mapping[str, Any], post: Post) -> dict[str, Any]:
    at = f"f-{it['key']}"
    told = {**it, "label": _words(f"{at}-label", it["label"], post)}
    if f"{at}-help-zh" in post:
        help_text = _words(f"{at}-help", it.get("help", ["", ""]), post)
        told = {**told, "help": help_text} if help_text[0] else {name: value for name, value in told.items() if name != "help"}
    if f"{at}-asked" in post:
        told["required"] = f"{at}-required" in post
    if it.get("options"):
        told["options"] = list(_options(at, it["options"], post))
    return told


def _options(at: str, options: list[list[str]], post: Post) -> Iterator[list[str]]:
    """The choices whose words still stand there, and a new one."""
    for key, *words in options:
        zh, en = _words(f"{at}-o-{key}", words, post)
        if zh:
            yield [key, zh, en]
    zh, en = _words(f"{at}-o-", ["", ""], post)
    if zh:
        known = {key for key, *_words_of in options}
        yield [next(name for n in range(1, len(known) + 2) if (name := f"own{n}") not in known), zh, en]


def _own(at: str, post: Post, used: set[str]) -> Iterator[dict[str, Any]]:
    """A field that the region adds to the section."""
    label, kind = _words(f"{at}-new", ["", ""], post), post.get(f"{at}-new-kind", "text")
    if label[0] and kind in OWN_KINDS:
        key = next(name for n in range(1, len(used) + 2) if (name := f"own_{n}") not in used)
        used.add(key)
        yield {
            "key": key,
            "kind": kind,
            "label": label,
            "required": f"{at}-new-required" in post,
            **({"places": 2} if kind == "number" else {}),
        }


def _words(name: str, now: list[str], post: Post) -> list[str]:
    """Both languages as typed; without English the Chinese words stand there, too."""
    zh, en = (_text(post.get(f"{name}-{tongue}", old)) for tongue, old in zip(("zh", "en"), now, strict=True))
    return [zh, en or zh]


def _text(typed: str) -> str:
    return typed.replace("\r\n", "\n").replace("\x00", "").strip()[:WORDS_MOST]
