"""A work order as a page: what the unit, the supplier, the lead unit and the regulator see of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sunlit.domain.market import states
from sunlit.domain.market.models import WorkLine, WorkOrder
from sunlit.domain.market.queries import workorders as queries
from sunlit.domain.market.rules import calloffs as agreed
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.states import workorders as life
from sunlit.domain.market.states.stops import open_to
from sunlit.domain.rulebook.rules import Ruling
from sunlit.portals.doors import Request
from sunlit.portals.ui.history import history_of


def rate_text(form: str, rate: Decimal | str) -> str:
    """¥102 or 80.75%: what a rate is called."""
    told = f"{Decimal(rate).normalize():f}"
    return f"{told}%" if rules.FORMS[form].percent else f"¥{told}"


def work_page(request: Request, it: WorkOrder) -> dict[str, Any]:
    """Everything that the page of a work order shows to this reader."""
    inside = request.actor.kind != "supplier"
    service = rules.SERVICES[it.package.service]
    used = queries.used_of(it.target, it.package.service, it.year) if inside else None
    editions = queries.editions_of(it)
    return {
        "it": it,
        "framework": it.package.framework,
        "service": service,
        "mode": rules.MODES[it.mode],
        "pricing_forms": rules.FORMS,
        "rate_text": rate_text,
        "editions": [(edition, _called(it, edition), lines, _sum(lines)) for edition, lines in editions],
        "papers": list(it.papers.select_related("file")),
        "used": used,
        "cap": queries.cap_of(it.package.service, region_path=it.region_path, at=it.requested_at) if inside else None,
        "grounds": agreed.GROUNDS,
        "rulings": [Ruling.from_json(told) for told in it.rulings] if inside else [],
        "moves": open_to(states.work_order, it, request.actor),
        "history": history_of(f"work_order/{it.number}"),
        "now": request.now,
    }


def _called(it: WorkOrder, edition: int) -> str:
    """What an edition of the lines is: done, approved, asked for, or a former one."""
    if edition == it.edition and it.state in (life.EXECUTED, life.SETTLED):
        return "done"
    if edition == it.approved_edition:
        return "approved"
    return "asked" if edition == it.edition and it.state in (life.QUOTED, life.SUPPLEMENT) else "former"


def _sum(lines: list[WorkLine]) -> Decimal:
    return sum((line.amount for line in lines), Decimal("0.00"))
