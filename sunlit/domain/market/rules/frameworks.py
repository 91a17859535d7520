"""What must hold for a framework agreement (110号令, 财库〔2022〕17号). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case, Rule

# What the plan says
TEXT_MISSING = Reason("FWK-001", _("This must be said, in at most {most} characters."))
CHOICE_MISSING = Reason("FWK-002", _("Choose one of the possibilities."))
AMOUNT_WRONG = Reason("FWK-003", _("“{amount}” is not an amount in yuan above zero with at most two places."))
COUNT_WRONG = Reason("FWK-004", _("“{text}” is not a whole number from {least} to {most}."))
NO_PACKAGES = Reason("FWK-005", _("Fill in at least one package and at most {most}."))
CATEGORY_UNKNOWN = Reason("FWK-006", _("Package {row}: “{code}” is no item of the procurement catalogue for {kind}."))
NOT_A_SOLICITOR = Reason(
    "FWK-007",
    _(
        "The rulebook names neither a central purchasing agency nor a lead budget unit with the number {number}: only these solicit frameworks."
    ),
    FORBIDDEN,
)
NO_GROUND = Reason("FWK-008", _("A framework is not lawful here: {why}"))
QUALITY_GROUND_MISSING = Reason(
    "FWK-009",
    _("Quality comes first only where the government sets or guides the price, or for instruments with special demands on quality."),
)
QUALITY_BIDS = Reason("FWK-010", _("A second bidding is held only where the price comes first."))
ROTATION_GOODS = Reason("FWK-011", _("Turns are taken only for services."))
TOO_LONG = Reason("FWK-012", _("A framework for {kind} runs for at most {most} months."))
SURVEY_SMALL = Reason("FWK-013", _("The demand survey asks at least {least} buyers and {least} suppliers."))
AGENCY_GROUND = Reason("FWK-014", _("A central purchasing agency solicits for catalogue items; lead budget units solicit for the rest."))

CATALOGUE_DIFFERS = Reason(
    "FWK-015",
    _(
        "{categories}: what the centralised catalogue lists is solicited by the central purchasing agency, and what it does not list by a lead unit."
    ),
)

# Its way
REASON_MISSING = Reason("FWK-020", _("Give a reason of at least {least} characters: the other side reads it."))
NEEDS_REVIEW = Reason(
    "FWK-021", _("The plan of a central purchasing agency is reviewed by the finance department: ask for the review."), CONFLICT
)
NEEDS_FILING = Reason("FWK-022", _("The plan of a lead budget unit is filed, not reviewed."), CONFLICT)
DEADLINE_WRONG = Reason("FWK-023", _("“{text}” is not an instant like 2026-09-01T10:00."))
TIME_RUNS = Reason("FWK-024", _("Responses may come in until {until}; nothing is opened before."), CONFLICT)
NOT_JUDGED = Reason("FWK-025", _("{count} responses are not judged yet."), CONFLICT)
PANEL_WRONG = Reason("FWK-026", _("The panel has at least {least} members, an odd number, each named once."))
NOBODY_SIGNED = Reason("FWK-027", _("Nobody has signed yet."), CONFLICT)
SIGNING_RUNS = Reason("FWK-028", _("{count} shortlisted suppliers may still sign until {until}."), CONFLICT)
STILL_VALID = Reason("FWK-029", _("The agreement runs until {until}."), CONFLICT)
FILED_ALREADY = Reason("FWK-030", _("The agreement is filed already."), CONFLICT)
DEADLINE_SHORT = Reason(
    "FWK-031", _("The deadline leaves too little time: at least {least} from the solicitation, that is after {earliest}.")
)

# A response
TOO_LATE = Reason("FWK-040", _("Responses could come in until {until}."), CONFLICT)
ABOVE_CEILING = Reason("FWK-041", _("{price} is above the ceiling of {ceiling} for this package."))
NOT_ACTIVE = Reason("FWK-042", _("Your organisation is no active supplier of this platform and cannot respond now."), CONFLICT)
ANSWERED_ALREADY = Reason(
    "FWK-043", _("Your organisation has answered this package: one product a package. Change or withdraw that response."), CONFLICT
)
PROOF_MISSING = Reason(
    "FWK-044", _("Of goods only the manufacturer or its sole authorised supplier is shortlisted: add the paper that shows it.")
)
BANNED_WORD = Reason("FWK-045", _("“{word}” may not stand in a response: products made for government procurement alone are not admitted."))
CONSUMABLES_SHORT = Reason("FWK-046", _("The prices of consumables are quoted for at least {least} years."))
FINDING_MISSING = Reason("FWK-047", _("Choose why the response does not conform."))
SCORE_MISSING = Reason("FWK-048", _("Where quality comes first a conforming response has a score from 0 to 100."))
CAPACITY_WRONG = Reason("FWK-049", _("Goods come from the manufacturer or its sole authorised supplier, services from who provides them."))
SIGNED_LATE = Reason("FWK-050", _("The agreement could be signed until {until}."), CONFLICT)
NOT_CHEAPER = Reason("FWK-051", _("{price} is not below the agreement's price of {now}: prices only fall while it runs."))
STATE_PASSED = Reason("FWK-052", _("The framework is “{state}”: this cannot be done to a response now."), CONFLICT)

REMOVAL_MISSING = Reason("FWK-053", _("Choose on which ground the supplier is cleared out."))
LEAVE_ASKED = Reason("FWK-054", _("You asked to leave already; the solicitor answers until {until}."), CONFLICT)
LEAVE_NOT_ASKED = Reason("FWK-055", _("This supplier does not ask to leave."), CONFLICT)
ENOUGH_LEFT = Reason(
    "FWK-056", _("In no package are fewer than {percent} per cent of the shortlisted suppliers left: nothing is solicited anew."), CONFLICT
)
SUPPLEMENTED_ALREADY = Reason("FWK-057", _("A supplementary solicitation of this agreement is under way already."), CONFLICT)
LEFT_BEFORE = Reason("FWK-058", _("Who was cleared out of or left the agreement does not come in again while it runs."), CONFLICT)
JOINS_ANOTHER = Reason("FWK-061", _("Who signed joins agreement {number}."), CONFLICT)
PARTY_ALREADY = Reason("FWK-059", _("Your organisation is a party to the agreement for this package already."), CONFLICT)
AGREEMENT_OVER = Reason("FWK-060", _("The agreement {number} does not run any more: nobody joins it."), CONFLICT)

FELL: Final = _("The agreement that it supplements is over.")
PACKAGES_MOST: Final = 20
YEAR_MONTHS: Final = 12
SCORE_MOST: Final = Decimal(100)

KINDS: Final[dict[str, str | Promise]] = {"goods": _("goods"), "services": _("services")}
METHODS: Final[dict[str, str | Promise]] = {"price": _("Price first"), "quality": _("Quality first")}
QUALITY_GROUNDS: Final[dict[str, str | Promise]] = {
    "government_price": _("the government sets or guides the price"),
    "instruments": _("instruments for tests and laboratories with special demands on quality"),
}
SECOND_STAGE: Final[dict[str, str | Promise]] = {
    "direct": _("Direct selection"),
    "bidding": _("Second bidding"),
    "rotation": _("Rotation"),
}
GROUNDS: Final = ("catalogue_sporadic", "assurance_services", "user_choice")
CAPACITIES: Final[dict[str, str | Promise]] = {
    "manufacturer": _("Manufacturer"),
    "sole_agent": _("Sole authorised supplier of the manufacturer"),
    "provider": _("Provider of the service"),
}
OF_KIND: Final = {"goods": ("manufacturer", "sole_agent"), "services": ("provider",)}
FINDINGS: Final[dict[str, str | Promise]] = {
    "unqualified": _("A qualification that the solicitation asks for is not met."),
    "unproved": _("Who responds is neither the manufacturer nor shown to be its sole authorised supplier."),
    "below_standard": _("What is offered does not meet the demand standard."),
    "incomplete": _("What the solicitation asks for is missing from the response."),
    "conditional": _("The response carries conditions that the solicitor cannot accept."),
    "abnormal": _("The price may keep the service from being performed, and the explanation did not hold."),
    "false": _("Papers of the response are not true."),
}
REMOVALS: Final[
    dict[str, str | Promise]
] = {  # 110号令 art. 19, as known (K): who is cleared out does not come in again while the agreement runs
    "collusion": _("colluded to be shortlisted or to win"),
    "false_papers": _("gave untrue papers to be shortlisted or to win"),
    "refused_orders": _("refused orders without a lawful reason"),
    "breach": _("did not perform as agreed, also when the buyer demanded it"),
    "banned": _("was barred from government procurement while the agreement ran"),
    "agreed": _("another case that the agreement names"),
}
FAILURES: Final[dict[str, str | Promise]] = {
    "few_responses": _("Too few suppliers responded."),
    "few_conforming": _("Too few responses conform."),
}


class Ranked(NamedTuple):
    """A conforming response as it is compared: its unit price, its score, and when it came in (with its id: ids never tie)."""

    id: int
    price: Decimal
    score: Decimal | None
    came: tuple[object, int]


class Shortlist(NamedTuple):
    listed: list[int]  # ids, the best first
    eliminated: list[int]


def shortlist(entries: Sequence[Ranked], *, method: str, percent: Decimal, least: int, tie: str) -> Shortlist:
    """Rank, then take away the tail: at least `percent` of the conforming responses and at least `least` of them, exactly (110号令).

    Price first: the lower price is better. Quality first: the higher score is better, then the lower price. Where equals stand on both sides of
    the line, `earliest` keeps those that came first and `all_out` keeps none of them.
    """

    def merit(it: Ranked) -> tuple[Decimal, ...]:
        return (it.price,) if method == "price" else (-(it.score or Decimal(0)), it.price)

    order = sorted(entries, key=lambda it: (merit(it), it.came))
    kept = max(0, len(order) - max(least, ceil(len(order) * Fraction(percent) / 100)))
    if tie == "all_out" and 0 < kept < len(order) and merit(order[kept - 1]) == merit(order[kept]):
        kept = next(n for n, it in enumerate(order) if merit(it) == merit(order[kept])) or kept  # where all are equal, time decides
    return Shortlist([it.id for it in order[:kept]], [it.id for it in order[kept:]])


def reason_is_given(case: Case) -> Iterator[Problem]:
    """Who sends back, cancels, declines, clears out or voids says why."""
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def plan_is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the look at the whole plan found."""
    yield from case.facts.get("problems", ())


def agency_asks(case: Case) -> Iterator[Problem]:
    """The plan of a central agency is reviewed by the finance department (财库〔2022〕17号 §4)."""
    if not case.it.agency:
        yield Problem(NEEDS_FILING)


def lead_unit_files(case: Case) -> Iterator[Problem]:
    """The plan of a lead budget unit is filed (财库〔2022〕17号 §4)."""
    if case.it.agency:
        yield Problem(NEEDS_REVIEW)


def responses_have_time(case: Case) -> Iterator[Problem]:
    """A closed framework is solicited by the procedure of an open tender: what the ruling on its deadline refuses."""
    yield from case.facts.get("problems", ())


def time_to_respond_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.respond_until:
        yield Problem(TIME_RUNS, {"until": case.it.respond_until})


def everything_is_judged(case: Case) -> Iterator[Problem]:
    if count := case.facts.get("open", 0):
        yield Problem(NOT_JUDGED, {"count": count})


def panel_is_complete(case: Case) -> Iterator[Problem]:
    """As a panel of negotiation: three or more, an odd number (74号令 art. 7)."""
    panel, least = case.facts.get("panel", ()), case.facts.get("panel_least", 3)
    if len(panel) < least or len(panel) % 2 == 0 or len(set(panel)) != len(panel):
        yield Problem(PANEL_WRONG, {"least": least}, on="panel")


def somebody_signed(case: Case) -> Iterator[Problem]:
    """It takes effect when all have signed, or their time is over and at least one has."""
    if not case.facts.get("signed"):
        yield Problem(NOBODY_SIGNED)
    if case.facts.get("unsigned") and case.at < case.it.sign_until:
        yield Problem(SIGNING_RUNS, {"count": case.facts["unsigned"], "until": case.it.sign_until})


def is_short_of_suppliers(case: Case) -> Iterator[Problem]:
    """Fewer than the share are left (NR-034), and the performance suffers: the reason says how."""
    if not case.facts.get("short"):
        yield Problem(ENOUGH_LEFT, {"percent": case.facts["percent"]})


def agreement_runs(case: Case) -> Iterator[Problem]:
    if not case.facts["agreement"].runs_at(case.at):
        yield Problem(AGREEMENT_OVER, {"number": case.facts["agreement"].number})


def agreement_is_closed(case: Case) -> Iterator[Problem]:
    """An open one takes in who applies: nothing is solicited anew for it."""
    if case.facts["agreement"].is_open_form:
        yield Problem(open_rules.OPEN_FORM, {"number": case.facts["agreement"].number})


def is_of_itself(case: Case) -> Iterator[Problem]:
    """A supplementary solicitation joins its agreement; it is none of its own."""
    if case.it.supplements_id is not None:
        yield Problem(JOINS_ANOTHER, {"number": case.it.supplements.number})


def nobody_signed_in_time(case: Case) -> Iterator[Problem]:
    if case.at < case.it.sign_until:
        yield Problem(SIGNING_RUNS, {"count": case.facts.get("unsigned", 0), "until": case.it.sign_until})


def is_not_filed_yet(case: Case) -> Iterator[Problem]:
    if case.it.filed_at is not None:
        yield Problem(FILED_ALREADY)


def term_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.valid_until:
        yield Problem(STILL_VALID, {"until": case.it.valid_until})


# A response


def comes_in_time(case: Case) -> Iterator[Problem]:
    """Only while the framework is solicited, and before its deadline."""
    framework = case.facts["framework"]
    if framework.state != "open" or case.at >= framework.respond_until:
        yield Problem(TOO_LATE, {"until": framework.respond_until})


def response_is_in_order(case: Case) -> Iterator[Problem]:
    yield from case.facts.get("problems", ())


def framework_is(*states: str) -> Rule:
    """The framework stands at this place of its way."""

    def rule(case: Case) -> Iterator[Problem]:
        framework = case.facts["framework"]
        if framework.state not in states:
            yield Problem(STATE_PASSED, {"state": case.facts["framework_state"]})

    return rule


def finding_is_given(case: Case) -> Iterator[Problem]:
    """Who is excluded knows why, by its code and in words."""
    if case.facts.get("finding") not in FINDINGS:
        yield Problem(FINDING_MISSING, on="finding")
    if len(str(case.facts.get("note", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="note")


def score_is_given(case: Case) -> Iterator[Problem]:
    score = case.facts.get("score")
    if case.facts["framework"].method == "quality" and (score is None or not 0 <= score <= SCORE_MOST):
        yield Problem(SCORE_MISSING, on="score")


def signs_in_time(case: Case) -> Iterator[Problem]:
    """Within thirty days of the letter (110号令)."""
    framework = case.facts["framework"]
    if case.at >= framework.sign_until:
        yield Problem(SIGNED_LATE, {"until": framework.sign_until})


def removal_is_named(case: Case) -> Iterator[Problem]:
    """A party is cleared out on one of the grounds of 110号令 or of the agreement."""
    if case.facts["removal"] not in REMOVALS:
        yield Problem(REMOVAL_MISSING, on="removal")


def leave_is_not_asked(case: Case) -> Iterator[Problem]:
    if case.it.leave_until is not None:
        yield Problem(LEAVE_ASKED, {"until": case.it.leave_until})


def leave_is_asked(case: Case) -> Iterator[Problem]:
    if case.it.leave_until is None:
        yield Problem(LEAVE_NOT_ASKED)


def price_falls(case: Case) -> Iterator[Problem]:
    """While the agreement runs, its price may fall and never rise."""
    price = case.facts["new_price"]
    if price >= case.it.price:
        told = {"price": f"{price}%", "now": f"{case.it.price}%"} if case.it.package.service else {"price": price, "now": case.it.price}
        yield Problem(NOT_CHEAPER, told, on="price")
