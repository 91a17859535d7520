"""The face of insight: figures of the whole platform, and what a change of a rule would have done."""

from sunlit.domain.insight.queries import trials
from sunlit.domain.insight.queries.headline import Headline, Month, forget, headline, months
from sunlit.domain.insight.queries.policy import PolicyMonth, policy_months

__all__ = ["Headline", "Month", "PolicyMonth", "forget", "headline", "months", "policy_months", "trials"]
