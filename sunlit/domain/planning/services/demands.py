"""Verbs of the demand: begin, edit, hand in, take or give back, settle, revise, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import translation

from sunlit.domain.catalog.models import Category
from sunlit.domain.planning.events import DemandMoved
from sunlit.domain.planning.models import Demand, DemandItem, DemandVersion
from sunlit.domain.planning.queries import demands as queries
from sunlit.domain.planning.queries import surveys
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules.demands import Content, Item
from sunlit.domain.rulebook.rules.templates import Template
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import digest, move
from sunlit.foundation.outbox.events import Event

RECORD_LANGUAGE: Final = "zh-hans"


@transaction.atomic
def begin_demand(*, title: str, category_code: str, by: Actor, at: datetime) -> Demand:
    """A draft with one thing of the category. Refused: DEM-001, DEM-002 the title, DEM-004 the category, LIF-002 not an orderer or lead of a buyer."""
    shelf = queries.shelf_of([category_code])
    kind = shelf.get(category_code)
    unit = kind.category.unit if kind else ""
    return _begun(Content(title.strip(), items=(Item(category_code, unit=unit or "件"),)), by=by, at=at)


@transaction.atomic
def revise_demand(it: Demand, *, by: Actor, at: datetime) -> Demand:
    """A new draft that says what the settled demand says, and supersedes it once it is settled. Refused: DEM-022 there is one already."""
    held = Demand.objects.select_for_update(of=("self",)).get(pk=it.pk)
    other = Demand.objects.filter(replaces=held, state__in=("draft", "review", "settled")).values_list("number", flat=True).first()
    if held.state != "settled" or other:
        raise Refused(Problem(rules.HAS_SUCCESSOR, {"number": held.number, "other": other or held.number}))
    try:
        with transaction.atomic():
            return _begun(queries.content_of(held), by=by, at=at, replaces=held)
    except IntegrityError:  # somebody else began at the same instant
        raise Refused(Problem(rules.HAS_SUCCESSOR, {"number": held.number, "other": "…"})) from None


@transaction.atomic
def edit_demand(it: Demand, content: Content, *, by: Actor, at: datetime, expected: int | None = None) -> Demand:
    """Write the whole content anew; the same content again changes nothing.

    Refused: DEM-001 … DEM-011, DEM-016, TPL-… at their fields, CAT-… a value that is none, LIF-001 it is no draft, LIF-003 somebody else wrote
    meanwhile.
    """
    held = Demand.objects.select_for_update(of=("self",)).get(pk=it.pk)
    before = queries.content_of(held)
    template = queries.template_for(content, before=before, region_path=held.region_path, at=at)
    content, shelf = _read(rules.under(content, template), template)
    if held.state == "draft" and expected in (None, held.version) and content == before:
        return held
    change = {**_fields(content), "drafters": sorted({*held.drafters, by.person})}
    told = {"digest": digest(content.to_json()), "total": money.show(content.total)}
    held = move(held, "edit", by=by, at=at, change=change, facts=told, expected=expected)
    held.items.all().delete()
    _write(held, content, shelf, by=by, at=at)
    return held


@transaction.atomic
def hand_in_demand(it: Demand, *, by: Actor, at: datetime, expected: int | None = None) -> Demand:
    """To the review, with what the rulebook says of it. Refused: DEM-012 … DEM-015, DEM-017, DEM-020, TPL-… at their fields."""
    held = Demand.objects.select_for_update(of=("self",)).select_related("buyer__region", "survey").get(pk=it.pk)
    content = queries.content_of(held)
    with translation.override(RECORD_LANGUAGE):  # what is kept is in the language of the record
        found = queries.assess(content, region_path=held.region_path, at=at)
        kept = [ruling.to_json() for ruling in found.rulings]
    handed: dict[str, Any] = {"template": queries.template_of(content)}
    handed |= {"content": content, "shelf": found.shelf, "least": found.least, "narrow": found.narrow, **_survey_facts(held, found, at)}
    facts = {"total": money.show(content.total), "count": len(kept), "digest": digest(content.to_json())}
    change = {"rulings": kept, "reason": "", "review": {}}
    return move(held, "hand_in", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, announces=_moved("hand_in"))


def _survey_facts(it: Demand, found: queries.Assessment, at: datetime) -> dict[str, object]:
    """Whether the compulsory survey is missing, and how long one may be used."""
    there = it.survey is not None and surveys.is_fresh(it.survey, at=at)
    return {"survey_missing": bool(found.survey) and not there, "survey_term": surveys.reuse_rule(it.region_path, at).shown}


def take_back_demand(it: Demand, *, by: Actor, at: datetime, expected: int | None = None) -> Demand:
    return move(it, "take_back", by=by, at=at, expected=expected)


def give_back_demand(it: Demand, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Demand:
    """Refused: DEM-018 no reason, LIF-002 who wrote in it."""
    told = {"reason": reason.strip()}
    return move(it, "give_back", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("give_back"))


@transaction.atomic
def settle_demand(
    it: Demand, *, points: Collection[str], opinion: str = "", by: Actor, at: datetime, expected: int | None = None
) -> Demand:
    """The reviewer stands for every point; what it replaces is superseded. Refused: DEM-019 a point is open, LIF-002 who wrote in it."""
    held = Demand.objects.select_for_update(of=("self",)).get(pk=it.pk)
    wanted = queries.review_points(queries.content_of(held), region_path=held.region_path, at=at)
    confirmed = [point for point in wanted if point in points]
    told = {"points": confirmed, "opinion": opinion.strip()[: rules.SECTION_CHARS]}
    review = {**told, "by": by.user_name, "at": at.isoformat()}
    held = move(
        held, "settle", by=by, at=at, change={"review": review}, facts=told, handed={"wanted": list(wanted)},
        expected=expected, announces=_moved("settle"),
    )  # fmt: skip
    if held.replaces is not None and held.replaces.state == "settled":
        move(held.replaces, "supersede", by=by, at=at, facts={"other": held.number})
    return held


def withdraw_demand(it: Demand, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Demand:
    """Refused: DEM-018 no reason."""
    told = {"reason": reason.strip()}
    return move(it, "withdraw", by=by, at=at, change=told, facts=told, expected=expected, announces=_moved("withdraw"))


def _begun(content: Content, *, by: Actor, at: datetime, replaces: Demand | None = None) -> Demand:
    template = queries.template_for(content, region_path=by.region_path, at=at)
    content, shelf = _read(rules.under(content, template), template)
    made = Demand(
        number=new_number("XQ", at), region_path=by.region_path, buyer_id=by.party, replaces=replaces, created_at=at,
        drafters=[by.person], **_fields(content),
    )  # fmt: skip
    made = move(made, "draft", by=by, at=at, facts={"digest": digest(content.to_json())})
    _write(made, content, shelf, by=by, at=at)
    return made


def _read(content: Content, template: Template | None) -> tuple[Content, rules.Shelf]:
    """The content in its normal form, and what stands behind its categories. Refused where it cannot be read."""
    shelf = queries.shelf_of(item.category for item in content.items)
    check(rules.is_readable(content, shelf, template))
    return rules.in_normal_form(content, template), shelf


def _fields(content: Content) -> dict[str, Any]:
    plain = {name: getattr(content, name) for name in ("title", "purpose", "public_interest", "complex", "imported")}
    told = {"sections": dict(content.sections), "template_id": content.template or None, "answers": dict(content.answers)}
    return {**plain, **told, "total": content.total}


def _write(it: Demand, content: Content, shelf: rules.Shelf, *, by: Actor, at: datetime) -> None:
    """The items in rows of their own, and the whole as a version."""
    DemandItem.objects.bulk_create(_row(it, n, item, shelf[item.category].category) for n, item in enumerate(content.items))
    told = content.to_json()
    DemandVersion.objects.create(demand=it, version=it.version, content=told, digest=digest(told), by=by.user_name, at=at)


def _row(it: Demand, n: int, item: Item, category: Category) -> DemandItem:
    quantity, ceiling = rules.quantity_of(item.quantity), rules.price_of(item.ceiling)
    assert quantity is not None, "an item that was read has a quantity"
    assert ceiling is not None, "an item that was read has a price or none yet"
    return DemandItem(
        demand=it, position=n, category=category, name=item.name, quantity=quantity, unit=item.unit, ceiling=ceiling,
        amount=quantity * ceiling, parameters=[asdict(each) for each in item.parameters],
    )  # fmt: skip


def _moved(verb: str) -> Callable[[Demand], Sequence[Event]]:
    def told(it: Demand) -> list[Event]:
        return [DemandMoved(number=it.number, verb=verb, version=it.version, buyer_id=it.buyer_id, reason=it.reason)]

    return told
