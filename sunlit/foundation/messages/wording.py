"""From a message's untranslated sentence and its plain figures to words in the active language."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import as_told


class _Words(string.Formatter):
    """`{until:at}` a time in China, `{day:day}` a date, `{total:yuan}` an amount, `{state:word}` a word to be translated too."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "at":
            day, time = as_told(datetime.fromisoformat(str(value)))
            return f"{_day(day)} {time}"
        if format_spec == "day":
            return _day(date.fromisoformat(str(value)))
        if format_spec == "yuan":
            return money.show(Decimal(str(value)))
        if format_spec == "word":
            return gettext(str(value))
        return format(value, format_spec)


def _day(value: date) -> str:
    chinese = (get_language() or "zh").startswith("zh")
    return date_format(value, "Y年n月j日" if chinese else "j M Y")


_words = _Words()


def worded(sentence: str, params: Mapping[str, Any]) -> str:
    """The sentence in the active language with its figures."""
    return _words.vformat(gettext(sentence), (), params) if sentence else ""


def fields_of(sentence: str) -> set[str]:
    """The names that the sentence needs."""
    return {name for _text, name, _spec, _conversion in _words.parse(sentence) if name}
