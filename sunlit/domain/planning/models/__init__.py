"""What is stored before a purchase."""

from sunlit.domain.planning.models.budgets import BudgetQuota, Hold, QuotaChange

__all__ = ["BudgetQuota", "Hold", "QuotaChange"]
