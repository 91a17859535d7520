"""The face of insight: figures of the whole platform, and what a change of a rule would have done."""

from sunlit.domain.insight.queries import trials
from sunlit.domain.insight.queries.headline import Headline, Month, headline, months
from sunlit.domain.insight.queries.headline import forget as forget_counters
from sunlit.domain.insight.queries.policy import PolicyFigures, policy_months, policy_regions, policy_years
from sunlit.domain.insight.queries.policy import forget as forget_policy

__all__ = [
    "Headline",
    "Month",
    "PolicyFigures",
    "forget",
    "headline",
    "months",
    "policy_months",
    "policy_regions",
    "policy_years",
    "trials",
]


def forget() -> None:
    """Count all figures anew at the next question."""
    forget_counters()
    forget_policy()
