"""The supplier's workbench: what it may answer in every mode, what it has running, what came of it, and what it subscribed to.

A mode takes part by its functions in `SOURCES` and `OWN` at the end of this file, and by its page in `PAGES`; pages, messages and the API read only those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Category
from sunlit.domain.market import policies
from sunlit.domain.market.models import (
    Auction,
    AuctionBidder,
    AuctionEntry,
    CallOff,
    Framework,
    FrameworkEntry,
    OpportunitySubscription,
    Quotation,
    Quote,
)
from sunlit.domain.market.queries.quotations import catalog_codes_of
from sunlit.domain.market.rules import auctions as auction_rules
from sunlit.domain.market.rules import calloffs as calloff_rules
from sunlit.domain.market.rules import frameworks as framework_rules
from sunlit.domain.market.rules import opportunities as rules
from sunlit.domain.market.rules import quotations as quotation_rules
from sunlit.domain.market.states import auctions as auction_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.accounts.models import Organisation, Seat
from sunlit.foundation.kernel import money, regions
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.refusals import Problem
from sunlit.foundation.lifecycle import NOT_YOURS

MODES: Final[dict[str, str | Promise]] = {
    "quotation": _("online quotation"),
    "auction": _("reverse auction"),
    "framework": _("framework solicitation"),
    "calloff": _("second stage of a framework"),
}
PAGES: Final = {"quotation": "quotations", "auction": "auctions", "framework": "frameworks", "calloff": "calloffs"}  # below /supplier/
SUBSCRIBED: Final = ("quotation", "auction", "framework")  # the parties to a framework are told of its second stage anyhow
SALES: Final = ("sales", "admin")
DEPTH_MOST: Final = 2000  # rows that a list goes down


class Fit(NamedTuple):
    """Why a purchase fits: the supplier `sells` there, was `admitted` for it, is `invited`, or it is `near`. `what` are categories or a region."""

    kind: str
    what: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Opportunity:
    """A running purchase that suppliers may answer. `bars` say why this supplier may not; `own` is how far it has come itself."""

    mode: str
    number: str
    title: str
    party: Organisation
    region_path: str
    categories: tuple[Category, ...]
    words: str
    most: Decimal | None
    until: datetime  # the last instant to take part
    invited: tuple[int, ...] = ()  # empty: everybody
    fits: tuple[Fit, ...] = ()
    bars: tuple[Problem, ...] = ()
    own: str | Promise = ""

    @property
    def told(self) -> rules.Told:
        return rules.Told(self.mode, self.region_path, tuple(one.code for one in self.categories), self.words)


@dataclass(frozen=True)
class Entry:
    """What the supplier handed in: how it stands, what comes next, or what came of it and why."""

    mode: str
    number: str
    title: str
    party: Organisation
    at: datetime
    state: str
    label: str | Promise
    over: bool
    until: datetime | None = None  # what comes next
    reason: str | Promise = ""
    price: Decimal | None = None
    rank: int | None = None
    order: str = ""


@dataclass(frozen=True)
class Asked:
    """What a list of opportunities is narrowed to."""

    mode: str = ""
    q: str = ""
    region_path: str = ""
    fitting: bool = True


@dataclass(frozen=True)
class _Seller:
    """The supplier that looks."""

    actor: Actor
    standing: str
    sells: frozenset[str]
    admitted: frozenset[str]
    path: str = ""
    codes: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, actor: Actor) -> _Seller:
        known = registry.supplier(actor.party)
        sells, admitted = frozenset(catalog_codes_of(actor.party)), frozenset(known.category_codes if known else ())
        return cls(actor, known.state if known else "none", sells, admitted, actor.region_path, sells | admitted)


@dataclass(frozen=True)
class Page:
    """A page of a merged list; `after` is the key to ask the next page with, or None."""

    rows: list[Any]
    after: int | None


def opportunities(asked: Asked, *, seen_by: Actor, at: datetime, after: int = 0, rows: int = PAGE_ROWS) -> Page:
    """What runs now and is open to suppliers, the nearest deadline first. A few queries a mode, however many rows."""
    seller, most = _Seller.of(seen_by), min(after, DEPTH_MOST) + rows + 1
    found = [one for mode, source in SOURCES.items() if asked.mode in ("", mode) for one in source(asked, seller, at, most, "")]
    found.sort(key=lambda one: (one.until, one.mode, one.number))
    return _page(found, after, rows)


def opportunity(mode: str, number: str, *, seen_by: Actor, at: datetime) -> Opportunity | None:
    """One of them as this supplier sees it."""
    if mode not in SOURCES:
        return None
    return next(iter(SOURCES[mode](Asked(fitting=False), _Seller.of(seen_by), at, 1, number)), None)


def purchase(mode: str, number: str, *, at: datetime) -> Opportunity | None:
    """One of them as nobody in particular sees it."""
    nobody = _Seller(NOBODY, "none", frozenset(), frozenset())
    return next(iter(SOURCES[mode](Asked(fitting=False), nobody, at, 1, number)), None)


def fitting_count(*, seen_by: Actor, at: datetime) -> int:
    """How many there are that fit, up to a page."""
    return len(opportunities(Asked(), seen_by=seen_by, at=at).rows)


def entries(*, seen_by: Actor, over: bool, mode: str = "", after: int = 0, rows: int = PAGE_ROWS) -> Page:
    """What the supplier handed in, newest first: what still runs, or what is over."""
    most = min(after, DEPTH_MOST) + rows + 1
    found = [one for key, own in OWN.items() if mode in ("", key) for one in own(seen_by.party, over, most)]
    found.sort(key=lambda one: (one.at, one.mode, one.number), reverse=True)
    return _page(found, after, rows)


def subscriptions_of(actor: Actor) -> list[OpportunitySubscription]:
    """The person's own in this organisation, newest first."""
    return list(OpportunitySubscription.objects.filter(person_id=actor.person, supplier_id=actor.party))


def people_to_tell(it: Opportunity) -> list[tuple[int, int]]:
    """(person, supplier) of the subscriptions that it meets, each pair once: of active suppliers, of those invited where only they may answer."""
    found = OpportunitySubscription.objects.filter(supplier__supplier__state="active").order_by("pk")
    if it.invited:
        found = found.filter(supplier__in=it.invited)
    met = [one for one in found if rules.met_by(_wanted(one), it.told)]
    pairs = dict.fromkeys((one.person_id, one.supplier_id) for one in met)
    seated = Seat.objects.filter(user__in={person for person, _supplier in pairs}, active=True, user__is_active=True)
    there = set(seated.values_list("user_id", "organisation_id"))
    return [pair for pair in pairs if pair in there]


def _wanted(it: OpportunitySubscription) -> rules.Wanted:
    return rules.Wanted(tuple(it.modes), tuple(it.categories), tuple(it.regions), tuple(it.words))


def _page(found: Sequence[Any], after: int, rows: int) -> Page:
    start = min(after, DEPTH_MOST)
    return Page(list(found[start : start + rows]), start + rows if len(found) > start + rows and start + rows <= DEPTH_MOST else None)


# Why it fits, and what stands against it


def _fits(seller: _Seller, categories: Iterable[Category], *, invited: bool, region_path: str) -> tuple[Fit, ...]:
    """In the order of their weight; what is only near fits nobody by itself."""
    told: list[Fit] = [Fit("invited")] if invited else []
    known = list(categories)
    for kind, codes in (("sells", seller.sells), ("admitted", seller.admitted)):
        if hit := tuple(one for one in known if rules.touches(one.code, codes)):
            told.append(Fit(kind, hit))
    if seller.path and (regions.is_under(seller.path, region_path) or regions.is_under(region_path, seller.path)):
        told.append(Fit("near", (region_path,)))
    return tuple(told)


def _not_for_this_person(seller: _Seller, verb: str | Promise) -> Iterator[Problem]:
    if not seller.actor.has(*SALES):
        yield Problem(NOT_YOURS, {"verb": verb, "who": quotation_life.any_supplier.label})


def _fitting(found: QuerySet[Any], path: str, seller: _Seller, also: Q) -> QuerySet[Any]:
    """Those with a category of the supplier's, or that it is invited to. `path` leads to the code of the category."""
    codes = set(found.order_by().values_list(path, flat=True).distinct())
    hit = sorted(code for code in codes if code and rules.touches(code, seller.codes))
    return found.filter(Q(**{f"{path}__in": hit}) | also).distinct()


def _narrowed(found: QuerySet[Any], asked: Asked, number: str, words: Q, region: str = "region_path") -> QuerySet[Any]:
    if number:
        return found.filter(number=number)
    if asked.q:
        found = found.filter(words | Q(title__icontains=asked.q) | Q(number=asked.q.upper()))
    if asked.region_path:
        found = found.filter(Q(**{region: asked.region_path}) | Q(**{f"{region}__startswith": asked.region_path + "/"}))
    return found.distinct()


def _of_lines(lines: Iterable[Any]) -> tuple[tuple[Category, ...], str]:
    """The categories of lines, lots or packages, each once, and their names as one text."""
    known = list(lines)
    return tuple({line.category_id: line.category for line in known}.values()), "\n".join(line.name for line in known)


# Online quotations


def _quotations(asked: Asked, seller: _Seller, at: datetime, most: int, number: str) -> Iterator[Opportunity]:
    found = Quotation.objects.filter(state=quotation_life.OPEN, quote_until__gt=at)
    mine = Q(invited__contains=[seller.actor.organisation_id]) if seller.actor.organisation_id else Q(pk__in=[])
    found = _narrowed(found, asked, number, Q(lines__name__icontains=asked.q))
    if asked.fitting:
        found = _fitting(found.filter(Q(invited=[]) | mine), "lines__category__code", seller, mine)
    page = list(found.select_related("buyer__region").prefetch_related("lines__category").order_by("quote_until", "number")[:most])
    quotes = dict(Quote.objects.filter(supplier_id=seller.actor.organisation_id, quotation__in=page).values_list("quotation_id", "state"))
    for it in page:
        categories, words = _of_lines(it.lines.all())
        invited = seller.actor.organisation_id in it.invited
        yield Opportunity(
            mode="quotation",
            number=it.number,
            title=it.title,
            party=it.buyer,
            region_path=it.region_path,
            categories=categories,
            words=f"{it.title}\n{words}",
            most=it.ceiling,
            until=it.quote_until,
            invited=tuple(it.invited),
            fits=_fits(seller, categories, invited=invited, region_path=it.region_path),
            bars=tuple(_quotation_bars(it, seller, invited=invited)),
            own=quotation_life.quote.states[quotes[it.pk]] if it.pk in quotes else "",
        )


def _quotation_bars(it: Quotation, seller: _Seller, *, invited: bool) -> Iterator[Problem]:
    if it.invited and not invited:
        yield Problem(quotation_rules.NOT_INVITED)
    if seller.standing != "active":
        yield Problem(quotation_rules.NOT_ACTIVE, {"supplier": seller.actor.organisation_name})
    yield from _not_for_this_person(seller, quotation_life.quote.moves["submit"].label)


def _own_quotes(supplier_id: int, over: bool, most: int) -> Iterator[Entry]:
    running = Q(state__in=(quotation_life.SEALED, quotation_life.OPENED, quotation_life.CONFORMING)) | Q(
        state=quotation_life.EXCLUDED, quotation__state__in=quotation_life.RUNNING
    )
    found = Quote.objects.filter(supplier_id=supplier_id).exclude(state=quotation_life.WITHDRAWN).filter(~running if over else running)
    for it in found.select_related("quotation__buyer", "quotation__order", "quotation__winner").order_by("-submitted_at", "-pk")[:most]:
        asked = it.quotation
        won = it.state == quotation_life.WON and asked.order is not None
        yield Entry(
            mode="quotation",
            number=asked.number,
            title=asked.title,
            party=asked.buyer,
            at=it.submitted_at,
            state=it.state,
            label=quotation_life.quote.states[it.state],
            over=over,
            until=asked.quote_until if asked.state == quotation_life.OPEN else None,
            reason=_why_of_a_quote(it) if over else it.reason,
            price=it.total,
            order=asked.order.number if won and asked.order else "",
        )


def _why_of_a_quote(it: Quote) -> str | Promise:
    """Why it was excluded, who won, or why the whole came to nothing."""
    asked = it.quotation
    if it.reason or it.state == quotation_life.WON:
        return it.reason
    if asked.state == quotation_life.AWARDED and asked.winner is not None and asked.award is not None:
        return _won_by(asked.winner, asked.award)
    return asked.reason or quotation_rules.CAUSES.get(asked.cause, "")


def _won_by(winner: Organisation, price: Decimal) -> Promise:
    return format_lazy(_("{winner} won at {price}"), winner=winner.name_zh, price=money.show(price))


# Reverse auctions


def _auctions(asked: Asked, seller: _Seller, at: datetime, most: int, number: str) -> Iterator[Opportunity]:
    found = Auction.objects.filter(state=auction_life.OPEN, enter_until__gt=at)
    found = _narrowed(found, asked, number, Q(lots__name__icontains=asked.q))
    if asked.fitting:
        found = _fitting(found, "lots__category__code", seller, Q(pk__in=[]))
    page = list(found.select_related("buyer__region").prefetch_related("lots__category").order_by("enter_until", "number")[:most])
    own = {one.auction_id: one for one in AuctionBidder.objects.filter(supplier_id=seller.actor.organisation_id, auction__in=page)}
    for it in page:
        assert it.enter_until is not None
        categories, words = _of_lines(it.lots.all())
        entered = own.get(it.pk)
        yield Opportunity(
            mode="auction",
            number=it.number,
            title=it.title,
            party=it.buyer,
            region_path=it.region_path,
            categories=categories,
            words=f"{it.title}\n{words}",
            most=it.total,
            until=it.enter_until,
            fits=_fits(seller, categories, invited=False, region_path=it.region_path),
            bars=tuple(_auction_bars(entered, seller)),
            own=_("entered") if entered and entered.admitted else "",
        )


def _auction_bars(entered: AuctionBidder | None, seller: _Seller) -> Iterator[Problem]:
    if entered is not None and not entered.admitted:
        yield Problem(auction_rules.ENTERED_ALREADY)
    if seller.standing != "active":
        yield Problem(auction_rules.NOT_ACTIVE, {"state": seller.standing})
    yield from _not_for_this_person(seller, auction_life.auction.moves["enter"].label)


def _own_auctions(supplier_id: int, over: bool, most: int) -> Iterator[Entry]:
    live = (auction_life.OPEN, auction_life.PAUSED, auction_life.ENDED)
    running = Q(auction__state__in=live, left_at=None, turned_away_at=None)
    found = AuctionBidder.objects.filter(supplier_id=supplier_id).filter(~running if over else running)
    page = list(found.select_related("auction__buyer").prefetch_related("auction__lots").order_by("-entered_at", "-pk")[:most])
    lots = (
        AuctionEntry.objects.filter(bidder__in=page).select_related("lot__order", "lot__winner__bidder__supplier").order_by("lot__position")
    )
    mine: dict[int, list[AuctionEntry]] = {}
    for one in lots:
        mine.setdefault(one.bidder_id, []).append(one)
    for bidder in page:
        yield _auction_entry(bidder, mine.get(bidder.pk, []), over)


def _auction_entry(bidder: AuctionBidder, mine: Sequence[AuctionEntry], over: bool) -> Entry:
    it = bidder.auction
    state, label = _auction_outcome(bidder, mine)
    orders = [one.lot.order.number for one in mine if one.lot.winner_id == one.pk and one.lot.order is not None]
    ends = [lot.ends_at for lot in it.lots.all() if lot.ends_at]
    next_at = (
        (it.starts_at if not any(lot.bids for lot in it.lots.all()) else max(ends, default=None)) if it.state == auction_life.OPEN else None
    )
    return Entry(
        mode="auction",
        number=it.number,
        title=it.title,
        party=it.buyer,
        at=bidder.entered_at,
        state=state,
        label=label,
        over=over,
        until=None if over else next_at,
        reason=_why_of_a_bidder(bidder, mine) if over else "",
        price=sum((one.price * one.lot.quantity for one in mine if one.price is not None), Decimal("0.00")) or None,
        order=orders[0] if orders else "",
    )


def _auction_outcome(bidder: AuctionBidder, mine: Sequence[AuctionEntry]) -> tuple[str, str | Promise]:
    """How the bidder stands, in a state that the pages have a mark for."""
    if bidder.turned_away_at is not None:
        return "refused", _("turned away")
    if bidder.left_at is not None:
        return "withdrawn", _("left")
    if bidder.auction.state == auction_life.AWARDED:
        won = any(one.lot.winner_id == one.pk for one in mine)
        return ("won", _("won")) if won else ("lost", quotation_life.quote.states[quotation_life.LOST])
    return bidder.auction.state, auction_life.auction.states[bidder.auction.state]


def _why_of_a_bidder(bidder: AuctionBidder, mine: Sequence[AuctionEntry]) -> str | Promise:
    """Why it was turned away or passed over, who won the lot that it lost, or why the whole came to nothing."""
    it = bidder.auction
    told = bidder.reason or "; ".join(one.passed_over_why for one in mine if one.passed_over_why) or it.reason
    if told or it.state == auction_life.FAILED:
        return told or _("too few suppliers took part")
    lost = next((one.lot for one in mine if one.lot.winner_id not in (None, one.pk)), None)
    if lost is None or lost.winner is None or lost.winner.price is None or it.state != auction_life.AWARDED:
        return ""
    return _won_by(lost.winner.bidder.supplier, lost.winner.price)


# Framework agreements


def _frameworks(asked: Asked, seller: _Seller, at: datetime, most: int, number: str) -> Iterator[Opportunity]:
    found = Framework.objects.filter(state=framework_life.OPEN, respond_until__gt=at)
    found = _narrowed(found, asked, number, Q(packages__name__icontains=asked.q))
    if asked.fitting:
        found = _fitting(found, "packages__category__code", seller, Q(pk__in=[]))
    page = list(found.select_related("solicitor__region").prefetch_related("packages__category").order_by("respond_until", "number")[:most])
    mine = FrameworkEntry.objects.filter(supplier_id=seller.actor.organisation_id, package__framework__in=page)
    answered = set(mine.exclude(state=framework_life.WITHDRAWN).values_list("package__framework_id", flat=True))
    for it in page:
        assert it.respond_until is not None
        categories, words = _of_lines(it.packages.all())
        yield Opportunity(
            mode="framework",
            number=it.number,
            title=it.title,
            party=it.solicitor,
            region_path=it.region_path,
            categories=categories,
            words=f"{it.title}\n{words}",
            most=it.yearly,
            until=it.respond_until,
            fits=_fits(seller, categories, invited=False, region_path=it.region_path),
            bars=tuple(_framework_bars(seller)),
            own=framework_life.entry.states[framework_life.SUBMITTED] if it.pk in answered else "",
        )


def _framework_bars(seller: _Seller) -> Iterator[Problem]:
    if seller.standing != "active":
        yield Problem(framework_rules.NOT_ACTIVE)
    yield from _not_for_this_person(seller, framework_life.entry.moves["submit"].label)


def _own_responses(supplier_id: int, over: bool, most: int) -> Iterator[Entry]:
    alive = (framework_life.SUBMITTED, framework_life.CONFORMING, framework_life.LISTED, framework_life.SIGNED)
    closed = (framework_life.ENDED, framework_life.FAILED, framework_life.CANCELLED, framework_life.VOIDED)
    running = Q(state__in=alive) & ~Q(package__framework__state__in=closed)
    found = FrameworkEntry.objects.filter(supplier_id=supplier_id).exclude(state=framework_life.WITHDRAWN)
    found = found.filter(~running if over else running).select_related("package__framework__solicitor")
    for it in found.order_by("-submitted_at", "-pk")[:most]:
        framework = it.package.framework
        ahead = {framework_life.OPEN: framework.respond_until, framework_life.SHORTLISTED: framework.sign_until}
        yield Entry(
            mode="framework",
            number=framework.number,
            title=f"{framework.title} · {it.package.name}",
            party=framework.solicitor,
            at=it.submitted_at,
            state=it.state,
            label=framework_life.entry.states[it.state],
            over=over,
            until=None if over else ahead.get(framework.state, framework.valid_until),
            reason=it.reason or it.note or framework_rules.FINDINGS.get(it.finding, "") or (framework.reason if over else ""),
            price=it.price if it.price is not None else it.quoted,
            rank=it.rank,
        )


# The second stage of a framework


def _calloffs(asked: Asked, seller: _Seller, at: datetime, most: int, number: str) -> Iterator[Opportunity]:
    if seller.actor.kind != "supplier":
        return
    mine = set(FrameworkEntry.objects.filter(supplier_id=seller.actor.party, signed_at__isnull=False).values_list("pk", flat=True))
    asks = Q(state=calloff_life.BIDDING, invited__overlap=list(mine)) | Q(state=calloff_life.OFFERED, entry__in=mine)
    found = CallOff.objects.filter(asks, answer_until__gt=at)
    if number:
        found = found.filter(number=number)
    if asked.q:
        found = found.filter(
            Q(number=asked.q.upper()) | Q(package__name__icontains=asked.q) | Q(package__framework__title__icontains=asked.q)
        )
    if asked.region_path:
        found = found.filter(Q(region_path=asked.region_path) | Q(region_path__startswith=asked.region_path + "/"))
    page = list(
        found.select_related("package__framework", "package__category", "buyer__region", "entry").order_by("answer_until", "number")[:most]
    )
    bid = set(policies.bids_visible_to(seller.actor).filter(calloff__in=page, entry__in=mine).values_list("calloff_id", flat=True))
    for it in page:
        assert it.answer_until is not None
        package = it.package
        yield Opportunity(
            mode="calloff",
            number=it.number,
            title=f"{package.name} × {it.quantity}",
            party=it.buyer,
            region_path=it.region_path,
            categories=(package.category,),
            words=f"{package.framework.title}\n{package.name}",
            most=package.ceiling * it.quantity,
            until=it.answer_until,
            fits=_fits(seller, (package.category,), invited=True, region_path=it.region_path),
            bars=tuple(_calloff_bars(it, seller)),
            own=_("bid handed in") if it.pk in bid else _("your turn") if it.state == calloff_life.OFFERED else "",
        )


def _calloff_bars(it: CallOff, seller: _Seller) -> Iterator[Problem]:
    if it.package.framework.state != framework_life.IN_FORCE:
        yield Problem(calloff_rules.NOT_RUNNING, {"number": it.package.framework.number})
    if seller.standing != "active":
        yield Problem(framework_rules.NOT_ACTIVE)
    yield from _not_for_this_person(seller, calloff_life.calloff.moves["bid"].label)


def _own_calloffs(supplier_id: int, over: bool, most: int) -> Iterator[Entry]:
    mine = set(FrameworkEntry.objects.filter(supplier_id=supplier_id, signed_at__isnull=False).values_list("pk", flat=True))
    live = (calloff_life.BIDDING, calloff_life.OFFERED)
    answered = Q(bids__entry__in=mine) | Q(entry__in=mine, mode__in=["direct", "rotation"])
    found = CallOff.objects.filter(answered).filter(~Q(state__in=live) if over else Q(state__in=live)).distinct()
    for it in found.select_related("package__framework", "buyer", "entry__supplier", "outside_supplier").order_by("-begun_at", "-pk")[
        :most
    ]:
        won = it.state == calloff_life.AWARDED and it.entry_id in mine
        lost = it.state == calloff_life.AWARDED and not won
        yield Entry(
            mode="calloff",
            number=it.number,
            title=f"{it.package.name} × {it.quantity}",
            party=it.buyer,
            at=it.begun_at,
            state="won" if won else "lost" if lost else it.state,
            label=_("won") if won else quotation_life.quote.states["lost"] if lost else calloff_life.calloff.states[it.state],
            over=over,
            until=None if over else it.answer_until,
            reason=_why_of_a_calloff(it, lost=lost) if over and not won else "",
            price=it.price if won else None,
            order=it.order_number if won else "",
        )


def _why_of_a_calloff(it: CallOff, *, lost: bool) -> str | Promise:
    winner = it.entry.supplier if it.entry is not None else it.outside_supplier
    return _won_by(winner, it.price) if lost and winner is not None and it.price is not None else it.reason


Source = Callable[[Asked, _Seller, datetime, int, str], Iterable[Opportunity]]
SOURCES: Final[dict[str, Source]] = {
    "quotation": _quotations,
    "auction": _auctions,
    "framework": _frameworks,
    "calloff": _calloffs,
}
OWN: Final[dict[str, Callable[[int, bool, int], Iterable[Entry]]]] = {
    "quotation": _own_quotes,
    "auction": _own_auctions,
    "framework": _own_responses,
    "calloff": _own_calloffs,
}
