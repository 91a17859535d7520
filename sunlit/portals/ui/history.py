"""What happened to a subject, for a page: the ledger keeps names as they were recorded, in Chinese; readers of English get the English ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.models import Entry
from sunlit.portals.ui.filters import chinese, lang


def history_of(
    subject: str, *, limit: int = ledger.HISTORY_MAX, facts: Mapping[str, Any] | None = None, but: Sequence[str] = ()
) -> list[Entry]:
    """As the ledger's: the last acts on a subject ("order/DD-…"), oldest first; told with names in the reader's language."""
    entries = ledger.history_of(subject, limit=limit, facts=facts, but=but)
    if chinese():
        return entries
    organisations = accounts.organisations_by_number({entry.organisation for entry in entries})
    people = accounts.people_by_id({entry.person for entry in entries if entry.person is not None})
    return [_named(entry, people.get(entry.person or 0), organisations.get(entry.organisation)) for entry in entries]


def _named(entry: Entry, person: User | None, organisation: Organisation | None) -> Entry:
    """A copy for the eye: what is stored and proved stays as it is."""
    names = {"actor": person, "organisation": organisation}
    told = copy(entry)
    told.facts = entry.facts | {key: lang(it) for key, it in names.items() if it and key in entry.facts}
    return told
