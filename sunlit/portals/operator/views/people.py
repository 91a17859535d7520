"""People: found, given a new password, taken from a seat."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.foundation.accounts import queries, rules, services
from sunlit.foundation.accounts.models import Seat, User
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.toasts import tell


@door(kind="operator", methods=("GET",))
def people(request: Request) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    found = queries.people(q=q, after=request.GET.get("after", "")[:60], rows=PAGE_ROWS + 1)
    page = found[:PAGE_ROWS]
    after = page[-1].login if len(found) > PAGE_ROWS else ""
    return render(request, "operator/people.html", {"page": page, "after": after, "q": q})


@door(kind="operator")
def person(request: Request, pk: int) -> HttpResponse:
    """One person: seats and sign-ins; a new password; roles in each seat (none closes it)."""
    it: User = found_or_404(queries.person(pk))

    def act() -> HttpResponse:
        if request.POST.get("verb") == "reset":
            _reset(request, it)
        else:
            _set_roles(request, it)
        return see_other("operator:person", pk)

    context = {
        "it": it,
        "seats": it.seats.all(),
        "roles": rules.ROLES,
        "sessions": queries.sessions_of(pk, at=request.now),
        "history": history_of(f"organisation/{request.actor.organisation_number}", facts={"user": pk})[::-1],
        "now": request.now,
    }
    return form_page(request, "operator/person.html", context, act)


def _reset(request: Request, it: User) -> None:
    services.reset_password(it, new=request.POST.get("new", ""), by=request.actor, at=request.now, drop_totp="drop_totp" in request.POST)
    tell(request, _("%(name)s has a new password; all sign-ins ended.") % {"name": it.name_zh})


def _set_roles(request: Request, it: User) -> None:
    seat: Seat = found_or_404(next((seat for seat in it.seats.all() if str(seat.pk) == request.POST.get("seat")), None))
    roles = [] if request.POST.get("verb") == "close" else request.POST.getlist("roles")
    services.give_seat(seat.organisation, user=it, roles=roles, by=request.actor, at=request.now)
    tell(request, _("The roles of %(name)s were saved.") % {"name": it.name_zh})
