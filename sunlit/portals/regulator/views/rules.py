"""The rulebook as this office sees it: what holds, since when and by what source; drafting a region's own rules and days off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from sunlit.domain.insight.queries import trials
from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import RuleDraft
from sunlit.domain.rulebook.queries import Rule_
from sunlit.domain.rulebook.rules import CHOICES, TOO_EARLY, earliest_day
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, door, form_page, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.rulebook import EVIDENCES, HELD, OWNERS, awaited, fits, grouped, kind_name, opened, overview, subjects
from sunlit.portals.ui.toasts import tell

FILTERS: Final = ("q", "group", "evidence", "owner", "held", "open")
COMPARED: Final = ("value", "source", "article", "evidence", "binding", "note")


@dataclass(frozen=True)
class Version:
    """One version of a rule and what it changed against the one before it in the same region and for the same kind."""

    rule: Rule_
    before: Rule_ | None
    changed: tuple[str, ...]
    now: bool

    @property
    def number(self) -> int:
        return self.rule.id


@door(kind="regulator", methods=("GET",))
def rules(request: Request) -> HttpResponse:
    """Every rule in force, by subject; and what comes."""
    own, today = request.actor.region_path, local_day(request.now)
    asked = {name: request.GET.get(name, "").strip()[:100] for name in FILTERS}
    everything = queries.rules_page(own, today)
    found = [rule for rule in everything if _fits(rule, asked, own)]
    context = {
        "groups": grouped(found) if opened(asked) else [],
        "overview": [] if opened(asked) else overview(found),
        "kept": urlencode({name: value for name, value in asked.items() if value and name != "group"}),
        "count": len(found),
        "kind_name": kind_name,
        "subjects": subjects(everything),
        "evidences": EVIDENCES.items(),
        "owners": OWNERS.items(),
        "held": HELD.items(),
        "awaited": awaited,
        "coming": queries.coming(own, today),
        "drafts": queries.drafts_page(seen_by=request.actor).drafts,
        "asked": asked,
        "own": own,
        "pack": queries.pack_version(),
    }
    return render(request, "regulator/rules.html", context)


def _fits(rule: Rule_, asked: dict[str, str], own: str) -> bool:
    owner = "own" if rule.region_path == own else "above"
    return fits(rule, asked) and asked["owner"] in ("", owner) and (asked["open"] != "1" or rule.allowed is not None)


@door(kind="regulator")
def rule(request: Request, key: str) -> HttpResponse:
    """One rule: what holds, its versions, and this office's own version of it."""
    path, kind = place_asked(request), (request.POST or request.GET).get("kind", "")
    it = in_force_here(key, path, kind, local_day(request.now))
    versions = list(_versions(queries.history(key, path), local_day(request.now)))

    def act() -> HttpResponse:
        draft = _end(request, key, path, kind) if request.POST.get("verb") == "end" else _propose(request, key, path, kind)
        tell(request, _("The change is drafted. Hand it in, and another person decides."))
        return see_other("regulator:draft", draft.number)

    context = {
        "it": it,
        "awaited": awaited(it),
        "note_of": queries.note_of,
        "kind": kind,
        "kind_told": kind_name(it),
        "path": path,
        "code": regions.code_of(path),
        "versions": [version for version in versions if version.rule.kind == kind] or versions,
        "is_template": "template" in it.value,
        "can_be_tried": trials.can_be_tried(key),
        "why_not": trials.why_not(it),
        "kinds": sorted({version.rule.kind: kind_name(version.rule) for version in reversed(versions)}.items()),
        "places": _places(request),
        "typed": typed(it),
        "choices": [(name, str(CHOICES.get(name, name))) for name in (it.allowed or {}).get("choices", ())],
        "earliest": earliest_day(request.now),
        "has_own": any(
            v.rule.region_path == path and v.rule.kind == kind and (v.now or v.rule.since > local_day(request.now)) for v in versions
        ),
        "drafts": queries.open_drafts(key, seen_by=request.actor, kind=kind),
        "conditions": queries.conditions(it, region_path=path, on=local_day(request.now)),
        "waiting": [v for v in versions if v.rule.since > local_day(request.now) and v.rule.kind == kind],
        "history": ledger.about(key, region_path=request.actor.region_path)[:30],
        "now": request.now,
    }
    return form_page(request, "regulator/rule.html", context, act)


def place_asked(request: Request) -> str:
    """The region that is asked about: this office's own, or one below it."""
    code = (request.POST or request.GET).get("region", "")
    found = accounts.region(code) if code else None
    path = found.path if found else request.actor.region_path
    if not regions.is_under(path, request.actor.region_path):
        raise Http404
    return path


def in_force_here(key: str, path: str, kind: str, on: date) -> Rule_:
    try:
        return queries.rule(key, region_path=path, kind=kind, on=on)
    except Refused:
        waiting = [it for it in queries.history(key, path) if it.kind == kind]
        if not waiting:
            raise Http404 from None
        return waiting[0]


def _versions(history: list[Rule_], today: date) -> Iterator[Version]:
    """The newest first; each with the one before it in its own region and kind, or else with what it departs from above."""
    for position, it in enumerate(history):
        older = history[position + 1 :]
        before = next((o for o in older if (o.region_path, o.kind) == (it.region_path, it.kind)), None)
        above = (o for o in older if o.kind in (it.kind, "") and len(o.region_path) < len(it.region_path) and o.holds_on(it.since))
        before = before or next(above, None)
        yield Version(it, before, _changed(it, before), it.holds_on(today))


def _changed(it: Rule_, before: Rule_ | None) -> tuple[str, ...]:
    return tuple(name for name in COMPARED if before is not None and getattr(it, name) != getattr(before, name))


def typed(it: Rule_, value: Mapping[str, Any] | None = None) -> str:
    """The value, or another of the same form, as a person would type it."""
    told = it.value if value is None else value
    figure: Any = next((told[name] for name in ("n", "yuan", "percent", "choice", "words") if name in told), "")
    return "、".join(figure) if isinstance(figure, list | tuple) else str(figure)


def _propose(request: Request, key: str, path: str, kind: str) -> RuleDraft:
    given = request.POST
    return services.draft_value(
        key=key,
        region=path,
        kind=kind,
        value=given.get("value", ""),
        effective_from=day_in(request, "effective_from"),
        source=given.get("source", "").strip(),
        article=given.get("article", "").strip(),
        note=given.get("note", "").strip(),
        binding=binding_in(request),
        reason=given.get("reason", ""),
        by=request.actor,
        at=request.now,
    )


def _end(request: Request, key: str, path: str, kind: str) -> RuleDraft:
    told = {"effective_from": day_in(request, "effective_from"), "reason": request.POST.get("reason", "")}
    return services.draft_end(key=key, region=path, kind=kind, by=request.actor, at=request.now, **told)  # type: ignore[arg-type]


def day_in(request: Request, field: str) -> date:
    try:
        return date.fromisoformat(request.POST.get(field, "").strip())
    except ValueError:
        raise Refused(Problem(TOO_EARLY, {"earliest": earliest_day(request.now)}, on=field)) from None


def binding_in(request: Request) -> bool | None:
    """Whether the rule is to refuse by itself; None where the form does not ask, and it stays as it is."""
    told = request.POST.getlist("binding")
    return "1" in told if told else None


def _places(request: Request) -> list[tuple[str, str]]:
    return [(region.code, lang(region)) for region in accounts.regions() if regions.is_under(region.path, request.actor.region_path)]


@door(kind="regulator")
def calendar(request: Request) -> HttpResponse:
    """The days that differ from the plain week; a region announces its own."""
    text = (request.POST or request.GET).get("year", "")
    year = int(text) if text.isdecimal() and len(text) == 4 else local_day(request.now).year
    own = request.actor.region_path

    def act() -> HttpResponse:
        day = day_in(request, "day")
        given = {name: request.POST.get(name, "").strip() for name in ("name", "source", "reason")}
        draft = services.draft_day(
            day=day, region=place_asked(request), working=request.POST.get("working") == "1", **given, by=request.actor, at=request.now
        )
        tell(request, _("The change is drafted. Hand it in, and another person decides."))
        return see_other("regulator:draft", draft.number)

    context = {
        "days": queries.holidays(own, year),
        "year": year,
        "provisional": queries.calendar_for(own).provisional(year),
        "places": _places(request),
        "code": regions.code_of(own),
        "earliest": earliest_day(request.now),
        "drafts": queries.open_drafts(services.CALENDAR, seen_by=request.actor),
    }
    return form_page(request, "regulator/calendar.html", context, act)
