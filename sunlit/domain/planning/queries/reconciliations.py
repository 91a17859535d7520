"""What is asked of the treasury's statements: reports, their differences, and our own side as a file."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from sunlit.domain.planning import policies
from sunlit.domain.planning.models import Comparison, Statement
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

__all__ = ["comparison", "comparisons", "our_side", "statement", "statements"]

OUR_COLUMNS = ("指标编号", "采购人编号", "预算年度", "预算项目", "经济分类", "指标金额", "占用", "承付", "已支付", "可用")


def statements(*, seen_by: Actor, year: int) -> list[Statement]:
    """The latest statements of the actor's region about a year."""
    return list(_visible(seen_by).filter(year=year).order_by("-id")[:PAGE_ROWS])


def statement(number: str, *, seen_by: Actor) -> Statement | None:
    return _visible(seen_by).filter(number=number).first()


def comparisons(it: Statement, *, everything: bool = False, after: str = "", rows: int = PAGE_ROWS) -> list[Comparison]:
    """What does not agree, or everything, by the number of the quota; `after` is the last number of the page before."""
    found = it.comparisons.select_related("quota__buyer", "settled_by").filter(quota_number__gt=after).order_by("quota_number")
    return list((found if everything else found.exclude(outcome="matched"))[:rows])


def comparison(it: Statement, quota_number: str) -> Comparison | None:
    return it.comparisons.filter(quota_number=quota_number).first()


def our_side(*, seen_by: Actor, year: int) -> Iterator[tuple[str, ...]]:
    """Heading and rows of the quotas that the actor may see, with their figures: for the finance system."""
    yield OUR_COLUMNS
    for it in policies.visible_to(seen_by).filter(year=year).select_related("buyer").order_by("number").iterator(chunk_size=2_000):
        figures = (it.total, it.held, it.committed, it.spent, it.available)
        yield (it.number, it.buyer.number, str(it.year), it.project, it.economic_category, *(f"{figure:.2f}" for figure in figures))


def _visible(actor: Actor) -> QuerySet[Statement]:
    match actor.kind:
        case "regulator":
            return Statement.objects.filter(Q(region_path=actor.region_path) | Q(region_path__startswith=f"{actor.region_path}/"))
        case "operator":
            return Statement.objects.all()
    return Statement.objects.none()
