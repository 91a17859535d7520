"""The register of message texts: domain apps declare theirs beside their reactions."""

from __future__ import annotations

from dataclasses import dataclass

from sunlit.foundation.messages.wording import fields_of


@dataclass(frozen=True)
class Template:
    """A kind of message. `title` and `body` are marked with `gettext_noop` and name their figures: `{number}`, `{until:at}`, `{total:yuan}`.

    `mail`: it is also sent by e-mail to those who gave an address.
    """

    key: str
    title: str
    body: str = ""
    mail: bool = False

    @property
    def fields(self) -> set[str]:
        return fields_of(self.title) | fields_of(self.body)


_templates: dict[str, Template] = {}


def declare(key: str, *, title: str, body: str = "", mail: bool = False) -> Template:
    """Make a kind of message known; the same key twice must mean the same."""
    template = Template(key, title, body, mail)
    assert _templates.setdefault(key, template) == template, f"message template {key} is declared twice"
    return template


def named(key: str) -> Template:
    return _templates[key]


def all_templates() -> list[Template]:
    return [_templates[key] for key in sorted(_templates)]
