"""The verbs before a purchase."""

from sunlit.domain.planning.services.budgets import (
    HEADINGS,
    SHEETS,
    commit,
    hold,
    import_quotas,
    release,
    rows_in,
    set_total,
    spend,
    template,
)
from sunlit.domain.planning.services.demands import (
    begin_demand,
    edit_demand,
    give_back_demand,
    hand_in_demand,
    revise_demand,
    settle_demand,
    take_back_demand,
    withdraw_demand,
)
from sunlit.domain.planning.services.intentions import (
    discard_intention,
    draft_intention,
    publish_intention,
    revise_intention,
    withdraw_intention,
)

__all__ = [
    "HEADINGS",
    "SHEETS",
    "begin_demand",
    "commit",
    "discard_intention",
    "draft_intention",
    "edit_demand",
    "give_back_demand",
    "hand_in_demand",
    "hold",
    "import_quotas",
    "publish_intention",
    "release",
    "revise_demand",
    "revise_intention",
    "rows_in",
    "set_total",
    "settle_demand",
    "spend",
    "take_back_demand",
    "template",
    "withdraw_demand",
    "withdraw_intention",
]
