"""What is stored before a purchase."""

from sunlit.domain.planning.models.budgets import BudgetQuota, Hold, QuotaChange, YearClosing
from sunlit.domain.planning.models.demands import Demand, DemandItem, DemandVersion
from sunlit.domain.planning.models.intentions import Intention, IntentionItem
from sunlit.domain.planning.models.plans import Plan, PlanItem, PlanLine, PlanObjection, PlanUse
from sunlit.domain.planning.models.purchases import Purchase
from sunlit.domain.planning.models.reconciliations import Comparison, Payout, Statement
from sunlit.domain.planning.models.surveys import Survey, SurveyAnswer

__all__ = [
    "BudgetQuota",
    "Comparison",
    "Demand",
    "DemandItem",
    "DemandVersion",
    "Hold",
    "Intention",
    "IntentionItem",
    "Payout",
    "Plan",
    "PlanItem",
    "PlanLine",
    "PlanObjection",
    "PlanUse",
    "Purchase",
    "QuotaChange",
    "Statement",
    "Survey",
    "SurveyAnswer",
    "YearClosing",
]
