"""Where every limit of the law and every parameter of the marketplace is enforced, read from the code; and for the rest, which feature will.

A limit is enforced where code of the domain asks the rulebook for it by its key, or where a decision table that compares with it is asked. The
rulebook itself, its worked cases and the trial of rules on past purchases do not count: they explain limits, they hold nobody to them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_noop as _

from sunlit.domain.rulebook import pack
from sunlit.domain.rulebook.pack import PackRule

PACKAGE: Final = Path(__file__).resolve().parents[1]
BESIDE: Final = ("domain/rulebook", "domain/insight", "demo", "config")  # where a key is named without being enforced
LISTED: Final = re.compile(
    r"TL-\d|NR-\d|(threshold|order|rfq|ra|fw|batch|price|listing|medical|selfbuy|agency|committee|panel|innovation|deduction|notice)\.|(domestic|sme)\.deduction$"
)

# A limit that is held by another rule of the same content, which a region may set: the limit → that rule.
HELD_BY: Final[Mapping[str, str]] = {"TL-050": "order.payment_limit", "TL-052": "order.payment_limit"}

# A question of the rulebook that asks a table by itself.
QUESTIONS: Final[Mapping[str, str]] = {"lawful_methods": "method.lawful"}

FEATURES: Final[Mapping[str, str]] = {
    "tender": _("Tendering: documents, notices, questions, sealed bids, opening (M7, M8)"),
    "evaluation": _("Evaluation: committee, draw, recusal, scoring, award (M9)"),
    "contract": _("Contracts: signing, filing, publication, bonds (M19)"),
    "guarantee": _("Bonds and electronic guarantees (M37)"),
    "dispute": _("Questions, challenges and complaints (M24)"),
    "notice": _("Procurement portal: notices of every kind (M29)"),
    "innovation": _("Cooperative innovation purchases (after tendering, M7 to M9)"),
    "framework": _("Framework agreements: agreement supply and designated services (M2, M4)"),
    "rfq": _("Online request for quotation (M3)"),
    "auction": _("Reverse auction (M5)"),
    "agency": _("Agencies and experts: entry, qualification, status, exit (M12)"),
    "penalty": _("Integrity and penalties (M23)"),
    "emergency": _("Emergency green channel (M10)"),
    "medical": _("Medical hall (M35)"),
    "policy": _("Policy functions: price deductions are applied when bids are scored (M15, with M9)"),
    "import": _("Authorisation of imports (M15, M21)"),
    "archive": _("Archive of procurement papers (M27)"),
    "payment": _("Payment: confirmation of debts and interest on late payment (M18)"),
    "price": _("Price supervision across platforms (M22)"),
    "statistics": _("Statistics and aims of the marketplace (M33)"),
    "method": _("Methods of purchase: supplementary contracts and add-ons are held against the contract (M14, M19)"),
    "provincial": _("Other levels of government: provincial units and the central catalogue join with their own regions (M16)"),
    "order": _("Online supermarket: when a buyer may cancel (M1, M20)"),
}


def _numbered(prefix: str, *spans: tuple[int, int]) -> Iterator[str]:
    for first, last in spans:
        yield from (f"{prefix}-{number:03d}" for number in range(first, last + 1))


# Which feature will enforce what nobody enforces yet, by the beginning of the key or by the key.
PLANNED: Final[Mapping[str, str]] = {
    **dict.fromkeys(_numbered("TL", (1, 1), (6, 8), (10, 12), (15, 15), (41, 41)), "tender"),
    **dict.fromkeys(_numbered("TL", (2, 5), (13, 14)), "tender"),
    **dict.fromkeys(_numbered("TL", (9, 9), (18, 19), (36, 37)), "notice"),
    **dict.fromkeys(_numbered("TL", (16, 17), (38, 38), (53, 53), (60, 61)), "evaluation"),
    **dict.fromkeys(_numbered("TL", (20, 22)), "contract"),
    **dict.fromkeys(_numbered("TL", (23, 25)), "guarantee"),
    **dict.fromkeys(_numbered("TL", (26, 35)), "dispute"),
    **dict.fromkeys(_numbered("TL", (39, 40)), "agency"),
    **dict.fromkeys(_numbered("TL", (42, 49), (59, 59)), "framework"),
    **dict.fromkeys(_numbered("TL", (50, 52)), "payment"),
    **dict.fromkeys(_numbered("TL", (54, 54)), "archive"),
    **dict.fromkeys(_numbered("TL", (55, 58)), "innovation"),
    **dict.fromkeys(_numbered("NR", (1, 2), (46, 46)), "guarantee"),
    **dict.fromkeys(_numbered("NR", (3, 4)), "method"),
    **dict.fromkeys(_numbered("NR", (5, 5)), "emergency"),
    **dict.fromkeys(_numbered("NR", (6, 22), (55, 55), (57, 60)), "evaluation"),
    **dict.fromkeys(_numbered("NR", (23, 27), (28, 31), (54, 54), (61, 61)), "policy"),
    **dict.fromkeys(_numbered("NR", (32, 36), (56, 56)), "framework"),
    **dict.fromkeys(_numbered("NR", (37, 40)), "tender"),
    **dict.fromkeys(_numbered("NR", (41, 45)), "penalty"),
    **dict.fromkeys(_numbered("NR", (47, 47)), "payment"),
    **dict.fromkeys(_numbered("NR", (48, 48)), "agency"),
    **dict.fromkeys(_numbered("NR", (49, 49)), "import"),
    **dict.fromkeys(_numbered("NR", (50, 53)), "innovation"),
    "threshold.procurement_provincial": "provincial",
    "threshold.open_tender_provincial": "provincial",
    "threshold.central_catalogue_single": "provincial",
    "order.late_interest": "payment",
    "order.kpi_cycle_days": "statistics",
    "order.buyer_cancel_before_confirm": "order",
    "rfq.": "rfq",
    "ra.": "auction",
    "fw.": "framework",
    "batch.cycle_days": "statistics",
    "price.self_history": "price",
    "medical.": "medical",
    "selfbuy.": "provincial",
    "agency.": "agency",
    "committee.": "evaluation",
    "panel.": "evaluation",
    "innovation.": "innovation",
    "deduction.": "policy",
    "domestic.deduction": "policy",
    "sme.deduction": "policy",
    "notice.": "notice",
}


def limits() -> str:
    """The document: every limit, in the pack's order, with where it is enforced or what will enforce it."""
    rows = [(key, rule, list(enforced(key)), planned(key)) for key, rule in listed().items()]
    held = sum(bool(places) for _key, _rule, places, _feature in rows)
    lines = [_line(key, rule, places, feature) for key, rule, places, feature in rows]
    return (
        "# Limits\n\nEvery time limit, ratio, threshold and marketplace parameter of the rulebook: the code that holds people to it, or the feature that will.\n"
        "Read from the code by `sunlit goldens`: a place is named when it asks the rulebook for the key, or for a decision table that compares with it.\n\n"
        f"{held} of {len(rows)} are enforced now.\n\n| key | name | evidence | enforced in | will be enforced by |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(lines)
        + "\n"
    )


def _line(key: str, rule: PackRule, places: list[str], feature: str) -> str:
    told = "<br>".join(places)
    return (
        f"| {key} | {rule.name_zh}<br>{rule.name_en.replace('|', '/')} | {rule.evidence} | {told} | {'' if places else FEATURES[feature]} |"
    )


@cache
def listed() -> Mapping[str, PackRule]:
    """The limits by key, each with a row that tells its name."""
    found: dict[str, PackRule] = {}
    for rule in pack.read().rules:
        if LISTED.match(rule.key):
            found.setdefault(rule.key, rule)
    return found


def enforced(key: str) -> Iterator[str]:
    """Where the domain asks for the key, for a table that compares with it, or for the rule that holds it."""
    yield from asked().get(key, ())
    for table, keys in compared().items():
        if key in keys:
            yield from (f"{place} (table {table})" for place in asked().get(table, ()))
    if through := HELD_BY.get(key):
        yield from (f"{place} ({through})" for place in asked().get(through, ()))


def awaited(key: str) -> str:
    """The name of the feature that will hold people to a limit which nobody is held to yet; "" where they are, and for what is no limit."""
    return FEATURES[planned(key)] if key in listed() and not any(enforced(key)) else ""


def planned(key: str) -> str:
    """The feature that will enforce it: named for the key, or for what the key begins with."""
    return PLANNED.get(key) or next((feature for start, feature in PLANNED.items() if start.endswith(".") and key.startswith(start)), "")


@cache
def asked() -> Mapping[str, tuple[str, ...]]:
    """The keys of rules and tables that the domain and the portals name, with the files."""
    keys = {rule.key for rule in pack.read().rules}
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith(BESIDE) or "migrations" in path.parts:
            continue
        for key in sorted(_texts(path) & keys):
            found.setdefault(key, []).append(f"`{place}`")
    return {key: tuple(places) for key, places in found.items()}


@cache
def compared() -> Mapping[str, frozenset[str]]:
    """The rules whose figures each decision table compares with or names as what follows."""
    found: dict[str, set[str]] = {}
    for rule in pack.read().rules:
        if rule.unit == "row":
            named = re.findall(r"\brule (\S+)", rule.value["when"])
            found.setdefault(rule.key, set()).update(named, rule.value["then"].get("rate", ()))
    return {table: frozenset(keys) for table, keys in found.items()}


def _texts(path: Path) -> set[str]:
    """The texts that stand in a file, and the tables behind the questions that it calls."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {node.id for node in nodes if isinstance(node, ast.Name)}
    return texts | {table for question, table in QUESTIONS.items() if question in called}
