"""What supervision does by itself: looks at what changed, looks at everything at night, tells those concerned, minds the terms."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from sunlit.domain.market.events import AuctionMoved, QuotationMoved
from sunlit.domain.supervision import queries, services
from sunlit.domain.supervision.events import CaseMoved, CasesNotified, SplittingMoved
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.gateways.prices import the_price_feed
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.regions import ROOT
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.services import tell
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.follow import follows
from sunlit.foundation.outbox.rounds import every_day, every_minute, every_minute_when_well

CLERKS = ("catalog", "admin")

templates.declare(
    "case.notified", title=_("Case {number}: something about one of your offers must be put right or explained by {until:at}"), mail=True
)
templates.declare("cases.notified", title=_("{count} cases: put your offers right or explain them, the first by {until:at}"), mail=True)
TO_SUPPLIER = {
    "correct": templates.declare("case.corrected", title=_("Case {number} is closed: the offer was put right")),
    "clear": templates.declare("case.cleared", title=_("Case {number} is closed: your explanation was accepted")),
    "dismiss": templates.declare("case.dismissed", title=_("Case {number} is closed: nothing was wrong")),
    "freeze": templates.declare("case.frozen", title=_("The offer of case {number} was frozen: {reason}"), mail=True),
    "fall_due": templates.declare("case.overdue", title=_("Case {number} is overdue: the regulator may freeze the offer"), mail=True),
    "release": templates.declare("case.released", title=_("The offer of case {number} is on sale again")),
    "keep_frozen": templates.declare("case.kept_frozen", title=_("The offer of case {number} stays frozen: {reason}")),
}
TO_REGULATOR = {
    "explain": templates.declare("case.explained", title=_("The supplier explained case {number}: please decide")),
    "appeal": templates.declare("case.appealed", title=_("The supplier asks for release in case {number}: please decide")),
}
TO_BUYER = {
    "open": templates.declare(
        "splitting.opened",
        title=_("Case {number}: purchases of {amount:yuan} look divided. Explain until {until:at}, or put the rest together."),
        mail=True,
    ),
    "fall_due": templates.declare("splitting.overdue", title=_("Case {number} is overdue: the regulator may state a splitting"), mail=True),
    "correct": templates.declare("splitting.corrected", title=_("Case {number} is closed: nothing is found any more")),
    "clear": templates.declare("splitting.cleared", title=_("Case {number} is closed: your explanation was accepted")),
    "dismiss": templates.declare("splitting.dismissed", title=_("Case {number} is closed: nothing was wrong")),
    "uphold": templates.declare("splitting.upheld", title=_("Case {number}: the regulator states a splitting: {reason}"), mail=True),
}
TO_OFFICE = {
    "open": templates.declare("splitting.found", title=_("Case {number}: purchases of {amount:yuan} of one buyer look divided")),
    "explain": templates.declare("splitting.explained", title=_("The buyer explained case {number}: please decide")),
}
TO_REPORT = {
    "auction": templates.declare(
        "decision.auction", title=_("The buyer has not confirmed the result of auction {number}, though reminded")
    ),
    "quotation": templates.declare("decision.quotation", title=_("The buyer has not decided on quotation {number}, though reminded")),
}


@follows("supervision", batch=200)
def look_at_what_changed(acts: list[Act]) -> None:
    """Prices, stocks and contents are looked at within seconds of their change."""
    services.follow(acts, at=clock.now())


@follows("splitting", batch=200)
def look_at_what_was_bought(acts: list[Act]) -> None:
    """Whoever goes on after the warning is known within seconds."""
    services.follow_purchases(acts, at=clock.now())


@every_day
def look_for_splitting() -> None:
    """Windows move, budgets are adjusted by file, regions choose other figures: everything is looked at once a night."""
    at = clock.now()
    services.look_at_splitting(at=at, under=f"sweep/{at:%Y%m%d}")


@every_day
def look_at_everything() -> None:
    """Comparisons move although nobody touched the offer: deals age, others change their prices, certificates run out."""
    at = clock.now()
    if queries.is_in_force(ROOT, clock.local_day(at)):
        services.sweep(at=at)


@every_minute
def ask_what_goods_cost_elsewhere() -> None:
    """Read on in the price feed, where one is set."""
    feed = the_price_feed()
    if feed is not None:
        services.ask_price_feed(feed, at=clock.now())


@every_minute_when_well
def mind_the_terms() -> None:
    """Tell what a crash left untold, and note what was not answered in time."""
    at = clock.now()
    services.notify_found(at=at, batch=f"round/{at:%Y%m%d%H%M}")
    services.fall_due(at=at)
    services.splitting_falls_due(at=at)


@hears(CasesNotified)
def tell_the_supplier(event: CasesNotified) -> None:
    one = bool(event.number)
    tell(
        template="case.notified" if one else "cases.notified",
        at=clock.now(),
        dedupe=f"{event.batch}/{event.supplier_id}",
        organisation_id=event.supplier_id,
        roles=CLERKS,
        params={"number": event.number, "until": event.until} if one else {"count": event.count, "until": event.until},
        link=f"/supplier/cases/{event.number}/" if one else "/supplier/cases/",
    )


@hears(CaseMoved)
def tell_the_other_side(event: CaseMoved) -> None:
    params, dedupe = {"number": event.number, "reason": event.reason}, f"case/{event.number}/{event.verb}/{event.version}"
    if event.verb in TO_SUPPLIER:
        key, link = TO_SUPPLIER[event.verb].key, f"/supplier/cases/{event.number}/"
        tell(template=key, at=clock.now(), dedupe=dedupe, organisation_id=event.supplier_id, roles=CLERKS, params=params, link=link)
    elif event.verb in TO_REGULATOR and (office := _office(event.region_path)):
        key, link = TO_REGULATOR[event.verb].key, f"/regulator/cases/{event.number}/"
        tell(template=key, at=clock.now(), dedupe=dedupe, organisation_id=office.pk, params=params, link=link)


@hears(SplittingMoved)
def tell_buyer_and_office(event: SplittingMoved) -> None:
    params = {"number": event.number, "amount": event.amount, "until": event.until, "reason": event.reason}
    dedupe = f"splitting/{event.number}/{event.verb}/{event.version}"
    if event.verb in TO_BUYER:
        key, link = TO_BUYER[event.verb].key, f"/buyer/cases/{event.number}/"
        tell(
            template=key,
            at=clock.now(),
            dedupe=f"{dedupe}/buyer",
            organisation_id=event.buyer_id,
            roles=("lead", "orderer"),
            params=params,
            link=link,
        )
    if event.verb in TO_OFFICE and (office := _office(event.region_path)):
        key, link = TO_OFFICE[event.verb].key, f"/regulator/splitting/{event.number}/"
        tell(template=key, at=clock.now(), dedupe=f"{dedupe}/office", organisation_id=office.pk, params=params, link=link)


@hears(AuctionMoved)
def tell_of_an_auction_that_waits(event: AuctionMoved) -> None:
    """The office learns that a buyer does not confirm a result; what it does about it is its own decision."""
    if event.verb == "report":
        _report("auction", event.number, event.buyer_id)


@hears(QuotationMoved)
def tell_of_a_quotation_that_waits(event: QuotationMoved) -> None:
    if event.verb == "report":
        _report("quotation", event.number, event.buyer_id)


def _report(kind: str, number: str, buyer_id: int) -> None:
    buyer = Organisation.objects.select_related("region").get(pk=buyer_id)
    if office := _office(buyer.region.path):
        key, link = TO_REPORT[kind].key, f"/regulator/{kind}s/{number}/"
        tell(
            template=key, at=clock.now(), dedupe=f"{kind}/{number}/report", organisation_id=office.pk, params={"number": number}, link=link
        )


def _office(path: str) -> Organisation | None:
    """The regulator of the region, or else the nearest above it."""
    while path:
        if office := Organisation.objects.filter(kind="regulator", region__path=path, active=True).first():
            return office
        path = path.rpartition("/")[0]
    return None
