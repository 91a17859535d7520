"""The verbs of insight."""

from sunlit.domain.insight.services.simulating import replay
from sunlit.domain.insight.services.trying import ask, give_up, simulate, work_out

__all__ = ["ask", "give_up", "replay", "simulate", "work_out"]
