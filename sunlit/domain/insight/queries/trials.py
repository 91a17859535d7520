"""Trials of rules: the latest of a change, and those of a rule. Figures are for regulators of the region and above, and the operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from sunlit.domain.insight.models import Trial
from sunlit.domain.insight.rules.trials import CHECKS, OUTCOMES, SIZES, why_not
from sunlit.domain.market import queries as market
from sunlit.foundation.accounts.actors import Actor

__all__ = ["OUTCOMES", "SIZES", "can_be_tried", "latest", "seen_sample", "trial", "visible_to", "why_not"]


def visible_to(actor: Actor) -> QuerySet[Trial]:
    """The trials that exist for this actor: those of its region and below."""
    match actor.kind:
        case "regulator":
            return Trial.objects.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=actor.region_path + "/"))
        case "operator" | "clock":
            return Trial.objects.all()
    return Trial.objects.none()


def can_be_tried(key: str) -> bool:
    """Whether the rule judges purchases at all."""
    return key in CHECKS


def trial(number: str, *, seen_by: Actor) -> Trial | None:
    return visible_to(seen_by).filter(number=number).first()


def latest(*, key: str, kind: str, region_path: str, value: Mapping[str, Any], lawful: bool | None = None, seen_by: Actor) -> Trial | None:
    """The last trial of exactly this change, however far it is: what a draft of it shows."""
    same = visible_to(seen_by).filter(key=key, kind=kind, region_path=region_path, value=dict(value), lawful=lawful)
    return same.order_by("-pk").first()


def seen_sample(it: Trial, *, seen_by: Actor) -> list[list[Any]]:
    """The sample of a trial that was finished, without the purchases that the actor may not see. One query."""
    sample = it.figures["sample"]
    seen = set(market.numbers_seen([row[0] for row in sample], seen_by=seen_by))
    return [row for row in sample if row[0] in seen]
