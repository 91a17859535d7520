"""What must hold for an online quotation and for the quotes that it gets. Pure: each reads only what it is handed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import NAME_CHARS, QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case

TITLE_MISSING = Reason("QUO-001", _("Give the quotation a title of at most {most} characters."))
NO_LINE = Reason("QUO-002", _("Say at least one thing that prices are asked for, and at most {most}."))
CATEGORY_UNKNOWN = Reason("QUO-003", _("Row {row}: “{code}” is no item of the procurement catalogue."))
NAME_MISSING = Reason("QUO-004", _("Row {row}: say what is needed, in at most {most} characters."))
QUANTITY_WRONG = Reason("QUO-005", _("Row {row}: the quantity is a whole number from 1 to {most}."))
CEILING_WRONG = Reason("QUO-006", _("Row {row}: “{value}” is not the highest price of one: write yuan such as 4999.00."))
TEXT_LONG = Reason("QUO-007", _("At most {most} characters; there are {count}."))
TOO_MANY_PARAMETERS = Reason("QUO-008", _("Row {row}: at most {most} parameters and {brands} brands."))
WHEN_MISSING = Reason("QUO-009", _("Say until which day and minute quotes may come in."))
WINDOW_SHORT = Reason("QUO-010", _("Suppliers need time until {earliest} at least ({rule}); quotes would be due at {until}."))
TOO_FEW_INVITED = Reason("QUO-011", _("At least {least} suppliers are invited; {count} are chosen. Or leave it open to all."))
NOT_ACTIVE = Reason("QUO-012", _("“{supplier}” is no active supplier of this platform."))
DELIVERY_WRONG = Reason("QUO-013", _("Say in how many days the goods are needed: 1 to {most}."))
NEEDS_LEAD = Reason("QUO-014", _("Above {limit} the lead of your organisation decides this."), FORBIDDEN)
TOO_LATE = Reason("QUO-015", _("Quotes could come in until {until}."), CONFLICT)
NOT_INVITED = Reason("QUO-016", _("The buyer has invited other suppliers to this quotation."), FORBIDDEN)
PRICE_WRONG = Reason("QUO-017", _("Line {row}: “{value}” is no price: write yuan with at most two places, above nought."))
OVER_LINE = Reason("QUO-018", _("Line {row}: {price} is above the highest price {ceiling} that the buyer may pay for one."))
OVER_CEILING = Reason("QUO-019", _("Your quote comes to {total}: above the ceiling {ceiling}."))
NOT_ANSWERED = Reason("QUO-020", _("Line {row}: say whether “{parameter}” is met."))
MODEL_MISSING = Reason("QUO-021", _("Line {row}: name brand and model, each in at most {most} characters."))
PRODUCT_UNKNOWN = Reason("QUO-022", _("Line {row}: the library has no product “{number}”."))
TIME_RUNS = Reason("QUO-023", _("Quotes may still come in until {until}."), CONFLICT)
KEYS_MISSING = Reason("QUO-024", _("Not enough key keepers have given out their keys yet; missing: {keepers}."), CONFLICT)
CAUSE_WRONG = Reason("QUO-025", _("Choose one of the causes."))
REASON_SHORT = Reason("QUO-026", _("Give the reason in at least {least} characters: those concerned, and the public, read it."))
NOT_JUDGED = Reason("QUO-027", _("{count} quotes are not judged yet."), CONFLICT)
TOO_FEW_CONFORM = Reason("QUO-028", _("{count} quotes conform, {least} are needed: this quotation has failed."), CONFLICT)
ENOUGH_CONFORM = Reason("QUO-029", _("{count} quotes conform and {least} are needed: it has not failed, the lowest one wins."), CONFLICT)
SAYS_NO = Reason("QUO-030", _("The supplier itself says that “{parameter}” of line {row} is not met: the quote cannot conform."))
QUESTION_EMPTY = Reason("QUO-031", _("Write at least {least} and at most {most} characters."))
NOT_LATER = Reason("QUO-032", _("Give a later time than {until}."))
RUN_BEFORE = Reason("QUO-033", _("It was run again already, as {number}."), CONFLICT)
TOO_MANY_RUNS = Reason(
    "QUO-034", _("{runs} runs came to nothing: the limit is {most}. Look at the demand, or choose another way to buy."), CONFLICT
)
NOT_STANDING = Reason("QUO-035", _("“{supplier}” is no longer an active supplier: exclude its quote, or wait until it is again."), CONFLICT)
BRANDS_FEW = Reason(
    "QUO-036",
    _("Line {row} names {count} brands. Name none, or at least {least} that are alike, so that nobody is favoured (条例 art. 20)."),
)
ANSWERED = Reason("QUO-037", _("This question was answered already."), CONFLICT)
QUOTA_MISSING = Reason("QUO-038", _("Choose one of your organisation's budget quotas, or the plan that it is bought for."))
TOO_MANY_PAPERS = Reason("QUO-039", _("At most {most} papers."))
ORDER_STANDS = Reason("QUO-040", _("Order {order} came of it and stands: there is nothing to run again."), CONFLICT)
OPENED_ALREADY = Reason("QUO-041", _("The keepers may have given out their keys since {opens}: nothing can be put off any more."), CONFLICT)

PAPER_MISSING = Reason("QUO-042", _("Choose the paper that belongs to it."))

TOTAL_TOO_HIGH = Reason("QUO-043", _("Everything at its highest price comes to more than {most}."))

LINES_MOST: Final = 40
PARAMETERS_MOST: Final = 30
BRANDS_MOST: Final = 10
PAPERS_MOST: Final = 10
DELIVERY_DAYS_MOST: Final = 365
REASON_CHARS: Final = 10
QUESTION_CHARS_LEAST: Final = 4
BRAND_SEPARATORS: Final = "、,，;；"

EXCLUSIONS: Final[dict[str, str | Promise]] = {
    "parameter": _("a mandatory parameter is not met"),
    "delivery": _("delivery or other terms are not accepted"),
    "papers": _("what was to be shown is missing or wrong"),
    "standing": _("the supplier may not take part"),
    "low_price": _("an abnormally low price was not explained"),
    "unreadable": _("the envelope cannot be opened or was tampered with"),
}
CHOSEN_EXCLUSIONS: Final = tuple(name for name in EXCLUSIONS if name != "unreadable")  # by a person
CANCELLATIONS: Final[dict[str, str | Promise]] = {
    "demand_changed": _("the demand has changed"),
    "budget_gone": _("the money is needed elsewhere or was withdrawn"),
    "mistake": _("there is a mistake in what was asked"),
    "bought_otherwise": _("it is bought in another way"),
    "unlawful": _("something unlawful has come to light"),
}
FAILURES: Final[dict[str, str | Promise]] = {
    "too_few_quotes": _("too few quotes came in"),
    "too_few_conforming": _("too few quotes conform"),
}
CAUSES: Final[dict[str, str | Promise]] = {**FAILURES, **CANCELLATIONS, "voided": _("voided by the regulator")}


@dataclass(frozen=True, slots=True)
class Asked:
    """One line as a quote is held against it."""

    position: int
    quantity: int
    ceiling: Decimal
    parameters: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a parameter is met, and the supplier's words; `meets` None where nothing was said."""

    meets: bool | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Priced:
    """What a quote says of one line."""

    position: int
    price: Decimal
    brand: str
    model: str
    product: str  # number in the library, or ""
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """A whole quote: what goes into the envelope."""

    lines: tuple[Priced, ...]
    delivery_days: int
    note: str = ""

    def total(self, asked: Sequence[Asked]) -> Decimal:
        return sum((priced.price * line.quantity for priced, line in zip(self.lines, asked, strict=True)), money.ZERO)

    def to_json(self) -> dict[str, Any]:
        return {
            "delivery_days": self.delivery_days,
            "note": self.note,
            "lines": [
                {
                    "position": it.position,
                    "price": str(it.price),
                    "brand": it.brand,
                    "model": it.model,
                    "product": it.product,
                    "answers": [{"meets": answer.meets, "text": answer.text} for answer in it.answers],
                }
                for it in self.lines
            ],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Offered:
        return cls(
            lines=tuple(
                Priced(
                    position=int(it["position"]),
                    price=money.yuan(it["price"]),
                    brand=str(it["brand"]),
                    model=str(it["model"]),
                    product=str(it["product"]),
                    answers=tuple(Answer(answer["meets"], str(answer["text"])) for answer in it["answers"]),
                )
                for it in told["lines"]
            ),
            delivery_days=int(told["delivery_days"]),
            note=str(told["note"]),
        )


def offer_problems(told: Offered, asked: Sequence[Asked], *, ceiling: Decimal, delivery_days: int) -> Iterator[Problem]:
    """Whether a quote can be taken at all: priced within every ceiling, answered, deliverable. Whether it conforms the buyer judges."""
    for it, line in zip(told.lines, asked, strict=True):
        n = line.position
        if it.price <= 0:
            yield Problem(PRICE_WRONG, {"row": n, "value": str(it.price)}, on=f"price_{n}")
        elif it.price > line.ceiling:
            yield Problem(OVER_LINE, {"row": n, "price": it.price, "ceiling": line.ceiling}, on=f"price_{n}")
        if not it.brand or not it.model or max(len(it.brand), len(it.model)) > NAME_CHARS:
            yield Problem(MODEL_MISSING, {"row": n, "most": NAME_CHARS}, on=f"{'model' if it.brand else 'brand'}_{n}")
        for place, (parameter, answer) in enumerate(zip(line.parameters, it.answers, strict=True)):
            if answer.meets is None:
                yield Problem(NOT_ANSWERED, {"row": n, "parameter": parameter}, on=f"meets_{n}_{place}")
            yield from fits(f"text_{n}_{place}", answer.text, NAME_CHARS)
    if (total := told.total(asked)) > ceiling:
        yield Problem(OVER_CEILING, {"total": total, "ceiling": ceiling}, on="total")
    if not 1 <= told.delivery_days <= delivery_days:
        yield Problem(DELIVERY_WRONG, {"most": delivery_days}, on="delivery_days")
    yield from fits("note", told.note, TEXT_CHARS)


def fits(on: str, text: str, most: int) -> Iterator[Problem]:
    if len(text) > most:
        yield Problem(TEXT_LONG, {"most": most, "count": len(text)}, on)


def line_problems(row: int, told: Mapping[str, Any]) -> Iterator[Problem]:
    """One row of what is asked, as it was read."""
    if told["category"] is None:
        yield Problem(CATEGORY_UNKNOWN, {"row": row, "code": told["code"][:40]}, on=f"category_{row}")
    if not told["name"] or len(told["name"]) > NAME_CHARS:
        yield Problem(NAME_MISSING, {"row": row, "most": NAME_CHARS}, on=f"name_{row}")
    if told["quantity"] is None:
        yield Problem(QUANTITY_WRONG, {"row": row, "most": QUANTITY_MOST}, on=f"quantity_{row}")
    if told["ceiling"] is None:
        yield Problem(CEILING_WRONG, {"row": row, "value": told["price"][:40]}, on=f"ceiling_{row}")
    if len(told["parameters"]) > PARAMETERS_MOST or len(told["brands"]) > BRANDS_MOST:
        yield Problem(TOO_MANY_PARAMETERS, {"row": row, "most": PARAMETERS_MOST, "brands": BRANDS_MOST}, on=f"parameters_{row}")
    for text in (*told["parameters"], *told["brands"]):
        yield from fits(f"parameters_{row}", text, NAME_CHARS)


def winner_first(quotes: Sequence[Any], *, tie: str, number: str, keys: Sequence[str]) -> list[Any]:
    """The conforming quotes, the winner first: the lowest total; between equals the earlier one, or by lot where the rulebook says so.

    The lot is the digest of the procedure, the keepers' keys and the quote: known to nobody before the opening, and to be drawn again by everybody after it.
    """
    drawn = "".join(sorted(keys))

    def between_equals(quote: Any) -> Any:
        return hashlib.sha256(f"{number}/{drawn}/{quote.number}".encode()).hexdigest() if tie == "random" else quote.place

    return sorted((it for it in quotes if it.state in ("conforming", "won", "lost")), key=lambda it: (it.total, between_equals(it)))


# Rules of the lives


def is_lead_where_needed(case: Case) -> Iterator[Problem]:
    """Beyond the organisation's own limit the lead publishes and awards."""
    limit = case.facts["limit"]
    if case.it.ceiling > limit and not case.by.has("lead"):
        yield Problem(NEEDS_LEAD, {"limit": limit})


def leaves_time_enough(case: Case) -> Iterator[Problem]:
    """The shortest time to quote (rfq.quote_window_min; from the procurement threshold on that of 74号令 art. 45)."""
    if case.it.quote_until < case.facts["earliest"]:
        told = {"earliest": case.facts["earliest"], "rule": case.facts["window"], "until": case.it.quote_until}
        yield Problem(WINDOW_SHORT, told, on="quote_until")


def enough_are_invited(case: Case) -> Iterator[Problem]:
    """At least three, or everybody."""
    count = len(case.it.invited)
    if count and count < case.facts["least"]:
        yield Problem(TOO_FEW_INVITED, {"least": case.facts["least"], "count": count}, on="suppliers")


def is_in_time(case: Case) -> Iterator[Problem]:
    """What is finished at the deadline, or later, is too late."""
    if case.at >= quotation_of(case).quote_until:
        yield Problem(TOO_LATE, {"until": quotation_of(case).quote_until})


def time_is_over(case: Case) -> Iterator[Problem]:
    """Only time ends the term to quote."""
    if case.at < case.it.quote_until:
        yield Problem(TIME_RUNS, {"until": case.it.quote_until})


def may_be_opened(case: Case) -> Iterator[Problem]:
    """The instant has come, and enough keepers have given out their keys."""
    if case.at < case.it.opens_at:
        yield Problem(TIME_RUNS, {"until": case.it.opens_at})
    if not case.facts["enough"]:
        yield Problem(KEYS_MISSING, {"keepers": "、".join(case.facts["missing"])})


def is_put_off(case: Case) -> Iterator[Problem]:
    """Later, and before any key was given out."""
    until = case.facts["until"]
    if until <= case.it.quote_until:
        yield Problem(NOT_LATER, {"until": case.it.quote_until}, on="until")
    if case.it.suspended_at is None and case.at >= case.it.opens_at:
        yield Problem(OPENED_ALREADY, {"opens": case.it.opens_at}, on="until")


def reason_is_given(case: Case) -> Iterator[Problem]:
    """A coded cause where there is a choice, and words that others will read."""
    among = case.facts.get("among")
    if among is not None and case.facts["cause"] not in among:
        yield Problem(CAUSE_WRONG, on="cause")
    if len(str(case.facts["reason"])) < REASON_CHARS:
        yield Problem(REASON_SHORT, {"least": REASON_CHARS}, on="reason")
    yield from fits("reason", str(case.facts["reason"]), TEXT_CHARS)


def meets_what_it_says(case: Case) -> Iterator[Problem]:
    """Nobody conforms against its own word."""
    for row, parameter in case.facts["denied"]:
        yield Problem(SAYS_NO, {"row": row, "parameter": parameter}, on="verdict")


def is_judged(case: Case) -> Iterator[Problem]:
    """No result while a quote waits for its judgement."""
    if case.facts["open"]:
        yield Problem(NOT_JUDGED, {"count": case.facts["open"]})


def enough_conform(case: Case) -> Iterator[Problem]:
    """There is a choice between at least three."""
    if case.facts["conforming"] < case.it.least:
        yield Problem(TOO_FEW_CONFORM, {"count": case.facts["conforming"], "least": case.it.least})


def too_few_conform(case: Case) -> Iterator[Problem]:
    """What could be awarded does not fail: the lowest conforming quote wins."""
    if case.facts["conforming"] >= case.it.least:
        yield Problem(ENOUGH_CONFORM, {"count": case.facts["conforming"], "least": case.it.least})


def winner_stands(case: Case) -> Iterator[Problem]:
    """A supplier that was suspended meanwhile takes no order."""
    if case.facts["winner"] and case.facts["standing"] != "active":
        yield Problem(NOT_STANDING, {"supplier": case.facts["winner"]})


def too_few_came(case: Case) -> Iterator[Problem]:
    """Who has enough quotes is opened, not ended."""
    if case.facts["count"] >= case.it.least:
        yield Problem(ENOUGH_CONFORM, {"count": case.facts["count"], "least": case.it.least})


def quotation_of(case: Case) -> Any:
    """The quotation that the case is about, or whose quote it is about."""
    return getattr(case.it, "quotation", case.it)
