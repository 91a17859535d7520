"""What is asked before a purchase."""

from sunlit.domain.planning.queries.budgets import BudgetSum, changes_of, holds_of, quota, quotas_of, quotas_page, sums

__all__ = ["BudgetSum", "changes_of", "holds_of", "quota", "quotas_of", "quotas_page", "sums"]
