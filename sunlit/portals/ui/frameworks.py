"""A framework agreement as a page: what solicitor, supplier, regulator and the buyers under it see of it, each as far as it may."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import CallOff, Framework
from sunlit.domain.market.queries import calloffs, workorders
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.rules import calloffs as calloff_rules
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules import workorders as work_rules
from sunlit.domain.market.states import frameworks as life
from sunlit.domain.market.states.stops import open_to
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import GROUNDS
from sunlit.portals.doors import Request
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.workorders import rate_text

ORDER = (life.DRAFT, life.IN_REVIEW, life.CLEARED, life.OPEN, life.OPENED, life.SHORTLISTED, life.IN_FORCE, life.ENDED)


def framework_page(request: Request, it: Framework) -> dict[str, Any]:
    """Everything that the page of a framework shows to this reader."""
    rulings = [Ruling.from_json(told) for told in it.rulings]
    return {
        "it": it,
        "packages": queries.packages_of(it, seen_by=request.actor),
        "rulings": rulings,
        "remarks": sum(ruling.verdict != "allowed" for ruling in rulings),
        "names": names_of(it),
        "supplementary": queries.supplementary_of(it, seen_by=request.actor),
        "work_orders": workorders.work_orders_page(seen_by=request.actor, framework=it).orders,
        "services": work_rules.SERVICES,
        "pricing_forms": work_rules.FORMS,
        "rate_text": rate_text,
        "calloffs": calloffs.calloffs_page(seen_by=request.actor, framework=it).calloffs,
        "modes": calloff_rules.MODES,
        "findings": rules.FINDINGS,
        "removals": rules.REMOVALS,
        "failures": rules.FAILURES,
        "capacities": rules.CAPACITIES,
        "steps": _steps(it),
        "moves": {move.verb: move for move in states.framework.open_to(it, request.actor)},
        "history": history_of(f"framework/{it.number}"),
        "now": request.now,
    }


def names_of(it: Framework) -> dict[str, Any]:
    """What its choices are called."""
    return {
        "kind": rules.KINDS[it.kind],
        "ground": GROUNDS[it.ground],
        "form": open_rules.FORMS[it.form],
        "open_ground": open_rules.GROUNDS.get(it.open_ground, ""),
        "method": rules.METHODS.get(it.method, ""),
        "quality_ground": rules.QUALITY_GROUNDS.get(it.quality_ground, ""),
        "second_stage": [rules.SECOND_STAGE[key] for key in it.second_stage],
    }


def _steps(it: Framework) -> list[dict[str, Any]]:
    """The way: plan, review or filing, solicitation, review of responses, signing, run."""
    cleared = _("Reviewed by the finance department") if it.agency else _("Plan filed")
    told = [
        (_("Plan"), it.created_at, (life.DRAFT,)),
        (cleared, it.cleared_at, (life.IN_REVIEW,)),
        (_("Solicited"), it.published_at, (life.CLEARED,)),
        (_("Responses opened"), it.opened_at, (life.OPEN,)),
        (_("Shortlisted"), it.listed_at, (life.OPENED,)),
        (_("Joined the agreement") if it.supplements_id else _("In force"), it.signed_at, (life.SHORTLISTED,)),
    ]
    if it.is_open_form:
        told = [*told[:2], (_("Invited, in force"), it.signed_at, (life.CLEARED,))]
    if not it.supplements_id:
        told.append((_("Ended"), it.ended_at if it.state == life.ENDED else None, (life.IN_FORCE,)))
    broken = it.state in (life.FAILED, life.CANCELLED, life.VOIDED)
    found: list[dict[str, Any]] = []
    for n, (label, at, before) in enumerate(told):
        state = "done" if at and (n or it.state != life.DRAFT) else "current" if it.state in before or (n == 0) else "todo"
        found.append({"label": label, "state": state, "at": at if state == "done" else None})
    if broken:
        found = [step for step in found if step["state"] == "done"]
        found.append({"label": states.framework.states[it.state], "state": "bad", "at": it.ended_at})
    return found


def calloff_page(request: Request, it: CallOff) -> dict[str, Any]:
    """Everything that the page of a purchase under an agreement shows to this reader."""
    return {
        "it": it,
        "framework": it.package.framework,
        "bids": calloffs.bids_of(it, seen_by=request.actor),
        "mode": calloff_rules.MODES[it.mode],
        "grounds": calloff_rules.GROUNDS,
        "rulings": [Ruling.from_json(told) for told in it.rulings] if request.actor.kind != "supplier" else [],
        "moves": open_to(states.calloff, it, request.actor),
        "history": history_of(f"calloff/{it.number}"),
        "now": request.now,
    }
