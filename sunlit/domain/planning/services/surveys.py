"""Verbs of the demand survey: ask the market, answer, record what was answered elsewhere, give more time, summarise, call off, use again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from sunlit.domain.planning.events import SurveyMoved
from sunlit.domain.planning.models import Demand, Survey, SurveyAnswer
from sunlit.domain.planning.queries import surveys as queries
from sunlit.domain.planning.rules import surveys as rules
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import digest, move


@transaction.atomic
def open_survey(demand: Demand, *, title: str, questions: Sequence[str], suppliers: Sequence[str], by: Actor, at: datetime) -> Survey:
    """Ask suppliers (by number) of the market about a demand that is being written, until the rulebook's term ends.

    Refused: SUR-001 too few, SUR-002 one is not active, SUR-003 the questions, SUR-009 the demand is no draft, SUR-010 one is open, SUR-012 the title.
    """
    held = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
    asked = [text for text in (" ".join(each.split()) for each in questions) if text]
    invited = list(Organisation.objects.filter(kind="supplier", number__in=list(suppliers)[: rules.INVITED_MOST + 1]).order_by("pk"))
    standings = registry.standings(it.pk for it in invited)
    problems = [Problem(rules.NOT_ACTIVE, {"supplier": it.name_zh}, on="suppliers") for it in invited if standings.get(it.pk) != "active"]
    if held.state != "draft":
        problems.append(Problem(rules.NOT_A_DRAFT, {"number": held.number}))
    if (other := Survey.objects.filter(demand=held, state="open").values_list("number", flat=True).first()) is not None:
        problems.append(Problem(rules.OPEN_ALREADY, {"number": other}))
    if not title.strip() or len(title.strip()) > NAME_CHARS:
        problems.append(Problem(rules.TITLE_MISSING, {"most": NAME_CHARS}, on="title"))
    check([*problems, *rules.questions_are_asked(asked)])
    until = rulebook.deadline("survey.answer_limit", start=at, region_path=held.region_path, on=local_day(at))
    made = Survey(
        number=new_number("DC", at), region_path=held.region_path, buyer_id=held.buyer_id, demand=held, title=title.strip(),
        questions=asked, invited=[it.pk for it in invited], answer_until=until,
    )  # fmt: skip
    facts = {"demand": held.number, "count": len(invited), "until": until}
    handed = {"least": queries.respondents_least(held.region_path, at)}
    return move(made, "open", by=by, at=at, facts=facts, handed=handed, announces=lambda it: [_moved(it, "open")])


@transaction.atomic
def answer_survey(it: Survey, *, answers: Sequence[str], by: Actor, at: datetime) -> Survey:
    """An invited supplier answers, or answers anew, before the time ends. Refused: SUR-004 too late, SUR-005 nothing said, LIF-002 not invited."""
    said = _said(it, answers)
    it = move(it, "answer", by=by, at=at, facts={"digest": digest(said)})
    told = {"name": by.organisation_name, "answers": said, "answered_at": at, "by": by.user_name}
    SurveyAnswer.objects.update_or_create(survey=it, supplier_id=by.organisation_id, defaults=told)
    return it


@transaction.atomic
def record_answer(it: Survey, *, name: str, answers: Sequence[str], document: File | None, by: Actor, at: datetime) -> Survey:
    """What somebody answered outside the platform, with the paper that shows it. Refused: SUR-005, SUR-008 name or paper missing, SUR-013 counted already."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS or document is None or document.owner_id != by.organisation_id:
        raise Refused(Problem(rules.OUTSIDE_INCOMPLETE, on="name" if not name else "document"))
    said = _said(it, answers)
    it = move(it, "record", by=by, at=at, facts={"name": name, "digest": digest(said), "document": document.sha256})
    try:
        with transaction.atomic():
            SurveyAnswer.objects.create(survey=it, name=name, answers=said, document=document, answered_at=at, by=by.user_name)
    except IntegrityError:
        raise Refused(Problem(rules.COUNTED_ALREADY, {"name": name}, on="name")) from None
    return it


def extend_survey(it: Survey, *, by: Actor, at: datetime, expected: int | None = None) -> Survey:
    """The whole term once more from now."""
    until = rulebook.deadline("survey.answer_limit", start=at, region_path=it.region_path, on=local_day(at))
    until = max(until, it.answer_until)
    change = {"answer_until": until}
    return move(
        it, "extend", by=by, at=at, change=change, facts={"until": until}, expected=expected, announces=lambda it: [_moved(it, "extend")]
    )


@transaction.atomic
def summarise_survey(it: Survey, *, summary: str, by: Actor, at: datetime, expected: int | None = None) -> Survey:
    """What was found; a demand still being written rests on it. Refused: SUR-006 too few answers, SUR-007 no summary."""
    told = {"summary": summary.strip(), "count": it.answers.count()}
    handed = {"least": queries.respondents_least(it.region_path, at)}
    it = move(it, "summarise", by=by, at=at, change={"summary": told["summary"]}, facts=told, handed=handed, expected=expected)
    if it.demand.state == "draft":
        rest_on(it.demand, it, by=by, at=at)
    return it


def cancel_survey(it: Survey, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Survey:
    """Refused: DEM-018 no reason."""
    told = {"reason": reason.strip()}
    return move(it, "cancel", by=by, at=at, change=told, facts=told, expected=expected)


@transaction.atomic
def rest_on(demand: Demand, survey: Survey, *, by: Actor, at: datetime) -> Demand:
    """The demand rests on the survey: its own, or one of the buyer's not too old (art. 11). Refused: SUR-011 too old."""
    assert survey.buyer_id == demand.buyer_id, "a buyer rests on its own surveys"
    if survey.state != "summarised" or not queries.is_fresh(survey, at=at):
        term = queries.reuse_rule(demand.region_path, at)
        ended = local_day(survey.ended_at) if survey.ended_at else "—"
        raise Refused(Problem(rules.TOO_OLD, {"number": survey.number, "day": ended, "time": term.shown}, on="survey"))
    return move(demand, "rest_on", by=by, at=at, change={"survey_id": survey.pk}, facts={"survey": survey.number})


def _said(it: Survey, answers: Sequence[str]) -> list[str]:
    """One text a question."""
    said = [text.strip() for text in answers][: len(it.questions)]
    said += [""] * (len(it.questions) - len(said))
    check(rules.something_is_answered(said))
    return said


def _moved(it: Survey, verb: str) -> SurveyMoved:
    return SurveyMoved(number=it.number, verb=verb, until=it.answer_until.isoformat(), suppliers=it.invited)
