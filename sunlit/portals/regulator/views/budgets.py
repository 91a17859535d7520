"""Budget quotas of the region's buyers: looked through, raised and cut with a reason, brought in by file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
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


@door(kind="regulator", methods=("GET",))
def budgets(request: Request) -> HttpResponse:
    year, q = _year(request), request.GET.get("q", "").strip()[:100]
    found = queries.quotas_page(seen_by=request.actor, year=year, q=q, after=request.GET.get("after", "")[:100], rows=PAGE_ROWS + 1)
    page = found[:PAGE_ROWS]
    context = {
        "page": page,
        "after": page[-1].number if len(found) > PAGE_ROWS else "",
        "sums": queries.sums(seen_by=request.actor, year=year),
        "year": year,
        "q": q,
    }
    return render(request, "regulator/budgets.html", context)


def _year(request: Request) -> int:
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 else local_day(request.now).year


@door(kind="regulator")
def quota(request: Request, number: str) -> HttpResponse:
    """One quota: what lies on it, how its total came about, and a new total."""
    it: BudgetQuota = found_or_404(queries.quota(number, seen_by=request.actor))

    def act() -> HttpResponse:
        services.set_total(it, total=_amount(request), reason=request.POST.get("reason", ""), by=request.actor, at=request.now)
        tell(request, _("The total of %(number)s was set.") % {"number": number})
        return see_other("regulator:quota", number)

    after = request.GET.get("after", "")
    holds = queries.holds_of(it, before=row_id(after), rows=PAGE_ROWS + 1)
    more = holds[PAGE_ROWS - 1].pk if len(holds) > PAGE_ROWS else ""
    context = {"quota": it, "holds": holds[:PAGE_ROWS], "after": more, "changes": queries.changes_of(it)}
    return form_page(request, "regulator/quota.html", context, act)


def _amount(request: Request) -> Decimal:
    text = request.POST.get("total", "").strip()
    try:
        return money.yuan(text)
    except money.NotMoney:
        raise Refused(Problem(AMOUNT_WRONG, {"amount": text}, on="total")) from None


@door(kind="regulator")
def bring_in(request: Request) -> HttpResponse:
    """The quotas of a year by file: all rows or none, each problem at its row."""

    def act() -> HttpResponse:
        with transaction.atomic():  # a sheet that is refused is not kept
            counts = services.import_quotas(_rows(request), by=request.actor, at=request.now)
        tell(request, _("%(new)s quotas are new, %(changed)s changed, %(unchanged)s stay as they were.") % counts)
        return see_other("regulator:budgets")

    return form_page(request, "regulator/import_quotas.html", {"columns": services.HEADINGS, "shown": PROBLEMS_SHOWN}, act)


def _rows(request: Request) -> list[dict[str, str]]:
    """The rows of the upload, which is kept as what the import was made from."""
    upload: Any = request.FILES.get("file")
    if upload is None:
        raise Refused(Problem(EMPTY_FILE, on="file"))
    file = files.keep(upload, purpose=services.SHEETS.name, owner=request.actor.party, by=request.actor, at=request.now)
    with kept.content(file) as content:
        return services.rows_in(content.read(), file.media_type)


@door(kind="regulator", methods=("GET",))
def template(_request: Request) -> HttpResponse:
    answer = HttpResponse(services.template(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="quotas.csv"'
    return answer
