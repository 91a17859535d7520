"""Drafts of what a supplier will hand in: saved and discarded by its own people, sealed for the platform's key, and gone once handed in or too late.

A draft is no act: the ledger does not tell of it, nobody else can find out that it exists, and no opening reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from sunlit.domain.market.models import Batch, EntryDraft, Framework, Quotation
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.rules import opportunities as rules
from sunlit.domain.market.states import batches as batch_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.foundation import vault
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Problem, Refused, check

PAD: Final = 1024  # bytes: how much a draft says is told to that many
MAY_STILL_BE_ANSWERED: Final[dict[str, QuerySet[Any]]] = {
    "quotation": Quotation.objects.filter(state__in=(quotation_life.OPEN, quotation_life.SUSPENDED)),
    "framework": Framework.objects.filter(Q(state=framework_life.OPEN) | Q(state=framework_life.IN_FORCE, form="open")),
    "batch": Batch.objects.filter(state=batch_life.BIDDING),
}


@transaction.atomic
def save_draft(mode: str, number: str, told: Mapping[str, str], *, part: int = 0, seen: int = 0, by: Actor, at: datetime) -> EntryDraft:
    """Keep what was filled in so far. `seen` is the version of the draft that the form was filled in over, 0 where there was none.

    Refused: OPP-010 it is not open now, OPP-011 saved elsewhere meanwhile, OPP-012 too long, and whatever stands against taking part.
    """
    assert mode in rules.DRAFTED
    purchase = workbench.opportunity(mode, number, seen_by=by, at=at)
    if purchase is None:
        raise Refused(Problem(rules.DRAFT_LATE, {"number": number}))
    check(list(purchase.bars))
    text = json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)
    if len(text) > rules.DRAFT_CHARS:
        raise Refused(Problem(rules.DRAFT_LONG, {"most": rules.DRAFT_CHARS}))
    known = EntryDraft.objects.select_for_update().filter(supplier_id=by.party, mode=mode, number=number, part=part).first()
    if (known.version if known else 0) != seen:
        raise Refused(Problem(rules.DRAFT_CHANGED))
    it = known or EntryDraft(supplier_id=by.party, mode=mode, number=number, part=part, version=0)
    it.content = vault.shut(text, label=workbench.draft_label(it), pad=PAD)
    it.version, it.saved_at, it.person_id = it.version + 1, at, by.person
    try:
        with transaction.atomic():
            it.save()
    except IntegrityError:  # begun in two windows at once
        raise Refused(Problem(rules.DRAFT_CHANGED)) from None
    return it


def discard_draft(mode: str, number: str, *, part: int = 0, by: Actor) -> bool:
    """The organisation thinks better of it, or has handed it in; False where there is none."""
    return bool(EntryDraft.objects.filter(supplier_id=by.party, mode=mode, number=number, part=part).delete()[0])


def sweep_drafts() -> int:
    """What can never be handed in any more is destroyed; returns how many."""
    gone = 0
    for mode, running in MAY_STILL_BE_ANSWERED.items():
        gone += EntryDraft.objects.filter(mode=mode).exclude(number__in=running.values("number")).delete()[0]
    return gone
