"""A plan as a page: what buyer and regulator see of it alike, from the intention to what was bought."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from sunlit.domain.planning import queries, states
from sunlit.domain.planning.models import Plan
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.planning.states import plans as life
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import EXEMPTIONS, GROUNDS, METHODS
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.doors import Request
from sunlit.portals.ui.filters import yuan
from sunlit.portals.ui.history import history_of

PAGES_OF_USES: Final = {  # by the kind of a hold: the page of what took the money
    "order": "order",
    "quotation": "quotation",
    "calloff": "calloff",
    "batch": "batch_of",
    "work_order": "work_order",
}
GRAVE = {"refused": 0, "warned": 1, "allowed": 2}


def plan_page(request: Request, it: Plan) -> dict[str, Any]:
    """Everything that the page of a plan shows. What is still a draft is judged as it stands now, the rest as it was judged when it was handed in."""
    live = it.state == life.DRAFT
    found = queries.check_plan(it, request.now) if live else None
    rulings = list(found.rulings) if found else [Ruling.from_json(told) for told in it.rulings]
    uses = queries.uses_of(it)
    used = sum((line.used for line in it.lines.all()), money.ZERO)
    codes = [item.category.code for item in it.items.all()]
    return {
        "it": it,
        "items": list(it.items.all()),
        "lines": list(it.lines.all()),
        "uses": uses,
        "pages_of_uses": PAGES_OF_USES,
        "used": used,
        "left": it.total - used,
        "missing": list(found.problems) if found else [],
        "rulings": sorted(rulings, key=lambda ruling: GRAVE[str(ruling.verdict)]),
        "remarks": sum(str(ruling.verdict) != "allowed" for ruling in rulings),
        "key": queries.is_key_project(it, request.now),
        "moves": {move.verb: move for move in states.plan.open_to(it, request.actor)},
        "steps": _steps(it, used),
        "names": {
            "method": METHODS.get(it.method, ""),
            "form": rules.FORMS.get(it.form, ""),
            "set_aside": rules.SET_ASIDES.get(it.set_aside, ""),
            "exemption": EXEMPTIONS.get(it.exemption, ""),
            "grounds": [GROUNDS.get(ground, ground) for ground in it.grounds],
            "no_intention": rules.NO_INTENTION_BECAUSE.get(it.no_intention, ""),
            "points": {**rules.REVIEW_POINTS, **rules.KEY_POINTS},
        },
        "green": set(queries.green_mandatory(codes, region_path=it.region_path, on=local_day(request.now))),
        "objections": queries.objections_of(it),
        "answer_until": queries.answer_until(it),
        "history": history_of(f"plan/{it.number}"),
        "now": request.now,
    }


def _steps(it: Plan, used: Decimal) -> list[dict[str, Any]]:
    """The project's way: intention, demand, review, filing or approval, purchases, done; who is not needed is left out."""
    asked = it.state == life.APPROVAL_ASKED or it.asked_at is not None
    way: list[tuple[str, Any, str]] = []
    if it.intention_item:
        way.append((_("Intention published"), it.intention_item.public_since, it.intention_item.intention.number))
    if it.demand_number:
        way.append((_("Demand settled"), queries.settled_at(it), it.demand_number))
    way += [
        (_("Plan handed in"), it.handed_in_at, ""),
        (_("Reviewed within the house"), it.reviewed_at, ""),
        (_("Method approved") if asked else _("Plan filed"), it.filed_at, ""),
        (_("Purchase"), it.begun_at, _("%(sum)s bought") % {"sum": yuan(used)} if used else ""),
        (_("Plan finished"), it.ended_at if it.state == life.DONE else None, ""),
    ]
    going = it.state == life.EXECUTING  # the purchase has begun and is not over
    first_open = len(way) - 2 if going else next((n for n, (_label, at, _who) in enumerate(way) if at is None), len(way))
    told = [
        {"label": label, "at": at, "who": who, "state": "current" if n == first_open else "done" if at else "todo"}
        for n, (label, at, who) in enumerate(way)
    ]
    if it.state in (life.REFUSED, life.WITHDRAWN):
        told = [step for step in told if step["state"] == "done"]
        told.append({"label": states.plan.states[it.state], "at": it.ended_at, "who": "", "state": "bad"})
    return told
