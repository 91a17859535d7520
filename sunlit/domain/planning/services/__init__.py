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

__all__ = ["HEADINGS", "SHEETS", "commit", "hold", "import_quotas", "release", "rows_in", "set_total", "spend", "template"]
