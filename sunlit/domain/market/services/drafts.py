"""Drafts of what a supplier will hand in: saved and discarded by its own people, sealed for the platform's key, and gone once handed in or too late.

A draft is no act: the ledger does not tell of it, nobody else can find out that it exists, and no opening reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.core.files.base import ContentFile
from django.core.files.base import File as Upload
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from sunlit.domain.market.models import Batch, CallOff, DraftPaper, EntryDraft, Framework, Quotation
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.rules import opportunities as rules
from sunlit.domain.market.states import batches as batch_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.foundation import vault
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Problem, Refused, check

PAD: Final = 1024  # bytes: how much a draft says is told to that many
NO_PAPERS: Final[Mapping[str, Upload[Any]]] = MappingProxyType({})
MAY_STILL_BE_ANSWERED: Final[dict[str, QuerySet[Any]]] = {
    "quotation": Quotation.objects.filter(state__in=(quotation_life.OPEN, quotation_life.SUSPENDED)),
    "framework": Framework.objects.filter(Q(state=framework_life.OPEN) | Q(state=framework_life.IN_FORCE, form="open")),
    "calloff": CallOff.objects.filter(state=calloff_life.BIDDING),  # suspended or not
    "batch": Batch.objects.filter(state=batch_life.BIDDING),
}


@transaction.atomic
def save_draft(
    mode: str,
    number: str,
    told: Mapping[str, str],
    *,
    papers: Mapping[str, Upload[Any]] = NO_PAPERS,
    part: int = 0,
    seen: int = 0,
    by: Actor,
    at: datetime,
) -> EntryDraft:
    """Keep what was filled in so far. `seen` is the version of the draft that the form was filled in over, 0 where there was none.

    `papers` are files by their fields: each replaces the one before it, those before stay. Refused: OPP-010 it is not open now, OPP-011 saved
    elsewhere meanwhile, OPP-012 too long, OPP-013 too many files, FIL-… a file that could not be handed in, and whatever stands against taking part.
    """
    assert mode in rules.DRAFTED
    assert set(papers) <= set(rules.PAPERS.get(mode, ()))
    purchase = workbench.opportunity(mode, number, seen_by=by, at=at)
    if purchase is None or not MAY_STILL_BE_ANSWERED[mode].filter(number=number).exists():
        raise Refused(Problem(rules.DRAFT_LATE, {"number": number}))
    check(list(purchase.bars))
    text = json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)
    if len(text) > rules.DRAFT_CHARS:
        raise Refused(Problem(rules.DRAFT_LONG, {"most": rules.DRAFT_CHARS}))
    if papers:  # two that come at once are counted one after the other
        Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=by.party)
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
    for name, upload in papers.items():
        _keep_paper(it, name, upload)
    return it


def paper_handed_in(mode: str, number: str, field: str, *, part: int = 0, by: Actor, at: datetime) -> File | None:
    """The file that the own draft keeps for a field, as one that is handed in now; None where there is none."""
    paper = workbench.paper(mode, number, field, part, seen_by=by)
    return files.keep(ContentFile(paper.data, paper.name), purpose="document", owner=by.party, by=by, at=at) if paper else None


def discard_draft(mode: str, number: str, *, part: int = 0, by: Actor) -> bool:
    """The organisation thinks better of it, or has handed it in; False where there is none."""
    return bool(EntryDraft.objects.filter(supplier_id=by.party, mode=mode, number=number, part=part).delete()[0])


def sweep_drafts() -> int:
    """What can never be handed in any more is destroyed; returns how many."""
    gone = 0
    for mode, running in MAY_STILL_BE_ANSWERED.items():
        _all, rows = EntryDraft.objects.filter(mode=mode).exclude(number__in=running.values("number")).delete()
        gone += rows.get("market.EntryDraft", 0)
    return gone


def _keep_paper(it: EntryDraft, field: str, upload: Upload[Any]) -> None:
    others = DraftPaper.objects.filter(draft__supplier_id=it.supplier_id).exclude(draft=it, field=field)
    if others.count() >= rules.PAPERS_MOST:
        raise Refused(Problem(rules.DRAFT_PAPERS, {"most": rules.PAPERS_MOST}, on=field))
    try:
        name, data = files.looked_at(upload, purpose="document")
    except Refused as refused:
        raise Refused(*(Problem(one.reason, one.params, field) for one in refused.problems)) from None
    label = workbench.paper_label(it, field)
    sealed = {"name": vault.shut(name, label=f"{label}/name", pad=PAD), "content": vault.shut_file(data, label=label)}
    DraftPaper.objects.update_or_create(draft=it, field=field, defaults=sealed)
