"""Look an act up, and see its proof: that it stands in the signed ledger, unaltered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sunlit.domain.market import policies as market
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import notes, publishing, sentences
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.canonical import PERSON
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import lives
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.public.proofs import public_keys, way_of
from sunlit.portals.ui.filters import lang

# What a number can be the number of, by its first letters.
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "DD": ("order",),
    "GG": ("deal",),
    "FK": ("payment",),
    "BJ": ("offer",),
    "SK": ("offer",),
    "GY": ("supplier", "organisation"),
    "ZX": ("quotation",),
    "BP": ("quote",),
}
OTHERS = ("organisation", "rule", "pack")
TOLD_TO_ALL = frozenset(
    {"deal", "notice", "rule", "pack", "holiday", "supplier", "seal"}
)  # acts whose content is public anyway; persons are not named
TOLD_WHOLE = frozenset(
    {"deal", "seal"}
)  # acts of the clock alone, facts and proof for everybody: what was sold, and the keys that opened sealed quotes
NUMBER_CHARS = 80
ENTRY_DIGITS = 18


@dataclass(frozen=True)
class Told:
    """An act as the reader may know it: with its facts, or only with what the public leaf says."""

    entry: Entry
    act: str
    subject: str
    organisation: str
    facts: dict[str, Any]
    party: str
    open: bool

    @property
    def at(self) -> datetime:
        return self.entry.at

    @property
    def number(self) -> int:
        return self.entry.pk

    @property
    def index(self) -> int | None:
        return self.entry.index

    @property
    def who(self) -> str:
        """The organisation that acted, or the platform's clock."""
        return self.party or (_("The platform") if self.organisation == "clock" else self.organisation)

    @property
    def sentence(self) -> str:
        """As the ledger tells it; where that would speak of facts the reader may not know, only who did what to which number."""
        template = str(sentences.acts().get(self.act, ""))
        wanted = {name for _text, name, _spec, _conversion in Formatter().parse(template) if name}
        if self.open or (wanted <= {*self.facts, "actor", "number"} and not wanted >= {"actor", "organisation"}):
            return sentences.sentence(self)
        number = self.subject.partition("/")[2] or self.subject
        return _("%(who)s: %(verb)s, %(number)s") % {"who": self.who, "verb": _label(self.act), "number": number}


@door(public=True, methods=("GET",))
def verify(request: Request) -> HttpResponse:
    """One act by its number in the ledger, or all acts on an order, a deal, an offer."""
    asked = request.GET.get("number", "").strip()[:NUMBER_CHARS]
    acts = told(_found(asked), request.actor)
    missing = bool(asked) and not acts
    one = _one(acts[0], request) if len(acts) == 1 else {}
    context = {"asked": asked, "acts": acts, "missing": missing, "now": request.now, **_published(), **one}
    return render(request, "public/verify.html", context, status=404 if missing else 200)


@door(public=True, methods=("GET",))
def proof(request: Request, entry: int) -> HttpResponse:
    """The proof as a file, for `sunlit verify entry`; with the facts for those who may know them."""
    it = found_or_404(_entry(str(entry)))
    made = ledger.proof_of(it, with_facts=may_know(it, request.actor) and market.names_the_person(it.act, request.actor))
    headers = {"Content-Disposition": f'attachment; filename="sunlit-proof-{it.pk}.json"', "Cache-Control": "private, no-store"}
    return JsonResponse(made, json_dumps_params={"indent": 2, "ensure_ascii": False}, headers=headers)


def told(entries: list[Entry], actor: Actor) -> list[Told]:
    """Acts on one subject, each in as many words as the reader may know. Two queries, and one for the subject of an order."""
    numbers = {entry.organisation for entry in entries}
    parties = {party.number: lang(party) for party in Organisation.objects.filter(number__in=numbers)} if numbers else {}
    known: dict[tuple[str, str], bool] = {}
    for entry in entries:
        if (entry.subject, entry.organisation) not in known:
            known[entry.subject, entry.organisation] = may_know(entry, actor)
    return [_told(entry, parties.get(entry.organisation, ""), known[entry.subject, entry.organisation], actor) for entry in entries]


def _told(entry: Entry, party: str, known: bool, actor: Actor) -> Told:
    facts = market.facts_for(actor, entry.act, entry.facts) if known or _kind(entry) in TOLD_TO_ALL else {}
    shown = {name: value for name, value in facts.items() if name != PERSON}
    if not known:
        shown |= {"actor": party, "organisation": party} if party else {}
    return Told(entry, entry.act, entry.subject, entry.organisation, shown, party, known)


def may_know(entry: Entry, actor: Actor) -> bool:
    """All facts, who acted included: of an order for its parties and their regulators, of a published deal and of seals for everybody, else for who did it."""
    kind, _slash, number = entry.subject.partition("/")
    if kind == "order":
        return actor.is_somebody and market.visible_to(actor).filter(number=number).exists()
    return kind in TOLD_WHOLE or actor.kind == "operator" or (actor.is_somebody and entry.organisation == actor.organisation_number)


def _label(act: str) -> str:
    """The words on the button of the act."""
    kind, _dot, verb = act.partition(".")
    moves = (life.moves.get(verb) for life in lives().values() if life.kind == kind)
    return next((str(move.label) for move in moves if move), act)


def _kind(entry: Entry) -> str:
    return entry.act.partition(".")[0]


def _found(asked: str) -> list[Entry]:
    if asked.isascii() and asked.isdigit():
        entry = _entry(asked)
        return [entry] if entry else []
    if "/" in asked:
        return ledger.history_of(asked)
    number = asked.upper()
    for kind in SUBJECTS.get(number[:2], OTHERS) if number else ():
        if entries := ledger.history_of(f"{kind}/{number}"):
            return entries
    return []


def _entry(number: str) -> Entry | None:
    if len(number) > ENTRY_DIGITS:
        return None
    try:
        return ledger.get(int(number))
    except Entry.DoesNotExist:
        return None


def _one(act: Told, request: Request) -> dict[str, Any]:
    """What the page of a single act shows: its public leaf, and the way to the root once it is sealed."""
    context: dict[str, Any] = {"act": act, "body": json.dumps(json.loads(act.entry.body), indent=2, ensure_ascii=False)}
    try:
        way = way_of(ledger.proof_of(act.entry))
    except Refused as unsealed:
        return {**context, "unsealed": unsealed.problems[0]}
    return {**context, "way": way, "address": request.build_absolute_uri(reverse("proof", args=[act.number]))}


def _published() -> dict[str, Any]:
    """What the world sees of the ledger now."""
    note = ledger.checkpoint()
    stated = notes.parse(note) if note else None
    changed = (publishing.folder() / "checkpoint").stat().st_mtime if stated else 0
    return {
        "note": note,
        "checkpoint": stated,
        "sealed_at": datetime.fromtimestamp(changed, UTC) if stated else None,
        "keys": public_keys(),
    }
