"""Changes of the rulebook on their way: drafted here, judged by another person, in force from their day."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.insight import services as insight
from sunlit.domain.insight.queries import trials
from sunlit.domain.rulebook import queries, services, states
from sunlit.domain.rulebook.models import RuleDraft
from sunlit.domain.rulebook.rules import CHOICES, LAWFUL, Rule_, earliest_day, may_refuse, shown
from sunlit.domain.rulebook.rules.templates import Difference, built, differences
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.regulator.views.rules import binding_in, day_in, typed
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.trials import shown as shown_trial

CHANGES: Final = {
    "value": gettext_lazy("new value"),
    "end": gettext_lazy("end of the own version"),
    "day": gettext_lazy("day of the calendar"),
}
PLAIN: Final = {"hand_in": services.hand_in, "approve": services.approve, "withdraw": services.withdraw}


@door(kind="regulator", methods=("GET",))
def drafts(request: Request) -> HttpResponse:
    """The desk of changes: those that wait for a review first of all."""
    asked = {"state": request.GET.get("state", "open").strip()[:20], "q": request.GET.get("q", "").strip()[:100]}
    page = queries.drafts_page(
        seen_by=request.actor, state="" if asked["state"] == "all" else asked["state"], q=asked["q"], after=request.GET.get("after", "")
    )
    context = {
        "page": page,
        "asked": asked,
        "states": [("open", _("open")), *states.draft.states.items(), ("all", _("all"))],
        "told": {it.pk: told(it) for it in page.drafts},
        "changes": CHANGES,
        "places": _places(),
        "earliest": earliest_day(request.now),
        "to_review": queries.to_review_count(seen_by=request.actor),
    }
    return render(request, "regulator/drafts.html", context)


@door(kind="regulator")
def draft(request: Request, number: str) -> HttpResponse:
    """One change: what it would alter, its review, and what is simulated of it."""
    it: RuleDraft = found_or_404(queries.draft(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        if verb == "send_back":
            services.send_back(it, answer=request.POST.get("reason", ""), **told)
        elif verb == "revise":
            _revise(request, it, told)
        elif verb == "simulate":
            insight.ask(**found_or_404(_trial_of(it)), draft=it.number, by=request.actor, at=request.now)
            return see_other("regulator:draft", number)
        else:
            found_or_404(PLAIN.get(verb))(it, **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.draft.moves[verb].label, "number": number})
        return see_other("regulator:draft", number)

    base = queries.snapshot(it.base) if it.base else None
    for_the_top = base is not None and base.is_the_tops and regions.depth(request.actor.region_path) > 1
    moves = {move.verb: move for move in states.draft.open_to(it, request.actor) if move.verb != "approve" or not for_the_top}
    context = {
        "it": it,
        "told": told(it),
        "base": base,
        "changes": CHANGES,
        "region": _places().get(it.region_path),
        "moves": moves,
        "can_be_tried": bool(_trial_of(it)),
        "why_not": trials.why_not(base) if base else "",
        "trial": _trial(request, it),
        "typed": typed_of(it, base),
        "choices": [(name, str(CHOICES.get(name, name))) for name in ((base.allowed if base else None) or {}).get("choices", ())],
        "others": queries.open_drafts(it.key, seen_by=request.actor, kind=it.kind, besides=it.number),
        "others_told": CHANGES,
        "changed": _changed(it, base),
        "late": it.state in states.OPEN and it.effective_from < earliest_day(request.now),
        "waits_for_another": it.state == states.REVIEW
        and not for_the_top
        and "approve" not in moves
        and it.drafter_id == request.actor.user_id,
        "for_the_top": for_the_top and it.state in states.OPEN,
        "earliest": earliest_day(request.now),
        "history": ledger.history_of(f"rule_draft/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "regulator/draft.html", context, act)


def told(it: RuleDraft) -> dict[str, str]:
    """The change for people: what it is called, and what is to hold."""
    if it.change == "day":
        kind = _("working day") if it.value["working"] else _("day off")
        return {"name": str(it.value["name"]), "then": "", "value": kind}
    assert it.base is not None, "only a day has no base"
    now = shown(it.value, it.base.unit) if it.change == "value" else ""
    return {"name": it.base.name, "then": shown(it.base.value, it.base.unit), "value": now}


def _changed(it: RuleDraft, base: Rule_ | None) -> list[Difference] | None:
    """What of a template differs; None where the change is of another kind."""
    if base is None or "template" not in it.value:
        return None
    return differences(built(base.value["template"], key=it.key), built(it.value["template"], key=it.key))


def typed_of(it: RuleDraft, base: Rule_ | None) -> str:
    """The value as a person would type it again."""
    return "" if base is None or it.change != "value" else typed(base, it.value)


def _trial_of(it: RuleDraft) -> dict[str, Any]:
    """The change as a trial takes it, an end as the value of the region above; empty where no purchase is judged by it."""
    if it.base is None or not trials.can_be_tried(it.key):
        return {}
    told = {"key": it.key, "kind": it.kind, "region": it.region_path}
    if it.change == "value":
        return {**told, "value": it.value, "lawful": bool(it.source) or it.binding or it.base.evidence in LAWFUL}
    above = queries.behind(queries.snapshot(it.base), on=it.effective_from)
    return {**told, "value": dict(above.value), "lawful": may_refuse(above)} if above else {}


def _trial(request: Request, it: RuleDraft) -> Any:
    """What came out when exactly this change was tried last."""
    asked = _trial_of(it)
    if not asked:
        return None
    found = trials.latest(region_path=asked.pop("region"), **asked, seen_by=request.actor)
    return shown_trial(found, seen_by=request.actor) if found else None


def _revise(request: Request, it: RuleDraft, told: dict[str, Any]) -> None:
    given = request.POST
    said: dict[str, Any] = {name: given.get(name, "").strip() for name in ("value", "source", "article", "note")}
    said |= {"binding": binding_in(request), "reason": given.get("reason", "")}
    services.revise(it, effective_from=day_in(request, "effective_from"), **said, **told)


def _places() -> dict[str, Any]:
    return {region.path: region for region in accounts.regions()}
