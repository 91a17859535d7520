"""Buying: the own organisation's addresses, titles and quotas, and placing orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from django.utils.translation import gettext_noop as _
from ninja import Router, Status
from pydantic import Field

from sunlit.domain.catalog.models import Offer
from sunlit.domain.catalog.queries import machines
from sunlit.domain.market import queries as market
from sunlit.domain.market.modes import supermarket
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning import services as budgets
from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import API_BATCH_ROWS, CART_LINES
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.portals.api import problems
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import ROWS, After, Given, Key, Money, Quantity, Rows, Text, Time, Told, Yuan
from sunlit.portals.api.v1 import orders
from sunlit.portals.api.v1.orders import OrderWithAll, whole
from sunlit.portals.doors import found_or_404

router = Router(tags=["buying"])
READ, WRITE, ANY = Needs("orders:read"), Needs("orders:write"), Needs()


class AddressOut(Told):
    id: int
    receiver: str
    phone: str
    text: str
    region: str
    preferred: bool


class TitleOut(Told):
    id: int
    title: str
    tax_number: str
    preferred: bool


class OrganisationOut(Told):
    number: str
    name: str
    kind: str
    region: str
    person: str
    roles: list[str]
    scopes: list[str]
    addresses: list[AddressOut]
    invoice_titles: list[TitleOut]


class QuotaOut(Told):
    number: str
    name: str
    buyer: str
    year: int
    project: str
    economic_category: str
    total: Yuan
    held: Yuan
    committed: Yuan
    spent: Yuan
    available: Yuan
    closed_at: Time | None = Field(description="Since then nothing new is held on it.")


class Quotas(Told):
    quotas: list[QuotaOut]
    next: str


class LineGiven(Given):
    offer: Key = Field(description="The offer's number.")
    quantity: Quantity
    price: Money = Field(description="The price that was seen: another one is refused (ORD-014), never applied silently.")
    direct: bool = Field(
        default=False,
        description="Bought direct from the manufacturer: an order of its own, with its proof of manufacture looked at now (ORD-037 … ORD-040).",
    )


class OrderGiven(Given):
    lines: Annotated[list[LineGiven], Field(min_length=1, max_length=CART_LINES)]
    quota: Key = Field(description="The quota's number.")
    address: int = Field(description="The id of one of the organisation's addresses.")
    invoice_title: int = Field(description="The id of one of the organisation's invoice titles.")
    purpose: Text = ""
    note: Text = ""
    plan: Key = Field("", description="The number of the filed plan that it is bought for; none is needed below the procurement threshold.")
    explanation: Text = Field("", description="Why the order is placed although a warning of splitting was given (SPL-005 asks for it).")


class Placed(Told):
    orders: list[OrderWithAll] = Field(description="One a supplier and mode.")


@router.get("organisation", auth=ANY, response=OrganisationOut, operation_id="organisation", summary=_("The organisation behind the key"))
def organisation(request: Call) -> OrganisationOut:
    by = request.actor
    addresses = [
        AddressOut(id=a.pk, receiver=a.receiver, phone=a.phone, text=a.text, region=a.region.code, preferred=a.preferred)
        for a in accounts.addresses_of(by.party)
    ]
    titles = [
        TitleOut(id=t.pk, title=t.title, tax_number=t.tax_number, preferred=t.preferred) for t in accounts.invoice_titles_of(by.party)
    ]
    return OrganisationOut(
        number=by.organisation_number,
        name=by.organisation_name,
        kind=by.kind,
        region=by.region_path,
        person=by.user_name,
        roles=sorted(by.roles),
        scopes=sorted(request.scopes),
        addresses=addresses,
        invoice_titles=titles,
    )


@router.get("quotas", auth=READ, response=Quotas, operation_id="quotas", summary=_("Budget quotas of a year, by number"))
def quotas(request: Call, year: Annotated[int | None, Field(ge=2000, le=2099)] = None, after: After = "", limit: Rows = ROWS) -> Quotas:
    """This year's, unless another is named."""
    asked = year or local_day(request.now).year
    page = planning.quotas_page(seen_by=request.actor, year=asked, after=after, rows=limit + 1)
    return Quotas(quotas=[_quota(it) for it in page[:limit]], next=page[limit - 1].number if len(page) > limit else "")


@router.get("quotas/{number}", auth=READ, response=QuotaOut, operation_id="quota", summary=_("One budget quota"))
def quota(request: Call, number: str) -> QuotaOut:
    return _quota(found_or_404(planning.quota(number, seen_by=request.actor)))


class QuotaGiven(Given):
    number: Key
    buyer: Key = Field(description="The buyer's number; one of the regulator's region.")
    year: Annotated[int, Field(ge=2000, le=2099)]
    name: Text
    project: Text = ""
    economic_category: Text = Field("", description="3 digits for a class or 5 for an item of the economic classification.")
    total: Money


class QuotasGiven(Given):
    rows: Annotated[list[QuotaGiven], Field(min_length=1, max_length=API_BATCH_ROWS)]


class QuotasTaken(Told):
    new: int
    changed: int
    unchanged: int


@router.put(
    "quotas", auth=Needs("quotas:write"), response=QuotasTaken, operation_id="put_quotas", summary=_("Set budget quotas, 500 at once")
)
def put_quotas(request: Call, given: QuotasGiven) -> QuotasTaken:
    """For the regulator's finance system and the operator. All rows or none; every problem tells its row. The same rows again change nothing."""
    rows = [{name: str(value) for name, value in row.model_dump().items()} for row in given.rows]
    try:
        counts = budgets.import_quotas(rows, by=request.actor, at=request.now, first=1)
    except Refused as refused:
        raise Refused(*(Problem(p.reason, p.params, _at_its_row(p)) for p in refused.problems)) from None
    return QuotasTaken(**counts)


def _at_its_row(problem: Problem) -> str:
    """The place of the row in the body, as programs count."""
    return f"rows.{int(problem.params['row']) - 1}.{problem.on}" if "row" in problem.params else problem.on


@orders.router.post("orders", auth=WRITE, response={201: Placed}, operation_id="place_orders", summary=_("Place orders, one a supplier"))
def place_orders(request: Call, given: OrderGiven) -> Status[Placed]:
    """Wants an Idempotency-Key. All lines are ordered, or none. Orders above the organisation's limit wait for its lead."""
    by, key = request.actor, request.headers.get("Idempotency-Key", "")
    if not key:
        raise Refused(Problem(problems.KEY_MISSING))
    wishes, quota_id = _wishes(given, request), _quota_id(given.quota, request)
    texts = {"purpose": given.purpose, "note": given.note, "explanation": given.explanation, "plan": given.plan}
    terms = supermarket.terms_of(quota_id=quota_id, address_id=given.address, title_id=given.invoice_title, **texts, by=by)
    try:
        made = supermarket.place(key=f"api:{request.key_id}:{key}", wishes=wishes, terms=terms, by=by, at=request.now)
    except Refused as refused:
        raise Refused(*_at_their_lines(refused, wishes)) from None
    placed = [whole(found_or_404(market.order(it.number, seen_by=by)), by) for it in made]
    return Status(201, Placed(orders=placed))


def _wishes(given: OrderGiven, request: Call) -> list[Wish]:
    """What is wanted, with the offers found. Refused: API-018 no such offer, API-019 named twice."""
    offers = machines.offers_by_number([line.offer for line in given.lines], seen_by=request.actor)
    check(_naming_problems(given.lines, offers))
    return [_wish(offers[line.offer], line) for line in given.lines]


def _naming_problems(lines: Sequence[LineGiven], offers: dict[str, Offer]) -> list[Problem]:
    found: list[Problem] = []
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.offer in seen:
            found.append(Problem(problems.NAMED_TWICE, {"number": line.offer}, on=f"lines.{index}.offer"))
        elif line.offer not in offers:
            found.append(Problem(problems.NO_SUCH_OFFER, {"number": line.offer}, on=f"lines.{index}.offer"))
        seen.add(line.offer)
    return found


def _wish(offer: Offer, line: LineGiven) -> Wish:
    return Wish(offer_id=offer.pk, quantity=line.quantity, price_seen=line.price, direct=line.direct)


def _quota_id(number: str, request: Call) -> int:
    it = planning.quota(number, seen_by=request.actor)
    if it is None:
        raise Refused(Problem(problems.NO_SUCH_QUOTA, {"number": number}, on="quota"))
    return it.pk


def _at_their_lines(refused: Refused, wishes: Sequence[Wish]) -> list[Problem]:
    """The shop speaks of lines by their offers, the caller by their places."""
    places = {f"line_{wish.offer_id}": f"lines.{index}" for index, wish in enumerate(wishes)}
    return [Problem(p.reason, p.params, places.get(p.on, p.on)) for p in refused.problems]


def _quota(it: BudgetQuota) -> QuotaOut:
    same = {name: getattr(it, name) for name in QuotaOut.model_fields if name != "buyer"}
    return QuotaOut(buyer=it.buyer.number, **same)
