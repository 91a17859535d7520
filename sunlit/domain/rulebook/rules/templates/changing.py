"""A region's own version of a template: what it may not loosen, and what it changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.templates.data import Field, Section, Template
from sunlit.foundation.kernel.refusals import Problem, Reason

LOOSENED: Final = Reason("TPL-019", _("“{label}” is obligatory by {source}: it can neither be left out nor made optional here."))
NO_WORDS: Final = Reason("TPL-020", _("Every title, field and choice has its words in Chinese; of “{name}” they are missing."))


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of a template, as it is and as it is to be; "" where it is not there."""

    name: str
    then: str
    now: str


def obligatory(template: Template) -> dict[str, Field]:
    """What a version below cannot do without, by key."""
    return {it.key: it for it in template.fields if it.required}


def loosens_nothing(above: Template, new: Template) -> Iterator[Problem]:
    """Who is asked by the region above is asked here: the same question, of the same kind, under no narrower condition."""
    fields = {it.key: it for it in new.fields}
    for key, it in obligatory(above).items():
        own = fields.get(key)
        if own is None or not own.required or own.kind != it.kind or own.when != it.when:
            yield Problem(LOOSENED, {"label": it.label, "source": above.article or above.source}, on=f"f-{key}-required")


def says_everything(new: Template) -> Iterator[Problem]:
    """Nothing that people read is without words."""
    if not new.title:
        yield Problem(NO_WORDS, {"name": new.key}, on="title-zh")
    for section in new.sections:
        if not section.title:
            yield Problem(NO_WORDS, {"name": section.key}, on=f"s-{section.key}-title-zh")
    for it in new.fields:
        if not it.label:
            yield Problem(NO_WORDS, {"name": it.key}, on=f"f-{it.key}-label-zh")


def differences(then: Template, now: Template) -> list[Difference]:
    """Title, sections and fields that differ, in the order of the new version; what is left out follows."""
    found = [Difference("", str(then.title), str(now.title))]
    sections = {it.key: it for it in then.sections}
    for section in now.sections:
        old = sections.get(section.key)
        found.append(Difference(str(section.title), _section_told(old) if old else "", _section_told(section)))
    fields, kept = {it.key: it for it in then.fields}, {it.key for it in now.fields}
    found += [Difference(str(it.label), _told(fields[it.key]) if it.key in fields else "", _told(it)) for it in now.fields]
    found += [Difference(str(it.label), _told(it), "") for it in then.fields if it.key not in kept]
    return [it for it in found if it.then != it.now]


def _section_told(it: Section) -> str:
    return "\n".join(filter(None, (str(it.title), *map(str, it.text))))


def _told(it: Field) -> str:
    choices = "、".join(str(option.label) for option in it.options)
    return "\n".join(filter(None, (f"{it.label}{' *' if it.required else ''}", str(it.help), choices)))
