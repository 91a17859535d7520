"""The regulator's pen and the operator's pack: who changes the rulebook, and how."""

from sunlit.domain.rulebook.services.packs import Loaded, load_pack
from sunlit.domain.rulebook.services.rules import add_holiday, end_rule, set_rule

__all__ = ["Loaded", "add_holiday", "end_rule", "load_pack", "set_rule"]
