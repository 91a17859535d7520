"""What must hold for acceptance sheets, invoices, payments and ratings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import CONFLICT, Reason

POSITIONS_DIFFER = Reason("CON-001", _("The sheet must speak of every line of the order, once."))
NOT_CONFORMING = Reason("CON-002", _("Line {position} does not conform: reject the delivery, or correct the sheet."))
TOO_MANY_PHOTOS = Reason("CON-003", _("At most {most} photos a sheet."))
TEXT_LONG = Reason("CON-004", _("At most {most} characters."))
STARS_WRONG = Reason("CON-005", _("Give 1 to 5 stars for every criterion."))
REPLY_EMPTY = Reason("CON-006", _("Write a reply."))
REPLIED = Reason("CON-007", _("This rating was already answered."), CONFLICT)
NOT_YOUR_RATING = Reason("CON-008", _("Only the rated supplier answers."), 403)
INVOICE_DAY_AHEAD = Reason("CON-010", _("The invoice's day {day} lies ahead."))
EVERYTHING_CONFORMS = Reason("CON-012", _("Every line conforms: accept the delivery, or mark what does not."))
INVOICE_USED = Reason("CON-013", _("Invoice {number} was already given for another order."), CONFLICT)
ITEM_FAILED = Reason("CON-014", _("“{item}” failed: reject the delivery, or correct the sheet."))
REPLY_TOO_LATE = Reason("CON-016", _("The time to reply to this rating ended at {until}."), CONFLICT)
NOT_THIS_FORM = Reason("CON-015", _("The order was not begun under template {template} of the acceptance sheet."))
