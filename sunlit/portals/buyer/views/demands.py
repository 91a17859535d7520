"""Demands: what is needed, written with the library and the rulebook beside it, and reviewed by somebody else."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Demand
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules.demands import Content
from sunlit.domain.planning.states import demands as life
from sunlit.domain.rulebook.rules.templates import Template, form
from sunlit.portals.buyer import demand_forms as forms
from sunlit.portals.buyer.demand_papers import demand_paper
from sunlit.portals.buyer.demand_versions import compared
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui import papers
from sunlit.portals.ui.filling import wants_a_row
from sunlit.portals.ui.filters import moment
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

REDRAW: Final = {  # another comparison asks for other fields: the editor is shown anew, nothing is kept
    "hx-post": "",
    "hx-trigger": "change",
    "hx-vals": '{"do": "check"}',
    "hx-target": "#editor",
    "hx-select": "#editor",
    "hx-swap": "outerHTML show:none",
}
SHAPES: Final = ("add", "drop", "item", "drop_item", "find", "check")  # buttons that show the form anew and keep nothing


@door(kind="buyer", methods=("GET",))
def demands(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("state", "q")}
    context = {
        "page": queries.demands_page(seen_by=request.actor, **asked, after=request.GET.get("after", "")),
        "counts": queries.demand_counts(seen_by=request.actor),
        "states": states.demand.states,
        "asked": asked,
        "may_begin": request.actor.has(*ORDERERS),
    }
    return render(request, "buyer/demands.html", context)


@door(kind="buyer", roles=ORDERERS)
def new(request: Request) -> HttpResponse:
    """Say what for, and find the item of the catalogue."""
    words = (request.POST or request.GET).get("q", "").strip()[:100]

    def act() -> HttpResponse:
        told = {"title": request.POST.get("title", ""), "category_code": request.POST.get("category", "")}
        made = services.begin_demand(**told, by=request.actor, at=request.now)
        return see_other("buyer:edit_demand", made.number)

    context = {"q": words, "found": forms.leaves(words), "title": (request.POST or request.GET).get("title", "")[:200]}
    return form_page(request, "buyer/demand_new.html", context, act)


@door(kind="buyer", methods=("GET",))
def demand(request: Request, number: str) -> HttpResponse:
    return render(request, "buyer/demand.html", _page(request, number) | {"problems": (), "given": {}})


def _page(request: Request, number: str) -> dict[str, Any]:
    it: Demand = found_or_404(queries.demand(number, seen_by=request.actor))
    content = queries.content_of(it)
    moves = {move.verb: move for move in states.demand.open_to(it, request.actor)}
    return {
        **_assessed(request, content, it),
        "it": it,
        "content": content,
        "things": forms.things(content),
        "template": queries.template_of(content),
        "answers": forms.parts(content),
        "versions": it.version > 1,
        "sections": forms.sections(content),
        "moves": moves,
        "points": queries.review_points(content, region_path=it.region_path, at=request.now) if "settle" in moves else {},
        "confirmed": [str({**rules.REVIEW_POINTS, **rules.KEY_POINTS}[name]) for name in it.review.get("points", ())],
        "cases": rules.CASES,
        "may_revise": request.actor.has(*ORDERERS),
        "history": history_of(f"demand/{it.number}"),
        "successor": it.replaced_by.exclude(state="withdrawn").order_by("-pk").first(),
        "surveys": queries.surveys_of(it),
        "now": request.now,
    }


def _assessed(request: Request, content: Content, it: Demand) -> dict[str, Any]:
    """What library and rulebook say of the content as it is written."""
    found = queries.assess(content, region_path=it.region_path, at=request.now)
    reasons = [
        (thing.title, queries.demanded(each, thing.kind), each.kept) for thing in found.items for each in thing.item.parameters if each.kept
    ]
    return {"assessed": found, "narrowing": forms.narrowing(found), "reasons": reasons, "say": queries.demanded}


@door(kind="buyer", roles=ORDERERS)
def edit(request: Request, number: str) -> HttpResponse:
    """Write the demand; what library and rulebook say of it stands beside it."""
    it: Demand = found_or_404(queries.demand(number, seen_by=request.actor))
    found_or_404(it.state == life.DRAFT or None)
    posted, pressed = request.method == "POST", request.POST.get("do", "")[:80]
    content = _posted(request, it) if posted else queries.content_of(it)
    template = queries.template_for(content, before=queries.content_of(it), region_path=it.region_path, at=request.now)
    content = content if posted else rules.under(content, template)
    words = request.POST.get("find", "")[:100]
    context = {
        **_assessed(request, content, it),
        "it": it,
        "content": content,
        "things": forms.things(content, queries.usual_parameters(content)),
        "asked": form(template, content.answers or None, prefix=rules.ANSWER, more=wants_a_row(request)) if template else None,
        "sections": forms.sections(content),
        "needed": rules.needed_sections(template),
        "cases": _cases(template),
        "several": catalog.several,
        "redraw": REDRAW,
        "find": words,
        "found": forms.leaves(words) if pressed == "find" else [],
        "version": request.POST.get("expected", it.version),
    }
    if posted and (pressed.partition(":")[0] in SHAPES or wants_a_row(request)):
        return render(request, "buyer/demand_edit.html", context | {"problems": (), "given": request.POST})

    @transaction.atomic  # a demand that cannot be handed in is not saved either: nothing was changed
    def act() -> HttpResponse:
        saved = services.edit_demand(it, content, by=request.actor, at=request.now, expected=expected(request))
        if pressed == "hand_in":
            services.hand_in_demand(saved, by=request.actor, at=request.now)
            tell(request, _("Demand %(number)s was handed in for review.") % {"number": it.number})
            return see_other("buyer:demand", it.number)
        tell(request, _("Demand %(number)s was saved.") % {"number": it.number})
        return see_other("buyer:edit_demand", it.number)

    return form_page(request, "buyer/demand_edit.html", context, act)


def _posted(request: Request, it: Demand) -> Content:
    """What was posted, in the shape that was asked for, under the template that it belongs to."""
    content = forms.reshaped(forms.written(request.POST), request.POST.get("do", "")[:80])
    template = queries.template_for(content, before=queries.content_of(it), region_path=it.region_path, at=request.now)
    return forms.answered(content, template, dict(request.POST.lists()))


def _cases(template: Template | None) -> dict[str, Any]:
    """What applies, but for what the template asks itself."""
    asks = {field.key for field in template.fields} if template else set()
    return {name: label for name, label in rules.CASES.items() if not (name == "imported" and rules.IMPORTS in asks)}


@door(kind="buyer", roles=ORDERERS, methods=("POST",), once=False)
def panel(request: Request, number: str) -> HttpResponse:
    """What library and rulebook say while it is written; nothing is kept."""
    it: Demand = found_or_404(queries.demand(number, seen_by=request.actor))
    content = _posted(request, it)
    return render(request, "buyer/demand_panel.html", {**_assessed(request, content, it), "it": it, "editing": True})


@door(kind="buyer", methods=("GET",))
def versions(request: Request, number: str) -> HttpResponse:
    """Two versions of the demand side by side, what differs marked; at first the last two."""
    it: Demand = found_or_404(queries.demand(number, seen_by=request.actor))
    kept = queries.versions_of(it)
    chosen = [request.GET.get(name, "") for name in ("old", "new")]
    older, newer = (next((each for each in kept if str(each.version) == key), None) for key in chosen)
    newer = newer or kept[0]
    older = older or next((each for each in kept if each.version < newer.version), newer)
    context = {
        "it": it,
        "kept": [(each.version, f"{each.version} · {moment(each.at)} · {each.by}") for each in kept],
        "older": older,
        "newer": newer,
        "rows": compared(Content.from_json(older.content), Content.from_json(newer.content)),
    }
    return render(request, "buyer/demand_versions.html", context)


@door(kind="buyer", methods=("GET",))
def paper(request: Request, number: str) -> HttpResponse:
    """The demand as a paper, with its digest and the way to verify it."""
    it: Demand = found_or_404(queries.demand(number, seen_by=request.actor))
    return papers.answer(demand_paper(request, it, queries.content_of(it)))


@door(kind="buyer", methods=("POST",))
def act_on_demand(request: Request, number: str) -> HttpResponse:
    """Take back, give back, settle, revise or withdraw."""
    page = _page(request, number)
    it: Demand = page["it"]
    told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}

    def act() -> HttpResponse:
        verb, reason = request.POST.get("verb", ""), request.POST.get("reason", "")
        if verb == "settle":
            services.settle_demand(it, points=request.POST.getlist("points"), opinion=request.POST.get("opinion", ""), **told)
        elif verb == "take_back":
            services.take_back_demand(it, **told)
            return see_other("buyer:edit_demand", it.number)
        elif verb == "give_back":
            services.give_back_demand(it, reason=reason, **told)
        elif verb == "withdraw":
            services.withdraw_demand(it, reason=reason, **told)
        else:
            found_or_404(True if verb == "revise" else None)
            made = services.revise_demand(it, by=request.actor, at=request.now)
            return see_other("buyer:edit_demand", made.number)
        return see_other("buyer:demand", it.number)

    return form_page(request, "buyer/demand.html", page, act)
