"""What each act is called in human words: a registry filled by the lives, told in the active language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sunlit.foundation.kernel.clock import as_told

YUAN: Final = re.compile(r"(?<=¥)\d{4,}(?=\.\d\d\b)")  # as facts carry it: 1234.50
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")  # as facts carry it: in UTC


class Told(Protocol):
    """What a sentence is made from: an entry, or an act of the feed."""

    @property
    def act(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def organisation(self) -> str: ...

    @property
    def facts(self) -> Any: ...


class _Facts(dict[str, Any]):
    """Fields of a template; one that an old entry does not carry is shown as a dash rather than breaking its history."""

    def __missing__(self, key: str) -> str:
        return "—"


_templates: dict[str, str | Promise] = {}
_words: dict[str, Mapping[str, Mapping[str, str | Promise]]] = {}


def say(act: str, template: str | Promise, *, words: Mapping[str, Mapping[str, str | Promise]] | None = None) -> None:
    """Give a verb its sentence: `say("order.confirm", _lazy("{actor} confirmed order {number}"))`. `words` are what the codes of a fact are called."""
    known = _templates.get(act)
    assert known is None or known is template or str(known) == str(template), f"the act {act} is told twice"
    _templates[act] = template
    _words[act] = words or {}


def acts() -> dict[str, str | Promise]:
    """Every act that has a sentence."""
    return dict(sorted(_templates.items()))


def sentence(told: Told) -> str:
    """The act told to a person, in the active language."""
    facts: Mapping[str, Any] = told.facts
    known = _Facts(facts)
    known.update({name: words[facts[name]] for name, words in _words.get(told.act, {}).items() if facts.get(name) in words})
    known["actor"] = facts.get("actor") or _by(told.organisation)
    known.setdefault("number", told.subject.partition("/")[2] or told.subject)
    template = _templates.get(told.act)
    if template is None:
        return _("{actor}: {act}, {number}").format(actor=known["actor"], act=told.act, number=known["number"])
    words = YUAN.sub(lambda found: f"{int(found[0]):,}", str(template).format_map(known))
    return INSTANT.sub(_instant, words)


def _instant(found: re.Match[str]) -> str:
    """As the clock in China shows it."""
    day, time = as_told(datetime.fromisoformat(found[0]))
    return f"{day} {time}"


def _by(organisation: str) -> str:
    if organisation == "clock":
        return _("The platform clock")
    return _("The public") if organisation == "public" else organisation
