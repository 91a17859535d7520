"""What is asked of demand surveys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.planning import policies
from sunlit.domain.planning.models import Demand, Survey, SurveyAnswer
from sunlit.domain.planning.rules.surveys import USUAL_QUESTIONS
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Rule_
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

__all__ = [
    "USUAL_QUESTIONS",
    "Candidate",
    "SurveyPage",
    "answer_of",
    "answered_by",
    "answers_of",
    "candidates",
    "invited_of",
    "is_fresh",
    "respondents_least",
    "reusable_surveys",
    "reuse_rule",
    "survey",
    "surveys_of",
    "surveys_page",
]

RESPONDENTS, REUSE = "NR-040", "survey.reuse_limit"
CANDIDATES_MOST: Final = 60


@dataclass(frozen=True)
class SurveyPage:
    """A page of surveys; `after` is the key to ask the next page with, or ""."""

    surveys: list[Survey]
    after: str


@dataclass(frozen=True)
class Candidate:
    """A supplier that may be asked, with how many products of the demanded categories it has on sale."""

    supplier: Organisation
    products: int


def survey(number: str, *, seen_by: Actor) -> Survey | None:
    found = policies.surveys_visible_to(seen_by).select_related("buyer__region", "demand")
    return found.filter(number=number).first()


def surveys_page(*, seen_by: Actor, state: str = "", after: str = "", rows: int = PAGE_ROWS) -> SurveyPage:
    """The surveys that the actor may see, newest first; `after` is the key of the page before."""
    found = policies.surveys_visible_to(seen_by).select_related("buyer", "demand")
    if state:
        found = found.filter(state=state)
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return SurveyPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def surveys_of(it: Demand) -> list[Survey]:
    """Those of a demand, newest first."""
    return list(it.surveys.order_by("-pk")[:PAGE_ROWS])


def answers_of(it: Survey) -> list[SurveyAnswer]:
    """What everybody said: for the buyer that asked, never for those who answered."""
    return list(it.answers.select_related("supplier", "document").order_by("pk"))


def answer_of(it: Survey, supplier_id: int) -> SurveyAnswer | None:
    """The supplier's own answer."""
    return it.answers.filter(supplier_id=supplier_id).first()


def answered_by(supplier_id: int, surveys: Sequence[Survey]) -> set[int]:
    """Which of these surveys the supplier has answered, by id."""
    return set(SurveyAnswer.objects.filter(supplier_id=supplier_id, survey__in=surveys).values_list("survey_id", flat=True))


def invited_of(it: Survey) -> list[Organisation]:
    """The suppliers that were asked."""
    return list(Organisation.objects.filter(pk__in=it.invited).order_by("name_key", "pk"))


def candidates(it: Demand) -> list[Candidate]:
    """Active suppliers of the demanded categories: by what they have on sale, then by what they were admitted for."""
    codes = sorted({row.category.code for row in it.items.select_related("category")})
    selling = catalog.sellers_of(codes, region_path=it.region_path, rows=CANDIDATES_MOST)
    more = [pk for pk in registry.admitted_for(codes, rows=CANDIDATES_MOST) if pk not in selling]
    found = Organisation.objects.in_bulk([*selling, *more])
    return [Candidate(found[pk], selling.get(pk, 0)) for pk in [*selling, *more][:CANDIDATES_MOST] if pk in found]


def reusable_surveys(it: Demand, *, at: datetime) -> list[Survey]:
    """Summarised surveys of the buyer that are not too old and touch a category of this demand, newest first."""
    codes = {row.category.code for row in it.items.select_related("category")}
    found = Survey.objects.filter(buyer_id=it.buyer_id, state="summarised").select_related("demand").order_by("-ended_at", "-pk")
    fresh = [one for one in found.prefetch_related("demand__items__category")[:PAGE_ROWS] if is_fresh(one, at=at)]
    return [one for one in fresh if codes & {row.category.code for row in one.demand.items.all()}]


def is_fresh(it: Survey, *, at: datetime) -> bool:
    """Its result may still be used (art. 11: one year)."""
    if it.ended_at is None:
        return False
    rule = reuse_rule(it.region_path, at)
    return at < rulebook.end_of(rule, start=it.ended_at, region_path=it.region_path)


def reuse_rule(region_path: str, at: datetime) -> Rule_:
    return rulebook.rule(REUSE, region_path=region_path, on=local_day(at))


def respondents_least(region_path: str, at: datetime) -> int:
    """NR-040."""
    return rulebook.rule(RESPONDENTS, region_path=region_path, on=local_day(at)).n
