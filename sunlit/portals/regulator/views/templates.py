"""A region's own version of a template: written in a form, drafted like every change of the rulebook, decided by another person."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sunlit.domain.rulebook import queries, services, states
from sunlit.domain.rulebook.models import RuleDraft
from sunlit.domain.rulebook.queries import Rule_
from sunlit.domain.rulebook.rules import earliest_day
from sunlit.domain.rulebook.rules.templates import built, obligatory
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.regulator.template_forms import OWN_KINDS, edited
from sunlit.portals.regulator.views.rules import day_in, in_force_here, place_asked
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell


@door(kind="regulator")
def template(request: Request, key: str) -> HttpResponse:
    """Write the version that this office wants, from what holds here, or an open draft of it anew."""
    number = (request.POST or request.GET).get("draft", "")
    draft: RuleDraft | None = found_or_404(queries.draft(number, seen_by=request.actor)) if number else None
    path = draft.region_path if draft else place_asked(request)
    kind = draft.kind if draft else (request.POST or request.GET).get("kind", "")
    it = in_force_here(key, path, kind, local_day(request.now))
    found_or_404(
        it if "template" in it.value and it.kind == kind and it.allowed is not None and (draft is None or draft.key == key) else None
    )
    start = draft.value["template"] if draft else it.value["template"]
    content = edited(start, request.POST) if request.method == "POST" else start

    def act() -> HttpResponse:
        said: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in ("source", "article", "note")}
        said |= {
            "value": {"template": content},
            "effective_from": day_in(request, "effective_from"),
            "reason": request.POST.get("reason", ""),
        }
        if draft:
            services.revise(draft, **said, by=request.actor, at=request.now, expected=expected(request))
            tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.draft.moves["revise"].label, "number": draft.number})
            return see_other("regulator:draft", draft.number)
        made = services.draft_value(key=key, region=path, kind=kind, **said, by=request.actor, at=request.now)
        tell(request, _("The change is drafted. Hand it in, and another person decides."))
        return see_other("regulator:draft", made.number)

    context = {
        "it": it,
        "draft": draft,
        "kind": kind,
        "code": regions.code_of(path),
        "content": content,
        "bound": set(obligatory(_above(it, path, request))),
        "own_kinds": OWN_KINDS.items(),
        "earliest": earliest_day(request.now),
    }
    return form_page(request, "regulator/template.html", context, act)


def _above(it: Rule_, path: str, request: Request) -> Any:
    """The version of the region above: what is obligatory there stays so."""
    own = it.region_path == path
    above = queries.rule(it.key, region_path=regions.parent(path), kind=it.kind, on=local_day(request.now)) if own else it
    return built(above.value["template"], key=it.key)
