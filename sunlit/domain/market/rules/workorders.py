"""What must hold for designated services (定点服务, as framework agreements of 110号令): how they are priced, quoted, approved and settled. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple
from unicodedata import normalize

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.money import FEN
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case

# The rate sheet
SHEET_WRONG = Reason("WKO-001", _("Line {line} of the rate sheet is not “name | form | ceiling”: {text}"))
SHEET_SIZE = Reason("WKO-002", _("A rate sheet has from 1 to {most} items, each name once."))
NOT_A_SERVICE = Reason("WKO-003", _("A rate sheet belongs to a package of services."))
BY_WORK_ORDER = Reason("WKO-004", _("This package is bought by work order, at the rates of its sheet."), CONFLICT)

# The request
NEED_SHORT = Reason("WKO-010", _("Say in at least {least} characters what is to be done."))
OBJECT_MISSING = Reason("WKO-011", _("Name what is served in at least {least} and at most {most} characters: its plate, name or number."))
MODE_NOT_AGREED = Reason("WKO-012", _("Suppliers of this agreement are chosen directly or in turn, as announced."))

# The quote
QUANTITY_WRONG = Reason("WKO-020", _("“{text}” is not a quantity from 0 to {most} with at most two places."))
QUANTITY_BROKEN = Reason("WKO-021", _("Pages are counted whole: “{text}”."))
BASE_WRONG = Reason("WKO-022", _("“{text}” is not a list price or premium in yuan above zero with at most two places."))
BASIS_MISSING = Reason("WKO-023", _("Say where the list price or the premium stands: price list and date, or policy."))
RATE_WRONG = Reason("WKO-024", _("“{text}” is not a rate above zero with at most four places."))
ABOVE_RATE = Reason("WKO-025", _("{rate} is above {most}, your agreement's rate for “{item}”."))
NOTHING_QUOTED = Reason("WKO-026", _("The quote comes to nothing: fill in the quantity of at least one item."))
TOO_LATE = Reason("WKO-027", _("The request could be answered until {until}."), CONFLICT)

TOTAL_TOO_HIGH = Reason("WKO-028", _("The quote comes to more than {most}: look at its quantities and sums."))

# Approval
NEEDS_OTHER = Reason("WKO-030", _("Whoever asked for the service does not approve it: another person decides."), FORBIDDEN)
NEEDS_LEAD = Reason("WKO-031", _("{amount} is above {limit}: the lead approves."), FORBIDDEN)
OVER_CAP = Reason("WKO-032", _("{amount} and {used} already approved in {year} pass the cap of {cap} a year for “{target}”."), CONFLICT)
RATE_FELL = Reason("WKO-033", _("The agreement's rates fell since: send the quote back, “{item}” is {most} now."), CONFLICT)

# Execution and settlement
OVER_APPROVED = Reason("WKO-040", _("{amount} is above the approved {approved}: ask for a supplement first."))
NO_EVIDENCE = Reason("WKO-041", _("Add at least one paper or photograph that shows what was done, and at most {most}."))
READING_MISSING = Reason("WKO-042", _("Say from what the quantities were read: odometer, counter, time sheet."))
NO_SUPPLEMENT = Reason("WKO-043", _("{amount} is not above the approved {approved}: no supplement is needed."))
DONE_MISSING = Reason("WKO-044", _("Say in at least {least} characters what was done."))
REASON_MISSING = Reason("WKO-045", _("Give a reason of at least {least} characters: the other side reads it."))
TIME_RUNS = Reason("WKO-046", _("The supplier may answer until {until}."), CONFLICT)

ITEMS_MOST: Final = 40
LINES_MOST: Final = 120
PAPERS_MOST: Final = 9
QUANTITY_MOST: Final = Decimal(1_000_000)
OBJECT_CHARS_LEAST: Final = 2
OBJECT_CHARS_MOST: Final = 60
WHOLE: Final = Decimal("100.00")  # percent
SHARE_UNIT: Final = "%"  # of the rate sheet
RATE_MOST: Final = Decimal(1_000_000)
FOUR_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Form:
    """How an item is priced: in yuan for so many of something, or as a percentage of a sum."""

    text: str | Promise
    zh: str  # as rate sheets write it
    unit: str
    percent: bool = False
    whole: bool = False


FORMS: Final[dict[str, Form]] = {
    "hour": Form(_("by the hour"), "小时", "小时"),
    "kilometre": Form(_("by the kilometre"), "公里", "公里"),
    "page": Form(_("by the page"), "页", "页", whole=True),
    "unit": Form(_("fixed unit price"), "件", "件"),
    "list_price": Form(_("percentage of the list price"), "目录价折扣", "件", percent=True),
    "premium": Form(_("percentage of the premium"), "保费费率", "份", percent=True),
}


@dataclass(frozen=True)
class Service:
    """A designated service and what its caps are counted by."""

    text: str | Promise
    target: str  # the kind of its objects
    target_text: str | Promise


_vehicle = _("Vehicle (number plate)")
SERVICES: Final[dict[str, Service]] = {
    "vehicle_repair": Service(_("Vehicle repair"), "vehicle", _vehicle),
    "fuel": Service(_("Fuel"), "vehicle", _vehicle),
    "insurance": Service(_("Insurance"), "vehicle", _("Vehicle or insured thing")),
    "printing": Service(_("Printing"), "job", _("Printed work or department")),
    "meetings": Service(_("Meetings"), "meeting", _("Meeting")),
    "property_management": Service(_("Property management"), "building", _("Building")),
    "legal": Service(_("Legal services"), "matter", _("Matter or contract")),
    "audit": Service(pgettext_lazy("designated service", "Audit"), "engagement", _("Project under audit")),
}
MODES: Final[dict[str, str | Promise]] = {"direct": _("Chosen directly"), "rotation": _("Whose turn it is")}


class Line(NamedTuple):
    """A line as it is priced."""

    form: str
    quantity: Decimal
    rate: Decimal
    base: Decimal | None


def agreed_rate(ceiling: Decimal, share: Decimal) -> Decimal:
    """The agreement's rate of an item: the supplier's share (85.00 %) of its ceiling, never rounded up."""
    return (ceiling * share / WHOLE).quantize(FOUR_PLACES, ROUND_DOWN)


def amount_of(line: Line) -> Decimal:
    """What a line comes to, exactly; fractions of a fen are dropped, so that nobody ever pays above the rate."""
    whole = line.quantity * line.rate
    if FORMS[line.form].percent:
        whole = whole * (line.base or Decimal(0)) / WHOLE
    return whole.quantize(FEN, ROUND_DOWN)


def rate_in(text: str) -> Decimal | None:
    """A rate above zero with at most four places, in yuan or percent; None where it is none."""
    found = _number(text.removeprefix("¥").removeprefix("￥").removesuffix("%"))
    if found is None or not 0 < found <= RATE_MOST or found != found.quantize(FOUR_PLACES):
        return None
    return found.quantize(FOUR_PLACES)


def quantity_in(text: str) -> Decimal | None:
    """A quantity from zero with at most two places; nothing written is zero; None where it is none."""
    found = _number(text or "0")
    if found is None or not 0 <= found <= QUANTITY_MOST or found != found.quantize(FEN):
        return None
    return found.quantize(FEN)


def _number(text: str) -> Decimal | None:
    text = text.strip().replace(",", "")
    return Decimal(text) if len(text) <= 20 and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else None


def code_of(name: str) -> str:
    """An object's name as it is compared: 新M·A1234, 新m-a1234 and 新Ｍ·Ａ１２３４ are one vehicle."""
    return "".join(char for char in normalize("NFKC", name).upper() if char.isalnum())


def is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the look at the work order found."""
    yield from case.facts.get("problems", ())


def is_in_time(case: Case) -> Iterator[Problem]:
    if case.it.state == "requested" and case.at >= case.it.answer_until:
        yield Problem(TOO_LATE, {"until": case.it.answer_until})


def time_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.answer_until:
        yield Problem(TIME_RUNS, {"until": case.it.answer_until})


def reason_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def the_right_person_approves(case: Case) -> Iterator[Problem]:
    """Above the approval limit the lead, and not whoever asked; the rulebook may ask for a second person always."""
    above, other = case.facts["total"] > case.facts["limit"], case.by.person != case.it.orderer_id
    if not other and (above or case.facts["apart"] == "always"):
        yield Problem(NEEDS_OTHER)
    if above and not case.by.has("lead"):
        yield Problem(NEEDS_LEAD, {"amount": case.facts["total"], "limit": case.facts["limit"]})


def within_the_cap(case: Case) -> Iterator[Problem]:
    """What was approved for one object in one year stays within the cap of its service."""
    told = case.facts
    if told["total"] + told["used"] > told["cap"]:
        figures = {"amount": told["total"], "used": told["used"], "cap": told["cap"], "year": str(case.it.year), "target": told["target"]}
        yield Problem(OVER_CAP, figures, on="cap")


APPROVING: Final = (is_in_order, the_right_person_approves, within_the_cap)
