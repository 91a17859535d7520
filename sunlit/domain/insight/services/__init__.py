"""The verbs of insight."""

from sunlit.domain.insight.services.simulating import replay, simulate

__all__ = ["replay", "simulate"]
