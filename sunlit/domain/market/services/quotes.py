"""Verbs of the supplier on its own quote: hand it in sealed, replace it, withdraw it. Nothing of its content is kept but in the envelope."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from sunlit.domain.catalog.models import Product
from sunlit.domain.market.models import Quotation, Quote
from sunlit.domain.market.queries import quotations as queries
from sunlit.domain.market.rules import quotations as rules
from sunlit.domain.market.services.drafts import discard_draft
from sunlit.domain.market.states import quotations as life
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import NOT_NOW, life_of, move
from sunlit.foundation.seals import services as seals


@transaction.atomic
def hand_in_quote(it: Quotation, told: Mapping[str, Any], *, by: Actor, at: datetime) -> Quote:
    """Seal the quote and keep it; an earlier one of the same supplier is destroyed unread. What `told` says is forgotten with this call.

    Refused: QUO-012 no active supplier, QUO-015 too late, QUO-016 not invited, QUO-013 … QUO-022 what it says, at its fields.
    """
    it = _held(it)
    if not queries.may_quote(it, by.organisation_id):
        raise Refused(Problem(rules.NOT_INVITED))
    if registry.standing(by.party) != "active":
        raise Refused(Problem(rules.NOT_ACTIVE, {"supplier": by.organisation_name}))
    offered = _offered(it, told)
    mine = it.quotes.select_related("quotation").filter(supplier_id=by.party).first()
    assert it.lock is not None, "it was published"
    envelope = seals.put_in(it.lock, json.dumps(offered.to_json(), ensure_ascii=False).encode(), owner_id=by.party, at=at)
    change = {"envelope": envelope, "digest": envelope.digest, "place": envelope.pk, "submitted_at": at}
    facts = {"quotation": it.number, "digest": envelope.digest}
    discard_draft("quotation", it.number, by=by)
    if mine is not None:
        return move(mine, "replace", by=by, at=at, change=change, facts=facts)
    made = Quote(number=new_number("BP", at), region_path=it.region_path, quotation=it, supplier_id=by.party, **change)
    return move(made, "submit", by=by, at=at, facts=facts)


@transaction.atomic
def withdraw_quote(mine: Quote, *, by: Actor, at: datetime, expected: int | None = None) -> Quote:
    """Take the quote back before the deadline: it is destroyed unread. Refused: QUO-015 too late."""
    it = _held(mine.quotation)
    mine = move(mine, "withdraw", by=by, at=at, change={"envelope": None}, facts={"quotation": it.number}, expected=expected)
    assert it.lock is not None, "it was published"
    seals.take_out(it.lock, owner_id=mine.supplier_id)
    return mine


def _held(it: Quotation) -> Quotation:
    """The quotation, locked: whoever closes it waits for the quotes that came in before, and the others are too late."""
    held = Quotation.objects.select_for_update(of=("self",)).select_related("lock").get(pk=it.pk)
    if held.state != life.OPEN:
        told = {"verb": life.quote.moves["submit"].label, "number": held.number, "state": life_of(held).states[held.state]}
        raise Refused(Problem(NOT_NOW, told))
    return held


def _offered(it: Quotation, told: Mapping[str, Any]) -> rules.Offered:
    """The form as it was filled in, or every problem at its field."""

    def text(name: str) -> str:
        return " ".join(str(told.get(name, "") or "").split())

    lines = queries.lines_of_quotation(it)
    asked, problems = queries.asked_of(lines), []
    products = _products([text(f"product_{line.position}") for line in lines])
    priced = []
    for line in asked:
        n, price = line.position, _price(text(f"price_{line.position}"))
        number = text(f"product_{n}").upper()
        if price is None:
            problems.append(Problem(rules.PRICE_WRONG, {"row": n, "value": text(f"price_{n}")[:40]}, on=f"price_{n}"))
        if number and number not in products:
            problems.append(Problem(rules.PRODUCT_UNKNOWN, {"row": n, "number": number[:40]}, on=f"product_{n}"))
        known = products.get(number)
        priced.append(
            rules.Priced(
                position=n,
                price=price or money.FEN,
                brand=text(f"brand_{n}") or (known.brand.name_zh if known else ""),
                model=text(f"model_{n}") or (known.model if known else ""),
                product=number if known else "",
                answers=tuple(_answer(text, n, place) for place in range(len(line.parameters))),
            )
        )
    offered = rules.Offered(tuple(priced), row_id(text("delivery_days")) or 0, str(told.get("note", "") or "").strip())
    check([*problems, *rules.offer_problems(offered, asked, ceiling=it.ceiling, delivery_days=it.delivery_days)])
    return offered


def _answer(text: Any, n: int, place: int) -> rules.Answer:
    return rules.Answer({"yes": True, "no": False}.get(text(f"meets_{n}_{place}")), text(f"text_{n}_{place}"))


def _price(text: str) -> Decimal | None:
    try:
        found = money.yuan(text) if text else None
    except money.NotMoney:
        return None
    return found if found is not None and found > 0 else None


def _products(numbers: Sequence[str]) -> dict[str, Product]:
    wanted = {number.upper() for number in numbers if number}
    return {it.number: it for it in Product.objects.select_related("brand").filter(number__in=wanted)} if wanted else {}
