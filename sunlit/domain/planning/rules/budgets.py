"""What must hold for budget quotas."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import CONFLICT, Reason

QUOTA_SHORT = Reason("BUD-001", _("Quota {quota}: {available} available, {wanted} needed."), CONFLICT)
QUOTA_NOT_YOURS = Reason("BUD-002", _("Choose one of your organisation's budget quotas of this year."))
TOTAL_TOO_SMALL = Reason("BUD-003", _("{used} of quota {quota} is held, committed or spent already: the total cannot be less."))
BUYER_UNKNOWN = Reason("BUD-004", _("Row {row}: there is no buyer with the number {number} in your region."))
AMOUNT_WRONG = Reason("BUD-005", _("Row {row}: “{amount}” is not an amount in yuan with at most two places."))
YEAR_WRONG = Reason("BUD-006", _("Row {row}: “{year}” is not a budget year."))
NUMBER_MISSING = Reason("BUD-007", _("Row {row}: the quota has no number."))
NUMBER_TWICE = Reason("BUD-008", _("Row {row}: the quota {number} stands in the file twice."))
NUMBER_TAKEN = Reason("BUD-009", _("Row {row}: the quota {number} belongs to another buyer or year."))
NOT_ALLOWED = Reason("BUD-010", _("Only an officer or the lead of the region's regulator, or the operator, sets budget quotas."), 403)
REASON_MISSING = Reason("BUD-011", _("Give a reason of at least {least} characters."))
EMPTY_FILE = Reason("BUD-012", _("The file has no rows."))
TOO_MANY_ROWS = Reason("BUD-013", _("At most {most} rows at once."))
COLUMN_MISSING = Reason("BUD-014", _("The file has no column “{column}”."))
UNREADABLE = Reason("BUD-015", _("The file cannot be read as a table: save it as XLSX or CSV and try again."))
YEAR_CLOSED = Reason("BUD-016", _("Quota {quota}: the budget year {year} is closed."), CONFLICT)
CATEGORY_WRONG = Reason(
    "BUD-017", _("Row {row}: “{category}” is no economic category: 3 digits for a class or 5 for an item, such as 302 or 30201.")
)
NOT_ONE_BUYER = Reason("BUD-018", _("Money moves between two quotas of the same buyer and the same year."))
NO_AMOUNT = Reason("BUD-019", _("Give an amount above zero."))
YEAR_NOT_OVER = Reason("BUD-020", _("{year} is no budget year that can be closed now."))
CLOSED_ALREADY = Reason("BUD-021", _("The budget year {year} is closed already."), CONFLICT)
NOT_CLOSED = Reason("BUD-022", _("Quota {quota}: close the budget year {year} first."), CONFLICT)
CARRIED_ALREADY = Reason("BUD-023", _("Quota {quota} was carried over already."), CONFLICT)
NOTHING_LEFT = Reason("BUD-024", _("Quota {quota} has nothing to carry over."))
NUMBER_IN_USE = Reason("BUD-025", _("The number {number} is in use already."), CONFLICT)
DOCUMENT_LONG = Reason("BUD-026", _("The number of the document has at most {most} characters."))
DAY_WRONG = Reason("BUD-027", _("Row {row}: “{day}” is not a day such as 2026-12-31."))
VOUCHER_MISSING = Reason("BUD-028", _("Row {row}: the voucher has no number."))
VOUCHER_TWICE = Reason("BUD-029", _("Row {row}: the voucher {voucher} stands in the file twice."))
NOTHING_TO_EXPLAIN = Reason("BUD-030", _("Quota {quota} has no open difference to explain."), CONFLICT)
EXPLANATION_LONG = Reason("BUD-031", _("An explanation has at most {most} characters."))
NOTHING_CHOSEN = Reason("BUD-032", _("Choose what goes on."))
