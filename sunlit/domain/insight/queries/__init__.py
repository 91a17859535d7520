"""The face of insight: figures of the whole platform, and what a change of a rule would have done."""

from sunlit.domain.insight.queries import trials
from sunlit.domain.insight.queries.headline import Headline, Month, forget, headline, months

__all__ = ["Headline", "Month", "forget", "headline", "months", "trials"]
