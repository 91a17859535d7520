"""What happens by itself around orders: messages to those who must act, and the clock's rounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop as _

from sunlit.domain.catalog import services as catalog
from sunlit.domain.catalog.events import ProductsMerged
from sunlit.domain.market import queries, services
from sunlit.domain.market.events import (
    AuctionMoved,
    BatchMoved,
    CallOffMoved,
    FrameworkDealerMoved,
    FrameworkEntryMoved,
    FrameworkMoved,
    FrameworkUpgradeMoved,
    OrderMoved,
    QuotationMoved,
    UnitRequestMoved,
    WorkOrderMoved,
)
from sunlit.domain.market.models import CallOff, Framework, FrameworkEntry, Order, Quotation
from sunlit.domain.market.modes import batch as batch_mode
from sunlit.domain.market.queries import frameworks as framework_queries
from sunlit.domain.market.queries import workorders as workorder_queries
from sunlit.domain.market.rules import batches as batch_rules
from sunlit.domain.market.services import calloffs, drafts, frameworks, opportunities, units, workorders
from sunlit.domain.market.states.orders import UNIT
from sunlit.foundation import deadlines
from sunlit.foundation.deadlines import MadeUp
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import services as messages
from sunlit.foundation.messages import templates
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_day, every_minute, every_minute_when_well

BUYER, SUPPLIER = "buyer", "supplier"
UNIT_SELLERS = ("orderer", "lead", "finance")
REMIND_BEFORE = timedelta(days=1)

# verb → (who is told, in which roles, the sentence)
TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "request": ((BUYER, ("lead",), _("Order {number} over {total:yuan} waits for your approval.")),),
    "place": ((SUPPLIER, ("sales", "admin"), _("New order {number} over {total:yuan}: please confirm it in time.")),),
    "award": (
        (SUPPLIER, ("sales", "admin"), _("You won order {number} over {total:yuan}: please confirm it in time.")),
        (BUYER, ("orderer", "lead"), _("Order {number} over {total:yuan} went to the winner.")),
    ),
    "settle": (
        (BUYER, ("receiver", "lead"), _("The service of order {number} over {total:yuan} is settled: please inspect and accept it.")),
    ),
    "approve": (
        (SUPPLIER, ("sales", "admin"), _("New order {number} over {total:yuan}: please confirm it in time.")),
        (BUYER, ("orderer",), _("Order {number} was approved and went to the supplier.")),
    ),
    "disapprove": ((BUYER, ("orderer",), _("Order {number} was not approved: {reason}")),),
    "confirm": ((BUYER, ("orderer", "receiver"), _("The supplier confirmed order {number}.")),),
    "decline": ((BUYER, ("orderer", "lead"), _("The supplier declined order {number}: {reason}")),),
    "lapse": (
        (BUYER, ("orderer", "lead"), _("Order {number} lapsed: the supplier did not answer in time. Your budget is free again.")),
        (SUPPLIER, ("sales", "admin"), _("Order {number} lapsed because it was not confirmed in time.")),
    ),
    "withdraw": ((SUPPLIER, ("sales", "admin"), _("The buyer withdrew order {number}: {reason}")),),
    "ask_cancel": ((SUPPLIER, ("sales", "admin"), _("The buyer asks to cancel order {number}: {reason}")),),
    "agree_cancel": ((BUYER, ("orderer", "lead"), _("Order {number} is cancelled by agreement.")),),
    "refuse_cancel": ((BUYER, ("orderer", "lead"), _("The supplier did not agree to cancel order {number}: {reason}")),),
    "dispatch_part": ((BUYER, ("receiver", "orderer"), _("A part of order {number} is on its way.")),),
    "dispatch": ((BUYER, ("receiver", "orderer"), _("Order {number} is on its way: please confirm the receipt.")),),
    "redeliver": ((BUYER, ("receiver", "orderer"), _("Other goods for order {number} are on their way.")),),
    "accept": ((SUPPLIER, ("finance", "sales", "admin"), _("Order {number} was accepted: please send the invoice.")),),
    "reject": ((SUPPLIER, ("sales", "admin"), _("The delivery of order {number} was rejected: {reason}")),),
    "ask_return": ((SUPPLIER, ("sales", "admin"), _("The goods of order {number} come back to you: {reason}")),),
    "ask_exchange": ((SUPPLIER, ("sales", "admin"), _("The buyer asks for an exchange of the goods of order {number}: {reason}")),),
    "take_back": ((BUYER, ("orderer", "receiver"), _("The supplier took back the goods of order {number}. Your budget is free again.")),),
    "invoice": ((BUYER, ("finance",), _("The invoice for order {number} is there: {total:yuan} to pay.")),),
    "pay": (
        (SUPPLIER, ("finance", "sales", "admin"), _("Order {number} was paid: {total:yuan}.")),
        (BUYER, ("orderer",), _("Order {number} was paid. Please rate the supplier.")),
    ),
    "bounce": ((BUYER, ("finance",), _("The bank did not pay order {number}: {reason}")),),
    "rate": ((SUPPLIER, ("sales", "admin"), _("Order {number} was rated by the buyer.")),),
    "remind_supplier": ((SUPPLIER, ("sales", "admin"), _("The goods of order {number} were due: please dispatch them.")),),
    "remind_receiver": ((BUYER, ("receiver", "orderer"), _("Receipt or acceptance of order {number} was due: please look at it.")),),
    "remind_buyer_to_answer": ((BUYER, ("lead", "receiver"), _("Order {number} waits for your answer, which was due.")),),
    "remind_supplier_to_answer": ((SUPPLIER, ("sales", "admin"), _("Order {number} waits for your answer, which was due.")),),
    "remind_supplier_to_invoice": (
        (SUPPLIER, ("finance", "sales", "admin"), _("The invoice of order {number} was due: please hand it in.")),
    ),
    "remind_payer": (
        (SUPPLIER, ("finance", "sales", "admin"), _("The invoice or payment of order {number} was due: please look at it.")),
        (BUYER, ("finance",), _("The invoice or payment of order {number} was due: please look at it.")),
    ),
}

for _verb, _lines in TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"order.{_verb}.{_whom}", title=_text, mail=_verb in ("request", "place", "award", "approve", "lapse"))


@hears(OrderMoved)
def tell_who_must_act(event: OrderMoved) -> None:
    """Put the news into the inboxes of the other side, once."""
    order = Order.objects.filter(number=event.number).values_list("mode", "confirm_until").first()
    of_unit = order is not None and order[0] == UNIT
    for whom, roles, _text in TOLD.get(event.verb, ()):
        if whom == SUPPLIER and (order is None or order[1] is None):
            continue  # it never went to the supplier: the buyer decided against it before
        if of_unit and event.verb in ("award", "confirm"):
            continue  # both units were told with the request
        sold = of_unit and whom == SUPPLIER
        messages.tell(
            template=f"order.{event.verb}.{whom}",
            organisation_id=event.buyer_id if whom == BUYER else event.supplier_id,
            roles=UNIT_SELLERS if sold else roles,
            params={"number": event.number, "total": event.total, "reason": event.reason},
            link=f"/buyer/unit-sales/{event.number}/" if sold else f"/{whom}/orders/{event.number}/",
            at=clock.now(),
            dedupe=f"order/{event.number}/{event.verb}/{event.version}",
        )


# verb → (who is told, in which roles, the sentence); suppliers are those invited, or those with a quote in it
QUOTATION_TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "publish": ((SUPPLIER, ("sales", "admin"), _("A buyer asks for quotes: “{title}” ({number}), until {until:at}.")),),
    "ask": ((BUYER, ("orderer", "lead"), _("A supplier asked about quotation {number}: please answer for all to read.")),),
    "answer": ((SUPPLIER, ("sales", "admin"), _("A question about quotation {number} was answered.")),),
    "extend": ((SUPPLIER, ("sales", "admin"), _("Quotation {number}: quotes may now come in until {until:at}.")),),
    "prolong": (
        (SUPPLIER, ("sales", "admin"), _("Quotation {number}: quotes may now come in until {until:at}.")),
        (BUYER, ("orderer", "lead"), _("Too few quotes had come in for {number}: they may come in until {until:at}.")),
    ),
    "wait": ((BUYER, ("orderer", "lead"), _("The opening of {number} waits for the key keepers. It goes on by itself.")),),
    "open_all": ((BUYER, ("orderer", "lead"), _("The quotes for {number} were opened: please judge which conform.")),),
    "remind": ((BUYER, ("orderer", "lead"), _("Quotation {number} waits for your decision, which was due.")),),
    "award": ((SUPPLIER, ("sales", "admin"), _("Quotation {number} “{title}” was awarded: see the result and the reasons.")),),
    "fail": (
        (SUPPLIER, ("sales", "admin"), _("Quotation {number} “{title}” failed: nothing was awarded.")),
        (BUYER, ("orderer", "lead"), _("Quotation {number} failed; its money is free. You may run it again.")),
    ),
    "cancel": ((SUPPLIER, ("sales", "admin"), _("The buyer called quotation {number} off: {reason}")),),
    "suspend": (
        (SUPPLIER, ("sales", "admin"), _("The regulator suspended quotation {number}: {reason}")),
        (BUYER, ("orderer", "lead"), _("The regulator suspended quotation {number}: {reason}")),
    ),
    "resume": (
        (SUPPLIER, ("sales", "admin"), _("Quotation {number} goes on.")),
        (BUYER, ("orderer", "lead"), _("Quotation {number} goes on.")),
    ),
    "void": (
        (SUPPLIER, ("sales", "admin"), _("The regulator voided quotation {number}: {reason}")),
        (BUYER, ("orderer", "lead"), _("The regulator voided quotation {number}: {reason}")),
    ),
}
MAILED = ("publish", "open_all", "award")
CALLS = ("publish", "extend", "prolong")  # of an open quotation everybody who deals in its goods is told that quotes may come in

for _verb, _lines in QUOTATION_TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"quotation.{_verb}.{_whom}", title=_text, mail=_verb in MAILED)


@hears(QuotationMoved)
def tell_who_quotes(event: QuotationMoved) -> None:
    """The buyer's people, and the suppliers whom a verb concerns: of an open quotation those that deal in its goods."""
    suppliers = event.suppliers
    if event.verb in CALLS and not (it := Quotation.objects.get(number=event.number)).invited:
        codes = sorted({line.category.code for line in queries.lines_of_quotation(it)})
        suppliers = sorted({*suppliers, *(found.pk for found in queries.candidates_for(codes, region_path=it.region_path))})
    for whom, roles, _text in QUOTATION_TOLD.get(event.verb, ()):
        for organisation in [event.buyer_id] if whom == BUYER else suppliers:
            messages.tell(
                template=f"quotation.{event.verb}.{whom}",
                organisation_id=organisation,
                roles=roles,
                params={"number": event.number, "title": event.title, "until": event.until, "reason": event.reason},
                link=f"/{whom}/quotations/{event.number}/",
                at=clock.now(),
                dedupe=f"quotation/{event.number}/{event.verb}/{event.version}",
            )


@hears(ProductsMerged)
def keep_what_it_became(event: ProductsMerged) -> None:
    """Favourites follow a product into the one that it became part of."""
    services.follow_favourites(event.merged_id, event.into_id)


# verb → (in which roles the solicitor is told, the sentence)
FRAMEWORK_TOLD: dict[str, tuple[tuple[str, ...], str]] = {
    "approve": (("lead", "orderer"), _("The plan of framework {number} was approved: it can be solicited.")),
    "send_back": (("lead", "orderer"), _("The plan of framework {number} was sent back: {reason}")),
    "open": (("lead", "orderer"), _("The responses to framework {number} are open: please review them.")),
    "collapse": (("lead", "orderer"), _("Framework {number} failed: nobody signed in time.")),
    "warn": (("lead", "orderer"), _("The regulator warned you about framework {number}: {reason}")),
    "void": (("lead", "orderer"), _("The regulator voided framework {number}: {reason}")),
    "end": (("lead", "orderer"), _("The term of framework {number} is over; its summary is public.")),
}
for _verb, (_roles, _text) in FRAMEWORK_TOLD.items():
    templates.declare(f"framework.{_verb}.solicitor", title=_text)
templates.declare("framework.shortlist.supplier", title=_("You are shortlisted in framework {number}: please sign in time."), mail=True)
templates.declare("framework.shortlist.other", title=_("Framework {number}: your response was judged, see its result and the reasons."))
templates.declare("framework.conclude.supplier", title=_("Framework {number} is in force: buyers may buy from you under it."))
templates.declare(
    "framework.join.buyer", title=_("More suppliers joined a framework agreement that is in force for your organisation: {number}.")
)
templates.declare("framework.conclude.buyer", title=_("A framework agreement is in force for your organisation: {number}."))


@hears(FrameworkMoved)
def tell_who_is_concerned(event: FrameworkMoved) -> None:
    """The solicitor of what others did; those who responded of the result; all buyers of the region of an agreement that they may buy under."""
    told: dict[str, Any] = {"at": clock.now(), "params": {"number": event.number, "reason": event.reason}}
    key = f"framework/{event.number}/{event.verb}/{event.version}"
    if event.verb in FRAMEWORK_TOLD:
        roles = FRAMEWORK_TOLD[event.verb][0]
        link = f"/buyer/frameworks/{event.number}/"
        messages.tell(
            template=f"framework.{event.verb}.solicitor", organisation_id=event.solicitor_id, roles=roles, link=link, dedupe=key, **told
        )
    if event.verb in ("shortlist", "conclude"):
        _tell_suppliers(event, key, told)
    if event.verb in ("conclude", "join"):
        _tell_buyers(event, key, told)


def _tell_suppliers(event: FrameworkMoved, key: str, told: dict[str, Any]) -> None:
    entries = FrameworkEntry.objects.filter(package__framework__number=event.number).exclude(state="withdrawn")
    fine = {"shortlist": "shortlisted", "conclude": "signed"}[event.verb]
    states: dict[int, set[str]] = {}
    for supplier, state in entries.values_list("supplier_id", "state"):
        states.setdefault(supplier, set()).add(state)
    for supplier, found in sorted(states.items()):
        if fine not in found and event.verb == "conclude":
            continue
        template = f"framework.{event.verb}.supplier" if fine in found else "framework.shortlist.other"
        link = f"/supplier/frameworks/{event.number}/"
        messages.tell(template=template, organisation_id=supplier, roles=("sales", "admin"), link=link, dedupe=key, **told)


def _tell_buyers(event: FrameworkMoved, key: str, told: dict[str, Any]) -> None:
    """All buyers of the region learn within the term who is listed (110号令: three working days)."""
    number = framework_queries.agreement_of(event.number)
    link, told = f"/buyer/frameworks/{number}/", {**told, "params": {"number": number, "reason": event.reason}}
    for buyer in framework_queries.buyers_under(event.region_path):
        messages.tell(
            template=f"framework.{event.verb}.buyer", organisation_id=buyer, roles=("orderer", "lead"), link=link, dedupe=key, **told
        )


# verb → (whom, the sentence, is it mailed)
ENTRY_TOLD: dict[str, tuple[str, str, bool]] = {
    "ask_leave": (BUYER, _("A supplier asks to leave framework {number}: please answer in time. {reason}"), False),
    "keep": (SUPPLIER, _("Framework {number}: the solicitor does not release you. {reason}"), True),
    "release": (SUPPLIER, _("You were released from framework {number}; orders that were placed are performed. {reason}"), True),
    "apply": (BUYER, _("A supplier applied to join open framework {number}: please answer in time."), False),
    "admit": (SUPPLIER, _("You were admitted to open framework {number}: buyers may buy from you under it."), True),
    "turn_down": (SUPPLIER, _("You were not admitted to open framework {number}; you may apply again. {reason}"), True),
    "leave": (BUYER, _("A supplier left open framework {number}; orders that were placed are performed."), False),
    "expire": (SUPPLIER, _("Your application ended unanswered with framework {number}."), False),
    "join": (SUPPLIER, _("You joined framework {number}: buyers may buy from you under it. {reason}"), False),
    "clear_out": (SUPPLIER, _("You were cleared out of framework {number}; orders that were placed are performed. {reason}"), True),
}
for _verb, (_whom, _text, _mailed) in ENTRY_TOLD.items():
    templates.declare(f"framework_entry.{_verb}", title=_text, mail=_mailed)
templates.declare("framework.unfiled.solicitor", title=_("The copy of framework {number} is not filed yet: its term ends soon or is over."))
templates.declare(
    "framework.application_due.solicitor",
    title=_("An application to join open framework {number} still waits for your answer: its term ends soon or is over."),
)
templates.declare(
    "framework.leave_due.solicitor",
    title=_("A supplier of framework {number} that asked to leave or to upgrade still waits for your answer."),
)


@hears(FrameworkEntryMoved)
def tell_of_a_party(event: FrameworkEntryMoved) -> None:
    """The other side of what happens between solicitor and party while the agreement runs."""
    if event.verb not in ENTRY_TOLD:
        return
    whom = ENTRY_TOLD[event.verb][0]
    messages.tell(
        template=f"framework_entry.{event.verb}",
        organisation_id=event.solicitor_id if whom == BUYER else event.supplier_id,
        roles=("orderer", "lead") if whom == BUYER else ("sales", "admin"),
        params={"number": event.framework, "reason": event.reason},
        link=f"/{whom}/frameworks/{event.framework}/responses/{event.number}/",
        at=clock.now(),
        dedupe=f"framework_entry/{event.number}/{event.verb}/{event.version}",
    )
    if event.verb == "admit":
        _tell_of_the_first_party(event)


def _tell_of_the_first_party(event: FrameworkEntryMoved) -> None:
    """From the first party on buyers may buy under an open agreement: they are told once; later ones stand in its list."""
    parties = FrameworkEntry.objects.filter(package__framework__number=event.framework, signed_at__isnull=False)
    if parties.count() != 1:
        return
    it = Framework.objects.get(number=event.framework)
    for buyer in framework_queries.buyers_under(it.region_path):
        messages.tell(
            template="framework.conclude.buyer",
            organisation_id=buyer,
            roles=("orderer", "lead"),
            params={"number": it.number, "reason": ""},
            link=f"/buyer/frameworks/{it.number}/",
            at=clock.now(),
            dedupe=f"framework/{it.number}/first_party",
        )


# (whom, the sentence) of a dealer's verbs: the party and the dealer read of each other
DEALER_TOLD: dict[str, tuple[str, str]] = {
    "name": ("dealer", _("A party to framework {number} asks you to deliver for it: please answer.")),
    "accept": ("party", _("Your dealer under framework {number} delivers for you from now on.")),
    "decline": ("party", _("A dealer that you named under framework {number} declined. {reason}")),
    "end": ("both", _("A dealer delivers no more under framework {number}. {reason}")),
}
UPGRADE_TOLD: dict[str, tuple[str, str]] = {
    "ask": (BUYER, _("A supplier of framework {number} asks to upgrade its product: please answer in time.")),
    "approve": (SUPPLIER, _("Your upgrade under framework {number} was approved: it is bought from now on.")),
    "refuse": (SUPPLIER, _("Your upgrade under framework {number} was refused. {reason}")),
}
for _verb, (_whom, _text) in DEALER_TOLD.items():
    templates.declare(f"framework_dealer.{_verb}", title=_text, mail=_verb == "name")
for _verb, (_whom, _text) in UPGRADE_TOLD.items():
    templates.declare(f"framework_upgrade.{_verb}", title=_text)


@hears(FrameworkDealerMoved)
def tell_of_a_dealer(event: FrameworkDealerMoved) -> None:
    """Party and dealer read what the other did."""
    whom = DEALER_TOLD[event.verb][0]
    parties = {"dealer": [event.dealer_id], "party": [event.supplier_id], "both": [event.supplier_id, event.dealer_id]}[whom]
    for organisation in parties:
        messages.tell(
            template=f"framework_dealer.{event.verb}",
            organisation_id=organisation,
            roles=("sales", "admin"),
            params={"number": event.framework, "reason": event.reason},
            link=f"/supplier/frameworks/dealers/{event.number}/",
            at=clock.now(),
            dedupe=f"framework_dealer/{event.number}/{event.version}/{organisation}",
        )


@hears(FrameworkUpgradeMoved)
def tell_of_an_upgrade(event: FrameworkUpgradeMoved) -> None:
    """The solicitor that is asked, and the party that is answered."""
    whom = UPGRADE_TOLD[event.verb][0]
    messages.tell(
        template=f"framework_upgrade.{event.verb}",
        organisation_id=event.solicitor_id if whom == BUYER else event.supplier_id,
        roles=("orderer", "lead") if whom == BUYER else ("sales", "admin"),
        params={"number": event.framework, "reason": event.reason},
        link=f"/{whom}/frameworks/{event.framework}/responses/{event.entry}/",
        at=clock.now(),
        dedupe=f"framework_upgrade/{event.number}/{event.version}",
    )


def remind_solicitors(at: datetime) -> None:
    """A day before their terms end: what is not filed, and who waits for an answer to leave. Each is told once."""
    unfiled, waiting = framework_queries.overdue(at + REMIND_BEFORE)
    for it in unfiled:
        _remind("unfiled", it, f"/buyer/frameworks/{it.number}/", f"framework/{it.number}/unfiled", at)
    for entry in waiting:
        it = entry.package.framework
        link, key = f"/buyer/frameworks/{it.number}/responses/{entry.number}/", f"framework_entry/{entry.number}/waits/{entry.version}"
        _remind("leave_due", it, link, key, at)
    for entry in framework_queries.unanswered(at + REMIND_BEFORE):
        it = entry.package.framework
        link, key = f"/buyer/frameworks/{it.number}/responses/{entry.number}/", f"framework_entry/{entry.number}/applied"
        _remind("application_due", it, link, key, at)


def _remind(what: str, it: Framework, link: str, dedupe: str, at: datetime) -> None:
    roles, params = ("orderer", "lead"), {"number": it.number}
    messages.tell(
        template=f"framework.{what}.solicitor", organisation_id=it.solicitor_id, roles=roles, params=params, link=link, dedupe=dedupe, at=at
    )


templates.declare("calloff.invite.supplier", title=_("You are invited to bid under a framework agreement: {number}."), mail=True)
templates.declare(
    "calloff.turn.supplier", title=_("It is your turn under a framework agreement: please answer {number} in time."), mail=True
)
templates.declare("calloff.fail.buyer", title=_("Nobody took {number}; your budget is free again."))
templates.declare("calloff.award.buyer", title=_("{number} was awarded and ordered."))


CALLOFF_STOPS: dict[str, tuple[str, str]] = {
    "suspend": (_("The regulator suspended {number}: {reason}"), _("The regulator suspended {number}: {reason}")),
    "resume": (_("{number} goes on; the time that was left was kept."), _("{number} goes on; the time that was left was kept.")),
    "void": (_("The regulator voided {number}; your budget is free again: {reason}"), _("The regulator voided {number}: {reason}")),
}
for _verb, (_to_buyer, _to_supplier) in CALLOFF_STOPS.items():
    templates.declare(f"calloff.{_verb}.buyer", title=_to_buyer)
    templates.declare(f"calloff.{_verb}.supplier", title=_to_supplier)


@hears(CallOffMoved)
def tell_who_is_asked(event: CallOffMoved) -> None:
    """The parties that may bid, the one whose turn it is, and the buyer of the end."""
    it = CallOff.objects.select_related("entry").get(number=event.number)
    told: dict[str, Any] = {
        "at": clock.now(),
        "params": {"number": event.number},
        "dedupe": f"calloff/{event.number}/{event.verb}/{event.version}",
    }
    if event.verb in CALLOFF_STOPS:
        _tell_of_a_stop(event, it, told)
        return
    if event.verb in ("award", "fail"):
        link = f"/buyer/calloffs/{event.number}/"
        messages.tell(template=f"calloff.{event.verb}.buyer", user_id=event.orderer_id, organisation_id=event.buyer_id, link=link, **told)
        return
    asked = []
    if event.verb == "invite":
        asked = list(FrameworkEntry.objects.filter(pk__in=it.invited))
    elif event.verb in ("ask", "pass_on") and it.entry is not None:
        asked = [it.entry]
    template = "calloff.invite.supplier" if event.verb == "invite" else "calloff.turn.supplier"
    for supplier in sorted({entry.supplier_id for entry in asked}):
        link = f"/supplier/calloffs/{event.number}/"
        messages.tell(template=template, organisation_id=supplier, roles=("sales", "admin"), link=link, **told)


def _tell_of_a_stop(event: CallOffMoved, it: CallOff, told: dict[str, Any]) -> None:
    """The buyer, and whoever may bid or has the turn."""
    told = {**told, "params": {"number": event.number, "reason": it.stop_reason}}
    entries = FrameworkEntry.objects.filter(pk__in=it.invited if it.mode in ("bidding", "outside") else [it.entry_id])
    suppliers = sorted(set(entries.values_list("supplier_id", flat=True)))
    for whom, organisations, roles in ((BUYER, [it.buyer_id], ("orderer", "lead")), (SUPPLIER, suppliers, ("sales", "admin"))):
        for organisation in organisations:
            link = f"/{whom}/calloffs/{event.number}/"
            messages.tell(template=f"calloff.{event.verb}.{whom}", organisation_id=organisation, roles=roles, link=link, **told)


# verb → (who is told, in which roles, the sentence); buyers and suppliers are those whom the verb concerns
SOLICITOR, EVERY_BUYER = "solicitor", "every_buyer"
BATCH_TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "open": ((EVERY_BUYER, ("orderer", "lead"), _("Batch {number} “{title}” takes demands until {until:at}.")),),
    "submit": ((BUYER, ("lead",), _("A demand in batch {number} waits for your confirmation until {until:at}.")),),
    "lapse": ((BUYER, ("orderer", "lead"), _("Your demand in batch {number} was not confirmed in time. Your budget is free again.")),),
    "close": (
        (SOLICITOR, ("orderer", "lead"), _("The period of batch {number} is over: please put it out to the parties until {until:at}.")),
    ),
    "publish": ((SUPPLIER, ("sales", "admin"), _("Batch {number} “{title}”: you may bid until {until:at}.")),),
    "compare": (
        (SOLICITOR, ("orderer", "lead"), _("The bids for batch {number} were compared: please confirm the result until {until:at}.")),
    ),
    "confirm": ((SUPPLIER, ("sales", "admin"), _("You won batch {number}: please take the orders until {until:at}.")),),
    "pass_on": (
        (SUPPLIER, ("sales", "admin"), _("You are the next lowest in batch {number}: please take the orders until {until:at}.")),
        (SOLICITOR, ("orderer", "lead"), _("The winner of batch {number} did not take the orders; the next lowest was asked.")),
    ),
    "fail": (
        (SOLICITOR, ("orderer", "lead"), _("Batch {number} came to nothing: {why:word}.")),
        (BUYER, ("orderer", "lead"), _("Batch {number} came to nothing: {why:word}. Your budget is free again.")),
        (SUPPLIER, ("sales", "admin"), _("Batch {number} came to nothing: {why:word}.")),
    ),
    "drop": ((BUYER, ("orderer", "lead"), _("Batch {number} was ordered without you: your budget could not be charged.")),),
    "take": (
        (SOLICITOR, ("orderer", "lead"), _("The orders of batch {number} were placed with its winner.")),
        (SUPPLIER, ("sales", "admin"), _("Batch {number} went to another bidder: see the result.")),
    ),
    "suspend": (
        (SOLICITOR, ("orderer", "lead"), _("The regulator suspended {number}: {reason}")),
        (BUYER, ("orderer", "lead"), _("The regulator suspended {number}: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("The regulator suspended {number}: {reason}")),
    ),
    "resume": (
        (SOLICITOR, ("orderer", "lead"), _("{number} goes on; the time that was left was kept.")),
        (BUYER, ("orderer", "lead"), _("{number} goes on; the time that was left was kept.")),
        (SUPPLIER, ("sales", "admin"), _("{number} goes on; the time that was left was kept.")),
    ),
    "cancel": (
        (BUYER, ("orderer", "lead"), _("Batch {number} was cancelled; your budget is free again: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("Batch {number} was cancelled: {reason}")),
    ),
    "void": (
        (SOLICITOR, ("orderer", "lead"), _("The regulator voided batch {number}: {reason}")),
        (BUYER, ("orderer", "lead"), _("The regulator voided batch {number}; your budget is free again: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("The regulator voided batch {number}: {reason}")),
    ),
}
for _verb, _lines in BATCH_TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"batch.{_verb}.{_whom}", title=_text, mail=_verb in ("publish", "confirm", "pass_on", "fail", "void"))


@hears(BatchMoved)
def tell_of_a_batch(event: BatchMoved) -> None:
    """Put the news into the inboxes of the solicitor, the buyers and the suppliers whom it concerns, once; who has its money back is told why."""
    why = batch_rules.CAUSES.get(event.cause, "")
    for whom, roles, _text in BATCH_TOLD.get(event.verb, ()):
        for organisation in _of_a_batch(event, whom):
            messages.tell(
                template=f"batch.{event.verb}.{whom}",
                organisation_id=organisation,
                roles=roles,
                params={"number": event.number, "title": event.title, "until": event.until, "why": why, "reason": event.reason},
                link=f"/{SUPPLIER if whom == SUPPLIER else BUYER}/batches/{event.number}/",
                at=clock.now(),
                dedupe=f"batch/{event.number}/{event.verb}/{event.version}/{whom}",
            )


def _of_a_batch(event: BatchMoved, whom: str) -> list[int]:
    match whom:
        case "solicitor":
            return [event.solicitor_id]
        case "every_buyer":
            return framework_queries.buyers_under(event.region_path)
        case "buyer":
            return event.buyers
    return event.suppliers


@every_minute_when_well
def look_after_batches() -> None:
    """Periods close, bids are compared, results that nobody confirmed or took go on; after downtime it simply catches up."""
    batch_mode.go_on_due(clock.now())


# verb → (who is told, in which roles, the sentence)
WORK_TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "request": ((SUPPLIER, ("sales", "admin"), _("A unit asks you for a service: please quote for {number} in time.")),),
    "pass_on": ((SUPPLIER, ("sales", "admin"), _("It is your turn: please quote for {number} in time.")),),
    "quote": ((BUYER, ("orderer", "lead"), _("The quote for work order {number} is there: please decide.")),),
    "send_back": ((SUPPLIER, ("sales", "admin"), _("Your quote for {number} was sent back: {reason}")),),
    "decline": ((BUYER, ("orderer", "lead"), _("Work order {number} was declined; whatever was held is free: {reason}")),),
    "lapse": ((BUYER, ("orderer", "lead"), _("Nobody answered work order {number} in time: ask again.")),),
    "approve": ((SUPPLIER, ("sales", "admin"), _("Work order {number} was approved: please carry it out.")),),
    "cancel": ((SUPPLIER, ("sales", "admin"), _("The buyer cancelled work order {number}: {reason}")),),
    "ask_supplement": ((BUYER, ("orderer", "lead"), _("A supplement to work order {number} is asked for: {reason}")),),
    "approve_supplement": ((SUPPLIER, ("sales", "admin"), _("The supplement to work order {number} was approved.")),),
    "refuse_supplement": ((SUPPLIER, ("sales", "admin"), _("The supplement to work order {number} was not approved: {reason}")),),
    "report": ((BUYER, ("orderer", "lead"), _("Work order {number} is reported done: please look at the evidence and settle it.")),),
    "return_report": ((SUPPLIER, ("sales", "admin"), _("Your report of work order {number} was returned: {reason}")),),
    "suspend": (
        (BUYER, ("orderer", "lead"), _("The regulator suspended {number}: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("The regulator suspended {number}: {reason}")),
    ),
    "resume": (
        (BUYER, ("orderer", "lead"), _("{number} goes on; the time that was left was kept.")),
        (SUPPLIER, ("sales", "admin"), _("{number} goes on; the time that was left was kept.")),
    ),
    "void": (
        (BUYER, ("orderer", "lead"), _("The regulator voided {number}; your budget is free again: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("The regulator voided {number}: {reason}")),
    ),
    "settle": ((SUPPLIER, ("sales", "admin"), _("Work order {number} was settled; its order waits for the acceptance.")),),
}

for _verb, _lines in WORK_TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"work_order.{_verb}.{_whom}", title=_text, mail=_verb in ("request", "pass_on", "quote", "report"))


templates.declare(
    "work_order.settle_due.buyer", title=_("Work order {number} was reported done: please settle it or return the report until {until:at}.")
)
templates.declare("work_order.late.buyer", title=_("Work order {number} was to be settled until {until:at}, and waits."), mail=True)


def remind_of_settlements(at: datetime) -> None:
    """Who has to settle what was done is told a day before the term ends and once more when it is over; nothing is ever settled silently."""
    for it in workorder_queries.to_settle(at + REMIND_BEFORE):
        assert it.settle_until is not None
        what = "late" if it.settle_until <= at else "settle_due"
        messages.tell(
            template=f"work_order.{what}.buyer",
            organisation_id=it.buyer_id,
            roles=("orderer", "lead"),
            params={"number": it.number, "until": it.settle_until.isoformat()},
            link=f"/buyer/work-orders/{it.number}/",
            at=at,
            dedupe=f"work_order/{it.number}/{what}/{it.version}",
        )


@hears(WorkOrderMoved)
def tell_of_a_work_order(event: WorkOrderMoved) -> None:
    """Whoever must act next, or has to know of the end, once."""
    for whom, roles, _text in WORK_TOLD.get(event.verb, ()):
        messages.tell(
            template=f"work_order.{event.verb}.{whom}",
            organisation_id=event.buyer_id if whom == BUYER else event.supplier_id,
            roles=roles,
            params={"number": event.number, "reason": event.reason},
            link=f"/{whom}/work-orders/{event.number}/",
            at=clock.now(),
            dedupe=f"work_order/{event.number}/{event.verb}/{event.version}",
        )


# verb → (which unit is told, in which roles, the sentence)
UNIT_TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "request": (("seller", ("lead",), _("Another unit asks you for “{title}”: please answer {number} in time.")),),
    "confirm": ((BUYER, ("orderer", "lead"), _("The unit confirmed your request for “{title}”: order {order}.")),),
    "refuse": ((BUYER, ("orderer", "lead"), _("The unit refused your request for “{title}”; your money is free: {reason}")),),
    "withdraw": (("seller", ("lead",), _("Request {number} for “{title}” was withdrawn: {reason}")),),
    "lapse": (
        (BUYER, ("orderer", "lead"), _("The unit did not answer your request for “{title}” in time; your money is free.")),
        ("seller", ("lead",), _("Request {number} for “{title}” lapsed because it was not answered in time.")),
    ),
    "give_back": ((BUYER, ("orderer", "lead"), _("“{title}” is offered no more; your money is free: {reason}")),),
}

for _verb, _lines in UNIT_TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"unit_request.{_verb}.{_whom}", title=_text, mail=_verb == "request")


@hears(UnitRequestMoved)
def tell_of_a_request_between_units(event: UnitRequestMoved) -> None:
    """The unit that must act next, or has to know of the end, once."""
    for whom, roles, _text in UNIT_TOLD.get(event.verb, ()):
        messages.tell(
            template=f"unit_request.{event.verb}.{whom}",
            organisation_id=event.buyer_id if whom == BUYER else event.seller_id,
            roles=roles,
            params={"number": event.number, "title": event.title, "order": event.order, "reason": event.reason},
            link=f"/buyer/unit-requests/{event.number}/",
            at=clock.now(),
            dedupe=f"unit_request/{event.number}/{event.verb}/{event.version}",
        )


@every_minute_when_well
def make_the_round() -> None:
    """Lapse, remind and close what is due; after downtime it simply catches up."""
    at = clock.now()
    frameworks.open_due(at)
    calloffs.settle_due(at)
    workorders.lapse_work_due(at)
    units.lapse_requests_due(at)
    units.end_offers_due(at)
    frameworks.collapse_due(at)
    frameworks.end_due(at)
    remind_solicitors(at)
    remind_of_settlements(at)
    services.lapse_due(at)
    services.remind_due(at)
    services.close_due(at)


# Reverse auctions

AUCTION_TOLD: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "turn_away": ((SUPPLIER, ("sales", "admin"), _("You were not admitted to auction {number}: {reason}")),),
    "withdraw": ((SUPPLIER, ("sales", "admin"), _("Auction {number} was withdrawn: {reason}")),),
    "lack": (
        (BUYER, ("orderer", "lead"), _("Auction {number} failed: too few suppliers entered. Your budget is free again.")),
        (SUPPLIER, ("sales", "admin"), _("Auction {number} does not take place: too few suppliers entered.")),
    ),
    "pause": (
        (BUYER, ("orderer", "lead"), _("The regulator paused auction {number}: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("The regulator paused auction {number}: {reason}")),
    ),
    "resume": (
        (BUYER, ("orderer", "lead"), _("Auction {number} goes on; the remaining time was kept.")),
        (SUPPLIER, ("sales", "admin"), _("Auction {number} goes on; the remaining time was kept.")),
    ),
    "void": (
        (BUYER, ("orderer", "lead"), _("The regulator voided auction {number}: {reason}")),
        (SUPPLIER, ("sales", "admin"), _("The regulator voided auction {number}: {reason}")),
    ),
    "close": (
        (BUYER, ("orderer", "lead"), _("Auction {number} has ended: please confirm the result.")),
        (SUPPLIER, ("sales", "admin"), _("Auction {number} has ended: see the result.")),
    ),
    "fail": (
        (BUYER, ("orderer", "lead"), _("Auction {number} failed: too few suppliers bid. Your budget is free again.")),
        (SUPPLIER, ("sales", "admin"), _("Auction {number} failed: too few suppliers bid.")),
    ),
    "explain": ((BUYER, ("lead",), _("The price in auction {number} was explained: please decide.")),),
    "refuse": ((BUYER, ("orderer", "lead"), _("The winner refused in auction {number}: {reason}")),),
    "exclude": ((SUPPLIER, ("sales", "admin"), _("Your bid in auction {number} was passed over: {reason}")),),
    "award": ((SUPPLIER, ("sales", "admin"), _("You won in auction {number}: the order is there.")),),
    "reopen": (
        (
            BUYER,
            ("orderer", "lead"),
            _("The winner of auction {number} did not take the order: the next bidder waits for your confirmation."),
        ),
    ),
    "keep_rest": ((BUYER, ("orderer", "lead"), _("In auction {number} nobody stands in for the rest; what was ordered remains.")),),
    "run_dry": ((BUYER, ("orderer", "lead"), _("Auction {number} failed: no budget is left for the next bidder.")),),
    "give_up": ((BUYER, ("orderer", "lead"), _("Auction {number} failed: no bidder is left. Your budget is free again.")),),
    "remind": ((BUYER, ("lead",), _("The result of auction {number} waits for your confirmation, which was due.")),),
}

for _verb, _lines in AUCTION_TOLD.items():
    for _whom, _roles, _text in _lines:
        templates.declare(f"auction.{_verb}.{_whom}", title=_text, mail=_verb in ("close", "award", "reopen"))


@hears(AuctionMoved)
def tell_of_an_auction(event: AuctionMoved) -> None:
    """Put the news into the inboxes of the buyer and of the bidders whom it concerns, once."""
    for whom, roles, _text in AUCTION_TOLD.get(event.verb, ()):
        for organisation in [event.buyer_id] if whom == BUYER else event.suppliers:
            messages.tell(
                template=f"auction.{event.verb}.{whom}",
                organisation_id=organisation,
                roles=roles,
                params={"number": event.number, "reason": event.reason},
                link=f"/{whom}/auctions/{event.number}/",
                at=clock.now(),
                dedupe=f"auction/{event.number}/{event.verb}/{event.version}",
            )


LOST_BY_THE_WINNER = ("decline", "lapse")


@hears(OrderMoved)
def go_to_the_next_bidder(event: OrderMoved) -> None:
    """A winner that does not take its order makes room for the next."""
    if event.verb in LOST_BY_THE_WINNER:
        services.go_to_next(event.number, at=clock.now())


# What suppliers subscribed to. The key is that of the message which others get of the same deed: who is told by both ways reads it once.
templates.declare(
    "opportunity.new", title=_("Fits your subscription: “{title}” of {party} ({number}), take part until {until:at}."), mail=True
)


@hears(QuotationMoved)
def tell_subscribers_of_a_quotation(event: QuotationMoved) -> None:
    """Those whose subscription a newly published quotation meets."""
    if event.verb == "publish":
        key = f"quotation/{event.number}/{event.verb}/{event.version}"
        opportunities.tell_subscribers("quotation", event.number, dedupe=key, at=clock.now())


@hears(AuctionMoved)
def tell_subscribers_of_an_auction(event: AuctionMoved) -> None:
    """Those whose subscription a newly announced auction meets."""
    if event.verb == "publish":
        key = f"auction/{event.number}/{event.verb}/{event.version}"
        opportunities.tell_subscribers("auction", event.number, dedupe=key, at=clock.now())


@hears(FrameworkMoved)
def tell_subscribers_of_a_framework(event: FrameworkMoved) -> None:
    """Those whose subscription a newly solicited framework meets."""
    if event.verb in ("publish", "invite"):
        key = f"framework/{event.number}/{event.verb}/{event.version}"
        opportunities.tell_subscribers("framework", event.number, dedupe=key, at=clock.now())


@every_minute_when_well
def look_after_auctions() -> None:
    """Fail what too few entered, establish results, remind buyers."""
    at = clock.now()
    services.fail_auctions_due(at)
    services.close_auctions_due(at)
    services.remind_auctions_due(at)


@every_minute_when_well
def end_the_terms_to_quote() -> None:
    """Quotations whose deadline has passed are closed, prolonged or ended; buyers who do not decide are reminded."""
    at = clock.now()
    services.close_due_quotations(at)
    services.remind_quotations_due(at)


@every_minute
def open_quotes() -> None:
    """Keepers learn of deadlines that were put off; what is due is opened as soon as enough keys are there."""
    at = clock.now()
    services.tend_keys(at)
    services.open_due_quotations(at)


@every_day
def destroy_late_drafts() -> None:
    """What was begun and can never be handed in any more."""
    drafts.sweep_drafts()


# Orders take goods from the shelves, and those that end without a deal put them back: the search reads these products again.
SHELF_ACTS = ("request", "place", "disapprove", "withdraw", "decline", "agree_cancel", "lapse", "take_back")
catalog.concerns((f"order.{verb}" for verb in SHELF_ACTS), queries.products_of)


@deadlines.makes_up
def give_back_what_an_outage_took(since: datetime, until: datetime, outage: str, at: datetime) -> list[MadeUp]:
    """Auctions that were under way get their time back to the second."""
    return services.make_up_for_outages(since=since, until=until, outage=outage, at=at)
