"""Which rules judge purchases, what of a purchase they judge, and which version of a rule a change would replace. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Reason

NOT_SIMULATED = Reason("SIM-001", _("“{name}” judges no past purchase: there is nothing to replay. {why}"))
MONTHS_WRONG = Reason("SIM-002", _("Choose from 1 to {most} months."))
NOT_YOURS = Reason("SIM-003", _("Only the regulator of the region or of one above it, or the operator, simulates its rules."), FORBIDDEN)
UNKNOWN_REGION = Reason("SIM-004", _("There is no region “{region}” in this net."))
WORKER_GONE = Reason("SIM-005", _("The worker that tried it stopped before it was done: nothing was kept. Ask for it again."), CONFLICT)
BROKEN = Reason("SIM-006", _("It could not be worked out; the operator finds the cause in the log. Ask for it again later."), CONFLICT)
UNDER_WAY = Reason("SIM-007", _("{number} is being tried by a worker just now: its result appears on its page."), CONFLICT)
UNTAKEN = Reason("SIM-008", _("No worker took it up for an hour: nothing was tried. Ask for it again."), CONFLICT)

MONTHS: Final = 24
MONTHS_MOST: Final = 60
OBJECTS: Final = ("goods", "services", "works")

MOVED, YEAR, NEAR, RUN, APPROVAL, REPEAT, ABOVE = "moved", "year", "near", "run", "approval", "repeat", "above"
CHECKS: Final[Mapping[str, tuple[str, ...]]] = {  # key of a rule → what of a purchase is judged anew when it changes
    "threshold.procurement": (MOVED, NEAR, RUN),
    "threshold.open_tender": (MOVED, YEAR, NEAR, RUN),
    "splitting.year_sum": (YEAR,),
    "splitting.near_share": (NEAR,),
    "splitting.near_count": (NEAR,),
    "splitting.near_window": (NEAR,),
    "splitting.run_count": (RUN,),
    "splitting.run_window": (RUN,),
    "order.approval_limit": (APPROVAL, REPEAT),
    "order.repeat_window": (REPEAT,),
    "order.repeat_count": (REPEAT,),
    "order.repeat_share": (REPEAT,),
    "price.above_median_warn": (ABOVE,),
}
FIGURES: Final = {  # column of the figures that are compared → key and kind of its rule; no kind: the object's own
    "procurement": ("threshold.procurement", None),
    "open_tender": ("threshold.open_tender", None),
    "item": ("splitting.year_sum", "item"),
    "klass": ("splitting.year_sum", "class"),
    "near_share": ("splitting.near_share", ""),
    "near_count": ("splitting.near_count", ""),
    "near_days": ("splitting.near_window", ""),
    "run_count": ("splitting.run_count", ""),
    "run_days": ("splitting.run_window", ""),
    "approval": ("order.approval_limit", ""),
    "repeat_count": ("order.repeat_count", ""),
    "repeat_share": ("order.repeat_share", ""),
    "repeat_days": ("order.repeat_window", ""),
    "above_median": ("price.above_median_warn", ""),
}
OUTCOMES: Final[Mapping[str, str | Promise]] = {  # the mildest first
    "allowed": _("no remark"),
    "approval": _("approved by the buyer's lead first"),
    "warned": _("warned"),
    "moved": _("another procurement method"),
    "refused": _("refused"),
}
SIZES: Final[Mapping[str, str | Promise]] = {
    "large": _("large"),
    "medium": _("medium"),
    "small": _("small"),
    "micro": _("micro"),
    "unknown": _("size not known"),
}


DAYS: Final = frozenset({"minute", "hour", "calendar_day", "working_day", "year", "same_instant"})
SHELF: Final = frozenset({"price", "watch", "listing", "search"})
PAPERS: Final = frozenset({"row", "check", "text"})
TERM_ONLY, SHELF_ONLY, PAPERS_ONLY, ELSEWHERE = (
    _("It sets a term: what is under way keeps the term it began with."),
    _("It judges offers on the shelf, not purchases."),
    _("It judges plans, demands and papers, by facts that a finished purchase does not keep."),
    _("It belongs to a stage that no purchase of the marketplace passes through."),
)


def why_not(rule: Rule_) -> str:
    """Why no trial of the rule is possible, in words; "" where one is."""
    if rule.key in CHECKS:
        return ""
    if rule.unit in DAYS:
        return str(TERM_ONLY)
    if rule.key.partition(".")[0] in SHELF:
        return str(SHELF_ONLY)
    return str(PAPERS_ONLY if rule.unit in PAPERS else ELSEWHERE)


def steps_of(key: str) -> int:
    """The steps of a trial as its progress counts them: reading, each check, adding up."""
    return 2 + len(CHECKS[key])


@dataclass(frozen=True)
class Change:
    """A change to be tried: the rule with its kind, the region whose own version it would be, and the value in the form of the rule's own."""

    key: str
    kind: str
    region_path: str
    value: Mapping[str, Any]
    lawful: bool | None = None  # whether the changed version could refuse by itself; None: as the version that it replaces

    @property
    def figure(self) -> Decimal:
        return Decimal(str(next(self.value[name] for name in ("n", "yuan", "percent") if name in self.value)))

    def replaces(self, found: Rule_, *, region_path: str, kind: str) -> bool:
        """Whether a purchase of this region and kind, judged by `found` now, would be judged by the change: the nearest region wins, in it the kind."""
        inside = not self.region_path or region_path == self.region_path or region_path.startswith(self.region_path + "/")
        return inside and self.kind in (kind, "") and _rank(self.region_path, self.kind) >= _rank(found.region_path, found.kind)


def _rank(region_path: str, kind: str) -> tuple[int, bool]:
    depth = region_path.count("/") + 1 if region_path else 0
    return depth, bool(kind)
