"""Columns of a table, said once: what they show, how, and whether they sort."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

NUMERIC = frozenset({"money", "number", "percent"})


@dataclass(frozen=True)
class Column:
    """`kind` is text, money, number, percent, day, moment, ago or state; `sort` is the key that the list understands, empty for none."""

    key: str
    label: str | Promise
    kind: str = "text"
    sort: str = ""
    strong: bool = False
    hidden_label: bool = False
    wide: bool = False

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC


def col(
    key: str,
    label: str | Promise,
    kind: str = "text",
    *,
    sort: str = "",
    strong: bool = False,
    hidden_label: bool = False,
    wide: bool = False,
) -> Column:
    """`col("total", _("Amount"), "money", sort="total")`. `strong` makes it the head of its row on a phone; a hidden label is still read aloud.

    `wide` is shown only where there is room: what the row's own page tells too.
    """
    return Column(key, label, kind, sort, strong, hidden_label, wide)
