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
    "commit",
    "discard_intention",
    "draft_intention",
    "hold",
    "import_quotas",
    "publish_intention",
    "release",
    "revise_intention",
    "rows_in",
    "set_total",
    "spend",
    "template",
    "withdraw_intention",
]
