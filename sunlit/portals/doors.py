"""Doors: who comes in, as whom, and how refusals are answered."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.accounts.models import Kind
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import FORBIDDEN, Problem, Reason, Refused
from sunlit.foundation.outbox.models import Once
from sunlit.portals.ui import errors
from sunlit.portals.ui.words import word

SIGN_IN_AGAIN = Reason("ACC-020", _("You have been signed out. Sign in again: nothing was changed."), 401)
NOT_YOUR_DOOR = Reason("ACC-021", _("This page is for other people: {who}."), FORBIDDEN)
FORM_TOO_OLD = Reason(
    "ACC-022", _("This form is too old or was opened in another browser. Go back, reload the page and send it again."), FORBIDDEN
)

View = Callable[..., HttpResponse]
ONCE_FIELD = "_once"


class Request(HttpRequest):
    """A request as the views see it: with who acts and when."""

    actor: Actor
    now: datetime
    htmx: bool


class ActorMiddleware:
    """Puts `request.actor` (the seat chosen in the session), `request.now` and `request.htmx` on every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ours = cast(Request, request)
        ours.now = clock.now()
        ours.htmx = request.headers.get("HX-Request") == "true"
        seat = request.session.get("seat") if request.COOKIES else None
        ours.actor = (accounts.actor_of_seat(seat, request.session.get("_auth_user_id")) if seat else None) or NOBODY
        return self.get_response(request)


class RefusalMiddleware:
    """Turns Refused into a page, a fragment or problem JSON: every problem at once, each at its field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refusal(cast(Request, request), error) if isinstance(error, Refused) else None


def refusal(request: Request, refused: Refused) -> HttpResponse:
    """The page (or, for htmx, the fragment) that tells every problem."""
    return errors.refused(request, refused.problems, refused.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the right token: told like every other refusal."""
    return refusal(cast(Request, request), Refused(Problem(FORM_TOO_OLD)))


def door(
    *,
    kind: str | tuple[str, ...] = "",
    roles: tuple[str, ...] = (),
    public: bool = False,
    methods: tuple[str, ...] = ("GET", "POST"),
    once: bool = True,
) -> Callable[[View], View]:
    """Who may enter a view: the public, or people of one kind of organisation (in one of the roles).

    Nobody → sign-in page; another kind → 403 ACC-021; a POST with `_once` that comes twice is answered as the first time, and not done again.
    `once=False` where a refusal must leave a trace: what such a form writes is kept even so (counted tries of a password).
    """
    kinds = (kind,) if isinstance(kind, str) else kind

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def enter(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in (*methods, "HEAD"):
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            _must_be_text(request, kwargs)
            if request.method == "POST":
                request.now = clock.now()  # now it is here as a whole: nobody holds a place in time and says later what for
            if not public:
                if not request.actor.is_somebody:
                    return _to_sign_in(request)
                _let_in(request.actor, kinds, roles)
            if once and request.method == "POST" and request.POST.get(ONCE_FIELD):
                return _once(view, request, args, kwargs)
            return view(request, *args, **kwargs)

        enter.door = {"kinds": kinds, "roles": roles, "public": public, "methods": methods}  # type: ignore[attr-defined]
        return enter

    return wrap


def _let_in(actor: Actor, kinds: tuple[str, ...], roles: tuple[str, ...]) -> None:
    wanted = [k for k in kinds if k]
    if wanted and actor.kind not in wanted:
        raise Refused(Problem(NOT_YOUR_DOOR, {"who": _named(str(Kind(kind).label) for kind in wanted)}))
    if roles and not actor.has(*roles):
        raise Refused(Problem(NOT_YOUR_DOOR, {"who": _named(word(role) for role in roles)}))


def _named(words: Iterable[str]) -> str:
    return gettext(", ").join(map(str, words))


def _must_be_text(request: Request, kwargs: dict[str, Any]) -> None:
    """No text of the database may hold a NUL; nobody types one."""
    texts = [*(value for name in request.GET for value in request.GET.getlist(name)), *map(str, kwargs.values())]
    if request.method == "POST":
        texts += [value for name in request.POST for value in request.POST.getlist(name)]
    if any("\x00" in text for text in texts):
        raise BadRequest("a NUL character")


def _to_sign_in(request: Request) -> HttpResponse:
    if request.htmx or request.method == "POST":
        raise Refused(Problem(SIGN_IN_AGAIN))
    return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode({'next': request.get_full_path()})}")


def _once(view: View, request: Request, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HttpResponse:
    """Carry the form out once: the same form coming again, even at the same instant, gets the first answer. Filled in otherwise, it is another form."""
    files = [(name, [(file.name, file.size) for file in request.FILES.getlist(name)]) for name in request.FILES]
    digest = hashlib.sha256(repr([request.path, sorted(request.POST.lists()), sorted(files)]).encode()).hexdigest()
    key = f"form:{request.actor.user_id}:{request.POST[ONCE_FIELD][:64]}:{digest[:16]}"
    try:
        with transaction.atomic():
            once = Once.objects.create(key=key, request_hash=digest, at=request.now)  # waits for a twin under way
            response = view(request, *args, **kwargs)
            if response.status_code not in (301, 302, 303):
                transaction.set_rollback(True)  # the form came back with problems: it may be sent again
                return response
            once.status, once.location = response.status_code, response.headers["Location"]
            once.save(update_fields=["status", "location"])
            return response
    except IntegrityError:
        done = Once.objects.filter(key=key).first()
        if done is None:
            raise
        return HttpResponseRedirect(done.location or request.path)


def form_page(request: Request, template: str, context: dict[str, Any], act: Callable[[], HttpResponse]) -> HttpResponse:
    """A page with a form: GET shows it; POST carries `act` out, and a refusal shows the page again with every problem at its field.

    The template finds `problems` and what was `given` (the posted values).
    """
    problems: tuple[Problem, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            return act()
        except Refused as refused:
            problems, status = refused.problems, refused.status
    return render(request, template, {**context, "problems": problems, "given": request.POST}, status=status)


def client_ip(request: HttpRequest) -> str:
    """The address that the request came from: behind TLS, what the own reverse proxy wrote last."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TLS else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def see_other(to: str, *args: Any, **kwargs: Any) -> HttpResponse:
    """After a deed: look at the result (303)."""
    response = HttpResponseRedirect(reverse(to, args=args, kwargs=kwargs))
    response.status_code = 303
    return response


def found_or_404(thing: Any) -> Any:
    """What the actor may not see does not exist for it."""
    if thing is None:
        raise Http404
    return thing
