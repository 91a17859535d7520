"""Designated services at the supplier's: quote by the agreed rates, decline lawfully, ask for more, report what was done."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import WorkLine, WorkOrder
from sunlit.domain.market.queries import workorders as queries
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.services import workorders as services
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.workorders import work_page

PERCENT_ROWS: Final = 4  # parts or policies that one form has room for, of each item
FIELDS: Final = ("quantity", "rate", "base", "basis")


@door(kind="supplier", methods=("GET",))
def work_orders(request: Request) -> HttpResponse:
    """What units ask for, and what became of it."""
    state = request.GET.get("state", "").strip()[:40]
    page = queries.work_orders_page(seen_by=request.actor, state=state, after=row_id(request.GET.get("after", "")))
    context = {"page": page, "asked": state, "states": states.work_order.states.items(), "services": rules.SERVICES, "now": request.now}
    return render(request, "supplier/work_orders.html", context)


@door(kind="supplier")
def work_order(request: Request, number: str) -> HttpResponse:
    """One work order: quote, carry out, report."""
    it: WorkOrder = found_or_404(queries.work_order(number, seen_by=request.actor))
    context = work_page(request, it)
    rows = _rows(it) if {"quote", "ask_supplement"} & set(context["moves"]) else []

    def act() -> HttpResponse:
        verb, post = request.POST.get("verb", ""), request.POST
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb == "quote":
            services.quote_work(it, _posted(request, rows), **told)
        elif verb == "ask_supplement":
            services.ask_supplement(it, _posted(request, rows), reason=post.get("reason", ""), **told)
        elif verb == "report":
            quantities = {line.position: post.get(f"quantity_{line.position}", "") for line in _approved(it)}
            said: dict[str, Any] = {"done": post.get("done", ""), "reading": post.get("reading", ""), "papers": _papers(request)}
            services.report_work(it, quantities, **said, **told)
        else:
            found_or_404(True if verb == "decline" else None)
            services.decline_work(it, ground=post.get("ground", ""), note=post.get("note", ""), **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.work_order.moves[verb].label, "number": number})
        return see_other("supplier:work_orders") if verb == "decline" else see_other("supplier:work_order", number)

    over = it.state == "requested" and it.answer_until is not None and request.now >= it.answer_until
    if over:
        context["moves"].pop("quote", None)
    context |= {"rows": rows, "approved": _approved(it) if "report" in context["moves"] else [], "over": over}
    context["moves"].pop("pass_on", None)
    return form_page(request, "supplier/work_order.html", context, act)


def _rows(it: WorkOrder) -> list[dict[str, Any]]:
    """The rate sheet as a form: a row an item, several where each part has its own list price; filled with the latest edition."""
    last: dict[int, list[WorkLine]] = {}
    for line in queries.lines_of(it, it.edition):
        last.setdefault(line.item.position, []).append(line)
    found = []
    for rate in queries.rates_of(it.entry):
        at = rate.item.position
        known = last.get(at, [])
        count = max(PERCENT_ROWS, len(known)) if rate.form.percent else 1
        for n in range(count):
            mine = known[n] if n < len(known) else None
            key = f"{at}_{n + 1}" if rate.form.percent else str(at)
            value = {name: getattr(mine, name) for name in FIELDS} if mine is not None else dict.fromkeys(FIELDS, "")
            found.append({"key": key, "rate": rate, "value": {**value, "rate": ""}, "first": n == 0})
    return found


def _posted(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    found = []
    for row in rows:
        told = {name: request.POST.get(f"{name}_{row['key']}", "") for name in FIELDS}
        found.append({**told, "row": row["key"], "item": str(row["rate"].item.position)})
    return found


def _approved(it: WorkOrder) -> list[WorkLine]:
    return queries.lines_of(it, it.approved_edition)


def _papers(request: Request) -> list[File]:
    """The evidence, kept for the supplier. Refused: FIL-… at its field."""
    found: list[File] = []
    problems: list[Problem] = []
    for upload in request.FILES.getlist("papers")[: rules.PAPERS_MOST + 1]:
        try:
            found.append(files.keep(upload, purpose="document", owner=request.actor.organisation_id, by=request.actor, at=request.now))
        except Refused as refused:
            problems += [Problem(it.reason, it.params, "papers") for it in refused.problems]
    if problems:
        raise Refused(*problems)
    return found
