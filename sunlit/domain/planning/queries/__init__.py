"""What is asked before a purchase."""

from sunlit.domain.planning.queries import findings, splitting
from sunlit.domain.planning.queries.budgets import BudgetSum, changes_of, holds_of, quota, quotas_of, quotas_page, sums
from sunlit.domain.planning.queries.demands import (
    Assessment,
    DemandFacts,
    DemandPage,
    ItemFunnel,
    assess,
    content_of,
    demand,
    demand_counts,
    demand_facts,
    demanded,
    demands_page,
    review_points,
    settled_demands,
    shelf_of,
    versions_of,
)
from sunlit.domain.planning.queries.intentions import IntentionPage, intention, intentions

__all__ = [
    "Assessment",
    "BudgetSum",
    "DemandFacts",
    "DemandPage",
    "IntentionPage",
    "ItemFunnel",
    "assess",
    "changes_of",
    "content_of",
    "demand",
    "demand_counts",
    "demand_facts",
    "demanded",
    "demands_page",
    "findings",
    "holds_of",
    "intention",
    "intentions",
    "quota",
    "quotas_of",
    "quotas_page",
    "review_points",
    "settled_demands",
    "shelf_of",
    "splitting",
    "sums",
    "versions_of",
]
