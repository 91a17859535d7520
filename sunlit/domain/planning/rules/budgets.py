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
