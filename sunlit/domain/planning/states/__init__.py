"""The lives before a purchase."""

from sunlit.domain.planning.states.demands import demand
from sunlit.domain.planning.states.intentions import intention

__all__ = ["demand", "intention"]
