"""What every signed-in person has, whatever the seat: sign-in, account, messages, the organisation's own affairs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth import login as remember
from django.contrib.auth import logout as forget
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries, rules, services
from sunlit.foundation.accounts.models import Organisation, Seat, User
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.messages import queries as messages
from sunlit.foundation.messages import services as messages_services
from sunlit.portals.doors import Request, client_ip, door, form_page, found_or_404, see_other
from sunlit.portals.ui.toasts import tell

TOTP_PENDING = "totp_pending"
MESSAGE_ROWS = 30
LANGUAGE_SECONDS = 365 * 86_400
AGENT_CHARS = 60
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


# Signing in and out


@door(public=True, once=False)
def sign_in(request: Request) -> HttpResponse:
    """Login and password, and the authenticator's code where it is switched on; in the demo, one click as each of the cast."""
    wanted = request.POST.get("next") or request.GET.get("next", "")

    def act() -> HttpResponse:
        given = {name: request.POST.get(name, "") for name in ("login", "password", "code")}
        user = services.sign_in(**given, ip=client_ip(request), at=request.now)
        seatless = reverse("supplier:apply") if registry.my_applications(user.pk) else ""
        return welcome(request, user, wanted, seatless=seatless)

    context = {"next": wanted, "personas": _personas() if settings.DEMO else []}
    return form_page(request, "account/sign_in.html", context, act)


@door(public=True, methods=("POST",))
def sign_in_as(request: Request) -> HttpResponse:
    """One click as a person of the demo. Does not exist on a real site."""
    if not settings.DEMO:
        raise Http404
    user = User.objects.filter(login=request.POST.get("login", ""), is_active=True).first()
    return welcome(request, found_or_404(user), request.POST.get("next", ""))


def _personas() -> list[Seat]:
    from sunlit.demo.cast import PERSONAS

    order = {person.login: index for index, person in enumerate(PERSONAS)}
    seats = Seat.objects.select_related("user", "organisation").filter(user__login__in=order, active=True)
    return sorted(seats, key=lambda seat: order[seat.user.login])


def welcome(request: Request, user: User, wanted: str = "", *, seatless: str = "") -> HttpResponse:
    """Sign the person in and show the way. Who holds no seat goes to `seatless`, or is refused (ACC-005) where that is empty."""
    seats = queries.seats_of(user.pk)
    if not seats and not seatless:
        raise Refused(Problem(rules.NO_SEAT, on="login"))
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or user.language
    remember(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if seats:
        request.session["seat"] = seats[0].pk
    request.session["_ip"], request.session["_agent"] = client_ip(request), request.headers.get("User-Agent", "")[:200]
    request.session["_started_at"] = request.now.isoformat()
    home = home_of(seats[0].organisation.kind) if seats else seatless
    response = HttpResponseRedirect((_safe(request, wanted) if seats else "") or home)
    return _speaking(response, language)


def home_of(kind: str) -> str:
    """The first page of a kind of organisation."""
    return {"buyer": "/buyer/", "supplier": "/supplier/", "regulator": "/regulator/", "operator": "/operator/"}.get(kind, "/")


def _safe(request: Request, wanted: str) -> str:
    return wanted if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()) else ""


@door(public=True, methods=("POST",))
def sign_out(request: Request) -> HttpResponse:
    forget(request)
    return HttpResponseRedirect("/")


@door(methods=("POST",))
def choose_seat(request: Request) -> HttpResponse:
    """Act for another organisation in which the person has a seat."""
    wanted = request.POST.get("seat", "")
    seat = next((seat for seat in queries.seats_of(request.actor.person) if str(seat.pk) == wanted), None)
    found_or_404(seat)
    assert seat is not None
    request.session["seat"] = seat.pk
    return HttpResponseRedirect(home_of(seat.organisation.kind))


@door(public=True, methods=("POST",))
def set_language(request: Request) -> HttpResponse:
    """The language of the pages, kept in a cookie and, for those signed in, with the person."""
    wanted = request.POST.get("language", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    if request.actor.is_somebody:
        User.objects.filter(pk=request.actor.person).update(language=language)
    response = HttpResponseRedirect(_safe(request, request.POST.get("next", "")) or "/")
    return _speaking(response, language)


def _speaking(response: HttpResponse, language: str) -> HttpResponse:
    known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, known, max_age=LANGUAGE_SECONDS, samesite="Lax", secure=settings.TLS)
    return response


# The own account


@door()
def profile(request: Request) -> HttpResponse:
    user = User.objects.get(pk=request.actor.person)
    context = {"user": user, "seats": queries.seats_of(user.pk), "sessions": queries.sessions_of(user.pk, at=request.now)}
    return render(request, "account/profile.html", {**context, "current": request.session.session_key, "browser": browser})


def browser(agent: str) -> str:
    """The browser and system as people call them, else the beginning of what it said of itself."""
    name = next((told for sign, told in BROWSERS if sign in agent), "")
    system = next((told for sign, told in SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (name, system) if part) or agent[:AGENT_CHARS] or _("unknown")


@door(once=False)
def password(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        user = User.objects.get(pk=request.actor.person)
        given = {"old": request.POST.get("old", ""), "new": request.POST.get("new", "")}
        services.change_password(user, **given, at=request.now, keep_session=request.session.session_key or "")
        request.session.cycle_key()
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        tell(request, _("Your password was changed; your other sign-ins ended."))
        return see_other("profile")

    return form_page(request, "account/password.html", {}, act)


@door()
def totp(request: Request) -> HttpResponse:
    """Switch two-step sign-in on: scan, then confirm with a code."""
    secret = request.session.get(TOTP_PENDING) or services.new_totp_secret()
    request.session[TOTP_PENDING] = secret
    user = User.objects.get(pk=request.actor.person)

    def act() -> HttpResponse:
        services.confirm_totp(user, secret=secret, code=request.POST.get("code", ""), at=request.now)
        del request.session[TOTP_PENDING]
        tell(request, _("Two-step sign-in is switched on."))
        return see_other("profile")

    picture = segno.make(services.totp_address(user, secret), error="m").svg_data_uri(scale=5, border=2, dark="#1c2b2a")
    return form_page(request, "account/totp.html", {"secret": secret, "picture": picture}, act)


@door(once=False)
def totp_off(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        services.drop_totp(User.objects.get(pk=request.actor.person), password=request.POST.get("old", ""), at=request.now)
        tell(request, _("Two-step sign-in is switched off."))
        return see_other("profile")

    return form_page(request, "account/totp_off.html", {}, act)


@door(methods=("POST",))
def end_session(request: Request, public_id: uuid.UUID) -> HttpResponse:
    if services.end_session(str(public_id), user_id=request.actor.person):
        tell(request, _("That sign-in was ended."))
    return see_other("profile")


# Messages


@door()
def inbox(request: Request) -> HttpResponse:
    rows = messages.inbox(request.actor, before=_place(request.GET.get("after", "")), rows=MESSAGE_ROWS + 1)
    page = rows[:MESSAGE_ROWS]
    after = f"{page[-1].at.isoformat()}|{page[-1].pk}" if len(rows) > MESSAGE_ROWS else ""
    return render(request, "account/inbox.html", {"rows": page, "after": after, "unread": messages.unread_count(request.actor)})


def _place(after: str) -> Any:
    from datetime import datetime

    at, _sep, pk = after.partition("|")
    try:
        return (datetime.fromisoformat(at), int(pk)) if pk else None
    except ValueError:
        return None


@door(methods=("POST",))
def mark_read(request: Request) -> HttpResponse:
    messages_services.mark_read(by=request.actor, at=request.now)
    return see_other("inbox")


@door(methods=("GET",))
def open_message(request: Request, pk: int) -> HttpResponse:
    """Mark it as read and go where it leads."""
    try:
        message = messages.get(pk, seen_by=request.actor)
    except messages.Message.DoesNotExist:
        raise Http404 from None
    messages_services.mark_read(by=request.actor, at=request.now, ids=[pk])
    return HttpResponseRedirect(_safe(request, message.link) or reverse("inbox"))


# The organisation's own affairs


def _organisation_page(request: Request, **more: Any) -> dict[str, Any]:
    actor = request.actor
    mine = Organisation.objects.select_related("region").get(pk=actor.party)
    limit = rulebook.rule("order.approval_limit", region_path=mine.region.path, on=local_day(request.now)) if mine.kind == "buyer" else None
    return {
        "mine": mine,
        "people": queries.people_of(mine.pk),
        "addresses": queries.addresses_of(mine.pk),
        "titles": queries.invoice_titles_of(mine.pk),
        "keys": queries.tokens_of(mine.pk),
        "roles": rules.ROLES[mine.kind],
        "scopes": rules.SCOPES,
        "regions": [(region.code, region.name_zh) for region in queries.regions()],
        "limit": limit,
        **more,
    }


@door()
def organisation(request: Request) -> HttpResponse:
    return render(request, "account/organisation.html", _organisation_page(request, problems=(), given={}))


@door(kind="buyer", methods=("POST",))
def own_rules(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        text = request.POST.get("approval_limit", "").strip()
        services.set_approval_limit(_yuan(text, "approval_limit") if text else None, by=request.actor, at=request.now)
        services.set_separation("separates_duties" in request.POST, by=request.actor, at=request.now)
        tell(request, _("Your organisation's own rules were saved."))
        return see_other("organisation")

    return form_page(request, "account/organisation.html", _organisation_page(request), act)


def _yuan(text: str, field: str) -> Any:
    try:
        return money.yuan(text)
    except money.NotMoney:
        raise Refused(Problem(rules.AMOUNT_WRONG, {"amount": text}, on=field)) from None


@door(methods=("POST",))
def add_person(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        mine = Organisation.objects.select_related("region").get(pk=request.actor.party)
        given = {name: request.POST.get(name, "") for name in ("login", "name_zh", "name_en", "email", "password")}
        services.add_person(mine, roles=request.POST.getlist("roles"), by=request.actor, at=request.now, **given)
        tell(request, _("%(name)s can now sign in.") % {"name": given["name_zh"]})
        return see_other("organisation")

    return form_page(request, "account/organisation.html", _organisation_page(request), act)


@door(methods=("POST",))
def set_roles(request: Request, seat_id: int) -> HttpResponse:
    seat = found_or_404(
        Seat.objects.select_related("user", "organisation__region").filter(pk=seat_id, organisation_id=request.actor.party).first()
    )

    def act() -> HttpResponse:
        services.give_seat(seat.organisation, user=seat.user, roles=request.POST.getlist("roles"), by=request.actor, at=request.now)
        tell(request, _("The roles of %(name)s were saved.") % {"name": seat.user.name_zh})
        return see_other("organisation")

    return form_page(request, "account/organisation.html", _organisation_page(request), act)


@door(methods=("POST",))
def add_address(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        region = queries.region(request.POST.get("region", ""))
        if region is None:
            raise Refused(Problem(rules.REGION_UNKNOWN, {"code": request.POST.get("region", "")}, on="region"))
        given = {name: request.POST.get(name, "") for name in ("receiver", "phone", "text")}
        services.add_address(region=region, preferred="preferred" in request.POST, by=request.actor, at=request.now, **given)
        return see_other("organisation")

    return form_page(request, "account/organisation.html", _organisation_page(request), act)


@door(methods=("POST",))
def remove_address(request: Request, pk: int) -> HttpResponse:
    services.remove_address(pk, by=request.actor, at=request.now)
    return see_other("organisation")


@door(methods=("POST",))
def add_title(request: Request) -> HttpResponse:
    def act() -> HttpResponse:
        given = {name: request.POST.get(name, "") for name in ("title", "tax_number", "bank", "account")}
        services.add_invoice_title(preferred="preferred" in request.POST, by=request.actor, at=request.now, **given)
        return see_other("organisation")

    return form_page(request, "account/organisation.html", _organisation_page(request), act)


@door(methods=("POST",))
def remove_title(request: Request, pk: int) -> HttpResponse:
    services.remove_invoice_title(pk, by=request.actor, at=request.now)
    return see_other("organisation")


@door(methods=("POST",))
def keys(request: Request) -> HttpResponse:
    """Issue a key for machines and show it, once."""
    try:
        token, plain = services.issue_token(
            name=request.POST.get("name", ""), scopes=request.POST.getlist("scopes"), by=request.actor, at=request.now
        )
    except Refused as refused:
        context = _organisation_page(request, problems=refused.problems, given=request.POST)
        return render(request, "account/organisation.html", context, status=refused.status)
    return render(request, "account/key.html", {"token": token, "plain": plain, "until": token.created_at + timedelta(days=365)})


@door(methods=("POST",))
def revoke_key(request: Request, pk: int) -> HttpResponse:
    token = found_or_404(next((token for token in queries.tokens_of(request.actor.party) if token.pk == pk), None))
    services.revoke_token(token, by=request.actor, at=request.now)
    tell(request, _("The key “%(name)s” stopped working.") % {"name": token.name})
    return see_other("organisation")
