"""What of a procurement document is computed rather than read (RULES 4.5, checks 008 to 011): numbers of standards, bounds, ranges, deviations. Pure.

Words are the rulebook's (`document.check`); here is only what rests on form. Whether a standard that is well numbered is also in force, and whether
a certificate's scope goes beyond the need, no computation can tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sunlit.domain.catalog.queries import Sense

SENTENCE: Final = re.compile(r"[^。；;！？!?\n]+")
RANGE: Final = re.compile(r"\d+(?:\.\d+)?\s*(?:[~～—–]|±|至)\s*\d+(?:\.\d+)?|±\s*\d+(?:\.\d+)?")
EXPLAINED_FROM: Final = 6  # characters; less than that explains nothing
DEVIATION_YES: Final = re.compile(r"(?<!不)(?:允许|可以?)(?:有)?(?:正负|上下)?(正|负)?偏[离差]")
DEVIATION_NO: Final = re.compile(r"(?:不允许|不得|不可|不接受|无)(?:有)?(?:正负|上下)?(正|负)?偏[离差]")
LOWER, UPPER = "负", "正"

# Two letters each: the sectoral standards of China.
_SECTORS: Final = (
    "AQ BB CB CH CJ CY DA DB DL DY DZ EJ FZ GA GC GH GM GY HB HG HJ HS HY JB JC JG JJ JR JT JY KA LB LD LS LY MH MR MT MZ NB "
    "NY QB QC QJ QX RB SB SC SF SH SJ SL SN SW SY TB TD TY WB WH WJ WM WS WW WX XB XF YB YC YD YS YY YZ ZY"
)
SECTORS: Final = frozenset(re.findall("[A-Z]{2}", _SECTORS))
STANDARD: Final = re.compile(
    r"(?<![A-Za-z0-9])(?<!\d )(?P<body>GBZ?|GJB|DB\s?\d{2,4}|[A-Z]{2}(?=\s?[/／\\]?\s?[TZ]\s?-?\d)|GB(?=[TZ]))(?P<slash>\s?[/／\\]\s?)?(?P<mark>[A-Z])?"
    r"(?P<join>\s?-?)(?P<number>\d[\d.]*)(?:\s?[-—–－]\s?(?P<year>\d+))?"
)
YEARS: Final = (1950, 2)  # the first, and how many figures an old year had


@dataclass(frozen=True, slots=True)
class Figures:
    """What of a parameter is computed on rather than read."""

    sense: str
    value: str
    value_to: str
    unit: str
    reason: str
    named_by_library: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A text of a demand: the areas of checks that it belongs to, the field it stands in, and how it is called."""

    areas: frozenset[str]
    on: str
    label: str
    text: str
    figures: Figures | None = None


def computed(check: str, place: Place, *, year: int) -> list[str]:
    """What the check ("SZDL-008") finds in the form of a text or parameter. `year`: no standard is newer."""
    look = COMPUTED.get(check)
    return list(dict.fromkeys(look(place, year))) if look else []


def _standards(place: Place, year: int) -> Iterator[str]:
    """Numbers of standards that cannot be: the slash forgotten, an unknown body, a year that never was."""
    for hit in STANDARD.finditer(place.text):
        if not _is_a_standard(hit, year):
            yield hit.group().strip()


def _is_a_standard(hit: re.Match[str], year: int) -> bool:
    body, mark, number = hit["body"].replace(" ", ""), hit["mark"] or "", hit["number"]
    known = body in {"GB", "GBZ", "GJB"} or body in SECTORS or body.startswith("DB")
    slashed = (hit["slash"] or "").strip() in {"/", "／"} if mark or hit["slash"] else True
    marked = mark in {"", "T", "Z"} and bool(mark) == bool(hit["slash"])
    whole = re.fullmatch(r"[1-9]\d*(\.\d+)*", number) is not None and "-" not in hit["join"]
    told = hit["year"]
    first, old = YEARS
    dated = told is None or (len(told) == 4 and first <= int(told) <= year) or (len(told) == old and int(told) >= first % 100)
    return known and slashed and marked and whole and dated


def _settings(place: Place, _year: int) -> Iterator[str]:
    """A figure without a unit, a bound that bounds nothing."""
    it = place.figures
    if it is None or it.sense not in (Sense.AT_LEAST, Sense.AT_MOST, Sense.BETWEEN):
        return
    if not it.named_by_library and not it.unit:
        yield f"{place.label} {it.value}".strip()
    if it.sense == Sense.AT_LEAST and re.fullmatch(r"-.+|0+(\.0+)?", it.value):
        yield f"≥ {it.value}"
    if it.sense == Sense.BETWEEN and it.value and it.value == it.value_to:
        yield f"{it.value} – {it.value_to}"


def _ranges(place: Place, _year: int) -> Iterator[str]:
    """A range whose ends nobody explains; those in running text the rulebook's words find."""
    it = place.figures
    if it and (it.sense == Sense.BETWEEN or RANGE.search(it.value)) and len(it.reason.strip()) < EXPLAINED_FROM:
        yield f"{it.value} – {it.value_to}" if it.value_to else it.value


def _deviations(place: Place, _year: int) -> Iterator[str]:
    """What is allowed and forbidden at once; a bound whose explanation allows what it forbids."""
    it = place.figures
    text = f"{it.reason} {it.value}" if it else place.text
    for sentence in SENTENCE.findall(text):
        against = _against_the_bound(it, sentence) if it else "±" in sentence and re.search("[≥≤]|不低于|不高于|不少于|不大于", sentence)
        if against or _says_both(sentence):
            yield sentence.strip()[:60]


def _says_both(sentence: str) -> bool:
    allowed, forbidden = DEVIATION_YES.search(sentence), DEVIATION_NO.search(sentence)
    return bool(allowed and forbidden and _same_side(allowed, forbidden))


def _same_side(allowed: re.Match[str], forbidden: re.Match[str]) -> bool:
    """Allowing more and forbidding less agree; all else does not."""
    yes, no = (next((side for side in hit.groups() if side), "") for hit in (allowed, forbidden))
    return not (yes and no and yes != no)


def _against_the_bound(it: Figures, sentence: str) -> bool:
    allowed, forbidden = DEVIATION_YES.search(sentence), DEVIATION_NO.search(sentence)
    yes = next((side for side in allowed.groups() if side), "both") if allowed else ""
    no = next((side for side in forbidden.groups() if side), "both") if forbidden else ""
    if it.sense == Sense.AT_LEAST:
        return yes in (LOWER, "both") or no == UPPER
    if it.sense == Sense.AT_MOST:
        return yes in (UPPER, "both") or no == LOWER
    return it.sense == Sense.EQUAL and (bool(yes) or "±" in sentence)


COMPUTED: Final[Mapping[str, Callable[[Place, int], Iterator[str]]]] = {
    "SZDL-008": _standards,
    "SZDL-009": _settings,
    "SZDL-010": _ranges,
    "SZDL-011": _deviations,
}
