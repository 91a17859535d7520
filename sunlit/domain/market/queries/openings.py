"""What suppliers may answer now, mode by mode: a row of `SOURCES` tells how a mode is read, one builder makes the opportunities of all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Category
from sunlit.domain.market import policies
from sunlit.domain.market.models import (
    Auction,
    AuctionBidder,
    Batch,
    BatchBid,
    CallOff,
    Framework,
    FrameworkEntry,
    Quotation,
    Quote,
    WorkOrder,
)
from sunlit.domain.market.queries.kinds import KINDS, Kind
from sunlit.domain.market.queries.quotations import catalog_codes_of
from sunlit.domain.market.rules import auctions as auction_rules
from sunlit.domain.market.rules import calloffs as calloff_rules
from sunlit.domain.market.rules import frameworks as framework_rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules import opportunities as rules
from sunlit.domain.market.rules import quotations as quotation_rules
from sunlit.domain.market.states import auctions as auction_life
from sunlit.domain.market.states import batches as batch_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.domain.market.states import workorders as work_life
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.refusals import Problem
from sunlit.foundation.lifecycle import NOT_YOURS

SALES: Final = ("sales", "admin")
NONE: Final = Q(pk__in=[])
ALL: Final = Q(pk__isnull=False)
YOUR_TURN: Final = _("your turn")
BID_IN: Final = _("bid handed in")


class Fit(NamedTuple):
    """Why a purchase fits: the supplier `sells` there, was `admitted` for it, is `invited`, or it is `near`. `what` are categories or a region."""

    kind: str
    what: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Opportunity:
    """A running purchase that suppliers may answer. `bars` say why this supplier may not; `own` is how far it has come itself."""

    mode: str
    number: str
    title: str | Promise
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
class Asked:
    """What a list of opportunities is narrowed to."""

    mode: str = ""
    q: str = ""
    region_path: str = ""
    fitting: bool = True


@dataclass(frozen=True)
class Seller:
    """The supplier that looks; `entries` are those by which it is a party to frameworks."""

    actor: Actor
    standing: str
    sells: frozenset[str]
    admitted: frozenset[str]
    path: str = ""
    codes: frozenset[str] = field(default_factory=frozenset)
    entries: tuple[int, ...] = ()

    @classmethod
    def of(cls, actor: Actor) -> Seller:
        known = registry.supplier(actor.party)
        sells, admitted = frozenset(catalog_codes_of(actor.party)), frozenset(known.category_codes if known else ())
        entries = (
            FrameworkEntry.objects.filter(supplier_id=actor.party, signed_at__isnull=False).order_by("pk").values_list("pk", flat=True)
        )
        return cls(actor, known.state if known else "none", sells, admitted, actor.region_path, sells | admitted, tuple(entries))


NOBODY_IN_PARTICULAR: Final = Seller(NOBODY, "none", frozenset(), frozenset())


@dataclass(frozen=True)
class Source:
    """How the opportunities of a mode are read.

    `open_at`: what may be answered; `until` names its deadline. `everybody`: what is open to all, the rest to those that `asks` alone.
    `mine`: what the seller handed in, by purchase; `own`: how far that has come; `bars`: what stands against answering, by the person `verb`.
    """

    open_at: Callable[[datetime], QuerySet[Any]]
    until: str
    verb: str | Promise
    mine: Callable[[list[Any], Seller], Mapping[int, Any]]
    own: Callable[[Any, Any], str | Promise]
    bars: Callable[[Any, Any, Seller], Iterable[Problem]]
    everybody: Q = ALL
    asks: Callable[[Seller], Q] = lambda _seller: NONE
    invites: Callable[[Any], tuple[int, ...]] = lambda _it: ()

    @property
    def closed(self) -> bool:
        """Nobody else may know of it."""
        return self.everybody == NONE


class Key(NamedTuple):
    """Where an opportunity stands in the list of all modes: the nearest deadline first."""

    until: datetime
    mode: str
    number: str


def keys(mode: str, asked: Asked, seller: Seller, *, at: datetime, most: int) -> list[Key]:
    """The first keys of a mode, without the rows behind them: a list of all modes is cut before anything is built."""
    kind, source = KINDS[mode], SOURCES[mode]
    found = _narrowed(_shown(source, seller, at), kind, asked)
    if asked.fitting and not source.closed:
        found = _fitting(found.filter(source.everybody | source.asks(seller)), kind, seller, source.asks(seller))
    cut = found.order_by(source.until, "number").values_list(source.until, "number").distinct()[:most]
    return [Key(until, mode, number) for until, number in cut]


def openings(mode: str, numbers: Collection[str], seller: Seller, *, at: datetime) -> Iterator[Opportunity]:
    """These of a mode that still run, in no order. A fixed number of queries, however many rows."""
    kind, source = KINDS[mode], SOURCES[mode]
    page = list(_with_things(_shown(source, seller, at).filter(number__in=numbers), kind))
    mine = source.mine(page, seller)
    for it in page:
        categories, invited = kind.categories_of(it), source.invites(it)
        asks = source.closed or seller.actor.organisation_id in invited
        yield Opportunity(
            mode=mode,
            number=it.number,
            title=kind.title(it),
            party=kind.party_of(it),
            region_path=it.region_path,
            categories=categories,
            words=kind.words_of(it),
            most=kind.most(it),
            until=getattr(it, source.until),
            invited=invited,
            fits=_fits(seller, categories, invited=asks, region_path=it.region_path),
            bars=(*source.bars(it, mine.get(it.pk), seller), *_not_for_this_person(seller, source.verb)),
            own=source.own(it, mine.get(it.pk)),
        )


# Behind the builder


def _shown(source: Source, seller: Seller, at: datetime) -> QuerySet[Any]:
    """What runs and may be known to the seller."""
    found = source.open_at(at)
    return found.filter(source.asks(seller)) if source.closed else found


def _with_things(found: QuerySet[Any], kind: Kind) -> QuerySet[Any]:
    found = found.select_related(f"{kind.party}__region")
    if kind.several:
        return found.prefetch_related(f"{kind.what}__category")
    return found.select_related(f"{kind.what}__category", f"{kind.what}__framework")


def _narrowed(found: QuerySet[Any], kind: Kind, asked: Asked) -> QuerySet[Any]:
    if asked.q:
        words = Q(number=asked.q.upper())
        for name in kind.searched:
            words |= Q(**{f"{name}__icontains": asked.q})
        found = found.filter(words)
    if asked.region_path:
        found = found.filter(Q(region_path=asked.region_path) | Q(region_path__startswith=asked.region_path + "/"))
    return found


def _fitting(found: QuerySet[Any], kind: Kind, seller: Seller, also: Q) -> QuerySet[Any]:
    """Those with a category of the supplier's, or that it is invited to."""
    path = f"{kind.what}__category__code"
    codes = set(found.order_by().values_list(path, flat=True).distinct())
    hit = sorted(code for code in codes if code and rules.touches(code, seller.codes))
    return found.filter(Q(**{f"{path}__in": hit}) | also)


def _fits(seller: Seller, categories: Iterable[Category], *, invited: bool, region_path: str) -> tuple[Fit, ...]:
    """In the order of their weight; what is only near fits nobody by itself."""
    told: list[Fit] = [Fit("invited")] if invited else []
    known = list(categories)
    for kind, codes in (("sells", seller.sells), ("admitted", seller.admitted)):
        if hit := tuple(one for one in known if rules.touches(one.code, codes)):
            told.append(Fit(kind, hit))
    if seller.path and (regions.is_under(seller.path, region_path) or regions.is_under(region_path, seller.path)):
        told.append(Fit("near", (region_path,)))
    return tuple(told)


def _not_for_this_person(seller: Seller, verb: str | Promise) -> Iterator[Problem]:
    if not seller.actor.has(*SALES):
        yield Problem(NOT_YOURS, {"verb": verb, "who": quotation_life.any_supplier.label})


# Online quotations


def _my_quotes(page: list[Any], seller: Seller) -> dict[int, Any]:
    found = Quote.objects.filter(supplier_id=seller.actor.organisation_id, quotation__in=page)
    return dict(found.values_list("quotation_id", "state"))


def _quotation_bars(it: Quotation, _state: Any, seller: Seller) -> Iterator[Problem]:
    if it.invited and seller.actor.organisation_id not in it.invited:
        yield Problem(quotation_rules.NOT_INVITED)
    if seller.standing != "active":
        yield Problem(quotation_rules.NOT_ACTIVE, {"supplier": seller.actor.organisation_name})


def _invited_to_quote(seller: Seller) -> Q:
    return Q(invited__contains=[seller.actor.organisation_id]) if seller.actor.organisation_id else NONE


# Reverse auctions


def _my_masks(page: list[Any], seller: Seller) -> dict[int, Any]:
    return {one.auction_id: one for one in AuctionBidder.objects.filter(supplier_id=seller.actor.organisation_id, auction__in=page)}


def _auction_bars(_it: Auction, entered: AuctionBidder | None, seller: Seller) -> Iterator[Problem]:
    if entered is not None and not entered.admitted:
        yield Problem(auction_rules.ENTERED_ALREADY)
    if seller.standing != "active":
        yield Problem(auction_rules.NOT_ACTIVE, {"state": seller.standing})


# Framework agreements, and supplementary solicitations of those in force


class _Response(NamedTuple):
    """What the seller handed in for a solicitation, or for the agreement that it supplements."""

    framework_id: int
    position: int
    state: str


_SOLICITED: Final = Q(state=framework_life.OPEN) | Q(state=framework_life.IN_FORCE, form="open")  # an open one takes in who applies


def _my_responses(page: list[Any], seller: Seller) -> dict[int, Any]:
    wanted = {it.pk for it in page} | {it.supplements_id for it in page if it.supplements_id}
    found = FrameworkEntry.objects.filter(supplier_id=seller.actor.organisation_id, package__framework__in=wanted)
    mine = [_Response(*row) for row in found.order_by("pk").values_list("package__framework_id", "package__position", "state")]
    return {it.pk: [one for one in mine if one.framework_id in (it.pk, it.supplements_id)] for it in page}


def _response_stands(it: Framework, mine: list[_Response]) -> str | Promise:
    own = [one for one in mine if one.framework_id == it.pk and one.state != framework_life.WITHDRAWN]
    if it.is_open_form:
        return framework_life.entry.states[own[-1].state] if own else ""
    answered = bool(own)
    return framework_life.entry.states[framework_life.SUBMITTED] if answered else ""


def _framework_bars(it: Framework, mine: list[_Response], seller: Seller) -> Iterator[Problem]:
    if seller.standing != "active":
        yield Problem(framework_rules.NOT_ACTIVE)
    if it.is_open_form:
        if any(one.state == framework_life.CLEARED_OUT for one in mine):
            yield Problem(open_rules.CLEARED_OUT)
        return
    before = [one for one in mine if one.framework_id == it.supplements_id]
    if any(one.state in (framework_life.CLEARED_OUT, framework_life.LEFT) for one in before):
        yield Problem(framework_rules.LEFT_BEFORE)
    elif {one.position for one in it.packages.all()} <= {one.position for one in before if one.state == framework_life.SIGNED}:
        yield Problem(framework_rules.PARTY_ALREADY)


# Purchases under framework agreements: for their parties alone


def _under_way(it: CallOff | Batch | WorkOrder, _mine: Any, seller: Seller) -> Iterator[Problem]:
    if it.package.framework.state == framework_life.VOIDED:
        yield Problem(calloff_rules.NOT_RUNNING, {"number": it.package.framework.number})
    if seller.standing != "active":
        yield Problem(framework_rules.NOT_ACTIVE)


def _my_calloff_bids(page: list[Any], seller: Seller) -> dict[int, Any]:
    found = policies.bids_visible_to(seller.actor).filter(calloff__in=page, entry__in=seller.entries)
    return dict.fromkeys(found.values_list("calloff_id", flat=True), BID_IN)


def _my_batch_bids(page: list[Any], seller: Seller) -> dict[int, Any]:
    found = BatchBid.objects.filter(batch__in=page, entry__in=seller.entries)
    return dict.fromkeys(found.values_list("batch_id", flat=True), BID_IN)


def _asked_or_bid(turn: str) -> Callable[[Any, Any], str | Promise]:
    """`turn` is the state in which one alone is asked."""
    return lambda it, bid: YOUR_TURN if it.state == turn else bid or ""


SOURCES: Final[dict[str, Source]] = {
    "quotation": Source(
        lambda at: Quotation.objects.filter(state=quotation_life.OPEN, quote_until__gt=at),
        until="quote_until",
        verb=quotation_life.quote.moves["submit"].label,
        mine=_my_quotes,
        own=lambda _it, state: quotation_life.quote.states[state] if state else "",
        bars=_quotation_bars,
        everybody=Q(invited=[]),
        asks=_invited_to_quote,
        invites=lambda it: tuple(it.invited),
    ),
    "auction": Source(
        lambda at: Auction.objects.filter(state=auction_life.OPEN, enter_until__gt=at),
        until="enter_until",
        verb=auction_life.auction.moves["enter"].label,
        mine=_my_masks,
        own=lambda _it, bidder: _("entered") if bidder and bidder.admitted else "",
        bars=_auction_bars,
    ),
    "framework": Source(
        lambda at: Framework.objects.filter(_SOLICITED, respond_until__gt=at),
        until="respond_until",
        verb=framework_life.entry.moves["submit"].label,
        mine=_my_responses,
        own=_response_stands,
        bars=_framework_bars,
    ),
    "calloff": Source(
        lambda at: CallOff.objects.filter(state__in=calloff_life.LIVE, suspended_at=None, answer_until__gt=at),
        until="answer_until",
        verb=calloff_life.calloff.moves["bid"].label,
        mine=_my_calloff_bids,
        own=_asked_or_bid(calloff_life.OFFERED),
        bars=_under_way,
        everybody=NONE,
        asks=lambda seller: Q(state=calloff_life.BIDDING, invited__overlap=list(seller.entries)) | Q(
            state=calloff_life.OFFERED, entry__in=seller.entries
        ),
    ),
    "batch": Source(
        lambda at: Batch.objects.filter(state__in=(batch_life.BIDDING, batch_life.OFFERED), until__gt=at),
        until="until",
        verb=batch_life.batch.moves["bid"].label,
        mine=_my_batch_bids,
        own=_asked_or_bid(batch_life.OFFERED),
        bars=_under_way,
        everybody=NONE,
        asks=lambda seller: Q(state=batch_life.BIDDING, invited__overlap=list(seller.entries)) | Q(
            state=batch_life.OFFERED, entry__in=seller.entries
        ),
    ),
    "work_order": Source(
        lambda at: WorkOrder.objects.filter(state=work_life.REQUESTED, answer_until__gt=at).select_related("target"),
        until="answer_until",
        verb=work_life.work_order.moves["quote"].label,
        mine=lambda _page, _seller: {},
        own=_asked_or_bid(work_life.REQUESTED),
        bars=_under_way,
        everybody=NONE,
        asks=lambda seller: Q(entry__in=seller.entries),
    ),
}  # fmt: skip
