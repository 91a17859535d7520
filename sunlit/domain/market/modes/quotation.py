"""Online quotation (在线询价) from the deadline on: closed, opened together, judged, awarded to the lowest conforming quote, or ended without an award."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from sunlit.domain.catalog.models import Product
from sunlit.domain.market.events import QuotationMoved
from sunlit.domain.market.models import Order, Quotation, Quote, QuoteLine
from sunlit.domain.market.queries import quotations as queries
from sunlit.domain.market.queries import rulings
from sunlit.domain.market.rules import quotations as rules
from sunlit.domain.market.services import awards, decisions
from sunlit.domain.market.services.awards import AwardedLine
from sunlit.domain.market.services.quotations import KIND, concerned, moved, put_off, reference, terms
from sunlit.domain.market.states import orders as order_states
from sunlit.domain.market.states import quotations as life
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.money import ZERO
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import NOT_NOW, digest, move
from sunlit.foundation.outbox.events import announce
from sunlit.foundation.seals import services as seals
from sunlit.foundation.seals.envelopes import CannotOpen
from sunlit.foundation.seals.models import Release

MODE = queries.MODE
REMINDED_A_ROUND: Final = 200


# By the clock


def close_due(at: datetime) -> int:
    """End the term of those whose deadline has passed. Returns how many went on."""
    return sum(_settled(lambda it=it: close(it, at=at)) for it in queries.to_close(at))


def open_due(at: datetime) -> int:
    """Open those whose instant has come and whose keys are there. Returns how many were opened."""
    return sum(_settled(lambda it=it: open_all(it, at=at)) for it in queries.to_open(at))


def remind_due(at: datetime) -> int:
    """Buyers who are late with deciding on what was opened are reminded, until they do. Returns how many."""
    due = decisions.to_remind(Quotation.objects.filter(state=life.OPENED), "decide_until", at)[:REMINDED_A_ROUND]
    rows = Quotation.objects.all()
    return sum(_settled(lambda it=it: decisions.remind(rows, it, facts={}, announces=_told_the_buyer, at=at)) for it in due)


def _told_the_buyer(verb: str) -> Callable[[Quotation], list[QuotationMoved]]:
    return lambda it: [moved(it, verb, [])]


def close(it: Quotation, *, at: datetime) -> Quotation:
    """The deadline has passed: enough quotes wait for the opening; for too few it is prolonged once, else it ends with none of them opened."""
    count = queries.sealed_count(it)
    if count < it.least and it.extensions_left and at < it.opens_at:
        try:
            return _prolong(it, at=at)
        except Refused as refused:
            if "SEA-002" not in refused.codes:
                raise  # else a keeper was away: it ends as it stands
    with transaction.atomic():
        held = _locked(it)
        count = queries.sealed_count(held)
        if count >= held.least:
            return move(held, "close", by=CLOCK, at=at, facts={"count": count}, announces=lambda it: [moved(it, "close")])
        facts = {"count": count, "least": held.least}
        held = move(held, "end", by=CLOCK, at=at, change={"cause": "too_few_quotes"}, facts=facts)
        return _come_to_nothing(held, "fail", by=CLOCK, at=at)


def open_all(it: Quotation, *, at: datetime) -> Quotation:
    """Gather the keys, then open every envelope in one transaction. Asked twice, or again after a death in between, it goes on where it stood.

    Refused: QUO-024 too few keys are there; the quotation says for whose it waits.
    """
    assert it.lock is not None, "it was published"
    opening = seals.gather(it.lock, at=at)
    missing = [name for name, _why in opening.missing]
    if not opening.enough and missing != it.keepers_missing:
        move(
            it,
            "wait",
            by=CLOCK,
            at=at,
            change={"keepers_missing": missing},
            facts={"missing": "、".join(missing)},
            announces=lambda it: [moved(it, "wait")],
        )
    with transaction.atomic():
        it = _locked(it)
        assert it.lock is not None, "it was published"
        quotes = list(
            it.quotes.select_for_update(of=("self",))
            .select_related("envelope__lock", "quotation")
            .filter(state=life.SEALED)
            .order_by("place")
        )
        facts = {
            "count": len(quotes),
            "enough": opening.enough,
            "missing": missing,
            "quotes": {quote.number: quote.digest for quote in quotes},
        }
        until = rulebook.deadline("rfq.award_limit", start=at, region_path=it.region_path, on=local_day(at))
        change = {"keepers_missing": [], "decide_until": until}
        it = move(it, "open_all", by=CLOCK, at=at, change=change, facts=facts, announces=lambda it: [moved(it, "open_all")])
        releases = list(Release.objects.filter(lock=it.lock))
        for quote in quotes:
            _open(it, quote, releases, at=at)
    return it


def _prolong(it: Quotation, *, at: datetime) -> Quotation:
    """Once more time, told to the keepers before they may give out anything."""
    until = rulebook.deadline("rfq.extension", start=it.quote_until, region_path=it.region_path, on=local_day(at))
    put_off(it, until=until, at=at)
    with transaction.atomic():
        held = _locked(it)
        facts = {"until": until, "count": queries.sealed_count(held), "least": held.least}
        change = {"quote_until": until, "extensions_left": held.extensions_left - 1}
        return move(held, "prolong", by=CLOCK, at=at, change=change, facts=facts, announces=lambda it: [moved(it, "prolong")])


def _open(it: Quotation, quote: Quote, releases: list[Release], *, at: datetime) -> None:
    """Take out what the envelope holds; what cannot be opened, or says what could not have been handed in, is told as such."""
    facts = {"quotation": it.number}
    lines = queries.lines_of_quotation(it)
    asked = queries.asked_of(lines)
    try:
        if quote.envelope is None:
            raise CannotOpen("the envelope is not there")
        told = json.loads(seals.open_envelope(quote.envelope, releases))
        offered = rules.Offered.from_json(told)
        check(rules.offer_problems(offered, asked, ceiling=it.ceiling, delivery_days=it.delivery_days))
    except (CannotOpen, ValueError, KeyError, TypeError, Refused) as trouble:
        told_why = {"cause": "unreadable", "reason": str(trouble)[:200]}
        move(quote, "spoil", by=CLOCK, at=at, change=told_why, facts={**facts, "trouble": str(trouble)[:200]}, within=True)
        return
    change = {"total": offered.total(asked), "delivery_days": offered.delivery_days, "note": offered.note, "content_hash": digest(told)}
    move(quote, "open", by=CLOCK, at=at, change=change, facts=facts, within=True)
    products = dict(Product.objects.filter(number__in=[line.product for line in offered.lines if line.product]).values_list("number", "pk"))
    QuoteLine.objects.bulk_create(
        QuoteLine(
            quote=quote,
            position=priced.position,
            brand=priced.brand,
            model=priced.model,
            product_id=products.get(priced.product),
            price=priced.price,
            amount=priced.price * line.quantity,
            answers=[{"meets": answer.meets, "text": answer.text} for answer in priced.answers],
        )
        for priced, line in zip(offered.lines, asked, strict=True)
    )


# By the buyer


@transaction.atomic
def judge_quote(
    quote: Quote, *, conforms: bool, cause: str = "", reason: str = "", by: Actor, at: datetime, expected: int | None = None
) -> Quote:
    """Whether a quote conforms; every exclusion has its cause and reason. It may be judged anew until the award.

    Refused: QUO-025, QUO-026 no cause or reason, QUO-030 the supplier itself says it does not meet a parameter.
    """
    it = _locked(quote.quotation)
    _being_judged(it)
    facts = {"quotation": it.number}
    if conforms:
        denied = list(queries.denied(quote, queries.lines_of_quotation(it)))
        change = {"cause": "", "reason": ""}
        return move(quote, "conform", by=by, at=at, change=change, facts=facts, handed={"denied": denied}, expected=expected)
    told = {"cause": cause, "reason": reason.strip()}
    return move(
        quote, "exclude", by=by, at=at, change=told, facts={**facts, **told}, handed={"among": rules.CHOSEN_EXCLUSIONS}, expected=expected
    )


@transaction.atomic
def award_quotation(it: Quotation, *, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """Award it to the lowest conforming quote: nobody chooses. Its order is placed with the winner at once, and the rest of the money is free.

    Refused: QUO-014 needs the lead, QUO-027 not all are judged, QUO-028 too few conform, QUO-035 the winner was suspended; the order's own.
    """
    it = _locked(it)
    quotes = list(it.quotes.select_related("supplier", "quotation").filter(opened_at__isnull=False).order_by("place"))
    ranked = queries.ranking(it, quotes)
    winner = ranked[0] if ranked else None
    change: dict[str, Any] = {"winner": winner.supplier, "award": winner.total} if winner else {}
    facts = {**_tally(quotes), "winner": winner.supplier.name_zh if winner else "", "award": winner.total if winner else None}
    standing = registry.standing(winner.supplier_id) if winner else ""
    handed = {"limit": rulings.approval_limit(it.buyer, at=at), "standing": standing}
    it = move(it, "award", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected)
    assert winner is not None, "enough conform"
    for quote in ranked:
        move(quote, "win" if quote.pk == winner.pk else "lose", by=by, at=at, facts={"quotation": it.number}, within=True)
    it.order = _order(it, winner, by=by, at=at)
    it.save(update_fields=["order"])
    announce(moved(it, "award"))
    return it


@transaction.atomic
def fail_quotation(it: Quotation, *, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """Too few quotes conform: it ends without an award, and the money is free. Refused: QUO-027, QUO-029 enough conform."""
    it = _locked(it)
    facts = {**_tally(list(it.quotes.filter(opened_at__isnull=False))), "least": it.least}
    it = move(it, "fail", by=by, at=at, change={"cause": "too_few_conforming"}, facts=facts, expected=expected)
    return _come_to_nothing(it, "fail", by=by, at=at)


@transaction.atomic
def cancel_quotation(it: Quotation, *, cause: str, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """The buyer calls it off, with a cause and words that everybody reads; what is sealed is destroyed unread. Refused: QUO-025, QUO-026."""
    return _stop(it, "cancel", {"cause": cause, "reason": reason.strip()}, {"among": tuple(rules.CANCELLATIONS)}, by, at, expected)


@transaction.atomic
def void_quotation(it: Quotation, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """The regulator voids it: no quote counts, the money is free, what is sealed is destroyed unread. Refused: QUO-026."""
    return _stop(it, "void", {"cause": "voided", "reason": reason.strip()}, {}, by, at, expected)


@transaction.atomic
def run_again(it: Quotation, *, until: datetime, by: Actor, at: datetime) -> Quotation:
    """A new draft of one that came to nothing, or whose order did: the same lines, papers and terms, quotes from nought.

    Refused: QUO-033 it was run again already, QUO-034 too many runs, QUO-040 an order stands.
    """
    it = _locked(it)
    check(_rerun_problems(it, at))
    kept = (
        "region_path", "buyer_id", "title", "purpose", "note", "demand_number", "plan_id", "quota_id", "ceiling", "delivery", "invoice_title",
        "delivery_days", "contents_hash", "invited",
    )  # fmt: skip
    made = Quotation(
        number=new_number(KIND, at),
        author_id=by.person,
        replaces=it,
        run=it.run + 1,
        quote_until=until,
        created_at=at,
        **{name: getattr(it, name) for name in kept},
    )
    made = move(made, "draft", by=by, at=at, facts={"title": made.title, "contents": made.contents_hash, "replaces": it.number})
    for line in it.lines.all():
        line.pk, line.quotation = None, made
        line.save(force_insert=True)
    for paper in it.papers.all():
        made.papers.create(file_id=paper.file_id)
    return made


def _rerun_problems(it: Quotation, at: datetime) -> list[Problem]:
    problems = []
    again = it.reruns.exclude(state=life.DISCARDED).first()
    most = rulebook.rule("rfq.runs_most", region_path=it.region_path, on=local_day(at)).n
    if again is not None:
        problems.append(Problem(rules.RUN_BEFORE, {"number": again.number}))
    if it.run >= most:
        problems.append(Problem(rules.TOO_MANY_RUNS, {"runs": it.run, "most": most}))
    if it.order is not None and it.order.state not in order_states.ENDED_WITHOUT_DEAL:
        problems.append(Problem(rules.ORDER_STANDS, {"order": it.order.number}))
    elif it.state not in (*life.ENDED_WITHOUT_AWARD, life.AWARDED):
        problems.append(Problem(rules.ORDER_STANDS, {"order": it.number}))
    return problems


def _stop(
    it: Quotation, verb: str, told: dict[str, str], handed: dict[str, Any], by: Actor, at: datetime, expected: int | None
) -> Quotation:
    it = move(_locked(it), verb, by=by, at=at, change={**told, "suspended_at": None}, facts=told, handed=handed, expected=expected)
    return _come_to_nothing(it, verb, by=by, at=at)


def _come_to_nothing(it: Quotation, verb: str, *, by: Actor, at: datetime) -> Quotation:
    """The money lies for the plan again, or is free; nothing that is sealed is ever opened. Those who quoted are told."""
    announce(moved(it, verb, concerned(it)))
    for quote in it.quotes.select_related("quotation").filter(state__in=[life.SEALED, life.OPENED, life.CONFORMING]).order_by("place"):
        sealed = quote.state == life.SEALED
        change = {"envelope": None} if sealed else {}
        move(quote, "return" if sealed else "lapse", by=by, at=at, change=change, facts={"quotation": it.number}, within=True)
    if it.lock is not None and it.opened_at is None:
        seals.destroy(it.lock)
    awards.free(reference(it), at=at)
    return it


def _order(it: Quotation, winner: Quote, *, by: Actor, at: datetime) -> Order:
    won = {line.position: line for line in winner.lines.all()}
    lines = [
        AwardedLine(
            category=line.category,
            name=line.name,
            unit=line.unit,
            quantity=line.quantity,
            price=won[line.position].price,
            brand=won[line.position].brand,
            model=won[line.position].model,
            attributes={
                parameter: answer["text"] or parameter
                for parameter, answer in zip(line.parameters, won[line.position].answers, strict=True)
            },
        )
        for line in queries.lines_of_quotation(it)
    ]
    total = sum((line.amount for line in lines), ZERO)
    assert total == winner.total, "what was judged is what is ordered"
    assert total <= it.ceiling, "an order is never above its cap"
    assert winner.delivery_days is not None, "it was opened"
    return awards.order_from_award(
        mode=MODE,
        origin=it.number,
        reference=reference(it),
        buyer=it.buyer,
        supplier=winner.supplier,
        orderer_id=by.person,
        lines=lines,
        terms=terms(it),
        delivery_days=winner.delivery_days,
        rulings=[Ruling.from_json(told) for told in it.rulings],
        by=by,
        at=at,
    )


def _tally(quotes: list[Quote]) -> dict[str, int]:
    """How many wait for their judgement, and how many conform."""
    return {"open": sum(it.state == life.OPENED for it in quotes), "conforming": sum(it.state == life.CONFORMING for it in quotes)}


def _being_judged(it: Quotation) -> None:
    if it.state != life.OPENED:
        raise Refused(
            Problem(NOT_NOW, {"verb": life.quote.moves["conform"].label, "number": it.number, "state": life.quotation.states[it.state]})
        )


def _locked(it: Quotation) -> Quotation:
    """The quotation, locked before its quotes and its money."""
    return Quotation.objects.select_for_update(of=("self",)).select_related("lock", "order", "plan", "quota", "buyer__region").get(pk=it.pk)


def _settled(act: Any) -> bool:
    """One after the other, each by itself: what is refused now (another worker was first, a keeper is away) is looked at again in the next round."""
    try:
        act()
    except Refused:
        return False
    return True
