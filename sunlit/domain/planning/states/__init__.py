"""The lives before a purchase."""

from sunlit.domain.planning.states.demands import demand
from sunlit.domain.planning.states.intentions import intention
from sunlit.domain.planning.states.plans import plan
from sunlit.domain.planning.states.surveys import survey

__all__ = ["demand", "intention", "plan", "survey"]
