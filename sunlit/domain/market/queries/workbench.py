"""The supplier's workbench: what it may answer in every mode, what it has running, what came of it, and what it subscribed to.

A mode takes part by its rows in `kinds.KINDS`, `openings.SOURCES` and `entries.BOOKS`; pages, messages and the API read only those.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sunlit.domain.market.models import DraftPaper, EntryDraft, OpportunitySubscription
from sunlit.domain.market.queries.entries import BOOKS, entries_of
from sunlit.domain.market.queries.kinds import KINDS
from sunlit.domain.market.queries.openings import NOBODY_IN_PARTICULAR, SOURCES, Asked, Key, Opportunity, Seller, keys, openings
from sunlit.domain.market.rules import opportunities as rules
from sunlit.foundation import vault
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Seat
from sunlit.foundation.kernel.limits import PAGE_ROWS

MODES: Final = {mode: KINDS[mode].label for mode in SOURCES}  # what no supplier answers in competition has no opportunities
SUBSCRIBED: Final = ("quotation", "auction", "framework")  # the parties to a framework are told of what is bought under it anyhow
DRAFTS_MOST: Final = 200
DEPTH_MOST: Final = 2000  # rows that a list goes down


@dataclass(frozen=True)
class Page:
    """A page of a merged list; `after` is the key to ask the next page with, or None."""

    rows: list[Any]
    after: int | None


def opportunities(asked: Asked, *, seen_by: Actor, at: datetime, after: int = 0, rows: int = PAGE_ROWS) -> Page:
    """What runs now and is open to suppliers, the nearest deadline first. A few queries a mode, and only the rows of the page are built."""
    seller, most = Seller.of(seen_by), min(after, DEPTH_MOST) + rows + 1
    found = sorted(key for mode in SOURCES if asked.mode in ("", mode) for key in keys(mode, asked, seller, at=at, most=most))
    page = _page(found, after, rows)
    return Page(_built(page.rows, seller, at), page.after)


def _built(page: list[Key], seller: Seller, at: datetime) -> list[Opportunity]:
    """The opportunities of these keys in their order; what ended in this very moment is gone."""
    numbers: dict[str, list[str]] = {}
    for key in page:
        numbers.setdefault(key.mode, []).append(key.number)
    built = {(mode, one.number): one for mode, these in numbers.items() for one in openings(mode, these, seller, at=at)}
    return [built[key.mode, key.number] for key in page if (key.mode, key.number) in built]


def opportunity(mode: str, number: str, *, seen_by: Actor, at: datetime) -> Opportunity | None:
    """One of them as this supplier sees it."""
    return next(openings(mode, [number], Seller.of(seen_by), at=at), None) if mode in SOURCES else None


def purchase(mode: str, number: str, *, at: datetime) -> Opportunity | None:
    """One of them as nobody in particular sees it."""
    return next(openings(mode, [number], NOBODY_IN_PARTICULAR, at=at), None)


def entries(*, seen_by: Actor, over: bool, mode: str = "", after: int = 0, rows: int = PAGE_ROWS) -> Page:
    """What the supplier handed in, newest first: what still runs, or what is over."""
    most = min(after, DEPTH_MOST) + rows + 1
    found = [one for key in BOOKS if mode in ("", key) for one in entries_of(key, seen_by.party, over=over, most=most)]
    found.sort(key=lambda one: (one.at, one.mode, one.number), reverse=True)
    return _page(found, after, rows)


@dataclass(frozen=True)
class Begun:
    """A draft and the purchase that it would answer, while that is open."""

    draft: EntryDraft
    purchase: Opportunity | None


def drafts(*, seen_by: Actor, at: datetime) -> list[Begun]:
    """What the organisation has begun and not handed in, the nearest deadline first."""
    mine, seller = list(EntryDraft.objects.filter(supplier_id=seen_by.party)[:DRAFTS_MOST]), Seller.of(seen_by)
    numbers: dict[str, set[str]] = {}
    for one in mine:
        numbers.setdefault(one.mode, set()).add(one.number)
    found = {(mode, one.number): one for mode, these in numbers.items() for one in openings(mode, these, seller, at=at)}
    begun = [Begun(one, found.get((one.mode, one.number))) for one in mine]
    return sorted(begun, key=lambda one: (one.purchase is None, one.purchase.until if one.purchase else one.draft.saved_at, one.draft.pk))


@dataclass(frozen=True)
class Draft:
    """A draft opened for its own organisation: what each field says, and the names of the files that it keeps, by their fields."""

    it: EntryDraft
    told: dict[str, str]
    papers: dict[str, str]


def draft(mode: str, number: str, part: int = 0, *, seen_by: Actor) -> Draft | None:
    """What the own organisation has begun there, with what it says; nobody else's is ever read."""
    it = (
        EntryDraft.objects.filter(supplier_id=seen_by.organisation_id, mode=mode, number=number, part=part).select_related("person").first()
    )
    return Draft(it, _said(it), _names(it)) if it else None


@dataclass(frozen=True)
class Paper:
    """A file that a draft keeps."""

    name: str
    data: bytes


def paper(mode: str, number: str, field: str, part: int = 0, *, seen_by: Actor) -> Paper | None:
    """A file of the own organisation's draft; nobody else's is ever opened."""
    of_draft = {"draft__supplier_id": seen_by.organisation_id, "draft__mode": mode, "draft__number": number, "draft__part": part}
    found = DraftPaper.objects.filter(**of_draft, field=field).select_related("draft").first()
    if found is None:
        return None
    label = paper_label(found.draft, field)
    try:
        name = vault.opened(bytes(found.name), label=f"{label}/name")
        return Paper(name, vault.opened_file(bytes(found.content), label=label))
    except vault.Spoilt:
        return None


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


def draft_label(it: EntryDraft) -> str:
    """What a draft is sealed under: it opens nowhere else."""
    return f"draft/{it.supplier_id}/{it.mode}/{it.number}/{it.part}"


def paper_label(it: EntryDraft, field: str) -> str:
    return f"{draft_label(it)}/{field}"


def _names(it: EntryDraft) -> dict[str, str]:
    told: dict[str, str] = {}
    for one in it.papers.defer("content"):
        with suppress(vault.Spoilt):
            told[one.field] = vault.opened(bytes(one.name), label=f"{paper_label(it, one.field)}/name")
    return told


def _said(it: EntryDraft) -> dict[str, str]:
    """Nothing, where it was sealed with a key that the platform no longer has."""
    try:
        told: dict[str, str] = json.loads(vault.opened(bytes(it.content), label=draft_label(it)))
    except vault.Spoilt:
        return {}
    return told


def _wanted(it: OpportunitySubscription) -> rules.Wanted:
    return rules.Wanted(tuple(it.modes), tuple(it.categories), tuple(it.regions), tuple(it.words))


def _page(found: Sequence[Any], after: int, rows: int) -> Page:
    start = min(after, DEPTH_MOST)
    return Page(list(found[start : start + rows]), start + rows if len(found) > start + rows and start + rows <= DEPTH_MOST else None)
