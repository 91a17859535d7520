"""What must hold for people, seats and keys."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Reason

WRONG_LOGIN = Reason("ACC-001", _("The login or the password is wrong."), 403)
TOO_MANY_TRIES = Reason("ACC-002", _("Too many failed tries. Wait {minutes} minutes, then try again."), 429)
CODE_WANTED = Reason("ACC-003", _("Enter the six-digit code of your authenticator."), 403)
CODE_WRONG = Reason("ACC-004", _("The code is wrong or was used already."), 403)
NO_SEAT = Reason("ACC-005", _("You hold no seat in an active organisation. Ask its administrator."), 403)
LOGIN_TAKEN = Reason("ACC-006", _("The login “{login}” is taken."))
LOGIN_WRONG = Reason("ACC-007", _("A login has 3 to 60 letters, digits, dots, hyphens or underscores."))
NAME_MISSING = Reason("ACC-008", _("Give a name."))
ROLE_UNKNOWN = Reason("ACC-009", _("There is no role “{role}” in an organisation of this kind."))
NOT_ALLOWED = Reason("ACC-010", _("Only {who} may do this."), FORBIDDEN)
PASSWORD_WEAK = Reason("ACC-011", _("{why}"))
PASSWORD_WRONG = Reason("ACC-012", _("The present password is wrong."), 403)
LAST_ADMIN = Reason("ACC-013", _("Somebody must stay administrator of the organisation."))
REGION_UNKNOWN = Reason("ACC-014", _("There is no region “{code}” in this net."))
FIELD_MISSING = Reason("ACC-015", _("This must be filled in."))
AMOUNT_WRONG = Reason("ACC-016", _("“{amount}” is not an amount in yuan with at most two places."))
SCOPE_UNKNOWN = Reason("ACC-017", _("There is no scope “{scope}”."))
TOTP_RUNNING = Reason("ACC-018", _("Two-step sign-in is already switched on."))
NOT_ENROLLED = Reason("ACC-019", _("Begin with the enrolment of an authenticator."))
TEXT_LONG = Reason("ACC-023", _("At most {most} characters."))
KIND_UNKNOWN = Reason("ACC-024", _("Choose what kind of organisation this is."))
CREDIT_CODE_TAKEN = Reason("ACC-025", _("An organisation of this kind with the code {code} is already set up."), CONFLICT)
NUMBER_TAKEN = Reason("ACC-026", _("The number {number} is taken."), CONFLICT)
REASON_MISSING = Reason("ACC-027", _("Give a reason of at least {least} characters."))
ALREADY_SO = Reason("ACC-028", _("Somebody has done this already: look at the organisation again."), CONFLICT)
OWN_ORGANISATION = Reason("ACC-029", _("Your own organisation cannot be closed from inside."), CONFLICT)
SUPPLIER_STANDING = Reason("ACC-030", _("A supplier is suspended by the regulator of its region; it is not closed here."), CONFLICT)

ROLES: Final[dict[str, tuple[str, ...]]] = {
    "buyer": ("orderer", "lead", "receiver", "finance", "admin"),
    "supplier": ("sales", "catalog", "finance", "admin"),
    "agency": ("agent", "admin"),
    "regulator": ("officer", "lead", "admin"),
    "operator": ("operator", "admin"),
    "bank": ("teller", "admin"),
}
PREFIXES: Final = {
    "buyer": "CG",
    "supplier": "GY",
    "agency": "DL",
    "regulator": "JG",
    "operator": "YY",
    "bank": "YH",
}  # of organisations' numbers
SCOPES: Final = ("catalog:read", "catalog:write", "orders:read", "orders:write", "feed:read", "quotas:write")
