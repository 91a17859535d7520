"""What must hold for an order. Pure: each reads only the case it is handed."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import NAME_CHARS, REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

REASON_MISSING = Reason("ORD-001", _("Give a reason of at least {least} characters: the other side reads it."))
CONFIRM_TOO_LATE = Reason("ORD-002", _("The order could be confirmed until {until}; it lapses now."), CONFLICT)
CONFIRM_TIME_RUNS = Reason("ORD-003", _("The supplier may still answer until {until}."), CONFLICT)
SAME_PERSON_APPROVES = Reason("ORD-004", _("You placed this order yourself: somebody else must approve it."), 403)
SAME_PERSON_RECEIVES = Reason(
    "ORD-005", _("You placed this order yourself and your organisation separates duties: somebody else must receive and accept it."), 403
)
WAYBILL_MISSING = Reason("ORD-006", _("Give the carrier and the waybill number."))
NOTHING_DISPATCHED = Reason("ORD-007", _("Choose how many pieces are dispatched."))
TOO_MUCH_DISPATCHED = Reason("ORD-008", _("Line {position}: {quantity} pieces are given, only {open} are still open."))
INVOICE_DIFFERS = Reason("ORD-009", _("The invoice says {amount}, the accepted amount is {total}."))
INVOICE_MISSING = Reason("ORD-010", _("Give the invoice number."))
RATING_TIME_RUNS = Reason("ORD-011", _("The order can still be rated until {until}."), CONFLICT)
SUPPLIER_SUSPENDED = Reason("ORD-012", _("{supplier} is {state} and cannot take orders now."), CONFLICT)
CART_EMPTY = Reason("ORD-013", _("The cart is empty, or nothing in it is chosen."))
PRICE_CHANGED = Reason(
    "ORD-014", _("The price of “{title}” changed from {seen} to {now} since you put it into the cart. Look at it again."), CONFLICT
)
OFFER_GONE = Reason("ORD-015", _("“{title}” is {state}: it cannot be ordered now."), CONFLICT)
STOCK_SHORT = Reason("ORD-016", _("“{title}”: {wanted} wanted, {stock} in stock."), CONFLICT)
QUANTITY_WRONG = Reason("ORD-017", _("The quantity must be a whole number from 1 to {most}."))
QUANTITY_OVER_LIMIT = Reason("ORD-018", _("“{title}”: at most {most} pieces an order."))
NOT_DELIVERED_THERE = Reason("ORD-019", _("“{title}” is not delivered to {region}."))
QUOTA_SHORT = Reason("ORD-020", _("Quota {quota}: {available} available, {wanted} needed."), CONFLICT)
QUOTA_NOT_YOURS = Reason("ORD-021", _("Choose one of your organisation's budget quotas of this year."))
ADDRESS_MISSING = Reason("ORD-022", _("Choose a delivery address of your organisation."))
TITLE_MISSING = Reason("ORD-023", _("Choose an invoice title of your organisation."))
CART_FULL = Reason("ORD-024", _("A cart holds at most {most} lines."))
OVER_THRESHOLD = Reason(
    "ORD-025",
    _(
        "The order's total {total} reaches the procurement threshold {threshold}: choose the filed plan that it belongs to, or draw one up"
        " first (Plans, New plan). Below the threshold no plan is needed."
    ),
)
REPEATED = Reason(
    "ORD-026",
    _(
        "{count} orders of this category in {days} days, {sum} together, just under the limit {limit}: this can look like splitting a purchase."
    ),
)
ABOVE_MEDIAN = Reason("ORD-027", _("“{title}” costs {price}; the median of the same product is {median} ({percent} % above)."))
SCORE_WRONG = Reason("ORD-028", _("Give 1 to 5 stars for every criterion."))
RATING_TEXT_LONG = Reason("ORD-029", _("At most {most} characters."))
NOT_ONE_CHECKOUT = Reason("ORD-030", _("This form was already used for another order. Go back to the cart and check out again."), CONFLICT)
ORDER_FULL = Reason("ORD-031", _("An order holds at most {most} lines of one supplier: divide it."))
WAYBILL_TWICE = Reason("ORD-033", _("A parcel of this order already went under waybill {waybill}."))
PLAN_UNKNOWN = Reason("ORD-035", _("Your organisation has no plan with this number."))
NOT_AUTHORISED = Reason("ORD-034", _("“{title}” is imported; plan {plan} has no authorisation for imports."))
PLAN_NOT_FOR_ORDERS = Reason(
    "ORD-036",
    _("Nothing can be ordered for plan {plan}: it is not in force, is bought in another way, or nothing of its money is left."),
    CONFLICT,
)
NO_PROOF = Reason(
    "ORD-037",
    _(
        "“{title}” has no proof of manufacture any more: it cannot be bought direct from the manufacturer. Order it as an ordinary purchase,"
        " or take it out."
    ),
)
PROOF_ENDED = Reason(
    "ORD-038",
    _(
        "The proof of manufacture {certificate} of “{title}” ended on {until}: it cannot be bought direct from the manufacturer. Order it as an"
        " ordinary purchase, or take it out."
    ),
)
NOT_THE_MAKER = Reason(
    "ORD-039", _("“{title}” is sold by {supplier}, but {maker} is declared as its maker: that is not direct from the manufacturer.")
)
DEARER_THAN_DEALERS = Reason(
    "ORD-040",
    _("“{title}” costs {price} direct from the manufacturer; others sell the same product from {lowest} on ({percent} per cent less)."),
)
NOT_DIRECT = Reason("ORD-041", _("“{title}” has no proof of manufacture in date: it is not sold direct from the manufacturer."), CONFLICT)
PURPOSE_MISSING = Reason("ORD-032", _("Say what the goods are for."))


def reason_is_given(case: Case) -> Iterator[Problem]:
    """Who declines, withdraws or rejects says why, in words that others can read and the ledger can keep."""
    reason = str(case.facts.get("reason", "")).strip()
    if len(reason) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")
    if len(reason) > TEXT_CHARS:
        yield Problem(RATING_TEXT_LONG, {"most": TEXT_CHARS}, on="reason")


def cart_is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the checkout found: price, stock, limit, region, standing, budget."""
    yield from case.facts.get("problems", ())


def approver_is_not_orderer(case: Case) -> Iterator[Problem]:
    """Nobody approves an own order (内部控制: 不相容岗位分离)."""
    if case.by.user_id == case.it.orderer_id:
        yield Problem(SAME_PERSON_APPROVES)


def receiver_is_not_orderer(case: Case) -> Iterator[Problem]:
    """Where the organisation separates duties, who ordered does not receive and accept (state_machine.csv: receiver != orderer)."""
    if case.facts.get("separates_duties", True) and case.by.user_id == case.it.orderer_id:
        yield Problem(SAME_PERSON_RECEIVES)


def supplier_stands(case: Case) -> Iterator[Problem]:
    """A suspended supplier takes no new orders."""
    standing = case.facts.get("standing")
    if standing is not None and standing != "active":
        yield Problem(SUPPLIER_SUSPENDED, {"supplier": case.by.organisation_name, "state": case.facts.get("standing_label", standing)})


def in_time_to_confirm(case: Case) -> Iterator[Problem]:
    """The supplier answers within the limit (emall_defaults: order.supplier_confirm_limit)."""
    if case.it.confirm_until is not None and case.at >= case.it.confirm_until:
        yield Problem(CONFIRM_TOO_LATE, {"until": case.it.confirm_until})


def confirm_time_is_over(case: Case) -> Iterator[Problem]:
    """Only time lets an order lapse."""
    if case.it.confirm_until is None or case.at < case.it.confirm_until:
        yield Problem(CONFIRM_TIME_RUNS, {"until": case.it.confirm_until})


def waybill_is_given(case: Case) -> Iterator[Problem]:
    """Goods travel under a waybill, each parcel under its own."""
    for field in ("waybill", "carrier"):
        text = str(case.facts.get(field, "")).strip()
        if not text:
            yield Problem(WAYBILL_MISSING, on=field)
        elif len(text) > NAME_CHARS:
            yield Problem(RATING_TEXT_LONG, {"most": NAME_CHARS}, on=field)
    if case.facts.get("waybill") in case.facts.get("waybills", ()):
        yield Problem(WAYBILL_TWICE, {"waybill": case.facts["waybill"]}, on="waybill")


def parcel_fits(case: Case) -> Iterator[Problem]:
    """A parcel holds something, and not more than is still open."""
    parcel, still = case.facts["parcel"], case.facts["open"]
    if not any(parcel.values()):
        yield Problem(NOTHING_DISPATCHED, on="quantity")
    for position, quantity in parcel.items():
        if quantity < 0 or quantity > still.get(position, 0):
            yield Problem(
                TOO_MUCH_DISPATCHED, {"position": position, "quantity": quantity, "open": still.get(position, 0)}, on=f"quantity_{position}"
            )


def invoice_matches(case: Case) -> Iterator[Problem]:
    """The invoice has a number and the accepted amount."""
    if not str(case.facts.get("invoice", "")).strip():
        yield Problem(INVOICE_MISSING, on="invoice_number")
    if case.facts.get("amount") != case.it.total:
        yield Problem(INVOICE_DIFFERS, {"amount": case.facts.get("amount"), "total": case.it.total}, on="amount")


def rating_time_is_over(case: Case) -> Iterator[Problem]:
    """A paid order stays open for a rating until its term ends."""
    if case.it.state == "paid" and case.it.rate_until is not None and case.at < case.it.rate_until:
        yield Problem(RATING_TIME_RUNS, {"until": case.it.rate_until})


PLACING = (cart_is_in_order,)
DISPATCHING = (waybill_is_given, parcel_fits)
