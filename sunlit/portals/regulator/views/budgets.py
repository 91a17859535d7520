"""Budget quotas of the region's buyers: looked through, adjusted, moved, brought in by file, closed and carried over; the treasury's statements beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.planning.rules.budgets import EMPTY_FILE
from sunlit.foundation.accounts.rules import AMOUNT_WRONG
from sunlit.foundation.files import queries as kept
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.toasts import tell

PROBLEMS_SHOWN: Final = 100
ROWS: Final = 20  # quotas a page, below the sums of the year


@door(kind="regulator")
def budgets(request: Request) -> HttpResponse:
    """The region's quotas of a year; its end, and what goes on from it."""
    year, q = _year(request), request.GET.get("q", "").strip()[:100]
    found = queries.quotas_page(seen_by=request.actor, year=year, q=q, after=request.GET.get("after", "")[:100], rows=ROWS + 1)
    page, sums = found[:ROWS], queries.sums(seen_by=request.actor, year=year)
    closing = queries.closing_of(request.actor.region_path, year)
    context = {
        "page": page,
        "after": page[-1].number if len(found) > ROWS else "",
        "sums": sums,
        "steps": queries.waterfall(sums),
        "closing": closing,
        "left": queries.to_carry_over(seen_by=request.actor, year=year) if closing else 0,
        "decides": request.actor.has("officer", "lead"),
        "this_year": local_day(request.now).year,
        "year": year,
        "q": q,
    }
    return form_page(request, "regulator/budgets.html", context, lambda: _year_end(request, year))


def _year_end(request: Request, year: int) -> HttpResponse:
    papers: dict[str, Any] = {"document": request.POST.get("document", ""), "by": request.actor, "at": request.now}
    if request.POST.get("verb") == "carry_over":
        what = set(request.POST.getlist("what"))
        told: dict[str, Any] = {"available": "available" in what, "running": "running" in what, "reason": request.POST.get("reason", "")}
        count = services.carry_over_all(region=request.actor.region_path, year=year, **told, **papers)
        tell(request, _("%(count)s quotas were carried over.") % {"count": count})
    else:
        services.close_year(region=request.actor.region_path, year=year, **papers)
        tell(request, _("The budget year %(year)s is closed.") % {"year": year})
    return _list_of(year)


def _list_of(year: int) -> HttpResponse:
    answer = see_other("regulator:budgets")
    answer["Location"] += f"?year={year}"
    return answer


def _year(request: Request) -> int:
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 else local_day(request.now).year


@door(kind="regulator")
def quota(request: Request, number: str) -> HttpResponse:
    """One quota: what lies on it, how its total came about; a new total, a transfer, what goes on into the next year."""
    it: BudgetQuota = found_or_404(queries.quota(number, seen_by=request.actor))
    siblings = [] if it.closed_at else queries.siblings(it)

    def act() -> HttpResponse:
        papers: dict[str, Any] = {name: request.POST.get(name, "") for name in ("reason", "document")}
        after = _VERBS.get(request.POST.get("verb", ""), _set_total)(
            request, it, siblings, {**papers, "by": request.actor, "at": request.now}
        )
        return see_other("regulator:quota", after.number)

    after = request.GET.get("after", "")
    holds = queries.holds_of(it, before=row_id(after), rows=PAGE_ROWS + 1)
    more = holds[PAGE_ROWS - 1].pk if len(holds) > PAGE_ROWS else ""
    context = {
        "quota": it,
        "holds": holds[:PAGE_ROWS],
        "after": more,
        "changes": queries.changes_of(it),
        "steps": queries.waterfall(it),
        "siblings": [(other.number, f"{other.number} {other.name}") for other in siblings],
        "went_on": hasattr(it, "successor"),
    }
    return form_page(request, "regulator/quota.html", context, act)


def _set_total(request: Request, it: BudgetQuota, _siblings: list[BudgetQuota], papers: dict[str, Any]) -> BudgetQuota:
    services.set_total(it, total=_amount(request, "total"), **papers)
    tell(request, _("The total of %(number)s was set.") % {"number": it.number})
    return it


def _transfer(request: Request, it: BudgetQuota, siblings: list[BudgetQuota], papers: dict[str, Any]) -> BudgetQuota:
    target = next((other for other in siblings if other.number == request.POST.get("target")), it)  # to itself is refused
    services.transfer(it, target, amount=_amount(request, "amount"), **papers)
    tell(request, _("The money was moved to %(number)s.") % {"number": target.number})
    return it


def _carry_over(request: Request, it: BudgetQuota, _siblings: list[BudgetQuota], papers: dict[str, Any]) -> BudgetQuota:
    what = set(request.POST.getlist("what"))
    successor = services.carry_over(it, available="available" in what, running="running" in what, **papers)
    tell(request, _("It goes on as %(number)s.") % {"number": successor.number})
    return successor


_VERBS: Final = {"set": _set_total, "transfer": _transfer, "carry_over": _carry_over}


def _amount(request: Request, field: str) -> Decimal:
    text = request.POST.get(field, "").strip()
    try:
        return money.yuan(text)
    except money.NotMoney:
        raise Refused(Problem(AMOUNT_WRONG, {"amount": text}, on=field)) from None


@door(kind="regulator")
def bring_in(request: Request) -> HttpResponse:
    """The quotas of a year by file: all rows or none, each problem at its row."""

    def act() -> HttpResponse:
        with transaction.atomic():  # a sheet that is refused is not kept
            counts = services.import_quotas(_rows(request, services.HEADINGS), by=request.actor, at=request.now)
        tell(request, _("%(new)s quotas are new, %(changed)s changed, %(unchanged)s stay as they were.") % counts)
        return see_other("regulator:budgets")

    return form_page(request, "regulator/import_quotas.html", {"columns": services.HEADINGS, "shown": PROBLEMS_SHOWN}, act)


def _rows(request: Request, headings: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of the upload, which is kept as what the import was made from."""
    upload: Any = request.FILES.get("file")
    if upload is None:
        raise Refused(Problem(EMPTY_FILE, on="file"))
    file = files.keep(upload, purpose=services.SHEETS.name, owner=request.actor.party, by=request.actor, at=request.now)
    with kept.content(file) as content:
        return services.rows_in(content.read(), file.media_type, headings)


@door(kind="regulator", methods=("GET",))
def template(_request: Request) -> HttpResponse:
    return _csv(services.template(), "quotas.csv")


# The treasury's side


@door(kind="regulator")
def statements(request: Request) -> HttpResponse:
    """The treasury's statements of a year, and a new one to be compared."""
    year = _year(request)

    def act() -> HttpResponse:
        with transaction.atomic():  # a sheet that is refused is not kept
            rows = _rows(request, services.STATEMENT_HEADINGS)
            made = services.take_statement(rows, region=request.actor.region_path, year=year, by=request.actor, at=request.now)
        tell(request, _("Statement %(number)s was compared.") % {"number": made.number})
        return see_other("regulator:statement", made.number)

    context = {
        "statements": queries.statements(seen_by=request.actor, year=year),
        "year": year,
        "shown": PROBLEMS_SHOWN,
        "decides": request.actor.has("officer", "lead"),
    }
    return form_page(request, "regulator/statements.html", context, act)


@door(kind="regulator")
def statement(request: Request, number: str) -> HttpResponse:
    """One statement: what agrees and what does not, with the explanations."""
    it = found_or_404(queries.statement(number, seen_by=request.actor))

    def act() -> HttpResponse:
        difference = found_or_404(queries.comparison(it, request.POST.get("quota", "")))
        services.explain(difference, explanation=request.POST.get("explanation", ""), by=request.actor, at=request.now)
        tell(request, _("The explanation was kept."))
        return see_other("regulator:statement", number)

    everything = request.GET.get("all") == "1"
    found = queries.comparisons(it, everything=everything, after=request.GET.get("after", "")[:100], rows=ROWS + 1)
    context = {
        "statement": it,
        "rows": found[:ROWS],
        "after": found[ROWS - 1].quota_number if len(found) > ROWS else "",
        "everything": everything,
        "decides": request.actor.has("officer", "lead"),
    }
    return form_page(request, "regulator/statement.html", context, act)


@door(kind="regulator", methods=("GET",))
def statement_template(_request: Request) -> HttpResponse:
    return _csv(services.statement_template(), "statement.csv")


@door(kind="regulator", methods=("GET",))
def our_side(request: Request) -> HttpResponse:
    """Every quota with its figures, as the finance system can read it."""
    year, lines = _year(request), io.StringIO()
    writer = csv.writer(lines)
    writer.writerows([_plain(cell) for cell in row] for row in queries.our_side(seen_by=request.actor, year=year))
    return _csv("\ufeff" + lines.getvalue(), f"quotas-{year}.csv")


def _plain(cell: str) -> str:
    """Office programs would take a text that begins so for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _csv(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
