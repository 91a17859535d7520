"""What an operator does with the rulebook at the command line."""

from sunlit.domain.rulebook.commands.packs import rules
from sunlit.domain.rulebook.commands.vectors import check_vectors

__all__ = ["check_vectors", "rules"]
