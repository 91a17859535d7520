"""Analytics: one SQL text over tables that were read from PostgreSQL as they stood at one instant."""

from sunlit.foundation.engine.duck import MEMORY, Engine, TableOf, analysis, one_instant

__all__ = ["MEMORY", "Engine", "TableOf", "analysis", "one_instant"]
