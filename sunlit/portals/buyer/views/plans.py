"""The buyer's plans, step by step: what, money, how, policy, check and hand in; then review, filing, and buying for the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.market import queries as ways
from sunlit.domain.market import services as market
from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Plan
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.planning.states import plans as life
from sunlit.domain.rulebook.rules.facts import EXEMPTIONS, GROUNDS, METHODS
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import TEXT_CHARS
from sunlit.portals.buyer import reading
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.orders import WAYS, expected
from sunlit.portals.ui.plans import plan_page
from sunlit.portals.ui.toasts import tell

BLANK_ROWS: Final = 3
LEAD_UNITS_MOST: Final = 200
ROWS_MOST: Final = 80  # read from one form
ITEM_FIELDS: Final = ("category", "name", "quantity", "unit", "amount")
STEPS: Final[dict[str, str | Promise]] = {
    "what": gettext_lazy("What"),
    "money": gettext_lazy("Money"),
    "how": gettext_lazy("How"),
    "policy": gettext_lazy("Procurement policy"),
}
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "what": ("name", "purpose", "starts_on", "demand", "public_interest", "complex", "intention", "no_intention_reason"),
    "money": (),
    "how": ("form", "method", "ground_reason", "original", "added"),
    "policy": ("set_aside", "reserved", "reserved_small", "exemption", "exemption_reason", "imported", "authorisation"),
}


@door(kind="buyer", methods=("GET",))
def plans(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("state", "q")}
    year = local_day(request.now).year
    context = {
        "page": queries.plans_page(seen_by=request.actor, **asked, after=reading.after(request)),
        "asked": asked,
        "states": states.plan.states,
        "methods": METHODS,
        "reserves": _reserves(request, year),
        "year": year,
    }
    return render(request, "buyer/plans.html", context)


@door(kind="buyer", roles=ORDERERS)
def new_plan(request: Request) -> HttpResponse:
    """The first step of a new plan: what it is for. A settled demand fills it in."""
    start = _from_demand(request, request.GET.get("demand", "")) | _from_intention(request, request.GET.get("intention", ""))

    def act() -> HttpResponse:
        it = services.draft_plan(_posted(request, "what"), by=request.actor, at=request.now)
        return see_other("buyer:plan_step", it.number, "money")

    context = {"it": None, "step": "what", "steps": _steps(None, "what"), **_what(request, start)}
    return form_page(request, "buyer/plan_what.html", context, act)


@door(kind="buyer", roles=ORDERERS)
def plan_step(request: Request, number: str, step: str) -> HttpResponse:
    """One step of a draft. What was written is kept at each of them."""
    found_or_404(step if step in STEPS else None)
    it: Plan = found_or_404(queries.plan(number, seen_by=request.actor))
    if it.state != life.DRAFT:
        return see_other("buyer:plan", number)

    def act() -> HttpResponse:
        services.write_plan(it, step, _posted(request, step), by=request.actor, at=request.now, expected=expected(request))
        if "look" in request.POST:
            return see_other("buyer:plan_step", number, step)
        following = [*STEPS, ""][list(STEPS).index(step) + 1]
        return see_other("buyer:plan_step", number, following) if following else see_other("buyer:plan", number)

    page: Mapping[str, Callable[[], dict[str, Any]]] = {
        "what": lambda: _what(request, _told(it)),
        "money": lambda: _money(request, it),
        "how": lambda: _how(request, it),
        "policy": lambda: _policy(request, it),
    }
    context = {"it": it, "step": step, "steps": _steps(it, step), **page[step]()}
    return form_page(request, f"buyer/plan_{step}.html", context, act)


PLAIN: Final[dict[str, Callable[..., Plan]]] = {
    "hand_in": services.hand_in_plan,
    "take_back": services.take_back_plan,
    "file": services.file_plan,
    "ask_approval": services.ask_plan_approval,
    "consent": services.consent_to_plan,
    "reopen": services.reopen_plan,
    "begin": services.begin_plan,
    "finish": services.finish_plan,
}
REASONED: Final[dict[str, Callable[..., Plan]]] = {
    "refuse_consent": services.refuse_plan_consent,
    "send_back": services.send_back_plan,
    "withdraw": services.withdraw_plan,
}
REVIEWS: Final[dict[str, Callable[..., Plan]]] = {"review": services.review_plan, "review_key": services.review_key_plan}


@door(kind="buyer")
def plan(request: Request, number: str) -> HttpResponse:
    """One plan: its way from the intention to what was bought, what the rulebook says of it, and what can be done now."""
    it: Plan = found_or_404(queries.plan(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        if verb == "answer_objection":
            objection = found_or_404(queries.objection(it, reading.picked(request, "objection")))
            services.answer_objection(objection, answer=request.POST.get("answer", ""), by=request.actor, at=request.now)
            return see_other("buyer:plan", number)
        if verb == "ask_consent":
            services.ask_plan_consent(
                it, lead_unit=reading.picked(request, "lead_unit"), by=request.actor, at=request.now, expected=expected(request)
            )
            return see_other("buyer:plan", number)
        if verb == "publicise":
            told = {name: request.POST.get(name, "") for name in rules.SOURCE_FIELDS}
            services.publicise_plan(it, told, by=request.actor, at=request.now, expected=expected(request))
            return see_other("buyer:plan", number)
        service = found_or_404(PLAIN.get(verb) or REASONED.get(verb) or REVIEWS.get(verb))
        service(it, **_said(request, verb), by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.plan.moves[verb].label, "number": number})
        return see_other("buyer:plan", number)

    context = plan_page(request, it)
    moves = context["moves"]
    needs_notice = it.state == life.REVIEWED and queries.needs_notice(it, request.now)
    needs_approval = it.state == life.REVIEWED and queries.needs_approval(it, request.now)
    hidden = {"file"} if needs_approval else {"ask_approval"}
    asks_consent = it.state == life.REVIEWED and queries.needs_consent(it, request.now)
    if asks_consent and it.consented_at is None:
        hidden.add("file")
    if it.consent_asked_at is None or it.consented_at is not None:
        hidden |= {"consent", "refuse_consent"}
    if needs_notice and (it.notice_until is None or request.now < it.notice_until):
        hidden.add("ask_approval")  # the public is told first
    if not context["key"] or it.key_reviewed_at:
        hidden.add("review_key")
    if it.state in (life.FILED, life.APPROVED) and it.method == queries.MARKETPLACE:
        hidden.add("begin")  # the first purchase begins it
    mine = request.actor.user_id in it.drafters
    may_buy = it.buyer_id == request.actor.party and queries.is_for_orders(it) and request.actor.has(*ORDERERS)
    context |= {
        "plain": [move for verb, move in moves.items() if verb in PLAIN and verb not in hidden],
        "reasoned": [
            move for verb, move in moves.items() if verb in REASONED and verb not in hidden and not (verb == "send_back" and mine)
        ],
        "reviews": [] if mine else [(move, POINTS[verb]) for verb, move in moves.items() if verb in REVIEWS and verb not in hidden],
        "waits_for_others": mine and it.state == life.IN_REVIEW,
        "steps_to_edit": STEPS if "revise" in moves else {},
        "may_ask_consent": asks_consent and it.consented_at is None and "ask_consent" in moves,
        "lead_units": [
            (str(each.pk), lang(each))
            for each in accounts.organisations(kind="buyer", region_path=it.region_path, rows=LEAD_UNITS_MOST)
            if each.pk != it.buyer_id
        ]
        if asks_consent
        else [],
        "lead_unit": (it.lead_unit_id or queries.lead_unit_of(it.buyer_id)) if asks_consent else None,
        "may_publicise": needs_notice and it.noticed_at is None and "publicise" in moves,
        "may_answer": "answer_objection" in moves,
        "may_buy": may_buy,
        "ways": ways.ways_for(it, at=request.now) if may_buy else [],
        "way_names": WAYS,
    }
    return form_page(request, "buyer/plan.html", context, act)


POINTS: Final = {"review": rules.REVIEW_POINTS, "review_key": rules.KEY_POINTS}


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def buy_for_plan(request: Request, number: str) -> HttpResponse:
    """From now on this person's cart is filled for the plan, until it says otherwise."""
    it: Plan = found_or_404(queries.plan(number, seen_by=request.actor))
    if "stop" in request.POST:
        market.drop_plan(by=request.actor)
        return see_other("buyer:cart")
    market.fill_for_plan(it, by=request.actor, at=request.now)
    if request.POST.get("way") == "direct":
        return see_other("buyer:direct")
    first = next((item.category.code for item in it.items.all() if item.category.in_use), "")
    return HttpResponseRedirect(f"{reverse('search')}?{urlencode({'category': first})}" if first else reverse("search"))


def _said(request: Request, verb: str) -> dict[str, Any]:
    """What comes with the decision: a reason, or the confirmed points of a review."""
    if verb in REASONED:
        return {"reason": request.POST.get("reason", "")}
    if verb in REVIEWS:
        return {"points": request.POST.getlist("points"), "opinion": request.POST.get("opinion", "")[:TEXT_CHARS]}
    return {}


def _posted(request: Request, step: str) -> dict[str, Any]:
    """What the form of a step says."""
    told: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS[step]}
    if step == "what":
        told["items"] = _rows(request)
    if step == "money":
        told |= {name: value for name, value in request.POST.items() if name.startswith("quota_")}
    if step == "how":
        told["grounds"] = request.POST.getlist("grounds")
    if step == "policy" and "authorisation_file" in request.FILES:
        upload: Any = request.FILES["authorisation_file"]
        told["authorisation_file"] = files.keep(upload, purpose="document", owner=request.actor.party, by=request.actor, at=request.now)
    return told


def _rows(request: Request) -> list[dict[str, str]]:
    numbers = [n for n in range(1, ROWS_MOST + 1) if f"name_{n}" in request.POST]
    return [{field: request.POST.get(f"{field}_{n}", "") for field in ITEM_FIELDS} for n in numbers]


def _what(request: Request, told: Mapping[str, Any]) -> dict[str, Any]:
    """The first step: what was posted, else what stands, else what a demand says."""
    posted = request.method == "POST"
    rows = _rows(request) if posted else [*told.get("items", []), *(dict.fromkeys(ITEM_FIELDS, "") for _n in range(BLANK_ROWS))]
    intentions = [
        (str(item.pk), f"{item.name} · {yuan(item.budget)} · {item.month:%Y-%m} · {item.intention.number}")
        for item in queries.intention_items(request.actor.party)
    ]
    demands = [(it.number, f"{it.title} · {yuan(it.total)} · {it.number}") for it in queries.settled_demands(request.actor.party)]
    return {
        "told": {name: request.POST.get(name, "") for name in TEXTS["what"]} if posted else told,
        "rows": rows,
        "intentions": intentions,
        "because": [(key, text) for key, text in rules.NO_INTENTION_BECAUSE.items()],
        "demands": demands,
        "categories": [_suggested(each) for each in catalog.tree().in_use()],
    }


def _money(request: Request, it: Plan) -> dict[str, Any]:
    year = local_day(request.now).year
    quotas = [quota for each in (year, year + 1) for quota in queries.quotas_of(it.buyer_id, each)]
    free = gettext_lazy("%(sum)s free")
    options = [(str(quota.pk), f"{quota.number} {quota.name} · {free % {'sum': yuan(quota.available)}}") for quota in quotas]
    picked = {item.position: request.POST.get(f"quota_{item.position}", item.quota_id or "") for item in it.items.all()}
    return {"options": options, "picked": picked, "first": options[0][0] if len(options) == 1 else ""}


def _how(request: Request, it: Plan) -> dict[str, Any]:
    """Every method with its reasons, for the grounds that are ticked now."""
    given = request.POST if request.method == "POST" else request.GET
    looking = request.method == "POST" or "grounds" in given or "method" in given
    grounds = [ground for ground in given.getlist("grounds") if ground in GROUNDS] if looking else it.grounds
    choices = queries.methods_for(it, grounds, request.now)
    return {
        "grounds": grounds,
        "all_grounds": GROUNDS,
        "choices": sorted(choices, key=lambda choice: (not choice.lawful, queries.is_barred(choice))),
        "barred": {choice.method for choice in choices if queries.is_barred(choice)},
        "periods": queries.periods_of(it, request.now),
        "method": given.get("method", "") if looking else it.method,
        "form": request.POST.get("form", it.form or queries.form_of(it, request.now)),
        "forms": rules.FORMS.items(),
        "ground_names": GROUNDS,
    }


def _policy(request: Request, it: Plan) -> dict[str, Any]:
    year = it.starts_on.year if it.starts_on else local_day(request.now).year
    codes = list(dict.fromkeys(item.category.code for item in it.items.all()))
    listed = queries.green_mandatory(codes, region_path=it.region_path, on=local_day(request.now))
    names = TEXTS["policy"]
    told = {name: request.POST.get(name, "") for name in names} if request.method == "POST" else {name: getattr(it, name) for name in names}
    return {
        "told": told,
        "set_asides": rules.SET_ASIDES.items(),
        "exemptions": EXEMPTIONS.items(),
        "reserves": queries.reserves(region_path=it.region_path, year=year, at=request.now, buyer_id=it.buyer_id, but=it.pk),
        "year": year,
        "green": [lang(category) for code in listed if (category := catalog.category(code))],
        "marketplace": it.method == queries.MARKETPLACE,
    }


def _reserves(request: Request, year: int) -> queries.Reserves:
    actor = request.actor
    return queries.reserves(region_path=actor.region_path, year=year, at=request.now, buyer_id=actor.party)


def _told(it: Plan) -> dict[str, Any]:
    """What a draft says, as its first step shows it."""
    return {
        "name": it.name,
        "purpose": it.purpose,
        "starts_on": f"{it.starts_on:%Y-%m-%d}" if it.starts_on else "",
        "demand": it.demand_number,
        "public_interest": it.public_interest,
        "complex": it.complex,
        "intention": it.intention_item_id or it.no_intention,
        "no_intention_reason": it.no_intention_reason,
        "items": [
            {
                "category": _suggested(item.category),
                "name": item.name,
                "quantity": str(item.quantity),
                "unit": item.unit,
                "amount": str(item.amount),
            }
            for item in it.items.all()
        ],
    }


def _from_demand(request: Request, number: str) -> dict[str, Any]:
    """A plan that begins with what a settled demand asks for."""
    found = queries.demand(number, seen_by=request.actor) if number else None
    if found is None or found.state != "settled":
        return {}
    items = [
        {
            "category": _suggested(item.category),
            "name": item.name or item.category.name_zh,
            "quantity": str(item.quantity),
            "unit": item.unit,
            "amount": str(item.amount),
        }
        for item in found.items.all()
    ]
    flags = {"public_interest": found.public_interest, "complex": found.complex}
    return {"name": found.title, "purpose": found.purpose, "demand": found.number, "items": items, **flags}


def _suggested(category: Category) -> str:
    """An item of the catalogue as the field offers it: its code and its name."""
    return f"{category.code} {lang(category)}"


def _from_intention(request: Request, key: str) -> dict[str, Any]:
    """A plan that begins at a published project rests on it."""
    if not reading.is_key(key):
        return {}
    found = next((item for item in queries.intention_items(request.actor.party) if item.pk == int(key)), None)
    return {"intention": found.pk, "name": found.name} if found else {}


def _steps(it: Plan | None, here: str) -> list[dict[str, Any]]:
    """The steps of the form: those that are written lead back to themselves."""
    order = list(STEPS)
    return [
        {
            "key": step,
            "label": label,
            "state": "current" if step == here else "done" if it and order.index(step) < order.index(here) else "todo",
            "href": reverse("buyer:plan_step", args=[it.number, step]) if it else "",
        }
        for step, label in STEPS.items()
    ] + [{"key": "check", "label": _("Check and hand in"), "state": "todo", "href": reverse("buyer:plan", args=[it.number]) if it else ""}]
