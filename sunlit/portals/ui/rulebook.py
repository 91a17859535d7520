"""The rulebook as pages show it: its subjects, its filters, and the versions that a ruling rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from sunlit.config import limits
from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.queries import Rule_
from sunlit.domain.rulebook.rules import LAWFUL
from sunlit.domain.rulebook.rules.documents import CHECK
from sunlit.domain.rulebook.rules.facts import OBJECTS
from sunlit.domain.rulebook.rules.tables import ROW
from sunlit.foundation.kernel import regions

GROUPS: Final[Mapping[str, str | Promise]] = {  # in the order in which they are shown
    "order": gettext_lazy("Orders"),
    "price": gettext_lazy("Prices"),
    "watch": gettext_lazy("Supervision of offers"),
    "listing": gettext_lazy("Listings"),
    "registry": gettext_lazy("Suppliers"),
    "threshold": gettext_lazy("Thresholds"),
    "rfq": gettext_lazy("Requests for quotation"),
    "ra": gettext_lazy("Reverse auctions"),
    "ways": gettext_lazy("Choice of the way to buy"),
    "direct": gettext_lazy("Direct purchase"),
    "batch": gettext_lazy("Batch purchases"),
    "fw": gettext_lazy("Framework agreements"),
    "service": gettext_lazy("Designated services"),
    "selfbuy": gettext_lazy("Buying outside the marketplace"),
    "medical": gettext_lazy("Medical goods"),
    "import": gettext_lazy("Imports of files"),
    "upload": gettext_lazy("Uploads"),
    "method": gettext_lazy("Methods of purchase"),
    "demand": gettext_lazy("Demand"),
    "survey": gettext_lazy("Surveys of the market"),
    "plan": gettext_lazy("Purchase plans"),
    "catalogue": gettext_lazy("Centralised catalogue"),
    "splitting": gettext_lazy("Splitting of purchases"),
    "committee": gettext_lazy("Evaluation committees and panels"),
    "innovation": gettext_lazy("Cooperative innovation"),
    "agency": gettext_lazy("Procurement agencies"),
    "sme": gettext_lazy("Small and medium-sized enterprises"),
    "domestic": gettext_lazy("Domestic products"),
    "green": gettext_lazy("Green purchase"),
    "enterprise": gettext_lazy("Welfare enterprises"),
    "notice": gettext_lazy("Notices"),
    "document": gettext_lazy("Wording of documents"),
    "template": gettext_lazy("Templates of papers"),
    "search": gettext_lazy("Search"),
    "outage": gettext_lazy("Outages of the platform"),
    "TL": gettext_lazy("Time limits of the law"),
    "NR": gettext_lazy("Figures of the law"),
}
WITH: Final[Mapping[str, str]] = {
    "framework": "fw",
    "panel": "committee",
    "deduction": "sme",
    "size": "sme",
    "unit": "direct",
    "award": "order",
}  # beginnings that tell of another's subject
EVIDENCES: Final[Mapping[str, str | Promise]] = {"law": gettext_lazy("verified in the law"), "other": gettext_lazy("not verified")}
HELD: Final[Mapping[str, str | Promise]] = {"now": gettext_lazy("held to it now"), "later": gettext_lazy("with a later feature")}
OWNERS: Final[Mapping[str, str | Promise]] = {"own": gettext_lazy("own versions"), "above": gettext_lazy("inherited")}


def group_of(rule: Rule_) -> str:
    """The subject that the key begins with: order.confirm_limit, TL-001."""
    beginning = re.split(r"[.-]", rule.key, maxsplit=1)[0]
    return WITH.get(beginning, beginning)


def kind_name(rule: Rule_) -> str:
    """What a kind of a rule is called: the object, or the row of a table by its own name."""
    return rule.name if rule.unit in (ROW, CHECK) and rule.kind not in OBJECTS else kind_called(rule.kind)


def kind_called(kind: str) -> str:
    """An object by its name; any other kind as it is written."""
    return str(OBJECTS.get(kind, kind))


def subjects(rules: Iterable[Rule_]) -> list[tuple[str, str | Promise]]:
    """The subjects that occur, in the order in which they are shown."""
    present = {group_of(rule) for rule in rules}
    return [(key, label) for key, label in GROUPS.items() if key in present]


def grouped(rules: Iterable[Rule_]) -> list[tuple[str, str | Promise, list[Rule_]]]:
    """The rules by subject: its key, its name, its rules by key and place in their table."""
    order = list(GROUPS)

    def place(rule: Rule_) -> tuple[int, str, int, str]:
        group = group_of(rule)
        return (order.index(group) if group in GROUPS else len(order), rule.key, rule.value.get("order", 0), rule.kind)

    return [(key, GROUPS.get(key, key), list(members)) for key, members in groupby(sorted(rules, key=place), key=group_of)]


@dataclass(frozen=True)
class Subject:
    """A subject as the overview shows it: how many rules, how many of a region's own, how many of no verified source."""

    key: str
    label: str | Promise
    count: int
    differing: int
    unverified: int


def overview(rules: Iterable[Rule_]) -> list[Subject]:
    """The subjects in the order in which they are shown, each with its figures."""
    return [
        Subject(
            key,
            label,
            len(members),
            sum(bool(it.region_path) for it in members),
            sum(it.evidence not in LAWFUL for it in members),
        )
        for key, label, members in grouped(rules)
    ]


def opened(asked: Mapping[str, str]) -> bool:
    """Whether the rules themselves are asked for; else the overview of their subjects is enough."""
    return bool(asked["q"] or asked["group"])


def awaited(rule: Rule_) -> str:
    """The feature that will hold people to the rule, in the reader's language; "" where the platform holds them to it already."""
    feature = limits.awaited(rule.key)
    return gettext(feature) if feature else ""


def fits(rule: Rule_, asked: Mapping[str, str]) -> bool:
    """Word, subject, evidence and whether it is enforced, as they are asked for."""
    text = f"{rule.key} {rule.kind} {rule.name_zh} {rule.name_en} {rule.source} {rule.article}".lower()
    return (
        asked["q"].lower() in text
        and asked["group"] in ("", group_of(rule))
        and asked["held"] in ("", "later" if awaited(rule) else "now")
        and asked["evidence"] in ("", "law" if rule.evidence in LAWFUL else "other")
    )


def page_of(rule: Rule_) -> str:
    """The public page of a rule, with the version pointed at that is meant."""
    asked = {"region": regions.code_of(rule.region_path), "kind": rule.kind, "version": str(rule.id)}
    return f"{reverse('rule', args=[rule.key])}?{urlencode({name: value for name, value in asked.items() if value})}"


def rested_on(ruling: Any) -> list[Rule_]:
    """The versions that a ruling rests on, its own first; from memory. `ruling` may also be another thing that looks like one."""
    wanted = getattr(ruling, "versions", ())
    found = queries.versions(wanted)
    return [found[it] for it in wanted if it in found]
