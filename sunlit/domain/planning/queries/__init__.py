"""What is asked before a purchase."""

from sunlit.domain.planning.queries import findings, splitting
from sunlit.domain.planning.queries.budgets import BudgetSum, changes_of, holds_of, quota, quotas_of, quotas_page, sums
from sunlit.domain.planning.queries.intentions import IntentionPage, intention, intentions

__all__ = [
    "BudgetSum",
    "IntentionPage",
    "changes_of",
    "findings",
    "holds_of",
    "intention",
    "intentions",
    "quota",
    "quotas_of",
    "quotas_page",
    "splitting",
    "sums",
]
