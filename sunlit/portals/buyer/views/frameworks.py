"""Framework agreements at the buyer's: planned, solicited, reviewed and concluded by a solicitor; read by those who may buy under them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market import states
from sunlit.domain.market.models import Framework, FrameworkEntry, Package
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.queries import parties
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules import workorders as work_rules
from sunlit.domain.market.services import frameworks as services
from sunlit.domain.market.services import open_frameworks as open_services
from sunlit.domain.market.services import parties as party_services
from sunlit.domain.market.services.framework_forms import ROW_FIELDS
from sunlit.domain.market.states import frameworks as life
from sunlit.domain.rulebook.rules.facts import GROUNDS
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.portals.buyer import reading
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.frameworks import framework_page
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

BLANK_ROWS: Final = 2
TEXTS: Final = (
    "title", "kind", "form", "open_ground", "suppliers_known", "fee_standard", "clearing", "ground", "method", "quality_ground", "months", "yearly", "standard", "qualifications", "price_basis", "surveyed_buyers",
    "surveyed_suppliers",
)  # fmt: skip

PLAIN: Final[dict[str, Callable[..., Framework]]] = {
    "ask_review": services.ask_framework_review,
    "file_plan": services.file_framework_plan,
    "invite": open_services.invite_suppliers,
    "open": services.open_framework,
    "conclude": services.conclude_framework,
    "join": services.join_framework,
    "file": services.file_framework,
}

PARTED: Final[dict[str, Callable[..., FrameworkEntry]]] = {
    "keep": services.keep_entry,
    "release": services.release_entry,
    "clear_out": services.clear_out_entry,
}


@door(kind="buyer", methods=("GET",))
def frameworks(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("state", "q")}
    context = {
        "page": queries.frameworks_page(seen_by=request.actor, **asked, after=reading.after(request)),
        "asked": asked,
        "states": states.framework.states.items(),
        "may_solicit": queries.may_solicit(request.actor, request.now),
        "now": request.now,
    }
    return render(request, "buyer/frameworks.html", context)


@door(kind="buyer", roles=ORDERERS)
def new_framework(request: Request) -> HttpResponse:
    """The plan of a new framework. Refused where the rulebook does not name the organisation as a solicitor."""

    def act() -> HttpResponse:
        it = services.draft_framework(_posted(request), by=request.actor, at=request.now)
        return see_other("buyer:framework", it.number)

    context = {"it": None, "may_solicit": queries.may_solicit(request.actor, request.now), **_form(request, None)}
    return form_page(request, "buyer/framework_form.html", context, act)


@door(kind="buyer", roles=ORDERERS)
def edit_framework(request: Request, number: str) -> HttpResponse:
    it: Framework = found_or_404(queries.framework(number, seen_by=request.actor))
    found_or_404(it if it.solicitor_id == request.actor.party else None)
    if it.state != life.DRAFT:
        return see_other("buyer:framework", number)

    def act() -> HttpResponse:
        services.write_framework(it, _posted(request), by=request.actor, at=request.now, expected=expected(request))
        return see_other("buyer:framework", number)

    return form_page(request, "buyer/framework_form.html", {"it": it, "may_solicit": True, **_form(request, it)}, act)


@door(kind="buyer")
def framework(request: Request, number: str) -> HttpResponse:
    """One framework: its way, its packages and responses, and what can be done now."""
    it: Framework = found_or_404(queries.framework(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb == "publish":
            services.publish_framework(it, until=_instant(request.POST.get("until", "")), **told)
        elif verb == "cancel":
            services.cancel_framework(it, reason=request.POST.get("reason", ""), **told)
        elif verb == "supplement":
            made = services.supplement_framework(it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now)
            return see_other("buyer:framework", made.number)
        elif verb == "shortlist":
            services.settle_shortlist(it, panel=request.POST.get("panel", "").splitlines(), **told)
        else:
            found_or_404(PLAIN.get(verb))(it, **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.framework.moves[verb].label, "number": number})
        return see_other("buyer:framework", number)

    context = framework_page(request, it)
    own = it.solicitor_id == request.actor.party
    hidden = {"file_plan"} if it.agency else {"ask_review"}
    hidden.add("conclude" if it.supplements_id else "join")
    hidden.add("publish" if it.is_open_form else "invite")
    if it.state == life.OPEN and it.respond_until is not None and request.now < it.respond_until:
        hidden.add("open")
    if it.filed_at is not None:
        hidden.add("file")
    context |= {
        "own": own,
        "may_publish": "publish" in context["moves"] and not it.is_open_form,
        "may_supplement": own and request.actor.has("lead") and queries.may_supplement(it, request.now),
        "may_buy": it.runs_at(request.now) and request.actor.has(*ORDERERS),
        "plain": [move for verb, move in context["moves"].items() if verb in PLAIN and verb not in hidden],
        "unjudged": sum(entry.state == life.SUBMITTED for view in context["packages"] for entry in view.entries),
    }
    return form_page(request, "buyer/framework.html", context, act)


@door(kind="buyer")
def framework_entry(request: Request, number: str, response: str) -> HttpResponse:
    """One response: judged by the solicitor, later released or cleared out; buyers see the parties to the agreement."""
    it: FrameworkEntry = found_or_404(queries.entry(response, seen_by=request.actor))
    found_or_404(it if it.package.framework.number == number else None)

    def act() -> HttpResponse:
        verb, post = request.POST.get("verb", ""), request.POST
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb in ("accept", "exclude"):
            said: dict[str, Any] = {name: post.get(name, "") for name in ("finding", "note", "score")}
            services.judge_response(it, conforms=verb == "accept", **said, **told)
        elif verb == "admit":
            open_services.admit_supplier(it, **told)
        elif verb == "turn_down":
            open_services.turn_down_supplier(it, finding=post.get("finding", ""), note=post.get("note", ""), **told)
        else:
            if verb in ("approve", "refuse"):
                _judge_upgrade(request, it, verb, told)
                return see_other("buyer:framework_entry", number, response)
            if verb == "clear_out":
                told["removal"] = post.get("removal", "")
            found_or_404(PARTED.get(verb))(it, reason=post.get("reason", ""), **told)
        return see_other("buyer:framework", number)

    upgrades = parties.upgrades_of(it)
    context = {
        "it": it.package.framework,
        "entry": it,
        "dealers": parties.dealers_of(it, seen_by=request.actor),
        "upgrades": upgrades,
        "open_to": {one.number: {move.verb: move for move in states.upgrade.open_to(one, request.actor)} for one in upgrades},
        "moves": _entry_moves(request, it),
        "findings": rules.FINDINGS,
        "removals": rules.REMOVALS,
        "capacities": rules.CAPACITIES,
        "history": history_of(f"framework_entry/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "buyer/framework_entry.html", context, act)


def _judge_upgrade(request: Request, it: FrameworkEntry, verb: str, told: dict[str, Any]) -> None:
    upgrade = found_or_404(parties.upgrade(request.POST.get("upgrade", ""), entry=it))
    if verb == "approve":
        party_services.approve_upgrade(upgrade, **told)
    else:
        party_services.refuse_upgrade(upgrade, reason=request.POST.get("reason", ""), **told)


def _entry_moves(request: Request, it: FrameworkEntry) -> dict[str, Any]:
    """What can be done with a response at this place of the framework's way."""
    running = ("release", "clear_out", *(("keep",) if it.leave_until else ()))
    if it.package.framework.is_open_form:
        running = ("admit", "turn_down", "clear_out")
    at_home = {life.OPENED: ("accept", "exclude"), life.IN_FORCE: running}.get(it.package.framework.state, ())
    return {move.verb: move for move in states.entry.open_to(it, request.actor) if move.verb in at_home}


def _posted(request: Request) -> dict[str, Any]:
    told: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS}
    return {**told, "second_stage": request.POST.getlist("second_stage"), "packages": _rows(request)}


def _rows(request: Request) -> list[dict[str, str]]:
    numbers = [n for n in range(1, rules.PACKAGES_MOST + BLANK_ROWS + 1) if f"name_{n}" in request.POST]
    return [{name: request.POST.get(f"{name}_{n}", "") for name in ROW_FIELDS} for n in numbers]


def _form(request: Request, it: Framework | None) -> dict[str, Any]:
    """What was posted, else what stands, else an empty sheet."""
    if request.method == "POST":
        told = _posted(request)
    elif it is not None:
        told = {**{name: getattr(it, name) or "" for name in TEXTS}, "second_stage": it.second_stage, "packages": _told_rows(it)}
    else:
        told = {
            **dict.fromkeys(TEXTS, ""),
            "kind": "goods",
            "form": "closed",
            "method": "price",
            "second_stage": ["direct"],
            "packages": [],
        }
    blank = dict.fromkeys(ROW_FIELDS, "")
    if request.method != "POST":
        told["packages"] = [*told["packages"], *(blank for _n in range(BLANK_ROWS))]
    return {
        "told": told,
        "kinds": rules.KINDS.items(),
        "forms": open_rules.FORMS.items(),
        "open_grounds": open_rules.GROUNDS.items(),
        "grounds": [(key, GROUNDS[key]) for key in rules.GROUNDS],
        "methods": rules.METHODS.items(),
        "quality_grounds": rules.QUALITY_GROUNDS.items(),
        "second_stage": rules.SECOND_STAGE.items(),
        "services": [(key, service.text) for key, service in work_rules.SERVICES.items()],
        "pricing": "、".join(str(form.text) for form in work_rules.FORMS.values()),
        "categories": [f"{each.code} {lang(each)}" for each in catalog.tree().in_use()],
    }


def _told_rows(it: Framework) -> list[dict[str, Any]]:
    found = it.packages.select_related("category").prefetch_related("sheet").order_by("position")
    return [{**_plain_row(one), "category": f"{one.category.code} {lang(one.category)}", "rates": _rates(one)} for one in found]


def _plain_row(one: Package) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ROW_FIELDS if name != "rates"}
    return {**told, "unit": "", "ceiling": ""} if one.service else told


def _rates(one: Package) -> str:
    """The rate sheet as it is written."""
    return "\n".join(f"{item.name} | {work_rules.FORMS[item.form].text} | {item.ceiling.normalize():f}" for item in one.sheet.all())


def _instant(text: str) -> datetime | None:
    """An instant of a form, told in China's time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
