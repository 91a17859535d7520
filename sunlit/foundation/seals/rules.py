"""Why something cannot be sealed or opened."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import CONFLICT, Reason

NO_KEYS = Reason("SEA-001", _("Key keeper {keeper} does not answer now: nothing can be sealed without its key. Try again later."), CONFLICT)
NOT_PUT_OFF = Reason(
    "SEA-002", _("Key keeper {keeper} has not confirmed the later opening: the time stays as it is. Try again later."), CONFLICT
)
