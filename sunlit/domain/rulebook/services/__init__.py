"""The regulator's pen and the operator's pack: who changes the rulebook, and how."""

from sunlit.domain.rulebook.services.drafts import (
    CALENDAR,
    approve,
    draft_day,
    draft_end,
    draft_value,
    hand_in,
    revise,
    send_back,
    withdraw,
)
from sunlit.domain.rulebook.services.outages import beat, confirm_outage, declare_outage, forget_pulses, refuse_outage
from sunlit.domain.rulebook.services.packs import Loaded, load_pack
from sunlit.domain.rulebook.services.rules import add_holiday, end_rule, set_rule

__all__ = [
    "CALENDAR",
    "Loaded",
    "add_holiday",
    "approve",
    "beat",
    "confirm_outage",
    "declare_outage",
    "draft_day",
    "draft_end",
    "draft_value",
    "end_rule",
    "forget_pulses",
    "hand_in",
    "load_pack",
    "refuse_outage",
    "revise",
    "send_back",
    "set_rule",
    "withdraw",
]
